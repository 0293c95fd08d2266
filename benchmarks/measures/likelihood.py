"""Processor time of likelihoods: the Fisher information of a galaxy, and compiling a kind's derivatives.

`python -m benchmarks.measures.likelihood` prints both; with `--compile`, in a process whose cache is empty, the second
alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from deepbench_fast import Likelihood, Recipe
from deepbench_fast.kernels._cache import DIRECTORY_VARIABLE
from deepbench_fast.kinds.registry import kinds

MATRICES, ROUNDS = 400, 7
GALAXY = ("x", "y", "amplitude", "r_eff", "n", "ellip", "theta")


def seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def fisher_seconds(sampling: str) -> float:
    """For one matrix of 7 parameters from 784 pixels, on one thread: the least of some rounds."""
    recipe = Recipe.builtin("task-galaxy").with_overrides({"image.sampling": sampling})
    likelihood = Likelihood(recipe, [f"galaxy.{name}" for name in GALAXY], threads=1)
    theta = np.tile([13.2, 13.6, 1.0, 4.0, 1.5, 0.3, 0.8], (MATRICES, 1))
    likelihood.fisher(theta[:2])
    return min(seconds(lambda: likelihood.fisher(theta)) for _ in range(ROUNDS)) / MATRICES


def compile_seconds() -> dict[str, float]:
    """For the kernels of each kind's slopes, at pixels' centres and over pixels; and of a pendulum's."""
    from deepbench_fast.kernels.derivatives.pendulum import pendulum_slopes
    from deepbench_fast.render.light_slopes import kernels_of

    found = {}
    whole, number = np.zeros(0, np.int64), np.zeros((0, 0))
    for kind in kinds().values():
        if kind.layer != "light":
            continue
        columns = [(p.name, "<i8" if p.integer else "<f8") for p in kind.columns]
        table = np.zeros(0, [*((name, "<i8") for name in ("sample", "entry", "slot")), *columns])
        at, image, slopes = np.zeros(1), np.zeros((1, 1)), np.zeros((1, 0, 1))
        shared = whole, whole, number, image, slopes
        _, centre = kernels_of(kind, means=False)
        _, mean = kernels_of(kind, means=True)
        found[f"{kind.name} center"] = seconds(partial(centre, table, 0, at, at, *shared))
        found[f"{kind.name} integrate"] = seconds(partial(mean, table, 0, at, at, 1.0, *shared))
    for solver in ("pendulum_rk4", "pendulum_exact"):
        series = np.zeros((1, 0, 1)), np.zeros((1, 0, 0, 1))
        run = pendulum_slopes(solver)
        found[solver] = seconds(partial(run, np.zeros((0, 6)), np.ones(1), whole, whole, whole, number, whole, *series))
    return found


def main(arguments: list[str]) -> None:
    if "--compile" in arguments:
        for name, taken in compile_seconds().items():
            print(f"{name}: {taken:.1f} s to compile", flush=True)
        return
    for sampling in ("center", "integrate"):
        print(f"Fisher information, 7 parameters, 784 pixels, {sampling}: {1e6 * fisher_seconds(sampling):.1f} us")
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", __spec__.name, "--compile"]
        subprocess.run(command, env={**os.environ, DIRECTORY_VARIABLE: folder}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
