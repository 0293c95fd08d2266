"""What systems start from: noise on their parameters, products, bodies; and what changes of a recipe leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kstest, norm, truncnorm

from deepbench_fast import Recipe, generate, samples, verify
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.random.perturb import perturb
from tests.oracles import addresses, pendulum
from tests.oracles.n_body import kepler, kinetic, potential

NOISY = """
version: 1
seed: 11
series: {stop: 3, steps: 12, outputs: [x, angle, energy]}
parameter_noise: {length: 0.05, mass: 0.1, gravity: 0.02, angle: 0.2}
noise: [{gaussian: {x: 0.1, angle: {uniform: [0, 0.5]}}}]
extras: [clean]
catalogues:
  swinging:
    objects:
      - pendulum: {length: {uniform: [1, 2]}, mass: {uniform: [1, 3]}, gravity: {choice: [1.6, 9.8]}, angle: 0.5}
  quiet:
    parameter_noise: {}
    noise: []
    objects: [pendulum]
"""
LEVELS = {"length": 0.05, "mass": 0.1, "gravity": 0.02, "angle": 0.2}
HIERARCHICAL = """
version: 1
seed: 5
parameter_noise: {big_g: 0.15, phi_planet: 0.1}
catalogues: {planets: {objects: [{pendulum: {form: hierarchical, phi_planet: {choice: [1.4714e11, 3e10]}}}]}}
"""
FloatArray = npt.NDArray[np.float64]


def noisy(**changes: object) -> Recipe:
    return Recipe.from_yaml(NOISY).with_overrides(changes)


def tables(recipe: Recipe, count: int) -> Tables:
    return draw(make_plan(recipe), 0, count)


def rows(drawn: Tables, entry: int = 0, kind: str = "pendulum") -> npt.NDArray[np.void]:
    table = drawn.objects[kind]
    return table[table["entry"] == entry]


def deviates(table: npt.NDArray[np.void], name: str, level: float) -> FloatArray:
    scattered: FloatArray = (table[name] / table[f"{name}_nominal"] - 1) / level
    return scattered


@pytest.fixture(scope="module")
def many() -> npt.NDArray[np.void]:
    return rows(tables(noisy(), 10_000))


@pytest.mark.parametrize("name", LEVELS)
def test_the_used_value_is_normal_around_the_nominal_one(many: npt.NDArray[np.void], name: str) -> None:
    assert kstest(deviates(many, name, LEVELS[name]), "norm").pvalue > 1e-3


def test_every_parameter_has_a_stream_of_its_own(many: npt.NDArray[np.void]) -> None:
    scatter = np.array([deviates(many, name, level) for name, level in LEVELS.items()])
    nominal = np.array([many[f"{name}_nominal"] for name in ("length", "mass", "gravity")])
    correlation = np.corrcoef(np.vstack([scatter, nominal])) - np.eye(7)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(many))


def test_each_deviate_has_an_address(many: npt.NDArray[np.void]) -> None:
    """z is the normal quantile of the uniform at (attempt 0, stream of the name, member)."""
    plan = make_plan(noisy())
    key = int(plan.key[0]), int(plan.key[1])
    drawn = tables(noisy(), 20)
    members = drawn.samples["member"][rows(drawn)["sample"]]
    for name, level in LEVELS.items():
        stream = plan.streams[f"swinging/pendulum/{name}.noise"]
        expected = [norm.ppf(addresses.uniform(key, stream, member)) for member in members.tolist()]
        np.testing.assert_allclose(deviates(rows(drawn), name, level), expected, rtol=1e-9, atol=1e-12)


def test_the_level_may_be_drawn_too() -> None:
    recipe = noisy(**{"parameter_noise.length": {"uniform": [0.0, 0.2]}})
    drawn = tables(recipe, 10_000)
    own = drawn.samples[drawn.samples["catalogue"] == 0]
    scatter = deviates(rows(drawn), "length", 1.0)
    assert kstest(own["parameter_noise_length"], "uniform", (0, 0.2)).pvalue > 1e-3
    assert kstest(scatter / own["parameter_noise_length"], "norm").pvalue > 1e-3


def test_a_steep_angle_is_drawn_again_until_the_pendulum_can_hang_there() -> None:
    recipe = noisy(**{"catalogues.swinging.pendulum.angle": {"choice": [-3.0, 3.0]}})
    table = rows(tables(recipe, 10_000))
    angle = table["angle"] * np.sign(table["angle_nominal"])
    assert np.abs(table["angle"]).max() <= 3.1
    assert (angle > 3.05).mean() > 0.03
    assert kstest(angle, truncnorm((-3.1 - 3) / 0.6, 0.1 / 0.6, 3.0, 0.6).cdf).pvalue > 1e-3


def test_what_falls_outside_is_drawn_at_the_next_attempt() -> None:
    """Scatter by twice the value makes half of the lengths negative at first."""
    count = 500
    key, streams = np.array([7, 9], np.uint32), np.full(count, 12345)
    members = np.arange(count) + 2**40
    values = np.full(count, 1.5)
    perturb(values, 2.0 * values, 1e-3, np.full(count, np.inf), key, streams, members)
    assert (values > 1e-3).all()
    for i in range(40):
        for attempt in range(1000):
            u = addresses.uniform((7, 9), 12345, int(members[i]), block=attempt)
            expected = 1.5 * (1 + 2 * norm.ppf(u))
            if expected > 1e-3:
                break
        assert values[i] == pytest.approx(expected, rel=1e-9)
    first = [1.5 * (1 + 2 * norm.ppf(addresses.uniform((7, 9), 12345, int(m)))) for m in members[:40]]
    assert min(first) < 0


def test_levels_that_are_absent_or_zero_leave_every_bit() -> None:
    values = np.array([0.1, -2.7, 0.0, 1e300])
    before = values.tobytes()
    key, numbers = np.array([1, 2], np.uint32), np.arange(4)
    perturb(values, np.array([0.0, np.nan, 0.0, 0.0]), -np.inf, np.full(4, np.inf), key, numbers, numbers)
    assert values.tobytes() == before


def test_gravity_is_the_product_of_what_was_scattered() -> None:
    table = rows(tables(Recipe.from_yaml(HIERARCHICAL), 2000))
    np.testing.assert_array_equal(table["gravity"], table["big_g"] * table["phi_planet"])
    np.testing.assert_array_equal(table["gravity_nominal"], table["big_g_nominal"] * table["phi_planet_nominal"])
    assert (table["gravity"] != table["gravity_nominal"]).all()
    np.testing.assert_array_equal(table["big_g_nominal"], 6.67430e-11)


def test_the_scatter_of_a_product() -> None:
    """Var g = (G0 Phi0)**2 [(1 + sG**2)(1 + sPhi**2) - 1], its mean G0 Phi0: each factor is drawn once."""
    table = rows(tables(Recipe.from_yaml(HIERARCHICAL), 100_000))
    ratio = table["gravity"] / table["gravity_nominal"]
    variance = (1 + 0.15**2) * (1 + 0.1**2) - 1
    assert abs(ratio.mean() - 1) < 4 * np.sqrt(variance / len(ratio))
    assert abs(ratio.var() / variance - 1) < 5 * np.sqrt(2 / len(ratio))


def test_a_catalogue_of_another_form_has_no_factors() -> None:
    recipe = Recipe.from_yaml(HIERARCHICAL.replace("planets:", "direct: {objects: [pendulum]}, planets:"))
    drawn = tables(recipe, 100)
    direct, planets = rows(drawn, 0), rows(drawn, 1)
    assert np.isnan(direct["big_g"]).all()
    assert np.isnan(direct["phi_planet_nominal"]).all()
    assert (direct["gravity"] == direct["gravity_nominal"]).all()
    assert not np.isnan(planets["gravity"]).any()


def test_a_catalogue_without_the_noise_is_untouched() -> None:
    drawn = tables(noisy(), 400)
    quiet = rows(drawn, 1)
    for name in LEVELS:
        np.testing.assert_array_equal(quiet[name], quiet[f"{name}_nominal"])
        column = drawn.samples[f"parameter_noise_{name}"]
        np.testing.assert_array_equal(np.isnan(column), drawn.samples["catalogue"] == 1)
    alone = Recipe.from_yaml(NOISY).set("parameter_noise", {}).set("noise", [])
    shown = samples(noisy(), 0, 200)
    where = shown.labels == 1
    np.testing.assert_array_equal(shown["series"][where], samples(alone, 0, 200)["series"][where])


def test_nothing_is_nominal_where_nothing_is_noisy() -> None:
    columns = rows(tables(noisy(parameter_noise={}), 3)).dtype.names
    assert not any(name.endswith("_nominal") for name in columns)
    only = rows(tables(noisy(parameter_noise={"length": 0.1}), 3)).dtype.names
    assert [name for name in only if name.endswith("_nominal")] == ["length_nominal"]


@pytest.mark.parametrize("off", [{}, {"mass": 0.1}, dict.fromkeys(LEVELS, 0.0)], ids=["none", "one", "zero"])
def test_without_noise_the_nominal_values_are_used(off: dict[str, float]) -> None:
    """Bit by bit, and so for each parameter alone."""
    with_noise, without = rows(tables(noisy(), 300)), rows(tables(noisy(parameter_noise=off), 300))
    for name in LEVELS:
        expected = with_noise[name] if off.get(name) else with_noise[f"{name}_nominal"]
        np.testing.assert_array_equal(without[name], expected)


def test_weaker_noise_is_the_same_noise() -> None:
    strong, weak = (rows(tables(noisy(**{"parameter_noise.length": level}), 200)) for level in (0.1, 0.01))
    np.testing.assert_allclose(deviates(strong, "length", 0.1), deviates(weak, "length", 0.01), rtol=1e-9, atol=1e-12)


def test_measurement_noise_is_normal_with_its_sigma() -> None:
    shown = samples(noisy(**{"series.steps": 40}), 0, 2000)
    swinging = shown.labels == 0
    residual = shown["series"][swinging] - shown["clean"][swinging]
    own = shown.tables.samples[swinging]
    assert shown.outputs == ("x", "angle", "energy")
    assert kstest(residual[:, :, 0].ravel() / 0.1, "norm").pvalue > 1e-3
    assert kstest((residual[:, :, 1] / own["noise_gaussian_angle"][:, None]).ravel(), "norm").pvalue > 1e-3
    assert (residual[:, :, 2] == 0).all()
    flat = residual[:, :, 0] / 0.1
    for one, other in (
        (flat[:, :-1], flat[:, 1:]),
        (flat[:-1], flat[1:]),
        (flat, residual[:, :, 1] / own["noise_gaussian_angle"][:, None]),
    ):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(one.size)


def test_the_clean_twin_is_what_there_is_without_noise() -> None:
    shown, quiet = samples(noisy(), 0, 100), samples(noisy(noise=[]), 0, 100)
    np.testing.assert_array_equal(shown["clean"], quiet["series"])
    assert not (shown["series"] == shown["clean"])[shown.labels == 0][:, :, 0].any()


def test_one_sigma_for_all_outputs() -> None:
    common = samples(noisy(noise=[{"gaussian": {"sigma": 0.1}}]), 0, 50)
    own = samples(noisy(), 0, 50)
    swinging = common.labels == 0
    np.testing.assert_array_equal(common["series"][swinging][:, :, 0], own["series"][swinging][:, :, 0])
    assert (common["series"] != common["clean"])[swinging].all()


def test_another_output_leaves_what_there_was() -> None:
    before, after = samples(noisy(), 0, 60), samples(noisy(**{"series.outputs": ["y", "energy", "angle", "x"]}), 0, 60)
    for name in ("x", "angle", "energy"):
        for array in ("series", "clean"):
            old, new = before[array][:, :, before.outputs.index(name)], after[array][:, :, after.outputs.index(name)]
            np.testing.assert_array_equal(old, new)
    assert before.tables.samples.tobytes() == after.tables.samples.tobytes()
    assert before.tables.objects["pendulum"].tobytes() == after.tables.objects["pendulum"].tobytes()


def test_other_times_leave_parameters_and_the_noise_of_each_step() -> None:
    before, after = samples(noisy(), 0, 60), samples(noisy(**{"series.times": [0, 0.7, 1.1, 2, 2.5]}), 0, 60)
    assert before.tables.samples.tobytes() == after.tables.samples.tobytes()
    assert before.tables.objects["pendulum"].tobytes() == after.tables.objects["pendulum"].tobytes()
    old, new = (shown["series"] - shown["clean"] for shown in (before, after))
    np.testing.assert_allclose(old[:, :5], new, atol=1e-14)


def test_more_catalogues_leave_those_there_were() -> None:
    more = Recipe.from_yaml(NOISY + "  third: {objects: [hamiltonian_pendulum]}\n")
    before, after = samples(noisy(), 0, 60), samples(more, 0, 60)
    old, new = before["series"][before.labels == 0], after["series"][after.labels == 0]
    size = min(len(old), len(new))
    assert size > 15
    np.testing.assert_array_equal(old[:size], new[:size])


def test_newton_and_hamilton_describe_the_same_motion() -> None:
    """Equal parameters; both integrate to 1e-8 of the amplitude."""
    same = "{length: 2, mass: 3, gravity: 9.8, angle: 2.5, velocity: 0.4}"
    text = f"""
