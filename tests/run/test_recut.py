"""The same samples in other files: merged, cut, extended; each has the bytes of a file made at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from math import inf
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import (
    FileError,
    MismatchError,
    Recipe,
    UsageError,
    extend,
    generate,
    index_parts,
    merge,
    open_dataset,
    reshard,
    verify,
)
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.store import copying, direct
from deepbench_fast.store.rows import row_path
from deepbench_fast.store.shards import Shard
from tests.cli.running import run, run_well
from tests.recipes import mixed, noisy_pendulums
from tests.store.test_index import by_another_version

GRID = """
seed: 2
samples: 1700
image: {shape: [12, 12]}
splits: {train: 0.7, test: 0.3}
catalogues:
  a: {weight: 2, objects: [star: {amplitude: {grid: [1, 2, 3]}}]}
  b: {objects: [rectangle: {count: {poisson: 3}}]}
"""
RECIPES = {
    "mixed": mixed(),
    "series": noisy_pendulums().with_overrides({"samples": 2000, "series.steps": 200}),
    "grid": Recipe.from_yaml(GRID),
}


@pytest.fixture(scope="module", params=RECIPES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file, and its dataset in three parts with an index; not to be changed."""
    folder = tmp_path_factory.mktemp(request.param)
    generate(RECIPES[request.param], folder / "whole.h5")
    for number in (1, 2, 3):
        generate(RECIPES[request.param], folder / "parts.h5", shard=f"{number}/3")
    index_parts(folder / "parts.h5")
    return folder


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of many chunks; not to be changed."""
    folder = tmp_path_factory.mktemp("cut")
    recipe = Recipe.of_kind("star").with_overrides({"samples": 4000, "size": (32, 32), "seed": 5})
    generate(recipe, folder / "whole.h5")
    for number in (1, 2, 3):
        generate(recipe, folder / "parts.h5", shard=f"{number}/3")
    index_parts(folder / "parts.h5")
    return folder


def same(some: Path, other: Path) -> bool:
    return some.read_bytes() == other.read_bytes()


def test_merged_parts_are_the_file(made: Path, tmp_path: Path) -> None:
    summary = merge(made / "parts.h5", tmp_path / "m.h5")
    assert summary == open_dataset(made / "whole.h5").summary
    assert same(tmp_path / "m.h5", made / "whole.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["m.h5"]


@pytest.mark.parametrize("source", ["whole.h5", "parts.h5"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_parts_cut_anew_are_those_that_are_made(made: Path, source: str, count: int, tmp_path: Path) -> None:
    recipe = open_dataset(made / "whole.h5").recipe
    if count > (chunks := make_plan(recipe).chunks):
        with pytest.raises(UsageError, match=f"parts: {count} is not from 1 to {chunks}, the number of chunks of"):
            reshard(made / source, count, tmp_path / "r.h5")
        return
    reshard(made / source, count, tmp_path / "r.h5")
    for number in range(1, count + 1):
        shard = Shard(number, count)
        generate(recipe, tmp_path / "s.h5", shard=shard)
        assert same(shard.path(tmp_path / "r.h5"), shard.path(tmp_path / "s.h5"))
        told = row_path(shard.path(tmp_path / "s.h5")).read_text().replace("s.shard", "r.shard")
        assert row_path(shard.path(tmp_path / "r.h5")).read_text() == told
    assert index_parts(tmp_path / "r.h5").digest == open_dataset(made / "whole.h5").summary.digest


@pytest.mark.parametrize("source", ["whole.h5", "parts.h5"])
@pytest.mark.parametrize("more", [1, 819, 2000])
def test_an_extended_file_is_that_of_all_samples(made: Path, source: str, more: int, tmp_path: Path) -> None:
    before = (made / source).read_bytes()
    recipe = open_dataset(made / "whole.h5").recipe
    summary = extend(made / source, more, tmp_path / "e.h5")
    generate(recipe.with_overrides({"samples": recipe.samples + more}), tmp_path / "w.h5")
    assert summary.samples == recipe.samples + more
    assert same(tmp_path / "e.h5", tmp_path / "w.h5")
    assert (made / source).read_bytes() == before


def test_full_chunks_are_copied_not_made(cut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from deepbench_fast.render.renderer import Renderer

    rendered: list[int] = []
    original = Renderer.render

    def counted(self: Renderer, tables: object, *rest: object, **named: object) -> object:
        rendered.append(len(tables.samples))  # type: ignore[attr-defined]
        return original(self, tables, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Renderer, "render", counted)
    extend(cut / "whole.h5", 300, tmp_path / "e.h5", threads=1)
    chunk = open_dataset(cut / "whole.h5").stored.header.chunks["count"][0]
    assert sum(rendered) == 4300 - 4000 // chunk * chunk


def test_by_the_command(cut: Path, tmp_path: Path) -> None:
    digest = open_dataset(cut / "whole.h5").summary.digest
    assert run_well("merge", cut / "parts.h5", tmp_path / "m.h5").out.strip() == digest
    assert len(run_well("reshard", tmp_path / "m.h5", "--parts", 4).out.splitlines()) == 4
    for number in range(1, 5):
        assert Shard(number, 4).path(tmp_path / "m.h5").exists()
    ran = run("index", "-o", tmp_path / "m.h5")  # the file has the name that the index would have
    assert (ran.status, "exists as one file" in ran.err) == (1, True)
    assert run_well("index", "-o", tmp_path / "m.h5", "--overwrite").out.strip() == digest
    assert run_well("extend", tmp_path / "m.h5", "-n", "10", "-o", tmp_path / "e.h5").out.strip() != digest
    assert len(open_dataset(tmp_path / "e.h5")) == 4010
    for command in (
        ("merge", tmp_path / "m.h5", tmp_path / "e.h5"),
        ("extend", tmp_path / "m.h5", "-n", "10", "-o", tmp_path / "e.h5"),
        ("reshard", tmp_path / "e.h5", "--parts", "4", "-o", tmp_path / "m.h5"),
    ):
        ran = run(*command)
        assert (ran.status, ran.err.count("\n")) == (1, 1)
        assert "exists: --overwrite replaces it, --resume keeps it" in ran.err
        assert run(*command, "--overwrite").status == 0
    assert run("extend", tmp_path / "e.h5", "-n", "10", "-o", tmp_path / "e.h5", "--overwrite").status == 2


@pytest.mark.parametrize("read_bytes", [10_000, 2**20])
def test_past_the_systems_copies(cut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_bytes: int) -> None:
    """Of the files that are read and of the one that is written."""
    monkeypatch.setattr(direct, "LEAST_BYTES", 5_000)
    monkeypatch.setattr(copying, "READ_BYTES", read_bytes)
    monkeypatch.setattr(direct.Ways, "direct", property(lambda self: self._direct_cost < inf))
    merge(cut / "parts.h5", tmp_path / "m.h5")
    assert same(tmp_path / "m.h5", cut / "whole.h5")


KILLED = """
import os, signal, sys
from deepbench_fast import merge
from deepbench_fast.store import copying, direct
copying.RUN_BYTES = 2**20
marked = 0
original = copying._copy_run
def copied(*arguments):
    global marked
    original(*arguments)
    marked += 1
    if marked == 3:
        os.kill(os.getpid(), signal.SIGKILL)
