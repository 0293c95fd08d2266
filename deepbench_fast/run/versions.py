"""What this program runs on: versions, CPU, limits, and the cache of compiled kernels."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deepbench_fast import __version__
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.values.number_text import counted

PACKAGES = (
    "numpy",
    "numba",
    "llvmlite",
    "h5py",
    "astropy",
    "click",
    "tqdm",
    "matplotlib",
    "pyarrow",
    "torch",
)
"""Those that have a say in what is made, how, or how fast; the last two are optional."""

THREAD_LIMITS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = ("NUMBA_DISABLE_JIT", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "HDF5_USE_FILE_LOCKING")


def versions() -> dict[str, str]:
    """One line each, by what it tells; what isn't known or isn't there is said to be so."""
    return {
        "deepbench_fast": __version__,
        "Python": f"{platform.python_version()} {platform.python_implementation()} {sys.maxsize.bit_length() + 1} bit",
        "HDF5": _hdf5(),
        **{package: installed(package) for package in PACKAGES},
        "system": platform.platform(),
        "CPU": processor(),
        "CPUs": f"{usable_cpus()} of {os.cpu_count() or 'an unknown number'} may be used",
        "compiled for": _target(),
        "kernel cache": _cache(),
        "environment": ", ".join(f"{name}={os.environ[name]}" for name in _given()) or "none of its settings is given",
    }


def installed(package: str) -> str:
    """Version of an installed package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def processor() -> str:
    """Name of the CPU, its family, and the widest vectors that it knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    flags = facts.get("flags", "").split()
    wide = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else ""
    family = f"family {facts['cpu family']}" if "cpu family" in facts else ""
    return " ".join(filter(None, [facts.get("model name", platform.machine()), family, wide]))


def _hdf5() -> str:
    import h5py

    return str(h5py.version.hdf5_version)


def _target() -> str:
    import llvmlite.binding as llvm

    return os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()


def _cache() -> str:
    from deepbench_fast.kernels._jit import cache_directory

    directory = cache_directory()
    if directory is None:
        return "nowhere: there is no home directory"
    files = [path for path in directory.rglob("*") if path.is_file()] if directory.is_dir() else []
    kept = f"{counted(len(files), 'kernel')}, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB"
    return f"{directory} ({kept}{'' if os.access(_existing(directory), os.W_OK) else '; it cannot be written'})"


def _existing(directory: Path) -> Path:
    """The directory, or the nearest one above it that exists."""
    return next(place for place in (directory, *directory.parents) if place.exists())


def _given() -> list[str]:
    return [name for name in (*THREAD_LIMITS, *SETTINGS) if name in os.environ]
