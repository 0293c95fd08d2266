"""The definitions of light against astropy and closed forms by complex numbers, over whole valid ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.light import profiles
from deepbench_fast.kinds.registry import kind
from tests.accuracy.draws import span, spread
from tests.oracles import lens, light, spiral
from tests.oracles.light import FloatArray, Parameters

ORACLES: dict[str, Callable[[Parameters, FloatArray, FloatArray], Any]] = {
    "star": lambda p, x, y: light.star(p)(x, y),
    "galaxy": lambda p, x, y: light.galaxy(p)(x, y),
    "spiral_galaxy": spiral.spiral,
    "lens": lens.lens,
}
POSITIVE = ("amplitude", "gamma", "r_eff", "theta_e", "source_amplitude", "source_r_eff", "rm_scale", "rm_b", "alpha")


def drawn(name: str, form: str, rng: np.random.Generator) -> dict[str, float]:
    """Parameters of a kind from all of their ranges: the centre at 0, sizes and brightness over decades."""
    found: dict[str, float] = {"x": 0.0, "y": 0.0}
    for parameter in kind(name).parameters_of(form):
        low, high = parameter.low, parameter.high
        if parameter.name in found:
            continue
        if parameter.only:
            found[parameter.name] = int(rng.choice(parameter.only))
        elif parameter.integer:
            found[parameter.name] = int(rng.integers(low, high + 1))
        elif parameter.name in POSITIVE:
            found[parameter.name] = span(rng, max(low, 1e-3), min(high, 1e4))
        else:
            found[parameter.name] = spread(rng, low, high) if high < 1e5 else span(rng, 1e-3, high)
    if name == "lens":
        found["softening"] = float(rng.choice([0.0, 0.5 * rng.uniform() * found["theta_e"]]))
        for axis in ("source_dx", "source_dy"):
            found[axis] = rng.uniform(-1.0, 1.0) * found["theta_e"]
    return found


def row_of(name: str, parameters: dict[str, float]) -> Any:
    columns = kind(name).columns
    table = np.zeros(1, [(p.name, "<i8" if p.integer else "<f8") for p in columns])
    for p in columns:
        table[p.name] = parameters.get(p.name, 0 if p.integer else np.nan)
    return table[0]


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in ORACLES for form in (kind(name).forms or ("",))],
)
def test_profiles_are_the_oracles(name: str, form: str) -> None:
    rng = np.random.default_rng(7)
    profile = kind(name).profile_function()
    for _ in range(400):
        parameters = drawn(name, form, rng)
        size = parameters.get("r_eff", parameters.get("gamma", parameters.get("theta_e", 1.0)))
        dx, dy = (rng.choice([-1.0, 1.0]) * size * 10.0 ** rng.uniform(-4.0, 1.0) for _ in range(2))
        found = profile(dx, dy, row_of(name, parameters))
        with np.errstate(under="ignore", over="ignore"):
            wanted = float(ORACLES[name](parameters, np.array(dx), np.array(dy)))
        scale = parameters["source_amplitude" if name == "lens" else "amplitude"] * 1e-30
        if name == "spiral_galaxy":  # where arms of strength 1 leave nothing, the oracle loses its digits
            scale += 1e-13 * float(spiral.disc(parameters, np.array(dx), np.array(dy)))
        accuracy = 2e-9 if name in ("star", "galaxy") else 1e-6
        assert found == pytest.approx(wanted, rel=accuracy, abs=scale), (parameters, dx, dy)


def test_light_at_the_centre() -> None:
    assert profiles.star(0.0, 0.0, row_of("star", {"amplitude": 3.0, "gamma": 1.0, "alpha": 2.0})) == 3.0
    assert profiles.star(1.0, 0.0, row_of("star", {"amplitude": 3.0, "gamma": 1.0, "alpha": 2.0})) == 0.75
    galaxy = {"amplitude": 3.0, "r_eff": 2.0, "n": 4.0, "ellip": 0.5, "theta": 0.0}
    assert profiles.galaxy(2.0, 0.0, row_of("galaxy", galaxy)) == pytest.approx(3.0, rel=1e-15)
    assert profiles.galaxy(0.0, 1.0, row_of("galaxy", galaxy)) == pytest.approx(3.0, rel=1e-15)
    assert profiles.galaxy(0.0, 0.0, row_of("galaxy", galaxy)) == pytest.approx(3.0 * np.exp(7.669249442500805))
