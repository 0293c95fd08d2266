"""Whole processes: help, a first recipe, and the first sample with and without compiled kernels in the cache."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Row, duration
from deepbench_fast.run.benchmark.timing import Effort, Rounds, timed

HELP = [sys.executable, "-m", "deepbench_fast.cli", "--help"]
FIRST_SAMPLE = "from deepbench_fast import Recipe, sample; sample(Recipe.builtin('{recipe}'), 0)"
RECIPES = ("galaxies", "sky")
FIRST_RECIPE = [sys.executable, "-c", "from deepbench_fast import Recipe; Recipe.builtin('galaxies')"]
MOST_COLD = {"galaxies": 5, "sky": 9}


def measure(effort: Effort) -> Iterator[Row]:
    firsts = {name: [sys.executable, "-c", FIRST_SAMPLE.format(recipe=name)] for name in RECIPES}
    for command in (HELP, FIRST_RECIPE, *firsts.values()):  # leaves their bytecode, as an installation does
        run_seconds(command, None)
    rounds = Rounds({"help": [], "recipe": []})
    for name in RECIPES:
        rounds |= {f"cold {name}": [], f"warm {name}": []}
    for _ in range(max(1, effort.rounds - 2)):
        rounds["help"].append(run_seconds(HELP, None))
        rounds["recipe"].append(processor_seconds(FIRST_RECIPE))
        for name, command in firsts.items():
            with tempfile.TemporaryDirectory() as cache:
                rounds[f"cold {name}"].append(run_seconds(command, Path(cache)))
                rounds[f"warm {name}"].append(run_seconds(command, Path(cache)))
    yield row("`deepbench-fast --help`", rounds.median("help"), 0.2)
    yield row("first recipe parsed (processor time)", rounds.median("recipe"), 0.12)
    for name in RECIPES:
        yield row(f"first sample on a warm cache, `{name}`", rounds.median(f"warm {name}"), 0.8)
        yield row(f"first sample ever (cold cache), `{name}`", rounds.median(f"cold {name}"), MOST_COLD[name])


def row(what: str, seconds: float, goal: float) -> Row:
    return Row(f"{what}: a whole process", duration(seconds), "", seconds, goal, at_most=True, unit="s")


def run_seconds(command: list[str], cache: Path | None) -> float:
    """Seconds of a process, with its own cache of kernels if one is given; bytecode is kept, as after an install."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables |= {} if cache is None else {"DEEPBENCH_FAST_CACHE_DIR": str(cache)}
    return timed(lambda: subprocess.run(command, check=True, env=variables, stdout=subprocess.DEVNULL))


def processor_seconds(command: list[str]) -> float:
    """Seconds of processor time of a process, the interpreter's start among them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_seconds(command, None)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
