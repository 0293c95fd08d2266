"""CCD noise: its arithmetic at every pixel's own address, and its moments."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from tests.kernels import assembly
from tests.kernels.noise.test_poisson import KEY, STREAM, exact, uniforms

READ_STREAM = 31
# galsim.CCDNoise of these parameters, a million pixels: variance 38.354.
SIGNAL, SKY, GAIN, READ_NOISE = 37.5, 12.0, 1.7, 5.2


def readings(
    scene: Any, sky: Any = 0.0, gain: Any = 1.0, read_noise: Any = 0.0, subtract: Any = 0, members: Any = None
) -> Any:
    images = np.array(scene, np.float32, ndmin=2)
    count = len(images)
    members = np.arange(count) if members is None else np.asarray(members, np.int64)
    sky, gain, read_noise = (np.broadcast_to(np.asarray(a, np.float64), count).copy() for a in (sky, gain, read_noise))
    streams = np.full(count, STREAM, np.uint32)
    apply_ccd(
        images,
        sky,
        gain,
        read_noise,
        np.broadcast_to(np.asarray(subtract, np.int64), count).copy(),
        KEY,
        streams,
        np.full(count, READ_STREAM, np.uint32),
        members,
    )
    return images


def normals(pixels: int, member: int) -> Any:
    images = np.zeros((1, pixels), np.float32)
    add_gaussian(images, np.ones(1), KEY, np.full(1, READ_STREAM, np.uint32), np.array([member]))
    return images[0].astype(np.float64)


def scene_of(pixels: int, faint: float, bright: float) -> Any:
    return np.geomspace(faint, bright, pixels).astype(np.float32)[np.random.default_rng(1).permutation(pixels)]


@pytest.mark.parametrize(("faint", "bright"), [(0.01, 9.0), (1.0, 100.0), (0.01, 1e5), (30.0, 1e3)])
@pytest.mark.parametrize("subtract", [0, 1])
def test_readings_are_electrons_over_gain_plus_read_noise(faint: float, bright: float, subtract: int) -> None:
    scene = scene_of(1300, faint, bright)
    sky, gain, read_noise, member = 2.25, 1.3, 4.1, 2**33 + 5
    u = uniforms(1300, [member])[0]
    mean = gain * (scene.astype(np.float64) + sky)
    electrons = stats.poisson.ppf(u, mean)
    np.testing.assert_array_equal(electrons, exact(u, mean))
    expected = (electrons / gain - sky * subtract) + (read_noise / gain) * normals(1300, member)
    found = readings(scene, sky, gain, read_noise, subtract, [member])[0]
    assert found.tobytes() == expected.astype(np.float32).tobytes()


def test_moments_of_a_flat_image() -> None:
    values = readings(np.full((100, 10_000), SIGNAL), SKY, GAIN, READ_NOISE, 1).astype(np.float64)
    variance = (SIGNAL + SKY) / GAIN + (READ_NOISE / GAIN) ** 2
    assert variance == pytest.approx(38.4740, abs=1e-4)
    deviation = values - SIGNAL
    assert abs(deviation.mean()) < 4 * np.sqrt(variance / values.size)
    assert abs(deviation.var() - variance) < 4 * variance * np.sqrt(2.1 / values.size)
    assert abs((deviation**3).mean() - (SIGNAL + SKY) / GAIN**2) < 4 * np.sqrt(16 * variance**3 / values.size)


def test_sky_stays_where_it_is_not_subtracted() -> None:
    scene = scene_of(800, 1.0, 50.0)
    with_sky = readings(scene, SKY, GAIN, READ_NOISE, 0).astype(np.float64)
    without = readings(scene, SKY, GAIN, READ_NOISE, 1).astype(np.float64)
    np.testing.assert_allclose(with_sky - without, SKY, rtol=1e-6)


def test_electrons_are_whole_where_nothing_is_read_out() -> None:
    values = readings(scene_of(2000, 0.1, 500.0), SKY, GAIN, 0.0, 1).astype(np.float64)
    electrons = GAIN * (values + SKY)
    np.testing.assert_allclose(electrons, np.round(electrons), rtol=0, atol=1e-3)
    assert np.unique(np.round(electrons)).size > 300


@pytest.mark.parametrize("gain", [0.0, -1.0])
@pytest.mark.parametrize("subtract", [0, 1])
def test_without_gain_there_is_only_read_noise_in_adu(gain: float, subtract: int) -> None:
    scene = scene_of(900, 0.1, 50.0) - np.float32(5.0)
    expected = (scene.astype(np.float64) + SKY * (1 - subtract)) + READ_NOISE * normals(900, 3)
    found = readings(scene, SKY, gain, READ_NOISE, subtract, [3])[0]
    assert found.tobytes() == expected.astype(np.float32).tobytes()


def test_negative_light_has_no_electrons() -> None:
    scene = np.array([-50.0, -12.0, -11.9, 0.0] * 200, np.float32)
    values = readings(scene, SKY, GAIN)[0].reshape(-1, 4)
    assert np.all(values[:, :2] == 0)
    assert 0 < values[:, 2].sum() < values[:, 3].sum()


def test_more_light_never_means_fewer_electrons() -> None:
    light = np.sort(np.concatenate([np.linspace(0, 20, 200), np.geomspace(5, 1e4, 200)])).astype(np.float32)
    images = readings(np.repeat(light[:, None], 300, axis=1), members=np.full(light.size, 5))
    assert np.all(np.diff(images, axis=0) >= 0)


def test_samples_without_gain_value_keep_every_bit() -> None:
    scene = np.array([[-0.0, np.nan, 1e-45, np.inf, 3.0]] * 2, np.float32)
    images = readings(scene, [np.nan, 1.0], [np.nan, 2.0], [np.nan, 1.0])
    assert images[0].tobytes() == scene[0].tobytes()
    assert images[1, 4] != 3.0


@settings(derandomize=True, database=None, deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 2**48 - 1), st.floats(-1.0, 50.0)), min_size=1, max_size=6),
    st.integers(1, 1100),
    st.data(),
)
def test_noise_is_a_pure_function_of_the_address(
    samples: list[tuple[int, float]], pixels: int, data: st.DataObject
) -> None:
    members, gain = np.array(samples).T
    scene = np.random.default_rng(2).uniform(0, 30, (len(samples), pixels))
    whole = readings(scene, 3.0, gain, 2.0, 1, members)
    order = data.draw(st.permutations(range(len(samples))))
    cut = data.draw(st.integers(0, len(samples)))
    for part in (order[:cut], order[cut:]):
        if part:
            assert readings(scene[part], 3.0, gain[part], 2.0, 1, members[part]).tobytes() == whole[part].tobytes()
    first = max(1, pixels // 2)
    assert readings(scene[:, :first], 3.0, gain, 2.0, 1, members).tobytes() == whole[:, :first].tobytes()


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    one, streams = np.ones(1), np.zeros(1, np.uint32)
    whole = np.zeros(1, np.int64)
    code = assembly.fresh(apply_ccd, np.ones((1, 9), np.float32), one, one, one, whole, KEY, streams, streams, whole)
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    scene = np.random.default_rng(3).uniform(-5, 200, (5, 5001)) ** 2
    return hashlib.sha256(readings(scene, 2.0, [0.3, 1.0, 2.0, 0.0, 1e3], 3.0, 1).tobytes()).hexdigest()
