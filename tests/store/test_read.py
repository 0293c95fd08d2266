"""`Dataset`: slices, batches, splits, tables; in other processes; after other tools have rewritten the file."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, verify
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.run.dataset import Dataset
from tests.recipes import mixed


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


def test_a_program_that_holds_data_ends_in_silence(mixed_file: Path) -> None:
    """The interpreter takes the names of modules away before what others hold, as PyTorch holds tensors."""
    program = (
        "import os, sys; from deepbench_fast import open_dataset; "
        "os.kept = [open_dataset(sys.argv[1]).images, sys.modules['deepbench_fast.store.mapping']]"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(mixed_file)], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


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


@pytest.mark.parametrize("packed", [False, True])
def test_a_with_statement_closes_it(mixed_file: Path, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "packed.h5" if packed else mixed_file
    if packed:
        repack(mixed_file, path)
    with open_dataset(path) as dataset:
        split, images, item = dataset.split("test"), dataset.images[:3], dataset[1]
    np.testing.assert_array_equal(images[1], item["image"])
    for read in (lambda: dataset[1], lambda: split[1], lambda: split.images, lambda: dataset.summary):
        with pytest.raises(FileError, match=r"\.h5: it was closed$"):
            read()
    dataset.close()
    again = pickle.loads(pickle.dumps(split))
    again.close()
    assert again[0]["index"] == open_dataset(path).split("test")[0]["index"]


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


def test_a_mask_must_fit(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    for part in (dataset, dataset.split("test")):
        mask = np.zeros(len(part), bool)
        mask[[3, 5]] = True
        np.testing.assert_array_equal(part[mask]["index"], part[[3, 5]]["index"])
        for wrong in (mask[:-1], np.append(mask, True), [True], np.zeros(3000 + len(part), bool)):
            with pytest.raises(IndexError, match="a mask of"):
                part[wrong]


@pytest.mark.parametrize("empty", [[], np.array([]), np.array([], int), slice(7, 7), np.zeros(3000, bool)])
def test_nothing_may_be_chosen(mixed_file: Path, empty: Any) -> None:
    batch = open_dataset(mixed_file)[empty]
    assert batch["image"].shape == (0, 16, 20)
    assert batch["target"].shape == (0, 5)
    assert batch["label"].dtype == batch["index"].dtype == np.int64


@pytest.mark.parametrize("wrong", [[1.5], np.array([[1, 2]]), "a", None, True, (1.0, 2.0), [2**63], ["1"]])
def test_what_chooses_no_samples(mixed_file: Path, wrong: Any) -> None:
    for dataset in (open_dataset(mixed_file), open_dataset(mixed_file).split("train")):
        with pytest.raises(IndexError):
            dataset[wrong]


def test_numbers_count_from_the_end_in_a_split_too(mixed_file: Path) -> None:
    train = open_dataset(mixed_file).split("train")
    np.testing.assert_array_equal(train[[-1, 0]]["index"], [train[-1]["index"], train[0]["index"]])
    with pytest.raises(IndexError):
        train[[0, len(train)]]


def test_a_slice_costs_what_it_holds(tmp_path: Path) -> None:
    import tracemalloc

    recipe = Recipe.builtin("stars").with_overrides({"samples": 300_000, "size": (2, 2), "noise": [], "splits": {}})
    generate(recipe, tmp_path / "many.h5")
    dataset = open_dataset(tmp_path / "many.h5")
    _ = dataset[0:32]
    tracemalloc.start()
    for chosen in (slice(0, 32), slice(299_000, 299_064, 2), slice(40, 8, -1)):
        dataset[chosen]
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def unfinished(source: Path, folder: Path, missing: list[int]) -> Path:
    """A copy as a kill leaves it: chunks that aren't done, their samples zeros."""
    path = Path(shutil.copy(source, folder / "some.h5.part"))
    with h5py.File(path, "r+", locking=False) as file:
        chunks = file["chunks"][:]
        chunks["done"][missing] = chunks["digest"][missing] = 0
        for k in missing:
            first, stop = chunks["first"][k], chunks["first"][k] + chunks["count"][k]
            file["images"][first:stop] = 0
            rows = file["samples"][first:stop]
            file["samples"][first:stop] = np.zeros_like(rows)
        file["chunks"][:] = chunks
    return path


