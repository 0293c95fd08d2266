"""The Moffat point-spread function against scipy, closed forms and its own order of summation."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, special

from deepbench_fast.kernels.psf.moffat import (
    DIRECT_RADIUS,
    _by_sums,
    _convolve,
    _log_gamma,
    moffat_blur,
    moffat_radius,
    moffat_weights,
    widest_moffat,
)
from deepbench_fast.kernels.stopping import NEVER, Stop
from tests.kernels import assembly
from tests.kernels.psf.test_gaussian import random_scene

SIDE = 40
# Narrow and wide, by sums and by transforms, down to alpha of almost 1.
PSFS = [(0.5, 4.765), (0.8, 4.0), (1.5, 4.765), (2.0, 20.0), (6.0, 100.0)]
WIDE = [(0.5, 1.2), (1.0, 3.0), (1.5, 2.5), (8.0, 2.5), (3.0, 1.001), (100.0, 20.0)]


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
    moffat_blur(canvas, (height, width, pad), gammas, alphas, out, NEVER.flag)
    return out.reshape(count, height, width)


def pad_of(gamma: float, alpha: float, side: int) -> int:
    return int(widest_moffat(np.array([gamma]), np.array([alpha]), side))


def whole_kernel(quarter: Any) -> Any:
    right = np.concatenate([quarter[:, :0:-1], quarter], axis=1)
    return np.concatenate([right[:0:-1], right])


def profile(gamma: float, alpha: float, radius: int) -> Any:
    """The formula at the pixels' centres."""
    at = np.arange(-radius, radius + 1.0)
    return (alpha - 1) / (np.pi * gamma**2) * (1 + (at[:, None] ** 2 + at**2) / gamma**2) ** -alpha


# ---- the PSF


def test_reference_of_the_radius() -> None:
    """(1 + h**2 / gamma**2)**(1 - alpha) is 1e-4 at h = gamma sqrt(1e4**(1 / (alpha - 1)) - 1)."""
    assert moffat_radius(1.5, 2.5, 1000) == 33  # 32.28
    assert moffat_radius(1.5, 3.5, 1000) == 10  # 9.34
    assert moffat_radius(1.5, 4.765, 1000) == 5  # 4.87
    assert moffat_radius(1.5, 2.5, 14) == 28
    assert moffat_radius(1.5, 2.5, 1) == 16
    assert moffat_radius(0.5, 20.0, 1) == 3
    assert moffat_radius(100.0, 1.0000000000000002, 10**6) == 4096


@settings(derandomize=True, database=None, deadline=None)
@given(st.floats(0.1, 100.0), st.floats(1.0, 100.0, exclude_min=True), st.integers(1, 16384))
def test_radius_is_the_least_that_holds_all_but_a_ten_thousandth(gamma: float, alpha: float, side: int) -> None:
    radius = moffat_radius(gamma, alpha, side)
    most = 2 * max(8, min(side, 2048))
    assert 3 <= radius <= most

    def beyond(radius: int) -> float:
        return float((1 + (radius / gamma) ** 2) ** (1 - alpha))

    assert radius == most or beyond(radius) <= 1e-4 * (1 + 1e-9)
    assert radius == 3 or beyond(radius - 1) > 1e-4 * (1 - 1e-9)


@pytest.mark.parametrize(("gamma", "alpha"), [(np.nan, 2.5), (1.0, np.nan), (np.nan, np.nan), (0.0, 2.5), (-1.0, 2.5)])
def test_no_psf_reaches_nowhere(gamma: float, alpha: float) -> None:
    assert moffat_radius(gamma, alpha, 100) == 0


