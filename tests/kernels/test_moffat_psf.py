"""The Moffat point-spread function against quadrature, scipy, closed forms and its own order of summation."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, signal

from deepbench_fast.kernels.moffat_psf import (
    _convolve,
    _light_beyond,
    moffat_blur,
    moffat_lost,
    moffat_radius,
    moffat_weights,
    widest_moffat,
)
from tests.kernels import assembly
from tests.kernels.test_blur import random_scene

PSFS = [(0.5, 2.5), (0.5, 4.765), (0.8, 1.8), (1.0, 3.0), (1.5, 2.5), (1.5, 4.765), (2.0, 20.0), (6.0, 100.0)]


def blurred(scenes: Any, pad: int, gamma: Any, alpha: Any) -> Any:
    """Blur padded scenes (T, rows, columns) as flat canvases with a tail; return their frames (T, height, width)."""
    scenes = np.asarray(scenes, np.float32)
    count, rows, columns = scenes.shape
    length = (rows * columns + 31) // 32 * 32
    canvas = np.full((count, length), 7.0, np.float32)
    canvas[:, : rows * columns] = scenes.reshape(count, -1)
    height, width = rows - 2 * pad, columns - 2 * pad
    out = np.full((count, height * width), np.nan, np.float32)
    gammas, alphas = (np.broadcast_to(np.asarray(a, np.float64), count).copy() for a in (gamma, alpha))
    moffat_blur(canvas, (height, width, pad), gammas, alphas, out)
    return out.reshape(count, height, width)


def whole_kernel(quarter: Any) -> Any:
    right = np.concatenate([quarter[:, :0:-1], quarter], axis=1)
    return np.concatenate([right[:0:-1], right])


def moffat_means(gamma: float, alpha: float, radius: int) -> Any:
    """Pixel means of the profile by a Gauss-Legendre rule of 40 x 40 nodes, divided by their sum."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    at = (np.arange(-radius, radius + 1)[:, None] + 0.5 * nodes).ravel()
    values = (1 + (at[:, None] ** 2 + at**2) / gamma**2) ** -alpha
    size = 2 * radius + 1
    means = np.einsum("iajb,a,b->ij", values.reshape(size, 40, size, 40), weights, weights)
    return means / means.sum()


# ---- the PSF


def test_reference_of_the_light_beyond_the_radius() -> None:
    assert moffat_radius(1.5, 2.5) == 15
    assert moffat_lost(1.5, 2.5) == pytest.approx((1 + 100) ** -1.5, rel=1e-12)
    assert moffat_lost(1.5, 2.5) == pytest.approx(9.9e-4, abs=1e-5)
    assert _light_beyond(15.0, 1.5, 4.765) == pytest.approx(2.8e-8, abs=1e-9)
    assert moffat_radius(1.5, 4.765) == 4


@settings(derandomize=True, database=None, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(1.01, 100.0))
def test_radius_is_the_least_that_holds_all_but_a_thousandth(gamma: float, alpha: float) -> None:
    lost = (1 + np.arange(16) ** 2 / gamma**2) ** (1 - alpha)
    radius = moffat_radius(gamma, alpha)
    assert moffat_lost(gamma, alpha) == pytest.approx(lost[radius], rel=1e-11)
    assert radius == 15 or lost[radius] <= 1e-3
    assert radius == 1 or lost[radius - 1] > 1e-3


@pytest.mark.parametrize(("gamma", "alpha"), [(np.nan, 2.5), (1.0, np.nan), (np.nan, np.nan), (0.0, 2.5), (-1.0, 2.5)])
def test_no_psf_reaches_nowhere_and_loses_nothing(gamma: float, alpha: float) -> None:
    assert moffat_radius(gamma, alpha) == 0
    assert moffat_lost(gamma, alpha) == 0.0


def test_the_widest_psf_sets_the_pad() -> None:
    gamma, alpha = np.array([1.0, np.nan, 1.5, 0.5]), np.array([3.0, 2.5, 4.765, 2.5])
    assert widest_moffat(gamma, alpha) == max(moffat_radius(1.0, 3.0), 4, moffat_radius(0.5, 2.5)) == 6
    assert widest_moffat(gamma[1:2], alpha[1:2]) == widest_moffat(gamma[:0], alpha[:0]) == 0


