"""Rows of parts, and what is said of those that are missing or differ; nothing is indexed that isn't the whole."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import FileError, MismatchError, Recipe, generate, index_parts, open_dataset, verify
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.store import rows, write_index
from deepbench_fast.store.parts import survey
from deepbench_fast.store.rows import Row, read_row, row_of, row_path
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.structure import Structure
from deepbench_fast.values.atomic import temporary_beside
from tests.cli.running import run, run_well
from tests.recipes import mixed

PARTS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for number in range(1, PARTS + 1):
        generate(mixed(), folder / "m.h5", shard=f"{number}/{PARTS}", threads=1)
    return folder


@pytest.fixture
def whole(made: Path, tmp_path: Path) -> Path:
    """The index to be, beside copies of four parts and their rows."""
    for path in made.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / "m.h5"


def part(whole: Path, number: int) -> Path:
    return Shard(number, PARTS).path(whole)


def test_a_row_says_what_its_part_is(whole: Path) -> None:
    path = part(whole, 2)
    told = json.loads(row_path(path).read_text())
    summary = open_dataset(path).summary
    assert {
        name: told[name] for name in ("file", "first", "samples", "digest", "recipe_hash", "software", "schema")
    } == {
        "file": path.name,
        **{
            name: getattr(summary, name) for name in ("first", "samples", "digest", "recipe_hash", "software", "schema")
        },
    }
    assert told["bytes"] == path.stat().st_size
    assert told["rows_star"] == summary.tables["objects/star"]["rows"]
    data = path.read_bytes()
    for name, described in told["datasets"].items():  # as another program reads it
        dtype = described["dtype"]
        dtype = np.dtype([tuple(column) for column in dtype] if isinstance(dtype, list) else dtype)
        count = int(np.prod(described["shape"]))
        values = np.frombuffer(data, dtype, count, described["offset"]).reshape(described["shape"])
        with h5py.File(path) as file:
            assert values.tobytes() == file[name][:].tobytes()


def test_a_row_is_read_as_it_was_written(whole: Path) -> None:
    row = row_of(part(whole, 3))
    again = Row.parse(row.text(), "x")
    assert again.text() == row.text()
    np.testing.assert_array_equal(again.chunks, row.chunks)


def test_resuming_writes_a_lost_row(whole: Path) -> None:
    path = row_path(part(whole, 2))
    before = path.read_bytes()
    for content in (None, b"{}", before[:50]):
        path.unlink() if content is None else path.write_bytes(content)
        generate(mixed(), whole, shard=f"2/{PARTS}", resume=True)
        assert path.read_bytes() == before


def test_resuming_removes_what_a_killed_process_left_of_a_row(whole: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = temporary_beside(row_path(part(whole, 2)))
    left = left.with_name(left.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-"))
    left.write_text("{}")
    generate(mixed(), whole, shard=f"2/{PARTS}", resume=True)
    assert not left.exists()


def test_a_part_without_a_row_is_read_itself(whole: Path, mixed_file: Path) -> None:
    for number in (1, 3):
        row_path(part(whole, number)).unlink()
    assert index_parts(whole).digest == open_dataset(mixed_file).summary.digest


WRONG_ROWS = [
    "",
    "[]",
    "{}",
    "nothing",
    "[" * 100_000,
    *(
        (name, value)
        for name, values in {
            "file": ("../m.h5", "", 3, "a/b"),
            "bytes": (-1, 1.5, True, None, 2**70),
            "first": (-1, "0"),
            "samples": (7, None),
            "rows_star": (-3, 10**6),
            "digest": (None, 5),
            "chunks": ([], None, [[1]], [[819, "x", 1, "0"]], [[-819, 0, 0, "00"]], 3, [[2**63, 1, 1, "0"]]),
            "datasets": ({"images": 3}, {"images": {"offset": "x"}}, [], None),
        }.items()
        for value in values
    ),
]


@pytest.mark.parametrize("wrong", WRONG_ROWS, ids=lambda wrong: str(wrong)[:30])
def test_damaged_rows(whole: Path, wrong: str | tuple[str, object]) -> None:
    path = row_path(part(whole, 2))
    text = wrong if isinstance(wrong, str) else json.dumps({**json.loads(path.read_text()), wrong[0]: wrong[1]})
    path.write_text(text)
    ran = run("index", "-o", whole)
    assert ran.status == 1
    assert str(path) in ran.err
    assert "damaged" in ran.err
    assert ran.err.count("\n") == 1
    assert not whole.exists()


def test_what_is_missing_and_the_commands_that_make_it(
    whole: Path, mixed_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(whole.parent)
    for path in (part(whole, 1), part(whole, 4), row_path(part(whole, 4))):
        path.unlink()
    with part(whole, 2).open("ab") as file:
        file.write(b"more")
    ran = run("index", "-o", "m.h5")
    assert ran.status == 1
    *lines, error = ran.err.splitlines()
    assert error.startswith("Error: m.h5: no index: it lacks 2 181 samples, in 2 ranges and differs in 2 files")
    assert lines[0] == f"{part(whole, 1).name}: missing"
    assert lines[1].startswith(f"{part(whole, 2).name}: has ")
    assert lines[2:4] == ["missing: samples 0 to 1637", "missing: samples 2457 to 2999"]
    assert lines[-1] == "  as an array of jobs, of 4: 1-2,4"
    commands = [line.strip() for line in lines if line.startswith("  deepbench-fast")]
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "deepbench-fast"
        run_well(*arguments)
    assert run_well("index", "-o", "m.h5").out.strip() == open_dataset(mixed_file).summary.digest


def test_ranges_and_numbers_of_parts_that_are_missing() -> None:
    recipe = Recipe.of_kind("star").with_overrides({"samples": 100_000})
    plan = make_plan(recipe)
    from deepbench_fast.store.parts import _holding

    for count in (1, 2, 7, plan.chunks - 1, plan.chunks, plan.chunks + 1, 5 * plan.chunks, 10**9):
        for sample in np.random.default_rng(count).integers(0, plan.samples, 50).tolist():
            first, stop = Shard(_holding(sample, plan, count), count).span(plan)
            assert first <= sample < stop


def test_parts_of_another_recipe_and_two_cuts(whole: Path) -> None:
    generate(mixed(seed=8), whole, shard=f"2/{PARTS}", overwrite=True)
    with pytest.raises(MismatchError, match=r"shard-2-of-4.h5: made from another recipe"):
        index_parts(whole)
    generate(mixed(), whole, shard=f"2/{PARTS}", overwrite=True)
    generate(mixed(), whole, shard="2/3")
    with pytest.raises(MismatchError, match=r"holds samples that .* holds, too: name the parts that are meant"):
        index_parts(whole)
    index_parts(whole, [part(whole, number) for number in range(1, PARTS + 1)])
    assert verify(whole).same


def test_parts_lie_beside_their_index(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for paths in ([whole.parent], [part(whole, 1)]):
        with pytest.raises(FileError, match="parts lie beside their index"):
            index_parts(tmp_path / "elsewhere" / "m.h5", paths)
    with pytest.raises(FileError, match="there are no parts of it"):
        index_parts(whole.with_name("other.h5"))
    with pytest.raises(FileError, match="nowhere: no such directory"):
        index_parts(tmp_path / "nowhere" / "m.h5")


def test_parts_with_names_of_their_own(whole: Path, mixed_file: Path) -> None:
    paths = []
    for number, name in enumerate("dbca", 1):
        part(whole, number).rename(whole.with_name(f"{name}.h5"))
        row_path(part(whole, number)).unlink()
        paths.append(whole.with_name(f"{name}.h5"))
    assert index_parts(whole, paths).digest == open_dataset(mixed_file).summary.digest
    paths[1].unlink()
    with pytest.raises(FileError, match=r"missing.*it holds the samples 819 to "):
        open_dataset(whole)
    with pytest.raises(FileError, match="no such file"):
        index_parts(whole, paths)
    with pytest.raises(MismatchError, match="it lacks 819 samples, in 1 range"):
        index_parts(whole, [paths[0], *paths[2:]], overwrite=True)


def test_a_renamed_part(whole: Path, mixed_file: Path) -> None:
    for number in range(1, PARTS + 1):
        for path in (part(whole, number), row_path(part(whole, number))):
            path.rename(path.with_name(path.name.replace("m.shard", "n.shard")))
    index = whole.with_name("n.h5")
    with pytest.raises(FileError, match=r"n\.shard-1-of-4\.json: it is the row of m\.shard-1-of-4\.h5; remove it"):
        index_parts(index)
    for path in whole.parent.glob("*.json"):
        path.unlink()
    assert index_parts(index).digest == open_dataset(mixed_file).summary.digest


def test_a_manifest_has_the_rows_in_order(whole: Path) -> None:
    manifest = whole.with_name("rows.jsonl")
    run_well("index", "-o", whole, "--manifest", manifest)
    lines = manifest.read_text().splitlines(keepends=True)
    assert lines == [row_path(part(whole, number)).read_text() for number in range(1, PARTS + 1)]


@pytest.mark.parametrize("option", ["--manifest", "--kerchunk"])
def test_other_files_replace_none_of_the_dataset(whole: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "link").symlink_to(part(whole, 3).name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name in (whole.name, part(whole, 2).name, row_path(part(whole, 2)).name, "link"):
        ran = run("index", "-o", whole, option, tmp_path / name)
        assert ran.status == 2
        assert f"{name}: a file of the dataset; name another one" in ran.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    ran = run("index", "-o", whole, option, tmp_path / "nowhere" / "m.json")
    assert (ran.status, ran.err) == (1, f"Error: {tmp_path}/nowhere/m.json: No such file or directory\n")


def test_an_index_is_written_without_opening_parts(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(rows, "row_of", lambda path: opened.append(path))
    index_parts(whole)
    assert opened == []


def test_reading_asks_hdf5_for_one_part_alone(whole: Path, mixed_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index_parts(whole)
    opened: list[str] = []
    original = Structure.__init__

    def counted(self: Structure, file: h5py.File) -> None:
        opened.append(file.filename)
        original(self, file)

    monkeypatch.setattr(Structure, "__init__", counted)
    np.testing.assert_array_equal(open_dataset(whole).images, open_dataset(mixed_file).images)
    assert sum("shard" in name for name in opened) == 1


def test_a_flipped_offset_is_found(whole: Path) -> None:
    index_parts(whole)
    with h5py.File(whole, "r+") as file:
        table = file["shards"][:]
        table["offset_images"][2] += 4
        file["shards"][:] = table
    with pytest.raises(FileError, match="/shards is not the table that its table_digest names"):
        open_dataset(whole)


def test_an_index_of_an_earlier_version_is_read(whole: Path, mixed_file: Path) -> None:
    index_parts(whole)
    with h5py.File(whole, "r+") as file:
        table = file["shards"][:]
        known = [name for name in table.dtype.names if not name.startswith("offset_")]
        old = np.zeros(len(table), [(name, table.dtype[name]) for name in known])
        for name in known:
            old[name] = table[name]
        del file["shards"]
        file["shards"] = old
    np.testing.assert_array_equal(
        open_dataset(whole)[[5, 2999, 1500]]["image"], open_dataset(mixed_file)[[5, 2999, 1500]]["image"]
    )
    assert verify(whole, 2).same


def test_a_compressed_part_is_read(whole: Path, mixed_file: Path) -> None:
    path = part(whole, 2)
    packed = path.with_suffix(".packed")
    with h5py.File(path) as source, h5py.File(packed, "w") as target:
        for name in source:
            if name == "images":
                made = target.create_dataset(name, data=source[name][:], chunks=source[name].chunks, compression="gzip")
                made.attrs.update(source[name].attrs)
            else:
                source.copy(name, target)
        target.attrs.update(source.attrs)
    packed.replace(path)
    row_path(path).unlink()
    index_parts(whole)
    np.testing.assert_array_equal(open_dataset(whole).images, open_dataset(mixed_file).images)
    assert run("index", "-o", whole, "--kerchunk", whole.with_name("r.json")).status == 2


def test_verify_names_all_parts_that_are_wrong(whole: Path) -> None:
    index_parts(whole)
    part(whole, 1).unlink()
    generate(mixed(seed=9), whole, shard=f"3/{PARTS}", overwrite=True)
    with pytest.raises(FileError, match="shard-1-of-4"):
        verify(whole)
    report = verify(whole, keep_going=True)
    assert [number in report.unread for number in range(report.chunks)] == [True, False, True, False]
    assert ["shard-1-of-4" in report.unreadable[0], "shard-3-of-4" in report.unreadable[1]] == [True, True]
    assert len(report.unreadable) == 2
    ran = run("verify", whole, "--keep-going")
    assert ran.status == 1
    assert [line.split(":")[0] for line in ran.err.splitlines()[:2]] == [str(part(whole, 1)), str(part(whole, 3))]
    assert ran.err.splitlines()[-1].startswith("Error: 2 of 4 chunks: can't be read: 0, 2")


def test_more_parts_than_virtual_datasets_have_no_virtual_ones(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_index, "MOST_VIRTUAL", PARTS - 1)
    index_parts(whole)
    with h5py.File(whole) as file:
        assert "images" not in file
    survey(whole).raise_unless_whole()


def test_equal_parts_of_rows_are_held_once(tmp_path: Path) -> None:
    for number in (1, 2):
        generate(mixed(samples=1638), tmp_path / "m.h5", shard=f"{number}/2", threads=1)
    first, second = (Shard(number, 2).path(tmp_path / "m.h5").with_suffix(".json") for number in (1, 2))
    alone, row = read_row(second), read_row(first)
    shared = read_row(second, row)
    assert shared.text() == alone.text() == second.read_text()
    assert shared.recipe_hash is row.recipe_hash
    assert shared.datasets["images"]["dtype"] is row.datasets["images"]["dtype"]
    again = read_row(first, row)
    assert again.datasets["samples"] is row.datasets["samples"]
    assert again.offsets is row.offsets
    assert again.text() == first.read_text()
