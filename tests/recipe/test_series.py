"""Series in a recipe: defaults, times, outputs, noise; and one plain line for every wrong input."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.noise.outputs import OutputNoise
from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.parameter_noise import noisy_parameters
from deepbench_fast.recipe.series import Series
from deepbench_fast.recipe.systems import output_columns
from deepbench_fast.values.distributions import Constant, Uniform
from tests.recipe.test_load import JARGON

SWINGING = """\
version: 1
seed: 3
samples: 40
series: {start: 0, stop: 10, steps: 100, outputs: [x, energy]}
parameter_noise: {length: 0.05}
noise:
  - gaussian: {x: 0.1}
extras: [clean]
targets: [catalogue]
catalogues:
  newton:
    objects:
      - pendulum: {length: {uniform: [1, 2]}, friction: 0.1}
  hamilton:
    parameter_noise: {gravity: 0.1}
    objects:
      - hamiltonian_pendulum: {angle: 0.5}
"""
ORBITS = """\
version: 1
series: {stop: 1, outputs: [position]}
noise: [{gaussian: {position: 0.1}}]
targets: [catalogue]
catalogues:
  bodies:
    objects:
      - n_body: {bodies: 3}
"""


def swinging(old: str = "", new: str = "") -> Recipe:
    assert old in SWINGING
    return Recipe.from_yaml(SWINGING.replace(old, new, 1))


def orbiting(old: str = "", new: str = "") -> Recipe:
    assert old in ORBITS
    return Recipe.from_yaml(ORBITS.replace(old, new, 1))


def alone(kind: str, **changes: object) -> Recipe:
    return Recipe.of_kind(kind).with_overrides(changes)


@pytest.mark.parametrize(
    ("kind", "outputs"), [("pendulum", ("x",)), ("hamiltonian_pendulum", ("x",)), ("n_body", ("position",))]
)
def test_defaults(kind: str, outputs: tuple[str, ...]) -> None:
    recipe = Recipe.of_kind(kind)
    assert recipe.time == Series(start=0, stop=10, steps=100, outputs=outputs)
    np.testing.assert_allclose(recipe.time.moments, np.linspace(0, 10, 100), rtol=1e-15)
    assert recipe.parameter_noise == {}
    assert recipe.samples == 1000


def test_kinds_with_different_defaults_share_what_all_have() -> None:
    recipe = Recipe.parse({"catalogues": {"a": {"objects": ["n_body"]}, "b": {"objects": ["pendulum"]}}})
    assert recipe.time.outputs == ("kinetic", "potential", "energy")


def test_images_have_no_time() -> None:
    assert Recipe.of_kind("star").series is None
    with pytest.raises(UsageError, match="star: the samples are images"):
        _ = Recipe.of_kind("star").time


@pytest.mark.parametrize(
    ("start", "stop", "steps"), [(0, 10, 100), (2.5, 2.6, 7), (0, 1 / 3, 1000), (0, 0, 1), (7, 3, 1), (1e-3, 1e12, 2)]
)
def test_both_ends_are_among_equally_distant_moments(start: float, stop: float, steps: int) -> None:
    series = Series(start=start, stop=stop, steps=steps)
    assert len(series.moments) == steps
    assert series.moments[0] == start
    assert series.end == (stop if steps > 1 else start)
    np.testing.assert_allclose(series.moments, np.linspace(start, stop, steps), rtol=1e-15)


def test_any_ascending_times() -> None:
    recipe = swinging("start: 0, stop: 10, steps: 100", "times: [0, 0.1, 0.5, 9]")
    assert recipe.time.moments == (0.0, 0.1, 0.5, 9.0)
    assert make_plan(recipe).shape == (4, 2)
    assert "times: [0, 0.1, 0.5, 9]" in recipe.to_yaml()
    assert "steps" not in recipe.to_yaml()


def test_columns_have_names_and_units() -> None:
    plan = make_plan(swinging())
    assert plan.output_columns == [("x", "m", "x"), ("energy", "J", "energy")]
    assert plan.time_unit == "s"
    (entry,) = orbiting("{bodies: 3}", "{dimensions: 3}").resolved().catalogues["bodies"].objects
    columns = output_columns(entry, ("velocity", "energy"))
    names = [f"v{axis}{body}" for body in range(3) for axis in "xyz"]
    assert columns == [*((name, "", "velocity") for name in names), ("energy", "", "energy")]
    flat = make_plan(orbiting("[position]", "[energy, position]").set("noise", []))
    assert [name for name, _, _ in flat.output_columns] == ["energy", "x0", "y0", "x1", "y1", "x2", "y2"]


def test_units_that_differ_between_catalogues_are_left_out() -> None:
    mixed = {"catalogues": {"a": {"objects": ["n_body"]}, "b": {"objects": ["pendulum"]}}}
    plan = make_plan(Recipe.parse(mixed))
    assert {unit for _, unit, _ in plan.output_columns} == {""}
    assert plan.time_unit == ""


def test_the_first_solver_is_the_default() -> None:
    solvers = [alone(kind).resolved().catalogues[kind].objects[0].solver for kind in ("pendulum", "n_body")]
    assert solvers == ["rk4", "radau"]


@pytest.mark.parametrize(
    ("kind", "option", "value"),
    [
        ("pendulum", "solver", "exact"),
        ("pendulum", "solver", "small_angle"),
        ("pendulum", "form", "hierarchical"),
        ("hamiltonian_pendulum", "solver", "symplectic"),
        ("n_body", "solver", "rk4"),
        ("n_body", "form", "kepler"),
        ("n_body", "dimensions", 3),
        ("n_body", "tolerance", 1e-6),
    ],
)
def test_options_are_kept(kind: str, option: str, value: object) -> None:
    recipe = alone(kind, **{f"catalogues.{kind}.{kind}.{option}": value})
    again = Recipe.from_yaml(recipe.to_yaml())
    assert getattr(again.catalogues[kind].objects[0], option) == value
    assert again.hash() == recipe.hash() != alone(kind).hash()


def test_forms_have_their_own_parameters() -> None:
    direct = noisy_parameters(Recipe.of_kind("pendulum").catalogues["pendulum"].objects[0])
    assert direct == ["length", "mass", "gravity", "angle", "velocity", "friction"]
    recipe = alone("pendulum", **{"catalogues.pendulum.pendulum.form": "hierarchical"})
    (entry,) = recipe.resolved().catalogues["pendulum"].objects
    assert noisy_parameters(entry) == ["length", "mass", "big_g", "phi_planet", "angle", "velocity", "friction"]
    assert "gravity" not in entry.parameters
    assert entry.parameters["phi_planet"] == Constant(1.4714e11)


def test_noise_on_parameters_is_the_catalogues_own_or_that_of_all() -> None:
    recipe = swinging("{length: 0.05}", "{length: 0.05, angle: {uniform: [0, 0.2]}}")
    assert recipe.parameter_noise_of("newton") == {"length": Constant(0.05), "angle": Uniform(0, 0.2)}
    assert recipe.parameter_noise_of("hamilton") == {"gravity": Constant(0.1)}
    off = recipe.set("catalogues.newton.parameter_noise", {})
    assert off.parameter_noise_of("newton") == {}


def test_noise_on_parameters_passes_over_those_that_a_system_has_not() -> None:
    """big_g of a hierarchical catalogue, gravity of a direct one, length beside bodies."""
    systems = {
        "direct": {"objects": ["pendulum"]},
        "hierarchical": {"objects": [{"pendulum": {"form": "hierarchical"}}]},
        "bodies": {"objects": ["n_body"]},
    }
    levels = {"big_g": 0.1, "gravity": 0.1, "length": 0.1}
    recipe = Recipe.parse({"catalogues": systems, "parameter_noise": levels})
    noisy = {name: sorted(recipe.parameter_noise_of(name)) for name in systems}
    assert noisy == {"direct": ["gravity", "length"], "hierarchical": ["big_g", "length"], "bodies": []}


def test_measurement_noise_is_for_all_outputs_or_for_some() -> None:
    (own,) = swinging().noise
    assert isinstance(own, OutputNoise)
    assert own.drawn == {"x": Constant(0.1)}
    (common,) = swinging("{x: 0.1}", "{sigma: {uniform: [0, 1]}}").noise
    assert common == GaussianNoise(sigma=Uniform(0, 1))
    columns = make_plan(swinging("{x: 0.1}", "{x: 0.1, energy: 2}")).sample_units
    assert columns["noise_gaussian_x"] == "m"
    assert columns["noise_gaussian_energy"] == "J"


@pytest.mark.parametrize(
    "recipe",
    [
        swinging(),
        swinging("start: 0, stop: 10, steps: 100", "times: [0.1, 0.30000000000000004, 7]"),
        swinging("{x: 0.1}", "{sigma: 0.1}"),
        swinging("parameter_noise: {gravity: 0.1}", "parameter_noise: {}"),
        swinging("parameter_noise: {gravity: 0.1}", "noise: []"),
        swinging("[x, energy]", "[x, y, angle, momentum]"),
        orbiting(),
        orbiting("{bodies: 3}", "{form: kepler, eccentricity: {uniform: [0, 0.5]}, solver: rk4}"),
        orbiting("{bodies: 3}", "{dimensions: 3, solver: rk4, step: 0.01}"),
    ],
    ids=range(9),
)
def test_text_gives_the_same_recipe(recipe: Recipe) -> None:
    again = Recipe.from_yaml(recipe.to_yaml())
    assert again == recipe.resolved()
    assert again.hash() == recipe.hash()
    assert "image" not in recipe.to_yaml()


@pytest.mark.parametrize(
    ("address", "value", "found"),
    [
        ("series.stop", 20, lambda r: r.time.stop == 20),
        ("series.steps", "7", lambda r: len(r.time.moments) == 7),
        ("series.times", "[0, 1, 5]", lambda r: r.time.moments == (0, 1, 5)),
        ("series.outputs", "[x, y]", lambda r: r.time.outputs == ("x", "y")),
        ("series", "{stop: 2, outputs: [x]}", lambda r: r.time.end == 2),
        ("parameter_noise.length", 0.2, lambda r: r.parameter_noise["length"] == Constant(0.2)),
        ("parameter_noise.mass", 0.1, lambda r: [*r.parameter_noise] == ["length", "mass"]),
        ("parameter_noise", "{}", lambda r: r.parameter_noise == {}),
        (
            "catalogues.hamilton.parameter_noise.gravity",
            0.2,
            lambda r: r.parameter_noise_of("hamilton") == {"gravity": Constant(0.2)},
        ),
        (
            "catalogues.newton.parameter_noise.length",
            "{uniform: [0, 0.1]}",
            lambda r: (
                r.parameter_noise_of("newton") == {"length": Uniform(0, 0.1)}
                and r.parameter_noise == {"length": Constant(0.05)}
            ),
        ),
        ("catalogues.hamilton.parameter_noise", "inherit", lambda r: [*r.parameter_noise_of("hamilton")] == ["length"]),
        ("noise.gaussian.x", 0.5, lambda r: r.noise == (OutputNoise(x=0.5),)),
        ("noise.gaussian.energy", 3, lambda r: r.noise == (OutputNoise(x=0.1, energy=3),)),
        ("noise.gaussian", "{sigma: 1}", lambda r: r.noise == (GaussianNoise(sigma=1),)),
        ("catalogues.newton.noise.gaussian.x", 0.5, lambda r: r.noise_of("newton") == (OutputNoise(x=0.5),)),
        ("catalogues.newton.pendulum.solver", "small_angle", lambda r: "small_angle" in r.to_yaml()),
        ("catalogues.newton.pendulum.friction", 0, lambda r: "friction: 0\n" in r.to_yaml()),
    ],
)
def test_addresses(address: str, value: object, found: object) -> None:
    changed = swinging().set(address, value)
    assert found(changed)  # type: ignore[operator]
    assert changed.hash() != swinging().hash()


def test_times_and_steps_replace_each_other() -> None:
    recipe = swinging().set("series.times", [0, 1]).set("series.stop", 4)
    assert (recipe.time.times, recipe.time.stop, recipe.time.steps) == (None, 4, 100)


AXIS = "start: 0, stop: 10, steps: 100"
SYSTEM = "{length: {uniform: [1, 2]}, friction: 0.1}"
NEWTON = "catalogues.newton.pendulum"
BODIES = "catalogues.bodies.n_body"

WRONG = [
    # old, new, line, key, words
    (AXIS, "start: -1", 4, "series.start", "from 0 to 1e12: the parameters are the state at time 0; not -1"),
    (AXIS, "start: 10, stop: 10", 4, "series.stop", "must be later than start, 10, not 10"),
    (AXIS, "start: 15", 4, "series.stop", "must be later than start, 15, not 10"),
    (AXIS, "stop: .inf", 4, "series.stop", "must be a finite number"),
    (AXIS, "start: .nan", 4, "series.start", "must be a finite number"),
    (AXIS, "start: true", 4, "series.start", "must be a number, not true"),
    (AXIS, "stop: {uniform: [0, 1]}", 4, "series.stop", "must be a number"),
    (AXIS, "steps: 0", 4, "series.steps", "whole number from 1 to 1000000, not 0"),
    (AXIS, "steps: 1.5", 4, "series.steps", "whole number"),
    (AXIS, "stepz: 5", 4, "series.stepz", "unknown key 'stepz'; did you mean 'steps'?"),
    (AXIS, "times: []", 4, "series.times", "at least one time"),
    (AXIS, "times: 5", 4, "series.times", "must be a list of times"),
    (AXIS, "times: [0, x]", 4, "series.times", "must be a number, not 'x'"),
    (AXIS, "times: [0, 1, 1]", 4, "series.times", "must be later than the time before, 1, not 1"),
    (AXIS, "times: [0.5, 0.5]", 4, "series.times", "must be later than the time before, 0.5, not 0.5"),
    (AXIS, "times: [0.5, 2, 1.5]", 4, "series.times", "must be later than the time before, 2, not 1.5"),
    (AXIS, "times: [0.5, 1.5e12]", 4, "series.times", "must be from 0 to 1e12"),
    (AXIS, "times: [-0.5, 1]", 4, "series.times", "the parameters are the state at time 0"),
    (AXIS, "times: [-1, 1]", 4, "series.times", "the parameters are the state at time 0"),
    (AXIS, "times: [0, 1], steps: 2", 4, "series.steps", "can't stand beside times"),
    ("[x, energy]", "[]", 4, "series.outputs", "at least one output"),
    ("[x, energy]", "x", 4, "series.outputs", "must be a list, e.g. [x], not 'x'"),
    ("[x, energy]", "[x, x]", 4, "series.outputs", "'x' stands twice"),
    ("[x, energy]", "[1]", 4, "series.outputs", "must be text"),
    ("[x, energy]", "[x, enrgy]", 4, "series.outputs", "unknown output of pendulum 'enrgy'; did you mean 'energy'?"),
    ("[x, energy]", "[X]", 4, "series.outputs", "unknown output of pendulum 'X'"),
    ("{start: 0, stop: 10, steps: 100, outputs: [x, energy]}", "[0, 1]", 4, "series", "must be keys with values"),
    ("{length: 0.05}", "0.05", 5, "parameter_noise", "e.g. {length: 0.05}, not 0.05"),
    ("{length: 0.05}", "{lenght: 0.05}", 5, "parameter_noise.lenght", "did you mean 'length'?"),
    ("{length: 0.05}", "{length: -0.1}", 5, "parameter_noise.length", "must be from 0 to 0.2, not -0.1"),
    ("{length: 0.05}", "{length: 0.3}", 5, "parameter_noise.length", "must be from 0 to 0.2, not 0.3"),
    ("{length: 0.05}", "{x: 0.1}", 5, "parameter_noise.x", "length, mass, gravity, angle, velocity, friction)"),
    (
        "{gravity: 0.1}",
        "{friction: 0}",
        15,
        "catalogues.hamilton.parameter_noise.friction",
        "gravity, angle, vel",
    ),
    ("{length: 0.05}", "{big_g: 0.1}", 5, "parameter_noise.big_g", "unknown parameter that can have noise"),
    ("{length: 0.05}", "{length: {scaled: {by: mass, of: 1}}}", 5, "parameter_noise.length", "can't be scaled"),
    ("{gravity: 0.1}", "{gravity: 2}", 15, "catalogues.hamilton.parameter_noise.gravity", "from 0 to 0.2, not 2"),
    ("{gravity: 0.1}", "{gravty: 0}", 15, "catalogues.hamilton.parameter_noise.gravty", "did you mean 'gravity'?"),
    ("{x: 0.1}", "{y: 0.1}", 7, "noise.gaussian.y", "unknown output of this series 'y' (allowed: x, energy)"),
    ("{x: 0.1}", "{x: -0.1}", 7, "noise.gaussian.x", "must be from 0"),
    ("{x: 0.1}", "{snr: 4}", 7, "noise.gaussian.snr", "is for images"),
    ("gaussian: {x: 0.1}", "poisson: {level: 1}", 7, "noise.poisson", "is noise of images"),
    ("gaussian: {x: 0.1}", "ccd: {sky: 1, gain: 1, read_noise: 1}", 7, "noise.ccd", "a series can have gaussian"),
    ("[clean]", "[clean, masks]", 8, "extras", "'masks' is for images; a series can have clean"),
    ("targets: [catalogue]", "targets: [brightness]", 9, "targets", "'brightness' is for images"),
    ("targets: [catalogue]", "targets: [pendulum.big_g]", 9, "targets", "unknown target 'pendulum.big_g'"),
    ("version: 1", "psf: {gaussian: {sigma: 1}}", 1, "psf", "blurs images"),
    ("version: 1", "image: {shape: [8, 8]}", 1, "image", "their shape follows from series"),
    ("  newton:", "  newton:\n    psf: {gaussian: {sigma: 1}}", 12, "catalogues.newton.psf", "blurs images"),
    (
        "pendulum: {length: {uniform: [1, 2]}, friction: 0.1}",
        "star",
        10,
        "catalogues",
        "newton (star) makes images of 28×28 pixels and hamilton (hamiltonian_pendulum) series of 100 steps",
    ),
    (SYSTEM, "{count: 2}", 13, f"{NEWTON}.count", "must be 1: a sample is the series of one system, not 2"),
    (SYSTEM, f"{SYSTEM}\n      - pendulum", 12, "catalogues.newton.objects", "it holds 2"),
    (SYSTEM, "{solver: euler}", 13, f"{NEWTON}.solver", "unknown solver of pendulum 'euler' (allowed: rk4, exact"),
    (SYSTEM, "{solver: exact, friction: 0.1}", 13, f"{NEWTON}.friction", "must be 0 with solver exact"),
    (SYSTEM, "{solver: exact, velocity: 1}", 13, f"{NEWTON}.velocity", "released from rest"),
    (SYSTEM, "{step: 1}", 13, f"{NEWTON}.step", "unknown parameter of pendulum 'step'"),
    (SYSTEM, "{big_g: 1}", 13, f"{NEWTON}.big_g", "is a parameter of form hierarchical"),
    (SYSTEM, "{form: hierarchical, gravity: 9.8}", 13, f"{NEWTON}.gravity", "is a parameter of form direct"),
    (SYSTEM, "{form: hierarchical, phi_planet: 1}", 13, f"{NEWTON}.phi_planet", "times big_g must be from 0.1 to 300"),
    (SYSTEM, "{length: -2}", 13, f"{NEWTON}.length", "must be from 0.01 to 100 m, not -2"),
    (SYSTEM, "{length: {normal: [5, 1]}}", 13, f"{NEWTON}.length", "give it low and high"),
    (SYSTEM, "{gravity: 0}", 13, f"{NEWTON}.gravity", "must be from 0.1 to 300 m / s2, not 0"),
    (SYSTEM, "{mass: 0}", 13, f"{NEWTON}.mass", "must be above 0 and up to 1000 kg, not 0"),
    (SYSTEM, "{angle: 3.2}", 13, f"{NEWTON}.angle", "must be from -3.1 to 3.1 rad, not 3.2"),
    (SYSTEM, "{friction: -1}", 13, f"{NEWTON}.friction", "must be from 0"),
    (SYSTEM, "{length: 1, friction: 100}", 13, f"{NEWTON}.friction", "must be below 2 m L^2 omega0"),
    (SYSTEM, "{lenght: 3}", 13, f"{NEWTON}.lenght", "did you mean 'length'?"),
    ("stop: 10", "stop: 1e4", 13, f"{NEWTON}.length", "too short for a series of 10000 s: up to 638.7 s"),
    ("{angle: 0.5}", "{friction: 0.1}", 17, "catalogues.hamilton.hamiltonian_pendulum.friction", "unknown parameter"),
    ("{angle: 0.5}", "{solver: exact}", 17, "catalogues.hamilton.hamiltonian_pendulum.solver", "(allowed: rk4, sym"),
]

WRONG_ORBITS = [
    ("[position]", "[x]", 2, "series.outputs", "unknown output of n_body 'x'"),
    ("{bodies: 3}", "{bodies: 1}", 8, f"{BODIES}.bodies", "must be a whole number from 2 to 64, not 1"),
    ("{bodies: 3}", "{bodies: 2.5}", 8, f"{BODIES}.bodies", "must be a whole number from 2 to 64, not 2.5"),
    (
        "{bodies: 3}",
        "{bodies: {integers: [2, 4]}}",
        8,
        f"{BODIES}.bodies",
        "must be one number where the outputs hold position",
    ),
    ("{bodies: 3}", "{bodies: {scaled: {by: big_g, of: 3}}}", 8, f"{BODIES}.bodies", "can't be scaled"),
    ("{bodies: 3}", "{bodies: {offset: {from: big_g, by: 3}}}", 8, f"{BODIES}.bodies", "can't be an offset"),
    ("{bodies: 3}", "{mass: {offset: {from: radius, by: 1}}}", 8, f"{BODIES}.mass", "can't be an offset"),
    ("{bodies: 3}", "{radius: {scaled: {by: mass, of: 1}}}", 8, f"{BODIES}.radius", "can't start from mass"),
    ("{bodies: 3}", "{mass: 0}", 8, f"{BODIES}.mass", "must be from 1e-30 to 1e30, not 0"),
    ("{bodies: 3}", "{softening: -1}", 8, f"{BODIES}.softening", "must be from 0"),
    ("{bodies: 3}", "{form: figure_8}", 8, f"{BODIES}.form", "did you mean 'figure_eight'?"),
    ("{bodies: 3}", "{form: kepler, bodies: 3}", 8, f"{BODIES}.bodies", "must be 2 in the form kepler"),
    ("{bodies: 3}", "{form: figure_eight, mass: 2}", 8, f"{BODIES}.mass", "must be 1 in the form figure_eight"),
    ("{bodies: 3}", "{form: kepler, eccentricity: 1}", 8, f"{BODIES}.eccentricity", "must be from 0 to 0.99, not 1"),
    ("{bodies: 3}", "{eccentricity: 0.5}", 8, f"{BODIES}.eccentricity", "is a parameter of form kepler"),
    ("{bodies: 3}", "{energy_drift: 0.1}", 8, f"{BODIES}.energy_drift", "unknown parameter of n_body"),
    ("{bodies: 3}", "{dimensions: 4}", 8, f"{BODIES}.dimensions", "whole number from 2 to 3, not 4"),
    (
        "{bodies: 3}",
        "{step: 0.1}",
        8,
        f"{BODIES}.step",
        "is for solver leapfrog or rk4; radau chooses its steps by its",
    ),
    ("{bodies: 3}", "{solver: radau, step: 0.1}", 8, f"{BODIES}.step", "is for solver leapfrog or rk4"),
    (
        "{bodies: 3}",
        "{tolerance: 1e-12}",
        8,
        f"{BODIES}.tolerance",
        "must be from 1e-9 to 0.001 with solver radau, not",
    ),
    (
        "{bodies: 3}",
        "{tolerance: 0.01}",
        8,
        f"{BODIES}.tolerance",
        "must be from 1e-9 to 0.001 with solver radau, not",
    ),
    ("{bodies: 3}", "{solver: leapfrog, step: 0}", 8, f"{BODIES}.step", "must be above 0, not 0"),
    ("{bodies: 3}", "{solver: leapfrog, step: .nan}", 8, f"{BODIES}.step", "must be a finite number"),
    ("{bodies: 3}", "{solver: rk4, step: 1e-12}", 8, f"{BODIES}.step", "gives 1e12 steps in each series"),
    ("{bodies: 3}", "{solver: symplectic}", 8, f"{BODIES}.solver", "(allowed: radau, leapfrog, rk4)"),
    ("{position: 0.1}", "{energy: 0.1}", 3, "noise.gaussian.energy", "unknown output of this series 'energy'"),
    ("version: 1", "parameter_noise: {mass: 0.1}", 1, "parameter_noise.mass", "(allowed: none)"),
    ("[catalogue]", "[n_body.mass]", 4, "targets", "unknown target 'n_body.mass'"),
    ("{stop: 1,", "{steps: 10_000_000,", 2, "series.steps", "must be a whole number from 1 to 1000000"),
]


def refuse(text: str) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, "series.yaml")
    assert not JARGON.search(str(caught.value))
    return caught.value


@pytest.mark.parametrize(("old", "new", "line", "key", "words"), WRONG)
def test_one_line_for_what_is_wrong(old: str, new: str, line: int, key: str, words: str) -> None:
    assert old in SWINGING
    error = refuse(SWINGING.replace(old, new, 1))
    assert (error.source, error.line, error.key) == ("series.yaml", line, key)
    assert words in error.problem


@pytest.mark.parametrize(("old", "new", "line", "key", "words"), WRONG_ORBITS)
def test_one_line_for_what_is_wrong_with_bodies(old: str, new: str, line: int, key: str, words: str) -> None:
    assert old in ORBITS
    error = refuse(ORBITS.replace(old, new, 1))
    assert (error.source, error.line, error.key) == ("series.yaml", line, key)
    assert words in error.problem


def test_a_sample_has_bounds() -> None:
    text = ORBITS.replace("stop: 1,", "steps: 1_000_000,").replace("bodies: 3", "bodies: 64, dimensions: 3")
    assert "makes more than 134217728 numbers of each sample" in refuse(text).problem


@pytest.mark.parametrize(
    ("catalogues", "words"),
    [
        ({"a": ["star", "pendulum"]}, "a (star) makes images of 28×28 pixels and a (pendulum) series of 100 steps"),
        (
            {"a": ["n_body"], "b": [{"n_body": {"bodies": 4}}]},
            "a (n_body) makes series of 100×6 and b (n_body) of 100×8",
        ),
        (
            {"a": ["n_body"], "b": [{"n_body": {"form": "kepler", "dimensions": 3}}]},
            "a (n_body) has x1 where b (n_body) has z0",
        ),
        ({"a": ["pendulum"], "b": []}, "must hold one system, since a sample is its series; it holds 0"),
    ],
)
def test_samples_of_one_dataset_have_one_shape(catalogues: dict[str, list[object]], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.parse({"catalogues": {name: {"objects": objects} for name, objects in catalogues.items()}})
    assert words in caught.value.problem


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("series", {}, "series: is for systems that move; the objects of this recipe make images"),
        ("parameter_noise", {"gamma": 0.1}, "parameter_noise: is for series"),
        ("noise", [{"gaussian": {"x": 0.1}}], "x: is an output of series; noise on images has sigma or snr"),
    ],
)
def test_images_have_nothing_of_series(key: str, value: object, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.parse({key: value, "catalogues": {"stars": {"objects": ["star"]}}})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        ("series.step", 3, "unknown key of series 'step'; did you mean 'steps'?"),
        ("series.times", "[1, 0]", "series.times: must be later than the time before"),
        ("parameter_noise.lenght", 0.1, "parameter_noise.lenght: unknown parameter that can have noise"),
        ("catalogues.newton.parameter_noise.length", 1, "newton.parameter_noise.length: must be from 0 to 0.2, not 1"),
        ("noise.gaussian.y", 1, "noise.gaussian.y: unknown output of this series 'y'"),
        ("catalogues.newton.pendulum.solver", "exact", "friction: must be 0 with solver exact"),
        ("image.shape", [8, 8], "unknown key 'image'"),
    ],
)
def test_wrong_addresses_and_values(address: str, value: object, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        swinging().set(address, value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
