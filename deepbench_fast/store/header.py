"""What a file says of itself, once it went through the gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

SHARDS = "shards"
ROWS = "rows_"
OFFSET = "offset_"
TABLE_DIGEST = "table_digest"


def table_digest(table: npt.NDArray[Any]) -> int:
    """XXH3-63 of the bytes of `/shards`: HDF5 keeps no checksum of them, and offsets are read by."""
    return xxhash.xxh3_64_intdigest(table.tobytes()) >> 1


@dataclass(frozen=True)
class Header:
    """What a file says of itself, after it went through the gate.

    `attributes` are those of the file, `described` those of its arrays, tables and times.
    """

    attributes: dict[str, Any]
    recipe_text: str
    chunks: npt.NDArray[Any]
    kinds: tuple[str, ...]
    arrays: tuple[str, ...] = ()
    types: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    time: npt.NDArray[np.float64] | None = None
    shards: npt.NDArray[Any] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables of samples and objects."""
        return ("samples", *(f"objects/{kind}" for kind in self.kinds))

    def rows(self, name: str) -> int:
        """Number of rows of an array or a table."""
        if name.startswith("objects/"):
            return int(self.chunks[ROWS + name.removeprefix("objects/")].sum())
        return int(self.attributes["samples"])

    def of_part(self, first: int, samples: int, chunks: npt.NDArray[Any]) -> Header:
        """That of a part of an index, whose own header this is: many are made, so quicker than `replace`."""
        part = object.__new__(Header)
        attributes = {**self.attributes, "first": first, "samples": samples}
        part.__dict__.update(self.__dict__, attributes=attributes, chunks=chunks, shards=None)
        return part

    @property
    def complete(self) -> bool:
        """Whether the chunks that are done hold all samples of the file."""
        return int(self.chunks["count"][self.chunks["done"] == 1].sum()) == int(self.attributes["samples"])
