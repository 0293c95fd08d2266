"""SOURCE, the argument of commands that make samples: a recipe file, a built-in recipe or a kind of object."""

from __future__ import annotations

import difflib
import os
import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbench_fast.errors import UsageError
from deepbench_fast.store.location import is_url

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

RECIPE_SUFFIXES = (".yaml", ".yml")
DATASET_SUFFIXES = (".h5", ".hdf5", ".part")
SAID_BY = {"samples": "samples", "seed": "seed", "size": r"image|(image\.)?shape\b.*"}
"""Options of `recipe_options` → keys of a recipe that say what they say."""


def load_source(
    source: str,
    samples: int | None = None,
    seed: int | str | None = None,
    size: tuple[int, int] | None = None,
    assignments: tuple[tuple[str, str], ...] = (),
) -> Recipe:
    """The recipe that SOURCE means, changed by the options of `recipe_options`.

    Raises UsageError where there is no such source, RecipeError where it is no valid recipe.
    """
    from deepbench_fast.recipe.load import parse_value

    options = {"samples": samples, "seed": seed, "size": size}
    given = {name: value for name, value in options.items() if value is not None}
    for option, (key, _) in product(given, assignments):
        if re.fullmatch(SAID_BY[option], key):
            known = "-n / --samples" if option == "samples" else f"--{option}"
            raise UsageError(f"{known} and --set {key} say the same: give one of them")
    values = ((key, parse_value(text, key)) for key, text in assignments)
    return _find(source).with_changes([*given.items(), *values])


def is_dataset(name: str) -> bool:
    """Whether `name` is meant to be a file made by `generate`, or the URL of one."""
    return is_url(name) or name.endswith(DATASET_SUFFIXES)


def _find(source: str) -> Recipe:
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe import Recipe, builtin_recipes
    from deepbench_fast.recipe.files import included_outside
    from deepbench_fast.recipe.table_files import files_outside

    if is_dataset(source) and not is_url(source) and not os.path.lexists(source):
        first = "a recipe comes first (a .yaml file, a built-in recipe or a kind)"
        raise UsageError(f"{source}: {first}; 'info --recipe FILE' prints that of a dataset")
    if is_dataset(source):
        raise UsageError(f"{source}: a dataset where a recipe is wanted; 'info --recipe {source}' prints its recipe")
    if "/" in source or os.sep in source or source.endswith(RECIPE_SUFFIXES):
        recipe, folder = Recipe.load(source), Path(source).parent
        for path in [*included_outside(source), *files_outside(recipe, folder)]:
            click.echo(f"{source}: reads {path}, which lies outside its folder", err=True)
        return recipe
    if source in builtin_recipes():
        return Recipe.builtin(source)
    if source in kinds():
        return Recipe.of_kind(source)
    raise UsageError(unknown_name(source))


def unknown_name(name: str) -> str:
    """What to say where `name` is neither a built-in recipe nor a kind."""
    from deepbench_fast.kinds.registry import kinds, more_kinds
    from deepbench_fast.recipe import builtin_recipes

    names = [*builtin_recipes(), *kinds()]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}; a file has a '/' or ends in .yaml"
    return f"no built-in recipe or kind '{name}'; {hint} ({more_kinds()})"
