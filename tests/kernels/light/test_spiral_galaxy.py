"""Spiral galaxies against NumPy, SciPy and astropy; pitch by Fourier transform; symmetry, light, bits, machine code."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.special import i0e

from deepbench_fast.kernels._jit import kernel as compiled
from deepbench_fast.kernels.light import spiral_galaxy as kernels
from tests.kernels import assembly
from tests.kernels.astro.objects import (
    Parameters,
    arguments,
    hash_of,
    relative_error,
    render,
    sample,
)
from tests.kernels.astro.rendering import Kernel
from tests.kernels.loops import loop
from tests.oracles import light, spiral
from tests.oracles.means import pixel_means

LOGARITHMIC = {
    "x": 20.2,
    "y": 19.4,
    "amplitude": 1.3,
    "r_eff": 7.5,
    "inclination": 0.7,
    "theta": 0.6,
    "arms": 3,
    "arm_strength": 0.8,
    "arm_width": 0.5,
    "phase": 1.1,
    "handedness": 1,
    "bulge_fraction": 0.2,
    "pitch": 0.35,
}
RINGERMACHER_MEAD = {key: value for key, value in LOGARITHMIC.items() if key != "pitch"} | {
    "rm_scale": 6.0,
    "rm_b": 0.63,
    "rm_n": 4,
}
CENTER = [
    (kernels.spiral_logarithmic_center, LOGARITHMIC),
    (kernels.spiral_ringermacher_mead_center, RINGERMACHER_MEAD),
]
MEANS = [
    (kernels.spiral_logarithmic_integrate, LOGARITHMIC),
    (kernels.spiral_ringermacher_mead_integrate, RINGERMACHER_MEAD),
]
CENTERS = pytest.mark.parametrize(("kernel", "example"), CENTER, ids=["logarithmic", "ringermacher_mead"])
INTEGRALS = pytest.mark.parametrize(("kernel", "example"), MEANS, ids=["logarithmic", "ringermacher_mead"])
ALL = pytest.mark.parametrize(("kernel", "example"), CENTER + MEANS)
FACE_ON = {"inclination": 0.0, "bulge_fraction": 0.0, "x": 0.0, "y": 0.0}

bessel = loop(kernels.scaled_bessel_i0)
sharpness = loop(kernels.arm_sharpness)


@compiled
def angles(r: light.FloatArray, scale: float, b: float, n: float, result: light.FloatArray) -> None:
    for i in range(r.size):
        result[i] = kernels.ringermacher_mead_angle(r[i], scale, b, n)


def random_spiral(rng: np.random.Generator, size: int, ranges: str = "whole") -> dict[str, float]:
    """A galaxy with both forms' parameters, over all that is valid or as recipes draw them by default."""
    whole = ranges == "whole"
    return {
        "x": rng.uniform(0.1, 0.9) * size,
        "y": rng.uniform(0.1, 0.9) * size,
        "amplitude": rng.uniform(0.1, 10.0),
        "r_eff": rng.uniform(1.0 if whole else 0.15 * size, 0.3 * size),
        "inclination": rng.uniform(0.0, 1.4 if whole else 1.0),
        "theta": rng.uniform(-7.0, 7.0),
        "arms": int(rng.integers(1 if whole else 2, 9 if whole else 5)),
        "arm_strength": rng.uniform(0.0 if whole else 0.5, 1.0 if whole else 0.9),
        "arm_width": rng.uniform(0.05 if whole else 0.3, np.pi if whole else 0.8),
        "phase": rng.uniform(-7.0, 7.0),
        "handedness": int(rng.choice([-1, 1])),
        "bulge_fraction": rng.uniform(0.0, 1.0 if whole else 0.3),
        "pitch": rng.uniform(0.087 if whole else 0.17, 1.05 if whole else 0.52),
        "rm_scale": rng.uniform(0.15, 0.3) * size,
        "rm_b": rng.uniform(0.1 if whole else 0.4, 5.0 if whole else 1.0),
        "rm_n": int(rng.integers(1, 13)),
    }


