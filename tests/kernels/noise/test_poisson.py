"""Poisson pixel noise: the exact quantile at every pixel's own address."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.noise.counts import (
    ROUNDING_0,
    ROUNDING_1,
    SUMMATION_BOUND,
    _add_up,
    _deviate,
    _expand,
    _smaller_tail,
    fill_counts,
    make_means,
    make_scratch,
    split_means,
)
from deepbench_fast.kernels.noise.poisson import add_poisson
from deepbench_fast.kernels.random import samplers
from deepbench_fast.kernels.random.philox import philox4x32
from tests.kernels import assembly
from tests.kernels.loops import loop
from tests.oracles import addresses

KEY = np.array([12345, 678], np.uint32)
STREAM = 9
MEANS = [
    0.01,
    0.1,
    0.5,
    1.0,
    2.0,
    3.7,
    5.0,
    9.0,
    9.99,
    10.0,
    10.01,
    11.0,
    20.0,
    57.3,
    99.9,
    100.0,
    300.0,
    1e3,
    1e4,
    1e6,
]
POISSON_QUANTILE = loop(samplers.poisson_quantile, arguments=2)


@kernel
def _fill_uniforms(members: Any, stream: Any, key: Any, result: Any) -> None:
    for t in range(members.size):
        low, high = np.uint32(members[t]), np.uint32(members[t] >> np.int64(32))
        for p in range(result.shape[1]):
            w0, w1, _, _ = philox4x32(np.uint32(p), stream, low, high, key[0], key[1])
            result[t, p] = samplers.uniform52(w0, w1)


def uniforms(pixels: int, members: Any) -> Any:
    members = np.asarray(members, np.int64)
    result = np.empty((members.size, pixels))
    _fill_uniforms(members, np.uint32(STREAM), KEY, result)
    return result


def counts(pixels: int, level: Any, members: Any = (0,), stream: int = STREAM, key: Any = KEY) -> Any:
    members = np.asarray(members, np.int64)
    level = np.broadcast_to(np.asarray(level, np.float64), members.shape).copy()
    images = np.zeros((members.size, pixels), np.float32)
    streams = np.full(members.size, stream, np.uint32)
    add_poisson(images, level, np.zeros(members.size, np.int64), key, streams, members)
    return images


def exact(u: Any, level: Any) -> Any:
    u, level = np.broadcast_arrays(u, np.asarray(level, np.float64))
    result = np.empty(u.size, np.int64)
    POISSON_QUANTILE(np.ravel(u), np.ravel(level), result)
    return result.reshape(u.shape)


def clear_of_steps(u: Any, level: Any, expected: Any) -> Any:
    """Where u is further from the steps of the distribution function than its rounding."""
    below = np.where(expected > 0, special.pdtr(np.maximum(expected - 1, 0), level), 0.0)
    return np.minimum(u - below, special.pdtr(expected, level) - u) > 1e-12


# ---- the counts


@pytest.mark.parametrize("mean", MEANS)
def test_counts_are_scipys_quantiles_of_the_addressed_uniforms(mean: float) -> None:
    members = [0, 5, 2**32 + 5, 2**48 - 1]
    u = uniforms(3001, members)
    expected = stats.poisson.ppf(u, mean)
    found = counts(3001, mean, members)
    clear = clear_of_steps(u, mean, expected)
    assert clear.mean() > 0.999
    np.testing.assert_array_equal(found[clear], expected[clear])
    np.testing.assert_array_equal(found, exact(u, mean))


def test_addresses_are_those_of_the_pixels() -> None:
    members = [7, 2**40 + 3]
    expected = [[addresses.uniform((12345, 678), STREAM, m, block=p) for p in range(600)] for m in members]
    np.testing.assert_array_equal(uniforms(600, members), expected)
    np.testing.assert_array_equal(counts(600, 4.2, members), stats.poisson.ppf(expected, 4.2))


@pytest.mark.parametrize(("low", "high"), [(-2, 1), (0.95, 1.05), (1, 2), (2, 4), (4, 6)])
def test_counts_follow_the_distribution_function_next_to_its_steps(low: float, high: float) -> None:
    members = np.arange(4000)
    u = uniforms(1, members)[:, 0]
    generator = np.random.default_rng(1)
    count = stats.poisson.ppf(u, 10.0 ** generator.uniform(low, high, u.size))
    # The mean at which the distribution function reaches u at this very count.
    mean = special.gammainccinv(count + 1, u)
    for shift in (-1e-7, -1e-8, -1e-9, -1e-10, 1e-10, 1e-9, 1e-8, 1e-7):
        level = mean * (1 + shift)
        expected = np.where(special.pdtr(count, level) >= u, count, count + 1)
        clear = np.abs(special.pdtr(count, level) - u) > 1e-12
        assert clear.mean() > 0.5
        np.testing.assert_array_equal(counts(1, level, members)[clear, 0], expected[clear])


def test_counts_equal_the_sampler_for_drawn_means() -> None:
    members = np.arange(4000)
    generator = np.random.default_rng(2)
    u = uniforms(257, members)
    for low, high, digits in ((-3, 1, 9), (0.9, 1.3, 9), (1, 3, 0), (3, 6, 9)):
        level = np.round(10.0 ** generator.uniform(low, high, members.size), digits)
        np.testing.assert_array_equal(counts(257, level, members), exact(u, level[:, None]))


def test_means_up_to_a_thousand_million_and_beyond() -> None:
    members = np.arange(6)
    level = np.array([1e7, 3.3e8, 1e9, 1e9 + 1, 1e12, 1e15])
    u = uniforms(2000, members)
    images = np.zeros(u.shape, np.float32)
    add_poisson(images, level, np.ones(6, np.int64), KEY, np.full(6, STREAM, np.uint32), members)
    expected = exact(u, level[:, None]).astype(np.float64) - level[:, None]
    assert images.tobytes() == expected.astype(np.float32).tobytes()
    # Where scipy's own rounding is far below one count.
    np.testing.assert_array_equal(exact(u, level[:, None])[0], stats.poisson.ppf(u[0], 1e7))
    np.testing.assert_allclose(images.std(axis=1, dtype=np.float64), np.sqrt(level), rtol=0.06)


def test_counts_never_fall_where_the_mean_rises() -> None:
    level = np.sort(np.concatenate([np.linspace(0, 25, 400), np.linspace(9.99, 10.01, 50), np.geomspace(20, 1e4, 200)]))
    found = counts(500, level, np.full(level.size, 77))
    assert np.all(np.diff(found, axis=0) >= 0)
    assert np.all(found[-1] > 9000)


@pytest.mark.parametrize("mean", [0.1, 1.0, 5.0, 9.99, 10.0, 30.0, 100.0, 1e4])
def test_counts_follow_the_distribution(mean: float) -> None:
    draws = counts(2000, mean, np.arange(200)).ravel().astype(np.float64)
    edges = np.unique(stats.poisson.ppf(np.linspace(0.001, 0.999, 60), mean))
    probability = np.diff(np.concatenate([[0.0], special.pdtr(edges, mean), [1.0]]))
    observed = np.bincount(np.searchsorted(edges, draws), minlength=probability.size)
    enough = probability * draws.size > 5
    expected = probability[enough] / probability[enough].sum() * observed[enough].sum()
    assert stats.chisquare(observed[enough], expected).pvalue > 1e-3
    deviation = draws - mean
    assert abs(deviation.mean()) < 4 * np.sqrt(mean / draws.size)
    assert abs((deviation**2).mean() - mean) < 4 * np.sqrt((mean + 2 * mean**2) / draws.size)
    sixth = mean * (1 + 25 * mean + 15 * mean**2)
    assert abs((deviation**3).mean() - mean) < 4 * np.sqrt(sixth / draws.size)


# ---- what becomes of the images


@pytest.mark.parametrize("mean", [0.3, 7.25, 33.33, 1234.5])
def test_counts_are_added_with_or_without_their_mean(mean: float) -> None:
    scene = np.random.default_rng(3).random((2, 700), np.float32)
    images = scene.copy()
    add_poisson(images, np.full(2, mean), np.array([0, 1]), KEY, np.full(2, STREAM, np.uint32), np.array([4, 4]))
    drawn = exact(uniforms(700, [4])[0], mean).astype(np.float64)
    assert images[0].tobytes() == (scene[0] + drawn.astype(np.float32)).tobytes()
    assert images[1].tobytes() == (scene[1] + (drawn - mean).astype(np.float32)).tobytes()


def test_samples_without_a_level_keep_every_bit() -> None:
    scene = np.array([[-0.0, np.nan, 1e-45, np.inf, 3.0]] * 4, np.float32)
    images = scene.copy()
    add_poisson(
        images, np.array([np.nan, 0.0, -0.0, 5.0]), np.ones(4, np.int64), KEY, np.zeros(4, np.uint32), np.arange(4)
    )
    assert images[:3].tobytes() == scene[:3].tobytes()
    assert images[3, 4] != 3.0


@settings(derandomize=True, database=None, deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 2**48 - 1), st.floats(0.01, 300.0)), min_size=1, max_size=8),
    st.integers(1, 1100),
    st.data(),
)
def test_noise_is_a_pure_function_of_the_address(
    samples: list[tuple[int, float]], pixels: int, data: st.DataObject
) -> None:
    members, level = np.array(samples).T
    members = members.astype(np.int64)
    whole = counts(pixels, level, members)
    order = data.draw(st.permutations(range(len(samples))))
    cut = data.draw(st.integers(0, len(samples)))
    for part in (order[:cut], order[cut:]):
        assert counts(pixels, level[part], members[part]).tobytes() == whole[part].tobytes()


@pytest.mark.parametrize("pixels", [1, 3, 63, 64, 65, 511, 512, 513, 784])
def test_fewer_pixels_are_the_first_ones_of_more(pixels: int) -> None:
    np.testing.assert_array_equal(counts(pixels, 6.5, [3, 4]), counts(1700, 6.5, [3, 4])[:, :pixels])


def test_distinct_addresses_have_distinct_noise() -> None:
    others: list[dict[str, Any]] = [
        {"members": [1 + 2**32]},
        {"members": [1], "stream": 1},
        {"members": [1], "key": np.array([1, 678], np.uint32)},
        {"members": [1], "key": np.array([12345, 0], np.uint32)},
    ]
    reference = counts(2000, 50.0, [1])[0].astype(np.float64)
    for other in others:
        assert abs(np.corrcoef(reference, counts(2000, 50.0, **other)[0].astype(np.float64))[0, 1]) < 0.1
    assert abs(np.corrcoef(reference[1:], reference[:-1])[0, 1]) < 0.1


# ---- the first pass


@kernel
def _deviates(w0: Any, w1: Any, tail: Any, z: Any) -> None:
    for i in range(w0.size):
        tail[i] = _smaller_tail(w0[i], w1[i])
        z[i] = _deviate(w0[i], tail[i])


def test_deviates_err_by_less_than_their_bound() -> None:
    generator = np.random.default_rng(4)
    towards_zero = (2.0 ** generator.uniform(14, 31, 300_000)).astype(np.uint32)
    w0 = np.concatenate([generator.integers(0, 2**32, 400_000, np.uint32), towards_zero, ~towards_zero])
    w1 = generator.integers(0, 2**32, w0.size, np.uint32)
    tail, z = np.empty((2, w0.size), np.float32)
    _deviates(w0, w1, tail, z)
    lower = w0 < 2**31
    high, low = (np.where(lower, w, ~w) >> np.uint32(6) for w in (w0, w1))
    smaller = (high * 2.0**26 + low + 0.5) * 2.0**-52
    np.testing.assert_allclose(tail, smaller, rtol=2e-7)
    expected = special.ndtri(smaller) * np.where(lower, 1, -1)
    inside = np.abs(expected) < 4.5
    bound = float(ROUNDING_0) + float(ROUNDING_1) * np.abs(expected)
    assert np.max((np.abs(z - expected) / bound)[inside]) < 0.7


@kernel
def _first_pass(mean: float, words: Any, excess: Any, by_expansion: bool) -> None:
    means = make_means()
    scratch = make_scratch()
    means.exact[:] = mean
    span = split_means(means, means.exact.size)
    for start in range(0, excess.size, means.exact.size):
        scratch.w0[:] = words[0, start : start + means.exact.size]
        scratch.w1[:] = words[1, start : start + means.exact.size]
        if by_expansion:
            _expand(scratch, means, means.exact.size)
        else:
            _add_up(scratch, means, means.exact.size, span.highest_small)
        excess[start : start + means.exact.size] = scratch.excess


@pytest.mark.parametrize("mean", [0.01, 1.0, 5.0, 9.99, 10.0, 12.5, 40.0, 1e3, 1e5])
def test_the_first_pass_leaves_few_pixels_open_and_gets_the_others_right(mean: float) -> None:
    words = np.random.default_rng(5).integers(0, 2**32, (2, 512 * 400), np.uint32)
    excess = np.empty(words.shape[1], np.float32)
    _first_pass(mean, words, excess, mean >= 10)
    settled = excess > -(2.0**29)
    assert (~settled).mean() < 2e-3
    u = np.empty(excess.size)
    loop(samplers.uniform52, arguments=2)(words[0], words[1], u)
    whole = np.floor(mean) if mean >= 10 else 0.0
    np.testing.assert_array_equal((excess + whole)[settled], exact(u, mean)[settled])


@pytest.mark.parametrize("mean", [1e-3, 0.7, 5.0, 9.999])
def test_sums_of_probabilities_err_by_less_than_their_bound(mean: float) -> None:
    p = np.exp(-np.float32(mean))
    total, highest = p, 0.0
    for k in range(1, 25):
        highest = max(highest, abs(float(total) - special.pdtr(k - 1, mean)))
        p = p * (np.float32(mean) * np.float32(1.0 / k))
        total = total + p
    assert highest + 1e-7 < 0.5 * float(SUMMATION_BOUND)


# ---- machine code and portability


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    means, scratch = make_means(), make_scratch()
    means.exact[:] = np.linspace(0, 30, means.exact.size)
    span = split_means(means, 512)
    filling = assembly.fresh(fill_counts, np.empty(512), means, span, scratch, 0, np.uint32(1), 0, KEY)
    # The deviate: were its loop scalar, packed instructions could only come from other loops.
    assert re.search(r"\bv?sqrtps\b|\bfsqrt\s+[vz]\d+\.\d?s", filling)
    splitting = assembly.fresh(split_means, means, 512)
    adding = assembly.fresh(
        add_poisson,
        np.zeros((1, 4), np.float32),
        np.ones(1),
        np.ones(1, np.int64),
        KEY,
        np.zeros(1, np.uint32),
        np.zeros(1, np.int64),
    )
    for code in (filling, splitting, adding):
        assert assembly.packed(code) > 0
        assert assembly.fma(code) == 0


def fingerprint() -> str:
    level = np.array([0.2, 3.0, 9.999, 10.0, 33.3, 1e3, 1e6, 1e9, 3e9])
    return hashlib.sha256(counts(20_001, level, np.arange(level.size)).tobytes()).hexdigest()
