"""Recipes that ship with the package, and the cost of reading one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.load import builtin_path


def test_what_ships() -> None:
    assert {"galaxies", "sky", "stars"} <= set(builtin_recipes())
    assert all(len(title) > 10 and not title.startswith("#") for title in builtin_recipes().values())


@pytest.mark.parametrize("name", builtin_recipes())
def test_built_in_recipes_are_complete(name: str) -> None:
    recipe = Recipe.builtin(name)
    assert recipe.name == name
    assert recipe.noise
    assert sum(recipe.splits.values()) == 1
    assert "train" in recipe.splits
    assert recipe.targets
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
    assert builtin_path(name).read_text(encoding="utf-8").count("#") > 5


def test_sky_holds_fields_of_several_objects() -> None:
    sky = Recipe.builtin("sky")
    assert sky.psf is not None
    assert {entry.kind for entry in sky.catalogues["fields"].objects} == {"star", "galaxy"}
    assert all(entry.count.is_random for catalogue in sky.catalogues.values() for entry in catalogue.objects)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="unknown built-in recipe 'galaxes'; did you mean 'galaxies'"):
        Recipe.builtin("galaxes")


def test_reading_a_recipe_imports_nothing_heavy() -> None:
    code = (
        "import sys; from deepbench_fast.recipe import Recipe; r = Recipe.builtin('sky'); r.to_yaml(); r.hash();"
        "print(*sorted({m.partition('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    )
    heavy = ["numba", "numpy", "h5py", "astropy", "matplotlib", "scipy", "click", "tqdm"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
