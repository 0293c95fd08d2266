"""Attributes and texts from a file's bytes are those that HDF5 reads, in every form that it stores them in."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from h5py import h5o

from deepbench_fast.store.attributes import attributes
from deepbench_fast.store.raw_file import REFERENCE, Damaged, RawFile
from deepbench_fast.store.structure import Structure

FORMATS = ("earliest", "v108", ("v110", "v110"), "latest")


def make(path: Path, libver: Any, count: int, userblock: int = 0) -> dict[str, Any]:
    """A file with so many attributes, some of them replaced; what they are."""
    chance = random.Random(count)
    with h5py.File(path, "w", libver=libver, userblock_size=userblock) as file:
        for number in range(count):
            file.attrs[f"a{number}"] = chance.choice([number, 0.5 * number, f"é{number}" * chance.randrange(40), ""])
        file.attrs["units"] = ["", "pix", "", "m"] * 3
        file.attrs["header"] = np.array([b"abc", b"d"])
        file.attrs["none"] = []
        for number in chance.sample(range(count), count // 3):
            file.attrs[f"a{number}"] = f"again {number}"
        return {name: file.attrs[name] for name in file.attrs}


@pytest.mark.parametrize("libver", FORMATS)
@pytest.mark.parametrize("count", [0, 3, 9, 40, 300])
@pytest.mark.parametrize("userblock", [0, 1024])
def test_attributes_are_those_of_hdf5(tmp_path: Path, libver: Any, count: int, userblock: int) -> None:
    wanted = make(tmp_path / "a.h5", libver, count, userblock)
    with h5py.File(tmp_path / "a.h5") as file:
        assert set(attributes(RawFile(file), h5o.get_info(file.id).addr)) == set(wanted)
        root = Structure(file).root
        for name, value in wanted.items():
            expected = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
            assert root.attribute(name) == expected, name
        assert root.attribute("other") is None


@pytest.mark.parametrize("libver", FORMATS)
@pytest.mark.parametrize("length", [1, 100, 4000, 100_000])
def test_texts_of_datasets_are_those_of_hdf5(tmp_path: Path, libver: Any, length: int) -> None:
    texts = ["é" * (length // 2), "", "b" * length, "c"]
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file["one"], file["many"], file["none"] = texts[0] or "x", texts, 3.0
    with h5py.File(tmp_path / "a.h5") as file:
        structure = Structure(file)
        assert structure.dataset("one").text(200_000) == (texts[0] or "x")
        assert structure.dataset("many").texts(200_000) == texts
        for name in ("many", "none"):
            with pytest.raises(Damaged, match="holds no text"):
                structure.dataset(name).text(200_000)
        if length > 1:
            with pytest.raises(Damaged, match="says that it has"):
                structure.dataset("many").texts(length - 1)


@pytest.mark.parametrize("libver", FORMATS)
def test_damaged_bytes_end_in_one_way(tmp_path: Path, libver: Any) -> None:
    make(tmp_path / "a.h5", libver, 60)
    good, chance, refused = (tmp_path / "a.h5").read_bytes(), random.Random(1), 0
    with h5py.File(tmp_path / "a.h5") as file:
        raw = RawFile(file)
        header = h5o.get_info(file.id).addr
        for _ in range(3000):
            data = bytearray(good)
            for _ in range(chance.choice((1, 1, 8, 100))):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 255, chance.randrange(256)))
            raw.read_at = lambda offset, size, data=data: bytes_at(data, offset, size)  # type: ignore[method-assign]
            raw._heaps.clear()
            try:
                for found in attributes(raw, header).values():
                    raw.texts(found[: REFERENCE.size], 1000)
            except Damaged:
                refused += 1
    assert refused > 100


def bytes_at(data: bytearray, offset: int, size: int) -> bytes:
    if not (offset >= 0 and size >= 0 and offset + size <= len(data)):
        raise Damaged("it points beyond its end")
    return bytes(data[offset : offset + size])
