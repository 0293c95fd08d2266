"""Expected variance of the noise against its own formulas and against the noise itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.ccd import apply_ccd
from deepbench_fast.kernels.noise import add_gaussian
from deepbench_fast.kernels.poisson import add_poisson
from deepbench_fast.kernels.variance import matched_filter_snr, noise_variance
from tests.kernels import assembly

ABSENT = np.nan
KEY = np.array([3, 4], np.uint32)


def variance(clean: Any, sigma: Any = ABSENT, level: Any = ABSENT, ccd: Any = (ABSENT, ABSENT, ABSENT)) -> Any:
    clean = np.array(clean, np.float32, ndmin=2)
    columns = [np.full(len(clean), value, np.float64) for value in (sigma, level, *ccd)]
    out = np.full(clean.shape, -1, np.float32)
    noise_variance(clean, *columns, out)
    return out


def snr(clean: Any, background: Any) -> Any:
    clean = np.array(clean, np.float32, ndmin=2)
    out = np.empty(len(clean))
    matched_filter_snr(clean, np.broadcast_to(np.asarray(background, np.float64), len(clean)).copy(), out)
    return out


def test_variance_is_the_sum_over_the_models() -> None:
    clean = np.array([-20.0, -1.0, 0.0, 3.0, 1e4], np.float32)
    light = np.maximum(clean.astype(np.float64) + 12.0, 0)
    ccd = light / 1.7 + (5.2 / 1.7) ** 2
    np.testing.assert_array_equal(variance(clean)[0], 0)
    np.testing.assert_allclose(variance(clean, sigma=3.0)[0], 9, rtol=1e-7)
    np.testing.assert_allclose(variance(clean, level=2.5)[0], 2.5, rtol=1e-7)
    np.testing.assert_allclose(variance(clean, ccd=(12.0, 1.7, 5.2))[0], ccd, rtol=1e-7)
    np.testing.assert_allclose(variance(clean, 3.0, 2.5, (12.0, 1.7, 5.2))[0], 11.5 + ccd, rtol=1e-7)
    np.testing.assert_allclose(variance(clean, 3.0, 2.5, (12.0, 0.0, 5.2))[0], 11.5 + 5.2**2, rtol=1e-7)
    assert variance([37.5], ccd=(12.0, 1.7, 5.2))[0, 0] == pytest.approx(38.4740, abs=1e-4)


def test_variance_is_that_of_the_noise() -> None:
    samples = 4000
    clean = np.geomspace(0.1, 300, 50).astype(np.float32)
    images = np.tile(clean, (samples, 1))
    members = np.arange(samples)
    sky, gain, read, sigma, level = (np.full(samples, value) for value in (2.0, 1.4, 3.0, 2.0, 5.0))
    streams = [np.full(samples, number, np.uint32) for number in range(4)]
    none = np.zeros(samples, np.int64)
    apply_ccd(images, sky, gain, read, none, KEY, streams[0], streams[1], members)
    add_poisson(images, level, none, KEY, streams[2], members)
    add_gaussian(images, sigma, KEY, streams[3], members)
    expected = variance(clean, 2.0, 5.0, (2.0, 1.4, 3.0))[0]
    ratio = images.astype(np.float64).var(axis=0) / expected
    assert np.all(np.abs(ratio - 1) < 4.5 * np.sqrt(2.2 / samples))


def test_each_sample_has_parameters_of_its_own() -> None:
    clean = np.ones((3, 40), np.float32)
    out = np.empty_like(clean)
    columns = [np.array(values) for values in ([1, ABSENT, ABSENT], [ABSENT, 2, ABSENT], [ABSENT, ABSENT, 3.0])]
    gain = np.array([ABSENT, ABSENT, 1.0])
    noise_variance(clean, columns[0], columns[1], columns[2], gain, np.array([ABSENT, ABSENT, 2.0]), out)
    np.testing.assert_array_equal(out, np.repeat([[1.0], [2.0], [8.0]], 40, axis=1))


def test_reference_ratio_of_a_gaussian_source() -> None:
    offset = np.arange(-40, 41)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    profile = np.exp(-((offset[:, None] + nodes / 2) ** 2) / 8) @ weights / 2
    source = np.outer(profile, profile)
    assert snr(1000 * source.ravel() / source.sum(), 25.0)[0] == pytest.approx(27.9193, abs=2e-4)


@pytest.mark.parametrize("pixels", [1, 31, 32, 33, 784])
def test_ratio_is_the_root_of_the_summed_squares_over_the_variance(pixels: int) -> None:
    clean = np.random.default_rng(1).normal(0, 3, (4, pixels)).astype(np.float32)
    background = np.array([0.5, 2.0, 1e4, 1.0])
    expected = np.sqrt((clean.astype(np.float64) ** 2).sum(axis=1) / background)
    np.testing.assert_allclose(snr(clean, background), expected, rtol=1e-14)


def test_ratio_without_noise() -> None:
    assert np.array_equal(snr([[1.0, 2.0], [0.0, 0.0]], 0.0), [np.inf, np.nan], equal_nan=True)
    assert np.isnan(snr([[1.0]], ABSENT)[0])


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    clean, one = np.ones((1, 64), np.float32), np.ones(1)
    for code in (
        assembly.fresh(noise_variance, clean, one, one, one, one, one, clean.copy()),
        assembly.fresh(matched_filter_snr, clean, one, one.copy()),
    ):
        assert assembly.packed(code) > 0
        assert assembly.fma(code) == 0