version: 1
series: {{stop: 20, steps: 50, outputs: [angle, velocity, momentum, force, energy]}}
catalogues:
  newton: {{objects: [pendulum: {same}]}}
  hamilton: {{objects: [hamiltonian_pendulum: {same}]}}
  symplectic: {{objects: [hamiltonian_pendulum: {same.replace("{", "{solver: symplectic, ")}]}}
"""
    shown = samples(Recipe.from_yaml(text), 0, 3)
    newton, hamilton, symplectic = (shown["series"][shown.labels == label][0] for label in range(3))
    inertia = 3 * 2**2
    scale = np.array([2.5, 3.5, 3.5 * inertia, 3 * 9.8 * 2, 3 * 9.8 * 2])
    assert np.abs((newton - hamilton) / scale).max() < 1e-7
    assert np.abs((newton - symplectic) / scale).max() < 1e-5
    np.testing.assert_allclose(hamilton[:, 2], inertia * hamilton[:, 1], rtol=1e-14)


BODIES = """
version: 1
seed: 2
series: {stop: 0, steps: 1, outputs: [kinetic, potential]}
catalogues:
  few: {objects: [{n_body: {bodies: {integers: [2, 6]}, virial_ratio: {uniform: [0, 1]}, radius: 3, dimensions: 3}}]}
  flat: {objects: [{n_body: {bodies: 4, big_g: 2, softening: 0.3}}]}
