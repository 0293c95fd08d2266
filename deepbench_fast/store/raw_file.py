"""Texts of variable length, read from a file's bytes: HDF5 would take as much memory as a damaged length says.

Format: HDF5 File Format Specification, III.E "Global Heap".
"""

from __future__ import annotations

import os
import struct
from functools import cached_property
from typing import Any, Protocol

from deepbench_fast.store.file_bytes import read_at

REFERENCE = struct.Struct("<IQI")  # of a text: its length, the heap's address, its number there
HEAP = struct.Struct("<4sB3xQ")
HEAP_OBJECT = struct.Struct("<HH4xQ")
MOST_OF_A_HEAP = 2**24


class Damaged(Exception):
    """What a file holds in the place of what it should."""


class Content(Protocol):
    """The bytes of a file, wherever they are."""

    @property
    def size(self) -> int:
        """How many they are."""

    def read_at(self, size: int, offset: int) -> bytes:
        """Some of them; raises FileError where the file ends before."""


class _Opened:
    """The bytes of a file that is open here."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.size = descriptor, os.fstat(descriptor).st_size

    def read_at(self, size: int, offset: int) -> bytes:
        return read_at(self.descriptor, size, offset)


class RawFile:
    """The bytes of an open HDF5 file; nothing is read that does not lie in it."""

    def __init__(self, file: Any) -> None:
        self._content: Content = getattr(file, "content", None) or _Opened(file.id.get_vfd_handle())
        self.size = self._content.size
        self._file = file
        self._heaps: dict[int, dict[int, bytes]] = {}

    @cached_property
    def base(self) -> int:
        """Where addresses are counted from: after what a user may have put before HDF5's first byte."""
        return int(self._file.userblock_size)

    def read(self, address: int, size: int) -> bytes:
        """Bytes from an address of the format."""
        return self.read_at(self.base + address, size)

    def read_at(self, offset: int, size: int) -> bytes:
        """Bytes from an offset in the file; raises Damaged where it ends before."""
        if not (offset >= 0 and size >= 0 and offset + size <= self.size):
            raise Damaged("it points beyond its end")
        return self._content.read_at(size, offset)

    def texts(self, references: bytes, most: int) -> list[str]:
        """The texts, of at most `most` bytes each, that references name."""
        if len(references) % REFERENCE.size:
            raise Damaged("a text is no text")
        return [self._text(length, at, number, most) for length, at, number in REFERENCE.iter_unpack(references)]

    def _text(self, length: int, address: int, number: int, most: int) -> str:
        if length == 0:
            return ""
        if length > most:
            raise Damaged(f"a text says that it has {length} bytes")
        if address not in self._heaps:
            self._heaps[address] = self._heap(address)
        content = self._heaps[address].get(number)
        if content is None or len(content) != length:
            raise Damaged("a text is lost")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Damaged("a text is not UTF-8") from None

    def _heap(self, address: int) -> dict[int, bytes]:
        signature, version, size = HEAP.unpack(self.read(address, HEAP.size))
        if (signature, version) != (b"GCOL", 1) or not HEAP.size <= size <= MOST_OF_A_HEAP:
            raise Damaged("its texts are lost")
        heap = self.read(address, size)
        objects: dict[int, bytes] = {}
        place = HEAP.size
        while place + HEAP_OBJECT.size <= size:
            number, _, length = HEAP_OBJECT.unpack_from(heap, place)
            if number == 0:  # what is free, up to the end
                break
            start = place + HEAP_OBJECT.size
            if start + length > size:
                raise Damaged("its texts are lost")
            objects[number] = heap[start : start + length]
            place = start + (length + 7) // 8 * 8
        return objects
