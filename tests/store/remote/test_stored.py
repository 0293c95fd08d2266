"""Files and indices at URLs read as those on a disk, by few ranges of bytes."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, verify
from deepbench_fast.loaders.sources import open_source
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.remote.stored import RemoteFile
from tests.cli.running import run, run_well
from tests.recipes import noisy_pendulums
from tests.servers import Web

FILES = ("one.h5", "m.h5")
parametrized = pytest.mark.parametrize("name", FILES)


def same(ours: Any, theirs: Any) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.shape, ours.dtype, ours.tobytes()) == (theirs.shape, theirs.dtype, theirs.tobytes())


@parametrized
def test_it_reads_as_on_a_disk(web: Web, folder: Path, name: str) -> None:
    ours, local = open_dataset(web / name), open_dataset(folder / name)
    assert ours.summary == local.summary
    assert repr(ours) == repr(local)
    numbers = np.random.default_rng(1).integers(-3000, 3000, 300)
    for chosen in (slice(None), slice(700, 2500), slice(5, 2999, 7), slice(2500, 100, -3), slice(5, 5), numbers, []):
        expected = local[chosen]
        found = ours[chosen]
        for key, values in expected.items():
            same(found[key], values)
        same(found.tables.samples, expected.tables.samples)
        for kind, table in expected.tables.objects.items():
            same(found.tables.objects[kind], table)
    for i in (0, 818, 819, 2457, 2999, -1):
        for key, value in local[i].items():
            same(ours[i][key], value)
    for split in local.splits:
        same(ours.split(split).images, local.split(split).images)
    assert (ours.samples == local.samples).all()
    assert ours.recipe == local.recipe
    assert ours.class_counts() == local.class_counts()
    assert verify(web / name, 2).same
    same(pickle.loads(pickle.dumps(ours))[17]["image"], local[17]["image"])


@parametrized
def test_loaders_and_threads(web: Web, folder: Path, name: str) -> None:
    ours, local = open_source(web / name, "train"), open_source(folder / name, "train")
    assert (len(ours), ours.fields, ours.catalogues) == (len(local), local.fields, local.catalogues)

    def filled(source: Any, seed: int) -> dict[str, Any]:
        numbers = np.random.default_rng(seed).integers(0, len(local), 50)
        out = {key: np.zeros((50, *shape), dtype) for key, (shape, dtype) in local.fields.items()}
        source.fill(numbers, out)
        return out

    with ThreadPoolExecutor(4) as pool:
        for seed, found in enumerate(pool.map(lambda seed: filled(ours, seed), range(8))):
            for key, values in filled(local, seed).items():
                same(found[key], values)


@pytest.mark.skipif(sys.platform == "win32", reason="no forks")
def test_after_a_fork(web: Web, folder: Path) -> None:
    ours = open_dataset(web / "m.h5")
    expected = ours[5]["image"].tobytes()  # the network's thread runs, which a fork doesn't take along
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_image, (ours, 5)).get(60) == expected


def _image(dataset: Any, number: int) -> bytes:
    return bytes(dataset[number]["image"].tobytes())


def test_series(tmp_path: Path, web: Web, folder: Path) -> None:
    generate(noisy_pendulums(), folder / "s.h5", threads=1)
    ours, local = open_dataset(web / "s.h5"), open_dataset(folder / "s.h5")
    same(ours.series, local.series)
    same(ours.time, local.time)
    assert run_well("info", web / "s.h5", "--json").json == run_well("info", folder / "s.h5", "--json").json


def test_a_recipe_with_a_users_table(tmp_path: Path, web: Web, folder: Path) -> None:
    (folder / "t.csv").write_text("a\n" + "\n".join(str(1 + i / 7) for i in range(50)))
    recipe = """
samples: 20
image: {shape: [8, 8]}
catalogues: {c: {objects: [{star: {amplitude: {table: {file: t.csv, column: a}}}}]}}
"""
    (folder / "r.yaml").write_text(recipe)
    generate(Recipe.load(folder / "r.yaml"), folder / "t.h5", threads=1)
    assert open_dataset(web / "t.h5").recipe == open_dataset(folder / "t.h5").recipe
    assert verify(web / "t.h5", "all").same


def test_few_requests(web: Web) -> None:
    data = open_dataset(web / "m.h5")
    assert len(web.asked) <= 6  # blocks of the index's metadata, and the first part's table of chunks
    web.asked.clear()
    data[1000:1100]
    assert len(web.asked) <= 4
    web.asked.clear()
    data[np.random.default_rng(0).integers(0, 3000, 256)]
    assert len(web.asked) <= 12  # each part's images, clean images and targets in few runs, not 768 reads
    web.asked.clear()
    data[np.random.default_rng(0).integers(0, 3000, 256)]
    assert not web.asked


def test_all_ranges_of_a_batch_are_asked_for_at_once(web: Web) -> None:
    data = open_dataset(web / "m.h5")
    web.pause = 0.2
    data[np.random.default_rng(0).integers(0, 3000, 256)]
    assert web.most_at_once >= 6  # of three parts, each with images, clean images and targets


def test_columns_of_tables(web: Web, folder: Path) -> None:
    ours, local = open_stored(web / "one.h5"), open_stored(folder / "one.h5")
    assert isinstance(ours, RemoteFile)
    numbers = np.array([5, 2999, 0])
    for name in local.header.types["samples"][1].names or ():
        same(ours._rows["samples"].column(name).take(numbers), local.take("samples", numbers)[name])


def test_commands(web: Web, folder: Path, tmp_path: Path) -> None:
    for command in (("info", "--json"), ("info", "--recipe"), ("show", "7")):
        found, expected = (run_well(command[0], place, *command[1:]).out for place in (web / "m.h5", folder / "m.h5"))
        assert found == expected
    run_well("preview", web / "m.h5", "-o", tmp_path / "p.png", "--count", 4)
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "what they should be" in run_well("verify", web / "m.h5", "--regenerate", 1).out
    run_well("merge", web / "m.h5", tmp_path / "merged.h5")
    assert (tmp_path / "merged.h5").read_bytes() == (folder / "one.h5").read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        ("merge", "{}m.h5", "{}n.h5"),
        ("reshard", "{}one.h5", "--parts", "2"),
        ("extend", "{}one.h5", "-n", "5", "-o", "{}e.h5"),
        ("export", "{}one.h5", "{}e", "--format", "npy"),
    ],
)
def test_nothing_else_writes_to_urls(web: Web, command: tuple[str, ...]) -> None:
    ran = run(*(word.format(web.address) for word in command))
    assert ran.status == 2
    assert ran.err.startswith(f"Error: {web.address}")
    assert "only datasets are written to object stores" in ran.err