"""


def states(table: npt.NDArray[np.void]) -> FloatArray:
    return np.stack([table[name] for name in ("x", "y", "z", "vx", "vy", "vz")], axis=-1)


def test_every_body_of_every_system_stands_in_a_table() -> None:
    drawn = tables(Recipe.from_yaml(BODIES), 200)
    systems, bodies = drawn.objects["n_body"], drawn.objects["body"]
    np.testing.assert_array_equal(np.bincount(bodies["sample"], minlength=200), systems["bodies"])
    order = np.lexsort((bodies["slot"], bodies["entry"], bodies["sample"]))
    np.testing.assert_array_equal(order, np.arange(len(bodies)))
    np.testing.assert_array_equal(bodies["slot"][np.r_[True, np.diff(bodies["sample"]) > 0]], 0)
    assert {*systems["entry"]} == {0, 2}
    assert {*bodies["entry"]} == {1, 3}
    assert set(systems["bodies"][systems["entry"] == 0]) == {2, 3, 4, 5, 6}
    assert set(systems["bodies"][systems["entry"] == 2]) == {4}
    assert bodies["mass"].min() >= 0.5
    assert bodies["mass"].max() <= 1.5


def test_random_bodies_start_as_their_system_says() -> None:
    """The centre of mass at rest, inside the radius, with the virial ratio of the table."""
    shown = samples(Recipe.from_yaml(BODIES), 0, 100)
    for system in shown.tables.objects["n_body"]:
        bodies = shown.tables.objects["body"]
        bodies = bodies[bodies["sample"] == system["sample"]]
        mass, state = bodies["mass"], states(bodies)
        assert np.linalg.norm(state[:, :3], axis=1).max() <= system["radius"]
        assert np.abs(mass @ state[:, 3:]).max() < 1e-13 * (1 + np.abs(state[:, 3:]).max())
        k, u = kinetic(mass, state), potential(mass, state, system["big_g"], system["softening"])
        assert k == pytest.approx(-system["virial_ratio"] * u, rel=1e-12)
        assert shown["series"][system["sample"], 0] == pytest.approx([k, u], rel=1e-12)
        flat = system["entry"] == 2
        assert (state[:, [2, 5]] == 0).all() == flat


def test_positions_are_uniform_in_the_ball_and_in_the_disc() -> None:
    bodies = tables(Recipe.from_yaml(BODIES), 4000).objects["body"]
    ball, disc = bodies[bodies["entry"] == 1], bodies[bodies["entry"] == 3]
    r = np.linalg.norm(states(ball)[:, :3], axis=1) / 3
    assert kstest(r**3, "uniform").pvalue > 1e-3
    assert kstest((disc["x"] ** 2 + disc["y"] ** 2), "uniform").pvalue > 1e-3
    assert kstest(np.arctan2(disc["y"], disc["x"]), "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-3


def test_a_body_more_leaves_the_others() -> None:
    """Masses and places; velocities change with the centre of mass."""
    three, four = (tables(Recipe.of_kind("n_body").set("catalogues.n_body.n_body.bodies", n), 50) for n in (3, 4))
    kept = four.objects["body"][four.objects["body"]["slot"] < 3]
    for name in ("mass", "x", "y"):
        np.testing.assert_array_equal(three.objects["body"][name], kept[name])


def test_kepler_orbits_follow_keplers_equation() -> None:
    text = """