def like(example: Parameters, parameters: Parameters) -> dict[str, float]:
    """Those of the parameters that the example's form has."""
    return {key: parameters[key] for key in example}


def fingerprint() -> str:
    rng = np.random.default_rng(21)
    galaxies = [random_spiral(rng, 28) for _ in range(6)]
    # Light of both forms, and subdivision, which is the same for both.
    pairs = (CENTER[1], MEANS[0])
    return hash_of([(kernel, [like(example, galaxy) for galaxy in galaxies]) for kernel, example in pairs])


def test_bessel_function() -> None:
    kappa = np.concatenate([np.linspace(0.0, 60.0, 601), np.linspace(60.0, 600.0, 200)])
    result = np.empty_like(kappa)
    bessel(kappa, result)
    np.testing.assert_allclose(result, i0e(kappa), rtol=2e-14)


def test_arms_fall_to_half_at_their_width() -> None:
    width = np.linspace(0.05, np.pi, 400)
    kappa = np.empty_like(width)
    sharpness(width, kappa)
    np.testing.assert_allclose(np.exp(kappa * (np.cos(width) - 1.0)), 0.5, rtol=1e-12)


@pytest.mark.parametrize(
    ("r", "scale", "b", "angle"), [(1.0, 1.0, 0.5, 11.111119575095575), (6.0, 6.0, 0.63, 10.744425339398524)]
)
def test_ringermacher_mead_references(r: float, scale: float, b: float, angle: float) -> None:
    result = np.empty(1)
    angles(np.array([r]), scale, b, 4.0, result)
    assert result[0] == pytest.approx(angle, rel=1e-14)
    assert spiral.ringermacher_mead_angle(np.array(r), scale, b, 4.0) == pytest.approx(angle, rel=1e-14)


def test_ringermacher_mead_angle_inverts_the_published_curve() -> None:
    phi = np.array([8.9, 9.5, 10.0, 11.0, 12.0, 12.5])
    r = spiral.ringermacher_mead_radius(phi, 1.0, 0.5, 4.0)
    assert spiral.ringermacher_mead_radius(np.array(10.0), 1.0, 0.5, 4.0) == pytest.approx(2.44708231905688, rel=1e-13)
    result = np.empty_like(r)
    angles(r, 1.0, 0.5, 4.0, result)
    np.testing.assert_allclose(result, phi, rtol=1e-13)


def test_reference() -> None:
    exact = 0.247493689108316
    parameters = spiral.reference()
    assert spiral.spiral(parameters, np.array(7.5), np.array(-3.25)) == pytest.approx(exact, rel=1e-13)
    moved = parameters | {"x": 12.5, "y": 13.25}
    assert render(kernels.spiral_logarithmic_center, moved, 24, 24)[10, 20] == pytest.approx(exact, rel=2e-6)


@CENTERS
def test_center_equals_numpy(kernel: Kernel, example: Parameters) -> None:
    for seed in range(2000):
        parameters = like(example, random_spiral(np.random.default_rng(seed), 28))
        exact = spiral.spiral(parameters, *light.pixel_grid(28, 36))
        image = render(kernel, parameters, 28, 36)
        assert relative_error(image, exact, 1e-6 * spiral.brightest(parameters)) < 5e-6


@CENTERS
def test_center_on_a_large_frame(kernel: Kernel, example: Parameters) -> None:
    parameters = dict(example) | {"x": 1500.3, "y": 3.7, "r_eff": 600.0, "arms": 8, "arm_width": 0.1}
    exact = spiral.spiral(parameters, *light.pixel_grid(8, 4096))
    image = render(kernel, parameters, 8, 4096)
    assert relative_error(image, exact, 1e-6 * spiral.brightest(parameters)) < 5e-6


@INTEGRALS
def test_means_equal_adaptive_quadrature(kernel: Kernel, example: Parameters) -> None:
    rng = np.random.default_rng(15)
    for _ in range(2):
        parameters = like(example, random_spiral(rng, 14, "default"))
        exact = pixel_means(partial(spiral.spiral, parameters), *light.pixel_grid(14, 14), 2e-4)
        assert relative_error(render(kernel, parameters, 14, 14), exact, 1e-6 * exact.max()) < 1e-3, parameters


