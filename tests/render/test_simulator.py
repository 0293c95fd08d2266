"""Simulations of given parameters, and priors, against datasets, closed forms and SciPy."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import scipy.stats as st
from astropy import units as u

from deepbench_fast import Batch, DeepbenchFastError, Prior, Recipe, Simulator, UsageError, samples, simulate
from deepbench_fast.render import simulator as simulator_module
from tests.recipes import mixed, noisy_pendulums

PENDULUM = """
name: pendulum
series: {start: 0, stop: 4, steps: 30, outputs: [x]}
noise: [{gaussian: {sigma: 0.2}}]
catalogues:
  pendulums:
    objects: [pendulum: {length: {uniform: [1, 4]}, angle: 0.6}]
"""


def galaxies(**parameters: object) -> Recipe:
    entry = {"amplitude": 2, "x": 4, "y": 4, **parameters}
    return Recipe(image={"shape": [9, 9]}, catalogues={"a": {"objects": [{"galaxy": entry}]}})


def test_simulations_of_a_datasets_parameters_are_the_dataset() -> None:
    """Whatever is given: all, a part or nothing."""
    for recipe in (
        galaxies(n={"uniform": [1, 4]}, ellip={"scaled": {"by": "n", "of": {"uniform": [0.01, 0.1]}}}).set(
            "noise.gaussian.sigma", "{uniform: [0, 1]}"
        ),
        Recipe.of_kind("lens"),
        Recipe.of_kind("line").set("catalogues.line.line.min_length", 30),
        Recipe.of_kind("pendulum").set("noise.gaussian.x", 0.1).set("parameter_noise.length", 0.1),
    ):
        whole = samples(recipe.set("seed", 8), 0, 20)
        expected = whole["series" if recipe.series else "images"]
        prior = Prior(recipe)
        drawn = prior.sample(20, 8)
        parts = [prior.names[::2], prior.names[:1]] if recipe.name != "line" else []  # their ends are drawn together
        for names in (prior.names, *parts):
            given = {name: drawn[:, prior.names.index(name)] for name in names}
            np.testing.assert_array_equal(simulate(recipe, given, 8), expected)
    np.testing.assert_array_equal(simulate(galaxies(), {}, 8), samples(galaxies().set("seed", 8), 0, 1)["images"])


def test_levels_can_be_given() -> None:
    recipe = galaxies(n=1).set("noise.gaussian.sigma", "{uniform: [0, 1]}")
    quiet, loud = simulate(recipe, {"noise.gaussian.sigma": [0, 1]}, 1)
    assert loud.std() > 2 * (quiet - quiet.mean()).std() or abs(loud - quiet).std() > 0.5
    np.testing.assert_array_equal(quiet, samples(galaxies(n=1).set("seed", 1), 0, 1)["images"][0])
    prior = Prior(recipe, ["noise.gaussian.sigma", "galaxy.r_eff"])
    assert prior.sample(5, 1).shape == (5, 2)
    np.testing.assert_allclose(Prior(recipe, ["noise.gaussian.sigma"]).log_prob([[0.5], [2]]), [0, -np.inf])


def test_one_entry_of_several_is_given() -> None:
    entries = [{"star": {"name": name, "x": x, "y": 4, "gamma": 1, "alpha": 3}} for name, x in (("a", 2), ("b", 6))]
    many = {"star": {"name": "others", "count": {"poisson": 2}, "amplitude": 0}}
    recipe = Recipe(image={"shape": [9, 9]}, catalogues={"sky": {"objects": [*entries, many]}})
    one, two = simulate(recipe, {"a.amplitude": [0, 5], "b.amplitude": 3}, 0)
    moffat = lambda x: (1 + (np.arange(9) - x) ** 2 + (np.arange(9)[:, None] - 4) ** 2) ** -3.0  # noqa: E731
    np.testing.assert_allclose(one, 3 * moffat(6), rtol=1e-5)
    np.testing.assert_allclose(two, 3 * moffat(6) + 5 * moffat(2), rtol=1e-5)
    assert Prior(recipe, ["b.amplitude", "a.amplitude"]).names == ("b.amplitude", "a.amplitude")
    with pytest.raises(UsageError, match=r"unknown parameter of the simulator 'others\.x'"):
        simulate(recipe, {"others.x": 3}, 0)


def test_given_ends_of_segments_stay() -> None:
    recipe = Recipe.of_kind("line").set("catalogues.line.line.min_length", 40).set("image.shape", [64, 64])
    ends = {"line.x1": 10.0, "line.y1": 10.0, "line.x2": 14.0, "line.y2": 10.0, "line.line_width": 1.0}
    image = simulate(recipe, ends, 3)[0]
    assert set(np.flatnonzero(image.any(axis=0))) <= set(range(9, 16))
    moved = simulate(recipe, {"line.x1": 10.0, "line.y1": 10.0}, 3)
    assert all(image[9:12, 9:12].any() for image in moved)


def test_what_follows_from_a_given_parameter_follows() -> None:
    recipe = galaxies(n=1, ellip=0, x={"offset": {"from": "y", "by": {"uniform": [1, 1.5]}}})
    image = simulate(recipe, {"galaxy.y": [2.0, 6.0]}, 0)
    rows, columns = np.unravel_index(image.reshape(2, -1).argmax(axis=1), (9, 9))
    assert rows.tolist() == [2, 6]
    assert columns.tolist() == [3, 7]


def test_small_oscillations_have_their_closed_form() -> None:
    recipe = Recipe.from_yaml(PENDULUM).set("noise", []).set("series.outputs", ["angle"])
    length = np.array([1.0, 2.5, 4.0])
    got = simulate(recipe, {"pendulum.length": length, "pendulum.angle": 0.001}, 0)[:, :, 0]
    time = np.array(recipe.time.moments)
    expected = 0.001 * np.cos(np.sqrt(9.80665 / length)[:, None] * time)
    np.testing.assert_allclose(got, expected, atol=2e-9)


def test_one_catalogue_of_several() -> None:
    recipe = mixed()
    with pytest.raises(UsageError, match=r"has several catalogues: say which one \(stars, fields\)"):
        simulate(recipe, {}, 0)
    images = simulate(recipe.of_split("test"), {"bright.amplitude": [1, 2]}, 0, catalogue="stars")
    assert images.shape == (2, 16, 20)
    assert simulate(recipe, {}, 0, catalogue="fields").shape == (1, 16, 20)
    assert Prior(recipe, catalogue="stars").names == ("bright.x", "bright.y", "bright.amplitude", "bright.alpha")
    with pytest.raises(UsageError, match="no parameter is drawn"):
        Prior(recipe, catalogue="fields")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"galaxy.rr": 1}, r"unknown parameter of the simulator 'galaxy\.rr'"),
        ({"galaxy.n": 99}, r"galaxy\.n must be from 0\.5 to 10; the values reach from 99 to 99"),
        ({"galaxy.n": [1, float("nan")]}, r"galaxy\.n must be"),
        ({"galaxy.n": [1, 2], "galaxy.theta": [1, 2, 3]}, "lists of one length, not of 2, 3"),
        ({"galaxy.n": [[1, 2]]}, "lists of one length"),
        ({"galaxy.r_eff": [3, 0.5], "galaxy.ellip": 0.5}, r"galaxy\.r_eff: with sampling integrate.*given r_eff 0\.5"),
    ],
)
def test_wrong_parameters(given: dict[str, object], words: str) -> None:
    recipe = galaxies(r_eff=2, ellip=0, n=1).set("image.sampling", "integrate")
    with pytest.raises(UsageError, match=words) as caught:
        simulate(recipe, given, 0)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_parameters_must_suit_each_other_simulation_by_simulation() -> None:
    lens = Recipe.of_kind("lens")
    simulate(lens, {"lens.theta_e": [2.0, 8.0], "lens.softening": [0.9, 3.9]}, 0)
    with pytest.raises(UsageError, match=r"lens\.softening: must not be above 0\.5 theta_e"):
        simulate(lens, {"lens.theta_e": [2.0, 8.0], "lens.softening": [3.9, 0.9]}, 0)
    pendulum = Recipe.of_kind("pendulum").set("series.stop", 600)
    with pytest.raises(UsageError, match=r"pendulum\.length: too short for a series of 600 s.*given length 0\.02"):
        simulate(pendulum, {"pendulum.length": [5, 0.02]}, 0)


def test_whole_numbers_and_flags_are_checked() -> None:
    spiral = Recipe.of_kind("spiral_galaxy")
    for given in ({"spiral_galaxy.arms": 2.5}, {"spiral_galaxy.handedness": 0}):
        with pytest.raises(UsageError, match="must be"):
            simulate(spiral, given, 0)
    assert simulate(spiral, {"spiral_galaxy.arms": [2, 3], "spiral_galaxy.handedness": [-1, 1]}, 0).shape[0] == 2
    assert simulate(spiral, {"spiral_galaxy.arms": []}, 0).shape[0] == 0


def check_same(one: Batch, other: Batch) -> None:
    assert dict(one).keys() == dict(other).keys()
    for name, array in dict(one).items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
    assert one.tables.samples.tobytes() == other.tables.samples.tobytes()
    assert one.tables.objects.keys() == other.tables.objects.keys()
    for kind_name, table in one.tables.objects.items():
        assert table.tobytes() == other.tables.objects[kind_name].tobytes()


EVERYTHING = Recipe.of_kind("galaxy").with_overrides(
    {
        "size": (12, 15),
        "noise": [{"poisson": {"level": 3}}, {"gaussian": {"sigma": {"uniform": [0, 1]}}}],
        "psf": {"gaussian": {"sigma": {"uniform": [0.5, 1]}}},
        "extras": ["clean", "masks", "variance"],
        "splits": {"train": 0.5, "test": 0.5},
        "targets": ["catalogue", "galaxy.n", {"galaxy.r_eff": {"noise": {"normal": [0, 0.1]}}}, "brightness"],
    }
)
BODIES = (
    Recipe.of_kind("n_body")
    .with_overrides({"series.stop": 1, "series.steps": 5, "noise": [{"gaussian": {"sigma": 1}}]})
    .set("catalogues.n_body.n_body.virial_ratio", {"uniform": [0.4, 0.6]})
)


@pytest.mark.parametrize("recipe", [EVERYTHING, Recipe.of_kind("lens"), noisy_pendulums(), BODIES])
def test_what_is_given_comes_with_all_that_samples_have(recipe: Recipe) -> None:
    """The drawn parameters of a dataset, given, are the dataset: arrays, targets, extras and tables."""
    for name in recipe.catalogues:
        simulator = Simulator(recipe, catalogue=name)
        seeded = Simulator(recipe.set("seed", "x"), catalogue=name)
        prior = Prior(recipe, catalogue=name)
        theta = prior.sample(9, "x")
        check_same(simulator.given(theta, "x", names=prior.names), seeded.batch(0, 9))
        check_same(simulator.given(theta[4:, :1], "x", names=prior.names[:1], first=4), seeded.batch(4, 9))
        for first, part in ((0, theta[:4]), (4, theta[4:])):
            half = simulator.given(part, "x", names=prior.names, first=first)
            check_same(half, seeded.batch(first, first + len(part)))


def test_batches_are_samples() -> None:
    for recipe in (mixed(), mixed().of_split("test"), EVERYTHING, noisy_pendulums()):
        check_same(Simulator(recipe).batch(3, 17), samples(recipe, 3, 17))
        check_same(Simulator(recipe).batch(3, 17)[4:], samples(recipe, 7, 17))


def test_the_noise_of_another_seed() -> None:
    for recipe, data in ((EVERYTHING, "image"), (noisy_pendulums(), "series")):
        simulator = Simulator(recipe, catalogue=next(iter(recipe.catalogues)))
        plain, other = simulator.given({}, 1), simulator.given({}, 1, noise_seed=2)
        assert (plain[data] != other[data]).any()
        np.testing.assert_array_equal(plain.targets, other.targets)
        for kind_name, table in plain.tables.objects.items():
            assert table.tobytes() == other.tables.objects[kind_name].tobytes()
        check_same(simulator.given({}, 1, noise_seed="1"), plain)


def test_members_of_one_catalogue_of_several() -> None:
    recipe = mixed()
    whole = samples(recipe, 0, 300)
    for number, name in enumerate(whole.catalogues):
        members = Simulator(recipe, catalogue=name).batch(0, 50)
        chosen = np.flatnonzero(whole.labels == number)[:50]
        for array in ("image", "target", "clean", "label"):
            np.testing.assert_array_equal(members[array], whole[array][chosen])
        assert members.tables.samples.tobytes() == whole.tables.samples[chosen].tobytes()
        some = Simulator(recipe, catalogue=name).some([7, 3, 3])
        assert list(some.members) == [7, 3, 3]
        np.testing.assert_array_equal(some["image"], members["image"][[7, 3, 3]])
        assert some.tables.samples.tobytes() == members.tables.samples[[7, 3, 3]].tobytes()
    with pytest.raises(UsageError, match=r"several catalogues: say which one \(stars, fields\)"):
        Simulator(recipe).given({}, 0)
    with pytest.raises(UsageError, match="unknown catalogue 'field'; did you mean 'fields'"):
        Simulator(recipe, catalogue="field")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([0, -1], "samples -1 to 1: not a range"),
        ([2**48], "more than a catalogue can hold"),
        ([0.5], "must be a list of whole numbers"),
        ([True, False], "must be a list of whole numbers"),
        ([[0, 1]], "must be a list of whole numbers"),
        (3, "must be a list of whole numbers"),
        (["3"], "must be a list of whole numbers"),
    ],
)
def test_wrong_numbers_of_samples(numbers: Any, words: str) -> None:
    simulator = Simulator(galaxies())
    for wrong in (numbers, np.array(numbers)):
        with pytest.raises(UsageError, match=words) as caught:
            simulator.some(wrong)
        assert "\n" not in str(caught.value)


def test_numbers_of_samples_in_all_that_holds_whole_numbers() -> None:
    simulator = Simulator(galaxies())
    for numbers in ([2, 0], (2, 0), range(2, -1, -2), np.array([2, 0], np.uint8), np.array([2, 1, 0])[::2]):
        batch = simulator.some(numbers)
        assert list(batch.index) == [2, 0]
        np.testing.assert_array_equal(batch["image"], simulator.batch(0, 3)["image"][[2, 0]])
    assert len(simulator.some([])) == 0


def test_quantities_are_converted() -> None:
    pendulum = Simulator(Recipe.of_kind("pendulum"))
    plain = pendulum.given({"pendulum.length": [1.0, 2.0], "pendulum.angle": 0.5}, 0)
    check_same(pendulum.given({"pendulum.length": [100, 200] * u.cm, "pendulum.angle": 0.5 * u.rad}, 0), plain)
    for wrong in ([1, 2] * u.s, 3 * u.dimensionless_unscaled):
        with pytest.raises(
            UsageError, match=r"pendulum\.length must be a number or an array of numbers.*not convertible"
        ):
            pendulum.given({"pendulum.length": wrong}, 0)


def test_arrays_to_fill() -> None:
    simulator = Simulator(EVERYTHING)
    images = np.full((7, 12, 15), np.nan, np.float32)
    batch = simulator.batch(2, 6, {"images": images})
    np.testing.assert_array_equal(images[:4], samples(EVERYTHING, 2, 6)["images"])
    assert np.shares_memory(batch["images"], images)
    assert np.isnan(images[4:]).all()
    for wrong in (images.astype(float), images[:3], images[:, ::2], images.transpose(0, 2, 1), [[0]]):
        with pytest.raises(UsageError, match=r"out: images must be a contiguous array of float32, shape \(4, 12, 15\)"):
            simulator.batch(2, 6, {"images": wrong})  # type: ignore[dict-item]
    with pytest.raises(UsageError, match="unknown array 'image'"):
        simulator.batch(2, 6, {"image": images})


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((np.ones((3, 2)), 0), {}, "need the names of its columns"),
        ((np.ones((3, 2)), 0), {"names": ["galaxy.n"]}, r"shape \(count, 1\), not \(3, 2\)"),
        ((np.ones(3), 0), {"names": ["galaxy.n"]}, r"shape \(count, 1\), not \(3,\)"),
        ((np.ones((3, 2)), 0), {"names": ["galaxy.n", "galaxy.n"]}, "one stands twice"),
        (({"galaxy.n": 1}, 0), {"names": ["galaxy.n"]}, "a mapping has its own"),
        (({3: 1}, 0), {}, "unknown parameter of the simulator '3'"),
        (({"galaxy.n": "one"}, 0), {}, "galaxy.n must be a number or an array of numbers, not 'one'"),
        (({}, -1), {}, "must be a whole number, 0 or above, or text, not -1"),
        (({}, 0), {"noise_seed": 0.5}, "must be a whole number, 0 or above, or text, not 0.5"),
        (({}, 0), {"first": -1}, "samples -1 to 0: not a range"),
        (({}, 0), {"first": 2**48}, "more than a catalogue can hold"),
        (({}, 0), {"first": 0.5}, "must be whole numbers"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, Any], options: dict[str, Any], words: str) -> None:
    with pytest.raises(DeepbenchFastError, match=words) as caught:
        Simulator(EVERYTHING).given(*arguments, **options)
    assert "\n" not in str(caught.value)


def test_a_simulator_can_be_pickled_and_forked() -> None:
    simulator = Simulator(mixed(), catalogue="fields")
    expected = simulator.batch(3, 9)
    check_same(pickle.loads(pickle.dumps(simulator)).batch(3, 9), expected)
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
            check_same(pool.submit(simulator.batch, 3, 9).result(), expected)


def test_kept_simulators_are_those_of_the_recipe() -> None:
    recipes = [galaxies(n=1 + 0.1 * number) for number in range(3 * simulator_module.MOST_KEPT)]
    images = [samples(recipe, 0, 1)["images"] for recipe in recipes]
    for recipe, image in zip(recipes, images, strict=True):
        np.testing.assert_array_equal(samples(recipe, 0, 1)["images"], image)
    assert len(simulator_module._kept) == simulator_module.MOST_KEPT
    assert simulator_module.simulator(recipes[-1]) is simulator_module.simulator(recipes[-1])


def test_posteriors_on_a_grid_are_calibrated() -> None:
    """Ranks of true lengths in exact posteriors are uniform (simulation-based calibration)."""
    recipe = Recipe.from_yaml(PENDULUM)
    sigma, truths = 0.2, 300
    prior = Prior(recipe)
    true = prior.sample(truths, 4)
    observed = simulate(recipe, {"pendulum.length": true[:, 0]}, 4)[:, :, 0]
    grid = np.linspace(1, 4, 1501)
    model = simulate(recipe.set("noise", []), {"pendulum.length": grid}, 0)[:, :, 0]
    log_likelihood = -0.5 * ((observed[:, None, :] - model[None]) ** 2).sum(axis=2) / sigma**2
    log_posterior = log_likelihood + prior.log_prob(grid[:, None])
    posterior = np.exp(log_posterior - log_posterior.max(axis=1, keepdims=True))
    below = np.cumsum(posterior, axis=1) / posterior.sum(axis=1, keepdims=True)
    ranks = np.array([np.interp(length, grid, row) for length, row in zip(true[:, 0], below, strict=True)])
    assert st.kstest(ranks, "uniform").pvalue > 0.01
    best = grid[posterior.argmax(axis=1)]
    assert np.median(abs(best - true[:, 0])) < 0.05
    assert np.mean((ranks > 0.05) & (ranks < 0.95)) == pytest.approx(0.9, abs=0.05)
