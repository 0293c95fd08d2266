"""Priors, against closed forms and SciPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats as st

from deepbench_fast import Prior, Recipe, UsageError


def galaxies(**parameters: object) -> Recipe:
    entry = {"amplitude": 2, "x": 4, "y": 4, **parameters}
    return Recipe(image={"shape": [9, 9]}, catalogues={"a": {"objects": [{"galaxy": entry}]}})


def test_a_prior_scores_what_it_draws() -> None:
    recipe = galaxies(
        n={"uniform": [1, 4]},
        r_eff={"loguniform": [1, 3]},
        ellip={"normal": {"mean": 0.3, "sigma": 0.1, "low": 0, "high": 0.5}},
        theta={"scaled": {"by": "n", "of": {"uniform": [0.5, 1]}}},
        x={"offset": {"from": "y", "by": {"choice": [0.1, 0.2]}}},
    )
    prior = Prior(recipe, ["galaxy.n", "galaxy.r_eff", "galaxy.ellip", "galaxy.theta", "galaxy.x"])
    drawn = prior.sample(500, 2)
    n, r_eff, ellip, theta, _ = drawn.T
    expected = (
        st.uniform(1, 3).logpdf(n)
        + st.loguniform(1, 3).logpdf(r_eff)
        + st.truncnorm(-3, 2, 0.3, 0.1).logpdf(ellip)
        + st.uniform(0.5 * n, 0.5 * n).logpdf(theta)
        + np.log(0.5)
    )
    np.testing.assert_allclose(prior.log_prob(drawn), expected, rtol=1e-9)
    assert np.isneginf(prior.log_prob(drawn + np.array([0, 0, 0, 0, 0.05]))).all()
    np.testing.assert_array_equal(prior.sample(20, 2), drawn[:20])
    assert (prior.sample(20, 3) != drawn[:20]).any()
    assert prior.sample(0, 2).shape == (0, 5)
    assert prior.log_prob(np.empty((0, 5))).shape == (0,)


def test_priors_without_a_density_say_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n2\n")
    table = {"table": {"file": str(tmp_path / "t.csv"), "column": "n"}}
    for drawn in (table, {"grid": [1, 2]}):
        prior = Prior(galaxies(n=drawn, r_eff=1), ["galaxy.n"])
        assert set(prior.sample(50, 0).ravel()) == {1, 2}
        with pytest.raises(UsageError, match="has no density"):
            prior.log_prob([[1.0]])
    with pytest.raises(UsageError, match=r"depends on galaxy\.n, which is not among the parameters"):
        Prior(
            galaxies(n={"uniform": [1, 4]}, r_eff={"offset": {"from": "n", "by": {"uniform": [0, 1]}}}),
            ["galaxy.r_eff"],
        ).log_prob([[2.0]])
    with pytest.raises(UsageError, match="drawn again while the segment is too short"):
        Prior(Recipe.of_kind("line"), ["line.x1"]).log_prob([[2.0]])
    with pytest.raises(UsageError, match=r"must have shape \(count, 1\), not \(1,\)"):
        Prior(galaxies(n={"uniform": [1, 4]}), ["galaxy.n"]).log_prob([2.0])
    with pytest.raises(UsageError, match="negative"):
        Prior(galaxies(), ["galaxy.theta"]).sample(-1, 0)
