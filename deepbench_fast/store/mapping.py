"""A file's bytes as an array, read when they are looked at, and without a descriptor where the system allows that.

Python's own `mmap` keeps one for each map, so that a thousand files would use up a process's share.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from deepbench_fast.store.file_bytes import linux_function

PROT_READ, MAP_SHARED, FAILED = 1, 1, ctypes.c_void_p(-1).value
_mmap, _munmap = linux_function("mmap"), linux_function("munmap")
WITHOUT_DESCRIPTORS = _mmap is not None
"""Whether maps take no descriptors here."""
if WITHOUT_DESCRIPTORS:
    _mmap.restype = ctypes.c_void_p
    _mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(3 * (ctypes.c_int,)), ctypes.c_int64)
    _munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)

MOST_MAPS = 16_384  # a quarter of what Linux allows a process (vm.max_map_count)


class _Map:
    """A read-only map, which NumPy's arrays over it keep alive."""

    def __init__(self, address: int, size: int) -> None:
        self.address, self.size = address, size
        self.__array_interface__ = {"data": (address, True), "shape": (size,), "typestr": "|u1", "version": 3}

    def __del__(self, unmap: Callable[[int, int], int] = _munmap) -> None:
        unmap(self.address, self.size)  # its own name for it: a map may outlive this module at the interpreter's end


def map_file(descriptor: int, size: int) -> npt.NDArray[np.uint8]:
    """The first `size` bytes of an open file, read-only; the descriptor may be closed. Raises OSError."""
    if size == 0:
        return np.zeros(0, np.uint8)
    if not WITHOUT_DESCRIPTORS:
        return np.frombuffer(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ), np.uint8)
    address = _mmap(None, size, PROT_READ, MAP_SHARED, descriptor, 0)
    if address in (None, FAILED):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return np.asarray(_Map(address, size))