@INTEGRALS
def test_means_of_thin_arms(kernel: Kernel, example: Parameters) -> None:
    parameters = dict(example) | {"arms": 2, "arm_width": 0.1, "arm_strength": 1.0, "x": 40.0}
    columns, rows = light.pixel_grid(28, 28)
    exact = pixel_means(partial(spiral.spiral, parameters), columns, rows, 1e-5)
    assert relative_error(render(kernel, parameters, 28, 28), exact, 1e-3 * exact.max()) < 1e-3


@INTEGRALS
def test_light_is_that_of_the_disc_whatever_arms_and_bulge(kernel: Kernel, example: Parameters) -> None:
    parameters = dict(example) | {"x": 79.3, "y": 80.1, "r_eff": 6.0}
    alone = {"amplitude": 1.3, "r_eff": 6.0, "n": 1.0, "ellip": 1.0 - np.cos(parameters["inclination"])}
    total = render(kernel, parameters, 160, 160).sum(dtype=np.float64)
    assert total == pytest.approx(light.galaxy_flux(alone), rel=1e-4)


@INTEGRALS
def test_bulge_holds_its_part_of_the_light(kernel: Kernel, example: Parameters) -> None:
    parameters = dict(example) | {"x": 40.0, "y": 40.3, "bulge_fraction": 0.0}
    disc = render(kernel, parameters, 81, 81).sum(dtype=np.float64)
    bulge = render(kernel, parameters | {"bulge_fraction": 1.0, "theta": 0.0}, 81, 81)
    assert bulge.sum(dtype=np.float64) == pytest.approx(disc, rel=1e-3)
    mirrored = render(kernel, parameters | {"bulge_fraction": 1.0, "theta": 0.7}, 81, 81)
    np.testing.assert_allclose(mirrored, bulge, rtol=2e-5)


@CENTERS
@pytest.mark.parametrize("r", [1.5, 6.0, 17.0, 40.0])
def test_mean_around_a_circle_is_the_disc(kernel: Kernel, example: Parameters, r: float) -> None:
    parameters = dict(example) | FACE_ON
    phi = np.linspace(0.0, 2.0 * np.pi, 512, endpoint=False)
    around = sample(kernel, parameters, r * np.cos(phi), r * np.sin(phi)).astype(np.float64)
    disc = float(spiral.disc(parameters, np.array(r), np.array(0.0)))
    assert around.mean() == pytest.approx(disc, rel=2e-6)
    kappa, strength = spiral.sharpness(parameters["arm_width"]), parameters["arm_strength"]
    assert around.max() == pytest.approx(disc * (1.0 - strength + strength / i0e(kappa)), rel=2e-3)
    assert around.min() >= disc * (1.0 - strength)


@CENTERS
@pytest.mark.parametrize("arms", range(1, 9))
def test_turn_from_arm_to_arm_changes_nothing(kernel: Kernel, example: Parameters, arms: int) -> None:
    parameters = dict(example) | FACE_ON | {"arms": arms}
    z = np.linspace(2.0, 30.0, 40) * np.exp(1j * np.linspace(0.0, 9.0, 40))
    turned = z * np.exp(2j * np.pi / arms)
    image = sample(kernel, parameters, z.real, z.imag)
    np.testing.assert_allclose(sample(kernel, parameters, turned.real, turned.imag), image, rtol=5e-6)
    if arms > 1:
        half = z * np.exp(1j * np.pi / arms)
        assert not np.allclose(sample(kernel, parameters, half.real, half.imag), image, rtol=0.05)