version: 1
series: {start: 0.5, stop: 12, steps: 20, outputs: [position, velocity, energy]}
catalogues:
  pairs:
    objects:
      - n_body: {form: kepler, semi_major_axis: {uniform: [0.8, 1.5]}, mass: {uniform: [0.2, 1]},
          eccentricity: {uniform: [0, 0.6]}, solver: rk4, step: 0.002, tolerance: 1e-6}
"""
    shown = samples(Recipe.from_yaml(text), 0, 12)
    for number, system in enumerate(shown.tables.objects["n_body"]):
        mass = shown.tables.objects["body"]["mass"][2 * number : 2 * number + 2]
        a, e = system["semi_major_axis"], system["eccentricity"]
        orbit = shown["series"][number]
        for row, time in zip(orbit, shown.recipe.time.moments, strict=True):
            position, velocity = kepler(mass.sum(), a, e, time)
            np.testing.assert_allclose(row[2:4] - row[0:2], position, atol=1e-6)
            np.testing.assert_allclose(row[6:8] - row[4:6], velocity, atol=1e-5)
            assert np.abs(mass @ row[:4].reshape(2, 2)).max() < 1e-12
        np.testing.assert_allclose(orbit[:, 8], -mass.prod() / (2 * a), rtol=1e-7)


@pytest.mark.parametrize("big_g", [1.0, 4.0])
def test_the_figure_eight_returns_after_its_period(big_g: float) -> None:
    period = 6.32591398 / np.sqrt(big_g)
    text = f"""
