"""Gaussian pixel noise: its addresses, its arithmetic and its distribution."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.noise.gaussian import add_gaussian, box_muller, box_muller32
from deepbench_fast.kernels.random.philox import philox4x32
from tests.kernels import assembly

ZERO_KEY = np.zeros(2, np.uint32)
REFERENCE = [0.991137679930386, -0.924662587665535, -0.617608959459191, -0.482068587487180]
EDGES = [0, 1, 2, 3, 255, 2**16, 2**24 - 1, 2**24, 2**24 + 1]
EDGES += [2**k + d for k in range(26, 32) for d in (-2, -1, 0, 1, 2)] + [3 * 2**30, 5 * 2**29, 7 * 2**29]
EDGES += [2**32 - 1 - w for w in EDGES]


@kernel
def normals_float32(w0: Any, w1: Any, first: Any, second: Any) -> None:
    for i in range(w0.size):
        first[i], second[i] = box_muller32(w0[i], w1[i])


@kernel
def normals_float64(w0: Any, w1: Any, first: Any, second: Any) -> None:
    for i in range(w0.size):
        first[i], second[i] = box_muller(w0[i], w1[i])


@kernel
def words_of_blocks(blocks: Any, stream: Any, member: Any, key: Any, words: Any) -> None:
    for m in range(blocks):
        words[m] = philox4x32(
            np.uint32(m), stream, np.uint32(member), np.uint32(member >> np.int64(32)), key[0], key[1]
        )


def noise(pixels: int, members: Any = (0,), streams: Any = None, sigma: Any = 1.0, key: Any = ZERO_KEY) -> Any:
    members = np.asarray(members, np.int64)
    images = np.zeros((members.size, pixels), np.float32)
    streams = np.zeros(members.size, np.uint32) if streams is None else np.asarray(streams, np.uint32)
    add_gaussian(images, np.full(members.size, sigma, np.float64), key, streams, members)
    return images


def test_reference_normals_of_counter_zero_and_key_zero() -> None:
    np.testing.assert_allclose(noise(4)[0], REFERENCE, rtol=0, atol=1e-6)
    words = np.empty((1, 4), np.uint32)
    words_of_blocks(1, np.uint32(0), np.int64(0), ZERO_KEY, words)
    pairs = [box_muller(words[0, 0], words[0, 1]), box_muller(words[0, 2], words[0, 3])]
    np.testing.assert_allclose(np.ravel(pairs), REFERENCE, rtol=0, atol=3e-15)


def test_reference_normals_of_another_address() -> None:
    # Stream 0, member 7 + 1 * 2**32, key 12345.
    values = noise(4, members=[7 + 2**32], key=np.array([12345, 0], np.uint32))[0]
    np.testing.assert_allclose(values, [0.2539275564495, 0.4569441817186, 0.5897450443155, 1.7195251789625], atol=1e-6)


@pytest.mark.parametrize("member", [0, 12345, 2**32 + 5, 2**48 - 1])
def test_pixels_are_the_normals_of_their_own_counters(member: int) -> None:
    key = np.array([0xDEADBEEF, 77], np.uint32)
    words = np.empty((2050, 4), np.uint32)
    words_of_blocks(len(words), np.uint32(0xFFFFFFF0), np.int64(member), key, words)
    flat = words.reshape(-1, 2)
    expected = np.empty((len(flat), 2), np.float32)
    normals_float32(flat[:, 0].copy(), flat[:, 1].copy(), expected[:, 0], expected[:, 1])
    assert noise(8199, [member], [0xFFFFFFF0], key=key).tobytes() == expected.ravel()[:8199].tobytes()


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=8), st.data())
def test_noise_is_a_pure_function_of_the_address(samples: list[tuple[int, int]], data: st.DataObject) -> None:
    members, streams = np.array(samples, np.uint64).T
    pixels = data.draw(st.integers(1, 300))
    whole = noise(pixels, members, streams)
    order = data.draw(st.permutations(range(len(samples))))
    cut = data.draw(st.integers(0, len(samples)))
    for part in (order[:cut], order[cut:]):
        assert noise(pixels, members[part], streams[part]).tobytes() == whole[part].tobytes()


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 5, 63, 64, 65, 784, 4095, 4097])
def test_fewer_pixels_are_the_first_ones_of_more(pixels: int) -> None:
    np.testing.assert_array_equal(noise(pixels, [3, 4]), noise(9001, [3, 4])[:, :pixels])


def test_distinct_addresses_have_distinct_noise() -> None:
    addresses = [
        {"members": [1]},
        {"members": [1 + 2**32]},
        {"members": [1], "streams": [1]},
        {"members": [1], "key": np.array([1, 0], np.uint32)},
        {"members": [1], "key": np.array([0, 1], np.uint32)},
    ]
    values = np.concatenate([noise(1000, **address) for address in addresses])
    assert np.unique(values).size > 0.999 * values.size


def test_float32_normals_agree_with_the_float64_twin_at_every_edge() -> None:
    rng = np.random.default_rng(1)
    edges = np.array(EDGES, np.uint64).astype(np.uint32)
    w0 = np.concatenate([np.repeat(edges, edges.size), rng.integers(0, 2**32, 300_000, np.uint32)])
    w1 = np.concatenate([np.tile(edges, edges.size), rng.integers(0, 2**32, 300_000, np.uint32)])
    narrow, wide = np.empty((2, w0.size), np.float32), np.empty((2, w0.size))
    normals_float32(w0, w1, narrow[0], narrow[1])
    normals_float64(w0, w1, wide[0], wide[1])
    assert np.abs(narrow - wide).max() < 2e-6
    # Near u = 1 the radius is small: its relative error stays small too.
    radius = np.hypot(*narrow.astype(np.float64))
    assert np.abs(radius / np.hypot(*wide) - 1).max() < 1e-6
    assert 6.66 < np.abs(wide).max() < 6.77


def test_float64_twin_is_box_muller() -> None:
    rng = np.random.default_rng(2)
    w0, w1 = rng.integers(0, 2**32, (2, 10_000), np.uint32)
    w0[: len(EDGES)] = EDGES
    w1[-len(EDGES) :] = EDGES
    wide = np.empty((2, w0.size))
    normals_float64(w0, w1, wide[0], wide[1])
    radius = np.sqrt(-2 * np.log1p(-(2.0**32 - w0 - 0.5) * 2.0**-32))
    angle = 2 * np.pi * (w1 + 0.5) * 2.0**-32
    np.testing.assert_allclose(wide, radius * [np.cos(angle), np.sin(angle)], rtol=0, atol=2e-14)


def test_a_million_normals_are_normal() -> None:
    values = np.sort(noise(10_000, np.arange(100), key=np.array([5, 6], np.uint32)).ravel().astype(np.float64))
    n = values.size
    # Standard errors of the first four moments of a normal sample.
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(values**power) - expected) < 4 * np.sqrt(variance / n)
    assert stats.kstest(values, "norm").pvalue > 1e-3
    rank = 2 * np.arange(1, n + 1) - 1
    anderson_darling = -n - np.mean(rank * (stats.norm.logcdf(values) + stats.norm.logsf(values[::-1])))
    assert anderson_darling < 6.0  # exceeded once in a thousand


def test_neighbours_are_uncorrelated() -> None:
    by_member = noise(1000, np.arange(400)).astype(np.float64)
    by_stream = noise(1000, np.zeros(400), np.arange(400)).astype(np.float64)
    for values in (by_member, by_stream):
        for product in (values[1:] * values[:-1], values[:, 1:] * values[:, :-1], values[:, 4:] * values[:, :-4]):
            assert abs(product.mean()) < 4 / np.sqrt(product.size)
            assert abs((product**2).mean() - 1) < 4 * np.sqrt(8 / product.size)


def test_noise_is_scaled_by_sigma_and_added() -> None:
    scene = np.random.default_rng(3).random((3, 50), np.float32)
    sigma = np.array([0.1, 2.5, 1e-3])
    images = scene.copy()
    add_gaussian(images, sigma, ZERO_KEY, np.zeros(3, np.uint32), np.arange(3))
    expected = scene + sigma.astype(np.float32)[:, None] * noise(50, [0, 1, 2])
    assert images.tobytes() == expected.tobytes()


def test_samples_without_sigma_keep_every_bit() -> None:
    scene = np.array([[-0.0, np.nan, 1e-45, np.inf, 3.0]] * 4, np.float32)
    images = scene.copy()
    add_gaussian(images, np.array([np.nan, 0.0, -0.0, 1.0]), ZERO_KEY, np.zeros(4, np.uint32), np.arange(4))
    assert images[:3].tobytes() == scene[:3].tobytes()
    assert images[3, 4] != 3.0


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    arguments = (np.zeros((1, 4), np.float32), np.ones(1), ZERO_KEY, np.zeros(1, np.uint32), np.zeros(1, np.int64))
    code = assembly.fresh(add_gaussian, *arguments)
    # The radius: were the loop over counters scalar, packed instructions could only come from the addition.
    assert re.search(r"\bv?sqrtps\b|\bfsqrt\s+[vz]\d+\.\d?s", code)
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    return hashlib.sha256(noise(70_001, [5, 2**40], [9, 10], sigma=0.37).tobytes()).hexdigest()
