"""Recipes with something wrong: in their text, or in what the text says."""

from __future__ import annotations

import copy
import marshal
import random
from typing import Any

import yaml

Path = tuple[str | int, ...]
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

TOKENS = (
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "\n",
    "  ",
    "nan",
    "-1",
    "1e400",
    "null",
    "&a",
    "*a",
    "!!python/x",
    "?",
    "'",
    "0",
)
TOKENS += ("0", "\x00", "\t", "|", ">", "%", "---\n", "<<: *a", "\ud7ff", "é", "~", "0x1F", "1_0", "1e-400", "#")
"""What a damaged text gets at a random place."""

NUMBERS = (0, -0.0, 1, -1, 2, 0.5, 1e-320, 1e-30, 1e-9, 0.1, 3, 17, 90, 360, 1e3, 1e5, 1e9, 1e18, 1e30, 1e300, -1e300)
NUMBERS += (2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**30, float("nan"), float("inf"), -float("inf"))
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(
        None,
        True,
        False,
        "",
        "x",
        "a" * 3000,
        "../../etc/passwd",
        "con",
        "é\u202e",
        "30 deg",
        "3 pix",
        "0.1 rad",
        "5 kg",
    ),
    *([], {}, [1], [1, 2], [0, 0], [2, 1], [[1]], ["a", "b"], {"a": 1}, [None], [1] * 300),
    *({"uniform": [0, 1]}, {"uniform": [1, 0]}, {"uniform": [-1e300, 1e300]}, {"loguniform": [1e-300, 1e300]}),
    *({"normal": [0, 1]}, {"normal": [1, 1e-300]}, {"normal": {"mean": 5, "std": 1, "low": 0, "high": 9}}),
    *(
        {"integers": [0, 3]},
        {"integers": [3, 0]},
        {"poisson": 2},
        {"poisson": 1e9},
        {"choice": [1, 2, 3]},
        {"choice": []},
    ),
    *({"choice": {"values": [1, 2], "weights": [0, 0]}}, {"grid": [1, 2, 3]}, {"grid": [0, 1, 10**9]}, {"grid": []}),
    {"choice": []},
    "5 kg",
    *({"table": {"file": "/etc/passwd", "column": "root"}}, {"table": {"file": "/dev/zero"}}, {"table": "../x.csv"}),
    *({"offset": {"from": "x", "by": 1}}, {"scaled": {"from": "x", "by": 2}}, {"constant": 1}),
    *({"gaussian": {"sigma": 0.1}}, {"poisson": {"level": 1}}, {"moffat": {"gamma": 2, "alpha": 3}}, "integrate"),
)
"""What a damaged value becomes."""


def damaged_text(text: str, rng: random.Random) -> str:
    """The text with one to four small things wrong."""
    for _ in range(rng.randint(1, 4)):
        at, size = rng.randrange(len(text) + 1), rng.choice([0, 0, 1, 1, 3, 10])
        begin = rng.randrange(len(text) + 1)
        new = rng.choice([rng.choice(TOKENS), "", text[begin : begin + rng.randint(1, 20)]])
        text = text[:at] + new + text[at + size :]
    return text


def damaged_data(data: Any, others: list[Any], rng: random.Random) -> Any:
    """The data with one to three things replaced, removed, renamed or taken from elsewhere; always a copy."""
    data = marshal.loads(marshal.dumps(data))  # ten times as fast as copy.deepcopy
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        path = rng.choice(places(data) or [()])
        if path:
            _damage(data, path, others, rng)
    return data


def places(data: Any, path: Path = ()) -> list[Path]:
    """Where all the values are, the whole included."""
    steps: list[Any] = (
        list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    )
    return [path, *(place for step in steps for place in places(data[step], (*path, step)))]


def as_text(data: Any) -> str:
    """As YAML."""
    text: str = yaml.dump(data, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=10**6)
    return text


def _damage(data: Any, path: Path, others: list[Any], rng: random.Random) -> None:
    *above, step = path
    holder = _at(data, above)
    if not isinstance(holder, dict | list):  # replaced meanwhile
        return
    match rng.choice("vvvvvorkwn"):
        case "v":
            holder[step] = copy.deepcopy(rng.choice(VALUES))
        case "o":
            other = rng.choice([data, *others])
            holder[step] = copy.deepcopy(_at(other, rng.choice(places(other))))
        case "r":
            del holder[step]
        case "k" if isinstance(holder, dict):
            other = rng.choice(others)
            name = rng.choice([str(step) for place in places(other) for step in place[-1:]])
            holder[rng.choice([name, name + "s", "", "x.y", "../x"])] = holder.pop(step)
        case "w":
            holder[step] = rng.choice([[holder[step]], {"x": holder[step]}, str(holder[step])])
        case "n" if isinstance(holder[step], int | float):
            holder[step] = holder[step] * rng.choice([-1, 0, 0.5, 2, 10, 1e3, 1e6]) + rng.choice([0, 0, 1, -1])


def _at(data: Any, path: Any) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data
