"""What the user asks for: `Recipe` and its parts, loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepbench_fast.recipe.catalogue import Catalogue
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.recipe.load import builtin_recipes
    from deepbench_fast.recipe.recipe import Recipe
    from deepbench_fast.values.distributions import Distribution, parse_distribution
    from deepbench_fast.values.image import Image

__all__ = ["Catalogue", "Distribution", "Entry", "Image", "Recipe", "builtin_recipes", "parse_distribution"]

_MODULES = {
    "Catalogue": "recipe.catalogue",
    "Distribution": "values.distributions",
    "Entry": "recipe.entry",
    "Image": "values.image",
    "builtin_recipes": "recipe.load",
    "parse_distribution": "values.distributions",
}


# Kinds are declared with distributions and recipes are checked against kinds: importing eagerly would run in a circle.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"deepbench_fast.{_MODULES.get(name, 'recipe.recipe')}"), name)
