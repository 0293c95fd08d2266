"""Series of the whole road against SciPy's integrator and against the formulas of their outputs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import solve_ivp

from deepbench_fast import Recipe, Samples, samples
from tests.oracles.n_body import kinetic, orbit, potential

PENDULUMS = """
version: 1
seed: 4
series: {start: 0, stop: 12, steps: 25, outputs: [angle, velocity, x, y, momentum, force, kinetic, potential, energy]}
parameter_noise: {length: 0.1, gravity: 0.1, angle: 0.1}
catalogues:
  damped:
    objects:
      - pendulum: {length: {uniform: [0.5, 5]}, mass: {uniform: [0.5, 4]}, angle: {uniform: [-2.8, 2.8]},
          velocity: {uniform: [-0.5, 0.5]}, friction: {scaled: {by: mass, of: {uniform: [0, 0.1]}}}}
  planets:
    objects:
      - hamiltonian_pendulum: {form: hierarchical, phi_planet: {choice: [1.5e11, 5.5e10]}, angle: {uniform: [0.1, 2]}}
"""
FloatArray = npt.NDArray[np.float64]


def shown(count: int, **changes: object) -> Samples:
    return samples(Recipe.from_yaml(PENDULUMS).with_overrides(changes), 0, count)


def systems(found: Samples) -> list[dict[str, float]]:
    """The parameters of each sample's pendulum, those that it has not as 0."""
    rows: dict[int, dict[str, float]] = {}
    for table in found.tables.objects.values():
        for row in table:
            rows[int(row["sample"])] = {"friction": 0.0} | {name: float(row[name]) for name in table.dtype.names[3:]}
    return [rows[number] for number in range(len(found.labels))]


def swing(system: dict[str, float], times: FloatArray) -> FloatArray:
    """Angle and velocity at the times, from the state at time 0: (T, 2)."""
    stiffness = system["gravity"] / system["length"]
    damping = system["friction"] / (system["mass"] * system["length"] ** 2)
    solved = solve_ivp(
        lambda _, state: [state[1], -stiffness * np.sin(state[0]) - damping * state[1]],
        (0, times[-1]),
        [system["angle"], system["velocity"]],
        method="DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-13,
    )
    return np.asarray(solved.y.T)


@pytest.mark.parametrize("axis", ["axis", "late", "uneven"])
def test_pendulums_move_as_scipy_says(axis: str) -> None:
    """Friction, initial velocity, noise on parameters; also where the first moment is later than the parameters'."""
    changes = {"late": {"series.start": 7.5}, "uneven": {"series.times": [0.01, 3, 3.1, 11]}, "axis": {}}[axis]
    found = shown(30, **changes)
    times = np.array(found.recipe.time.moments)
    for system, series in zip(systems(found), found["series"], strict=True):
        expected = swing(system, times)
        # The promise of 1e-8 is for the angle as a share of its amplitude; an oscillation that starts in motion has
        # its amplitude above the first angle.
        frequency = np.sqrt(system["gravity"] / system["length"])
        amplitude = max(abs(system["angle"]), abs(system["velocity"]) / frequency)
        assert np.abs(series[:, 0] - expected[:, 0]).max() < 2e-8 * amplitude
        assert np.abs(series[:, 1] - expected[:, 1]).max() < 1e-7 * amplitude * frequency


def test_a_later_start_is_a_later_part_of_the_same_motion() -> None:
    whole = shown(20)
    late = shown(20, **{"series.times": list(whole.recipe.time.moments[10:])})
    for name in ("pendulum", "hamiltonian_pendulum"):
        assert whole.tables.objects[name].tobytes() == late.tables.objects[name].tobytes()
    np.testing.assert_allclose(whole["series"][:, 10:], late["series"], atol=1e-6)
    first = shown(20, **{"series.times": [0]})["series"][:, 0]
    np.testing.assert_array_equal(first, whole["series"][:, 0])
    np.testing.assert_array_equal(first[:, 0], [system["angle"] for system in systems(whole)])


