"""YAML ⇄ model: text to plain data that remember their lines, and errors that name file, line and key."""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import addresses
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

MAX_BYTES = 2**20
MAX_DEPTH = 20
MAX_VALUES = 100_000
BUILTIN = Path(__file__).parent / "builtin"
FAST_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml, where PyYAML has it: twenty times as fast, and the same events of what both read."""

# YAML 1.2's words and numbers: `no`, `12:30` and `2024-01-01` are text, 1e5 is a number.
_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]{0,300})")
_FLOAT = re.compile(r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")


Step = tuple[int, str | int]
"""A key of a mapping or a place in a list: the identity of the mapping or list, and the key or place."""


class SyntaxProblem(Invalid):
    """Text that isn't YAML of the kind that recipes are written in, with the line."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(frozen=True, eq=False)
class Document:
    """Plain data with the line of every key and list item, and where they come from: `source`, but for those items of
    which `sources` has another one."""

    data: Any
    source: str | None = None
    lines: dict[Step, int] = field(default_factory=dict)
    sources: dict[Step, str | None] = field(default_factory=dict)

    def line(self, path: checks.Path) -> int:
        """The line of what `path` leads to: see `place`."""
        return self.place(path)[1]

    def place(self, path: checks.Path) -> tuple[str | None, int]:
        """Source and line of what `path` leads to, or of the nearest thing around it that is there.

        Where a mapping stands for the list of its one-key mappings, or a list of one for what it holds, the path is
        that of the other.
        """
        source, line, value = self.source, 1, self.data
        for step in path:
            if isinstance(value, dict) and isinstance(step, int):
                continue
            if isinstance(value, list) and len(value) == 1 and isinstance(step, str):
                (value,) = value
            here = id(value), step
            if here not in self.lines:
                break
            source, line = self.sources.get(here, self.source), self.lines[here]
            value = value[step]
        return source, line

    def errors(self) -> _Errors:
        """Turn an `Invalid` raised inside into a RecipeError with source, line and address."""
        return _Errors(self)


