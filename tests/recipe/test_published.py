"""Published datasets: the table in the package is what their recipes make.

`python -m tests.recipe.test_published NAME ...` prints the table's lines for these built-in recipes, as they are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe.published import PUBLISHED, Published, published_as
from deepbench_fast.run.estimate import expected_rows
from deepbench_fast.store.create import bytes_needed
from tests.test_golden import GOLDEN


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_stated_is_what_is_made(name: str) -> None:
    """Digests are those of `golden.json`, which other processors are held to as well."""
    recipe = Recipe.builtin(name)
    assert PUBLISHED[name] == Published(name, recipe.hash(), GOLDEN[name], size(recipe))


def size(recipe: Recipe) -> int:
    """Bytes of the whole file."""
    plan = make_plan(recipe)
    rows, exact = expected_rows(plan)
    assert exact
    return sum(bytes_needed(plan, plan.samples, rows).values())


def test_a_recipe_is_known_by_its_hash() -> None:
    recipe = Recipe.builtin("galaxies")
    assert published_as(recipe.hash()) is PUBLISHED["galaxies"]
    assert published_as(Recipe.from_yaml(recipe.to_yaml()).hash()) is PUBLISHED["galaxies"]
    assert published_as(recipe.set("seed", 1).hash()) is None


def lines(names: list[str]) -> str:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            recipe = Recipe.builtin(name)
            digest = generate(recipe, Path(folder) / f"{name}.h5").digest
            found.append(f'        "{name}": ("{recipe.hash()}", "{digest}", {size(recipe):_}),\n')
    return "".join(found)


if __name__ == "__main__":
    print(lines(sys.argv[1:] or list(PUBLISHED)), end="")