def test_the_widest_psf_sets_the_pad() -> None:
    gamma, alpha = np.array([1.0, np.nan, 1.5, 0.5]), np.array([3.0, 2.5, 3.5, 4.0])
    assert widest_moffat(gamma, alpha, 100) == moffat_radius(1.5, 3.5, 100) == 10
    assert widest_moffat(gamma, alpha, 9) == 9
    assert widest_moffat(gamma, alpha, 7) == widest_moffat(gamma, alpha, 1) == 8
    assert widest_moffat(np.array([1.5]), np.array([4.765]), 3) == moffat_radius(1.5, 4.765, 3) == 5
    assert widest_moffat(np.array([100.0]), np.array([1.1]), 10**6) == 2048
    assert widest_moffat(gamma[1:2], alpha[1:2], 100) == widest_moffat(gamma[:0], alpha[:0], 100) == 0


def test_log_gamma_is_that_of_scipy() -> None:
    for x in (1.0, 1.0000001, 1.5, 2.0, 3.3, 20.0, 100.0):
        assert _log_gamma(x) == pytest.approx(special.gammaln(x), rel=1e-13, abs=1e-12)


@pytest.mark.parametrize(("gamma", "alpha"), [(8.0, 2.5), (12.0, 20.0), (100.0, 1.1), (30.0, 100.0)])
def test_weights_are_the_formula_where_pixels_resolve_it(gamma: float, alpha: float) -> None:
    expected = profile(gamma, alpha, 50)
    np.testing.assert_allclose(
        whole_kernel(moffat_weights(gamma, alpha, 50)), expected, rtol=1e-10, atol=1e-10 * expected.max()
    )


@pytest.mark.parametrize(("gamma", "alpha"), [*PSFS, *WIDE])
def test_weights_are_the_formula_away_from_the_centre(gamma: float, alpha: float) -> None:
    weights, expected = moffat_weights(gamma, alpha, 50), profile(gamma, alpha, 50)[50:, 50:]
    assert np.array_equal(weights, weights.T)
    weights[:4, :4] = expected[:4, :4] = 0
    np.testing.assert_allclose(weights, expected, rtol=1e-11)


@pytest.mark.parametrize(("gamma", "alpha"), [*PSFS, *WIDE])
def test_the_light_of_the_infinite_plane_is_one(gamma: float, alpha: float) -> None:
    """What the weights of a disc lack is what the formula has beyond it; nothing is put back."""
    radius = 300
    weights = whole_kernel(moffat_weights(gamma, alpha, radius))
    at = np.arange(-radius, radius + 1.0)
    away = at[:, None] ** 2 + at**2
    weights[away > radius**2] = 0
    beyond = (1 + radius**2 / gamma**2) ** (1 - alpha)
    assert weights.sum() == pytest.approx(1 - beyond, abs=1e-4)


@pytest.mark.parametrize(("gamma", "alpha"), [(0.5, 20.0), (1.0, 8.0), (1.5, 4.765), (3.0, 20.0)])
def test_variance_is_that_of_the_profile(gamma: float, alpha: float) -> None:
    weights = whole_kernel(moffat_weights(gamma, alpha, 400))
    at = np.arange(-400, 401.0)
    assert (weights.sum(axis=0) * at**2).sum() == pytest.approx(gamma**2 / (2 * (alpha - 2)), rel=1e-3)


