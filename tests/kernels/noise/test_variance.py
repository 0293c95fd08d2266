"""Expected variance of the noise against its own formulas and against the noise itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast.effects import chain
from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.noise.poisson import add_poisson
from deepbench_fast.kernels.noise.variance import (
    add_ccd_variance,
    add_squared_ratios,
    even_snr,
    light_norm,
    root_of_sum,
)
from tests.effects.levels import matched_filter_snr, noise_variance
from tests.kernels import assembly

ABSENT = np.nan
NO_CCD = (ABSENT, ABSENT, ABSENT)
KEY = np.array([3, 4], np.uint32)


def columns(count: int, sigma: Any, level: Any, ccd: Any) -> list[Any]:
    return [np.broadcast_to(np.asarray(value, np.float64), count).copy() for value in (sigma, level, *ccd)]


def variance(clean: Any, sigma: Any = ABSENT, level: Any = ABSENT, ccd: Any = NO_CCD) -> Any:
    clean = np.array(clean, np.float32, ndmin=2)
    return noise_variance(clean, *columns(len(clean), sigma, level, ccd))


def snr(clean: Any, sigma: Any = ABSENT, level: Any = ABSENT, ccd: Any = NO_CCD) -> Any:
    clean = np.array(clean, np.float32, ndmin=2)
    return matched_filter_snr(clean, *columns(len(clean), sigma, level, ccd))


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
    ccd = ([ABSENT, ABSENT, 3], [ABSENT, ABSENT, 1], [ABSENT, ABSENT, 2])
    levels = ([1, ABSENT, ABSENT], [ABSENT, 2, ABSENT], ccd)
    np.testing.assert_array_equal(variance(np.ones((3, 40)), *levels), np.repeat([[1.0], [2.0], [8.0]], 40, axis=1))
    np.testing.assert_allclose(snr(np.ones((3, 40)), *levels) ** 2, [40, 20, 5], rtol=1e-14)


def test_counts_end_where_the_detector_ends() -> None:
    """The variance is that of the 2**50 electrons that are counted at most."""
    gain, sky = 1e6, 1e8
    clean = np.array([1e7, 1e9, 1.1e9, 1e12, 1e20], np.float32)
    electrons = np.minimum(gain * (clean.astype(np.float64) + sky), 2.0**50)
    assert electrons[1] < electrons[2] == electrons[-1]
    np.testing.assert_allclose(variance(clean, ccd=(sky, gain, 0.0))[0], electrons / gain**2, rtol=1e-7)
    members, streams = np.arange(4000), np.zeros(4000, np.uint32)
    images = np.tile(clean[2:4], (4000, 1))
    ccd = [np.full(4000, value) for value in (sky, gain, 0.0)]
    apply_ccd(images, *ccd, np.zeros(4000, np.int64), KEY, streams, streams + 1, members)
    # float32 holds 2**50 electrons to 64 of their 3e7: the mean is seen, the scatter is below its steps.
    np.testing.assert_allclose(images.mean(axis=0, dtype=np.float64), 2.0**50 / gain, rtol=1e-7)


def test_reference_ratio_of_a_gaussian_source() -> None:
    offset = np.arange(-40, 41)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    profile = np.exp(-((offset[:, None] + nodes / 2) ** 2) / 8) @ weights / 2
    source = np.outer(profile, profile)
    assert snr(1000 * source.ravel() / source.sum(), 5.0)[0] == pytest.approx(27.9193, abs=2e-4)


@pytest.mark.parametrize("pixels", [1, 31, 32, 33, 784])
def test_ratio_is_the_root_of_the_summed_squares_over_the_variance(pixels: int) -> None:
    clean = np.random.default_rng(1).normal(0, 3, (4, pixels)).astype(np.float32)
    square = clean.astype(np.float64) ** 2
    norm = np.empty(4)
    light_norm(clean, norm)
    np.testing.assert_allclose(norm, np.sqrt(square.sum(axis=1)), rtol=1e-14)
    sigma, level, gain = np.array([0.7, 2.0, 1e4, ABSENT]), np.array([ABSENT, 3.0, 0.1, 2.0]), 1.7
    background = np.nan_to_num(sigma) ** 2 + np.nan_to_num(level)
    np.testing.assert_allclose(snr(clean, sigma, level), norm / np.sqrt(background), rtol=1e-14)
    photons = np.maximum(clean.astype(np.float64) + 0.5, 0) / gain + (1.2 / gain) ** 2
    expected = np.sqrt((square / (background[:, None] + photons)).sum(axis=1))
    np.testing.assert_allclose(snr(clean, sigma, level, (0.5, gain, 1.2)), expected, rtol=1e-14)
    np.testing.assert_allclose(snr(clean, sigma, level, (0.5, 0.0, 1.2)), norm / np.sqrt(background + 1.44), rtol=1e-14)


def test_shot_noise_alone_counts_the_photons() -> None:
    """Without sky and read noise the variance is the light itself: the ratio is the root of the electrons."""
    assert snr([[3.0, 0.0, 6.0]], ccd=(0.0, 4.0, 0.0))[0] == 6.0


@pytest.mark.parametrize("silent", [{"sigma": 0.0}, {"level": 0.0}, {"ccd": (0.0, 0.0, 0.0)}])
def test_ratio_without_variance(silent: Any) -> None:
    np.testing.assert_array_equal(snr([[1.0, 2.0], [0.0, 0.0]], **silent), [np.inf, 0.0])
    assert np.isnan(snr([[1.0]])[0])
    assert np.isnan(snr([[0.0]])[0])


def test_light_without_variance_makes_the_ratio_infinite() -> None:
    """Light that the sky makes negative has no shot noise."""
    assert snr([[-1.0, 2.0]], ccd=(0.5, 1.0, 0.0))[0] == np.inf
    assert snr([[0.0, 0.0]], ccd=(0.0, 1.0, 0.0))[0] == 0.0


def test_bits_depend_on_the_image_alone() -> None:
    rng = np.random.default_rng(2)
    clean = rng.gamma(0.5, 10, (6, 300)).astype(np.float32)
    ccd = rng.uniform(0.1, 5, (3, 6))
    together = snr(clean, 1.0, 2.0, ccd)
    alone = [snr(clean[t : t + 1], 1.0, 2.0, ccd[:, t : t + 1])[0] for t in range(6)]
    assert together.tobytes() == np.array(alone).tobytes()


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    clean, one = np.ones((1, 64), np.float32), np.ones(1)
    variance, partial = np.ones((1, 64)), np.zeros((1, 32))
    for code in (
        assembly.fresh(add_ccd_variance, clean, one, one, one, variance),
        assembly.fresh(add_squared_ratios, clean, variance, partial),
        assembly.fresh(even_snr, clean, one, one.copy()),
        assembly.fresh(light_norm, clean, one.copy()),
    ):
        assert assembly.packed(code) > 0
        assert assembly.fma(code) == 0
    assert assembly.fma(assembly.fresh(root_of_sum, partial, one.copy())) == 0


def test_images_larger_than_a_stretch_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    clean = rng.gamma(0.5, 10, (5, 301)).astype(np.float32)
    ccd = ([1, 2, ABSENT, 4, 5], [1.5, 0, ABSENT, 2.5, 3], [1, 1, ABSENT, 1, 1])
    levels = (1.0, [ABSENT, 2, 3, ABSENT, 1], ccd)
    whole = variance(clean, *levels), snr(clean, *levels)
    for stretch in (32, 96, 400, 700):
        monkeypatch.setattr(chain, "STRETCH", stretch)
        assert variance(clean, *levels).tobytes() == whole[0].tobytes()
        assert snr(clean, *levels).tobytes() == whole[1].tobytes()
