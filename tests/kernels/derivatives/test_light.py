"""Slopes of every kind of light against differences in 40 digits, over whole valid ranges; users' kinds follow."""

from __future__ import annotations

import types
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from deepbench_fast.kernels import elementary
from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives._duals import put_slopes, variable
from deepbench_fast.kernels.derivatives.lift import lift
from deepbench_fast.kernels.derivatives.light import light_kernels
from deepbench_fast.kinds.registry import kind
from tests.accuracy.stated import campaign
from tests.kernels.light.test_profiles import ORACLES, drawn
from tests.oracles.slopes import in_digits, slope

PIXELS = 5


def table_of(name: str, parameters: dict[str, float]) -> Any:
    identity = [(key, "<i8") for key in ("sample", "entry", "slot")]
    columns = kind(name).columns
    table = np.zeros(1, [*identity, *((p.name, "<i8" if p.integer else "<f8") for p in columns)])
    for p in columns:
        table[p.name] = parameters.get(p.name, 0 if p.integer else np.nan)
    return table


def slopes_of(name: str, table: Any, columns: Any, rows: Any) -> tuple[Any, Any]:
    count = sum(not p.integer for p in kind(name).columns)
    light, along = np.zeros((1, columns.size)), np.zeros((1, count, columns.size))
    places = np.arange(count)
    _, derive = light_kernels(kind(name).profile_function())
    derive(table, 0, columns, rows, places, places, np.ones((1, count)), light, along)
    return light[0], along[0]


@campaign(6, 300)
@pytest.mark.parametrize(("name", "form"), [(name, form) for name in ORACLES for form in (kind(name).forms or ("",))])
def test_slopes_are_those_of_the_definition(draws: int, name: str, form: str) -> None:
    rng = np.random.default_rng(5)
    directions = [p.name for p in kind(name).columns if not p.integer]
    profile = in_digits(kind(name).profile_function())
    for _ in range(draws):
        parameters = drawn(name, form, rng)
        parameters |= {"x": rng.uniform(-3, 3), "y": rng.uniform(-3, 3)}
        if name == "lens":
            parameters["q"] = min(parameters["q"], 0.99)  # at 1 there is one side only
        table = table_of(name, parameters)
        size = np.exp(rng.uniform(np.log(0.3), np.log(30.0)))
        columns, rows = rng.uniform(-size, size, (2, PIXELS))
        light, along = slopes_of(name, table, columns, rows)
        mean = np.zeros((1, PIXELS))
        light_kernels(kind(name).profile_function())[0](table, 0, columns, rows, mean)
        np.testing.assert_array_equal(light, mean[0])
        row = {key: table[key][0].item() for key in table.dtype.names}
        for direction, found in zip(directions, along, strict=True):
            if direction not in parameters:
                continue
            at = row[direction]
            for column, line, value, own in zip(columns, rows, light, found, strict=True):

                def shifted(
                    x: Any, column: float = column, line: float = line, direction: str = direction, row: Any = row
                ) -> Any:
                    given = types.SimpleNamespace(**{**row, direction: x})
                    dx, dy = mp.mpf(column) - given.x, mp.mpf(line) - given.y
                    return profile(dx, dy, given)

                expected = slope(shifted, at)
                error = abs(own - expected) / (abs(expected) + abs(value) / max(abs(at), 1.0) + 1e-290)
                assert error < 1e-9, (direction, parameters, column, line, own, expected)


def test_slopes_do_not_depend_on_the_pixels_beside() -> None:
    parameters = {"x": 3.2, "y": 2.9, "amplitude": 2.0, "r_eff": 4.0, "n": 1.7, "ellip": 0.3, "theta": 0.6}
    table = table_of("galaxy", parameters)
    columns, rows = np.random.default_rng(1).uniform(0, 9, (2, 200))
    light, along = slopes_of("galaxy", table, columns, rows)
    some_light, some = slopes_of("galaxy", table, columns[70:101], rows[70:101])
    np.testing.assert_array_equal(some, along[:, 70:101])
    np.testing.assert_array_equal(some_light, light[70:101])