copying._copy_run = copied
merge(sys.argv[1], sys.argv[2])
"""


def test_a_killed_merge_goes_on(cut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "m.h5"
    ran = subprocess.run([sys.executable, "-c", KILLED, cut / "parts.h5", target], check=False)
    assert ran.returncode == -9
    unfinished = target.with_name("m.h5.part")
    with h5py.File(unfinished, "r+", locking=False) as file:
        done = file["chunks"]["done"][:]
        assert 0 < done.sum() < len(done)
        file["images"][5] = 0.5  # what a power cut may leave of a chunk that is marked
    copied: list[tuple[int, int]] = []
    original = copying._copy_run
    monkeypatch.setattr(copying, "RUN_BYTES", 2**20)
    monkeypatch.setattr(
        copying,
        "_copy_run",
        lambda *given: (copied.append(given[2:4]), original(*given))[1],  # type: ignore[func-returns-value]
    )
    with pytest.raises(FileError, match="--resume continues it"):
        merge(cut / "parts.h5", target)
    merge(cut / "parts.h5", target, resume=True)
    assert same(target, cut / "whole.h5")
    assert copied[0][0] == 0
    assert sum(stop - start for start, stop in copied) == len(done) - done.sum() + 1


def test_what_cannot_be_copied(cut: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only a whole one can be cut"):
        reshard(cut / "parts.shard-2-of-3.h5", 2, tmp_path / "r.h5")
    with pytest.raises(UsageError, match="only a whole one can be extended"):
        extend(cut / "parts.shard-2-of-3.h5", 2, tmp_path / "r.h5")
    for samples in (0, -1, 1.5, True, "5", None):
        with pytest.raises(UsageError, match="samples: must be a whole number from 1 to "):
            extend(cut / "whole.h5", samples, tmp_path / "r.h5")  # type: ignore[arg-type]
    for wrong in (1.5, True, "2", None):
        with pytest.raises(UsageError, match="parts: must be a whole number, not "):
            reshard(cut / "whole.h5", wrong, tmp_path / "r.h5")  # type: ignore[arg-type]
    for parts in (0, 10**18):
        with pytest.raises(UsageError, match=f"parts: {parts} is not from 1 to 16, the number of chunks of"):
            reshard(cut / "whole.h5", parts, tmp_path / "r.h5")
    old = Path(shutil.copy(cut / "whole.h5", tmp_path / "old.h5"))
    with h5py.File(old, "r+") as file:
        file["chunks"][0] = (*file["chunks"][0].tolist()[:-1], 0)
    for job in (merge, lambda *paths: extend(paths[0], 5, paths[1])):
        with pytest.raises(FileError, match="unfinished"):
            job(old, tmp_path / "r.h5")
    assert not (tmp_path / "r.h5").exists()


def test_what_is_read_is_not_written_over(cut: Path, tmp_path: Path) -> None:
    for path in cut.iterdir():
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "link.h5").symlink_to("parts.shard-2-of-3.h5")
    source, before = tmp_path / "parts.h5", {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("parts.h5", "parts.shard-3-of-3.h5", "link.h5"):
        for job in (merge, lambda *paths, **options: extend(paths[0], 5, paths[1], **options)):
            with pytest.raises(UsageError, match=f"{name}: it is what shall be copied"):
                job(source, tmp_path / name, overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_version_that_made_the_samples_is_kept(tmp_path: Path) -> None:
    generate(mixed(), tmp_path / "old.h5")
    by_another_version(tmp_path / "old.h5")
    with pytest.raises(MismatchError, match=r"made by deepbench_fast 9\.9\.9, this is"):
        extend(tmp_path / "old.h5", 5, tmp_path / "e.h5")
    reshard(tmp_path / "old.h5", 2, tmp_path / "r.h5")
    index_parts(tmp_path / "r.h5")
    merge(tmp_path / "r.h5", tmp_path / "m.h5")
    assert open_dataset(tmp_path / "m.h5").summary.software == "deepbench_fast 9.9.9"
    assert verify(tmp_path / "m.h5").same
    np.testing.assert_array_equal(open_dataset(tmp_path / "m.h5").images, open_dataset(tmp_path / "old.h5").images)


def test_a_part_that_is_missing_is_named(cut: Path, tmp_path: Path) -> None:
    for path in cut.glob("parts*"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "parts.shard-2-of-3.h5").unlink()
    with pytest.raises(FileError, match=r"shard-2-of-3\.h5: missing"):
        merge(tmp_path / "parts.h5", tmp_path / "m.h5")
