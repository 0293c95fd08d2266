"""Streams of batches: the order, the state, ranks, threads; files, splits, indexes and recipes give the same."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast import Recipe, UsageError, generate, index_parts, open_dataset, samples, stream
from deepbench_fast.loaders.order import Order
from deepbench_fast.loaders.sources import open_source
from deepbench_fast.loaders.stream import Stream
from tests.recipes import mixed

SAMPLES = 203
BATCH = 16


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    more = {"samples": SAMPLES, "splits": {"train": 0.75, "test": 0.25}, "extras": ["clean", "masks", "variance"]}
    return mixed().with_overrides(more)


@pytest.fixture(scope="module")
def path(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "mixed.h5"
    generate(recipe, path)
    return path


def numbers(batches: Any) -> list[int]:
    return [int(number) for batch in batches for number in batch["index"]]


def same(one: dict[str, npt.NDArray[Any]], other: dict[str, npt.NDArray[Any]]) -> None:
    assert list(one) == list(other)
    for name in one:
        assert one[name].dtype == other[name].dtype
        np.testing.assert_array_equal(one[name], other[name])


def test_batches_are_the_samples(recipe: Recipe, path: Path) -> None:
    made = samples(recipe, 0, SAMPLES)
    extras = ("clean", "mask", "variance")
    for source in (recipe, path, str(path), open_dataset(path)):
        for batch in stream(source, BATCH, extras=extras):
            assert set(batch) == {"image", "label", "target", "index", *extras}
            for name in batch:
                np.testing.assert_array_equal(batch[name], made[name][batch["index"]])


def test_a_file_and_its_recipe_give_the_same(recipe: Recipe, path: Path) -> None:
    for split in (None, "train", "test"):
        stored = list(stream(path, BATCH, split=split, seed=4))
        made = list(stream(recipe, BATCH, split=split, seed=4))
        assert len(stored) == len(made) > 0
        for one, other in zip(stored, made, strict=True):
            assert list(one) == list(other)
            if split is None:  # the samples of a split are numbered in the file as in the whole dataset
                same(one, other)


def test_series(tmp_path: Path) -> None:
    recipe = Recipe.builtin("pendulums").with_overrides({"samples": 60, "series.steps": 20})
    generate(recipe, tmp_path / "p.h5")
    for one, other in zip(stream(tmp_path / "p.h5", 10), stream(recipe, 10), strict=True):
        same(one, other)


def test_an_index_over_parts(recipe: Recipe, path: Path, tmp_path: Path) -> None:
    for number in range(3):
        generate(recipe, tmp_path / "all.h5", shard=f"{number + 1}/3")
    index_parts(tmp_path / "all.h5")
    for one, other in zip(stream(tmp_path / "all.h5", BATCH), stream(path, BATCH), strict=True):
        same(one, other)


def test_every_sample_once_an_epoch(path: Path) -> None:
    batches = stream(path, BATCH, drop_last=False)
    epochs = [numbers(batches) for _ in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(SAMPLES))
    assert epochs[0] != epochs[1] != epochs[2]
    assert len(batches) == 13
    dropping = stream(path, BATCH)
    assert len(dropping) == len(list(dropping)) == 12
    assert numbers(stream(path, BATCH, shuffle=False)) == list(range(12 * BATCH))


def test_the_order_depends_on_seed_epoch_and_size_alone(path: Path, recipe: Recipe) -> None:
    first = numbers(stream(path, BATCH, seed="a"))
    assert numbers(stream(recipe, BATCH, seed="a", threads=1)) == first
    assert numbers(stream(path, BATCH, seed="b")) != first
    assert numbers(stream(path, 3, seed="a"))[:190] == first[:190]
    later = stream(path, BATCH, seed="a")
    later.set_epoch(1)
    both = stream(path, BATCH, seed="a")
    assert [*first, *numbers(later)] == numbers(both) + numbers(both)
    assert (Order(100, 1).numbers(0, 0, 100) == Order(101, 1).numbers(0, 0, 100)).sum() < 9


def test_a_fresh_stream_never_comes_back(recipe: Recipe) -> None:
    batches = stream(recipe, BATCH, fresh=True)
    seen = [numbers(batches) for _ in range(3)]
    assert len({number for epoch in seen for number in epoch}) == 3 * 12 * BATCH
    assert min(seen[1]) == SAMPLES
    beyond = samples(recipe, SAMPLES, SAMPLES + BATCH)
    batches.set_epoch(1)
    np.testing.assert_array_equal(next(iter(batches))["image"], beyond["image"])
    train = stream(recipe, BATCH, split="train", fresh=True)
    assert len(set(numbers(train)) | set(numbers(train))) == 2 * len(train) * BATCH


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks_share_each_batch(path: Path, world: int) -> None:
    whole = list(stream(path, BATCH, drop_last=False))
    parts = [list(stream(path, BATCH, drop_last=False, rank=rank, world=world)) for rank in range(world)]
    for batch, *shares in zip(whole, *parts, strict=True):
        for name in batch:
            np.testing.assert_array_equal(batch[name], np.concatenate([share[name] for share in shares]))


def test_rank_and_world_of_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert numbers(stream(path, BATCH)) == numbers(stream(path, BATCH, rank=1, world=2))
    assert numbers(stream(path, BATCH)) != numbers(stream(path, BATCH, rank=0, world=2))


@pytest.mark.parametrize("taken", [0, 1, 5, 11, 12])
@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 3}, {"world": 2, "rank": 1}])
def test_a_state_goes_on(path: Path, taken: int, options: dict[str, Any]) -> None:
    rank = {name: value for name, value in options.items() if name != "threads"}
    whole = stream(path, BATCH, seed=9, **rank)
    both = [list(whole), list(whole)]
    stopped = stream(path, BATCH, seed=9)
    coming = iter(stopped)
    for _ in range(taken):
        next(coming)
    state = json.loads(json.dumps(stopped.state_dict()))
    assert state == {"seed": 9, "epoch": 0, "position": taken * BATCH}
    again = stream(path, BATCH, seed=1, **options)
    again.load_state_dict(state)
    rest = both[0][taken:] or both[1]
    for batch, other in zip(again, rest, strict=True):
        same(batch, other)
    for batch, other in zip(again, both[1] if taken < 12 else list(whole), strict=True):
        same(batch, other)


def test_a_state_of_other_batches_goes_on_with_whole_ones(path: Path) -> None:
    batches = stream(path, 64)
    order = numbers(stream(path, 1))
    for position in (0, 10, 139, 140, 203):
        batches.load_state_dict({"seed": 0, "epoch": 0, "position": position})
        found = [batch["index"] for batch in batches]
        assert {len(batch) for batch in found} == {64}
        if position < 140:  # where the rest of the epoch makes no whole batch, the next epoch comes
            assert np.concatenate(found).tolist() == order[position : position + 64 * len(found)]
            assert len(found) == (SAMPLES - position) // 64
        else:
            assert batches.state_dict()["epoch"] == 1


def test_an_epoch_under_way_ends_as_it_is(path: Path) -> None:
    """Another state and other epochs are for the next one."""
    batches = stream(path, BATCH, seed=3)
    seen = []
    for batch in batches:
        seen.append(batch)
        batches.load_state_dict({"seed": 4, "epoch": 2, "position": 5 * BATCH})
    assert numbers(seen) == numbers(stream(path, BATCH, seed=3))
    other = stream(path, BATCH, seed=4)
    other.set_epoch(2)
    assert numbers(batches) == numbers(other)[5 * BATCH :]


def test_a_pass_that_was_left_moves_nothing(path: Path) -> None:
    """Also where a later pass is over the same epoch."""
    batches = stream(path, BATCH)
    older = iter(batches)
    next(older)
    batches.set_epoch(0)
    newer = iter(batches)
    next(older)
    assert batches.state_dict()["position"] == 0
    next(newer)
    next(older)
    assert batches.state_dict() == {"seed": 0, "epoch": 0, "position": BATCH}


def test_batches_are_their_users(tmp_path: Path) -> None:
    """Large ones as small ones: none is written to again while anyone has a part of it."""
    recipe = Recipe.builtin("galaxies").with_overrides({"samples": 300, "size": (64, 64)})
    batches = stream(recipe, 100, shuffle=False, threads=2)
    held = [batch["image"][:, 3] for _ in range(4) for batch in batches]
    for row, batch in zip(held, list(batches) * 4, strict=True):
        np.testing.assert_array_equal(row, batch["image"][:, 3])


def test_an_epoch_that_is_left_is_over(path: Path) -> None:
    batches = stream(path, BATCH)
    for _ in batches:
        break
    assert batches.state_dict() == {"seed": 0, "epoch": 0, "position": BATCH}
    second = stream(path, BATCH)
    second.set_epoch(1)
    assert numbers(batches) == numbers(second)


def test_threads_end_with_the_epoch(path: Path) -> None:
    def own() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("batches")]

    for _ in stream(path, BATCH, threads=4):
        assert own()
        break
    deadline = time.monotonic() + 30
    while own() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not own()


def test_a_program_may_end_in_the_middle_of_an_epoch(path: Path) -> None:
    """The interpreter takes modules apart before what they hold, where something holds them, too (PyTorch does): a
    stream that is left open says nothing then."""
    program = (
        "import os, sys; from deepbench_fast import stream; batches = iter(stream(sys.argv[1], 10)); next(batches); "
        "os.kept = [batches, sys.modules['concurrent.futures.thread']]"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_transform_runs_on_batches(path: Path) -> None:
    def brighter(batch: dict[str, Any]) -> tuple[Any, Any]:
        return 2 * batch["image"], threading.current_thread().name

    for (image, thread), plain in zip(stream(path, BATCH, transform=brighter), stream(path, BATCH), strict=True):
        np.testing.assert_array_equal(image, 2 * plain["image"])
        assert thread.startswith("batches")


def test_errors_of_threads_arrive(path: Path) -> None:
    def fails(batch: dict[str, Any]) -> Any:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        next(iter(stream(path, BATCH, transform=fails)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch_size": 0}, "batch_size: must be a whole number from 1"),
        ({"batch_size": 2.5}, "batch_size: must be a whole number"),
        ({"batch_size": 500}, "batch_size: 500 is more than the 203 samples of an epoch"),
        ({"rank": 2, "world": 2}, "rank: must be below world, 2, not 2"),
        ({"world": 3}, "batch_size: 16 is that of all ranks together, no multiple of 3"),
        ({"threads": 0}, "threads: must be a whole number from 1"),
        ({"extras": ["masks"]}, "unknown extra of this source 'masks'; did you mean 'mask'"),
        ({"fresh": True}, "fresh: a file has no samples beyond its own; give the recipe"),
        ({"split": "trian"}, "no split 'trian'; it has train, test"),
        ({"run": 0}, "run: must be a whole number from 1"),
        ({"seed": [1]}, "seed: must be a whole number, 0 or above, or text"),
        ({"extras": None}, "extras: must be a list of names, not nothing"),
        ({"extras": "masks"}, "extras: unknown extra of this source 'masks'"),
    ],
)
def test_wrong_arguments_are_one_line(path: Path, options: dict[str, Any], words: str) -> None:
    given = {"batch_size": BATCH, **options}
    with pytest.raises(Exception) as told:  # noqa: PT011
        stream(path, **given)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"seed": 1, "epoch": 0}, "a state lacks its position"),
        ({"seed": 1, "epoch": -1, "position": 0}, "epoch: must be a whole number from 0"),
        ({"seed": 1, "epoch": 0, "position": 204}, "position: 204 is beyond the 203 samples"),
        ({"seed": 1, "epoch": 0, "position": 0, "samples": 3}, "unknown key of a state 'samples'"),
    ],
)
def test_wrong_states_are_one_line(path: Path, state: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        stream(path, BATCH).load_state_dict(state)


def test_what_is_no_source() -> None:
    with pytest.raises(UsageError, match="a source is the path of a dataset, an open one, or a Recipe, not 3"):
        stream(3, BATCH)


def test_sources_are_pickled(path: Path, recipe: Recipe) -> None:
    for source in (path, recipe, recipe.of_split("train"), open_dataset(path).split("test")):
        one = open_source(source)
        other = pickle.loads(pickle.dumps(one))
        assert (len(one), one.fields, one.catalogues, one.target_names) == (
            len(other),
            other.fields,
            other.catalogues,
            other.target_names,
        )
        chosen = np.array([3, 1, 3])
        for name, (shape, dtype) in one.fields.items():
            found = {key: {name: np.empty((3, *shape), dtype)} for key in "ab"}
            one.fill(chosen, found["a"])
            other.fill(chosen, found["b"])
            np.testing.assert_array_equal(found["a"][name], found["b"][name])


KILLED = """
import json, os, signal, sys
from deepbench_fast import stream
batches = stream(sys.argv[1], 24, seed=5, rank=int(sys.argv[3]), world=int(sys.argv[4]))
if os.path.exists(sys.argv[2]):
    batches.load_state_dict(json.load(open(sys.argv[2])))
