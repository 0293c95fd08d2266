"""Means of light over pixels in float64 and their slopes, against closed forms and dense sums, over wide ranges."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss
from scipy.special import gamma, gammaincinv

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.derivatives.along_rays import integrating_along_rays
from deepbench_fast.kernels.derivatives.lens_images import RAYS
from deepbench_fast.kernels.derivatives.light import light_kernels
from deepbench_fast.kernels.derivatives.pixel_means import mean_kernels
from deepbench_fast.kernels.light import profiles
from deepbench_fast.kernels.light.lens import lens_integrate
from deepbench_fast.kinds.registry import kind
from deepbench_fast.render.light_slopes import kernels_of
from tests.accuracy.stated import campaign
from tests.accuracy.test_lens import ring_mean
from tests.kernels.astro.objects import render
from tests.kernels.derivatives.test_light import table_of
from tests.oracles import lens, light, spiral
from tests.oracles.means import known_means

SIDE = 16
COLUMNS, ROWS = light.pixel_grid(SIDE, SIDE)
FAINT = 1e-6
"""Errors count relative to a pixel's light, or to so much of the brightest one's."""


@pytest.fixture(autouse=True)
def _more_exact_oracles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Good to 1e-12, so that their differences are slopes."""
    for name, value in (("FAN_NODES", 60), ("GRID_NODES", 24), ("FAN_DISTANCE", 4.0)):
        monkeypatch.setattr(light, name, value)


def means_of(name: str, parameters: dict[str, float], side: float = 1.0) -> tuple[Any, dict[str, Any]]:
    """The image and its slopes by their parameters; that without slopes is the same bits."""
    table, directions = table_of(name, parameters), [p.name for p in kind(name).columns if not p.integer]
    places = np.arange(len(directions))
    mean, slopes = kernels_of(kind(name), means=True)
    image, alone, along = np.zeros((1, SIDE**2)), np.zeros((1, SIDE**2)), np.zeros((1, len(directions), SIDE**2))
    grid = COLUMNS.ravel(), ROWS.ravel(), side
    mean(table, 0, *grid, alone)
    slopes(table, 0, *grid, places, places, np.ones((1, places.size)), image, along)
    np.testing.assert_array_equal(image, alone)
    shape = SIDE, SIDE
    return image.reshape(shape), {d: one.reshape(shape) for d, one in zip(directions, along[0], strict=True)}


def scale_of(image: Any) -> Any:
    return np.maximum(np.abs(image), FAINT * np.abs(image).max())


