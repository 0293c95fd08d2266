"""What `plan` warns of, as far as it can be told in an instant, before samples are made."""

from __future__ import annotations

import math
from collections.abc import Iterator

from deepbench_fast.draw.grids import grid_warnings, row_warnings
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels import compiling, stopping
from deepbench_fast.kernels.compiling import NotCompiledError
from deepbench_fast.kernels.stopping import Stop, Stopped
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.run.estimate import outside_warnings
from deepbench_fast.run.resolution import resolution_warnings

LONGEST = 0.15
"""Seconds after which pixels are not looked at any longer."""
PIXELS_COMPARED = 2**18
MOST_EVALUATED = 2**21
"""Pixels of one sample, of all its objects together: nothing ends a sample before it is made."""
NOT_MEASURED = "whether pixels are fine enough for the objects takes a while to measure: `plan` does"
"""Said in place of a warning: that nothing is warned of doesn't mean that all is well."""


def warnings_beforehand(recipe: Recipe) -> Iterator[str]:
    """What `plan` warns of, where that takes no more than a fifth of a second and no kernel has to be compiled.

    How well systems keep their energy is left out: `generate` tells it of all samples once they are made.
    """
    plan = make_plan(recipe)
    yield from _of_pixels(plan)
    yield from outside_warnings(plan)
    yield from grid_warnings(plan)
    yield from row_warnings(plan)


def _of_pixels(plan: Plan) -> Iterator[str]:
    if plan.is_series or not any(kind.layer == "light" for kind in plan.kinds):
        return

    def measured(stop: Stop) -> list[str]:
        with compiling.refused():
            return list(resolution_warnings(plan, stop, PIXELS_COMPARED))

    try:
        if any(kind.fingerprint for kind in plan.kinds):  # kinds of the user's own compile in each process
            raise NotCompiledError
        if _evaluated(plan) > MOST_EVALUATED:
            raise Stopped
        yield from stopping.call(measured, seconds=LONGEST)
    except (NotCompiledError, Stopped):
        yield NOT_MEASURED


def _evaluated(plan: Plan) -> int:
    """Pixels on which the light of the first sample's objects is evaluated."""
    objects = draw(plan, 0, 1).objects
    return math.prod(plan.shape) * sum(len(objects[kind.name]) for kind in plan.kinds if kind.layer == "light")
