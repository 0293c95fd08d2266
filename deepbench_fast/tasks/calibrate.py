"""Sets to judge posteriors by: parameters drawn from the prior, and data made with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.inference.prior import Prior
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.tasks.references import kept_draws
from deepbench_fast.tasks.samples_file import PosteriorSamples
from deepbench_fast.tasks.task import data_of
from deepbench_fast.values import checks

SEED = "calibration"
EFFECTIVE_PER_SAMPLE = 5


def calibrate(
    recipe: Recipe,
    count: int,
    *,
    catalogue: str | None = None,
    samples: int = 0,
    seed: int | str = SEED,
    keep: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> PosteriorSamples:
    """`count` draws of all parameters from the prior, /truth (N, P), and a sample made with each, /x (N, numbers).

    They are the first members of the recipe's dataset with this seed. With `samples` so many draws of each exact
    posterior stand beside them: what a perfect method would give. Else they wait for somebody's own. With `keep` these
    draws are kept in the user's cache: the same call goes on where it was stopped. `progress` is told how many
    posteriors are drawn. Raises UsageError where the recipe has no likelihood or a parameter no density.
    """
    count = checks.whole_argument("count", count, 1, 10**6)
    samples = checks.whole_argument("samples", samples, 0, 10**5)
    exact = Posterior(recipe, catalogue=catalogue)
    truth = Prior(recipe, exact.names, catalogue).sample(count, seed)
    simulator = Simulator(recipe, catalogue=catalogue)
    data = data_of(simulator.given(truth, seed, names=exact.names))
    draw = partial(kept_draws, exact) if keep else exact.sample
    found = np.empty((count, samples, truth.shape[1]))
    for number in range(count if samples else 0):
        effective = max(1000, EFFECTIVE_PER_SAMPLE * samples)
        found[number] = draw(data[number], samples, effective=effective).samples
        progress(number + 1)
    return PosteriorSamples(found if samples else np.zeros((count, 0, truth.shape[1])), truth, exact.names, data)
