"""Numba switched off: what makes or checks samples refuses, in one line; what only reads goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepbench_fast import generate
from tests.cli.running import COMMAND, Ran
from tests.recipes import mixed

SAYS = "NUMBA_DISABLE_JIT is set"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "mixed.h5"
    generate(mixed(samples=40), path)
    return path


def run_without_numba(*command: object) -> Ran:
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        "generate star new.h5 -n 4",
        "generate star new.h5 -n 4 --shard 1/2",
        "generate pendulum new.h5 -n 4",
        "plan star",
        "preview star -o new.png",
        "ladder galaxies new --axis noise --rungs 2 --generate -n 8",
        "verify {file} --regenerate 1",
        "warmup",
    ],
)
def test_what_makes_samples_refuses(
    arguments: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_without_numba(*COMMAND, *arguments.format(file=file).split())
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert SAYS in ran.err
    assert not list(tmp_path.rglob("*.h5*"))
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    "arguments",
    [
        "info {file}",
        "show {file} 3",
        "preview {file} -o new.png",
        "verify {file}",
        "export {file} new --format npy",
        "describe star",
        "init star",
    ],
)
def test_what_reads_goes_on(arguments: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_without_numba(*COMMAND, *arguments.format(file=file).split())
    assert ran.status == 0, ran.err


IN_PYTHON = """
import sys
from pathlib import Path
from deepbench_fast import Prior, Recipe, UsageError, open_dataset, sample, samples, simulate, verify

recipe = Recipe.of_kind("star")
for work in (
    lambda: samples(recipe, 0, 2),
    lambda: sample(recipe, 0),
    lambda: simulate(recipe, {"star.gamma": 2.0}, seed=1),
    lambda: Prior(recipe).sample(2, seed=1),
    lambda: verify(sys.argv[1], "all"),
):
    try:
        work()
    except UsageError as error:
        print(error)
data = open_dataset(sys.argv[1])
print(len(data), data.recipe.name, data[3]["image"].shape, verify(sys.argv[1]).same)
"""


def test_python_says_the_same(file: Path) -> None:
    ran = run_without_numba(sys.executable, "-c", IN_PYTHON, file)
    *refused, last = ran.out.splitlines()
    assert len(refused) == 5, ran.err
    assert all(SAYS in line for line in refused)
    assert last == "40 mixed (16, 20) True"