class _Errors:
    """The context manager that `Document.errors` returns.

    No generator: since Python 3.12 one that raises another error keeps all frames that lead to it, with the files that
    they have open, until the garbage collector runs; and files of kinds that aren't known here go on after this error.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, invalid: BaseException | None, __: object) -> None:
        if isinstance(invalid, Invalid):
            key = addresses.address(self.document.data, invalid.path)
            source, line = self.document.place(invalid.path)
            raise RecipeError(invalid.problem, key=key, source=source, line=line) from None


def builtin_recipes() -> dict[str, str]:
    """Recipes that ship with the package: name → what it is, from the first line of its file."""
    found = sorted(BUILTIN.glob("*.yaml"))
    return {path.stem: path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for path in found}


def builtin_path(name: str) -> Path:
    """The file of a built-in recipe; raises RecipeError, with the nearest name, where there is none."""
    return (
        BUILTIN
        / f"{checks.known(name, [path.stem for path in sorted(BUILTIN.glob('*.yaml'))], 'built-in recipe')}.yaml"
    )


def file_text(path: str | os.PathLike[str]) -> str:
    """The text in a file, up to what `parse` takes; raises RecipeError where it can't be read."""
    source = os.fspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
        # What PowerShell redirects into a file is UTF-16.
        return content.decode("utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise RecipeError("is not UTF-8 text", source=source, line=line) from None
    except OSError as error:
        raise RecipeError(f"can't be read: {error.strerror}", source=source) from None


def read_text(text: str, source: str | None = None) -> Document:
    """The document in a YAML text; raises RecipeError where it isn't YAML."""
    try:
        document = parse(text, source)
    except SyntaxProblem as error:
        raise RecipeError(error.problem, source=source, line=error.line) from None
    if document.data is None:
        raise RecipeError("is empty: a recipe needs at least catalogues", source=source, line=1)
    return document


def parse(text: str, source: str | None = None) -> Document:
    """Plain data (mappings with text keys, lists, text, numbers, true, false, None) from YAML; raises SyntaxProblem.

    The key << brings in the keys of other mappings, behind the mapping's own.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SyntaxProblem(f"is longer than {MAX_BYTES} bytes, the most that is read")
    with suppress(yaml.YAMLError, UnicodeEncodeError):  # the other parser's words are the better ones
        return _Composer(text, source, FAST_PARSER).document()
    try:
        return _Composer(text, source, yaml.SafeLoader).document()
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise SyntaxProblem(f"is not valid YAML: {' '.join(str(error.problem).split())}", line) from None
    except yaml.reader.ReaderError as error:
        line = 1 + text.count("\n", 0, error.position)
        raise SyntaxProblem(f"is not valid YAML: it holds the character {error.character:#06x}", line) from None


def parse_value(text: str, key: str) -> object:
    """Plain data from a value given as text; raises RecipeError, which names `key`, where it isn't YAML."""
    try:
        return parse(text).data
    except SyntaxProblem as error:
        raise RecipeError(error.problem, key=key) from None


class _Composer:
    """Builds plain data from the parser's events, which come one by one, so that limits hold before memory is spent."""

    def __init__(self, text: str, source: str | None, parser: Any) -> None:
        self.text, self.source, self.parser = text, source, parser
        self.lines: dict[Step, int] = {}
        self.anchors: dict[str, tuple[Any, int, int]] = {}  # name → value, how many values, how many levels below it
        self.values = self.deepest = 0

    def document(self) -> Document:
        self.events = yaml.parse(self.text, Loader=self.parser)
        data: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _syntax("holds a second document; one is allowed", event)
                data = self._value(next(self.events), 1)
        return Document(data, self.source, self.lines)

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        if event.tag is not None:
            raise _syntax(f"tags like {checks.quote(event.tag)} are not supported", event)
        before, around = self.values, self.deepest
        self.deepest = 0
        self._reach(depth, event)
        self._count(1, event)
        value: Any
        if isinstance(event, ScalarEvent):
            value = scalar(event.value) if not event.style else event.value
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._mapping(depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.values - before, self.deepest - depth
        self.deepest = max(around, self.deepest)
        return value

    def _alias(self, event: AliasEvent, depth: int) -> Any:
        if event.anchor not in self.anchors:
            raise _syntax(f"the alias *{event.anchor} refers to nothing that is complete above it", event)
        value, size, levels = self.anchors[event.anchor]
        self._count(size, event)
        self._reach(depth + levels, event)
        return value

    def _reach(self, depth: int, event: Any) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > MAX_DEPTH:
            raise _syntax(f"is nested more than {MAX_DEPTH} deep", event)

    def _count(self, values: int, event: Any) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise _syntax(f"holds more than {MAX_VALUES} values", event)

    def _sequence(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            self.lines[id(items), len(items)] = _line(event)
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        merged: list[Any] = []
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.tag is not None:
                raise _syntax("a key must be plain text", event)
            key = event.value
            if key in items:
                raise _syntax(f"the key '{key}' stands twice, first in line {self.lines[id(items), key]}", event)
            if key == "<<" and not event.style:
                merged += self._merged(event, depth)
                continue
            self.lines[id(items), key] = _line(event)
            items[key] = self._value(next(self.events), depth + 1)
        for other in merged:
            for key in [key for key in other if key not in items]:
                self.lines[id(items), key] = self.lines[id(other), key]
                items[key] = other[key]
        return items

    def _merged(self, event: Any, depth: int) -> list[Any]:
        """The mappings that a merge key names, the strongest first."""
        value = self._value(next(self.events), depth + 1)
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in mappings):
            raise _syntax("a merge key (<<) needs a mapping or a list of mappings", event)
        return mappings


def scalar(text: str) -> object:
    """What plain text without quotes means: nothing, true, false, a number, or itself."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    # Numbers like 007 stay text: YAML's versions disagree on what they mean.
    if _FLOAT.fullmatch(text) and not text.lstrip("-+").isdecimal():
        return float(text.replace("_", ""))
    if not_finite := _NOT_FINITE.fullmatch(text):
        return float("".join(not_finite.groups()))
    return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _syntax(problem: str, event: Any) -> SyntaxProblem:
    return SyntaxProblem(problem, _line(event))
