"""The gate notices chains that haven't converged, and posteriors that differ."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe
from deepbench_fast.inference.calibration import c2st
from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.tasks import calibrate, get_task
from tests.tasks.gate import passes
from tests.tasks.tempered import Chains, tempered_chains

GOOD = {
    "deviation": 0.02,
    "r_hat": 1.001,
    "chain_effective": 20_000,
    "c2st": 0.5,
    "pareto_k": 0.1,
    "effective": 21_000,
}


def test_chains_that_have_not_met_are_noticed() -> None:
    task = get_task("pendulum")
    chains = tempered_chains(task.posterior, task.get_observation(1), 20, 0, 1)
    assert chains.r_hat > 1.01
    apart = np.random.default_rng(1).standard_normal((200, 4, 8, 2)) + 0.5 * np.arange(4)[:, None, None]
    assert Chains(apart).r_hat > 1.1
    assert Chains(apart - 0.5 * np.arange(4)[:, None, None]).r_hat < 1.01


@pytest.mark.slow
def test_a_posterior_that_is_fitted_again_is_that_of_chains() -> None:
    """The thin, bent one of tests/inference/test_hard_posteriors.py: a sheet 0.008 standard deviations of the prior
    thick."""
    recipe = Recipe.builtin("task-n-body")
    x = calibrate(recipe, 14).x
    assert x is not None
    exact = Posterior(recipe)
    draws = exact.sample(x[13], 4000, effective=5000)
    chains = tempered_chains(exact, x[13], 1500, 1000, 1, 5)
    assert chains.r_hat < 1.01
    others = chains.samples[np.random.default_rng(0).choice(len(chains.samples), len(draws.samples), replace=False)]
    assert 0.48 <= c2st(draws.samples, others) <= 0.52
    assert c2st(draws.samples, others + 0.2 * draws.samples.std(axis=0)) > 0.52


def test_the_gate_is_narrow() -> None:
    assert passes("star 1", GOOD)
    for key, value in (
        *(("r_hat", 1.02), ("chain_effective", 9000), ("c2st", 0.53), ("pareto_k", 0.6)),
        *(("effective", 9), ("deviation", 0.3)),
    ):
        assert not passes("star 1", {**GOOD, key: value})
