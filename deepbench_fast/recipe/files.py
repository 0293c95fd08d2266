"""Recipe files, joined with the files that they include.

`include: base.yaml`, or a list of files, brings in what stands there, relative to the including file. Later files win
over earlier ones, and the including file over all: mappings merge, lists and everything else are replaced.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe.load import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Document, Step, file_text, read_text
from deepbench_fast.recipe.parameter_noise import ABSOLUTE
from deepbench_fast.recipe.series import AXIS
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import FORMS

INCLUDE = "include"
INCLUDED = re.compile(rf"^\W*{INCLUDE}\b", re.MULTILINE)
"""What a file has that includes others; others may have it, too."""
MOST_FILES = 100


def read_file(path: str | os.PathLike[str]) -> Document:
    """The document in a YAML file, with what it includes; a recipe without a name takes the file's.

    Raises:
        RecipeError: a file can't be read, or isn't YAML.
    """
    source = os.fspath(path)
    document = _Reader().whole(source, ())
    stem = Path(source).stem
    if isinstance(document.data, dict) and stem.isprintable():
        document.data.setdefault("name", stem[:200])
    return document


def included_outside(path: str | os.PathLike[str]) -> list[Path]:
    """The files, in full, that a recipe file includes, directly or by others, from outside its folder, each once.

    Raises as `read_file` does.
    """
    if not os.path.isfile(path) or not INCLUDED.search(file_text(path)):  # a pipe can be read once
        return []
    reader = _Reader()
    reader.whole(os.fspath(path), ())
    folder = Path(path).resolve().parent
    return [place for place in map(Path, dict.fromkeys(reader.places[1:])) if not place.is_relative_to(folder)]


class _Reader:
    """Reads one recipe file and all that it includes, within the limits of one file."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self.bytes = 0

    def whole(self, source: str, around: tuple[str, ...]) -> Document:
        """A file with what it includes; `around` are the places of the files that include it."""
        place = os.path.realpath(source)
        self.places.append(place)
        text = file_text(source)
        self.bytes += len(text.encode("utf-8", "surrogatepass"))
        document = read_text(text, source)
        data = document.data
        if not isinstance(data, dict) or INCLUDE not in data:
            return document
        joined = _Joined(source)
        with document.errors():
            for step, name in _named(data[INCLUDE]):
                with within(*step):
                    joined.add(self._included(name, source, (*around, place)))
            del data[INCLUDE]
            joined.add(document)
        return joined.document

    def _included(self, name: str, source: str, around: tuple[str, ...]) -> Document:
        path = os.path.join(os.path.dirname(source), name)
        place = os.path.realpath(path)
        if not os.path.isfile(place):
            kind = (
                "is a directory" if os.path.isdir(place) else "is no file" if os.path.exists(place) else "isn't there"
            )
            raise Invalid(f"{checks.quote(name)} {kind}")
        if place in around:
            circle = [os.path.basename(at) for at in (*around[around.index(place) :], place)]
            raise Invalid(f"files include each other in a circle: {' → '.join(circle)}")
        if len(around) > MAX_DEPTH:
            raise Invalid(f"files include each other more than {MAX_DEPTH} deep")
        if len(self.places) > MOST_FILES or self.bytes > MAX_BYTES:
            raise Invalid(f"more than {MOST_FILES} files, or {MAX_BYTES} bytes, are included in all")
        document = self.whole(path, around)
        if not isinstance(document.data, dict):
            raise RecipeError("must be keys with values, as a recipe", source=path, line=1)
        return document


def _named(value: object) -> Iterator[tuple[checks.Path, str]]:
    """The files that a recipe names, with the paths to their names."""
    names = value if isinstance(value, list) else [value]
    for number, name in enumerate(names):
        step = (INCLUDE, number) if isinstance(value, list) else (INCLUDE,)
        with within(*step):
            yield step, checks.text(name)


@dataclass
class _Joined:
    """Copies of documents, one laid upon another, that know the file and line of every item."""

    source: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Step, int] = field(default_factory=dict)
    sources: dict[Step, str | None] = field(default_factory=dict)
    values: int = 0
    replaced: list[Any] = field(default_factory=list)  # kept, so that nothing else gets their identity

    @property
    def document(self) -> Document:
        return Document(self.data, self.source, self.lines, self.sources)

    def add(self, document: Document) -> None:
        """Lay a document upon what is there; raises `Invalid` where that is too much."""
        folders = (os.path.dirname(os.path.abspath(source or "")) for source in (document.source, self.source))
        self._lay(self.data, document.data, document, os.path.relpath(*folders))

    def _lay(self, below: dict[str, Any], upper: Mapping[str, Any], document: Document, folder: str) -> None:
        for key, value in upper.items():
            old = below.get(key)
            self._note(below, key, document, upper)
            if not isinstance(old, dict) or not isinstance(value, dict) or _chooses_another(key, old, value):
                self.replaced.append(old)
                below[key] = self._copy(value, document, folder)
                continue
            if key == "series":
                for other in _excluded(value):
                    old.pop(other, None)
            self._lay(old, value, document, folder)

    def _copy(self, value: Any, document: Document, folder: str) -> Any:
        self.values += 1
        if self.values > MAX_VALUES:
            raise Invalid(f"all files together hold more than {MAX_VALUES} values")
        if isinstance(value, list):
            items: list[Any] = []
            for number, item in enumerate(value):
                self._note(items, number, document, value)
                items.append(self._copy(item, document, folder))
            return items
        if not isinstance(value, dict):
            return value
        copied: dict[str, Any] = {}
        for key, item in value.items():
            self._note(copied, key, document, value)
            copied[key] = self._copy(item, document, folder)
        if list(copied) == ["table"] and folder != os.curdir:
            _move(copied["table"], folder)
        return copied

    def _note(self, own: Any, step: str | int, document: Document, theirs: Any) -> None:
        """Remember where an item of ours comes from."""
        here, there = (id(own), step), (id(theirs), step)
        self.lines[here] = document.lines[there]
        self.sources[here] = document.sources.get(there, document.source)


def _move(table: Any, folder: str) -> None:
    """Let a table's file, which is named as seen from `folder`, be named as seen from the including file."""
    if isinstance(table, dict) and isinstance(table.get("file"), str):
        table["file"] = os.path.normpath(os.path.join(folder, table["file"]))


def _chooses_another(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two mappings of one key each stand for different laws, or PSFs, of which there can be only one."""
    if len(old) != 1 or len(new) != 1 or old.keys() == new.keys():
        return False
    laws = {*FORMS, ABSOLUTE}
    return key == "psf" or (old.keys() <= laws and new.keys() <= laws)


def _excluded(series: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of a series that these ones exclude: its times are either listed or spaced evenly."""
    return AXIS if "times" in series else ("times",) if not series.keys().isdisjoint(AXIS) else ()
