"""Addresses: the dotted keys by which people name a value of a recipe, e.g. `catalogues.fields.galaxy.n`.

They go by names: an entry's name in place of `objects`, its position and its kind; a noise model's name in place of its
position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.names import entry_names
from deepbench_fast.values.checks import Path


def address(data: Any, path: Path) -> str:
    """The address of what `path` leads to in the data of a recipe, valid or not; it ends at a parameter."""
    match path:
        case ("catalogues", catalogue, "objects", int(position), *rest):
            own = data["catalogues"][catalogue]
            names = entry_names_in(own["objects"] if isinstance(own, Mapping) else own.objects)
            return ".".join(["catalogues", str(catalogue), names[position], *_words(rest[1:])[:1]])
        case ("catalogues", catalogue, *rest):
            return ".".join(["catalogues", str(catalogue), *_words(rest)[:3]])
        case _:
            return ".".join(_words(path)[: 3 if path[:1] in (("noise",), ("psf",), ("targets",)) else 2])


def _words(path: Iterable[str | int]) -> list[str]:
    return [step for step in path if isinstance(step, str)]


def entry_names_in(objects: Iterable[Any]) -> list[str]:
    """Names of a catalogue's entries, or of those in their plain data, valid or not."""
    named = []
    for item in objects:
        if isinstance(item, Entry):
            named.append((item.kind, item.name))
            continue
        of_kind, options = next(iter(item.items())) if isinstance(item, dict) and item else (item, None)
        own = options.get("name", "") if isinstance(options, dict) else ""
        named.append((str(of_kind)[:64], own if isinstance(own, str) else ""))
    return entry_names(named)
