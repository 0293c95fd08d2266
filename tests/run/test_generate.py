"""The promises of a generated file: one dataset, whatever the threads, shards, kills and ranges."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import generate, index_parts, open_dataset, samples
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.store.file_bytes import lock_file
from deepbench_fast.store.format import ARRAYS
from tests.recipes import MIXED, mixed

ROWS = ("samples", "objects/star", "objects/galaxy")


def contents(path: Path) -> dict[str, bytes]:
    with h5py.File(path) as file:
        return {name: file[name][:].tobytes() for name in ("images", "clean", "targets", *ROWS)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "mixed.h5"
    generate(mixed(), path, threads=2)
    return path


def test_one_thread_writes_the_same_bytes_as_three(whole: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        path = tmp_path / f"{threads}.h5"
        generate(mixed(), path, threads=threads)
        assert path.read_bytes() == whole.read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"1.h5", "3.h5"}


def test_samples_in_memory_are_those_of_the_file(whole: Path) -> None:
    with h5py.File(whole) as file:
        for start, stop in ((0, 3000), (777, 778), (1500, 2111)):
            got = samples(mixed(), start, stop)
            for name in set(ARRAYS) & set(file):
                np.testing.assert_array_equal(got[name], file[name][start:stop])
            assert got.tables.samples.tobytes() == file["samples"][start:stop].tobytes()
            stars = file["objects/star"][:]
            inside = stars[(stars["sample"] >= start) & (stars["sample"] < stop)]
            assert got.tables.objects["star"].tobytes() == inside.tobytes()


def test_a_longer_dataset_begins_with_the_shorter_one(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    generate(mixed(samples=4001), path)
    with h5py.File(whole) as short, h5py.File(path) as long:
        for name in ("images", "clean", "targets", "samples"):
            np.testing.assert_array_equal(short[name][:], long[name][:3000])


def test_shards_equal_the_whole(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    for k in (2, 3, 1):
        generate(mixed(), path, shard=f"{k}/3")
        assert not path.exists()
    index_parts(path)
    names = {f"mixed.shard-{k}-of-3.{suffix}" for k in (1, 2, 3) for suffix in ("h5", "json")} | {"mixed.h5"}
    assert {p.name for p in tmp_path.iterdir()} == names
    assert contents(path) == contents(whole)
    index, single = open_dataset(path), open_dataset(whole)
    assert index.summary.digest == single.summary.digest
    np.testing.assert_array_equal(index[[5, 2999, 0]]["image"], single[[5, 2999, 0]]["image"])
    with h5py.File(whole) as a:
        parts = []
        for k in (1, 2, 3):
            with h5py.File(tmp_path / f"mixed.shard-{k}-of-3.h5") as b:
                parts.append(b["chunks"]["digest"])
        np.testing.assert_array_equal(np.concatenate(parts), a["chunks"]["digest"])


def test_an_index_has_no_time_stamps(tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    for k in (1, 2):
        generate(mixed(samples=900), path, shard=f"{k}/2")
    index_parts(path)
    with h5py.File(path) as file:
        found: dict[str, int] = {}
        file.visititems(lambda name, held: found.update({name: h5py.h5o.get_info(held.id).mtime}))
        assert file["images"].is_virtual
    assert set(found.values()) == {0}


def test_the_index_of_shards_replaces_no_other_dataset(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    generate(mixed(samples=5, seed=8), path)
    before = path.read_bytes()
    generate(mixed(samples=5), path, shard="1/1")
    with pytest.raises(MismatchError, match="another recipe"):
        index_parts(path)
    assert path.read_bytes() == before


def test_more_shards_than_chunks(tmp_path: Path) -> None:
    recipe = mixed(samples=900)
    for k in range(1, 6):
        generate(recipe, tmp_path / "small.h5", shard=f"{k}/5")
    index_parts(tmp_path / "small.h5")
    generate(recipe, tmp_path / "whole.h5")
    assert contents(tmp_path / "small.h5") == contents(tmp_path / "whole.h5")


def unfinish(path: Path, lost: list[int], torn: int) -> Path:
    """The file as a kill may leave it: some chunks not done, and one marked done whose bytes are wrong."""
    part = path.with_name(path.name + ".part")
    os.replace(path, part)
    with h5py.File(part, "r+") as file:
        chunks = file["chunks"][:]
        chunks["done"][lost] = 0
        chunks["digest"][lost] = 0
        file["chunks"][:] = chunks
        for k in [*lost, torn]:
            first = chunks["first"][k]
            file["images"][first : first + chunks["count"][k]] = 0
    return part


def test_resume_finishes_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    shutil.copy(whole, path)
    part = unfinish(path, [1, 3], 2)
    with pytest.raises(FileError, match="--resume"):
        generate(mixed(), path)
    with pytest.raises(FileError, match="unfinished"):
        open_dataset(part)
    assert len(open_dataset(part, partial=True)) == 3000
    generate(mixed(), path, resume=True)
    assert path.read_bytes() == whole.read_bytes()
    assert not part.exists()


def test_resume_starts_an_absent_file_and_leaves_a_finished_one(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    first = generate(mixed(), path, resume=True)
    assert path.read_bytes() == whole.read_bytes()
    before = path.stat()
    assert generate(mixed(), path, resume=True) == first
    assert path.stat() == before


def test_resume_refuses_another_recipe_and_says_what_differs(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    shutil.copy(whole, path)
    with pytest.raises(MismatchError, match=r"'seed: 7', now it would be 'seed: 8'"):
        generate(mixed(seed=8), path, resume=True)
    unfinish(path, [0], 1)
    with pytest.raises(MismatchError, match="another recipe"):
        generate(mixed(samples=3001), path, resume=True)
    assert path.with_name("mixed.h5.part").exists()


def test_an_existing_file_is_kept_until_its_replacement_is_complete(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    shutil.copy(whole, path)
    with pytest.raises(FileError, match="--overwrite"):
        generate(mixed(), path)
    other = generate(mixed(seed=8), path, overwrite=True)
    assert other.seed == 8
    assert {p.name for p in tmp_path.iterdir()} == {"mixed.h5"}


def test_overwrite_replaces_an_unfinished_file(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    shutil.copy(whole, path)
    unfinish(path, [0, 1, 2], 3)
    generate(mixed(), path, overwrite=True)
    assert path.read_bytes() == whole.read_bytes()


def test_one_process_fills_a_file(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.h5"
    shutil.copy(whole, path)
    part = unfinish(path, [0], 1)
    descriptor = lock_file(part)
    try:
        for how in ({"resume": True}, {"overwrite": True}):
            with pytest.raises(FileError, match="another process"):
                generate(mixed(), path, **how)
    finally:
        os.close(descriptor)
    generate(mixed(), path, resume=True)


def test_a_full_disk_is_noticed_before_the_first_sample(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"[kMGTP]B are needed and .* [kMGT]B are free"):
        generate(mixed(samples=100_000, size=(4096, 4096)), tmp_path / "huge.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_holds_the_file_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What shall stay free is told apart from what the file takes."""
    monkeypatch.setattr("deepbench_fast.store.create.SPARE_BYTES", 2**60)
    with pytest.raises(FileError, match=r"PB are needed, 1153 PB of them to spare, and .* are free"):
        generate(mixed(), tmp_path / "small.h5")