def test_an_unfinished_file_gives_what_is_there_and_nothing_else(mixed_file: Path, tmp_path: Path) -> None:
    path = unfinished(mixed_file, tmp_path, [1, 3])
    whole, some = open_dataset(mixed_file), open_dataset(path, partial=True)
    there = np.ones(3000, bool)
    there[819 : 2 * 819] = there[3 * 819 :] = False
    np.testing.assert_array_equal(some.done, there)
    assert some.summary.digest is None
    assert not some.summary.complete
    np.testing.assert_array_equal(some[0]["image"], whole[0]["image"])
    np.testing.assert_array_equal(some[[5, 1700]]["label"], whole[[5, 1700]]["label"])
    for wrong in (819, -1, [0, 900], slice(800, 830), np.arange(3000) == 900):
        with pytest.raises(FileError, match="is not there yet"):
            some[wrong]
    for read in (lambda: some.images, lambda: some.targets, lambda: some.samples, lambda: some.objects("star")):
        with pytest.raises(FileError, match=r"sample 819 is not there yet.*\.finished"):
            read()
    for take in (
        lambda: some.tables_of([819]),
        lambda: some.tables_of(slice(None)),
        lambda: some.first(3000, "fields"),
    ):
        with pytest.raises(FileError, match="sample 819 is not there yet"):  # its rows are zeros: the first class
            take()
    assert some.tables_of([5]).samples.tobytes() == whole.tables_of([5]).samples.tobytes()
    finished, numbers = some.finished, np.flatnonzero(there)
    np.testing.assert_array_equal(finished.images, whole.images[there])
    np.testing.assert_array_equal(finished[:]["index"], numbers)
    assert (finished.samples == whole.samples[there]).all()
    stars = whole.objects("star")
    assert (finished.objects("star") == stars[np.isin(stars["sample"], numbers)]).all()
    assert finished.done.all()
    train = whole.split("train")[:]["index"]
    np.testing.assert_array_equal(some.split("train")[:]["index"], np.intersect1d(train, numbers))
    np.testing.assert_array_equal(finished.split("test").images, some.split("test").images)
    again = pickle.loads(pickle.dumps(some))
    np.testing.assert_array_equal(again.done, there)
    report = verify(path)
    assert report.unfinished == [1, 3]


def test_everything_comes_from_the_file_that_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    old, new = mixed(samples=300), mixed(samples=400, seed=9)
    generate(old, tmp_path / "kept.h5")
    generate(old, path)
    kept, dataset, unread = open_dataset(tmp_path / "kept.h5"), open_dataset(path), open_dataset(path)
    image = dataset[0]["image"]
    generate(new, path, overwrite=True)
    np.testing.assert_array_equal(dataset[0]["image"], image)
    for opened in (dataset, unread, dataset.split("train"), unread.split("test")):
        expected = kept if opened in (dataset, unread) else kept.split("train" if len(opened) > 100 else "test")
        assert len(opened) == len(expected)
        np.testing.assert_array_equal(opened.images, expected.images)
        assert (opened.samples == expected.samples).all()
        assert (opened.objects("star") == expected.objects("star")).all()
        assert opened.summary == expected.summary
        assert opened.recipe == expected.recipe
        opened.verify(1)
    for stale in (pickle.loads(pickle.dumps(dataset)), pickle.loads(pickle.dumps(dataset.split("train")))):
        with pytest.raises(FileError, match="replaced by another dataset"):
            stale[0]
    again = pickle.dumps(dataset)
    generate(old, path, overwrite=True)
    np.testing.assert_array_equal(pickle.loads(again)[0]["image"], image)


def test_a_compressed_copy_may_be_replaced_too(mixed_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "packed.h5"
    repack(mixed_file, path)
    packed, plain = open_dataset(path), open_dataset(mixed_file)
    generate(mixed(samples=10), tmp_path / "other.h5")
    os.replace(tmp_path / "other.h5", path)
    np.testing.assert_array_equal(packed[[7, 3]]["image"], plain[[7, 3]]["image"])
    assert (packed.samples == plain.samples).all()
    assert (packed.split("test").objects("star") == plain.split("test").objects("star")).all()


def test_reading_takes_at_most_one_descriptor(mixed_file: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here")
    before = len(os.listdir("/proc/self/fd"))
    opened = [open_dataset(mixed_file) for _ in range(20)]
    for dataset in opened:
        _ = dataset[0], dataset.samples, dataset.objects("star"), dataset.images
    assert len(os.listdir("/proc/self/fd")) - before <= 20


def test_what_is_not_a_dataset(tmp_path: Path) -> None:
    text, other = tmp_path / "text.h5", tmp_path / "other.h5"
    text.write_text("hello")
    with h5py.File(other, "w") as file:
        file["x"] = 1
    for path, words in ((text, "not an HDF5 file"), (other, "not a dataset"), (tmp_path / "no.h5", "no such file")):
        with pytest.raises(FileError, match=words):
            open_dataset(path)