def test_outputs_follow_from_angle_and_velocity() -> None:
    found = shown(40)
    columns = {name: found["series"][:, :, number] for number, name in enumerate(found.outputs)}
    parameters = {
        name: np.array([[s[name]] for s in systems(found)]) for name in ("length", "mass", "gravity", "friction")
    }
    length, mass, gravity, friction = parameters.values()
    angle, velocity = columns["angle"], columns["velocity"]
    expected = {
        "x": length * np.sin(angle),
        "y": -length * np.cos(angle),
        "momentum": mass * length**2 * velocity,
        "force": -mass * gravity * length * np.sin(angle) - friction * velocity,
        "kinetic": mass * length**2 * velocity**2 / 2,
        "potential": mass * gravity * length * (1 - np.cos(angle)),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(columns[name], value, rtol=1e-12, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(columns["kinetic"] + columns["potential"], columns["energy"], rtol=1e-13)


def test_force_is_the_rate_of_momentum() -> None:
    found = shown(20, **{"series.stop": 0.6, "series.steps": 601, "series.outputs": ["momentum", "force"]})
    momentum, force = found["series"][:, :, 0], found["series"][:, :, 1]
    rate = (momentum[:, 2:] - momentum[:, :-2]) / 2e-3
    scale = np.abs(force).max(axis=1, keepdims=True)
    assert (np.abs(rate - force[:, 1:-1]) / scale).max() < 1e-4


def test_energy_is_kept_or_lost_to_friction() -> None:
    found = shown(60)
    energy = found["series"][:, :, found.outputs.index("energy")]
    free = np.array([system["friction"] == 0 for system in systems(found)])
    np.testing.assert_array_equal(free, found.labels == 1)
    np.testing.assert_allclose(energy[free], np.broadcast_to(energy[free][:, :1], energy[free].shape), rtol=1e-6)
    assert (np.diff(energy[~free], axis=1) < 0).all()


def test_where_friction_takes_over() -> None:
    """Noise may leave a pendulum that only creeps back: friction above 2 m L**2 omega0."""
    changes = {
        "catalogues.damped.pendulum.length": {"uniform": [0.54, 0.6]},
        "catalogues.damped.pendulum.mass": 0.5,
        "catalogues.damped.pendulum.friction": 1.2,
        "parameter_noise.length": 0.2,
        "parameter_noise.angle": 0,
    }
    found = shown(200, **changes)
    times = np.array(found.recipe.time.moments)
    damping = {}
    for number, system in enumerate(systems(found)):
        if found.labels[number] == 0:
            rate = system["friction"] / (system["mass"] * system["length"] ** 2)
            damping[number] = rate / np.sqrt(system["gravity"] / system["length"])
    strongest = sorted(damping, key=damping.__getitem__)[-4:]
    assert damping[strongest[0]] > 2
    for number in strongest:
        np.testing.assert_allclose(found["series"][number, :, :2], swing(systems(found)[number], times), atol=1e-7)


@pytest.mark.parametrize("solver", ["exact", "small_angle"])
def test_solvers_of_the_same_pendulum(solver: str) -> None:
    """The exact one agrees with steps at any angle, that of small angles at small ones only."""
    text = """
version: 1
series: {stop: 10, steps: 40, outputs: [angle]}
catalogues:
  small: {objects: [{pendulum: {angle: 0.001}}]}
  large: {objects: [{pendulum: {angle: 2.5}}]}
"""
    other = text.replace("{angle", f"{{solver: {solver}, angle")
    one, two = (samples(Recipe.from_yaml(t), 0, 20) for t in (text, other))
    error = np.abs(one["series"] - two["series"]).max(axis=(1, 2))
    assert error[one.labels == 0].max() < (1e-11 if solver == "exact" else 1e-8)
    if solver == "exact":
        assert error[one.labels == 1].max() < 2.5e-8
    else:
        assert error[one.labels == 1].min() > 0.5


BODIES = """
version: 1
series: {start: 0.3, stop: 1.5, steps: 4, outputs: [energy, velocity, position, kinetic, potential]}
catalogues: {swarm: {objects: [{n_body: {bodies: 4, softening: 0.2, big_g: 1.5, solver: rk4, step: 0.002}}]}}
"""


@pytest.mark.parametrize("dimensions", [2, 3])
def test_bodies_move_as_rebound_says(dimensions: int) -> None:
    found = samples(Recipe.from_yaml(BODIES).set("catalogues.swarm.n_body.dimensions", dimensions), 0, 3)
    times = np.array(found.recipe.time.moments)
    count = 4 * dimensions
    for number, system in enumerate(found.tables.objects["n_body"]):
        bodies = found.tables.objects["body"][4 * number : 4 * number + 4]
        mass, constants = bodies["mass"], (system["big_g"], system["softening"])
        state = np.stack([bodies[axis] for axis in ("x", "y", "z", "vx", "vy", "vz")], axis=1)
        expected = orbit(mass, state, *constants, times)
        positions, velocities = expected[:, :, :dimensions], expected[:, :, 3 : 3 + dimensions]
        series = found["series"][number]
        np.testing.assert_allclose(series[:, 1 : 1 + count], velocities.reshape(4, -1), atol=1e-6)
        np.testing.assert_allclose(series[:, 1 + count : -2], positions.reshape(4, -1), atol=1e-6)
        energies = [(kinetic(mass, s), potential(mass, s, *constants)) for s in expected]
        np.testing.assert_allclose(series[:, -2:], energies, rtol=1e-6)
        np.testing.assert_allclose(series[:, 0], np.sum(energies, axis=1), rtol=1e-6)


def test_columns_of_bodies_are_body_by_body() -> None:
    names = samples(Recipe.from_yaml(BODIES).set("catalogues.swarm.n_body.dimensions", 3), 0, 1).outputs
    assert names[:5] == ("energy", "vx0", "vy0", "vz0", "vx1")
    assert names[13:] == (*(f"{axis}{body}" for body in range(4) for axis in "xyz"), "kinetic", "potential")


def test_no_system_depends_on_its_neighbours() -> None:
    found, bodies = shown(700), samples(Recipe.of_kind("n_body").set("series.stop", 1), 0, 40)
    for start, stop in ((0, 1), (123, 130), (333, 700)):
        np.testing.assert_array_equal(samples(found.recipe, start, stop)["series"], found["series"][start:stop])
    for start, stop in ((3, 4), (17, 30)):
        np.testing.assert_array_equal(samples(bodies.recipe, start, stop)["series"], bodies["series"][start:stop])
