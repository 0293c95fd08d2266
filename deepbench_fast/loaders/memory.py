"""Memory of batches that are gone, for those to come: the system would clear each page before it gave it again."""

from __future__ import annotations

import math
import weakref
from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LARGE = 2**17
"""Bytes from which memory is kept; smaller arrays come from the allocator, which keeps them itself. Larger ones it
gives back to the system, which takes a millisecond where other threads of the process work."""


class Memory:
    """Arrays to fill; of the large ones whose users have all let go, up to `most` are kept and lent again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free: dict[tuple[tuple[int, ...], np.dtype[Any]], deque[Array]] = {}

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An array that nobody else has, its values undefined."""
        if dtype.itemsize * math.prod(shape) < LARGE:
            return np.empty(shape, dtype)
        free = self._free.setdefault((shape, dtype), deque(maxlen=self._most))
        try:
            kept = free.pop()
        except IndexError:  # asked for, not looked for: another thread may take the last one meanwhile
            kept = np.empty(shape, dtype)
        return np.asarray(_Lent(kept, free))

    def __reduce__(self) -> tuple[Any, ...]:
        return Memory, (self._most,)  # a process has its own


class _Lent:
    """Owner of an array, as NumPy sees it: gone with the last view of it, and then the array goes back."""

    def __init__(self, array: Array, home: deque[Array]) -> None:
        self.__array_interface__ = array.__array_interface__
        self._array, self._home = array, weakref.ref(home)  # where nobody lends any more the memory is given up

    def __del__(self) -> None:
        home = self._home()
        if home is not None:
            home.append(self._array)
