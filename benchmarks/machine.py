"""What the figures were measured on: the machine and the versions."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import h5py

from benchmarks.peers import environment

PACKAGES = ("deepbench-fast", "numba", "numpy", "h5py", "scipy", "opencv-python-headless", "jax", "rebound")


def description() -> dict[str, str]:
    """One line each, by what it tells."""
    versions = {package: installed(package) for package in PACKAGES}
    versions["HDF5"] = h5py.version.hdf5_version
    versions["DeepBench (in an environment of its own)"] = environment.DEEPBENCH.partition("==")[2]
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor()}, {cores()} cores, {memory():.0f} GB of memory, {platform.platform()}",
        "versions": ", ".join(
            f"{name} {number}" for name, number in {"Python": platform.python_version(), **versions}.items()
        ),
    }


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    wide = "AVX-512" if "avx512f" in facts.get("flags", "") else "AVX2" if "avx2" in facts.get("flags", "") else ""
    names = [facts.get("model name", platform.machine()), f"family {facts.get('cpu family', '?')}", wide]
    return " ".join(filter(None, names))


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float:
    """GB of memory; 0 where the system doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return 0.0