@pytest.mark.parametrize("shard", ["0/3", "4/3", "x", "1/", "-1/2"])
def test_wrong_shards(shard: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="K/N"):
        generate(mixed(), tmp_path / "x.h5", shard=shard)


def test_wrong_places(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such directory"):
        generate(mixed(), tmp_path / "nowhere" / "x.h5")
    with pytest.raises(FileError, match="is a directory"):
        generate(mixed(), tmp_path)
    with pytest.raises(FileError, match="File name too long"):
        generate(mixed(), tmp_path / ("x" * 300))
    with pytest.raises(UsageError, match="threads"):
        generate(mixed(), tmp_path / "x.h5", threads=0)


def test_one_sample(tmp_path: Path) -> None:
    generate(mixed(samples=1), tmp_path / "one.h5")
    np.testing.assert_array_equal(open_dataset(tmp_path / "one.h5")[0]["image"], samples(mixed(), 0, 1)["images"][0])


def test_no_two_samples_are_alike(whole: Path) -> None:
    with h5py.File(whole) as file:
        images = file["images"][:]
    assert len({image.tobytes() for image in images}) == len(images)


def test_what_a_recipe_gains_or_loses_leaves_the_rest(whole: Path) -> None:
    """Catalogues, entries, noise, and the range of the PSF: the draws of everything else stay as they were."""
    base = samples(mixed(), 0, 600)
    stars = base.tables.samples["catalogue"] == 0

    def of_class(text: str, name: str) -> dict[str, np.ndarray]:
        from deepbench_fast import Recipe

        got = samples(Recipe.from_yaml(text, source="changed.yaml"), 0, 600)
        chosen = got.tables.samples["catalogue"] == got.catalogues.index(name)
        table = got.tables.objects["star"]
        rows = table[np.isin(table["sample"], got.first + np.flatnonzero(chosen))]
        return {
            "member": got.tables.samples["member"][chosen],
            "split": got.tables.samples["split"][chosen],
            "clean": got["clean"][chosen],
            "images": got["images"][chosen],
            "x": rows["x"],
            "amplitude": rows["amplitude"],
        }

    before = of_class(MIXED, "stars")
    np.testing.assert_array_equal(before["images"], base["images"][stars])

    more = of_class(MIXED.replace("catalogues:", "catalogues:\n  third:\n    objects: [star]"), "stars")
    size = min(len(before["member"]), len(more["member"]))
    for name in before:
        np.testing.assert_array_equal(before[name][:size], more[name][:size])

    entry = of_class(MIXED.replace("gamma: 2.0}", "gamma: 2.0}\n      - galaxy: {amplitude: 0}"), "stars")
    for name in ("member", "split", "x", "amplitude", "images"):
        np.testing.assert_array_equal(before[name], entry[name])

    quiet = of_class(MIXED.replace("sigma: {uniform: [0.0, 0.2]}", "sigma: 0"), "stars")
    np.testing.assert_array_equal(quiet["images"], before["clean"])
    np.testing.assert_array_equal(quiet["x"], before["x"])

    blurred = samples(mixed().set("psf.gaussian.sigma", {"uniform": [0.3, 5.0]}), 0, 600).tables
    for column in ("member", "split", "noise_gaussian_sigma"):
        np.testing.assert_array_equal(blurred.samples[column], base.tables.samples[column])
    np.testing.assert_array_equal(blurred.objects["star"], base.tables.objects["star"])