@pytest.mark.parametrize(("gamma", "alpha"), PSFS)
def test_weights_are_the_pixel_means_of_the_profile(gamma: float, alpha: float) -> None:
    weights = whole_kernel(moffat_weights(gamma, alpha))
    expected = moffat_means(gamma, alpha, moffat_radius(gamma, alpha))
    seen = expected > 1e-4 * expected.max()
    np.testing.assert_allclose(weights[seen], expected[seen], rtol=1e-5)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-8 * expected.max())


def test_weights_agree_with_adaptive_quadrature() -> None:
    quarter = moffat_weights(1.5, 2.5)
    for i, j in ((0, 0), (1, 0), (2, 1), (9, 4)):

        def profile(y: float, x: float) -> float:
            return float((1 + (x * x + y * y) / 1.5**2) ** -2.5)

        mean = integrate.dblquad(profile, i - 0.5, i + 0.5, j - 0.5, j + 0.5, epsabs=0, epsrel=1e-9)[0]
        # The whole light within the square; the integral over the plane is pi gamma**2 / (alpha - 1).
        share = integrate.dblquad(profile, 0, 15.5, 0, 15.5, epsabs=0, epsrel=1e-9)[0] * 4
        assert quarter[i, j] == pytest.approx(mean / share, rel=2e-6)
    assert share == pytest.approx(np.pi * 1.5, rel=1e-3)


@pytest.mark.parametrize(("gamma", "alpha"), PSFS)
def test_weights_are_symmetric_and_sum_to_one(gamma: float, alpha: float) -> None:
    quarter = moffat_weights(gamma, alpha)
    assert np.array_equal(quarter, quarter.T)
    assert whole_kernel(quarter).sum() == pytest.approx(1, rel=1e-14)
    assert np.all(np.diff(quarter, axis=0) < 0)


def test_large_alpha_is_a_gaussian() -> None:
    sigma = 0.7
    weights = whole_kernel(moffat_weights(sigma * np.sqrt(200.0), 100.0))
    axis = np.arange(weights.shape[0]) - weights.shape[0] // 2
    variance = (weights.sum(axis=0) * axis**2).sum()
    # The variance of a Moffat profile is gamma**2 / (2 (alpha - 2)); the pixel adds a twelfth.
    assert variance == pytest.approx(sigma**2 * 100 / 98 + 1 / 12, rel=0.01)


# ---- the convolution


@settings(derandomize=True, database=None, deadline=None, max_examples=40)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    gamma=st.floats(0.3, 2.5),
    alpha=st.floats(1.5, 6.0),
    extra=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_blur_agrees_with_scipy(height: int, width: int, gamma: float, alpha: float, extra: int, seed: int) -> None:
    radius = moffat_radius(gamma, alpha)
    pad = radius + extra
    scene = random_scene(height + 2 * pad, width + 2 * pad, seed)
    kernel = moffat_means(gamma, alpha, radius)
    expected = signal.convolve2d(scene.astype(np.float64), kernel, mode="same")
    frame = expected[pad : pad + height, pad : pad + width]
    np.testing.assert_allclose(blurred([scene], pad, gamma, alpha)[0], frame, rtol=5e-6)


@pytest.mark.parametrize(("height", "width", "alpha"), [(300, 290, 4.765), (3, 4000, 2.5), (700, 2, 3.0)])
def test_large_frames_agree_with_scipy(height: int, width: int, alpha: float) -> None:
    pad = moffat_radius(1.2, alpha)
    scene = random_scene(height + 2 * pad, width + 2 * pad)
    kernel = moffat_means(1.2, alpha, pad)
    expected = signal.fftconvolve(scene.astype(np.float64), kernel, mode="valid")
    np.testing.assert_allclose(blurred([scene], pad, 1.2, alpha)[0], expected, rtol=5e-6)


@pytest.mark.parametrize(("gamma", "alpha"), PSFS)
def test_sum_runs_row_by_row_and_pair_by_pair_from_the_centre(gamma: float, alpha: float) -> None:
    weights = moffat_weights(gamma, alpha).astype(np.float32)
    reach = moffat_radius(gamma, alpha)
    scene = random_scene(60 + 2 * reach, 53 + 2 * reach)
    total = np.zeros((60, 53), np.float32)
    for i in range(reach + 1):
        rows = scene[reach - i : reach - i + 60]
        if i > 0:
            rows = rows + scene[reach + i : reach + i + 60]
        total = total + weights[i, 0] * rows[:, reach : reach + 53]
        for j in range(1, reach + 1):
            total = total + weights[i, j] * (rows[:, reach - j : reach - j + 53] + rows[:, reach + j : reach + j + 53])
    assert np.array_equal(blurred([scene], reach, gamma, alpha)[0], total)


