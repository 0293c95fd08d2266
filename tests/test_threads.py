"""Every public call beside every other, from several threads: each gives what it gives alone."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from deepbench_fast import Prior, Recipe, Simulator, generate, open_dataset, sample, samples, simulate
from deepbench_fast.run.estimate import estimate
from tests.recipes import mixed, noisy_pendulums

THREADS = 4


def together(calls: list[Callable[[], bytes]]) -> list[bytes]:
    """What the calls give when threads make them at once, each in another order."""
    barrier = Barrier(THREADS)

    def run(thread: int) -> list[bytes]:
        barrier.wait()
        order = np.random.default_rng(thread).permutation(len(calls)).tolist()
        found = {number: calls[number]() for number in order}
        return [found[number] for number in range(len(calls))]

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(run, range(THREADS)))
    assert all(result == results[0] for result in results)
    return results[0]


def test_calls_of_all_sorts(tmp_path: Path) -> None:
    images, fields, series = Recipe.builtin("galaxies"), mixed(), noisy_pendulums()
    generate(fields, tmp_path / "x.h5")
    simulator, prior = Simulator(images), Prior(images)
    theta = prior.sample(40, 1)
    calls: list[Callable[[], bytes]] = []
    for start in range(0, 640, 64):
        stop = start + 64
        calls += [
            lambda start=start, stop=stop: samples(images, start, stop)["images"].tobytes(),
            lambda start=start, stop=stop: samples(fields, start, stop).tables.objects["star"].tobytes(),
            lambda start=start, stop=stop: samples(fields, start, stop)["images"].tobytes(),
            lambda start=start: sample(series, start)["series"].tobytes(),
            lambda start=start, stop=stop: simulator.batch(start, stop).targets.tobytes(),
            lambda start=start: simulator.given(theta, start, names=prior.names)["image"].tobytes(),
            lambda start=start: simulate(images, {"galaxy.n": theta[:, 0].clip(0.5, 4)}, start).tobytes(),
            lambda start=start: prior.sample(50, start).tobytes(),
            lambda start=start, stop=stop: open_dataset(tmp_path / "x.h5")[start:stop]["image"].tobytes(),
        ]
    calls.append(lambda: str(estimate(fields).samples).encode())
    alone = [call() for call in calls]
    for _ in range(3):
        assert together(calls) == alone


def test_plans_and_kinds_are_made_at_once() -> None:
    """A new recipe in each call: its plan, its kernels and its cached properties are made by several threads."""
    for seed in range(5):
        recipe = mixed(seed=seed)
        simulator = Simulator(recipe)
        calls = [
            lambda recipe=recipe: samples(recipe, 0, 9)["images"].tobytes(),
            lambda simulator=simulator: simulator.batch(0, 9)["images"].tobytes(),
            lambda seed=seed: samples(mixed(seed=seed), 0, 9)["images"].tobytes(),
        ]
        assert len(set(together(calls))) == 1


FIRST_CALLS = """
import hashlib, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
sys.setswitchinterval(1e-5)
barrier = Barrier(4)
def first(name):
    barrier.wait()
    from deepbench_fast import Recipe, samples
    return hashlib.blake2b(samples(Recipe.builtin(name), 0, 20)["images"].tobytes()).hexdigest()
with ThreadPoolExecutor(4) as pool:
    print(*pool.map(first, ["galaxies", "galaxies", "shapes", "shapes"]))
"""


def test_the_first_calls_of_a_process_are_made_by_several_threads() -> None:
    """Imports, lists of kinds and kernels are loaded then."""
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    expected = [
        hashlib.blake2b(samples(Recipe.builtin(name), 0, 20)["images"].tobytes()).hexdigest()
        for name in ("galaxies", "galaxies", "shapes", "shapes")
    ]
    assert done.stdout.split() == expected


def test_files_of_kinds_are_loaded_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from deepbench_fast.kinds import registry
    from deepbench_fast.kinds.own import load_kinds

    monkeypatch.setattr(registry, "_own", {})
    for number in range(8):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / f"helpers{number}.py").write_text(f"VALUE = {number}.0\n")
        (tmp_path / str(number) / "kinds.py").write_text(
            f"import helpers{number}\nfrom deepbench_fast import light_kind\n\n"
            f"@light_kind('own{number}', parameters=[])\ndef own{number}(dx, dy, row):\n"
            f"    return helpers{number}.VALUE\n"
        )
    path = list(sys.path)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda number: load_kinds(str(tmp_path / str(number) / "kinds.py")), range(8)))
    assert sys.path == path
    assert {name for name in registry.kinds() if name.startswith("own")} == {f"own{number}" for number in range(8)}
