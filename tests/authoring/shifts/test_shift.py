"""What the guide says of each axis of shift: what it may change, what stays paired, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, samples, shift
from deepbench_fast.authoring.shifts import AXES, rung_labels
from deepbench_fast.recipe.write import recipe_data
from tests.recipe.ladder.rungs import SCENES, SERIES, read

RECIPE = """
name: own
seed: 3
samples: 40
image: {shape: [12, 14]}
psf: {gaussian: {sigma: {uniform: [0.4, 0.9]}}}
noise: [{gaussian: {sigma: {uniform: [0.01, 0.5]}}}]
splits: {train: 0.5, test: 0.5}
targets: [catalogue, {brightness: {noise: {normal: [0, 2]}}}]
extras: [clean]
catalogues:
  stars: {weight: 3, objects: [star: {gamma: {uniform: [1, 2]}, alpha: {choice: [2.5, 3, 4]}}]}
  galaxies: {weight: 1, objects: [galaxy: {count: {integers: [1, 3]}, x: {normal: [6, 1]}, ellip: 0.2}]}
"""

VALUES: dict[str, dict[str, object]] = {
    "noise": {"noise.gaussian.sigma": "{uniform: [0.5, 1]}", "targets.brightness.noise": "{normal: [0, 4]}"},
    "psf": {"psf.gaussian.sigma": 2},
    "covariate": {"star.gamma": "{uniform: [1.5, 2]}", "galaxy.count": 2},
    "prevalence": {"catalogues.galaxies.weight": 5},
    "ood": {"star.gamma": "{uniform: [2, 3]}", "galaxy.ellip": 0.6},
}


def without_name(recipe: Recipe) -> dict[str, Any]:
    return {**recipe_data(recipe.resolved()), "name": ""}


@pytest.mark.parametrize("axis", AXES)
def test_rungs_run_from_the_recipe_to_the_values(axis: str) -> None:
    recipe = read(RECIPE)
    rungs = shift(recipe, axis, 3, VALUES[axis])
    assert [rung.name for rung in rungs] == [f"own-{axis}-shift-rung-{number}" for number in (1, 2, 3)]
    last = recipe
    for key, value in VALUES[axis].items():
        last = last.set(key, value)
    assert without_name(rungs[0]) == without_name(recipe)
    assert without_name(rungs[2]) == without_name(last)
    assert without_name(rungs[1]) not in (without_name(rungs[0]), without_name(rungs[2]))
    assert [without_name(rung) for rung in shift(recipe, axis, 2, VALUES[axis])] == [
        without_name(rung) for rung in rungs[::2]
    ]


def test_what_lies_between() -> None:
    recipe = read(RECIPE)
    noisy, blurred, other, common, far = (shift(recipe, axis, 3, VALUES[axis])[1] for axis in AXES)
    assert noisy.noise[0].data() == {"gaussian": {"sigma": {"uniform": [0.255, 0.75]}}}
    assert noisy.targets.noise["brightness"].to_yaml_data() == {"normal": [0, 3]}
    assert blurred.psf is not None
    assert blurred.psf.data() == {"gaussian": {"sigma": {"uniform": [1.2, 1.45]}}}
    assert str(other.catalogues["stars"].objects[0].parameters["gamma"]) == "uniform [1.25, 2]"
    assert [int(c.weight) for c in common.catalogues.values()] == [9, 7]
    assert str(far.catalogues["galaxies"].objects[0].parameters["ellip"]) == "0.4"


def table(made: Any, name: str) -> Any:
    """Columns that say which members samples are."""
    return made.tables.samples[name]


@pytest.mark.parametrize("axis", AXES)
def test_members_are_paired(axis: str) -> None:
    """A sample keeps its number, but where the weights change; its members keep all draws that the axis leaves."""
    one, *_, other = (samples(rung, 0, 40) for rung in shift(read(RECIPE), axis, 3, VALUES[axis]))
    same_numbers = all(np.array_equal(table(one, name), table(other, name)) for name in ("catalogue", "member"))
    assert same_numbers == (axis != "prevalence")
    places = {
        (catalogue, member): (split, place)
        for place, (catalogue, member, split) in enumerate(
            zip(*(table(one, name).tolist() for name in ("catalogue", "member", "split")), strict=True)
        )
    }
    shared = 0
    for place in range(40):
        key = (table(other, "catalogue")[place], table(other, "member")[place])
        if key not in places:
            continue
        shared += 1
        split, before = places[key]
        assert table(other, "split")[place] == split
        if key[0] == 0:
            identical = np.array_equal(one["clean"][before], other["clean"][place])
            assert identical == (axis in ("noise", "prevalence"))
        stars = [made.tables.objects["star"] for made in (one, other)]
        mine, theirs = (rows[rows["sample"] == at] for rows, at in zip(stars, (before, place), strict=True))
        if axis in ("noise", "psf", "prevalence"):
            assert mine.tolist() == theirs.tolist() or axis == "prevalence"
        for row, twin in zip(mine, theirs, strict=True):
            assert (row["x"], row["y"], row["alpha"]) == (twin["x"], twin["y"], twin["alpha"])
            expected = {"covariate": 1.5 + (row["gamma"] - 1) / 2, "ood": 1 + row["gamma"]}.get(axis, row["gamma"])
            np.testing.assert_allclose(twin["gamma"], expected, rtol=1e-12)
    assert shared >= 20


def test_more_noise_is_the_same_noise() -> None:
    """Pixels that scatter by twice as much do so by the same normals."""
    recipe = read(RECIPE, noise=[{"gaussian": {"sigma": 0.25}}])
    quiet, loud = (samples(rung, 0, 5) for rung in shift(recipe, "noise", 2, {"noise.gaussian.sigma": 0.5}))
    np.testing.assert_allclose(
        loud["images"] - loud["clean"], 2 * (quiet["images"] - quiet["clean"]), rtol=1e-3, atol=1e-5
    )


def test_models_come_and_go_by_no_noise() -> None:
    recipe = read(RECIPE)
    rungs = shift(recipe, "noise", 5, {"noise": "[{poisson: {level: 0.4}}]", "targets.brightness.noise": 0})
    assert [model.data() for model in rungs[1].noise] == [
        {"poisson": {"level": 0.025, "subtract": False}},
        {"gaussian": {"sigma": {"uniform": [0.0075, 0.375]}}},
    ]
    assert rungs[1].targets.noise["brightness"].to_yaml_data() == {"normal": [0, 1.5]}
    added = shift(recipe, "noise", 3, {"catalogues.stars.noise": "[{gaussian: {sigma: 1}}]"} | {"noise": "[]"})
    assert [str(model.sigma) for model in added[1].noise_of("stars")] == ["uniform [0.505, 0.75]"]  # type: ignore[attr-defined]
    assert [str(model.sigma) for model in added[1].noise_of("galaxies")] == ["uniform [0.005, 0.25]"]  # type: ignore[attr-defined]
    bare = read(RECIPE, psf=None)
    assert str(shift(bare, "psf", 3, {"psf": "{gaussian: {sigma: 2}}"})[1].psf) == str(
        read(RECIPE, psf={"gaussian": {"sigma": 1}}).psf
    )


def test_series_shift_too() -> None:
    recipe = read(SERIES)
    *_, half, last = shift(recipe, "noise", 3, {"noise.gaussian.x": 0.3, "parameter_noise.gravity": 0.1})
    assert half.parameter_noise["gravity"].to_yaml_data() == 0.05
    assert half.noise[0].data()["gaussian"]["x"] == 0.2  # type: ignore[index]
    assert last.parameter_noise["gravity"].to_yaml_data() == 0.1
    assert len(shift(recipe, "ood", 4, {"catalogues.short.pendulum.length": "{uniform: [3, 5]}"})) == 4


def test_out_of_distribution_are_other_objects_too() -> None:
    recipe = read(RECIPE, targets=["catalogue", "brightness"])
    for key, value in (
        ("catalogues.stars.objects", "[star: {gamma: {uniform: [1, 2]}, alpha: 3}, galaxy]"),
        ("catalogues.galaxies.objects", "[lens]"),
        ("galaxy.count", "{integers: [0, 3]}"),
        ("star.alpha", "{choice: [3, 3.5]}"),
        ("star.alpha", "{uniform: [3, 3.5]}"),
        ("star.amplitude", "{scaled: {by: gamma, of: 100}}"),
    ):
        with pytest.raises(UsageError, match=r"as the recipe never draws: axis covariate stays within"):
            shift(recipe, "covariate", 2, {key: value})
        assert len(shift(recipe, "ood", 2, {key: value})) == 2
    for key, value in (
        ("galaxy.count", 2),
        ("star.alpha", "{choice: {values: [2.5, 4], weights: [1, 9]}}"),
        ("galaxy.x", "{normal: [8, 0.5]}"),
        ("galaxy.x", 100),
    ):
        with pytest.raises(UsageError, match="axis ood: all values are some that the recipe draws, too"):
            shift(recipe, "ood", 2, {key: value})
        assert len(shift(recipe, "covariate", 2, {key: value})) == 2


ALONE = """
samples: 60
image: {shape: [64, 64]}
catalogues: {all: {objects: [%s]}}
"""


def test_between_two_choices_nothing_else_is_drawn() -> None:
    recipe = read(ALONE % "polygon: {vertices: {choice: [3, 6]}, fill: {choice: [0, 1]}}")
    for number in (3, "{choice: {values: [3, 6], weights: [1, 0]}}"):
        _, half, _ = shift(recipe, "covariate", 3, {"polygon.vertices": number, "polygon.fill": "true"})
        table = samples(half, 0, 60).tables.objects["polygon"]
        assert {*table["vertices"]} == {3, 6}
        assert {*table["fill"]} == {0, 1}
    recipe = read(ALONE % "star: {gamma: {choice: [3, 6]}}")
    turned = {"star.gamma": "{choice: [6, 3]}"}
    with pytest.raises(UsageError, match=r"gamma takes values from 4.5 to 4.5 between the ends, as the recipe never"):
        shift(recipe, "covariate", 3, turned)
    assert len(shift(recipe, "covariate", 2, turned)) == 2


def test_within_is_beside_the_same_other_parameters() -> None:
    """A square is no rectangle, although both have the same widths and heights."""
    recipe = read(
        ALONE % "rectangle: {width: {uniform: [4, 8]}, height: {scaled: {by: width, of: 1}}, "
        "x: {uniform: [20, 40]}, y: {offset: {from: x, by: {uniform: [-2, 2]}}}}"
    )
    for values, says in (
        (
            {"rectangle.height": "{uniform: [4, 8]}"},
            r"height is uniform \[4, 8\] whatever width is, as the recipe never",
        ),
        ({"rectangle.y": "{uniform: [20, 40]}"}, r"y is uniform \[20, 40\] whatever x is, as the recipe never draws"),
        (
            {"rectangle.x": "{uniform: [29, 31]}", "rectangle.y": "{offset: {from: x, by: {uniform: [-9, 9]}}}"},
            r"y is offset \{from: x, by: \{uniform: \[-9, 9\]\}\}, as the recipe never draws",
        ),
    ):
        with pytest.raises(UsageError, match=says):
            shift(recipe, "covariate", 2, values)
        assert len(shift(recipe, "ood", 2, values)) == 2
    for within in (
        {"rectangle.width": 5},
        {"rectangle.width": 5, "rectangle.height": 5},
        {"rectangle.x": "{uniform: [25, 26]}", "rectangle.y": "{uniform: [25, 26]}"},
        {"rectangle.y": "{offset: {from: x, by: 1}}"},
    ):
        assert len(shift(recipe, "covariate", 2, within)) == 2
    lens = read(ALONE % "lens")
    assert len(shift(lens, "covariate", 2, {"lens.source_dx": 0})) == 2
    assert len(shift(lens, "ood", 2, {"lens.source_dx": 9})) == 2


def test_ends_are_drawn_again_as_before() -> None:
    """The default of `min_length` is another one where an end is given."""
    rungs = shift(read(ALONE % "line"), "covariate", 3, {"line.x1": "{uniform: [20, 30]}"})
    assert [rung.catalogues["all"].objects[0].min_length for rung in rungs] == [12.8] * 3
    one, _, other = (samples(rung, 0, 60).tables.objects["line"] for rung in rungs)
    assert np.mean(one["y1"] == other["y1"]) > 0.8


def test_information_stays_of_the_same_parameters() -> None:
    recipe = read(ALONE % "star: {alpha: 3}", noise=[{"gaussian": {"sigma": 0.1}}], extras=["crlb"])
    with pytest.raises(UsageError) as error:
        shift(recipe, "ood", 2, {"star.alpha": "{uniform: [2, 4]}"})
    assert str(error.value).startswith("extras.crlb: would be of other parameters than before (star.alpha): name them")
    named = recipe.set(
        "extras", [{"crlb": {"parameters": [f"star.{p}" for p in ("x", "y", "amplitude", "gamma", "alpha")]}}]
    )
    rungs = shift(named, "ood", 3, {"star.alpha": "{uniform: [2, 4]}"})
    assert len({rung.extras for rung in rungs}) == 1


def test_values_that_need_each_other_stand_in_any_order() -> None:
    recipe = read(ALONE % "lens: {theta_e: 10, softening: 4}")
    values = {"lens.softening": 9, "lens.theta_e": 20}
    for given in (values, dict(reversed(values.items()))):
        assert len(shift(recipe, "ood", 2, given)) == 2


@pytest.mark.parametrize(
    ("axis", "rungs", "values", "says"),
    [
        ("blur", 2, VALUES["psf"], "unknown axis 'blur' (allowed: noise, psf, covariate, prevalence, ood)"),
        ("psf", 1, VALUES["psf"], "rungs: must be a whole number from 2"),
        ("psf", 2, {}, "axis psf: the values change nothing; give some that do, e.g. psf.gaussian.sigma=2"),
        (
            "psf",
            2,
            VALUES["noise"],
            "noise.gaussian.sigma: axis psf changes the PSF, not noise; that is for",
        ),
        ("noise", 2, VALUES["psf"], "psf.gaussian.sigma: axis noise changes noise"),
        ("noise", 2, {"targets": ["catalogue"]}, "targets: axis noise changes noise"),
        (
            "noise",
            2,
            {"star.gamma": 1.5},
            "star.gamma: axis noise changes noise, parameter_noise and the",
        ),
        ("covariate", 2, VALUES["prevalence"], "that is for axis prevalence"),
        ("prevalence", 2, VALUES["covariate"], "that is for axis covariate or ood"),
        ("ood", 2, {"image.shape": [20, 20]}, "not image; no shift does: change it in the recipe of all rungs"),
        ("ood", 2, {"seed": 4}, "not seed; no shift does"),
        ("ood", 2, {"samples": 4}, "not samples; no shift does"),
        ("ood", 2, {"splits": {"all": 1}}, "not splits; no shift does"),
        ("covariate", 2, {"catalogues.stars.star.gama": 1}, "did you mean 'gamma'?"),
        (
            "psf",
            3,
            {"psf": "{moffat: {gamma: 2, alpha: 3}}"},
            "psf.moffat: axis psf: between gaussian (sigma) and",
        ),
        ("noise", 3, {"noise.gaussian": "{snr: 20}"}, "noise.gaussian: axis noise: between gaussian (sigma) and"),
        (
            "ood",
            3,
            {"star.gamma": "{loguniform: [2, 3]}"},
            "catalogues.stars.star.gamma: axis ood: between",
        ),
        (
            "ood",
            3,
            {"catalogues.stars.objects": ["galaxy"]},
            "axis ood: between objects of other kinds there is",
        ),
        ("prevalence", 400, {"catalogues.galaxies.weight": "1.0001"}, "the common denominator"),
        ("covariate", 90, {"galaxy.count": "{integers: [1, 2]}"}, "would be the same dataset: ask for fewer"),
    ],
)
def test_what_can_not_be_a_shift(axis: str, rungs: int, values: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError) as error:
        shift(read(RECIPE), axis, rungs, values)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_solver_is_no_matter_of_shifts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not options of pendulum; no shift does"):
        shift(read(SERIES), "ood", 2, {"catalogues.short.pendulum.solver": "small_angle"})


def test_tables_have_nothing_between(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("g\n1.2\n1.3\n")
    column = {"table": {"file": str(tmp_path / "t.csv"), "column": "g"}}
    recipe = read(RECIPE)
    with pytest.raises(UsageError, match="there is nothing; two rungs"):
        shift(recipe, "covariate", 3, {"star.gamma": column})
    assert len(shift(recipe, "covariate", 2, {"star.gamma": column})) == 2


def test_labels_say_how_far() -> None:
    assert rung_labels("psf", 3) == [{"psf": "as it is"}, {"psf": "50 % of the shift"}, {"psf": "shifted"}]
    assert [label["ood"] for label in rung_labels("ood", 4)][1:3] == ["33.3 % of the shift", "66.7 % of the shift"]


def test_many_scenes_shift() -> None:
    """Counts of all laws, catalogues of several entries."""
    rungs = shift(read(SCENES), "covariate", 2, {"catalogues.plain.galaxy.count": 4})
    assert rungs[1].catalogues["plain"].objects[0].count.support == (4, 4)
    fewer: dict[str, object] = {"catalogues.pairs.objects": "[star: {count: 2}]"}
    with pytest.raises(UsageError, match=r"catalogues\.pairs has no galaxy, as the recipe never draws"):
        shift(read(SCENES), "covariate", 2, fewer)
    assert len(shift(read(SCENES), "ood", 2, fewer)) == 2
