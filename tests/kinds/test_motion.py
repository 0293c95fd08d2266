"""Declarations of the systems that move: names, units, ranges, defaults, outputs."""

from __future__ import annotations

import math
from inspect import signature

import astropy.units
import pytest

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.motion.observables import ANGLE, PENDULUM_OUTPUTS, Y
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.motion import HAMILTONIAN_PENDULUM, KINDS, N_BODY, PENDULUM
from deepbench_fast.kinds.motion.n_body import BODY
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.distributions import Constant, Distribution, Uniform
from deepbench_fast.values.image import Image

PENDULUMS = pytest.mark.parametrize("pendulum", [PENDULUM, HAMILTONIAN_PENDULUM], ids=lambda found: found.name)
NEWTONIAN_CONSTANT = 6.67430e-11


def defaults(found: Kind, form: str) -> dict[str, Distribution]:
    return Entry(kind=found.name, form=form).resolved(Image()).parameters


def names(found: Kind) -> list[str]:
    return [parameter.name for parameter in found.parameters]


def test_names() -> None:
    pendulum = ["length", "mass", "gravity", "big_g", "phi_planet", "angle", "velocity"]
    assert names(PENDULUM) == [*pendulum, "friction"]
    assert names(HAMILTONIAN_PENDULUM) == pendulum
    assert {"bodies", "mass", "big_g", "softening", "energy_drift"} <= set(names(N_BODY))
    assert names(BODY) == ["mass", "x", "y", "z", "vx", "vy", "vz"]


@PENDULUMS
def test_kernels_number_outputs_in_the_order_of_the_kind(pendulum: Kind) -> None:
    assert pendulum.dynamics is not None
    assert tuple(pendulum.dynamics.outputs) == PENDULUM_OUTPUTS
    assert pendulum.dynamics.output_codes(["y", "angle"]) == [Y, ANGLE]
    assert list(signature(pendulum.observer()).parameters)[:4] == ["length", "mass", "gravity", "friction"]


def test_a_kind_whose_solvers_give_outputs_has_no_observer() -> None:
    for without in (N_BODY, BODY):
        with pytest.raises(UsageError, match=f"{without.name} has no observer"):
            without.observer()


@PENDULUMS
def test_units_of_a_pendulum(pendulum: Kind) -> None:
    units = {
        "length": "m",
        "mass": "kg",
        "gravity": "m / s2",
        "big_g": "m3 / (kg s2)",
        "phi_planet": "kg / m2",
        "angle": "rad",
        "velocity": "rad / s",
        "friction": "N m s",
    }
    assert {p.name: p.unit for p in pendulum.parameters} == {name: units[name] for name in names(pendulum)}


@pytest.mark.parametrize("found", [*KINDS, BODY], ids=lambda found: found.name)
def test_every_unit_is_one_of_astropy(found: Kind) -> None:
    for parameter in found.parameters:
        assert astropy.units.Unit(parameter.unit).to_string() == parameter.unit


@PENDULUMS
def test_units_of_outputs_follow_from_their_formulas(pendulum: Kind) -> None:
    unit = {p.name: astropy.units.Unit(p.unit) for p in pendulum.parameters}
    inertia = unit["mass"] * unit["length"] ** 2
    radian = astropy.units.rad
    formulas = {
        "angle": unit["angle"],
        "velocity": unit["velocity"],
        "x": unit["length"],
        "y": unit["length"],
        "momentum": inertia * unit["velocity"] / radian,
        "force": unit["mass"] * unit["gravity"] * unit["length"],
        "kinetic": inertia * (unit["velocity"] / radian) ** 2,
        "potential": unit["mass"] * unit["gravity"] * unit["length"],
        "energy": unit["mass"] * unit["gravity"] * unit["length"],
    }
    assert pendulum.dynamics is not None
    assert list(pendulum.dynamics.outputs) == list(formulas)
    for name, output in pendulum.dynamics.outputs.items():
        assert astropy.units.Unit(output.unit).to(formulas[name]) == pytest.approx(1, rel=1e-15)
    assert (unit["big_g"] * unit["phi_planet"]).to(unit["gravity"]) == 1


@PENDULUMS
def test_defaults_of_a_pendulum(pendulum: Kind) -> None:
    friction = {"friction": Constant(0.0)} if pendulum is PENDULUM else {}
    common = {"length": Uniform(1, 10), "mass": Constant(1.0)}
    state = {"angle": Uniform(0.1, 1.5), "velocity": Constant(0.0), **friction}
    gravity = {"gravity": Constant(9.80665)}
    assert defaults(pendulum, "direct") == {**common, **gravity, **state}
    planet = {"big_g": Constant(NEWTONIAN_CONSTANT), "phi_planet": Constant(1.4714e11)}
    assert defaults(pendulum, "hierarchical") == {**common, **planet, **state}


def test_the_default_planet_is_the_earth() -> None:
    phi = PENDULUM.parameter("phi_planet").default(Image()).support[0]
    assert phi == pytest.approx(5.9722e24 / 6.371e6**2, rel=1e-4)
    assert phi * NEWTONIAN_CONSTANT == pytest.approx(9.820302293, abs=1e-3)


