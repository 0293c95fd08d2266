"""Stars against astropy, closed forms and the fan; symmetry, padding, and the machine code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels.light.star import star_center, star_integrate
from tests.kernels import assembly
from tests.kernels.astro.rendering import Kernel, arguments, random_star, render
from tests.oracles import light

REFERENCE = {"amplitude": 1.7, "gamma": 2.3, "alpha": 2.5, "x": 10.3, "y": 9.6}
BOTH = pytest.mark.parametrize("kernel", [star_center, star_integrate])


def errors(image: light.FloatArray, exact: light.FloatArray) -> float:
    """Largest relative error where the light is above 1e-6 of its brightest."""
    seen = exact > 1e-6 * exact.max()
    return float(np.max(np.abs(image[seen] / exact[seen] - 1.0)))


def test_center_reference() -> None:
    assert render(star_center, REFERENCE, 24, 24)[11, 12] == pytest.approx(0.33418981813415, rel=2e-6)


def test_mean_reference() -> None:
    assert render(star_integrate, REFERENCE, 24, 24)[10, 10] == pytest.approx(1.42372405366, rel=2e-5)


def test_oracle_holds_the_references() -> None:
    means = light.star_means(REFERENCE, *light.pixel_grid(24, 24))
    assert means[10, 10] == pytest.approx(1.42372405366, rel=1e-10)
    assert light.star_flux(REFERENCE) == pytest.approx(18.8348951558220, rel=1e-13)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(
    x=st.floats(-20.0, 50.0),
    y=st.floats(-20.0, 50.0),
    gamma=st.floats(0.5, 30.0),
    alpha=st.floats(0.5, 20.0),
    amplitude=st.floats(1e-3, 1e6),
)
def test_center_equals_astropy(x: float, y: float, gamma: float, alpha: float, amplitude: float) -> None:
    parameters = {"x": x, "y": y, "gamma": gamma, "alpha": alpha, "amplitude": amplitude}
    columns, rows = light.pixel_grid(28, 36)
    exact = light.star(parameters)(columns, rows)
    image = render(star_center, parameters, 28, 36)
    bright = exact > 1e-6 * amplitude
    np.testing.assert_allclose(image[bright], exact[bright], rtol=8e-6)
    assert (image[~bright] <= 1.01e-6 * amplitude).all()


@pytest.mark.parametrize("alpha", [30.0, 100.0])
def test_steep_core_keeps_its_precision(alpha: float) -> None:
    parameters = REFERENCE | {"gamma": 9.0, "alpha": alpha}
    exact = light.star(parameters)(*light.pixel_grid(24, 24))
    assert errors(render(star_center, parameters, 24, 24), exact) < 1e-5


def test_large_frame() -> None:
    parameters = REFERENCE | {"x": 1500.7, "y": 3.2, "gamma": 40.0}
    exact = light.star(parameters)(*light.pixel_grid(16, 4096))
    assert errors(render(star_center, parameters, 16, 4096), exact) < 8e-6


def test_means_equal_the_fan() -> None:
    rng = np.random.default_rng(11)
    for _ in range(40):
        parameters = random_star(rng, 28) | {"x": rng.uniform(2.0, 26.0), "y": rng.uniform(2.0, 26.0)}
        exact = light.star_means(parameters, *light.pixel_grid(28, 28))
        assert errors(render(star_integrate, parameters, 28, 28), exact) < 1e-4, parameters


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.4999, 0.0)])
def test_means_of_a_sharp_star_anywhere_in_its_pixel(offset: tuple[float, float]) -> None:
    parameters = {"x": 10.0 + offset[0], "y": 9.0 + offset[1], "amplitude": 2.0, "gamma": 0.5, "alpha": 2.5}
    exact = light.star_means(parameters, *light.pixel_grid(20, 20))
    assert errors(render(star_integrate, parameters, 20, 20), exact) < 1e-4


def test_sum_of_means_is_the_flux() -> None:
    parameters = {"x": 100.2, "y": 99.6, "amplitude": 3.0, "gamma": 0.8, "alpha": 3.5}
    total = render(star_integrate, parameters, 200, 200).sum(dtype=np.float64)
    assert total == pytest.approx(light.star_flux(parameters), rel=2e-5)


@BOTH
def test_a_star_is_round(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE | {"x": 12.0, "y": 12.0}, 25, 25)
    for turned in (image[::-1], image[:, ::-1], image.T):
        np.testing.assert_allclose(image, turned, rtol=2e-6)


@BOTH
def test_shift_by_whole_pixels_shifts_the_image(kernel: Kernel) -> None:
    image = render(kernel, REFERENCE, 40, 44)
    shifted = render(kernel, REFERENCE | {"x": 10.3 + 16, "y": 9.6 + 4}, 40, 44)
    np.testing.assert_allclose(shifted[4:, 16:], image[:-4, :-16], rtol=3e-6)


@BOTH
def test_padding_changes_no_bit(kernel: Kernel) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        parameters = random_star(rng, 28)
        frame = render(kernel, parameters, 28, 27)
        np.testing.assert_array_equal(render(kernel, parameters, 28, 27, pad=9), frame)


@BOTH
def test_stars_add_to_the_canvas_of_their_sample(kernel: Kernel) -> None:
    stars = [REFERENCE, REFERENCE | {"x": 3.0}, REFERENCE | {"y": 15.0}]
    call = arguments(stars, [7, 8, 8], 20, 20, first=7)
    kernel(*call)
    images = call[0][:, :400].reshape(2, 20, 20)
    singles = [render(kernel, star, 20, 20) for star in stars]
    np.testing.assert_array_equal(images[0], singles[0])
    np.testing.assert_array_equal(images[1], singles[1] + singles[2])


@BOTH
@pytest.mark.parametrize("far", [1e3, 1e9, -1e12])
def test_far_away_star_is_finite(kernel: Kernel, far: float) -> None:
    call = arguments([REFERENCE | {"x": far}, REFERENCE | {"y": far, "alpha": 100.0}], [0, 1], 20, 20, 5)
    kernel(*call)
    assert np.isfinite(call[0]).all()
    assert (call[0] >= 0.0).all()


@BOTH
def test_machine_code_is_packed_and_unfused(kernel: Kernel) -> None:
    code = assembly.fresh(kernel, *arguments([REFERENCE], [0], 8, 8))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
