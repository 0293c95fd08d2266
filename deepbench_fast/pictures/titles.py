"""What stands above a sample in a picture: its number and class, and the two values that tell most of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepbench_fast.kinds.registry import kind
from deepbench_fast.render.batch import rows_of
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from deepbench_fast.recipe.catalogue import Catalogue
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.render.batch import Batch

TELLING = 2
ANGLES = ("rad", "deg")


class Title(NamedTuple):
    """Number and class of a sample; values with their names, none where it has no single ones."""

    name: str
    values: tuple[str, ...]


def lines_of(shown: Sequence[Title], room: int) -> list[tuple[str, ...]]:
    """The lines of titles: the name, then the values, on one line if `room` characters hold those of each title."""
    together = ["  ".join(title.values) for title in shown]
    if max(map(len, together), default=0) > room:
        return [(title.name, *title.values) for title in shown]
    return [(title.name, words) if words else (title.name,) for title, words in zip(shown, together, strict=True)]


def titles(batch: Batch) -> list[Title]:
    """The titles of the samples of a batch: random parameters of the catalogue's first entry that occurs once, sizes
    and forms before angles and brightness, or how many objects there are of each kind."""
    recipe = batch.recipe.resolved()
    words: list[list[str]] = [[] for _ in range(len(batch))]
    for number, name in enumerate(batch.catalogues):
        rows = np.flatnonzero(batch.labels == number)
        if rows.size:
            _describe(batch, recipe.catalogues[name], number, rows.tolist(), words)
    names = (f"{index} {batch.catalogues[label]}" for index, label in zip(batch.index, batch.labels, strict=True))
    return [Title(name, tuple(own)) for name, own in zip(names, words, strict=True)]


def _describe(batch: Batch, catalogue: Catalogue, number: int, rows: list[int], words: list[list[str]]) -> None:
    """Add the words of the samples of one catalogue, the one with this number."""
    once = [entry for entry in catalogue.objects if entry.occurs_once and kind(entry.kind).layer != "series"]
    if once:
        table = batch.tables.objects[once[0].kind]
        own = table[table["entry"] == _entry_number(batch, number, catalogue.objects.index(once[0]))]
        found = rows_of(own, batch.index[rows])
        for parameter in _telling(once[0])[:TELLING]:
            for row, value in zip(rows, own[parameter][found].tolist(), strict=True):
                words[row].append(f"{parameter} {brief(value, 3)}")
        return
    counted = [k for k in dict.fromkeys(entry.kind for entry in catalogue.objects) if kind(k).layer != "series"]
    for of_kind in counted[:TELLING]:
        table = batch.tables.objects[of_kind]
        for row in rows:
            words[row].append(f"{of_kind} {np.count_nonzero(table['sample'] == batch.index[row])}")


def _entry_number(batch: Batch, catalogue: int, position: int) -> int:
    """The number of an entry in the tables: entries count through all catalogues."""
    before = list(batch.recipe.catalogues.values())[:catalogue]
    return sum(len(other.objects) for other in before) + position


def _telling(entry: Entry) -> list[str]:
    """Random parameters of an entry, those that tell most first."""
    declared = kind(entry.kind)
    random = [declared.parameter(p) for p, drawn in entry.parameters.items() if drawn.is_random]
    shown = [p for p in random if p.axis is None and not p.is_flag]
    return [p.name for p in sorted(shown, key=lambda p: p.unit in ANGLES or p.name.endswith("amplitude"))]
