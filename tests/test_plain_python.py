"""Numba switched off: what makes or checks samples refuses, in one line; what only reads goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from deepbench_fast import generate
from tests.cli.running import Ran, run
from tests.recipes import mixed

ROOT = Path(__file__).parents[1]
SAYS = "NUMBA_DISABLE_JIT is set"
MAKE = [
    "generate star {folder}/new.h5 -n 4",
    "generate star {folder}/new.h5 -n 4 --shard 1/2",
    "generate pendulum {folder}/new.h5 -n 4",
    "plan star",
    "preview star -o {folder}/new.png",
    "ladder galaxies {folder}/new --axis noise --rungs 2 --generate -n 8",
    "verify {file} --regenerate 1",
    "warmup",
]
READ = [
    "info {file}",
    "show {file} 3",
    "preview {file} -o {folder}/read.png",
    "verify {file}",
    "export {file} {folder}/read --format npy",
    "describe star",
    "init star",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    generate(mixed(samples=40), folder / "mixed.h5")
    return folder / "mixed.h5"


@pytest.fixture(scope="module")
def ran(file: Path, folder: Path) -> dict[str, Ran]:
    """What the commands say, one after another in one process."""
    done = run_without_numba("-m", "tests.test_plain_python", file, folder)
    return {command: Ran(**said) for command, said in done.json.items()}


def run_without_numba(*arguments: object) -> Ran:
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("command", MAKE)
def test_what_makes_samples_refuses(command: str, ran: dict[str, Ran]) -> None:
    assert ran[command].status == 2
    assert ran[command].err.count("\n") == 1
    assert SAYS in ran[command].err


def test_what_refuses_leaves_nothing(ran: dict[str, Ran], folder: Path) -> None:
    made = {path.name for path in folder.rglob("*") if ".h5" in path.name or path.suffix == ".png"}
    assert made == {"mixed.h5", "read.png"}


@pytest.mark.parametrize("command", READ)
def test_what_reads_goes_on(command: str, ran: dict[str, Ran]) -> None:
    assert ran[command].status == 0, ran[command].err


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
    ran = run_without_numba("-c", IN_PYTHON, file)
    *refused, last = ran.out.splitlines()
    assert len(refused) == 5, ran.err
    assert all(SAYS in line for line in refused)
    assert last == "40 mixed (16, 20) True"


if __name__ == "__main__":
    made, new = sys.argv[1:]
    commands = {command: command.format(file=made, folder=new).split() for command in [*MAKE, *READ]}
    print(json.dumps({command: asdict(run(*arguments)) for command, arguments in commands.items()}))