# ---- the convolution


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    gamma=st.floats(0.5, 30.0),
    alpha=st.floats(1.01, 20.0),
    extra=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_blur_agrees_with_scipy(height: int, width: int, gamma: float, alpha: float, extra: int, seed: int) -> None:
    """Light further from the frame than it is long is left out."""
    margin = pad_of(gamma, alpha, max(height, width))
    pad = margin + extra
    scene = random_scene(height + 2 * pad, width + 2 * pad, seed)
    kernel = whole_kernel(moffat_weights(gamma, alpha, moffat_radius(gamma, alpha, max(height, width))))
    near = scene[extra : extra + height + 2 * margin, extra : extra + width + 2 * margin].astype(np.float64)
    expected = signal.fftconvolve(near, kernel)[kernel.shape[0] // 2 :, kernel.shape[0] // 2 :]
    frame = expected[margin : margin + height, margin : margin + width]
    np.testing.assert_allclose(blurred([scene], pad, gamma, alpha)[0], frame, rtol=2e-6)


@pytest.mark.parametrize(
    ("height", "width", "alpha"), [(300, 290, 4.765), (3, 4000, 2.5), (700, 2, 3.0), (500, 400, 2.2)]
)
def test_large_frames_agree_with_scipy(height: int, width: int, alpha: float) -> None:
    pad = moffat_radius(1.2, alpha, max(height, width))
    assert pad == pad_of(1.2, alpha, max(height, width))
    scene = random_scene(height + 2 * pad, width + 2 * pad)
    kernel = whole_kernel(moffat_weights(1.2, alpha, pad))
    expected = signal.fftconvolve(scene.astype(np.float64), kernel, mode="valid")
    np.testing.assert_allclose(blurred([scene], pad, 1.2, alpha)[0], expected, rtol=2e-6)


@pytest.mark.parametrize(("gamma", "alpha"), PSFS)
def test_small_sums_run_row_by_row_and_pair_by_pair_from_the_centre(gamma: float, alpha: float) -> None:
    reach = moffat_radius(gamma, alpha, 60)
    assert reach <= DIRECT_RADIUS
    weights = moffat_weights(gamma, alpha, reach).astype(np.float32)
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


@pytest.mark.parametrize(("gamma", "alpha"), [*PSFS, *WIDE])
def test_light_of_a_pixel_becomes_the_weights_and_leaks_over_the_edge(gamma: float, alpha: float) -> None:
    """Whether it stands in the frame or in the pad, whose furthest pixels still reach the frame's other edge."""
    pad, radius = pad_of(gamma, alpha, SIDE), moffat_radius(gamma, alpha, SIDE)
    reach = 2 * SIDE
    weights = np.zeros((2 * reach + 1, 2 * reach + 1))
    middle = np.s_[reach - radius : reach + radius + 1]
    weights[middle, middle] = whole_kernel(moffat_weights(gamma, alpha, radius))
    at = np.arange(SIDE)
    for row, column in ((20, 17), (0, 39), (20, -1), (-pad, SIDE + pad - 1)):
        scene = np.zeros((SIDE + 2 * pad, SIDE + 2 * pad))
        scene[pad + row, pad + column] = 5
        expected = 5 * weights[np.ix_(at - row + reach, at - column + reach)]
        image = blurred([scene], pad, gamma, alpha)[0]
        np.testing.assert_allclose(image, expected, rtol=1e-6, atol=1e-14)


def test_a_star_of_no_size_is_the_formula_as_far_as_the_frame_reaches() -> None:
    """gamma 8, alpha 2.5: the peak is 1.5 / (64 pi), and not 8 % more; alpha 1.2, gamma 100, ... likewise."""
    for gamma, alpha in ((8.0, 2.5), (14.0, 2.5), (30.0, 2.5), (100.0, 2.5), (8.0, 1.2), (20.0, 4.765)):
        pad = pad_of(gamma, alpha, 129)
        scene = np.zeros((129 + 2 * pad, 129 + 2 * pad))
        scene[pad + 64, pad + 64] = 1
        expected = profile(gamma, alpha, 64)
        lost = (1 + pad**2 / gamma**2) ** (1 - alpha)
        assert lost <= 1e-4 or pad == 129
        np.testing.assert_allclose(
            blurred([scene], pad, gamma, alpha)[0], expected, rtol=1e-6, atol=1e-7 * expected.max()
        )


@pytest.mark.parametrize(("gamma", "alpha"), [*PSFS, *WIDE])
@pytest.mark.parametrize(("height", "width"), [(28, 28), (1, 5), (17, 64), (100, 250)])
def test_bits_do_not_depend_on_the_pad(height: int, width: int, gamma: float, alpha: float) -> None:
    radius = pad_of(gamma, alpha, max(height, width))
    widest = radius + 9
    scene = random_scene(height + 2 * widest, width + 2 * widest)
    images = []
    for extra in (0, 1, 9):
        cut = 9 - extra
        part = scene[cut : scene.shape[0] - cut, cut : scene.shape[1] - cut]
        images.append(blurred([part], radius + extra, gamma, alpha).tobytes())
    assert len(set(images)) == 1


def test_bits_do_not_depend_on_other_samples() -> None:
    """Of the sum and of the transforms, of the same size and of another, with the same PSF before them and another."""
    gamma = np.array([0.7, np.nan, 1.5, 1.5, 0.5, 0.7, 0.7, 0.7, 1.4, 1.5])
    alpha = np.array([4.0, 2.5, 2.5, 2.5, 8.0, 3.0, 3.0, 4.0, 3.5, 3.5])
    side = 33
    pad = widest_moffat(gamma, alpha, side)
    scenes = np.stack([random_scene(side + 2 * pad, side - 4 + 2 * pad, seed) for seed in range(gamma.size)])
    assert len({moffat_radius(*psf, side) for psf in zip(gamma, alpha, strict=True)}) > 5
    together = blurred(scenes, pad, gamma, alpha)
    for k in (6, 2, 0, 4, 1, 3, 5, 9, 7, 8):
        assert blurred(scenes[k : k + 1], pad, gamma[k], alpha[k]).tobytes() == together[k].tobytes()


def test_mirrored_scenes_have_mirrored_images() -> None:
    scene = random_scene(60, 56)
    image = blurred([scene], 5, 1.5, 4.765)[0]
    assert np.array_equal(blurred([scene[::-1, ::-1]], 5, 1.5, 4.765)[0], image[::-1, ::-1])
    image = blurred([scene], 15, 1.5, 3.0)[0]
    np.testing.assert_allclose(blurred([scene[::-1, ::-1]], 15, 1.5, 3.0)[0], image[::-1, ::-1], rtol=2e-7)


def test_samples_without_a_psf_are_cropped_bit_for_bit() -> None:
    scene = random_scene(20, 23)
    scene[5, 5:8] = [-0.0, np.inf, 1e-45]
    for pad in (0, 3):
        expected = np.ascontiguousarray(scene[pad : 20 - pad, pad : 23 - pad])
        assert blurred([scene], pad, np.nan, np.nan).tobytes() == expected.tobytes()


@pytest.mark.parametrize("gamma", [1.5, np.inf])
def test_a_pad_narrower_than_the_psf_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="padded by less than the radius"):
        blurred([random_scene(60, 60)], 14, gamma, 2.5)