@PENDULUMS
def test_ranges_of_a_pendulum(pendulum: Kind) -> None:
    ranges = {
        "length": (0.01, 100),
        "mass": (0, 1e3),
        "gravity": (0.1, 300),
        "angle": (-3.1, 3.1),
    }
    assert {name: (pendulum.parameter(name).low, pendulum.parameter(name).high) for name in ranges} == ranges
    assert pendulum.parameter("mass").low_open


def test_defaults_of_bodies() -> None:
    common = {"bodies": Constant(3.0), "mass": Uniform(0.5, 1.5), "big_g": Constant(1.0), "softening": Constant(0.05)}
    assert defaults(N_BODY, "random") == {**common, "radius": Constant(1.0), "virial_ratio": Constant(0.5)}
    kepler = defaults(N_BODY, "kepler")
    assert kepler["bodies"] == Constant(2.0)
    assert kepler["softening"] == Constant(0.0)
    eight = defaults(N_BODY, "figure_eight")
    assert (eight["bodies"], eight["mass"], eight["softening"]) == (Constant(3.0), Constant(1.0), Constant(0.0))


def test_numbers_of_bodies() -> None:
    bodies = N_BODY.parameter("bodies")
    assert (bodies.low, bodies.high, bodies.integer) == (2, 64, True)


def test_solvers_outputs_and_options() -> None:
    by_name = {found.name: found.dynamics for found in KINDS}
    assert {name: found.solvers for name, found in by_name.items() if found} == {
        "pendulum": ("rk4", "exact", "small_angle"),
        "hamiltonian_pendulum": ("rk4", "symplectic"),
        "n_body": ("radau", "leapfrog", "rk4"),
    }
    assert {name: found.default_outputs for name, found in by_name.items() if found} == {
        "pendulum": ("x",),
        "hamiltonian_pendulum": ("x",),
        "n_body": ("position",),
    }
    assert N_BODY.dynamics is not None
    assert list(N_BODY.dynamics.outputs) == ["position", "velocity", "kinetic", "potential", "energy"]
    assert {"solver", "step", "dimensions"} <= set(N_BODY.options)
    assert "step" not in PENDULUM.options


@PENDULUMS
def test_noise_can_be_on_what_sets_the_motion(pendulum: Kind) -> None:
    assert pendulum.dynamics is not None
    given = {parameter.name for parameter in pendulum.parameters}
    assert set(pendulum.dynamics.noisy) == given
    assert pendulum.dynamics.noisy["angle"] == (-3.1, 3.1)
    assert pendulum.dynamics.noisy["velocity"] == (-100, 100)
    signed = ("angle", "velocity")
    assert all(low >= 0 for name, (low, _) in pendulum.dynamics.noisy.items() if name not in signed)


def test_bodies_are_parts_and_no_kind_of_their_own() -> None:
    assert N_BODY.dynamics is not None
    assert (N_BODY.dynamics.parts, N_BODY.dynamics.parts_count) == (BODY, "bodies")
    assert "mass" not in [parameter.name for parameter in N_BODY.columns]
    with pytest.raises(ValueError, match="unknown kind 'body'; did you mean 'n_body'"):
        kind("body")


def test_gravity_of_the_hierarchical_form_is_a_product() -> None:
    gravity = PENDULUM.parameter("gravity")
    assert gravity.factors == ("big_g", "phi_planet")
    columns = [parameter.name for parameter in PENDULUM.columns_of("hierarchical")]
    assert columns == names(PENDULUM)
    assert "big_g" not in [parameter.name for parameter in PENDULUM.columns_of("direct")]


@PENDULUMS
def test_phases_end_where_the_solvers_are_known_to_hold(pendulum: Kind) -> None:
    """omega0 t <= 2000, found from the shortest length and the strongest gravity that can be drawn."""
    name = pendulum.name
    recipe = Recipe.of_kind(name).set(f"catalogues.{name}.{name}.gravity", {"uniform": [1, 16]})
    longest = 2000 / math.sqrt(16 / 1)
    assert recipe.set("series.stop", longest * 0.999).time.end == longest * 0.999
    with pytest.raises(ValueError, match=r"length: too short for a series of 500\.5 s: up to 500 s"):
        recipe.set("series.stop", longest * 1.001)


def test_friction_leaves_an_oscillation() -> None:
    """c < 2 m L**2 omega0 for the smallest mass, length and gravity that can be drawn."""
    drawn = {"length": {"uniform": [2, 5]}, "mass": {"choice": [0.5, 1]}, "gravity": {"uniform": [8, 10]}}
    most = 2 * 0.5 * 2**2 * math.sqrt(8 / 2)
    for friction in (0.0, 0.999 * most):
        Recipe.parse({"catalogues": {"a": {"objects": [{"pendulum": {**drawn, "friction": friction}}]}}})
    with pytest.raises(ValueError, match=r"friction: must be below 2 m L\^2 omega0, which these parameters let be 8 N"):
        Recipe.parse({"catalogues": {"a": {"objects": [{"pendulum": {**drawn, "friction": 1.001 * most}}]}}})
