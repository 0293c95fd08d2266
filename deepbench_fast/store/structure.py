"""What an open HDF5 file is made of, looked at before any of it is read: objects by hard links, numbers stored plainly.

Nothing here reads rows. A link to elsewhere, numbers in another file or computed from other datasets, and datasets that
are larger than the file can hold are `Damaged`.
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5l, h5o, h5t, h5z

from deepbench_fast.store.attributes import attributes
from deepbench_fast.store.raw_file import REFERENCE, Damaged, RawFile

MOST_COMPRESSED = 1100
"""Bytes that one stored byte may become: deflate gives up to 1,032."""

MOST_OF_A_TEXT = 2**16
PLUGINS = (307, 32001, 32004, 32008, 32015, 32026)  # bzip2, Blosc, LZ4, bitshuffle, Zstandard, Blosc2
FILTERS = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_SZIP, h5z.FILTER_LZF, *PLUGINS)


class Virtual(Damaged):
    """A dataset whose numbers are those of other datasets."""


class Structure:
    """The objects of an open file that a dataset may consist of."""

    def __init__(self, file: Any) -> None:
        self.root = Part(file, RawFile(file), "")
        self.file = file

    def __contains__(self, name: str) -> bool:
        return name.encode() in self.file.id

    def is_dataset(self, name: str) -> bool:
        """Whether a hard link leads to a dataset of this name."""
        is_linked = name in self and self.file.id.links.get_info(name.encode()).type == h5l.TYPE_HARD
        return is_linked and isinstance(self.file[name], h5py.Dataset)

    def dataset(self, name: str) -> Part:
        """The dataset of this name, which hard links lead to, with its numbers in this file."""
        group, steps = self.file, name.split("/")
        for number, step in enumerate(steps):
            place = "/" + "/".join(steps[: number + 1])
            if not isinstance(group, h5py.Group) or step.encode() not in group.id:
                raise Damaged(f"{place} is missing")
            if group.id.links.get_info(step.encode()).type != h5l.TYPE_HARD:
                raise Damaged(f"{place} is a link to elsewhere")
            group = group[step]
        if not isinstance(group, h5py.Dataset):
            raise Damaged(f"/{name} is missing")
        found = Part(group, self.root.raw, f"/{name}")
        found.check_stored()
        return found


class Part:
    """The file itself, or a dataset in it: what it is, and its attributes."""

    def __init__(self, item: Any, raw: RawFile, place: str) -> None:
        self.item, self.raw, self.place = item, raw, place

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Lengths of a dataset's axes."""
        return tuple(self.item.shape or ())

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Type of a dataset's numbers."""
        found: np.dtype[Any] = self.item.dtype
        return found

    @cached_property
    def _attributes(self) -> dict[str, bytes]:
        return attributes(self.raw, h5o.get_info(self.item.id).addr)

    def has_attribute(self, name: str) -> bool:
        """Whether there is an attribute of this name."""
        return name in self._attributes

    def attribute(self, name: str) -> Any:
        """A number or a text, or a list of such; None where there is no attribute of this name."""
        data = self._attributes.get(name)
        if data is None:
            return None
        found = h5a.open(self.item.id, name.encode())
        kind, where = found.get_type(), f"the attribute {name} of {self.place or 'the file'}"
        if found.shape is None:
            raise Damaged(f"{where} is empty")
        count, is_text = prod(found.shape), kind.get_class() == h5t.STRING and kind.is_variable_str()
        if len(data) < count * (REFERENCE.size if is_text else kind.get_size()):
            raise Damaged(f"{where} is longer than it can be")
        if is_text:
            texts = self.raw.texts(data[: REFERENCE.size * count], MOST_OF_A_TEXT)
            return texts if found.shape else texts[0]
        if kind.get_class() not in (h5t.INTEGER, h5t.FLOAT, h5t.STRING):
            raise Damaged(f"{where} is neither number nor text")
        value = self.item.attrs[name]
        return value.item() if isinstance(value, np.generic) else value.tolist() if hasattr(value, "tolist") else value

    def texts(self, most: int) -> list[str]:
        """The texts of variable length in a dataset, of at most `most` bytes each."""
        kind, offset = self.item.id.get_type(), self.item.id.get_offset()
        if kind.get_class() != h5t.STRING or not kind.is_variable_str() or offset is None:
            raise Damaged(f"{self.place} holds no text")
        return self.raw.texts(self.raw.read_at(offset, REFERENCE.size * prod(self.shape)), most)

    def text(self, most: int) -> str:
        """The one text in a dataset."""
        if self.shape:
            raise Damaged(f"{self.place} holds no text")
        return self.texts(most)[0]

    @cached_property
    def _creation(self) -> Any:
        return self.item.id.get_create_plist()

    def check_stored(self) -> None:
        """Raise Damaged unless all numbers are stored in this file, as they are or compressed."""
        if self._creation.get_layout() == h5d.VIRTUAL:
            raise Virtual(f"{self.place} is a virtual dataset")
        if self._creation.get_external_count():
            raise Damaged(f"the numbers of {self.place} lie in another file")
        if self.item.shape is None:
            raise Damaged(f"{self.place} is empty")
        filters = [self._creation.get_filter(number)[0] for number in range(self._creation.get_nfilters())]
        if not set(filters) <= set(FILTERS) or len(set(filters)) < len(filters):
            raise Damaged(f"{self.place} is stored with filters that are not known")
        stored, taken = self.item.id.get_storage_size(), self.item.id.get_type().get_size() * prod(self.shape)
        self._check_chunks(filters)
        if stored > self.raw.size or taken > stored * (MOST_COMPRESSED if filters else 1):
            raise Damaged(f"{self.place} has {taken} bytes, of which {stored} are stored")
        offset = self.item.id.get_offset()
        if taken and offset is not None and offset + taken > self.raw.size:
            raise Damaged(f"it ends before the end of {self.place}")

    def _check_chunks(self, filters: list[int]) -> None:
        if self._creation.get_layout() != h5d.CHUNKED:
            return
        chunk = self._creation.get_chunk()
        if any(part > whole for part, whole in zip(chunk, self.shape, strict=True)):
            raise Damaged(f"{self.place} has chunks that are larger than itself")
        count = prod(-(-whole // part) for part, whole in zip(chunk, self.shape, strict=True))
        if filters and self.item.id.get_num_chunks() != count:
            raise Damaged(f"parts of {self.place} are not there")
