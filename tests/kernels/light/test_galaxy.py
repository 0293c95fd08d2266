"""Galaxies against astropy, scipy, closed forms and the fan; symmetry, padding, machine code, bits on other CPUs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincinv

from deepbench_fast.kernels.light.galaxy import galaxy_center, galaxy_integrate, sersic_b
from tests.kernels import assembly
from tests.kernels.astro.rendering import Kernel, arguments, random_galaxy, render
from tests.kernels.loops import loop
from tests.oracles import light

REFERENCE = {"amplitude": 1.3, "r_eff": 6.5, "n": 4.0, "x": 20.2, "y": 19.7, "ellip": 0.35, "theta": 0.6}
BOTH = pytest.mark.parametrize("kernel", [galaxy_center, galaxy_integrate])
B = loop(sersic_b)


def b_of(n: light.FloatArray) -> light.FloatArray:
    result = np.empty_like(n)
    B(n, result)
    return result


def errors(image: light.FloatArray, exact: light.FloatArray) -> float:
    """Largest relative error where the light is above 1e-6 of its brightest."""
    seen = exact > 1e-6 * exact.max()
    return float(np.max(np.abs(image[seen] / exact[seen] - 1.0)))


@pytest.mark.parametrize(
    ("n", "b"),
    [
        (0.5, 0.6931471805599453),
        (1.0, 1.6783469900166607),
        (2.0, 3.6720607488508961),
        (2.5, 4.6709088827959837),
        (4.0, 7.6692494425008039),
        (6.0, 11.668363153044765),
        (8.0, 15.667929544317250),
        (10.0, 19.667672423305667),
    ],
)
def test_b_table(n: float, b: float) -> None:
    assert b_of(np.array([n]))[0] == pytest.approx(b, rel=4e-16)


def test_b_halves_the_light() -> None:
    n = np.linspace(0.5, 10.0, 2001)
    b = b_of(n)
    np.testing.assert_allclose(b, gammaincinv(2.0 * n, 0.5), rtol=1e-14)
    np.testing.assert_allclose(gammainc(2.0 * n, b), 0.5, rtol=1e-13)


def test_center_reference() -> None:
    assert render(galaxy_center, REFERENCE, 40, 40)[21, 23] == pytest.approx(4.645802259290, rel=2e-6)


def test_mean_references() -> None:
    image = render(galaxy_integrate, REFERENCE, 40, 40)
    assert image[20, 20] == pytest.approx(52.52374831828, rel=2e-5)
    assert image[21, 23] == pytest.approx(4.654275331702, rel=2e-5)


def test_oracle_holds_the_references() -> None:
    means = light.galaxy_means(REFERENCE, *light.pixel_grid(40, 40))
    assert means[20, 20] == pytest.approx(52.52374831828, rel=1e-12)
    assert means[21, 23] == pytest.approx(4.654275331702, rel=1e-12)
    assert light.galaxy_flux(REFERENCE) == pytest.approx(809.1771754740, rel=1e-12)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    x=st.floats(-10.0, 40.0),
    y=st.floats(-10.0, 40.0),
    r_eff=st.floats(1.0, 60.0),
    n=st.floats(0.5, 10.0),
    ellip=st.floats(0.0, 0.95),
    theta=st.floats(-7.0, 7.0),
)
def test_center_equals_astropy(x: float, y: float, r_eff: float, n: float, ellip: float, theta: float) -> None:
    parameters = {"x": x, "y": y, "amplitude": 2.5, "r_eff": r_eff, "n": n, "ellip": ellip, "theta": theta}
    exact = light.galaxy(parameters)(*light.pixel_grid(28, 36))
    image = render(galaxy_center, parameters, 28, 36)
    cusp = 2.5 * np.exp(gammaincinv(2.0 * n, 0.5))
    bright = exact > 1e-6 * cusp
    np.testing.assert_allclose(image[bright], exact[bright], rtol=6e-6)
    assert (image[~bright] <= 1.01e-6 * cusp).all()


def test_center_of_a_galaxy_outside_the_frame() -> None:
    rng = np.random.default_rng(14)
    for _ in range(200):
        parameters = random_galaxy(rng, 28) | {"x": rng.uniform(30.0, 42.0), "y": rng.uniform(-14.0, 0.0)}
        exact = light.galaxy(parameters)(*light.pixel_grid(28, 28))
        if exact.max() > 1e-25:
            assert errors(render(galaxy_center, parameters, 28, 28), exact) < 2e-5, parameters


@pytest.mark.parametrize("n", [0.5, 1.0, 4.0, 10.0])
def test_center_on_the_cusp(n: float) -> None:
    image = render(galaxy_center, REFERENCE | {"x": 20.0, "y": 19.0, "n": n}, 40, 40)
    assert image[19, 20] == pytest.approx(1.3 * np.exp(gammaincinv(2.0 * n, 0.5)), rel=1e-6)
    assert image.argmax() == 19 * 40 + 20


@pytest.mark.parametrize("offset", [1e-2, 1e-4, 1e-6, 1e-9])
def test_center_near_the_cusp(offset: float) -> None:
    parameters = REFERENCE | {"x": 20.0 + offset, "y": 19.0 - offset, "n": 8.0, "ellip": 0.9}
    exact = light.galaxy(parameters)(*light.pixel_grid(40, 40))
    np.testing.assert_allclose(render(galaxy_center, parameters, 40, 40), exact, rtol=6e-6)


@pytest.mark.parametrize("n", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("theta", [0.004, 0.8, 1.57])
def test_flat_galaxy_across_a_large_frame(n: float, theta: float) -> None:
    columns = np.r_[0:4096:7, 1490:1512]
    size, y = 4096, 2047.7
    parameters = {"x": 1500.3, "y": y, "amplitude": 1.0, "r_eff": 900.0, "n": n, "ellip": 0.95, "theta": theta}
    exact_columns, exact_rows = light.pixel_grid(8, size)
    image = render(galaxy_center, parameters | {"y": y - 2044.0}, 8, size)
    exact = light.galaxy(parameters)(exact_columns, exact_rows + 2044.0)
    assert errors(image[:, columns], exact[:, columns]) < 8e-6


def test_means_equal_the_fan() -> None:
    rng = np.random.default_rng(12)
    for _ in range(50):
        parameters = random_galaxy(rng, 28)
        if parameters["n"] > 4.0:
            parameters["ellip"] = min(parameters["ellip"], 0.7)
        exact = light.galaxy_means(parameters, *light.pixel_grid(28, 28))
        assert errors(render(galaxy_integrate, parameters, 28, 28), exact) < 1e-4, parameters


def test_means_of_flat_cusps() -> None:
    rng = np.random.default_rng(13)
    for _ in range(15):
        parameters = random_galaxy(rng, 28) | {"n": rng.uniform(4.0, 10.0), "ellip": rng.uniform(0.7, 0.95)}
        exact = light.galaxy_means(parameters, *light.pixel_grid(28, 28))
        assert errors(render(galaxy_integrate, parameters, 28, 28), exact) < 3e-4, parameters


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.49999, 1e-5), (0.2, -0.3)])
@pytest.mark.parametrize("theta", [0.0, 0.7, np.pi / 2])
def test_means_with_the_cusp_anywhere_in_its_pixel(offset: tuple[float, float], theta: float) -> None:
    parameters = REFERENCE | {"x": 20.0 + offset[0], "y": 19.0 + offset[1], "theta": theta}
    exact = light.galaxy_means(parameters, *light.pixel_grid(40, 40))
    assert errors(render(galaxy_integrate, parameters, 40, 40), exact) < 1e-4


def test_sum_of_means_is_the_flux() -> None:
    parameters = REFERENCE | {"x": 100.3, "y": 98.8, "n": 1.2, "r_eff": 9.0}
    total = render(galaxy_integrate, parameters, 200, 200).sum(dtype=np.float64)
    assert total == pytest.approx(light.galaxy_flux(parameters), rel=1e-5)


@BOTH
def test_half_turn_changes_nothing(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE | {"x": 20.0, "y": 20.0}, 41, 41)
    np.testing.assert_allclose(image[::-1, ::-1], image, rtol=1e-4 if kernel is galaxy_integrate else 1e-6)


@BOTH
def test_turn_by_90_degrees_turns_the_image(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE, 40, 40)
    x, y = 39.0 - REFERENCE["y"], REFERENCE["x"]
    turned = render(kernel, REFERENCE | {"x": x, "y": y, "theta": REFERENCE["theta"] + np.pi / 2}, 40, 40)
    # A rotation from +x towards +y carries column j, row i to column 39 - i, row j.
    np.testing.assert_allclose(turned, image.T[:, ::-1], rtol=1e-4 if kernel is galaxy_integrate else 1e-5)


@BOTH
def test_mirror_image_has_the_opposite_angle(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE, 40, 40)
    mirrored = render(kernel, REFERENCE | {"y": 39.0 - REFERENCE["y"], "theta": -REFERENCE["theta"]}, 40, 40)
    np.testing.assert_allclose(mirrored, image[::-1], rtol=1e-4 if kernel is galaxy_integrate else 1e-5)


@BOTH
def test_shift_by_whole_pixels_shifts_the_image(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE, 40, 44)
    shifted = render(kernel, REFERENCE | {"x": 20.2 + 8, "y": 19.7 + 4}, 40, 44)
    np.testing.assert_allclose(shifted[4:, 8:], image[:-4, :-8], rtol=1e-5)


@BOTH
def test_padding_changes_no_bit(kernel: Kernel) -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        parameters = random_galaxy(rng, 28)
        frame = render(kernel, parameters, 28, 27)
        np.testing.assert_array_equal(render(kernel, parameters, 28, 27, pad=9), frame)


@BOTH
def test_galaxies_add_to_the_canvas_of_their_sample(kernel: Kernel) -> None:
    galaxies = [REFERENCE, REFERENCE | {"x": 3.0}, REFERENCE | {"y": 15.0}]
    call = arguments(galaxies, [7, 8, 8], 30, 30, first=7)
    kernel(*call)
    images = call[0][:, :900].reshape(2, 30, 30)
    singles = [render(kernel, galaxy, 30, 30) for galaxy in galaxies]
    np.testing.assert_array_equal(images[0], singles[0])
    np.testing.assert_array_equal(images[1], singles[1] + singles[2])


@BOTH
@pytest.mark.parametrize("n", [0.5, 10.0])
@pytest.mark.parametrize(("x", "y"), [(1e3, 0.0), (-1e12, 3.0), (0.0, 30.0), (4.0, 25.0), (20.0, 1e9)])
def test_everything_is_finite(kernel: Kernel, n: float, x: float, y: float) -> None:
    for ellip in (0.0, 0.95):
        call = arguments([REFERENCE | {"x": x, "y": y, "n": n, "r_eff": 1.0, "ellip": ellip}], [0], 20, 20, 5)
        kernel(*call)
        assert np.isfinite(call[0]).all()


@BOTH
def test_machine_code_is_packed_and_unfused(kernel: Kernel) -> None:
    code = assembly.fresh(kernel, *arguments([REFERENCE], [0], 8, 8))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
