"""Work that grows no faster than a recipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan


def scene(*objects: object, **more: object) -> dict[str, Any]:
    return {"image": {"shape": [8, 8]}, "catalogues": {"a": {"objects": list(objects)}}, **more}


LONG: dict[str, Callable[[int], dict[str, Any]]] = {
    "choice": lambda n: scene({"star": {"amplitude": {"choice": list(range(1, n + 1))}}}),
    "weights": lambda n: scene(
        {"star": {"amplitude": {"choice": {"values": [1.0] * n, "weights": [1 / (k + 1) for k in range(n)]}}}}
    ),
    "grid": lambda n: scene({"star": {"amplitude": {"grid": list(range(1, n + 1))}}}),
    "splits": lambda n: scene("star", splits={f"s{k}": Fraction(1, n) for k in range(n)}),
    "unnamed entries": lambda n: scene(*["star"] * n),
    "entries and targets": lambda n: scene(
        *({"star": {"name": f"s{k}"}} for k in range(n)),
        targets=[{f"s{k}.x": {"noise": {"normal": [0, 1]}}} for k in range(n)],
    ),
    "catalogues": lambda n: (
        scene() | {"catalogues": {f"c{k}": {"weight": 1 + k % 2, "objects": ["star"]} for k in range(n)}}
    ),
    "times": lambda n: {"series": {"times": list(range(n))}, "catalogues": {"a": {"objects": ["pendulum"]}}},
}


def calls(work: Callable[[], object]) -> int:
    """Number of calls, of Python's functions and built-in ones, that some work takes."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("what", LONG)
def test_work_grows_as_the_recipe(what: str) -> None:
    def plan(size: int) -> None:
        made = make_plan(Recipe(samples=1000, **LONG[what](size)))
        made.check_tables()
        made.check_grids()
        _ = made.entry_first, made.entry_kind, made.recipe.hash()

    plan(2)  # loads what is loaded once
    few, many = (calls(lambda size=size: plan(size)) for size in (100, 400))  # type: ignore[misc]
    assert many < 4.5 * few
