"""An index over parts reads as the whole, or names the part that isn't what it should be; never what nobody wrote."""

from __future__ import annotations

import os
import pickle
import shlex
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, index_parts, open_dataset, verify
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store import open_parts, write_index
from deepbench_fast.store.header import table_digest
from tests.cli.running import run
from tests.recipes import mixed, noisy_pendulums


def make(folder: Path, name: str = "m.h5", parts: int = 3, **changes: object) -> Path:
    for number in range(1, parts + 1):
        generate(mixed(**changes), folder / name, shard=f"{number}/{parts}", threads=1)
    index_parts(folder / name)
    return folder / name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    """A copy of an index over three parts."""
    for path in made.parent.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / made.name


def part(index: Path, number: int, parts: int = 3) -> Path:
    return index.with_name(f"{index.stem}.shard-{number}-of-{parts}.h5")


def check_loud(index: Path, number: int, words: str) -> str:
    """Every reader names the part, says what is wrong, and how to make it again."""
    messages = set()
    for reader in (lambda: open_dataset(index)[:], lambda: verify(index)):
        with pytest.raises(FileError, match=words) as caught:
            reader()
        messages.add(str(caught.value))
    (message,) = messages
    assert message.startswith(str(part(index, number)))
    assert f"--shard {number}/3" in message
    for command in (("verify", index), ("export", index, index.with_name("out"), "--format", "npy")):
        ran = run(*command)
        assert ran.status == 1, command
        assert ran.err.startswith(f"Error: {part(index, number)}")
        assert ran.err.count("\n") == 1
    return message


def test_it_reads_as_the_single_file(index: Path, mixed_file: Path) -> None:
    ours, whole = open_dataset(index), open_dataset(mixed_file)
    assert ours.summary == whole.summary
    numbers = np.random.default_rng(1).integers(-3000, 3000, 500)
    for chosen in (slice(None), slice(700, 2500), slice(5, 2999, 7), slice(2500, 100, -3), slice(5, 5), numbers, []):
        for name, values in whole[chosen].items():
            assert ours[chosen][name].dtype == values.dtype
            np.testing.assert_array_equal(ours[chosen][name], values)
    for i in (0, 818, 819, 2457, 2999, -1):
        for name, value in whole[i].items():
            np.testing.assert_array_equal(ours[i][name], value)
    for name in whole.splits:
        np.testing.assert_array_equal(ours.split(name).images, whole.split(name).images)
        assert (ours.split(name).objects("star") == whole.split(name).objects("star")).all()
    assert (ours.objects("galaxy") == whole.objects("galaxy")).all()
    assert (ours.samples == whole.samples).all()
    np.testing.assert_array_equal(ours.targets, whole.targets)
    assert ours.recipe == whole.recipe
    assert verify(index, "all").same
    again = pickle.loads(pickle.dumps(ours))
    np.testing.assert_array_equal(again[17]["image"], whole[17]["image"])


def test_series_in_parts(tmp_path: Path) -> None:
    recipe = noisy_pendulums().with_overrides({"samples": 2000, "series.steps": 200})
    for number in (1, 2):
        generate(recipe, tmp_path / "s.h5", shard=f"{number}/2")
    index_parts(tmp_path / "s.h5")
    generate(recipe, tmp_path / "w.h5")
    ours, whole = open_dataset(tmp_path / "s.h5"), open_dataset(tmp_path / "w.h5")
    assert ours.summary.digest == whole.summary.digest
    np.testing.assert_array_equal(ours.series, whole.series)
    np.testing.assert_array_equal(ours.time, whole.time)
    assert ours.outputs == whole.outputs
    assert (
        run("info", tmp_path / "s.h5", "--json").json["series"]
        == run("info", tmp_path / "w.h5", "--json").json["series"]
    )


def test_the_table_of_parts(index: Path) -> None:
    with h5py.File(index) as file:
        rows = file["shards"][:]
    named = ("file", "bytes", "first", "samples", "rows_galaxy", "rows_star", "digest")
    arrays = ("images", "clean", "targets", "samples", "objects/galaxy", "objects/star", "chunks")
    assert rows.dtype.names == (*named, *(f"offset_{name}" for name in arrays))
    for number, row in enumerate(rows, 1):
        summary = open_dataset(part(index, number)).summary
        assert row["file"].decode() == part(index, number).name
        assert row["bytes"] == part(index, number).stat().st_size
        assert (row["first"], row["samples"], row["digest"].decode()) == (
            summary.first,
            summary.samples,
            summary.digest,
        )
        assert row["rows_star"] == summary.tables["objects/star"]["rows"]