version: 1
series: {{times: [0, {period / 3}, {period}], outputs: [position, velocity]}}
catalogues: {{eight: {{objects: [{{n_body: {{form: figure_eight, big_g: {big_g}, solver: rk4, step: 0.001}}}}]}}}}
"""
    series = samples(Recipe.from_yaml(text), 0, 1)["series"][0]
    np.testing.assert_allclose(series[2], series[0], atol=1e-6)
    third = series[:, :6].reshape(3, 3, 2)
    np.testing.assert_allclose(third[1], third[0][[2, 0, 1]], atol=1e-6)  # each is where another one was


def test_any_number_of_bodies_where_only_energies_are_asked_for() -> None:
    text = """
version: 1
series: {stop: 1, steps: 5, outputs: [kinetic, potential, energy]}
catalogues: {swarms: {objects: [{n_body: {bodies: {integers: [2, 20]}, softening: 0.3}}]}}
"""
    shown = samples(Recipe.from_yaml(text), 0, 60)
    systems = shown.tables.objects["n_body"]
    assert shown["series"].shape == (60, 5, 3)
    assert len(set(systems["bodies"])) > 12
    energies = shown["series"]
    np.testing.assert_allclose(energies[:, :, 0] + energies[:, :, 1], energies[:, :, 2], rtol=1e-12)
    drift = np.abs(energies[:, :, 2] / energies[:, :1, 2] - 1).max(axis=1)
    assert (drift <= systems["energy_drift"] * (1.0 + 1e-6) + 1e-14).all()
    assert systems["energy_drift"].max() < 1e-3
    for start in (17, 41):
        np.testing.assert_array_equal(
            samples(Recipe.from_yaml(text), start, start + 3)["series"], energies[start : start + 3]
        )


ALL = """
version: 1
seed: 8
series: {stop: 3, steps: 5, outputs: [angle]}
parameter_noise:
  length: 0.05
  mass: {absolute: 0.1}
  gravity: {absolute: 0.5 m / s2}
  angle: {absolute: {uniform: [0, 0.1]}}
  velocity: {absolute: 3 deg / s}
  friction: {absolute: 0.4}
catalogues:
  swinging: {objects: [{pendulum: {length: {uniform: [1, 2]}, friction: {choice: [0, 0.3, 1]}}}]}
  free: {objects: [{hamiltonian_pendulum: {velocity: {uniform: [-1, 1]}}}]}
