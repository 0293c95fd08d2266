"""Measurement noise on series: its addresses, its scale and its distribution."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from deepbench_fast.kernels.noise.gaussian import box_muller
from deepbench_fast.kernels.noise.outputs import STRETCH, WORDS, add_measurement_noise
from tests.kernels import assembly
from tests.oracles.addresses import philox

KEY = np.array([0xDEADBEEF, 77], np.uint32)


def noise(times: int, members: Any, streams: Any, sigma: Any = 1.0, key: Any = KEY) -> npt.NDArray[np.float64]:
    """Noise of series that are zero: members (n,), streams (n, F)."""
    streams = np.asarray(streams, np.uint32)
    series = np.zeros((streams.shape[0], times, streams.shape[1]))
    scale = np.array(np.broadcast_to(sigma, streams.shape), np.float64)
    add_measurement_noise(series, scale, key, streams, np.asarray(members, np.int64))
    return series


@pytest.mark.parametrize("member", [0, 12345, 2**32 + 5, 2**48 - 1])
def test_every_value_is_the_normal_of_its_own_address(member: int) -> None:
    times = 403
    streams = [0, 0xFFFFFFF0, 7]
    values = noise(times, [member], [streams])
    for f, stream in enumerate(streams):
        expected = []
        for block in range((times + 3) // 4):
            counter = block, stream, member & 0xFFFFFFFF, member >> 32
            w = [np.uint32(word) for word in philox(counter, (int(KEY[0]), int(KEY[1])))]
            expected += [*box_muller(w[0], w[1]), *box_muller(w[2], w[3])]
        assert values[0, :, f].tobytes() == np.array(expected[:times]).tobytes()


def test_reference_normals() -> None:
    values = noise(4, [0], [[0]], key=np.zeros(2, np.uint32))[0, :, 0]
    expected = [0.991137679930386, -0.924662587665535, -0.617608959459191, -0.482068587487180]
    np.testing.assert_allclose(values, expected, rtol=0, atol=3e-15)


@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 127, 128, 129, WORDS * STRETCH - 1, WORDS * STRETCH + 1])
def test_fewer_times_have_the_first_normals_of_more(times: int) -> None:
    members, streams = [3, 4], [[1, 2], [1, 5]]
    np.testing.assert_array_equal(noise(times, members, streams), noise(5001, members, streams)[:, :times])


@settings(derandomize=True, deadline=None, database=None, max_examples=25)
@given(st.lists(st.integers(0, 2**48 - 1), min_size=1, max_size=8), st.data())
def test_noise_does_not_depend_on_the_batch(members: list[int], data: st.DataObject) -> None:
    columns, times = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 300))
    streams = np.random.default_rng(len(members)).integers(0, 2**32, (len(members), columns), np.uint32)
    whole = noise(times, members, streams)
    order = data.draw(st.permutations(range(len(members))))
    kept = data.draw(st.permutations(range(columns)))[: data.draw(st.integers(1, columns))]
    part = noise(times, np.array(members)[order], streams[order][:, kept])
    assert part.tobytes() == whole[order][:, :, kept].tobytes()


def test_noise_is_scaled_and_added() -> None:
    rng = np.random.default_rng(3)
    scene, sigma = rng.random((3, 50, 2)), rng.random((3, 2))
    series, streams = scene.copy(), rng.integers(0, 2**32, (3, 2), np.uint32)
    add_measurement_noise(series, sigma, KEY, streams, np.arange(3))
    assert series.tobytes() == (scene + sigma[:, None] * noise(50, np.arange(3), streams)).tobytes()


def test_columns_without_sigma_keep_every_bit() -> None:
    scene = np.array([-0.0, np.nan, 5e-324, np.inf, 3.0])[None, :, None] * np.ones((2, 1, 4))
    series = scene.copy()
    sigma = np.array([[np.nan, 0.0, -0.0, 1.0], [2.0, np.nan, 0.0, np.nan]])
    add_measurement_noise(series, sigma, KEY, np.ones((2, 4), np.uint32), np.arange(2))
    silent = np.isnan(sigma) | (sigma == 0)
    for i, f in np.ndindex(2, 4):
        assert (series[i, :, f].tobytes() == scene[i, :, f].tobytes()) == silent[i, f]


def test_distinct_addresses_have_distinct_noise() -> None:
    values = [noise(1000, [1], [[1, 2]]), noise(1000, [1 + 2**32], [[1, 2]]), noise(1000, [2], [[1, 2]])]
    values += [noise(1000, [1], [[1, 2]], key=np.array(key, np.uint32)) for key in ([1, 0], [0, 1])]
    assert np.unique(values).size == np.size(values)


def test_noise_is_normal_and_white() -> None:
    values = noise(1000, np.arange(100), np.arange(400).reshape(100, 4))
    flat = values.ravel()
    # Standard errors of the first four moments of a normal sample.
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(flat**power) - expected) < 4 * np.sqrt(variance / flat.size)
    assert stats.kstest(flat, "norm").pvalue > 1e-3
    for one, other in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1]), (values[..., 1:], values[..., :-1])):
        assert abs(np.mean(one * other)) < 4 / np.sqrt(one.size)


def test_machine_code_is_packed_and_unfused() -> None:
    arguments = (np.zeros((1, 8, 1)), np.ones((1, 1)), KEY, np.zeros((1, 1), np.uint32), np.zeros(1, np.int64))
    code = assembly.fresh(add_measurement_noise, *arguments)
    assert assembly.packed(code) > 60
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    return hashlib.sha256(noise(3001, [5, 2**40], [[9, 10], [11, 12]], sigma=0.37).tobytes()).hexdigest()
