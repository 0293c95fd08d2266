"""`.npy`: every array to the bit, mappable, with the tables beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.exports.formats import export
from tests.exports.reading import check_table, contents, read_csv, rows_of_split, stored


def load(directory: Path, name: str) -> np.memmap:
    array = np.load(directory / f"{name}.npy", mmap_mode="r")
    assert isinstance(array, np.memmap)
    return array


def test_every_array_to_the_bit(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "npy", "npy")
    for name in ("images", "clean", "targets"):
        array, wanted = load(tmp_path / "npy", name), stored(mixed_file, name)
        assert (array.shape, array.dtype) == (wanted.shape, wanted.dtype)
        assert array.tobytes() == wanted.tobytes()
    np.testing.assert_array_equal(load(tmp_path / "npy", "labels"), stored(mixed_file, "samples")["catalogue"])
    for table in ("samples", "objects/star", "objects/galaxy"):
        columns = read_csv(tmp_path / "npy" / f"{table.replace('/', '-')}.csv")
        check_table(columns, mixed_file, table, slice(None))


@pytest.mark.parametrize("count", [None, 1, 1000, 1800])
def test_split(mixed_file: Path, tmp_path: Path, count: int | None) -> None:
    done = export(mixed_file, tmp_path / "npy", "npy", split="train", count=count)
    rows = rows_of_split(mixed_file, "train")[:count]
    assert done.samples == len(rows)
    assert load(tmp_path / "npy", "images").tobytes() == stored(mixed_file, "images")[rows].tobytes()
    assert load(tmp_path / "npy", "targets").tobytes() == stored(mixed_file, "targets")[rows].tobytes()
    samples = read_csv(tmp_path / "npy" / "samples.csv")
    assert samples["sample"] == [str(row) for row in rows]
    check_table(samples, mixed_file, "samples", rows)
    stars = np.flatnonzero(np.isin(stored(mixed_file, "objects/star")["sample"], rows))
    check_table(read_csv(tmp_path / "npy" / "objects-star.csv"), mixed_file, "objects/star", stars)


@pytest.mark.parametrize("count", [1, 819, 820, 2999, 3000])
def test_first_samples(mixed_file: Path, tmp_path: Path, count: int) -> None:
    export(mixed_file, tmp_path / "npy", "npy", count=count)
    assert load(tmp_path / "npy", "images").tobytes() == stored(mixed_file, "images")[:count].tobytes()
    stars = np.flatnonzero(stored(mixed_file, "objects/star")["sample"] < count)
    check_table(read_csv(tmp_path / "npy" / "objects-star.csv"), mixed_file, "objects/star", stars)


def test_index_over_shards_is_the_same_dataset(mixed_file: Path, index_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "file", "npy", split="test")
    export(index_file, tmp_path / "index", "npy", split="test")
    assert contents(tmp_path / "file") == contents(tmp_path / "index")


def test_shard_keeps_the_numbers_of_the_whole(index_file: Path, tmp_path: Path) -> None:
    shard = index_file.with_name("mixed.shard-2-of-3.h5")
    export(shard, tmp_path / "npy", "npy")
    numbers = np.array(read_csv(tmp_path / "npy" / "samples.csv")["sample"], np.int64)
    np.testing.assert_array_equal(load(tmp_path / "npy", "images"), stored(index_file, "images")[numbers])
    assert numbers[0] > 0
    stars = np.flatnonzero(np.isin(stored(index_file, "objects/star")["sample"], numbers))
    check_table(read_csv(tmp_path / "npy" / "objects-star.csv"), index_file, "objects/star", stars)


def test_series(series_file: Path, tmp_path: Path) -> None:
    export(series_file, tmp_path / "npy", "npy")
    for name in ("series", "time", "targets"):
        assert load(tmp_path / "npy", name).tobytes() == stored(series_file, name).tobytes()
