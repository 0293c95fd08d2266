"""What a field of a recipe takes: its check, the JSON Schema of that, and what it means, in one place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deepbench_fast.values import checks, schemas
from deepbench_fast.values.schemas import Schema


@dataclass(frozen=True)
class Takes:
    """What a field takes, as its annotation says: `samples: Annotated[int, whole(1, 100, "Number of samples.")]`.

    `check` makes the field of a value, or raises `Invalid`. `schema` is empty where it follows from what is declared
    elsewhere (kinds, laws, effects): `recipe/json_schema` has it.
    """

    check: Callable[[Any], Any]
    meaning: str = ""
    schema: Schema = field(default_factory=dict)


def takes(meaning: str, schema: Schema) -> Callable[[Callable[[Any], Any]], Takes]:
    """What a field takes by the check below."""
    return lambda check: Takes(check, meaning, schema)


def whole(low: int, high: int, meaning: str) -> Takes:
    """A whole number between two bounds, both included."""
    return Takes(checks.whole(low, high), meaning, schemas.whole(low, high))


def one_of(*words: str, meaning: str) -> Takes:
    """One of some words."""
    return Takes(checks.choice(*words), meaning, {"enum": list(words)})


def yes_or_no(meaning: str) -> Takes:
    """true or false."""
    return Takes(checks.boolean, meaning, {"type": "boolean"})


def text(meaning: str) -> Takes:
    """Text on one line."""
    return Takes(checks.text, meaning, schemas.TEXT)


def positive(meaning: str) -> Takes:
    """A number above 0."""
    return Takes(checks.positive, meaning, schemas.number(0.0, math.inf, low_open=True))


def model(kind: Any) -> Takes:
    """Another of the recipe's types."""
    return Takes(kind.parse, schemas.first_line(kind))
