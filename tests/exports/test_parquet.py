"""Parquet: what pyarrow reads back, to the bit, and what Hugging Face's `datasets` makes of the directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import generate
from deepbench_fast.exports.formats import export
from tests.exports.reading import check_table, rows_of_split, stored
from tests.recipes import mixed

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def array(table: Any, name: str) -> np.ndarray:
    """A column of fixed-size lists as an array of the shape that its type has."""
    column, shape = table[name].combine_chunks(), [len(table)]
    while pyarrow.types.is_fixed_size_list(column.type):
        shape.append(column.type.list_size)
        column = column.flatten()
    assert json.loads(table.schema.field(name).metadata[b"shape"]) == shape[1:]
    return column.to_numpy().reshape(shape)


def check_samples(table: Any, path: Path, rows: np.ndarray) -> None:
    assert table["sample"].to_pylist() == rows.tolist()
    for column, name in (("image", "images"), ("clean", "clean"), ("target", "targets")):
        assert array(table, column).tobytes() == stored(path, name)[rows].tobytes()
    assert table["label"].to_pylist() == stored(path, "samples")["catalogue"][rows].tolist()
    check_table({name: table[name].to_pylist() for name in table.column_names}, path, "samples", rows)


def test_a_shard_for_each_split(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "parquet", "parquet")
    files = sorted(p.name for p in (tmp_path / "parquet" / "data").iterdir())
    assert files == [f"{split}-00000-of-00001.parquet" for split in ("test", "train", "validation")]
    for split in ("train", "validation", "test"):
        table = parquet.read_table(tmp_path / "parquet" / "data" / f"{split}-00000-of-00001.parquet")
        check_samples(table, mixed_file, rows_of_split(mixed_file, split))
        assert table.schema.field("psf_gaussian_sigma").metadata == {b"unit": b"pix"}
    stars = parquet.read_table(tmp_path / "parquet" / "objects" / "star.parquet")
    check_table(stars.to_pydict(), mixed_file, "objects/star", slice(None))
    assert stars.schema.field("x").metadata == {b"unit": b"pix"}


def test_many_shards(mixed_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepbench_fast.exports.parquet.PART_BYTES", 1)
    export(mixed_file, tmp_path / "parquet", "parquet", split="test", count=500)
    files = sorted((tmp_path / "parquet" / "data").iterdir())
    assert len(files) > 2
    assert files[-1].name == f"test-{len(files) - 1:05d}-of-{len(files):05d}.parquet"
    table = pyarrow.concat_tables([parquet.read_table(path) for path in files])
    check_samples(table, mixed_file, rows_of_split(mixed_file, "test")[:500])


def test_no_shard_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepbench_fast.exports.parquet.PART_BYTES", 1)
    generate(mixed(samples=1640, splits={"train": "99/100", "test": "1/100"}), tmp_path / "mixed.h5")
    export(tmp_path / "mixed.h5", tmp_path / "parquet", "parquet")
    names = sorted(p.name for p in (tmp_path / "parquet" / "data").iterdir())
    assert names == [
        *(f"test-{part:05d}-of-00002.parquet" for part in range(2)),
        *(f"train-{part:05d}-of-00003.parquet" for part in range(3)),
    ]
    assert all(parquet.read_metadata(tmp_path / "parquet" / "data" / name).num_rows for name in names)


def test_without_splits_it_is_the_train_split(tmp_path: Path) -> None:
    generate(mixed(samples=20, splits={}), tmp_path / "mixed.h5")
    export(tmp_path / "mixed.h5", tmp_path / "parquet", "parquet")
    assert [p.name for p in (tmp_path / "parquet" / "data").iterdir()] == ["train-00000-of-00001.parquet"]


def test_series(series_file: Path, tmp_path: Path) -> None:
    export(series_file, tmp_path / "parquet", "parquet", split="test")
    table = parquet.read_table(tmp_path / "parquet" / "data" / "test-00000-of-00001.parquet")
    rows = rows_of_split(series_file, "test")
    assert array(table, "series").tobytes() == stored(series_file, "series")[rows].tobytes()
    assert json.loads(table.schema.field("series").metadata[b"outputs"]) == {"x": "m", "angle": "rad"}
    time = parquet.read_table(tmp_path / "parquet" / "time.parquet")
    assert time["time"].to_numpy().tobytes() == stored(series_file, "time").tobytes()


def test_splits_that_hugging_face_does_not_take(tmp_path: Path) -> None:
    generate(mixed(samples=30, splits={"fold-1": 0.5, "all": 0.25, "fold.2": 0.25}), tmp_path / "folds.h5")
    words = "load_dataset of Hugging Face's datasets takes no split {}; other readers do"
    assert export(tmp_path / "folds.h5", tmp_path / "a", "parquet").warnings == [words.format("fold-1, all")]
    assert export(tmp_path / "folds.h5", tmp_path / "b", "parquet", split="fold-1").warnings == [words.format("fold-1")]
    assert export(tmp_path / "folds.h5", tmp_path / "c", "parquet", split="fold.2").warnings == []


@pytest.mark.filterwarnings("default")
def test_hugging_face_loads_the_directory(mixed_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    export(mixed_file, tmp_path / "parquet", "parquet")
    loaded = datasets.load_dataset(str(tmp_path / "parquet"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(part) for name, part in loaded.items()} == {"train": 1800, "validation": 600, "test": 600}
    assert loaded["test"].features["label"].names == ["stars", "fields"]
    rows = rows_of_split(mixed_file, "test")
    images = loaded["test"].with_format("numpy")[:]["image"]
    assert images.tobytes() == stored(mixed_file, "images")[rows].tobytes()
