"""What the user asks for: `Recipe` and its parts, loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepbench_fast.recipe.distributions import Distribution, parse_distribution
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.recipe.image import Image
    from deepbench_fast.recipe.load import builtin_recipes
    from deepbench_fast.recipe.model import Catalogue, Recipe

__all__ = ["Catalogue", "Distribution", "Entry", "Image", "Recipe", "builtin_recipes", "parse_distribution"]

_MODULES = {"Distribution": "distributions", "parse_distribution": "distributions", "builtin_recipes": "load"}


# Kinds are declared with distributions and recipes are checked against kinds: importing eagerly would run in a circle.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'model')}"), name)