"""
ABSOLUTE = {"mass": 0.1, "gravity": 0.5, "velocity": np.deg2rad(3)}


@pytest.fixture(scope="module")
def everything() -> Tables:
    return tables(Recipe.from_yaml(ALL), 40_000)


@pytest.mark.parametrize(("kind", "entry"), [("pendulum", 0), ("hamiltonian_pendulum", 1)])
def test_absolute_noise_is_normal_in_the_parameters_unit(everything: Tables, kind: str, entry: int) -> None:
    table = rows(everything, entry, kind)
    for name, sigma in ABSOLUTE.items():
        assert kstest((table[name] - table[f"{name}_nominal"]) / sigma, "norm").pvalue > 1e-3
        column = everything.samples[f"parameter_noise_{name}"]
        np.testing.assert_allclose(column, sigma, rtol=1e-12)
    level = everything.samples["parameter_noise_angle"][table["sample"]]
    assert kstest((table["angle"] - table["angle_nominal"]) / level, "norm").pvalue > 1e-3
    assert kstest(deviates(table, "length", 0.05), "norm").pvalue > 1e-3


def test_friction_is_drawn_again_until_the_pendulum_swings(everything: Tables) -> None:
    table = rows(everything)
    most = 2 * table["mass"] * table["length"] ** 1.5 * np.sqrt(table["gravity"])
    assert ((table["friction"] > 0) & (table["friction"] < most)).all()
    for nominal in (0.0, 0.3, 1.0):
        own = table["friction"][table["friction_nominal"] == nominal]
        assert kstest(own, truncnorm(-nominal / 0.4, np.inf, nominal, 0.4).cdf).pvalue > 1e-3


def test_friction_near_the_limit_stays_below_that_of_the_used_values() -> None:
    text = ALL.replace("friction: {choice: [0, 0.3, 1]}", "friction: 5.5").replace(
        "uniform: [1, 2]", "choice: [1, 1.1]"
    )
    table = rows(tables(Recipe.from_yaml(text.replace("0.4}", "1}")), 20_000))
    most = 2 * table["mass"] * table["length"] ** 1.5 * np.sqrt(table["gravity"])
    scattered = table["friction"] != 5.5
    assert (table["friction"][scattered] < most[scattered]).all()
    assert scattered.mean() > 0.99
    assert (table["friction"] > 5.5).mean() > 0.05


def test_absolute_noise_is_the_relative_noise_of_the_same_size() -> None:
    """The same deviates at the same addresses."""
    relative = noisy(**{"catalogues.swinging.pendulum.length": 2, "parameter_noise.length": 0.05})
    absolute = relative.set("parameter_noise", {**LEVELS, "length": {"absolute": 0.1}})
    np.testing.assert_array_equal(rows(tables(relative, 300))["length"], rows(tables(absolute, 300))["length"])
    unit = make_plan(absolute).sample_units["parameter_noise_length"]
    assert (unit, make_plan(relative).sample_units["parameter_noise_length"]) == ("m", "")


def test_noise_on_velocity_and_friction_leaves_all_else() -> None:
    less = Recipe.from_yaml(ALL.replace("  velocity: {absolute: 3 deg / s}\n  friction: {absolute: 0.4}\n", ""))
    with_noise, without = tables(Recipe.from_yaml(ALL), 500), tables(less, 500)
    for name in ("length", "mass", "gravity", "angle"):
        np.testing.assert_array_equal(rows(with_noise)[name], rows(without)[name])
    np.testing.assert_array_equal(rows(with_noise)["friction_nominal"], rows(without)["friction"])


def test_the_motion_is_that_of_the_used_values(tmp_path: Path) -> None:
    recipe = Recipe.from_yaml(ALL).with_overrides({"samples": 60})
    generate(recipe, tmp_path / "all.h5")
    verify(tmp_path / "all.h5", "all")
    shown = samples(recipe, 0, 60)
    table = rows(shown.tables)
    own = shown["series"][table["sample"]][:, :, 0]
    for row, angles in zip(table[:12], own, strict=False):
        bob = pendulum.Bob(*(row[name] for name in pendulum.Bob._fields))
        expected, _ = pendulum.dop853("pendulum", bob, row["angle"], row["velocity"], np.linspace(0, 3, 5))
        np.testing.assert_allclose(angles, expected, rtol=0, atol=1e-8)