def drawn(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Widths from sub-pixels to the image's, every cusp; centres also on pixels' centres, edges and corners."""
    x, y = rng.uniform(3, 12, 2)
    which = rng.integers(4)
    found = {"x": round(2 * x) / 2 if which == 0 else x, "y": round(2 * y) / 2 if which < 2 else y, "amplitude": 2.0}
    if name == "star":
        return found | {"gamma": np.exp(rng.uniform(np.log(0.05), np.log(6))), "alpha": rng.uniform(1.2, 6)}
    ellip = rng.uniform(0.05, 0.94)
    size = np.exp(rng.uniform(np.log(0.36 / (1 - ellip)), np.log(9)))
    return found | {"r_eff": size, "n": rng.uniform(0.5, 10), "ellip": ellip, "theta": rng.uniform(0, 3.1)}


@campaign(8, 200)
@pytest.mark.parametrize("name", ["star", "galaxy"])
def test_means_are_those_of_closed_forms(draws: int, name: str) -> None:
    rng = np.random.default_rng(2)
    oracle = light.star_means if name == "star" else light.galaxy_means
    worst = 0.0
    for _ in range(draws):
        parameters = drawn(name, rng)
        wanted = oracle(parameters, COLUMNS, ROWS)
        image, _ = means_of(name, parameters)
        worst = max(worst, float((np.abs(image - wanted) / scale_of(wanted)).max()))
    print(f"\n{name}: {worst:.2g}")
    assert worst < 1e-6


@campaign(3, 60)
@pytest.mark.parametrize("name", ["star", "galaxy"])
def test_slopes_are_differences_of_closed_forms(draws: int, name: str) -> None:
    """By Richardson in float64, relative to the slope and to the light for each unit (a pixel, a radian, 1)."""
    rng = np.random.default_rng(3)
    oracle = light.star_means if name == "star" else light.galaxy_means
    worst, where = 0.0, ""
    for _ in range(draws):
        parameters = drawn(name, rng)
        # A centre that crosses an edge leaves the formula's smooth range.
        parameters |= {axis: round(parameters[axis]) + rng.uniform(-0.47, 0.47) for axis in ("x", "y")}
        scale = scale_of(oracle(parameters, COLUMNS, ROWS))
        _, found = means_of(name, parameters)
        for direction in parameters:
            step = 2e-4 * (parameters[direction] if direction in ("gamma", "r_eff", "amplitude") else 1.0)

            def difference(h: float, direction: str = direction, parameters: dict[str, float] = parameters) -> Any:
                ends = (oracle({**parameters, direction: parameters[direction] + s}, COLUMNS, ROWS) for s in (h, -h))
                return np.subtract(*ends) / (2 * h)

            a, b, c = (difference(h * step) for h in (4.0, 2.0, 1.0))
            wanted = (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15
            error = float((np.abs(found[direction] - wanted) / (np.abs(wanted) + scale)).max())
            worst, where = max((worst, where), (error, f"{direction} {parameters}"))
    print(f"\n{name}: {worst:.2g} {where}")
    assert worst < 1e-5


LENS = {"x": 7.3, "y": 7.6, "theta_e": 4.0, "q": 0.7, "phi": 0.4, "softening": 0.0, "gamma1": 0.03, "gamma2": -0.02}
LENS |= {"source_dx": 0.5, "source_dy": -0.3, "source_amplitude": 2.0, "source_r_eff": 1.5}
LENS |= {"source_n": 0.5, "source_ellip": 0.3, "source_theta": 0.6}
SPIRAL = {"x": 7.4, "y": 8.2, "amplitude": 2.0, "r_eff": 4.0, "inclination": 0.6, "theta": 0.3, "arms": 2}
SPIRAL |= {"arm_strength": 0.7, "arm_width": 0.4, "phase": 0.2, "handedness": 1, "bulge_fraction": 0.2, "pitch": 0.4}


@pytest.mark.parametrize(("name", "parameters"), [("lens", LENS), ("spiral_galaxy", SPIRAL)])
def test_means_and_slopes_are_dense_sums(name: str, parameters: dict[str, float]) -> None:
    """Of light and slopes at points, away from the centre: 12 x 12 cells of 8 x 8 points a pixel."""
    image, found = means_of(name, parameters)
    nodes, weights = leggauss(8)
    parts = ((np.arange(12)[:, None] + 0.5 * (nodes + 1.0)) / 12 - 0.5).ravel()
    weight = np.tile(weights, 12) / 24
    across, down = np.meshgrid(parts, parts)
    table, count = table_of(name, parameters), len(found)
    places = np.arange(count)
    _, slopes = light_kernels(kind(name).profile_function())
    away = np.argwhere(np.hypot(COLUMNS - parameters["x"], ROWS - parameters["y"]) > 1.5)
    for row, column in away[:: len(away) // 12]:
        light_there, along = np.zeros((1, across.size)), np.zeros((1, count, across.size))
        at = column + across.ravel(), row + down.ravel()
        slopes(table, 0, *at, places, places, np.ones((1, count)), light_there, along)
        both = np.outer(weight, weight).ravel()
        assert image[row, column] == pytest.approx(light_there[0] @ both, rel=1e-7)
        for (direction, one), own in zip(found.items(), along[0], strict=True):
            if direction in parameters:
                wanted = own @ both
                assert abs(one[row, column] - wanted) < 1e-6 * (abs(wanted) + image[row, column]), direction


@pytest.mark.parametrize("off", [1e-12, 1e-6, -1e-12])
@pytest.mark.parametrize(("gamma", "alpha"), [(0.0046, 78.0), (0.002, 5.0), (0.1, 2.5)])
def test_a_narrow_star_beside_a_corner_shines_into_all_four_pixels(gamma: float, alpha: float, off: float) -> None:
    """As do its slopes along its own width and brightness, which are those of its whole light."""
    parameters = {"x": 7.5 + off * gamma, "y": 4.5 - off * gamma, "amplitude": 2.0, "gamma": gamma, "alpha": alpha}
    image, found = means_of("star", parameters)
    four = slice(4, 6), slice(7, 9)
    wanted = light.star_means(parameters, COLUMNS, ROWS)[four]
    np.testing.assert_allclose(image[four], wanted, rtol=1e-6)
    np.testing.assert_allclose(found["amplitude"][four], wanted / 2.0, rtol=1e-6)
    if alpha > 4.0:
        np.testing.assert_allclose(found["gamma"][four], 2.0 * wanted / gamma, rtol=1e-5)


FLAT = [
    {"x": 6.0000138, "y": 7.9999491, "r_eff": 25.1789309, "n": 0.84166987, "ellip": 0.95, "theta": 0.0},
    {"x": 11.11081782, "y": 8.18185165, "r_eff": 96.10984936, "n": 6.74633096, "ellip": 0.94, "theta": 1.49759717},
    {"x": 8.22967, "y": 7.90271, "r_eff": 14.4732, "n": 8.4361, "ellip": 0.931, "theta": 1.3841},
]


@pytest.mark.parametrize("galaxy", FLAT)
def test_sums_across_a_ridge_do_not_agree_by_chance(galaxy: dict[str, float]) -> None:
    parameters = {"amplitude": 2.0, **galaxy}
    wanted = light.galaxy_means(parameters, COLUMNS, ROWS)
    image, found = means_of("galaxy", parameters)
    assert float((np.abs(image - wanted) / scale_of(wanted)).max()) < 1e-6
    a, b = (
        np.subtract(*(light.galaxy_means({**parameters, "x": galaxy["x"] + s}, COLUMNS, ROWS) for s in (h, -h))) / 2 / h
        for h in (4e-4, 2e-4)
    )
    slope = (4 * b - a) / 3
    assert float((np.abs(found["x"] - slope) / (np.abs(slope) + scale_of(wanted))).max()) < 1e-5


def test_finer_cells_are_parts_of_a_pixel() -> None:
    """Pixels of half the side: what a user's kind is on a finer grid."""
    parameters = {"x": 7.1, "y": 7.4, "amplitude": 2.0, "gamma": 1.5, "alpha": 2.5}
    image, _ = means_of("star", parameters, side=0.5)
    finer = {**parameters, "x": 14.2, "y": 14.8, "gamma": 3.0}
    wanted = light.star_means(finer, 2 * COLUMNS, 2 * ROWS)
    np.testing.assert_allclose(image, wanted, rtol=1e-6)


def test_a_mean_that_is_infinite_is_nan() -> None:
    def peak(dx: Any, dy: Any, row: Any) -> Any:
        return row.amplitude / (dx * dx + dy * dy)

    mean, _ = mean_kernels(peak)
    out = np.zeros((1, 9))
    columns, rows = light.pixel_grid(3, 3)
    table = table_of("star", {"x": 1.2, "y": 0.9, "amplitude": 1.0})
    mean(table, 0, columns.ravel(), rows.ravel(), 1.0, out)
    assert np.isnan(out[0]).tolist() == [k == 4 for k in range(9)]


def spiral_pixels(columns: Any, rows: Any, parameters: dict[str, Any]) -> Any:
    mean, _ = kernels_of(kind("spiral_galaxy"), means=True)
    out = np.zeros((1, len(columns)))
    mean(table_of("spiral_galaxy", parameters), 0, np.array(columns, float), np.array(rows, float), 1.0, out)
    return out[0]


THIN: dict[str, dict[str, Any]] = {
    "steepest": {"arms": 8, "arm_width": 0.05, "arm_strength": 1.0, "inclination": 1.4, "pitch": 0.087, "r_eff": 16.0},
    "bare": {"arms": 1, "arm_width": 0.05, "arm_strength": 1.0, "inclination": 0.0, "pitch": 0.12, "r_eff": 16.6},
    "mirrored": {"arms": 7, "arm_width": 0.06, "arm_strength": 0.9, "handedness": -1, "pitch": 0.107, "r_eff": 3.0},
    "ringermacher_mead": {"arms": 8, "arm_width": 0.07, "arm_strength": 0.2, "pitch": np.nan, "r_eff": 26.0}
    | {"rm_scale": 17.1, "rm_b": 10.5, "rm_n": 11},
}


@pytest.mark.parametrize("case", THIN)
def test_arms_thinner_than_the_distance_of_points_are_not_missed(case: str) -> None:
    parameters = SPIRAL | THIN[case]
    columns, rows = np.array([7.0, 8.0, 7.0, 4.0, 12.0, 11.0]), np.array([8.0, 8.0, 9.0, 8.0, 11.0, 3.0])
    exact_of = {name: one for name, one in parameters.items() if not (name == "pitch" and np.isnan(one))}
    profile = partial(spiral.spiral, exact_of)
    wanted, known = known_means(profile, columns, rows, 1e-8, fewest_cuts=4, most_cuts=16, most_cells=60_000)
    found = spiral_pixels(columns, rows, parameters)
    assert np.isfinite(found).all()
    assert known.any()
    # At the core cells of the oracle are too large for more.
    error = np.abs(found / wanted - 1.0) / np.where(np.hypot(columns - 7.4, rows - 8.2) < 1.5, 2e-5, 1e-6)
    assert error[known].max() < 1.0


@pytest.mark.parametrize("case", THIN)
def test_slopes_of_thin_arms_are_differences_of_their_means(case: str) -> None:
    parameters = SPIRAL | THIN[case]
    image, slopes = means_of("spiral_galaxy", parameters)
    columns, rows = [7, 8, 4, 12, 11, 2], [8, 8, 8, 11, 3, 14]
    for direction, along in slopes.items():
        if direction not in parameters or np.isnan(parameters[direction]):
            continue
        one_sided = direction in ("arm_strength", "inclination") and parameters[direction] in (1.0, 0.0, 1.4)
        if one_sided and direction == "inclination":
            continue
        wide = parameters[direction] if direction in ("amplitude", "r_eff", "arm_width", "pitch") else 1.0

        def difference(h: float, direction: str = direction, one_sided: bool = one_sided) -> Any:
            ends = (0.0, -2 * h) if one_sided else (h, -h)
            return np.subtract(
                *(spiral_pixels(columns, rows, {**parameters, direction: parameters[direction] + end}) for end in ends)
            ) / (2 * h)

        wanted = (4.0 * difference(1e-5 * wide) - difference(2e-5 * wide)) / 3.0
        error = np.abs(along[rows, columns] - wanted) / (np.abs(wanted) + scale_of(image)[rows, columns])
        assert error.max() < 1e-5, direction


@pytest.mark.parametrize(
    ("name", "direction", "end"),
    [
        ("spiral_galaxy", "arm_strength", 0.0),
        ("spiral_galaxy", "bulge_fraction", 1.0),
        ("spiral_galaxy", "bulge_fraction", 0.0),
        ("spiral_galaxy", "amplitude", 0.0),
        ("lens", "source_amplitude", 0.0),
        ("galaxy", "amplitude", 0.0),
        ("star", "amplitude", 0.0),
    ],
)
def test_what_a_parameter_switches_off_has_its_slope(name: str, direction: str, end: float) -> None:
    """Light is linear in it."""
    given = {
        "spiral_galaxy": SPIRAL | THIN["mirrored"],
        "lens": LENS,
        "galaxy": {"x": 7.3, "y": 8.1, "amplitude": 1.0, "r_eff": 3.0, "n": 6.0, "ellip": 0.7, "theta": 0.4},
        "star": {"x": 7.3, "y": 8.1, "amplitude": 1.0, "gamma": 0.1, "alpha": 3.0},
    }[name]
    light_there, slopes = means_of(name, {**given, direction: end})
    wanted = means_of(name, {**given, direction: 1.0})[0] - means_of(name, {**given, direction: 0.0})[0]
    error = np.abs(slopes[direction] - wanted) / (np.abs(wanted) + scale_of(light_there) + scale_of(wanted))
    assert error.max() < 1e-6


TINY = {"x": 9.86293, "y": 9.79249, "theta_e": 4.8559, "q": 1.0, "phi": -6.64759, "gamma1": 0.0, "gamma2": 0.0}
TINY |= {"source_dx": -0.16649, "source_dy": -2.74959, "source_r_eff": 0.001, "source_n": 1.15224}
TINY |= {"source_ellip": 0.95, "source_theta": -4.61732, "softening": 0.0, "source_amplitude": 1.0}


@pytest.mark.parametrize("own", [{}, {"source_r_eff": 0.0077, "source_n": 0.63, "source_ellip": 0.0, "q": 0.98}])
def test_images_of_a_source_smaller_than_the_distance_of_points_are_not_missed(own: dict[str, float]) -> None:
    parameters = TINY | own
    image, _ = means_of("lens", parameters)
    assert np.isfinite(image).all()
    brightest = np.argsort(image.ravel())[-2:]
    columns, rows = (brightest % SIDE).astype(float), (brightest // SIDE).astype(float)
    wanted, known = known_means(
        partial(lens.lens, parameters), columns, rows, 1e-7, fewest_cuts=7, most_cuts=22, most_cells=60_000
    )
    assert known.all()
    np.testing.assert_allclose(image.ravel()[brightest], wanted, rtol=1e-6)
    flux = image.sum()
    assert flux > 0.0


RING = {
    "x": 4.0423,
    "y": 3.7311,
    "theta_e": 3.0706,
    "q": 1.0,
    "phi": 0.0,
    "softening": 0.0,
    "gamma1": 0.0,
    "gamma2": 0.0,
}
RING |= {"source_dx": 0.0, "source_dy": 0.0, "source_amplitude": 2.0, "source_ellip": 0.0, "source_theta": 0.0}


def lens_pixels(parameters: dict[str, float], columns: Any, rows: Any) -> tuple[Any, dict[str, Any]]:
    """Means over some pixels and their slopes."""
    table, directions = table_of("lens", parameters), list(parameters)
    places = np.arange(len(directions))
    image, along = np.zeros((1, len(columns))), np.zeros((1, len(directions), len(columns)))
    _, slopes = kernels_of(kind("lens"), means=True)
    wanted = np.array([[p.name for p in kind("lens").columns].index(name) for name in directions])
    at = np.array(columns, float), np.array(rows, float), 1.0
    slopes(table, 0, *at, wanted, places, np.ones((1, places.size)), image, along)
    return image[0], dict(zip(directions, along[0], strict=True))


@pytest.mark.parametrize(("softening", "r_eff", "n"), [(0.0, 0.3, 10.0), (0.4, 1.5, 10.0), (0.0, 0.002, 9.0)])
def test_rings_of_cusps_are_integrals_over_the_radius(softening: float, r_eff: float, n: float) -> None:
    """No number of square cells is enough for the ridge; slopes aren't known there."""
    parameters = RING | {"softening": softening, "source_r_eff": r_eff, "source_n": n}
    image, slopes = lens_pixels(parameters, [7, 6, 12], [5, 6, 14])
    wanted = [ring_mean(parameters, column, row) for column, row in ((7, 5), (6, 6))]
    np.testing.assert_allclose(image[:2], wanted, rtol=1e-6)
    for along in slopes.values():
        assert np.isnan(along).tolist() == [True, True, False]


HARD = {
    "cusp beside the centre": RING | {"source_dx": 1.7e-7, "source_dy": -3.5e-5, "source_r_eff": 0.3, "source_n": 10.0},
    "flat and next to a ring": RING | {"source_dx": 2e-7, "source_r_eff": 1.5, "source_n": 3.1, "source_ellip": 0.95},
    "light that depends on the direction": RING
    | {"source_dx": 3.2334, "source_dy": 0.4259, "source_r_eff": 0.3, "source_n": 0.58, "source_ellip": 0.95},
    "folded": RING
    | {"q": 0.2, "phi": 3.3531, "gamma1": -0.3, "gamma2": -0.3, "source_dx": -0.92265, "source_dy": -0.75842}
    | {"source_r_eff": 0.001, "source_n": 10.0, "source_ellip": 0.56766, "source_theta": -1.7351},
}


@pytest.mark.parametrize("case", HARD)
def test_lenses_that_no_cells_resolve_have_means(case: str) -> None:
    """Those of the images, which are right to 1e-3."""
    image, _ = means_of("lens", HARD[case])
    assert np.isfinite(image).all()
    made = render(lens_integrate, HARD[case], SIDE, SIDE)
    bright = image > 1e-6 * image.max()
    np.testing.assert_allclose(made[bright], image[bright], rtol=1e-3)


def test_the_image_at_a_soft_centre_has_the_light_that_is_left_of_the_source() -> None:
    """So much smaller than the source as the deflection there is steep: theta_e / 2 softening - 1 along both axes."""
    parameters = RING | {"theta_e": 5e4, "softening": 0.04, "source_dx": 0.9, "source_dy": 3.2}
    parameters |= {"source_r_eff": 0.001, "source_n": 2.7}
    image, _ = lens_pixels(parameters, [4, 5, 4, 3, 4], [4, 4, 5, 4, 3])
    flux = 2.0 * 0.001**2 * 2.0 * np.pi * 2.7 * np.exp(b := gammaincinv(5.4, 0.5)) * b**-5.4 * gamma(5.4)
    assert image[0] == pytest.approx(flux / (5e4 / 0.08 - 1.0) ** 2, rel=1e-5)
    np.testing.assert_array_less(image[1:], 1e-6 * image[0])


def test_a_star_that_is_fainter_than_numbers_go_is_dark() -> None:
    parameters = {"x": -56.6, "y": 78.1, "amplitude": 0.04, "gamma": 2.5, "alpha": 100.0}
    image, slopes = means_of("star", parameters)
    assert (image < 1e-280).all()
    assert all(np.isfinite(along).all() for along in slopes.values())


@pytest.mark.parametrize("own", [{}, {"source_r_eff": 0.0077, "source_n": 0.63, "source_ellip": 0.0, "q": 0.98}])
def test_means_along_rays_are_those_of_cells_where_these_are_enough(own: dict[str, float]) -> None:
    """Of images that lie between any few rays."""
    parameters = TINY | own
    image = means_of("lens", parameters)[0].ravel()
    mean = integrating_along_rays(kernel, inline(profiles.lens.py_func), RAYS)
    for at in np.argsort(image)[-2:]:
        offset = at % SIDE - parameters["x"], at // SIDE - parameters["y"]
        found = mean(*offset, 1.0, image[at], 1e-6 * image.max(), table_of("lens", parameters)[0])
        assert found == pytest.approx(image[at], rel=1e-6)