def test_the_cusp_has_the_mean_of_both_sides() -> None:
    parameters = {"x": 3.0, "y": 3.0, "amplitude": 2.0, "r_eff": 4.0, "n": 4.0, "ellip": 0.3, "theta": 0.6}
    _, along = slopes_of("galaxy", table_of("galaxy", parameters), np.array([3.0]), np.array([3.0]))
    assert np.isfinite(along).all()
    np.testing.assert_array_equal(along[:2], 0.0)


LENS = {"x": 4.0, "y": 3.0, "theta_e": 6.0, "q": 0.7, "phi": 0.3, "softening": 0.0, "gamma1": 0.02, "gamma2": -0.03}
SOURCE = {"dx": 0.5, "dy": -0.3, "amplitude": 2.0, "r_eff": 2.0, "n": 1.0, "ellip": 0.2, "theta": 0.4}
LENS |= {f"source_{name}": value for name, value in SOURCE.items()}


@pytest.mark.parametrize("softening", [0.0, 0.5])
def test_round_lenses_have_the_slopes_of_almost_round_ones(softening: float) -> None:
    """Of the length f = sqrt(1 - q**2), which is not seen there, the square has a slope along q."""
    columns, rows = np.random.default_rng(4).uniform(-6.0, 14.0, (2, 50))
    almost, exact = (
        slopes_of("lens", table_of("lens", {**LENS, "softening": softening, "q": q}), columns, rows)[1]
        for q in (1.0 - 1e-9, 1.0)
    )
    np.testing.assert_allclose(exact, almost, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("q", [0.7, 1.0])
def test_no_slope_is_infinite_in_a_pixel_at_the_centre_of_a_lens(q: float) -> None:
    """The deflection of a singular one turns there, and is 0 on average: slopes are those of the source unlensed."""
    at = np.array([LENS["x"]]), np.array([LENS["y"]])
    light, along = slopes_of("lens", table_of("lens", {**LENS, "q": q}), *at)
    same, unlensed = slopes_of("lens", table_of("lens", {**LENS, "q": q, "theta_e": 1e-30, "softening": 1.0}), *at)
    np.testing.assert_array_equal(light, same)
    np.testing.assert_allclose(along, unlensed, atol=1e-9)


def _everything(x: Any, y: Any) -> Any:
    total = x**2 + 2.0 * x**y - x / y + abs(x - y) + max(x, y) * min(x, 2.0) - 3 * -y
    total += np.sqrt(x) + np.exp(-x) + np.log(y) + np.sin(x) * np.cos(y) + np.tanh(x * y) + np.arctan2(y, x)
    total -= np.hypot(x, y) * np.cosh(x) / np.sinh(y) + np.tan(x) + np.arcsin(x / 3.0) + np.arccos(y / 3.0)
    total *= np.log1p(x) + np.log10(y) + np.log2(x) + np.expm1(y) + elementary.atan(x) + elementary.pow(x, 1.5)
    for k in range(1, 4):
        total = total + x / k if x > y else total - y / k
    return total


def test_functions_that_a_user_may_call() -> None:
    found, plain = lift(_everything), inline(_everything)

    @inline
    def both(x: float, y: float, out: Any) -> float:
        value = found(variable(x, 0, 2), variable(y, 1, 2))
        put_slopes(value, out, 0, 1)
        return value.v  # type: ignore[no-any-return]

    rng = np.random.default_rng(2)
    points = rng.uniform(0.3, 1.4, (40, 2))
    for x, y in points[np.abs(points[:, 0] - points[:, 1]) > 0.02]:
        along = np.empty(2)
        assert both(x, y, along) == plain(x, y)
        for own, f, at in ((along[0], lambda t, y=y: plain(t, y), x), (along[1], lambda t, x=x: plain(x, t), y)):
            a, b, c = ((f(at + h) - f(at - h)) / (2 * h) for h in (4e-3, 2e-3, 1e-3))
            richardson = (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15
            np.testing.assert_allclose(own, richardson, rtol=2e-8, atol=2e-8)
