"""Where the numbers of a dataset lie in its file, if they lie there as they do in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbench_fast.errors import FileError

CHUNKS_LOOKED_AT = 100


@dataclass(frozen=True)
class Place:
    """Where a dataset's rows lie in the file: one run of bytes."""

    offset: int
    row: int


def find_places(file: Any, names: Iterable[str]) -> dict[str, Place]:
    """Byte offsets of arrays and tables. Raises FileError where one isn't a single run of bytes."""
    places = {}
    for name in names:
        offset = contiguous_offset(file[name])
        if offset is None:
            raise FileError(f"{file.filename}: /{name} is not stored in one piece: it was not made for filling")
        row = file[name].dtype.itemsize * int(np.prod(file[name].shape[1:], dtype=np.int64))
        places[name] = Place(offset, row)
    return places


def contiguous_offset(dataset: Any) -> int | None:
    """Offset of the dataset's first byte if its rows follow one another in the file as they do in memory, else None.

    True of contiguous datasets, and of unfiltered chunks that span whole rows and lie side by side.
    """
    if dataset.size == 0:
        return 0
    if dataset.is_virtual or dataset.external:
        return None
    if dataset.chunks is None:
        offset = dataset.id.get_offset()
        return None if offset is None else int(offset)
    if dataset.id.get_create_plist().get_nfilters() or dataset.chunks[1:] != dataset.shape[1:]:
        return None
    count = -(-dataset.shape[0] // dataset.chunks[0])
    size = dataset.dtype.itemsize * int(np.prod(dataset.chunks, dtype=np.int64))
    if dataset.id.get_num_chunks() != count:
        return None
    first = dataset.id.get_chunk_info(0).byte_offset
    for number in range(0, count, max(1, count // CHUNKS_LOOKED_AT)):
        info = dataset.id.get_chunk_info(number)
        if info.byte_offset != first + number * size or info.chunk_offset[0] != number * dataset.chunks[0]:
            return None
    return int(first)
