"""A recipe in the making: its values, where each comes from, and what there is to say about it."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.write import to_flow
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path

WIDTH = 110
INDENT = 2


class Draft:
    """Plain data of a recipe, with notes that become comments, and for its paths those in the configuration."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.notes: dict[Path, list[str]] = {}
        self.origins: dict[Path, Path] = {}
        self._said: set[str] = set()

    def put(self, path: Path, value: object, origin: Path | None = None, *notes: str) -> None:
        """Set what `path` leads to; a list grows by the position after its last."""
        owner: Any = self.data
        for step, below in itertools.pairwise(path):
            if isinstance(owner, dict):
                owner.setdefault(step, [] if isinstance(below, int) else {})
            owner = owner[step]
        if isinstance(owner, list):
            owner.append(value)
        else:
            owner[path[-1]] = value
        if origin is not None:
            self.origins[path] = origin
        self.note(path, *notes)

    def note(self, path: Path, *notes: str) -> None:
        """Say something about what `path` leads to, unless it was said before; the empty path is the whole recipe."""
        self.notes.setdefault(path, []).extend(note for note in notes if note not in self._said)
        self._said |= set(notes)

    def text(self) -> str:
        """The recipe as YAML with comments.

        Raises:
            Invalid: it is no valid recipe; the path is that of the configuration's value.
        """
        try:
            Recipe.parse(self.data)
        except Invalid as invalid:
            raise Invalid(invalid.problem, self._origin(invalid.path)) from None
        return "\n".join([*self._comments((), 0), *self._block(self.data, (), 0), ""])

    def _origin(self, path: Path) -> Path:
        """Where a value comes from; positions in a list are the same there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return (*self.origins[path[:length]], *(step for step in path[length:] if isinstance(step, int)))
        return ()

    def _comments(self, path: Path, indent: int) -> list[str]:
        lead = " " * indent + "# "
        return [lead + line for note in self.notes.get(path, ()) for line in _wrapped(note, WIDTH - len(lead))]

    def _block(self, value: Any, path: Path, indent: int) -> Iterator[str]:
        for step, item in enumerate(value) if isinstance(value, list) else value.items():
            here: Path = (*path, step)
            yield from self._comments(here, indent)
            head, deeper = f"{step}:", INDENT
            if isinstance(step, int):
                ((key, item),) = item.items()
                here, head, deeper = (*here, key), f"- {key}:", 2 * INDENT
            if item and self._stands_in_lines(here):
                yield " " * indent + head
                yield from self._block(item, here, indent + deeper)
            else:
                yield " " * indent + f"{head} {to_flow(item)}"

    def _stands_in_lines(self, path: Path) -> bool:
        return path == ("noise",) or (path[0] == "catalogues" and len(path) <= len(entry_path("", 0, "")))


class Entry:
    """An object of a draft: sets parameters, some of them scattered as DeepBench's `parameter_noise` asks."""

    def __init__(self, draft: Draft, path: Path, scatter: float) -> None:
        self.draft, self.path, self.scatter = draft, path, scatter
        self.kind = kind(str(path[-1]))
        draft.put(path[:-1], {self.kind.name: {}})

    def put(self, parameter: str, value: object, origin: Path | None = None, *notes: str) -> None:
        """Set a parameter to a number or a distribution."""
        value = checks.plain(value) if isinstance(value, float) else value
        self.draft.put((*self.path, parameter), value, origin, *notes)

    def around(self, parameter: str, value: float, origin: Path | None = None, *notes: str) -> None:
        """Set a parameter that parameter noise scatters, within its valid range."""
        declared = self.kind.parameter(parameter)
        reach = min(self.scatter, value - declared.low, declared.high - value)
        if reach < self.scatter and declared.low_open:
            reach *= 0.99
        drawn = {"uniform": [rounded(value - reach), rounded(value + reach)]}
        self.put(parameter, drawn if reach > 0 else value, origin, *notes)

    def note(self, *notes: str) -> None:
        """Say something about the object."""
        self.draft.note(self.path[:-1], *notes)


def entry_path(catalogue: str, position: int, of_kind: str) -> Path:
    """The path to the parameters of an object."""
    return ("catalogues", catalogue, "objects", position, of_kind)


def _wrapped(note: str, width: int) -> list[str]:
    return textwrap.wrap(note, width, break_on_hyphens=False, break_long_words=False)


def rounded(value: float) -> int | float:
    """The number without the last digits, in which sums of decimal fractions err."""
    return checks.plain(float(f"{value:.12g}"))