for count, batch in enumerate(batches):
    print(json.dumps(batch["index"].tolist()), flush=True)
    with open(sys.argv[2] + ".new", "w") as file:
        json.dump(batches.state_dict(), file)
    os.replace(sys.argv[2] + ".new", sys.argv[2])
    if count == 4 and sys.argv[5] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.parametrize("world", [1, 2, 3])
def test_killed_in_the_middle_of_an_epoch(path: Path, world: int, tmp_path: Path) -> None:
    """What was not yet seen comes, and nothing twice."""
    seen: list[list[str]] = [[] for _ in range(world)]
    for end, status in (("die", -signal.SIGKILL), ("live", 0)):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", KILLED, path, tmp_path / f"state{rank}.json", str(rank), str(world), end],
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(world)
        ]
        for lines, process in zip(seen, running, strict=True):
            lines += process.communicate()[0].splitlines()
            assert process.returncode == status
    shares = [[number for line in lines for number in json.loads(line)] for lines in zip(*seen, strict=True)]
    assert shares == [batch["index"].tolist() for batch in stream(path, 24, seed=5)]


def test_other_numbers_of_ranks_go_on(path: Path) -> None:
    """A run of one rank is continued by three: the batches of all are the same."""
    whole = [batch["index"] for batch in stream(path, 24, seed=2)]
    stopped = stream(path, 24, seed=2)
    coming = iter(stopped)
    next(coming)
    next(coming)
    parts: list[Iterator[Any]] = []
    for rank in range(3):
        part: Stream = stream(path, 24, rank=rank, world=3)
        part.load_state_dict(stopped.state_dict())
        parts.append(iter(part))
    for batch, *shares in zip(whole[2:], *parts, strict=True):
        assert batch.tolist() == [int(n) for share in shares for n in share["index"]]
