"""What the figures were measured on: the machine and the versions."""

from __future__ import annotations

import datetime
import os
import platform

import h5py

from benchmarks.peers import environment
from deepbench_fast import __version__
from deepbench_fast.run.versions import installed, processor

PACKAGES = (
    *("numba", "numpy", "h5py", "zarr", "scipy", "astropy", "scikit-image", "opencv-python-headless"),
    *("jax", "jax-galsim", "galsim", "rebound"),
)


def description() -> dict[str, str]:
    """One line each, by what it tells."""
    versions = {"deepbench-fast": __version__, **{package: installed(package) for package in PACKAGES}}
    versions["HDF5"] = h5py.version.hdf5_version
    versions |= dict(package.split("==") for package in environment.LOADERS if not package.startswith("h5py"))
    versions["torch"] = f"{installed('torch')} for ours, {versions['torch']} for other loaders"
    versions["UFig (in an environment of its own)"] = environment.UFIG[0].partition("==")[2]
    versions["DeepBench (in an environment of its own)"] = environment.DEEPBENCH.partition("==")[2]
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor()}, {cores()} cores, {memory():.0f} GB of memory, {platform.platform()}",
        "versions": ", ".join(
            f"{name} {number}" for name, number in {"Python": platform.python_version(), **versions}.items()
        ),
    }


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float:
    """GB of memory; 0 where the system doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return 0.0
