"""An HDF5 file that is laid out in memory: what HDF5 writes is kept, the space that it leaves empty costs nothing.

HDF5 goes on after a failed write, and closes a file whose metadata it lost without a word; so it never writes to a disk
here. The bytes are written by us, and every failure is an OSError.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py
from h5py import h5f, h5fd, h5g, h5p

from deepbench_fast.store.file_bytes import write_at

PAGE = 4096
ALIGNMENT = 64  # rows of 4 and 8 bytes never straddle their natural boundaries when a file is mapped


class FileImage:
    """The Python file object that h5py's driver "fileobj" writes to; pages that nobody wrote read as zeros."""

    def __init__(self) -> None:
        self.size = 0
        self._pages: dict[int, bytearray] = {}
        self._place = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """The byte at which reading and writing go on."""
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Make the file so long."""
        self.size = self._place if size is None else size
        return self.size

    def flush(self) -> None:
        """There is nothing to flush."""

    def write(self, data: Any) -> int:
        """Keep `data`."""
        view = memoryview(data).cast("B")
        for page, start, part in self._parts(len(view)):
            kept = self._pages.setdefault(page, bytearray(PAGE))
            kept[start : start + len(part)] = view[part.start : part.stop]
        self._place += len(view)
        self.size = max(self.size, self._place)
        return len(view)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what was written."""
        view = memoryview(buffer).cast("B")
        for page, start, part in self._parts(len(view)):
            kept = self._pages.get(page, bytes(PAGE))
            view[part.start : part.stop] = kept[start : start + len(part)]
        self._place += len(view)
        return len(view)

    def write_to(self, descriptor: int) -> None:
        """Write what was kept to an open file; raises OSError where that fails."""
        for page in sorted(self._pages):
            length = min(PAGE, self.size - page * PAGE)
            if length > 0:
                write_at(descriptor, memoryview(self._pages[page])[:length], page * PAGE)

    def _parts(self, length: int) -> Iterator[tuple[int, int, range]]:
        """(page, first byte in it, bytes of the buffer) of what lies at the current place."""
        done = 0
        while done < length:
            page, start = divmod(self._place + done, PAGE)
            size = min(PAGE - start, length - done)
            yield page, start, range(done, done + size)
            done += size


@contextmanager
def laid_out(image: FileImage) -> Iterator[Any]:
    """A new, empty HDF5 file in `image`, of the format of HDF5 1.10 and without time stamps."""
    creation, access = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    creation.set_obj_track_times(False)
    access.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
    access.set_alignment(1, ALIGNMENT)
    access.set_fileobj_driver(h5fd.fileobj_driver, image)
    file = h5py.File(h5f.create(b"laid out in memory", h5f.ACC_TRUNC, creation, access))
    access.close()  # it holds the image; HDF5 must not let go of it at the end of the process
    try:
        yield file
    finally:
        file.close()


def create_group(file: Any, name: str) -> None:
    """A group without time stamps."""
    properties = h5p.create(h5p.GROUP_CREATE)
    properties.set_obj_track_times(False)
    h5g.create(file.id, name.encode(), gcpl=properties)
