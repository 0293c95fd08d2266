"""Transforms and convolutions of our own against numpy's and scipy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from deepbench_fast.kernels.psf.fourier import (
    _radix_2,
    _radix_3,
    _radix_4,
    convolve,
    make_turns,
    make_work,
    tile_of,
    transfer_function,
    transform,
    transform_back,
    transform_size,
)
from deepbench_fast.kernels.stopping import NEVER, Stop
from tests.kernels import assembly

SIZES = [2, 4, 6, 8, 12, 16, 18, 24, 32, 36, 48, 64, 72, 96, 128, 144, 288, 1024, 1152]


def whole(quarter: Any) -> Any:
    right = np.concatenate([quarter[:, :0:-1], quarter], axis=1)
    return np.concatenate([right[:0:-1], right])


def convolved(window: Any, quarter: Any) -> Any:
    """The part of the window whose every neighbour within the kernel stands in the window."""
    radius = quarter.shape[0] - 1
    height, width = (side - 2 * radius for side in window.shape)
    turns = (make_turns(transform_size(window.shape[0])), make_turns(transform_size(window.shape[1])))
    work = make_work(*(turn.shape[1] for turn in turns))
    transfer = transfer_function(quarter, *turns, work, NEVER.flag)
    out = np.full(height * width, np.nan, np.float32)
    convolve(window.ravel(), window.shape[1], radius, (height, width), transfer, turns, work, out, width, NEVER.flag)
    return out.reshape(height, width)


def test_sizes_are_the_smallest_of_their_kinds() -> None:
    possible = sorted({factor * 2**a for factor in (1, 3, 9) for a in range(1, 14)})
    for least in range(1, 2000):
        assert transform_size(least) == min(size for size in possible if size >= least)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("inverse", [False, True])
def test_transforms_are_those_of_numpy(size: int, inverse: bool) -> None:
    random = np.random.default_rng(size)
    given_re, given_im = random.normal(size=(2, size, 5))
    values = given_re + 1j * given_im
    expected = np.fft.ifft(values, axis=0) * size if inverse else np.fft.fft(values, axis=0)
    parts, spare = (given_re.ravel(), given_im.ravel()), (np.full(5 * size, np.nan), np.full(5 * size, np.nan))
    (re, im), _ = (transform_back if inverse else transform)(parts, spare, 5, make_turns(size), NEVER.flag)
    made = (re + 1j * im).reshape(size, 5)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_convolutions_agree_with_scipy(height: int, width: int, radius: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    window = random.random((height + 2 * radius, width + 2 * radius), np.float32)
    quarter = random.random((radius + 1, radius + 1))
    expected = signal.fftconvolve(window.astype(np.float64), whole(quarter), mode="valid")
    np.testing.assert_allclose(convolved(window, quarter), expected, rtol=2e-7)


def test_a_transform_that_is_asked_to_end_does_no_butterfly() -> None:
    stop = Stop()
    stop.set()
    re, im, *spare = np.ones((4, 64))
    made, free = transform((re, im), tuple(spare), 2, make_turns(32), stop.flag)
    assert all((part == 1).all() for part in (*made, *free))


def test_faint_light_is_right_beside_bright_light() -> None:
    """Rounding leaves less than 1e-14 of the largest value in every pixel."""
    window = np.zeros((120, 110), np.float32)
    window[60, 60] = 1.0
    quarter = np.zeros((21, 21))
    quarter[0, 0] = 1.0
    made = convolved(window, quarter)
    assert made[40, 40] == pytest.approx(1.0, abs=1e-7)
    made[40, 40] = 0.0
    assert np.abs(made).max() < 1e-14


@pytest.mark.parametrize(("length", "radius"), [(28, 28), (1, 5), (1024, 1024), (1024, 33), (4096, 20), (16384, 9)])
def test_long_sides_are_cut_into_tiles_where_that_is_less_work(length: int, radius: int) -> None:
    """And never where the kernel is as long as the side."""

    def work(tile: int) -> float:
        size = transform_size(tile + 2 * radius)
        return -(-length // tile) * size * np.ceil(np.log2(size))

    tile = tile_of(length, 2 * radius)
    assert work(tile) == min(work(-(-length // parts)) for parts in range(1, min(length, 64) + 1))
    assert tile == length or radius < length / 4


@pytest.mark.parametrize("butterfly", [_radix_2, _radix_3, _radix_4], ids=lambda kernel: kernel.__name__)
def test_machine_code_is_packed_without_fused_multiply_add(butterfly: Any) -> None:
    re, im, to_re, to_im = np.zeros((4, 24))
    code = assembly.fresh(butterfly, (re, im), (to_re, to_im), 2, 1, make_turns(12))
    assert assembly.packed(code) > 20
    assert assembly.fma(code) == 0
