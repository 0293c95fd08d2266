"""The user's own tables that a recipe draws from: which columns, and which files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbench_fast.recipe.write import recipe_data

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents


def tables_of(recipe: Contents) -> list[Mapping[str, Any]]:
    """File, column, dataset, order and hash of every column that a recipe draws from, as the recipe writes them."""
    return list(tables_in(recipe_data(recipe)))


def files_outside(recipe: Contents, folder: Path) -> list[Path]:
    """The files, in full, that a recipe in `folder` names and that don't lie in it, each once."""
    places = [(folder / table["file"]).resolve() for table in tables_of(recipe)]
    return [place for place in dict.fromkeys(places) if not place.is_relative_to(folder.resolve())]


def tables_in(data: object) -> Iterator[Any]:
    """The mappings in a recipe's plain data that say what is drawn from a table."""
    if isinstance(data, Mapping):
        table = data.get("table")
        if len(data) == 1 and isinstance(table, Mapping) and "hash" in table:
            yield table
            return
        data = list(data.values())
    if isinstance(data, list | tuple):
        for item in data:
            yield from tables_in(item)
