"""Priors, against closed forms and SciPy."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats as st
from astropy import units

from deepbench_fast import Likelihood, Prior, Recipe, Simulator, UsageError
from tests.recipes import mixed


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
    for count in (-1, "5", None, 2.5):
        with pytest.raises(UsageError, match=r"^count: must be a whole number from 0 to"):
            Prior(galaxies(), ["galaxy.theta"]).sample(count, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [[["a"]], [[1.0], [2.0, 3.0]], [[1j]], np.array([[b"1"]]), np.array([["2020"]], "M8[Y]"), {"a": 1}],
    ids=["text", "ragged", "complex", "bytes", "date", "mapping"],
)
def test_what_are_no_numbers_is_one_line_everywhere(given: Any) -> None:
    recipe = galaxies(n={"uniform": [1, 4]}, r_eff=2, ellip=0, theta=0).set("noise", [{"gaussian": {"sigma": 1}}])
    prior, likelihood, simulator = Prior(recipe), Likelihood(recipe), Simulator(recipe)
    image = likelihood.mean([2.0])
    calls = [
        prior.log_prob,
        prior.slope,
        prior.to_unit,
        prior.from_unit,
        likelihood.fisher,
        lambda theta: likelihood.log_likelihood(image, theta),
        lambda x: likelihood.score(x, [2.0]),
        simulator.for_sbi(prior.names, 1),
        lambda theta: simulator.possible(theta, prior.names),
        lambda theta: simulator.given({"galaxy.n": theta}, 1),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=r"must be (a number or an array of )?numbers"):
            call(given)


def test_a_prior_of_nothing_names_what_else_is_drawn() -> None:
    with pytest.raises(UsageError, match=r"every sample holds once; name others, e\.g\. noise\.gaussian\.sigma$"):
        Prior(
            Recipe.of_kind("star").set("catalogues.star.star.count", 2).set("noise.gaussian.sigma", "{uniform: [1, 2]}")
        )


def test_quantities_keep_no_unit_where_columns_have_their_own() -> None:
    recipe = galaxies(theta={"uniform": [0, 1]}, n=1, r_eff=2, ellip=0.3)
    for call in (Prior(recipe).log_prob, Simulator(recipe).for_sbi(["galaxy.theta"], 1)):
        with pytest.raises(UsageError, match="must be plain numbers, in the units of the parameters, not a quantity"):
            call([[30]] * units.deg)


def random_law(generator: np.random.Generator) -> tuple[object, Any]:
    """A law within [1, 3], the least and the most that any parameter of a galaxy can be, and SciPy's."""
    low, high = np.sort(generator.uniform(1, 3, 2)).tolist()
    mean, sigma = generator.uniform(0.5, 3.5), generator.uniform(0.2, 2)
    a, b = (low - mean) / sigma, (high - mean) / sigma
    return [
        ({"uniform": [low, high]}, st.uniform(low, high - low)),
        ({"loguniform": [low, high]}, st.loguniform(low, high)),
        ({"normal": {"mean": mean, "sigma": sigma, "low": low, "high": high}}, st.truncnorm(a, b, mean, sigma)),
        ({"choice": {"values": [low, high], "weights": [1, 3]}}, st.rv_discrete(values=([low, high], [0.25, 0.75]))),
    ][generator.integers(4)]


