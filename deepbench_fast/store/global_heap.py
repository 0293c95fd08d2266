"""Looks through HDF5's global heaps, in which texts lie without a checksum, before HDF5 does.

HDF5 reads a heap whose objects have lost their sizes (a page of zeros, say) for ever.
Format: HDF5 File Format Specification, III.E "Global Heap".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

import h5py

from deepbench_fast.store.file_bytes import read_at
from deepbench_fast.store.places import contiguous_offset

SIGNATURE = b"GCOL\x01\0\0\0"
HEADER = 16  # of a heap, and of an object in it
MOST_BYTES = 2**26  # of what may be metadata: a compressed file would be read whole


def has_sound_heaps(file: Any) -> bool:
    """Whether HDF5 comes to the end of every global heap of an open file."""
    descriptor = file.id.get_vfd_handle()
    size = os.fstat(descriptor).st_size
    gaps = list(_gaps(file, size))
    if sum(stop - start for start, stop in gaps) > MOST_BYTES:
        return True
    return all(_is_sound(read_at(descriptor, stop - start, start)) for start, stop in gaps)


def _gaps(file: Any, size: int) -> Iterator[tuple[int, int]]:
    """The bytes of a file that no dataset's numbers take."""
    taken: list[tuple[int, int]] = []

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.size and not item.is_virtual:
            offset = contiguous_offset(item)
            if offset is not None:
                taken.append((offset, offset + item.id.get_storage_size()))

    file.visititems(add)
    start = 0
    for first, stop in sorted(taken):
        if start < first:
            yield start, first
        start = max(start, stop)
    if start < size:
        yield start, size


def _is_sound(data: bytes) -> bool:
    at = data.find(SIGNATURE)
    while at >= 0:
        (length,) = struct.unpack_from("<Q", data, at + 8)
        if at + length > len(data) or not _ends(data[at : at + length]):
            return False
        at = data.find(SIGNATURE, at + 1)
    return True


def _ends(heap: bytes) -> bool:
    """Whether the objects of a heap follow one another to its end; object 0 is what is free."""
    place = HEADER
    while place + HEADER <= len(heap):
        number, _, _, size = struct.unpack_from("<HHIQ", heap, place)
        step = size if number == 0 else HEADER + (size + 7) // 8 * 8
        if step < HEADER or place + step > len(heap):
            return False
        place += step
    return True
