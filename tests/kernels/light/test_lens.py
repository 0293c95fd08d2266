"""Lenses against lenstronomy, NumPy, the equations of lensing and closed forms; symmetry, bits, machine code."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaincinv

from deepbench_fast.kernels._jit import kernel as compiled
from deepbench_fast.kernels.light import lens as kernels
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
from tests.oracles import lens, light
from tests.oracles.means import pixel_means

EXAMPLE = {
    "x": 14.2,
    "y": 13.6,
    "theta_e": 6.0,
    "q": 0.7,
    "phi": 0.5,
    "softening": 0.0,
    "gamma1": 0.05,
    "gamma2": -0.03,
    "source_dx": 1.2,
    "source_dy": -0.7,
    "source_amplitude": 2.0,
    "source_r_eff": 1.5,
    "source_n": 1.0,
    "source_ellip": 0.3,
    "source_theta": 1.1,
}
REFERENCE = {
    "x": 0.0,
    "y": 0.0,
    "theta_e": 1.25,
    "q": 0.68,
    "phi": 0.45,
    "softening": 1e-10,
    "gamma1": 0.05,
    "gamma2": -0.03,
    "source_dx": 0.05,
    "source_dy": -0.02,
    "source_amplitude": 1.0,
    "source_r_eff": 0.3 / np.sqrt(0.7),
    "source_n": 1.0,
    "source_ellip": 0.3,
    "source_theta": 1.1,
}
NO_SHEAR = {"gamma1": 0.0, "gamma2": 0.0}
DEFLECTOR = ("theta_e", "q", "phi", "softening", "gamma1", "gamma2")
BOTH = pytest.mark.parametrize("kernel", [kernels.lens_center, kernels.lens_integrate])


@compiled
def deflect(
    x: light.FloatArray,
    y: light.FloatArray,
    theta_e: float,
    q: float,
    phi: float,
    softening: float,
    gamma1: float,
    gamma2: float,
    alpha: light.FloatArray,
) -> None:
    deflector = kernels.deflector(theta_e, q, phi, softening, gamma1, gamma2)
    for i in range(x.size):
        alpha[0, i], alpha[1, i] = kernels.deflection(x[i], y[i], deflector)


def deflection(parameters: Parameters, x: Any, y: Any) -> light.FloatArray:
    x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    alpha = np.empty((2, x.size))
    deflect(x.ravel(), y.ravel(), *(float(parameters[name]) for name in DEFLECTOR), alpha)
    return alpha.reshape(2, *x.shape)


def random_lens(rng: np.random.Generator, size: int, ranges: str = "whole") -> dict[str, float]:
    """A lens over all that is valid, or as recipes draw them by default."""
    whole = ranges == "whole"
    theta_e = rng.uniform(0.05 if whole else 0.15, 0.3) * size
    shear = 0.3 * rng.uniform(0.0, 1.0 if whole else 0.3) * np.exp(1j * rng.uniform(0.0, 7.0))
    return {
        "x": rng.uniform(0.4, 0.6) * size,
        "y": rng.uniform(0.4, 0.6) * size,
        "theta_e": theta_e,
        "q": rng.uniform(0.2 if whole else 0.5, 1.0),
        "phi": rng.uniform(-7.0, 7.0),
        "softening": rng.uniform(0.0, 0.5) * theta_e * rng.integers(2) * whole,
        "gamma1": shear.real,
        "gamma2": shear.imag,
        "source_dx": rng.uniform(-0.5, 0.5) * theta_e,
        "source_dy": rng.uniform(-0.5, 0.5) * theta_e,
        "source_amplitude": rng.uniform(0.1, 10.0),
        "source_r_eff": rng.uniform(1.0, 0.08 * size),
        "source_n": rng.uniform(0.5, 10.0 if whole else 2.0),
        "source_ellip": rng.uniform(0.0, 0.95 if whole else 0.6),
        "source_theta": rng.uniform(-7.0, 7.0),
    }


def fingerprint() -> str:
    rng = np.random.default_rng(22)
    lenses = [random_lens(rng, 28) for _ in range(6)]
    return hash_of([(kernels.lens_center, lenses), (kernels.lens_integrate, lenses)])


@pytest.mark.parametrize(
    ("softening", "alpha"),
    [
        (0.0, (0.94373667945391, -0.88264986983029)),
        (1e-10, (0.94373667936738, -0.88264986976299)),
        (0.15, (0.82485224190612, -0.78710114003209)),
    ],
)
def test_deflection_references(softening: float, alpha: tuple[float, float]) -> None:
    parameters = REFERENCE | NO_SHEAR | {"softening": softening}
    np.testing.assert_allclose(deflection(parameters, 0.9, -0.7), alpha, rtol=2e-14)
    np.testing.assert_allclose(lens.deflection(parameters, np.array(0.9), np.array(-0.7)), alpha, rtol=2e-14)


def test_source_reference() -> None:
    beta = np.array([0.9, -0.7]) - deflection(REFERENCE, 0.9, -0.7)
    np.testing.assert_allclose(beta, (-0.10973667936738, 0.17464986976299), rtol=1e-13)
    exact = 1.06737529242317
    assert lens.lens(REFERENCE, np.array(0.9), np.array(-0.7)) == pytest.approx(exact, rel=1e-13)
    assert sample(kernels.lens_center, REFERENCE, np.array([0.9]), np.array([-0.7]))[0] == pytest.approx(
        exact, rel=2e-6
    )


def test_deflection_equals_lenstronomy() -> None:
    models = pytest.importorskip("lenstronomy.LensModel.Profiles.nie")
    sie = pytest.importorskip("lenstronomy.LensModel.Profiles.sie")
    shears = pytest.importorskip("lenstronomy.LensModel.Profiles.shear")
    rng = np.random.default_rng(31)
    x, y = rng.uniform(-20.0, 20.0, (2, 100))
    for _ in range(2000):
        parameters = random_lens(rng, 28) | {"q": rng.uniform(0.2, 0.999)}
        shape = (1.0 - parameters["q"]) / (1.0 + parameters["q"]) * np.exp(2j * parameters["phi"])
        if parameters["softening"] > 0.0:
            ellipsoid = models.NIE().derivatives(
                x, y, parameters["theta_e"], shape.real, shape.imag, parameters["softening"]
            )
        else:
            ellipsoid = sie.SIE().derivatives(x, y, parameters["theta_e"], shape.real, shape.imag)
        shear = shears.Shear().derivatives(x, y, parameters["gamma1"], parameters["gamma2"])
        np.testing.assert_allclose(deflection(parameters, x, y), np.add(ellipsoid, shear), rtol=1e-7, atol=1e-7)


def test_deflection_equals_complex_numbers() -> None:
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        parameters = random_lens(rng, 28)
        x, y = rng.uniform(-30.0, 30.0, (2, 64))
        np.testing.assert_allclose(
            deflection(parameters, x, y), lens.deflection(parameters, x, y), rtol=1e-11, atol=1e-12
        )


@pytest.mark.parametrize("q", [1.0, 1.0 - 1e-12, 1.0 - 1e-6, 1.0 - 1e-5, 0.9999, 0.999])
def test_almost_round_lenses(q: float) -> None:
    x, y = np.random.default_rng(32).uniform(-20.0, 20.0, (2, 200))
    parameters = EXAMPLE | NO_SHEAR | {"q": q}
    radius = np.hypot(x, y)
    np.testing.assert_allclose(
        deflection(parameters, x, y), 6.0 * np.array([x, y]) / radius, atol=8.0 * (1.0 - q) + 1e-14
    )
    np.testing.assert_allclose(deflection(parameters, x, y), lens.deflection(parameters, x, y), rtol=1e-6, atol=1e-6)


def test_the_centre_deflects_nothing() -> None:
    for softening in (0.0, 1.0):
        assert (deflection(EXAMPLE | {"softening": softening}, 0.0, 0.0) == 0.0).all()


def test_divergence_is_twice_the_convergence_and_curl_zero() -> None:
    rng = np.random.default_rng(33)
    x, y = rng.uniform(2.0, 20.0, (2, 200)) * rng.choice([-1.0, 1.0], (2, 200))
    h = 1e-2
    steps = (np.arange(-2, 3) * h)[:, None]
    weights = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / (12.0 * h)
    for _ in range(20):
        parameters = random_lens(rng, 28)
        along_x = np.tensordot(weights, deflection(parameters, x + steps, y), (0, 1))
        along_y = np.tensordot(weights, deflection(parameters, x, y + steps), (0, 1))
        kappa = lens.convergence(parameters, x, y)
        np.testing.assert_allclose(along_x[0] + along_y[1], 2.0 * kappa, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(along_y[0], along_x[1], atol=1e-6)
        if parameters["softening"] == 0.0:
            # Without shear the map of a singular ellipsoid has the determinant 1 - 2 kappa.
            xx, yy = along_x[0] - parameters["gamma1"], along_y[1] + parameters["gamma1"]
            xy = along_y[0] - parameters["gamma2"]
            np.testing.assert_allclose((1.0 - xx) * (1.0 - yy) - xy**2, 1.0 - 2.0 * kappa, atol=1e-5)


def test_magnification_of_a_disc_behind_a_round_lens() -> None:
    theta_e, radius = 6.0, 1.25
    round_lens = EXAMPLE | NO_SHEAR | {"q": 1.0, "theta_e": theta_e}
    grid = (np.arange(1200) + 0.5) / 75.0 - 8.0
    x, y = np.meshgrid(grid, grid)
    alpha_x, alpha_y = deflection(round_lens, x, y)
    seen = np.count_nonzero(np.hypot(x - alpha_x, y - alpha_y) < radius) / 75.0**2
    assert seen / (np.pi * radius**2) == pytest.approx(4.0 * theta_e / radius, rel=1e-3)


def test_light_of_a_gaussian_behind_a_round_lens() -> None:
    """Magnification 2 theta_e / beta of both images together: light is 4 pi theta_e times the integral of I."""
    at = {"x": 20.0, "y": 20.0, "source_dx": 0.0, "source_dy": 0.0, "source_n": 0.5, "source_ellip": 0.0}
    parameters = EXAMPLE | NO_SHEAR | at | {"q": 1.0, "theta_e": 9.0}
    b = float(np.log(2.0))
    whole = 4.0 * np.pi * 9.0 * 2.0 * np.exp(b) * 1.5 * np.sqrt(np.pi / b) / 2.0
    total = render(kernels.lens_integrate, parameters, 41, 41).sum(dtype=np.float64)
    assert total == pytest.approx(whole, rel=1e-4)


def test_without_mass_the_source_is_a_galaxy() -> None:
    parameters = EXAMPLE | NO_SHEAR | {"theta_e": 1e-12}
    galaxy = {
        "x": 14.2 + 1.2,
        "y": 13.6 - 0.7,
        "amplitude": 2.0,
        "r_eff": 1.5,
        "n": 1.0,
        "ellip": 0.3,
        "theta": 1.1,
    }
    exact = light.galaxy_means(galaxy, *light.pixel_grid(28, 28))
    assert relative_error(render(kernels.lens_integrate, parameters, 28, 28), exact, 1e-6 * exact.max()) < 5e-4


def test_center_equals_numpy() -> None:
    for seed in range(1500):
        parameters = random_lens(np.random.default_rng(seed), 28)
        exact = lens.lens(parameters, *light.pixel_grid(28, 36))
        peak = parameters["source_amplitude"] * np.exp(gammaincinv(2.0 * parameters["source_n"], 0.5))
        assert relative_error(render(kernels.lens_center, parameters, 28, 36), exact, 1e-6 * peak) < 5e-6


def test_source_behind_the_middle_of_a_singular_lens() -> None:
    parameters = EXAMPLE | {"x": 14.0, "y": 13.0, "source_dx": 0.0, "source_dy": 0.0, "source_n": 4.0}
    image = render(kernels.lens_center, parameters, 28, 28)
    assert image[13, 14] == pytest.approx(2.0 * np.exp(gammaincinv(8.0, 0.5)), rel=1e-6)


@pytest.mark.parametrize("ranges", ["default", "whole"])
def test_means_equal_adaptive_quadrature(ranges: str) -> None:
    rng = np.random.default_rng(16)
    for _ in range(5):
        parameters = random_lens(rng, 20, ranges)
        exact = pixel_means(partial(lens.lens, parameters), *light.pixel_grid(20, 20), 1e-5)
        image = render(kernels.lens_integrate, parameters, 20, 20)
        assert relative_error(image, exact, 1e-6 * exact.max()) < 1e-3, parameters


@BOTH
def test_shift_by_whole_pixels_shifts_the_image(kernel: Kernel) -> None:
    image = render(kernel, EXAMPLE, 30, 34)
    shifted = render(kernel, EXAMPLE | {"x": 14.2 + 8, "y": 13.6 + 4}, 30, 34)
    np.testing.assert_allclose(shifted[4:, 8:], image[:-4, :-8], rtol=1e-4)


@BOTH
def test_turn_by_90_degrees_turns_the_image(kernel: Kernel) -> None:
    image = render(kernel, EXAMPLE, 28, 28)
    turned = EXAMPLE | {
        "x": 27.0 - EXAMPLE["y"],
        "y": EXAMPLE["x"],
        "phi": EXAMPLE["phi"] + np.pi / 2,
        "gamma1": -EXAMPLE["gamma1"],
        "gamma2": -EXAMPLE["gamma2"],
        "source_dx": -EXAMPLE["source_dy"],
        "source_dy": EXAMPLE["source_dx"],
        "source_theta": EXAMPLE["source_theta"] + np.pi / 2,
    }
    # A rotation from +x towards +y carries column j, row i to column 27 - i, row j.
    np.testing.assert_allclose(render(kernel, turned, 28, 28), image.T[:, ::-1], rtol=3e-4)


@BOTH
def test_mirror_image_has_the_opposite_angles(kernel: Kernel) -> None:
    image = render(kernel, EXAMPLE, 28, 28)
    names = ("phi", "gamma2", "source_dy", "source_theta")
    mirrored = EXAMPLE | {name: -EXAMPLE[name] for name in names} | {"y": 27.0 - EXAMPLE["y"]}
    np.testing.assert_allclose(render(kernel, mirrored, 28, 28), image[::-1], rtol=3e-4)


@BOTH
def test_padding_changes_no_bit(kernel: Kernel) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        parameters = random_lens(rng, 28)
        frame = render(kernel, parameters, 28, 27)
        np.testing.assert_array_equal(render(kernel, parameters, 28, 27, pad=9), frame)


@BOTH
def test_lenses_add_to_the_canvas_of_their_sample(kernel: Kernel) -> None:
    lenses = [EXAMPLE, EXAMPLE | {"x": 3.0}, EXAMPLE | {"y": 20.0}]
    call = arguments(lenses, [7, 8, 8], 28, 28, first=7)
    kernel(*call)
    images = call[0][:, :784].reshape(2, 28, 28)
    singles = [render(kernel, one, 28, 28) for one in lenses]
    np.testing.assert_array_equal(images[0], singles[0])
    np.testing.assert_array_equal(images[1], singles[1] + singles[2])


@BOTH
@pytest.mark.parametrize("q", [0.2, 1.0])
@pytest.mark.parametrize("softening", [0.0, 0.5])
def test_corners_of_the_ranges_are_finite(kernel: Kernel, q: float, softening: float) -> None:
    rows = [
        EXAMPLE
        | {"q": q, "softening": softening * theta_e, "theta_e": theta_e, "gamma1": gamma1, "gamma2": gamma2}
        | {"source_n": n, "source_ellip": ellip, "source_dx": 0.0, "source_dy": 0.0, "source_r_eff": r_eff}
        | {"x": x, "y": 4.0, "phi": 0.0}
        for theta_e in (1e-3, 1e4)
        for gamma1, gamma2 in ((0.3, 0.0), (0.0, -0.3))
        for n, ellip, r_eff in ((0.5, 0.0, 0.5), (10.0, 0.95, 0.5), (10.0, 0.0, 1e4))
        for x in (4.0, 1e6)
    ]
    call = arguments(rows, range(len(rows)), 8, 8, 1)
    kernel(*call)
    assert np.isfinite(call[0]).all()
    assert (call[0] >= 0.0).all()


@BOTH
def test_machine_code_is_packed_and_unfused(kernel: Kernel) -> None:
    code = assembly.fresh(kernel, *arguments([EXAMPLE], [0], 8, 8))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