class Expected:
    """A random prior of four parameters, of which the second follows from the first and the fourth from the third."""

    names = ("galaxy.n", "galaxy.r_eff", "galaxy.x", "galaxy.y")

    def __init__(self, generator: np.random.Generator) -> None:
        data, self.oracles = zip(*(random_law(generator) for _ in range(4)), strict=True)
        recipe = galaxies(
            n=data[0],
            r_eff={"scaled": {"by": "n", "of": data[1]}},
            x=data[2],
            y={"offset": {"from": "x", "by": data[3]}},
        )
        self.prior = Prior(recipe, self.names)

    def own(self, values: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
        """What each parameter is drawn from for itself."""
        n, r_eff, x, y = values.T
        return [n, r_eff / n, x, y - x]

    def log_prob(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        own = self.own(values)
        total = np.zeros(len(values))
        for k, (oracle, column) in enumerate(zip(self.oracles, own, strict=True)):
            if hasattr(oracle, "xk"):  # single values, but for rounding
                nearest = oracle.xk[np.abs(column[:, None] - oracle.xk).argmin(axis=1)]
                total += oracle.logpmf(nearest)
            else:
                total += oracle.logpdf(column) - (np.log(own[0]) if k == 1 else 0.0)
        return total

    def ranks(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        columns = []
        for oracle, column in zip(self.oracles, self.own(values), strict=True):
            middle = 0.0
            if hasattr(oracle, "xk"):
                column = oracle.xk[np.abs(column[:, None] - oracle.xk).argmin(axis=1)]
                middle = 0.5 * oracle.pmf(column)
            columns.append(oracle.cdf(column) - middle)
        return np.stack(columns, axis=1)


def test_random_priors_are_scipys() -> None:
    """Densities, ranks, moments and ends, at draws and at the corners, in float64 and as float32."""
    generator = np.random.default_rng(4)
    for number in range(25):
        expected = Expected(generator)
        prior = expected.prior
        drawn = prior.sample(60, number)
        corners = prior.from_unit(
            np.array([[a, b, c, d] for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)])
        )
        inside = prior.from_unit(generator.uniform(size=(20, 4)))
        for values in (drawn, inside):
            np.testing.assert_allclose(prior.log_prob(values), expected.log_prob(values), rtol=1e-8, atol=1e-8)
            np.testing.assert_allclose(prior.to_unit(values), expected.ranks(values), atol=1e-8)
            np.testing.assert_allclose(prior.from_unit(prior.to_unit(values)), values, rtol=1e-9)
        for values in (drawn, corners, inside):
            assert np.isfinite(prior.log_prob(values)).all(), prior
            narrow = values.astype(np.float32)
            np.testing.assert_allclose(prior.log_prob(narrow), prior.log_prob(values), atol=2e-5)
            np.testing.assert_allclose(prior.to_unit(narrow), prior.to_unit(values), atol=2e-4)
        n, r_eff, x, y = (oracle.mean() for oracle in expected.oracles)
        np.testing.assert_allclose(prior.mean, [n, n * r_eff, x, x + y], rtol=1e-9)
        many = prior.sample(20_000, "many")
        np.testing.assert_allclose(prior.std, many.std(axis=0), rtol=0.03)
        low, high = prior.support.T
        assert (low <= many.min(axis=0)).all()
        assert (many.max(axis=0) <= high).all()
        np.testing.assert_allclose((corners.min(axis=0), corners.max(axis=0)), (low, high), rtol=1e-12)
        outside = np.where(np.eye(4, dtype=bool), high + 1e-5, drawn[0])
        assert np.isneginf(prior.log_prob(outside)).all()
        assert np.isnan(np.diag(prior.to_unit(outside))).all()
        check_slopes(prior, inside)


def check_slopes(prior: Prior, values: npt.NDArray[np.float64]) -> None:
    """Slopes are those of straight lines between near points, along each parameter that can move alone."""
    slope, step = prior.slope(values), 1e-6
    for k in range(values.shape[1]):
        moved = np.where(np.arange(values.shape[1]) == k, step, 0)
        below, above = prior.log_prob(values - moved), prior.log_prob(values + moved)
        both = np.isfinite(below) & np.isfinite(above)
        np.testing.assert_allclose(slope[both, k], (above[both] - below[both]) / (2 * step), rtol=1e-4, atol=1e-4)


def test_names_stand_in_any_order() -> None:
    """What a parameter depends on may come after it, and follow from a third."""
    laws = {"x": {"offset": {"from": "y", "by": {"uniform": [0, 1]}}}, "y": {"offset": {"from": "theta", "by": 3}}}
    prior = Prior(galaxies(**laws, theta={"uniform": [0, 1]}), ["galaxy.x", "galaxy.y", "galaxy.theta"])
    np.testing.assert_allclose(prior.from_unit([[0.25, 0.5, 0.5]]), [[3.75, 3.5, 0.5]])
    np.testing.assert_allclose(prior.to_unit([[3.75, 3.5, 0.5]]), [[0.25, 0.5, 0.5]])
    np.testing.assert_allclose(prior.mean, [4, 3.5, 0.5])
    np.testing.assert_allclose(prior.support, [[3, 5], [3, 4], [0, 1]])


def test_text_alone_is_one_name() -> None:
    recipe = galaxies(n={"uniform": [1, 4]}, r_eff=2, ellip=0.2, theta=0.5).set("noise.gaussian.sigma", 0.1)
    assert Prior(recipe, "galaxy.n").names == Likelihood(recipe, "galaxy.n").names == ("galaxy.n",)
    simulate = Simulator(recipe).for_sbi("galaxy.n", 0, extras="clean")
    assert sorted(simulate([[2.0]])) == ["clean", "x"]


def test_draws_are_evenly_spread_in_the_unit_cube() -> None:
    recipe = galaxies(
        n={"uniform": [1, 4]},
        r_eff={"scaled": {"by": "n", "of": {"loguniform": [0.5, 1]}}},
        ellip={"normal": {"mean": 0.2, "sigma": 0.3, "low": 0, "high": 0.9}},
        theta=0,
    )
    prior = Prior(recipe)
    cube = prior.to_unit(prior.sample(4000, 9))
    assert all(st.kstest(column, "uniform").pvalue > 0.01 for column in cube.T)
    assert np.abs(np.corrcoef(cube.T) - np.eye(3)).max() < 0.05


def test_float32_corners_of_laws_that_round_outside() -> None:
    """0.1 is larger as float32 and 0.7 smaller; a narrow law has no float32 within it."""
    recipe = galaxies(ellip={"uniform": [0.1, 0.7]}, theta={"uniform": [0.3, 0.3 + 1e-12]}, n={"choice": [1.1, 2.2]})
    prior = Prior(recipe)
    low, high = prior.support.T
    corners = np.stack([low, high]).astype(np.float32)
    assert np.isfinite(prior.log_prob(corners)).all()
    beyond = np.nextafter(np.nextafter(corners, np.float32([[-9], [9]])), np.float32([[-9], [9]]))
    assert np.isneginf(prior.log_prob(beyond)).all()
    assert np.isneginf(prior.log_prob(corners.astype(np.float64))).any(), "as float64 they are what they are"
    assert np.isfinite(prior.log_prob(prior.sample(200, 1).astype(np.float32))).all()


def test_whole_normals_have_no_ends() -> None:
    recipe = galaxies(x={"normal": [4, 0.5]}, y={"offset": {"from": "x", "by": {"uniform": [0, 1]}}})
    prior = Prior(recipe, ["galaxy.x", "galaxy.y"])
    np.testing.assert_array_equal(prior.support, [[-np.inf, np.inf], [-np.inf, np.inf]])
    assert np.isfinite(prior.log_prob([[40.0, 40.5]])).all()
    assert np.isfinite(prior.from_unit([[0.0, 0.0], [1.0, 1.0]])).all()


def test_it_says_what_it_leaves_out() -> None:
    prior = Prior(mixed(), ["bright.x"], catalogue="stars")
    levels = ("noise.gaussian.sigma", "psf.gaussian.sigma")
    assert prior.left_out == ("bright.y", "bright.amplitude", "bright.alpha", *levels)
    assert repr(prior) == f"Prior(bright.x; leaves out {', '.join(prior.left_out)})"
    several = Prior(mixed(), levels, catalogue="fields").left_out
    assert {"star.count", "star.x", "galaxy.count", "galaxy.n"} < set(several)
    assert "star.gamma" in several
    whole = Prior(galaxies(n={"uniform": [1, 4]}, r_eff=1, ellip=0, theta=0))
    assert (whole.left_out, repr(whole)) == ((), "Prior(galaxy.n)")


def test_spreads_whose_squares_a_float64_does_not_hold() -> None:
    faint = {"uniform": [1e-200, 3e-200]}
    prior = Prior(galaxies(amplitude=faint, x={"offset": {"from": "y", "by": faint}}, y=faint, n=1, r_eff=1))
    uniform = 2e-200 / 12**0.5
    np.testing.assert_allclose(dict(zip(prior.names, prior.std, strict=True))["galaxy.x"], uniform * 2**0.5, rtol=1e-14)
    np.testing.assert_allclose(prior.std[list(prior.names).index("galaxy.amplitude")], uniform, rtol=1e-14)


def test_a_prior_can_be_pickled() -> None:
    prior = Prior(mixed(), ["bright.x", "bright.alpha"], catalogue="stars")
    again = pickle.loads(pickle.dumps(prior))
    assert again.names == prior.names
    np.testing.assert_array_equal(again.sample(5, 1), prior.sample(5, 1))


def test_points_outside_the_cube_are_refused() -> None:
    prior = Prior(galaxies(n={"uniform": [1, 4]}), ["galaxy.n"])
    for point in (-0.1, 1.1, np.nan):
        with pytest.raises(UsageError, match="the unit cube reaches from 0 to 1"):
            prior.from_unit([[point]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ["star", "lens", "n-body", "two-galaxies"])
def test_what_is_no_finite_number_is_outside(name: str, value: float, dtype: Any) -> None:
    """Also of few digits: infinity is no end of the support that was rounded. Warnings are errors here."""
    prior = Prior(Recipe.builtin(f"task-{name}"))
    inside = prior.sample(1, 0)
    for column in range(len(prior.names)):
        given = inside.astype(dtype)
        given[0, column] = value
        assert prior.log_prob(given) == [-np.inf]
        assert np.isnan(prior.slope(given)).all()
        assert np.isnan(prior.to_unit(given)[0, column])


@pytest.mark.parametrize("value", [1e308, -1e308, 0.0, 5e-324])
def test_what_is_far_outside_warns_of_nothing(value: float) -> None:
    prior = Prior(Recipe.builtin("task-lens"))
    given = np.full((2, len(prior.names)), value)
    assert np.isneginf(prior.log_prob(given)).all()
    prior.slope(given)
    prior.to_unit(given)
