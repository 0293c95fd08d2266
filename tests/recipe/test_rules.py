"""What must hold between the parts of a recipe."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.own import light_kind, parameter
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.names import entry_names
from deepbench_fast.values.checks import Invalid

MIXED = """
targets: {targets}
catalogues:
  singles:
    objects: [galaxy, star: {{name: bright, count: {count}}}]
  fields:
    objects: [galaxy: {{count: {{poisson: 3}}, name: crowd}}, star, galaxy]
"""


def mixed(targets: str, count: object = 1) -> Recipe:
    return Recipe.from_yaml(MIXED.format(targets=targets, count=count))


@pytest.mark.parametrize(
    "target", ["catalogue", "brightness", "count.star", "count.galaxy", "galaxy.n", "bright.gamma", "star.x"]
)
def test_targets(target: str) -> None:
    assert mixed(f"[{target}]").targets == (target,)


@pytest.mark.parametrize(
    "count", ["1.0", "{integers: [1, 1]}", "{choice: [1]}", "{choice: {values: [1, 2], weights: [1, 0]}}"]
)
def test_a_target_may_be_of_whatever_occurs_exactly_once(count: str) -> None:
    mixed("[bright.gamma]", count)


@pytest.mark.parametrize(
    ("target", "count", "words"),
    [
        ("crowd.n", 1, "'crowd' must have count 1"),
        ("bright.gamma", 2, "'bright' must have count 1"),
        ("bright.gamma", "{poisson: 1}", "'bright' must have count 1"),
        ("galaxy.gamma", 1, "unknown target 'galaxy.gamma'"),
        ("galxy.n", 1, "did you mean 'galaxy.n'?"),
        ("count.quasar", 1, "unknown target 'count.quasar'"),
        ("count", 1, "unknown target 'count'"),
        ("galaxy", 1, "unknown target 'galaxy'"),
        ("3", 1, "must be text"),
    ],
)
def test_what_is_no_target(target: str, count: object, words: str) -> None:
    with pytest.raises(RecipeError, match="targets") as caught:
        mixed(f"[{target}]", count)
    assert words in caught.value.problem
    assert caught.value.line == 2


def test_count_of_a_kind_that_is_not_there_is_no_target() -> None:
    with pytest.raises(RecipeError, match=r"unknown target 'count\.galaxy'"):
        Recipe.from_yaml("{targets: [count.galaxy], catalogues: {a: {objects: [star]}}}")


def test_one_name_for_two_kinds_is_no_target() -> None:
    text = "{targets: [TARGET], catalogues: {a: {objects: [star: {name: it}]}, b: {objects: [galaxy: {name: it}]}}}"
    Recipe.from_yaml(text.replace("TARGET", "catalogue"))
    with pytest.raises(RecipeError, match="'it' is a galaxy here and a star there"):
        Recipe.from_yaml(text.replace("TARGET", "it.x"))


def test_names_of_entries() -> None:
    given = [("star", ""), ("galaxy", ""), ("star", "bright"), ("star", ""), ("star", ""), ("galaxy", "")]
    assert entry_names(given) == ["star", "galaxy", "bright", "star.2", "star.3", "galaxy.2"]


@pytest.mark.parametrize(
    "objects",
    ["[star: {name: a}, galaxy: {name: a}]", "[star, star: {name: star}]", "[star: {name: star.2}, star, star]"],
)
def test_two_entries_of_one_name(objects: str) -> None:
    with pytest.raises(RecipeError, match="another entry of this catalogue is called"):
        Recipe.from_yaml(f"catalogues: {{c: {{objects: {objects}}}}}")


def test_one_name_in_two_catalogues_is_fine() -> None:
    Recipe.from_yaml("catalogues: {a: {objects: [star: {name: it}]}, b: {objects: [star: {name: it}]}}")


def test_a_catalogue_of_nothing_but_noise() -> None:
    assert Recipe.from_yaml("catalogues: {a: {objects: []}, b: {objects: [star]}}").catalogues["a"].objects == ()


def test_an_offset_adds_the_supports() -> None:
    recipe = Recipe.of_kind("galaxy").set("catalogues.galaxy.galaxy.n", {"uniform": [1, 4]})
    good = {"offset": {"from": "n", "by": {"uniform": [-0.5, 6]}}}
    chained = recipe.set("catalogues.galaxy.galaxy.theta", good)
    chained.set("catalogues.galaxy.galaxy.r_eff", {"offset": {"from": "theta", "by": 1}})
    with pytest.raises(RecipeError, match=r"reaches from -0\.5 to 9 together"):
        chained.set("catalogues.galaxy.galaxy.r_eff", {"offset": {"from": "theta", "by": -1}})


def test_an_offset_follows_defaults_that_scale_with_the_image() -> None:
    recipe = Recipe.of_kind("star").set("catalogues.star.star.alpha", {"offset": {"from": "gamma", "by": 1}})
    with pytest.raises(RecipeError, match="above 0 and up to 100, but offset"):
        recipe.with_overrides({"size": (2000, 2000)})


def test_scaled_supports_multiply() -> None:
    recipe = Recipe.of_kind("lens").set("catalogues.lens.lens.theta_e", {"uniform": [2, 4]})
    recipe.set("catalogues.lens.lens.softening", {"scaled": {"by": "theta_e", "of": {"uniform": [0, 0.5]}}})
    with pytest.raises(RecipeError, match=r"reaches from -4 to 2 together with what it scales$"):
        recipe.set("catalogues.lens.lens.softening", {"scaled": {"by": "theta_e", "of": {"uniform": [-1, 0.5]}}})
    chained = recipe.set("catalogues.lens.lens.source_dx", {"offset": {"from": "source_dy", "by": 1}})
    with pytest.raises(RecipeError, match="circle: source_dx from source_dy from source_dx"):
        chained.set("catalogues.lens.lens.source_dy", {"scaled": {"by": "source_dx", "of": 2}})


@pytest.mark.parametrize("form", ["{scaled: {by: radius, of: 1}}", "{offset: {from: radius, by: {integers: [0, 2]}}}"])
def test_whole_numbers_start_from_whole_ones(form: str) -> None:
    """Others would be cut off without a word."""
    recipe = Recipe.of_kind("polygon").set("polygon.radius", "{integers: [3, 9]}").set("polygon.vertices", form)
    with pytest.raises(RecipeError) as error:
        recipe.set("polygon.radius", "{uniform: [3, 9]}")
    assert error.value.key == "catalogues.polygon.polygon.vertices"
    assert "must be a whole number from 3 to 1000, but" in str(error.value)
    with pytest.raises(RecipeError, match="gives other numbers too"):
        recipe.set("polygon.radius", "{scaled: {by: line_width, of: 4}}").set("polygon.line_width", "{uniform: [1, 2]}")


def test_a_circle_of_offsets_elsewhere_is_found() -> None:
    options = {"x": {"offset": {"from": "gamma", "by": 0}}, "gamma": {"offset": {"from": "y", "by": 0}}}
    options["y"] = {"offset": {"from": "gamma", "by": 0}}
    with pytest.raises(RecipeError, match="offsets run in a circle: gamma from y from gamma"):
        Recipe.of_kind("star").set("catalogues.star.star", options)


def test_a_change_is_checked_against_all_entries() -> None:
    recipe = Recipe.builtin("gallery")
    for shape in ([64, 64], [32, 64], [64, 64]):
        recipe = recipe.set("image.shape", shape)
        assert recipe.hash() == Recipe.from_yaml(recipe.to_yaml()).hash()
    small = Recipe.from_yaml("{image: {shape: [64, 64]}, catalogues: {a: {objects: [line: {min_length: 50}]}}}")
    for _ in range(2):
        with pytest.raises(RecipeError, match="the longest that"):
            small.set("image.shape", [28, 28])
        small = small.set("seed", small.seed + 1)


def test_an_equal_entry_is_checked_again_where_its_table_is_there(tmp_path: Path) -> None:
    path = tmp_path / "prior.csv"
    known = blake2b(np.array([1000.0], "<f8").tobytes(), digest_size=16).hexdigest()

    def recipe() -> Recipe:
        table = {"table": {"file": str(path), "column": "n", "hash": known}}
        return Recipe(catalogues={"a": {"objects": [{"galaxy": {"n": table}}]}})

    recipe()
    path.write_text("n\n1000.0\n")
    with pytest.raises(Invalid, match=r"must be from 0\.5 to 10"):
        recipe()


def test_an_equal_entry_is_checked_again_where_its_kind_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})

    def declare(high: float) -> None:
        width = parameter("width", "pix", low=0.1, high=high, default=1.0)

        @light_kind("blob", parameters=[width])
        def blob(dx: float, dy: float, row: Any) -> float:
            return row.width

    def recipe() -> Recipe:
        return Recipe(catalogues={"a": Catalogue(objects=(Entry(kind="blob", parameters={"width": 5.0}),))})

    declare(high=9.0)
    recipe()
    declare(high=3.0)
    with pytest.raises(Invalid, match=r"must be from 0\.1 to 3"):
        recipe()
