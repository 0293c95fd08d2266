"""Noise on pixels at every corner of its levels: normals against their float64 selves, counts against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from deepbench_fast import Recipe, samples
from deepbench_fast.effects.noise.ccd import LEAST_GAIN
from deepbench_fast.effects.registry import NOISES
from deepbench_fast.errors import RecipeError
from deepbench_fast.kernels.image.measure import quantise
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.noise.poisson import add_poisson
from deepbench_fast.values.parameter import Parameter
from tests.accuracy.corners import wide
from tests.accuracy.stated import Worst, campaign
from tests.kernels.loops import Array
from tests.kernels.noise.test_ccd import normals, readings
from tests.kernels.noise.test_gaussian import normals_float32, normals_float64
from tests.kernels.noise.test_poisson import KEY, STREAM, uniforms

PIXELS = 600
# From here on an expansion about the normal deviate is exact to a count, which is a small part of the scatter.
EXPANSION = 1e7
MOST_ELECTRONS = 1e15


def declared(model: str, name: str) -> Parameter:
    return next(parameter for parameter in NOISES[model].parameters if parameter.name == name)


def level(rng: np.random.Generator, model: str, name: str, least: float) -> float:
    """A level over its whole range: 0, the most, or any size from `least`."""
    parameter = declared(model, name)
    return float(rng.choice([0.0, parameter.high])) if rng.random() < 0.2 else wide(rng, least, parameter.high)


def counts(u: Array, mean: Array) -> Array:
    """Quantiles of Poisson distributions."""
    z, root = stats.norm.ppf(u), np.sqrt(np.maximum(mean, 1.0))
    expansion = np.floor(mean + root * z + (2.0 + z * z) / 6.0 - z * (2.0 + z * z) / (72.0 * root))
    return np.where(
        mean > EXPANSION, expansion, np.where(mean > 0.0, stats.poisson.ppf(u, np.minimum(mean, EXPANSION)), 0.0)
    )


@campaign(200_000, 20_000_000)
def test_normals(draws: int) -> None:
    rng, worst = np.random.default_rng(1), Worst("Normals of pixels")
    for _ in range(max(1, draws // 1_000_000)):
        words = rng.integers(0, 2**32, (2, min(draws, 1_000_000)), np.uint32)
        words[0, :4] = 0, 2**32 - 1, 2**31, 2**31 - 1
        single, double = np.empty(words.shape, np.float32), np.empty(words.shape)
        normals_float32(words[0], words[1], single[0], single[1])
        normals_float64(words[0], words[1], double[0], double[1])
        worst.see(float(np.max(np.abs(single - double))))
    worst.check()


@campaign(100, 5_000)
def test_gaussian(draws: int) -> None:
    """Of any standard deviation on light of any size: finite, and rounded but once more."""
    rng, worst = np.random.default_rng(2), Worst("Gaussian noise")
    for _ in range(draws):
        sigma, light = (
            level(rng, "gaussian", "sigma", 1e-30),
            float(rng.choice([0.0, 10.0 ** rng.uniform(-10.0, 30.0)])),
        )
        images = np.full((1, PIXELS), light, np.float32)
        add_gaussian(images, np.array([sigma]), KEY, np.full(1, 31, np.uint32), np.zeros(1, np.int64))
        assert np.isfinite(images).all()
        exact = np.float64(np.float32(light)) + sigma * normals(PIXELS, 0)
        worst.see(
            float(np.max(np.abs(images - exact) / np.maximum(np.abs(exact), max(sigma, 1e-300)))),
            sigma=sigma,
            light=light,
        )
    worst.check()


@campaign(25, 1_000)
def test_poisson(draws: int) -> None:
    rng, worst = np.random.default_rng(3), Worst("Poisson background")
    for member in range(draws):
        mean, subtract = level(rng, "poisson", "level", 1e-6), int(rng.integers(2))
        images = np.zeros((1, PIXELS), np.float32)
        add_poisson(
            images, np.array([mean]), np.array([subtract]), KEY, np.full(1, STREAM, np.uint32), np.array([member])
        )
        exact = counts(uniforms(PIXELS, [member])[0], np.full(PIXELS, mean)) - subtract * mean
        scatter = max(np.sqrt(mean), 1.0)
        worst.see(
            float(np.max(np.abs(images[0] - exact) / np.maximum(np.abs(exact), scatter))), level=mean, subtract=subtract
        )
    worst.check()


@campaign(60, 3_000)
def test_ccd(draws: int) -> None:
    """Every gain, sky and read noise on light of any size, up to 1e15 electrons a pixel."""
    rng, worst = np.random.default_rng(4), Worst("CCD reading")
    for member in range(draws):
        sky, read_noise = level(rng, "ccd", "sky", 1e-6), level(rng, "ccd", "read_noise", 1e-6)
        gain = float(rng.choice([0.0, LEAST_GAIN, wide(rng, LEAST_GAIN, declared("ccd", "gain").high)]))
        most = MOST_ELECTRONS / gain - sky if gain > 0.0 else 1e20
        light = np.float32(min(10.0 ** rng.uniform(-6.0, 15.0), max(most, 0.0)) * rng.choice([0.0, 1.0]))
        subtract = int(rng.integers(2))
        found = readings(np.full(PIXELS, light), sky, gain, read_noise, subtract, [member])[0]
        assert np.isfinite(found).all()
        z, left = normals(PIXELS, member), sky * (1 - subtract)
        scatter = read_noise
        exact = np.float64(light) + left + read_noise * z
        if gain > 0.0:
            mean = gain * (np.float64(light) + sky)
            exact = (
                counts(uniforms(PIXELS, [member])[0], np.full(PIXELS, mean)) / gain
                - subtract * sky
                + read_noise / gain * z
            )
            scatter = np.sqrt(mean + read_noise**2) / gain
        error = np.abs(found - exact) / np.maximum(np.abs(exact), max(scatter, 1e-30))
        worst.see(float(error.max()), sky=sky, gain=gain, read_noise=read_noise, light=light, subtract=subtract)
    worst.check()


def test_quantised_images_are_the_nearest_whole_numbers() -> None:
    values = np.array([[0.0, 0.499, 0.5, 254.49, 254.5, 255.0, 255.4, 1e38, -1.0, -1e38, 1e-45]], np.float32)
    found = np.empty(values.shape, np.uint8)
    quantise(values, found)
    np.testing.assert_array_equal(found[0], [0, 0, 1, 254, 255, 255, 255, 255, 0, 0, 0])


STAR = "catalogues: {a: {objects: [{star: {count: 3, amplitude: 1e20}}]}}"
MANY = (
    "catalogues: {a: {objects: [{galaxy: {count: 65535, amplitude: 1e20}}, {galaxy: {count: 65535, amplitude: 1e20}}]}}"
)


@pytest.mark.parametrize(
    ("noise", "scene", "key", "problem"),
    [
        ("ccd: {sky: 1, gain: 5.0e-324, read_noise: 1}", STAR, "noise.ccd.gain", "0 or 1e-9 and more"),
        (
            "ccd: {sky: 1, gain: {choice: [0, 1.0e-12, 1]}, read_noise: 1}",
            STAR,
            "noise.ccd.gain",
            "0 or 1e-9 and more",
        ),
        ("ccd: {sky: 1, gain: {uniform: [0, 1.0e-300]}, read_noise: 1}", STAR, "noise.ccd.gain", "0 or 1e-9 and more"),
        ("gaussian: {snr: 1.0e-320}", STAR, "noise.gaussian.snr", "from 0.001 to"),
        ("gaussian: {snr: 0.001}", STAR, "catalogues.a.star.amplitude", "at snr 0.001: float32 would overflow"),
        ("gaussian: {sigma: 1}", MANY, "catalogues.a.galaxy.2.amplitude", "float32 would overflow"),
    ],
)
def test_recipes_of_more_than_float32_holds_are_refused(noise: str, scene: str, key: str, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem) as caught:
        Recipe.from_yaml(f"image: {{shape: [16, 16]}}\nnoise: [{noise}]\n{scene}")
    assert caught.value.key == key


@pytest.mark.parametrize(
    "noise",
    [
        "ccd: {sky: 1e9, gain: 1.0e-9, read_noise: 1e9, subtract_sky: true}",
        "ccd: {sky: 1e9, gain: {uniform: [0, 1.0e-9]}, read_noise: 1e9}",
        "ccd: {sky: 1e9, gain: 0, read_noise: 1e9}",
        "gaussian: {sigma: 1e30}",
        "gaussian: {snr: 0.03}",
        "poisson: {level: 1e9, subtract: true}",
    ],
)
def test_the_corners_of_noise_are_finite(noise: str) -> None:
    recipe = Recipe.from_yaml(f"samples: 50\nimage: {{shape: [16, 16]}}\nnoise: [{noise}]\n{STAR}")
    assert np.isfinite(samples(recipe, 0, 50)["images"]).all()