@pytest.mark.parametrize(("gamma", "alpha"), [(1.5, 4.765), (3.0, 1.5)])
def test_a_blur_that_is_asked_to_end_returns_without_its_work(gamma: float, alpha: float) -> None:
    stop = Stop()
    stop.set()
    out = np.full((2, 100), 7.0, np.float32)
    canvas = np.ones((2, 30 * 30), np.float32)
    moffat_blur(canvas, (10, 10, 10), np.full(2, gamma), np.full(2, alpha), out, stop.flag)
    assert (out == 7).all()


# ---- machine code and portability


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    one = np.zeros((1, 128), np.float32)
    convolution = assembly.fresh(_convolve, one[0], 3, np.ones((2, 2)), np.zeros(64, np.float32), one[0, :8])
    weights = assembly.fresh(moffat_weights, 1.0, 3.0, 5)
    psf = np.array([0.5]), np.array([4.8]), np.array([3])
    whole = assembly.fresh(_by_sums, one, (2, 2, 3), *psf, np.zeros((1, 4), np.float32), NEVER.flag)
    assert assembly.packed(convolution) > 20
    for code in (convolution, weights, whole):
        assert assembly.fma(code) == 0


def fingerprint() -> str:
    digest = hashlib.sha256()
    for gamma, alpha in [*PSFS, *WIDE]:
        pad = pad_of(gamma, alpha, 90)
        digest.update(blurred([random_scene(90 + 2 * pad, 80 + 2 * pad)], pad, gamma, alpha).tobytes())
        digest.update(moffat_weights(gamma, alpha, pad).tobytes())
    return digest.hexdigest()