@pytest.mark.parametrize("handedness", [1, -1])
@pytest.mark.parametrize(("arms", "degrees"), [(1, 12.0), (2, 18.0), (3, 30.0), (4, 50.0)])
def test_pitch_is_the_angle_between_arm_and_circle(arms: int, degrees: float, handedness: int) -> None:
    """Fourier transform in (ln r, phi): its peak stands at m / tan(pitch) (Puerari & Dottori 1992)."""
    pitch = np.radians(degrees)
    turns = 4
    span = turns * 2.0 * np.pi * np.tan(pitch) / arms
    log_r = np.log(3.0) + span * np.arange(64) / 64
    phi = 2.0 * np.pi * np.arange(64) / 64
    r, around = np.meshgrid(np.exp(log_r), phi, indexing="ij")
    parameters = LOGARITHMIC | FACE_ON | {"arms": arms, "pitch": pitch, "handedness": handedness, "r_eff": 1e4}
    image = sample(kernels.spiral_logarithmic_center, parameters, r * np.cos(around), r * np.sin(around))
    spectrum = np.abs(np.fft.fft2(image - image.mean()))
    spectrum[:, 33:] = 0.0
    peak = tuple(int(k) for k in np.unravel_index(spectrum.argmax(), spectrum.shape))
    # cos(arms (handedness phi - ln(r) / tan(pitch))): the two frequencies have opposite signs where handedness is 1.
    assert peak == (-handedness * turns % 64, arms)


def test_ringermacher_mead_arms_follow_the_published_curve() -> None:
    parameters = RINGERMACHER_MEAD | FACE_ON | {"theta": 0.0}
    phi = np.linspace(10.0, 12.4, 60)
    r = spiral.ringermacher_mead_radius(phi, 6.0, 0.63, 4.0)
    at = phi + parameters["phase"]
    image = sample(kernels.spiral_ringermacher_mead_center, parameters, r * np.cos(at), r * np.sin(at))
    disc = spiral.disc(parameters, r, np.zeros_like(r))
    peak = 1.0 / i0e(spiral.sharpness(parameters["arm_width"]))
    resolved = r > 1.0
    assert resolved.sum() > 40
    np.testing.assert_allclose(image[resolved], (disc * (0.2 + 0.8 * peak))[resolved], rtol=2e-6)


@CENTERS
def test_no_seam_where_the_angle_wraps(kernel: Kernel, example: Parameters) -> None:
    parameters = dict(example) | {"theta": 0.0}
    dx = -np.linspace(2.0, 40.0, 200)
    above, below = (sample(kernel, parameters, dx, np.full_like(dx, dy)) for dy in (1e-7, -1e-7))
    np.testing.assert_allclose(above, below, rtol=1e-5)


@CENTERS
def test_arms_fade_out_at_the_core(kernel: Kernel, example: Parameters) -> None:
    for angle in (0.0, 1.0, 2.0):
        dx, dy = np.array([[0.0, 1e-3, 0.3, 1.2]]) * np.array([[np.cos(angle)], [np.sin(angle)]])
        core = sample(kernel, example, dx, dy)
        assert core[0] == pytest.approx(spiral.brightest(example), rel=2e-6)
        at = {"x": 0.0, "y": 0.0}
        smooth = spiral.spiral(dict(example) | at | {"arm_strength": 0.0}, dx, dy)
        assert core[1] == pytest.approx(smooth[1], rel=1e-5)
        np.testing.assert_allclose(core, spiral.spiral(dict(example) | at, dx, dy), rtol=5e-6)


@ALL
def test_galaxy_stands_where_it_is_put(kernel: Kernel, example: Parameters) -> None:
    for x, y in ((9.0, 25.0), (31.0, 12.0)):
        parameters = dict(example) | {"x": x, "y": y, "arms": 2}
        image = render(kernel, parameters, 36, 44).astype(np.float64)
        assert np.unravel_index(image.argmax(), image.shape) == (y, x)


@ALL
def test_shift_by_whole_pixels_shifts_the_image(kernel: Kernel, example: Parameters) -> None:
    image = render(kernel, example, 40, 44)
    shifted = render(kernel, dict(example) | {"x": 20.2 + 8, "y": 19.4 + 4}, 40, 44)
    np.testing.assert_allclose(shifted[4:, 8:], image[:-4, :-8], rtol=1e-5)


