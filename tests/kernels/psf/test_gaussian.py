"""The Gaussian point-spread function against scipy, closed forms and its own order of summation."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deepbench_fast.kernels.psf.gaussian import (
    NARROW,
    _convolve,
    blur,
    crop,
    gaussian_weights,
    narrow_weights,
    widest_gaussian,
)
from deepbench_fast.kernels.stopping import NEVER, Stop
from tests.kernels import assembly


def blurred(scenes: Any, pad: int, sigma: Any) -> Any:
    """Blur padded scenes (T, rows, columns) as flat canvases with a tail; return their frames (T, height, width)."""
    scenes = np.asarray(scenes, np.float32)
    count, rows, columns = scenes.shape
    length = (rows * columns + 31) // 32 * 32
    canvas = np.full((count, length), 7.0, np.float32)
    canvas[:, : rows * columns] = scenes.reshape(count, -1)
    height, width = rows - 2 * pad, columns - 2 * pad
    out = np.full((count, height * width), np.nan, np.float32)
    blur(canvas, (height, width, pad), np.broadcast_to(np.asarray(sigma, np.float64), count).copy(), out, NEVER.flag)
    return out.reshape(count, height, width)


def radius(sigma: float) -> int:
    return 3 if sigma < 0.75 else int(4 * sigma + 0.5)


def random_scene(rows: int, columns: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((rows, columns), np.float32)


def test_reference_weights() -> None:
    """exp(-k^2 / 2) / (1 + 2 sum over j of exp(-j^2 / 2)) for a sigma of 1."""
    expected = [0.398943469356098, 0.241971445656601, 0.053991127420704, 0.004431861620031, 0.000133830624615]
    np.testing.assert_allclose(gaussian_weights(1.0), expected, rtol=0, atol=1e-15)


def test_moments_of_narrow_weights_are_those_of_the_gaussian() -> None:
    """Variance t, fourth moment 3 t^2, sixth moment 15 t^3; and every narrow sigma has weights of its own."""
    k = np.arange(1, 4)
    for sigma in (1e-9, 0.05, 0.1249, 0.3, 0.5, 0.6, 0.7, np.nextafter(NARROW, 0)):
        weights, t = gaussian_weights(sigma), sigma**2
        assert weights.tolist() == list(narrow_weights(sigma * sigma))
        moments = [2 * (weights[1:] * k.astype(float) ** power).sum() for power in (2, 4, 6)]
        np.testing.assert_allclose(moments, [t, 3 * t**2, 15 * t**3], rtol=1e-11, atol=1e-16)
        assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1, abs=1e-15)
        assert weights.min() > -0.0062
        assert weights.min() > 0 or sigma < 0.61


def test_weights_are_continuous_where_samples_become_good_enough() -> None:
    narrow, sampled = gaussian_weights(np.nextafter(NARROW, 0)), gaussian_weights(NARROW)
    assert narrow.size == sampled.size
    np.testing.assert_allclose(narrow, sampled, rtol=0, atol=3e-3)


def test_the_widest_psf_sets_the_pad() -> None:
    assert widest_gaussian(np.array([1.0, np.nan, 0.3])) == 4
    assert widest_gaussian(np.array([np.nan, 0.0, 1e-9])) == 3
    assert widest_gaussian(np.array([np.nan, 0.0])) == widest_gaussian(np.empty(0)) == 0


@pytest.mark.parametrize("sigma", [0.75, 0.8, 1.0, 1.3, 2.875, 10.0, 63.3, 100.0])
def test_weights_are_those_of_scipy(sigma: float) -> None:
    impulse = np.zeros(2 * radius(sigma) + 1)
    impulse[radius(sigma)] = 1
    expected = ndimage.gaussian_filter1d(impulse, sigma, mode="constant")[radius(sigma) :]
    np.testing.assert_allclose(gaussian_weights(sigma), expected, rtol=1e-14)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    sigma=st.floats(0.75, 4.0),
    extra=st.integers(0, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_blur_agrees_with_scipy(height: int, width: int, sigma: float, extra: int, seed: int) -> None:
    pad = radius(sigma) + extra
    scene = random_scene(height + 2 * pad, width + 2 * pad, seed)
    expected = ndimage.gaussian_filter(scene.astype(np.float64), sigma, mode="constant")
    frame = expected[pad : pad + height, pad : pad + width]
    np.testing.assert_allclose(blurred([scene], pad, sigma)[0], frame, rtol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "sigma"), [(300, 300, 0.8), (513, 140, 1.1), (40, 3000, 5.0), (700, 20, 9.0)]
)
def test_large_frames_agree_with_scipy(height: int, width: int, sigma: float) -> None:
    pad = radius(sigma)
    scene = random_scene(height + 2 * pad, width + 2 * pad)
    expected = ndimage.gaussian_filter(scene.astype(np.float64), sigma, mode="constant")
    frame = expected[pad : pad + height, pad : pad + width]
    np.testing.assert_allclose(blurred([scene], pad, sigma)[0], frame, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.2, 0.4, 0.7, 0.9, 1.3, 1.9])
def test_sum_runs_from_the_centre_out_pair_by_pair_along_rows_first(sigma: float) -> None:
    reach, weights = radius(sigma), gaussian_weights(sigma).astype(np.float32)
    scene = random_scene(33 + 2 * reach, 29 + 2 * reach)

    def convolved(image: Any) -> Any:
        stop = image.shape[1] - reach
        total = weights[0] * image[:, reach:stop]
        for k in range(1, reach + 1):
            total = total + weights[k] * (image[:, reach - k : stop - k] + image[:, reach + k : stop + k])
        return total

    assert np.array_equal(blurred([scene], reach, sigma)[0], convolved(convolved(scene).T).T)


def test_light_at_the_edge_leaks_out() -> None:
    pad = radius(1.3)
    scene = np.zeros((28 + 2 * pad, 28 + 2 * pad))
    scene[pad, pad] = 1
    assert blurred([scene], pad, 1.3).sum(dtype=np.float64) == pytest.approx(0.426985946683, abs=1e-7)


def test_light_outside_the_frame_leaks_in() -> None:
    pad = radius(1.0)
    scene = np.zeros((10 + 2 * pad, 12 + 2 * pad))
    scene[pad + 3, pad - 2] = 1
    weights = gaussian_weights(1.0)
    image = blurred([scene], pad, 1.0)[0]
    np.testing.assert_allclose(image[3, :3], weights[0] * weights[2:], rtol=1e-6)
    assert np.all(image[:, 3:] == 0)


def test_two_blurs_are_one() -> None:
    pad = radius(1.5)
    scene = np.zeros((61 + 2 * pad, 61 + 2 * pad))
    scene[30 + pad, 30 + pad] = 1
    once = blurred([scene], pad, 1.5)[0]
    twice = blurred([np.pad(blurred([scene], pad, 0.9)[0], pad)], pad, 1.2)[0]
    np.testing.assert_allclose(twice, once, rtol=0, atol=1e-5)


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_second_moment_grows_by_sigma_squared(sigma: float) -> None:
    pad, size = radius(sigma), 64
    scene = np.zeros((size + 2 * pad, size + 2 * pad))
    scene[pad + 30 : pad + 33, pad + 28 : pad + 34] = 1
    index = np.arange(size)

    def variances(image: Any) -> list[float]:
        profiles = [image.sum(axis, dtype=np.float64) / image.sum(dtype=np.float64) for axis in (0, 1)]
        return [float((p * index**2).sum() - (p * index).sum() ** 2) for p in profiles]

    before = variances(scene[pad:-pad, pad:-pad])
    after = variances(blurred([scene], pad, sigma)[0])
    # Four standard deviations hold all but a thousandth of the variance.
    np.testing.assert_allclose(np.subtract(after, before), sigma**2, rtol=2e-3)


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.6, 2.4])
@pytest.mark.parametrize(("height", "width"), [(28, 28), (1, 5), (17, 64), (400, 150)])
def test_bits_do_not_depend_on_the_pad(height: int, width: int, sigma: float) -> None:
    widest = radius(sigma) + 9
    scene = random_scene(height + 2 * widest, width + 2 * widest)
    images = []
    for extra in (0, 1, 9):
        cut = 9 - extra
        part = scene[cut : scene.shape[0] - cut, cut : scene.shape[1] - cut]
        images.append(blurred([part], radius(sigma) + extra, sigma).tobytes())
    assert len(set(images)) == 1


def test_bits_do_not_depend_on_other_samples() -> None:
    sigma = np.array([0.7, np.nan, 2.0, 0.0, 0.3, 1.25, 0.7])
    pad = radius(2.0)
    scenes = np.stack([random_scene(40, 44, seed) for seed in range(sigma.size)])
    together = blurred(scenes, pad, sigma)
    for order in (range(7), (6, 2, 0, 4, 1, 3, 5)):
        for k in order:
            assert blurred(scenes[k : k + 1], pad, sigma[k]).tobytes() == together[k].tobytes()


def test_mirrored_scenes_have_mirrored_images() -> None:
    scene = random_scene(50, 46)
    image = blurred([scene], 6, 1.5)[0]
    assert np.array_equal(blurred([scene[::-1, ::-1]], 6, 1.5)[0], image[::-1, ::-1])


@pytest.mark.parametrize("sigma", [np.nan, 0.0])
def test_samples_without_a_psf_are_cropped_bit_for_bit(sigma: float) -> None:
    scene = random_scene(20, 23)
    scene[5, 5:8] = [-0.0, np.inf, 1e-45]
    for pad in (0, 3):
        expected = np.ascontiguousarray(scene[pad : 20 - pad, pad : 23 - pad])
        assert blurred([scene], pad, sigma).tobytes() == expected.tobytes()


def test_crop_cuts_the_frame_out() -> None:
    canvas = np.arange(2 * 128, dtype=np.float32).reshape(2, 128)
    out = np.empty((2, 4 * 5), np.float32)
    crop(canvas, (4, 5, 3), out)
    assert np.array_equal(out.reshape(2, 4, 5), canvas[:, :110].reshape(2, 10, 11)[:, 3:7, 3:8])


@pytest.mark.parametrize("sigma", [0.9, 1e-9, 50.0, np.inf])
def test_a_pad_narrower_than_the_psf_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="padded by less than the radius"):
        blurred([random_scene(16, 16)], 2, sigma)


def test_a_blur_that_is_asked_to_end_returns_without_its_work() -> None:
    stop = Stop()
    stop.set()
    out = np.full((2, 100), 7.0, np.float32)
    blur(np.ones((2, 18 * 18), np.float32), (10, 10, 4), np.full(2, 1.0), out, stop.flag)
    assert (out == 7).all()


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    one = np.zeros((1, 64), np.float32)
    convolution = assembly.fresh(_convolve, one[0], 1, np.ones(2), one[0, :8])
    whole = assembly.fresh(blur, one, (2, 2, 3), np.array([0.7]), np.zeros((1, 4), np.float32), NEVER.flag)
    for code in (convolution, whole):
        assert assembly.packed(code) > 0
        assert assembly.fma(code) == 0


def fingerprint() -> str:
    digest = hashlib.sha256()
    for sigma in (0.3, 0.7, 1.0, 1.3, 2.6):
        digest.update(blurred([random_scene(160, 170)], 11, sigma).tobytes())
    return digest.hexdigest()
