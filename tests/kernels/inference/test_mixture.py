"""Mixtures of Student's t, against SciPy and closed forms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats as st

from deepbench_fast.draw.streams import seed_key
from deepbench_fast.inference.mixture import DEFENCE, Mixture
from deepbench_fast.kernels.inference import mixture as kernels

KEY = seed_key("mixtures")


def covariances(count: int, size: int) -> npt.NDArray[np.float64]:
    wide = np.random.default_rng(size).standard_normal((count, size, 2 * size))
    found: npt.NDArray[np.float64] = wide @ wide.swapaxes(1, 2) / size
    return found


def mixture(size: int) -> Mixture:
    means = np.random.default_rng(size + 9).standard_normal((3, size)) * 2
    return Mixture.of(np.array([1.0, 2.0, 3.0]), means, covariances(3, size))


@pytest.mark.parametrize("size", range(1, 9))
def test_densities_are_those_of_scipy(size: int) -> None:
    mixed = mixture(size)
    points = np.random.default_rng(1).standard_normal((50, size)) * 3
    expected = DEFENCE * st.multivariate_normal(np.zeros(size), np.eye(size)).pdf(points)
    for share, mean, scale in zip(mixed.shares[1:], mixed.means[1:], mixed.scales[1:], strict=True):
        expected += share * st.multivariate_t(mean, scale, kernels.DEGREES).pdf(points)
    np.testing.assert_allclose(mixed.log_density(points)[0], np.log(expected), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(mixed.shares, [DEFENCE, *(np.array([1, 2, 3]) / 6 * (1 - DEFENCE))])


def test_draws_are_of_the_density_and_of_their_numbers_alone() -> None:
    mixed = mixture(1)
    drawn = mixed.draw(KEY, 3, 0, 4000)

    def distribution(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        total: npt.NDArray[np.float64] = DEFENCE * st.norm.cdf(x)
        for share, mean, scale in zip(mixed.shares[1:], mixed.means[1:, 0], mixed.scales[1:, 0, 0], strict=True):
            total = total + share * st.t(kernels.DEGREES, mean, np.sqrt(scale)).cdf(x)
        return total

    assert st.kstest(drawn[:, 0], distribution).pvalue > 0.01
    np.testing.assert_array_equal(mixed.draw(KEY, 3, 1000, 50), drawn[1000:1050])
    several = mixture(3).draw(KEY, 3, 0, 20_000)
    correlation = np.corrcoef(several.T)
    shares, means, scales = mixture(3).shares, mixture(3).means, mixture(3).scales
    mean = shares @ means
    variances = scales * np.where(np.arange(4) > 0, kernels.DEGREES / (kernels.DEGREES - 2), 1)[:, None, None]
    covariance = np.einsum("k,kab->ab", shares, variances + np.einsum("ka,kb->kab", means - mean, means - mean))
    deviation = np.sqrt(np.diagonal(covariance))
    np.testing.assert_allclose(correlation, covariance / np.outer(deviation, deviation), atol=0.03)


def test_roots_and_solutions() -> None:
    for matrix in covariances(5, 6):
        root, found = np.full((6, 6), np.nan), np.empty(6)
        assert kernels.cholesky(matrix, root)
        np.testing.assert_allclose(root @ root.T, matrix, rtol=1e-13, atol=1e-14)
        kernels.solve(root, np.arange(6.0), found)
        np.testing.assert_allclose(matrix @ found, np.arange(6.0), atol=1e-11)
    assert not kernels.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]), np.empty((2, 2)))


def test_a_refitted_mixture_is_nearer_to_what_the_draws_are_of() -> None:
    target = st.multivariate_normal([1.0, -2.0], [[0.5, 0.3], [0.3, 0.4]])
    mixed = Mixture.of(np.ones(1), np.zeros((1, 2)), 4 * np.eye(2)[None])
    worth = []
    for turn in range(4):
        points = mixed.draw(KEY, 5, 4000 * turn, 4000)
        logs, distances, terms = mixed.log_density(points)
        weights = np.empty(4000)
        evidence, one = kernels.weigh(target.logpdf(points) - logs, 1.0, weights)
        worth.append(one)
        mixed = mixed.refitted(points, weights, logs, distances, terms, 0.0)
    assert worth == sorted(worth)
    assert worth[-1] > 0.8 * 4000
    assert evidence == pytest.approx(0, abs=0.03)
    np.testing.assert_allclose(mixed.means[1], [1, -2], atol=0.05)


def test_weights_and_resampling() -> None:
    weights, taken = np.empty(4), np.empty(1000, np.int64)
    mean, worth = kernels.weigh(np.log([1.0, 2.0, 3.0, 4.0]) - 900.0, 1.0, weights)
    np.testing.assert_allclose(weights, [0.1, 0.2, 0.3, 0.4])
    assert mean == pytest.approx(np.log(2.5) - 900)
    assert worth == pytest.approx(1 / 0.3)
    kernels.resample(weights, 0.5, taken)
    np.testing.assert_array_equal(np.bincount(taken), [100, 200, 300, 400])


def test_normal_equations_are_sums_over_the_data() -> None:
    random = np.random.default_rng(4)
    slopes, changes = random.standard_normal((2, 1, 3, 20))
    residuals, variance = random.standard_normal((1, 20)), random.uniform(1, 2, (1, 20))
    information, gradient = np.empty((1, 3, 3)), np.empty((1, 3))
    kernels.normal_equations(slopes, changes, residuals, variance, information, gradient)
    j, d, r, v = slopes[0], changes[0], residuals[0], variance[0]
    np.testing.assert_allclose(information[0], (j / v) @ j.T + 0.5 * (d / v**2) @ d.T, rtol=1e-12)
    np.testing.assert_allclose(gradient[0], j @ (r / v) + 0.5 * d @ ((r**2 / v - 1) / v), rtol=1e-12)