@pytest.mark.parametrize("place", [(6.0, 11.0), (6.5, 11.0), (6.5, 11.5)], ids=["centre", "edge", "corner"])
@INTEGRALS
def test_core_at_a_special_place_of_its_pixel(kernel: Kernel, example: Parameters, place: tuple[float, float]) -> None:
    """At the core itself the arms have no slope: no sign that they are smooth there."""
    wound = like(
        example, {**example, "arms": 2, "arm_width": 0.1, "pitch": 0.087, "rm_scale": 0.5, "bulge_fraction": 0}
    )
    x, y = place
    there = render(kernel, {**wound, "x": x, "y": y}, 21, 21)
    beside = render(kernel, {**wound, "x": x + 1e-6, "y": y - 7e-7}, 21, 21)
    np.testing.assert_allclose(there, beside, rtol=5e-3)


@ALL
def test_half_turn_of_an_even_number_of_arms_changes_nothing(kernel: Kernel, example: Parameters) -> None:
    image = render(kernel, dict(example) | {"arms": 4, "x": 20.0, "y": 20.0}, 41, 41)
    np.testing.assert_allclose(image[::-1, ::-1], image, rtol=1e-4)


@ALL
def test_turn_by_90_degrees_turns_the_image(kernel: Kernel, example: Parameters) -> None:
    image = render(kernel, example, 40, 40)
    at = {"x": 39.0 - example["y"], "y": example["x"], "theta": example["theta"] + np.pi / 2}
    turned = render(kernel, dict(example) | at, 40, 40)
    # A rotation from +x towards +y carries column j, row i to column 39 - i, row j.
    np.testing.assert_allclose(turned, image.T[:, ::-1], rtol=1e-4)


@ALL
def test_other_handedness_is_the_mirror_image(kernel: Kernel, example: Parameters) -> None:
    image = render(kernel, example, 40, 40)
    mirror = {"y": 39.0 - example["y"], "theta": -example["theta"], "handedness": -1}
    np.testing.assert_allclose(render(kernel, dict(example) | mirror, 40, 40), image[::-1], rtol=1e-4)


@ALL
def test_padding_changes_no_bit(kernel: Kernel, example: Parameters) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        parameters = like(example, random_spiral(rng, 28))
        frame = render(kernel, parameters, 28, 27)
        np.testing.assert_array_equal(render(kernel, parameters, 28, 27, pad=9), frame)


@ALL
def test_galaxies_add_to_the_canvas_of_their_sample(kernel: Kernel, example: Parameters) -> None:
    galaxies = [example, dict(example) | {"x": 3.0}, dict(example) | {"y": 15.0}]
    call = arguments(galaxies, [7, 8, 8], 30, 30, first=7)
    kernel(*call)
    images = call[0][:, :900].reshape(2, 30, 30)
    singles = [render(kernel, galaxy, 30, 30) for galaxy in galaxies]
    np.testing.assert_array_equal(images[0], singles[0])
    np.testing.assert_array_equal(images[1], singles[1] + singles[2])


@ALL
@pytest.mark.parametrize("inclination", [0.0, 1.4])
@pytest.mark.parametrize(("arms", "arm_width"), [(1, np.pi), (8, 0.05)])
def test_corners_of_the_ranges_are_finite(
    kernel: Kernel, example: Parameters, arms: int, arm_width: float, inclination: float
) -> None:
    rows = [
        like(example, LOGARITHMIC | RINGERMACHER_MEAD | corner)
        | {"arms": arms, "arm_width": arm_width, "inclination": inclination, "x": x, "y": 4.0, "r_eff": r_eff}
        for corner in ({"pitch": 0.087, "rm_b": 0.01, "rm_n": 1}, {"pitch": 1.05, "rm_b": 100.0, "rm_n": 20})
        for x in (4.0, 1e6)
        for r_eff in (0.5, 1e4)
    ]
    call = arguments(rows, range(len(rows)), 8, 8, 1)
    kernel(*call)
    assert np.isfinite(call[0]).all()
    assert (call[0] >= 0.0).all()


@ALL
def test_machine_code_is_packed_and_unfused(kernel: Kernel, example: Parameters) -> None:
    code = assembly.fresh(kernel, *arguments([example], [0], 8, 8))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
