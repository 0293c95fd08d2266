"""How numbers and tables look in a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from deepbench_fast.cli.text_file import print_text
from deepbench_fast.values.number_text import brief, byte_size, counted, grouped

__all__ = [
    "byte_size",
    "columns",
    "counted",
    "duration",
    "grouped",
    "json_text",
    "print_json",
    "rate",
    "series_facts",
    "value_text",
]

MOST_OUTPUTS = 12


def print_json(data: object) -> None:
    """Print data as JSON, with null for what is not finite."""
    print_text(json_text(data))


def json_text(data: object) -> str:
    """Data as JSON, with null for what is not finite."""
    return json.dumps(_finite(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Rows as aligned columns, two spaces apart."""
    widths = [max(len(row[k]) for row in rows) for k in range(max(map(len, rows), default=0))] if rows else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join((indent + line).rstrip() for line in lines)


def rate(number: float) -> str:
    """How many a second: two digits below 10, so that slow work isn't 0 a second, and whole numbers above."""
    return brief(number, 2) if number < 9.95 else grouped(round(number))


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.31 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 9.95:
        return f"{brief(seconds, 2)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def series_facts(series: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The axes of series in words: when, and what in which unit."""
    unit = f" {series['time_unit']}" if series["time_unit"] else ""
    steps = counted(series["steps"], "step")
    outputs = [
        f"{output['name']} [{output['unit']}]" if output["unit"] else output["name"] for output in series["outputs"]
    ]
    shown = outputs if len(outputs) <= MOST_OUTPUTS else [*outputs[: MOST_OUTPUTS - 1], "…", outputs[-1]]
    return [
        ("time axis", f"{brief(series['start'])} to {brief(series['stop'])}{unit}, {steps}"),
        ("outputs", ", ".join(shown)),
    ]


def value_text(value: Any, unit: str = "") -> str:
    """A number in up to 7 significant digits, with its unit."""
    text = brief(value)
    return f"{text} {unit}" if unit else text
