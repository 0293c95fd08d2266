"""JSON Schema in short: the few shapes that a recipe's values have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from deepbench_fast.values import checks

Schema: TypeAlias = dict[str, Any]

NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
NULL: Schema = {"type": "null"}
WRITTEN: Schema = {"$ref": "#/$defs/written"}
"""A number with its unit."""

NUMBER: Schema = {"$ref": "#/$defs/number"}
"""A number, or one with its unit."""


def number(low: float, high: float, low_open: bool = False, high_open: bool = False) -> Schema:
    """A plain number between two bounds."""
    ends = {"exclusiveMinimum" if low_open else "minimum": low, "exclusiveMaximum" if high_open else "maximum": high}
    return {"type": "number", **{end: checks.plain(value) for end, value in ends.items() if math.isfinite(value)}}


def whole(low: float, high: float) -> Schema:
    """A whole number between two bounds."""
    grouped = {"type": "string", "pattern": "^[0-9][0-9_]*$"}  # 1_000 is text to editors that read YAML 1.2
    return any_of({**number(low, high), "type": "integer"}, grouped)


def any_of(*schemas: Schema) -> Schema:
    """What one of the schemas takes."""
    return {"anyOf": list(schemas)}


FRACTION = any_of(
    number(0.0, math.inf, low_open=True),
    {"type": "string", "pattern": "^[0-9]{1,40}(/[0-9]{1,40})?$", "description": "A fraction, e.g. 1/3."},
)


def list_of(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    """A list of so many items."""
    return {"type": "array", "items": items, "minItems": least, **({} if most is None else {"maxItems": most})}


def mapping(keys: Schema, required: Iterable[str] = ()) -> Schema:
    """A mapping with no other keys."""
    return {"type": "object", "properties": keys, "required": list(required), "additionalProperties": False}


def named(values: Schema, least: int = 0) -> Schema:
    """A mapping of names of the user's own."""
    own = {"type": "object", "propertyNames": NAME, "additionalProperties": values}
    return {**own, "minProperties": least} if least else own


def one_of(keys: Mapping[str, Schema]) -> Schema:
    """A mapping with one of the keys."""
    return {**mapping(dict(keys)), "minProperties": 1, "maxProperties": 1}


def first_line(documented: object) -> str:
    """The first line of a docstring, which describes what it documents."""
    return (documented.__doc__ or "").partition("\n")[0]
