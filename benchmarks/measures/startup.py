"""Whole processes: the command's help, and the first sample with and without compiled kernels in the cache."""

from __future__ import annotations

import os
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
MOST_COLD = {"galaxies": 5, "sky": 9}


def measure(effort: Effort) -> Iterator[Row]:
    rounds = Rounds({"help": []})
    run_seconds(HELP, None)
    for recipe in RECIPES:
        rounds |= {f"cold {recipe}": [], f"warm {recipe}": []}
    for _ in range(max(1, effort.rounds - 2)):
        rounds["help"].append(run_seconds(HELP, None))
        for recipe in RECIPES:
            command = [sys.executable, "-c", FIRST_SAMPLE.format(recipe=recipe)]
            with tempfile.TemporaryDirectory() as cache:
                rounds[f"cold {recipe}"].append(run_seconds(command, Path(cache)))
                rounds[f"warm {recipe}"].append(run_seconds(command, Path(cache)))
    yield row("`deepbench-fast --help`", rounds.median("help"), 0.2)
    for recipe in RECIPES:
        yield row(f"first sample on a warm cache, `{recipe}`", rounds.median(f"warm {recipe}"), 0.8)
        yield row(f"first sample ever (cold cache), `{recipe}`", rounds.median(f"cold {recipe}"), MOST_COLD[recipe])


def row(what: str, seconds: float, goal: float) -> Row:
    return Row(f"{what}: a whole process", duration(seconds), "", seconds, goal, at_most=True, unit="s")


def run_seconds(command: list[str], cache: Path | None) -> float:
    """Seconds of a process, with its own cache of kernels if one is given."""
    variables = dict(os.environ) if cache is None else {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(cache)}
    return timed(lambda: subprocess.run(command, check=True, env=variables, stdout=subprocess.DEVNULL))