def test_a_part_that_is_missing(index: Path, monkeypatch: pytest.MonkeyPatch, mixed_file: Path) -> None:
    monkeypatch.chdir(index.parent)
    index = Path(index.name)  # of a long path the command would not fit into the message
    part(index, 2).unlink()
    message = check_loud(index, 2, "missing")
    for command in (("info", index), ("preview", index, "-o", index.with_name("p.png")), ("show", index, "0")):
        assert run(*command).status == 1
    for command in message.partition("to make it again: ")[2].split(" && "):
        program, *arguments = shlex.split(command)
        assert program == "deepbench-fast"
        assert run(*arguments).status == 0
    assert open_dataset(index).summary.digest == open_dataset(mixed_file).summary.digest
    assert verify(index).same


def test_a_part_of_the_same_name_in_the_current_folder_is_not_read(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = index.parent / "other"
    other.mkdir()
    generate(mixed(seed=99), other / "m.h5", shard="2/3")
    part(index, 2).unlink()
    monkeypatch.chdir(other)
    check_loud(index, 2, "missing")


def test_an_index_without_its_parts(index: Path, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    alone = Path(shutil.copy(index, tmp_path / "alone"))
    check_loud(alone, 1, "missing")
    assert "name: mixed" in run("info", alone, "--recipe").out


def test_a_part_of_another_size(index: Path) -> None:
    with part(index, 3).open("ab") as file:
        file.write(b"more")
    check_loud(index, 3, "bytes, not the")


def test_a_part_of_another_recipe_and_one_of_another_range(index: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make(tmp_path / "other", seed=8)
    shutil.copy(part(other, 2), part(index, 2))
    fit(index, 2)
    check_loud(index, 2, "made from another recipe")
    shutil.copy(part(index, 1), part(index, 2))
    fit(index, 2)
    check_loud(index, 2, "it holds other samples")


def fit(index: Path, number: int) -> None:
    """Let the index name the size that a part has."""
    with h5py.File(index, "r+") as file:
        rows = file["shards"][:]
        rows["bytes"][number - 1] = part(index, number).stat().st_size
        file["shards"][:] = rows
        file["shards"].attrs["table_digest"] = table_digest(file["shards"][:])


def test_a_part_whose_chunks_are_others(index: Path) -> None:
    with h5py.File(part(index, 2), "r+") as file:
        chunks = file["chunks"][:]
        chunks["digest"][0] += 1
        file["chunks"][:] = chunks
    fit(index, 2)
    check_loud(index, 2, "its digest is another one")


def by_another_version(path: Path) -> None:
    """Let a file say that another version made it."""
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.store import format as schema
    from deepbench_fast.store.stored import open_header

    header = open_header(path)
    said = {**header.attributes, "software": "deepbench_fast 9.9.9"}
    described = schema.describe(make_plan(mixed()))
    digest = schema.header_digest(said, header.recipe_text, described.labels, described.attributes, described.time)
    with h5py.File(path, "r+") as file:
        file.attrs["software"] = said["software"]
        file.attrs["header_digest"] = digest


def test_parts_of_two_versions(index: Path) -> None:
    by_another_version(part(index, 2))
    part(index, 2).with_suffix(".json").unlink()
    with pytest.raises(MismatchError, match=r"shard-2-of-3.h5: made by deepbench_fast 9\.9\.9, the others by deepb"):
        index_parts(index)


def test_an_unfinished_file_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    from deepbench_fast.errors import MismatchError

    generate(mixed(), tmp_path / "m.h5")
    by_another_version(tmp_path / "m.h5")
    os.replace(tmp_path / "m.h5", tmp_path / "m.h5.part")
    with pytest.raises(MismatchError, match=r"begun by deepbench_fast 9\.9\.9"):
        generate(mixed(), tmp_path / "m.h5", resume=True)


def test_a_job_looks_at_no_other_part(tmp_path: Path) -> None:
    neighbour = part(tmp_path / "m.h5", 1, 2)
    neighbour.write_bytes(b"damaged")
    generate(mixed(), tmp_path / "m.h5", shard="2/2")
    assert open_dataset(part(tmp_path / "m.h5", 2, 2)).summary.complete
    assert not (tmp_path / "m.h5").exists()


def test_an_index_over_a_part_that_was_made_anew_is_loud(index: Path) -> None:
    generate(mixed(seed=8), index, shard="2/3", overwrite=True)
    with pytest.raises(FileError, match="shard-2-of-3"):
        open_dataset(index)[:]


def test_an_index_replaces_no_file_with_samples(tmp_path: Path) -> None:
    generate(mixed(), tmp_path / "m.h5")
    before = (tmp_path / "m.h5").read_bytes()
    generate(mixed(), tmp_path / "m.h5", shard="1/1")
    with pytest.raises(FileError, match="exists as one file"):
        index_parts(tmp_path / "m.h5")
    assert (tmp_path / "m.h5").read_bytes() == before
    index_parts(tmp_path / "m.h5", overwrite=True)
    assert open_dataset(tmp_path / "m.h5").stored.header.shards is not None


@pytest.mark.parametrize(
    "name", ["noise10%.h5", "a%b.h5", "a%%b.h5", "%d %s.h5", "with space.h5", "ünï.h5", "a'b\"c.h5"]
)
def test_names(name: str, tmp_path: Path) -> None:
    index = make(tmp_path, name, parts=2, samples=900)
    generate(mixed(samples=900), tmp_path / "whole")
    whole = open_dataset(tmp_path / "whole")
    np.testing.assert_array_equal(open_dataset(index).images, whole.images)
    with h5py.File(index) as plain:
        np.testing.assert_array_equal(plain["images"][:], whole.images)
        assert plain["objects/star"][:].tobytes() == np.asarray(whole.objects("star").as_array()).tobytes()


def test_an_index_of_the_first_release(index: Path) -> None:
    with h5py.File(index, "r+") as file:
        del file["shards"]
    with pytest.raises(FileError, match="an index of the first release"):
        open_dataset(index)
    index.unlink()
    index_parts(index)
    assert verify(index).same


def test_names_that_lead_elsewhere_are_refused(index: Path) -> None:
    for name in (b"../m.shard-2-of-3", b"/m.shard-2-of-3.h", b"", b".."):
        with h5py.File(index, "r+") as file:
            rows = file["shards"][:]
            rows["file"][1] = name
            file["shards"][:] = rows
        with pytest.raises(FileError, match="no plain name"):
            open_dataset(index)


def test_for_h5py_alone_a_missing_part_is_not_a_number(index: Path) -> None:
    part(index, 2).unlink()
    with h5py.File(index) as file:
        first = file["chunks"]["first"][1]
        assert np.isnan(file["images"][first]).all()
        assert np.isnan(file["targets"][first]).all()
        assert file["samples"][first]["catalogue"] == file["samples"][first]["member"] == -1
        assert not np.isnan(file["images"][first - 1]).any()


def test_more_parts_than_virtual_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mixed_file: Path) -> None:
    monkeypatch.setattr(write_index, "MOST_VIRTUAL", 2)
    index = make(tmp_path)
    with h5py.File(index) as file:
        assert set(file) == {"chunks", "shards", "recipe", "objects"}
    assert open_dataset(index).summary == open_dataset(mixed_file).summary
    np.testing.assert_array_equal(open_dataset(index).images, open_dataset(mixed_file).images)
    assert verify(index, 2).same


def test_parts_made_by_threads(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            tasks = [pool.submit(generate, mixed(), tmp_path / "m.h5", threads=1, shard=f"{k}/3") for k in (1, 2, 3)]
            for task in tasks:
                task.result()
            index_parts(tmp_path / "m.h5")
            parts = [part(tmp_path / "m.h5", k) for k in (1, 2, 3)]
            assert {*tmp_path.iterdir()} == {tmp_path / "m.h5", *parts, *(p.with_suffix(".json") for p in parts)}
            assert verify(tmp_path / "m.h5").same
            for path in tmp_path.iterdir():
                path.unlink()


def test_reading_from_many_threads(index: Path, mixed_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_parts, "most_mapped", lambda: 1)
    ours, images = open_dataset(index), open_dataset(mixed_file).images
    wrong: list[int] = []

    def read(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 3000, 200).tolist():
            if not np.array_equal(ours[number]["image"], images[number]):
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_part_that_cannot_be_opened_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_parts, "most_mapped", lambda: 1)
    data, first = open_dataset(index), next(index.parent.glob("*.shard-1-of-*.h5"))
    data[0], data[-1]  # the second part takes the first one's place
    first.unlink()
    first.mkdir()
    with pytest.raises(FileError, match=r"shard-1-of-.*: is a directory; to make it again: "):
        data[0]


BOUNDED = """
import os, resource, sys
import numpy as np
from deepbench_fast import open_dataset
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))
datasets = [open_dataset(sys.argv[1]) for _ in range(int(sys.argv[3]))]
numbers = np.random.default_rng(0).permutation(len(datasets[0]))[:2000]
for dataset in datasets:
    dataset[numbers[:50]]
one = datasets[0]
assert not np.isnan(one[numbers]["image"]).any()
assert len(one.images) == len(one.samples) == len(one)
print(len(os.listdir("/proc/self/fd")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_descriptors_stay_bounded(tmp_path: Path, mixed_file: Path) -> None:
    parts = 70
    recipe = Recipe.builtin("stars").with_overrides({"samples": parts * 334, "noise": []})
    for number in range(1, parts + 1):
        generate(recipe, tmp_path / "s.h5", shard=f"{number}/{parts}", threads=1)
    index_parts(tmp_path / "s.h5")
    for path, limit, count in ((tmp_path / "s.h5", 64, 3), (mixed_file, 256, 116)):
        command = [sys.executable, "-c", BOUNDED, str(path), str(limit), str(count)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert int(ran.stdout) < limit
