"""`Dataset`: slices, batches, splits, tables; in other processes; after other tools have rewritten the file."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import open_dataset
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.store.read import Dataset


def test_one_sample(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    assert len(dataset) == 3000
    assert dataset.catalogues == ("stars", "fields")
    with h5py.File(mixed_file) as file:
        for i in (0, 1234, -1):
            sample = dataset[i]
            assert set(sample) == {"image", "clean", "target", "label", "index"}
            np.testing.assert_array_equal(sample["image"], file["images"][i % 3000])
            np.testing.assert_array_equal(sample["target"], file["targets"][i % 3000])
            assert sample["label"] == file["samples"][i % 3000]["catalogue"]
            assert sample["index"] == i % 3000
            sample["image"][:] = 0  # a copy: it may be changed
    for i in (3000, -3001):
        with pytest.raises(IndexError):
            dataset[i]


def test_slices_and_batches(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    numbers = [2999, 0, 0, 17, -2]
    batch, items = dataset[numbers], dataset.__getitems__(numbers)
    assert batch["image"].shape == (5, 16, 20)
    for k, i in enumerate(numbers):
        one = dataset[i]
        for name, value in one.items():
            np.testing.assert_array_equal(batch[name][k], value)
            np.testing.assert_array_equal(items[k][name], value)
    part = dataset[10:20:3]
    assert part["index"].tolist() == [10, 13, 16, 19]
    np.testing.assert_array_equal(part["image"][1], dataset[13]["image"])
    with pytest.raises(IndexError):
        dataset[[5, 3000]]
    assert sum(1 for _ in dataset.split("test")) == len(dataset.split("test"))


def test_splits(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    parts = {name: dataset.split(name) for name in dataset.splits}
    assert {name: len(part) for name, part in parts.items()} == {"train": 1800, "validation": 600, "test": 600}
    indices = np.concatenate([part[:]["index"] for part in parts.values()])
    np.testing.assert_array_equal(np.sort(indices), np.arange(3000))
    train = parts["train"]
    assert (train.samples["split"] == 0).all()
    assert np.isin(train.objects("star")["sample"], train[:]["index"]).all()
    np.testing.assert_array_equal(train[3]["image"], dataset[int(train[3]["index"])]["image"])
    np.testing.assert_array_equal(train.targets[5], train[5]["target"])
    np.testing.assert_array_equal(train.images[5], train[5]["image"])
    with pytest.raises(UsageError, match="it has train, validation, test"):
        dataset.split("tset")


def test_tables_have_units(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    assert str(dataset.objects("star")["gamma"].unit) == "pix"
    assert len(dataset.samples) == 3000
    with pytest.raises(UsageError, match="it has galaxy, star"):
        dataset.objects("planet")


def image_of(dataset: Dataset, index: int, out: object) -> None:
    out.put(dataset[index]["image"].tobytes())  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_other_processes(mixed_file: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    context = multiprocessing.get_context(method)
    dataset = open_dataset(mixed_file).split("train")
    expected = dataset[40]["image"].tobytes()
    queue = context.SimpleQueue()
    child = context.Process(target=image_of, args=(dataset, 40, queue))
    child.start()
    assert queue.get() == expected
    child.join()
    assert child.exitcode == 0


def test_pickling_keeps_the_split(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file).split("validation")
    again = pickle.loads(pickle.dumps(dataset))
    assert len(again) == len(dataset) == 600
    np.testing.assert_array_equal(again[7]["image"], dataset[7]["image"])


def repack(source: Path, target: Path) -> None:
    """What `h5repack -f GZIP=1` does."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        new.attrs.update(old.attrs)

        def copy(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                options = {"compression": "gzip", "chunks": True} if item.shape else {}
                made = new.create_dataset(name, data=item[()], dtype=item.dtype, **options)
                made.attrs.update(item.attrs)

        old.visititems(copy)


def test_a_compressed_copy_is_the_same_dataset(mixed_file: Path, tmp_path: Path) -> None:
    repack(mixed_file, tmp_path / "packed.h5")
    packed, plain = open_dataset(tmp_path / "packed.h5"), open_dataset(mixed_file)
    assert packed.summary.digest == plain.summary.digest
    numbers = [5, 2, 2, 2999]
    np.testing.assert_array_equal(packed[numbers]["image"], plain[numbers]["image"])
    np.testing.assert_array_equal(packed[8]["clean"], plain[8]["clean"])
    packed.verify(2)


def test_what_is_not_a_dataset(tmp_path: Path) -> None:
    text, other = tmp_path / "text.h5", tmp_path / "other.h5"
    text.write_text("hello")
    with h5py.File(other, "w") as file:
        file["x"] = 1
    for path, words in ((text, "not an HDF5 file"), (other, "not a dataset"), (tmp_path / "no.h5", "no such file")):
        with pytest.raises(FileError, match=words):
            open_dataset(path)