def test_light_is_conserved_within_the_frame_and_leaks_over_its_edge() -> None:
    pad = moffat_radius(1.0, 3.0)
    scene = np.zeros((40 + 2 * pad, 44 + 2 * pad))
    scene[pad + 20, pad + 17] = 5
    image = blurred([scene], pad, 1.0, 3.0)[0]
    assert image.sum(dtype=np.float64) == pytest.approx(5, rel=1e-6)
    np.testing.assert_allclose(
        image[20 - pad : 21 + pad, 17 - pad : 18 + pad], 5 * whole_kernel(moffat_weights(1.0, 3.0)), rtol=1e-6
    )
    scene = np.zeros(scene.shape)
    scene[pad, pad] = scene[pad + 20, pad - 1] = 1
    quarter = moffat_weights(1.0, 3.0)
    image = blurred([scene], pad, 1.0, 3.0)[0]
    expected = quarter.sum() + whole_kernel(quarter)[:, pad + 1 :].sum()
    assert image.sum(dtype=np.float64) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("gamma", "alpha"), PSFS)
@pytest.mark.parametrize(("height", "width"), [(28, 28), (1, 5), (17, 64), (100, 250)])
def test_bits_do_not_depend_on_the_pad(height: int, width: int, gamma: float, alpha: float) -> None:
    radius = moffat_radius(gamma, alpha)
    widest = radius + 9
    scene = random_scene(height + 2 * widest, width + 2 * widest)
    images = []
    for extra in (0, 1, 9):
        cut = 9 - extra
        part = scene[cut : scene.shape[0] - cut, cut : scene.shape[1] - cut]
        images.append(blurred([part], radius + extra, gamma, alpha).tobytes())
    assert len(set(images)) == 1


def test_bits_do_not_depend_on_other_samples() -> None:
    gamma = np.array([0.7, np.nan, 1.5, 1.5, 0.3, 0.7, 0.7])
    alpha = np.array([2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 4.0])
    scenes = np.stack([random_scene(50, 54, seed) for seed in range(gamma.size)])
    together = blurred(scenes, 15, gamma, alpha)
    for k in (6, 2, 0, 4, 1, 3, 5):
        assert blurred(scenes[k : k + 1], 15, gamma[k], alpha[k]).tobytes() == together[k].tobytes()


def test_mirrored_scenes_have_mirrored_images() -> None:
    scene = random_scene(60, 56)
    image = blurred([scene], 15, 1.5, 2.5)[0]
    assert np.array_equal(blurred([scene[::-1, ::-1]], 15, 1.5, 2.5)[0], image[::-1, ::-1])


def test_samples_without_a_psf_are_cropped_bit_for_bit() -> None:
    scene = random_scene(20, 23)
    scene[5, 5:8] = [-0.0, np.inf, 1e-45]
    for pad in (0, 3):
        expected = np.ascontiguousarray(scene[pad : 20 - pad, pad : 23 - pad])
        assert blurred([scene], pad, np.nan, np.nan).tobytes() == expected.tobytes()


@pytest.mark.parametrize("gamma", [1.5, np.inf])
def test_a_pad_narrower_than_the_psf_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="padded by less than the radius"):
        blurred([random_scene(40, 40)], 14, gamma, 2.5)


# ---- machine code and portability


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    one = np.zeros((1, 128), np.float32)
    convolution = assembly.fresh(_convolve, one[0], 3, np.ones((2, 2)), np.zeros(64, np.float32), one[0, :8])
    weights = assembly.fresh(moffat_weights, 1.0, 3.0)
    whole = assembly.fresh(moffat_blur, one, (2, 2, 2), np.array([0.5]), np.array([4.8]), np.zeros((1, 4), np.float32))
    assert assembly.packed(convolution) > 20
    for code in (convolution, weights, whole):
        assert assembly.packed(code) > 0
        assert assembly.fma(code) == 0


def fingerprint() -> str:
    digest = hashlib.sha256()
    for gamma, alpha in PSFS:
        digest.update(blurred([random_scene(100, 110)], 15, gamma, alpha).tobytes())
        digest.update(moffat_weights(gamma, alpha).tobytes())
    return digest.hexdigest()


def test_bits_do_not_depend_on_the_cpu() -> None:
    command = "from tests.kernels.test_moffat_psf import fingerprint; print(fingerprint())"
    environment = os.environ | {"NUMBA_CPU_NAME": "generic"}
    answer = subprocess.run(
        [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == fingerprint()
