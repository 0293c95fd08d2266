"""Packages that only some features need: what to say where one isn't installed, or can't be loaded."""

from __future__ import annotations

from deepbench_fast.errors import UsageError

NAMES = {"torch": "PyTorch", "sklearn": "scikit-learn", "arviz": "ArviZ", "distributed": "Dask"}
"""What packages are called, where that isn't what is imported."""

EXTRAS = {
    "torch": "torch",
    "pyarrow": "parquet",
    "sklearn": "inference",
    "distributed": "dask",
    **dict.fromkeys(("tornado", "anywidget"), "explore"),
    **dict.fromkeys(("fsspec", "s3fs", "aiohttp", "aiobotocore", "botocore"), "remote"),
}
"""Which extra brings a package; others are installed by their own names."""


def not_loaded(error: ImportError, user: str, package: str) -> UsageError:
    """What tells that `user` needs a package that importing failed with `error`: how to get it with pip where it isn't
    there, and what its loading met where it is (one that was built for another NumPy, say)."""
    needs = f"{user} needs {NAMES.get(package, package)}"
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == package:
        wanted = f"'deepbench-fast[{EXTRAS[package]}]'" if package in EXTRAS else package
        return UsageError(f"{needs}: pip install {wanted}")
    return UsageError(f"{needs}, which is installed but can't be loaded: {error}")
