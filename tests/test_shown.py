"""What an interactive session shows of our objects: what they are, in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deepbench_fast import Dataset, Likelihood, Prior, Recipe, Simulator, open_dataset, samples, stream
from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.tasks import get_task
from tests.recipes import mixed

STAR = Recipe.builtin("task-star")
OWN = "star.x, star.y, star.amplitude, star.gamma, star.alpha"
LEVEL = "noise.gaussian.sigma"
SHOWN: dict[str, tuple[Callable[[Dataset], object], str]] = {
    "dataset": (lambda data: data, "<Dataset 'mixed': 3000 samples of (16, 20)>"),
    "batch": (lambda data: data[:5], "<Batch of 'mixed': 5 samples of image (16, 20), clean (16, 20), target (5,)>"),
    "made": (lambda data: samples(STAR, 0, 2), "<Batch of 'task-star': 2 samples of image (28, 28), target (5,)>"),
    "simulator": (lambda data: Simulator(mixed()), "<Simulator of 'mixed': samples of (16, 20)>"),
    "stream": (lambda data: stream(data, 100), "<Stream of 'mixed': 30 batches of 100, epoch 0, position 0>"),
    "on the fly": (lambda data: stream(STAR, 1000), "<Stream of 'task-star': 10 batches of 1000, epoch 0, position 0>"),
    "prior": (lambda data: Prior(STAR), f"Prior({OWN}; leaves out {LEVEL})"),
    "likelihood": (lambda data: Likelihood(STAR), f"Likelihood({OWN}, {LEVEL})"),
    "posterior": (lambda data: Posterior(STAR), f"Posterior({OWN}, {LEVEL})"),
    "task": (lambda data: get_task("star"), "Task('star')"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_one_line_says_what_it_is(what: str, mixed_file: Path) -> None:
    make, shown = SHOWN[what]
    assert repr(make(open_dataset(mixed_file))) == shown
