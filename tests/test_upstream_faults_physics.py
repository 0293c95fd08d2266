"""Faults of DeepBench 0.2.3 that concern physics, each shown not to be here."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ellipk

from deepbench_fast import Recipe, RecipeError, Samples, samples

TEXT = """
version: 1
samples: 500
%s
catalogues:
  swinging: {objects: [{%s}]}
"""


def swing(system: str, options: str = "", count: int = 1) -> Samples:
    return samples(Recipe.from_yaml(TEXT % (options, system)), 0, count)


def column(shown: Samples, name: str) -> np.ndarray:
    return shown["series"][:, :, shown.outputs.index(name)]


def test_bodies_attract_each_other() -> None:
    """Two bodies at rest fall towards each other by (G (m1 + m2) / d**2) t**2 / 2."""
    still = "n_body: {bodies: 2, mass: 1, virial_ratio: 0, softening: 0, solver: rk4, step: 0.0005}"
    shown = swing(still, "series: {times: [0, 0.05], outputs: [position, energy]}")
    start, later = shown["series"][0, :, :4].reshape(2, 2, 2)
    distance, closer = (np.linalg.norm(place[1] - place[0]) for place in (start, later))
    fallen = 0.5 * (2 / distance**2) * 0.05**2
    assert distance - closer == pytest.approx(fallen, rel=0.1)
    assert fallen > 1e-4
    assert column(shown, "energy")[0] == pytest.approx([-1 / distance] * 2, rel=1e-9)


@pytest.mark.parametrize("length", [0.5, 1.0, 2.0])
def test_the_hamiltonian_has_the_units_of_an_energy(length: float) -> None:
    """K = p**2 / (2 m L**2), not L**2 p**2 / (2 m): small oscillations have omega**2 = g / L at every length."""
    period = 2 * np.pi * np.sqrt(length / 9.8)
    small = f"hamiltonian_pendulum: {{length: {length}, mass: 3, gravity: 9.8, angle: 0.001}}"
    options = f"series: {{times: [0, {period / 4}, {period / 2}, {period}], outputs: [angle, momentum, energy]}}"
    shown = swing(small, options)
    angle = column(shown, "angle")[0] / 0.001
    np.testing.assert_allclose(angle, [1, 0, -1, 1], atol=1e-5)
    momentum = column(shown, "momentum")[0]
    assert momentum[1] == pytest.approx(-0.001 * 3 * length**2 * np.sqrt(9.8 / length), rel=1e-5)
    np.testing.assert_allclose(column(shown, "energy")[0], 3 * 9.8 * length * (1 - np.cos(0.001)), rtol=1e-7)


def test_reference_values_of_the_hamiltonian_pendulum() -> None:
    system = "hamiltonian_pendulum: {length: 2, mass: 3, gravity: 9.8, angle: 0.25}"
    shown = swing(system, "series: {times: [0, 3.7], outputs: [angle, momentum, energy]}")
    assert column(shown, "angle")[0, 1] == pytest.approx(-0.07500374919988203, abs=2.5e-9)
    assert column(shown, "momentum")[0, 1] == pytest.approx(-6.31690225890737, abs=1e-6)
    np.testing.assert_allclose(column(shown, "energy")[0], 1.82794960341409, rtol=1e-8)


@pytest.mark.parametrize("angle", [-2.5, 0.0, 0.3, 1.2])
def test_the_hamiltonian_pendulum_starts_at_its_angle(angle: float) -> None:
    """And not at a distance that nobody asked for, drawn without a seed."""
    system = f"hamiltonian_pendulum: {{angle: {angle}, length: {{uniform: [1, 10]}}}}"
    shown = swing(system, "series: {outputs: [angle, x]}", 50)
    np.testing.assert_array_equal(column(shown, "angle")[:, 0], angle)
    lengths = shown.tables.objects["hamiltonian_pendulum"]["length"]
    np.testing.assert_allclose(column(shown, "x")[:, 0], lengths * np.sin(angle), rtol=1e-14)


def test_the_hamiltonian_pendulum_without_noise_has_none_and_with_noise_has_it() -> None:
    quiet = "hamiltonian_pendulum: {length: 1, angle: 0.5}"
    outputs = "series: {outputs: [angle, momentum, energy]}\n"
    shown = swing(quiet, outputs, 3)
    assert np.ptp(column(shown, "energy")) < 1e-8
    np.testing.assert_array_equal(shown["series"][0], shown["series"][1])
    noisy = swing(quiet, outputs + "noise: [{gaussian: {angle: 0.1}}]\nextras: [clean]", 3)
    np.testing.assert_array_equal(noisy["clean"], shown["series"])
    residual = noisy["series"] - noisy["clean"]
    assert residual[:, :, 0].std() == pytest.approx(0.1, rel=0.2)
    assert (residual[:, :, 1:] == 0).all()


def test_whole_numbers_as_times_truncate_nothing() -> None:
    pendulum = "pendulum: {length: 1.5, gravity: 9.81, angle: 0.7853981633974483}"
    whole = swing(pendulum, "series: {times: [0, 1, 2, 3], outputs: [angle, x]}")
    fractions = swing(pendulum, "series: {times: [0.0, 1.0, 2.0, 3.0], outputs: [angle, x]}")
    np.testing.assert_array_equal(whole["series"], fractions["series"])
    assert whole["series"][0, 0] == pytest.approx([0.7853981633974483, 1.5 * np.sin(np.pi / 4)])
    assert (np.abs(whole["series"][0]) > 1e-3).all()


def test_noise_on_parameters_is_drawn_once_and_leaves_a_trajectory() -> None:
    """The series of a noisy pendulum is that of a pendulum with the used values of the table."""
    outputs = "series: {stop: 20, steps: 60, outputs: [angle, energy]}\n"
    noise = "parameter_noise: {length: 0.1, gravity: 0.1, angle: 0.1}"
    shown = swing("pendulum: {length: 2, angle: 1}", outputs + noise, 8)
    assert np.ptp(column(shown, "energy"), axis=1).max() < 1e-5
    for number, used in enumerate(shown.tables.objects["pendulum"]):
        values = ", ".join(f"{name}: {float(used[name])!r}" for name in ("length", "gravity", "angle"))
        again = swing(f"pendulum: {{{values}}}", outputs)
        np.testing.assert_array_equal(again["series"][0], shown["series"][number])


def test_hierarchical_noise_is_applied_once() -> None:
    """5 % on big_g gives 5 % on gravity, not 7.07 %."""
    system = "pendulum: {form: hierarchical}"
    shown = swing(system, "series: {steps: 1, stop: 0}\nparameter_noise: {big_g: 0.05}", 20_000)
    table = shown.tables.objects["pendulum"]
    scatter = (table["gravity"] / table["gravity_nominal"]).std()
    assert scatter == pytest.approx(0.05, rel=0.02)
    assert len(set(table["phi_planet"])) == 1


@pytest.mark.parametrize("kind", ["pendulum", "hamiltonian_pendulum", "n_body"])
def test_defaults_need_no_noise(kind: str) -> None:
    shown = samples(Recipe.of_kind(kind).set("series.stop", 1), 0, 3)
    assert np.isfinite(shown["series"]).all()
    assert not [name for name in shown.tables.samples.dtype.names if "noise" in name]


def test_the_seed_zero_is_a_seed_like_others() -> None:
    noise = "noise: [{gaussian: {sigma: 1.0}}]\nparameter_noise: {length: 0.1}\nseed: %s"
    zero, again, one = (swing("pendulum", noise % seed, 5) for seed in (0, 0, 1))
    np.testing.assert_array_equal(zero["series"], again["series"])
    assert not (zero["series"] == one["series"]).any()


@pytest.mark.parametrize(("angle", "modulus"), [(0.25, 0.0155), (1.5, 0.46), (3.0, 0.995)])
def test_large_angles_swing_more_slowly(angle: float, modulus: float) -> None:
    """T = 4 K(sin(angle / 2)) sqrt(L / g), at every angle."""
    parameter = np.sin(angle / 2) ** 2
    assert parameter == pytest.approx(modulus, rel=0.02)
    period = 4 * ellipk(parameter) * np.sqrt(2 / 9.8)
    system = f"pendulum: {{length: 2, gravity: 9.8, angle: {angle}}}"
    shown = swing(system, f"series: {{times: [0, {period / 4}, {period / 2}, {period}], outputs: [angle]}}")
    np.testing.assert_allclose(shown["series"][0, :, 0], [angle, 0, -angle, angle], atol=1e-7)
    harmonic = 2 * np.pi * np.sqrt(2 / 9.8)
    late = swing(system, f"series: {{times: [{harmonic}], outputs: [angle]}}")["series"][0, 0, 0]
    assert abs(late - angle) > 1e-5


def test_friction_and_mass_act() -> None:
    """Friction takes energy, a larger mass loses it more slowly, and energies are in proportion to mass."""
    outputs = "series: {stop: 10, steps: 50, outputs: [energy]}"
    free, light, heavy = (
        swing(f"pendulum: {{length: 2, angle: 1, mass: {mass}, friction: {friction}}}", outputs)["series"][0, :, 0]
        for mass, friction in ((1, 0), (1, 0.5), (4, 0.5))
    )
    assert free[-1] == pytest.approx(free[0], rel=1e-7)
    assert light[-1] / light[0] < 0.5
    assert 0.6 < heavy[-1] / heavy[0] < 0.9
    assert heavy[0] == pytest.approx(4 * light[0], rel=1e-15)


@pytest.mark.parametrize(
    "wrong", ["length: -2", "length: 0", "gravity: -9.8", "mass: -1", "angle: 4", "friction: -0.1"]
)
def test_impossible_parameters_are_refused(wrong: str) -> None:
    with pytest.raises(RecipeError, match=f"{wrong.partition(':')[0]}: must be"):
        swing(f"pendulum: {{{wrong}}}")


def test_every_series_has_noise_of_its_own() -> None:
    """A collection with one seed is no collection of identical noise."""
    noise = swing("pendulum: {angle: 0}", "noise: [{gaussian: {x: 1.0}}]", 100)["series"][:, :, 0]
    assert len({series.tobytes() for series in noise}) == 100
    assert np.abs(np.corrcoef(noise) - np.eye(100)).max() < 0.5
    assert noise.std() == pytest.approx(1, rel=0.03)


def test_defaults_are_drawn_for_each_sample_and_not_once() -> None:
    for kind in ("pendulum", "hamiltonian_pendulum"):
        table = swing(kind, count=100).tables.objects[kind]
        assert len(set(table["length"])) == len(set(table["angle"])) == 100
        assert abs(np.corrcoef(table["length"], table["angle"])[0, 1]) < 0.35


def test_noise_on_parameters_has_two_sides_and_leaves_the_time_axis() -> None:
    """Each parameter has a draw of its own, normal and not one-sided."""
    levels = "parameter_noise: {length: 0.1, mass: 0.1, gravity: 0.1, angle: 0.1}\nseries: {steps: 5}"
    shown = swing("pendulum: {length: 5, angle: 1}", levels, 2000)
    table = shown.tables.objects["pendulum"]
    scatter = np.array([table[name] / table[f"{name}_nominal"] - 1 for name in ("length", "mass", "gravity", "angle")])
    assert np.abs((scatter > 0).mean(axis=1) - 0.5).max() < 0.05
    assert np.abs(np.corrcoef(scatter) - np.eye(4)).max() < 0.1
    assert shown.recipe.time.moments == (0, 2.5, 5, 7.5, 10)
