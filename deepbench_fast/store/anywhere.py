"""Opening an HDF5 file where it is: on this machine, or at a URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from deepbench_fast.store.hdf5 import open_hdf5
from deepbench_fast.store.location import AnyPath, Url, located

T = TypeVar("T")


def with_hdf5(path: AnyPath, use: Callable[[Any], T]) -> T:
    """What `use` makes of the open HDF5 file, which is closed then. Raises FileError where it can't be read.

    Of a file at a URL `use` may be called several times, until all is there that it reads.
    """
    place = located(path)
    if isinstance(place, Url):
        from deepbench_fast.store.remote.hdf5 import with_remote_hdf5

        return with_remote_hdf5(place, use)
    with open_hdf5(path if isinstance(path, str) else place) as file:
        return use(file)
