from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples
from deepbench_fast.pictures.series_panels import Motion, limits, motions, panels, with_unit
from tests.recipes import noisy_pendulums


def bodies(*outputs: str, **entry: object) -> Motion:
    changes = {f"catalogues.n_body.n_body.{name}": value for name, value in entry.items()}
    recipe = Recipe.of_kind("n_body").with_overrides({**changes, "series.stop": 1, "series.outputs": list(outputs)})
    (motion,) = motions(samples(recipe, 0, 1)[:1])
    return motion


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", "f"),
        ("m", "f [m]"),
        ("rad / s", "f [rad/s]"),
        ("kg m2 / s", "f [kg m²/s]"),
        ("m3 / (kg s2)", "f [m³/(kg s²)]"),
    ],
)
def test_units_of_axes(unit: str, expected: str) -> None:
    assert with_unit("f", unit) == expected


def test_limits_hold_what_is_finite() -> None:
    low, high = limits(np.array([1.0, 3.0, np.nan, np.inf]))
    assert 0.5 < low < 1.0
    assert 3.0 < high < 3.5
    for constant in (0.0, 7.0, -1e-9):
        low, high = limits(np.full(3, constant * (1 + 1e-9)))
        assert low < constant < high
    assert limits(np.array([np.nan])) == limits(np.array([]))


def test_outputs_of_one_unit_share_a_plot() -> None:
    motion = motions(samples(noisy_pendulums(), 0, 1)[:1])[0]
    assert [(p.title, p.names, p.columns.tolist()) for p in panels(motion)] == [
        ("angle [rad]", ("angle",), [[0]]),
        ("[m]", ("x", "y"), [[1], [2]]),
    ]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_orbits_come_first(dimensions: int) -> None:
    motion = bodies("kinetic", "velocity", "energy", "position", dimensions=dimensions, bodies=11)
    orbits, energies, velocities = panels(motion)
    assert (orbits.orbits, energies.orbits, velocities.orbits) == (True, False, False)
    assert orbits.in_space == (dimensions == 3)
    assert orbits.columns.shape == velocities.columns.shape == (11, dimensions)
    assert energies.names == ("kinetic", "energy")
    for body, columns in enumerate(orbits.columns):
        assert [motion.columns[c][0] for c in columns] == [f"{axis}{body}" for axis in "xyz"[:dimensions]]


def test_twins_are_those_of_the_same_samples(tmp_path: Path) -> None:
    recipe = noisy_pendulums().with_overrides({"splits": {"train": 0.5, "test": 0.5}})
    generate(recipe, tmp_path / "x.h5")
    data = open_dataset(tmp_path / "x.h5")
    clean = samples(recipe.with_overrides({"extras": ["clean"]}), 0, 8)
    for dataset in (data, data.split("test")):
        batch = dataset[:]
        shown = motions(batch)
        assert len(shown) == len(batch["index"])
        for motion, index, values in zip(shown, batch["index"], batch["series"], strict=True):
            np.testing.assert_array_equal(motion.values, values)
            np.testing.assert_array_equal(motion.curves, clean["clean"][index])
            assert (motion.clean is not None) == (motion.label == "noisy")
            assert [motion.is_noisy(column) for column in range(3)] == [motion.label == "noisy"] * 2 + [False]
            assert motion.without_noise().clean is None
            np.testing.assert_array_equal(motion.without_noise().values, clean["clean"][index])


def test_samples_from_the_middle_have_their_own_twins() -> None:
    clean = samples(noisy_pendulums().with_overrides({"extras": ["clean"]}), 0, 8)["clean"]
    shown = motions(samples(noisy_pendulums(), 5, 8)[:2])
    assert len(shown) == 2
    for number, motion in enumerate(shown, 5):
        np.testing.assert_array_equal(motion.curves, clean[number])


def test_twins_of_scattered_samples() -> None:
    clean = samples(noisy_pendulums().with_overrides({"extras": ["clean"]}), 0, 8)
    numbers = [7, 1, 2, 3, 5, 0]
    scattered = samples(noisy_pendulums(), 0, 8)[numbers]
    for motion, number in zip(motions(scattered), numbers, strict=True):
        if motion.clean is not None:
            np.testing.assert_array_equal(motion.clean, clean["clean"][number])
    assert 0 < scattered.labels.tolist().count(0) < 6
