"""The axis `spread`: from narrow ranges around the medians to the recipe's own.

At a fraction f the value at every quantile is f times as far from the median as in the recipe (of a loguniform: its
logarithm). Rung 1 of K has f = 1/K, since at 0 all members would be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from deepbench_fast.authoring.ladders.axis import Axis, from_one_step, in_words, with_entries, with_owners
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Constant, Distribution, Normal, Offset, Uniform
from deepbench_fast.values.distributions.exact import times


def narrower_ranges(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with the ranges of its objects' and its PSF's parameters narrowed to `fraction` of their width.

    Counts and noise stay. The `min_length` of segments shrinks as their ends come closer, so that those that were drawn
    again still are.
    """

    def change(entry: Entry) -> Entry:
        whole = {parameter.name for parameter in kind(entry.kind).parameters if parameter.integer}
        shortest = None if entry.min_length is None else times(entry.min_length, fraction)
        parameters = {}
        for name, drawn in entry.parameters.items():
            with within(name):
                parameters[name] = narrowed(drawn, fraction, whole=name in whole)
        if shortest:
            _check_ends(entry)
        return replace(entry, parameters=parameters, min_length=shortest)

    def psf(owner: Recipe | Catalogue) -> dict[str, Any]:
        if owner.psf is None or isinstance(owner.psf, str):
            return {}
        parameters = {}
        for name, drawn in owner.psf.drawn.items():
            with within("psf", owner.psf.name, name):
                parameters[name] = narrowed(drawn, fraction)
        return {"psf": type(owner.psf)(**parameters)}

    return recipe if fraction == 1 else with_owners(with_entries(recipe, change), psf)


def _check_ends(entry: Entry) -> None:
    """Raise `Invalid` where other segments than before would be drawn again, since their lengths shrink otherwise."""
    redraw = kind(entry.kind).redraw
    ends = () if redraw is None else (redraw.ends[::2], redraw.ends[1::2])
    for first, second in ends:
        if not _shrinks(entry.parameters, first, second):
            raise Invalid(
                f"stays that of the same segments only where {first} and {second} are uniform or normal about one "
                "median; set it to 0",
                ("min_length",),
            )


def _shrinks(parameters: Mapping[str, Distribution], first: str, second: str) -> bool:
    """Whether the distance of two ends shrinks as their ranges do."""
    one, other = parameters[first], parameters[second]
    for law, base in ((one, second), (other, first)):
        if isinstance(law, Offset) and law.parameter == base:
            one, other = Constant(0.0), law.part
    middles = {narrowed(law, Fraction(0)).support for law in (one, other)}
    return len(middles) == 1 and all(isinstance(law, _SHRINKING) or not law.is_random for law in (one, other))


_SHRINKING = (Uniform, Normal)
"""Laws that keep their shape: each value comes nearer to the median by the same part of its distance."""


def narrowed(distribution: Distribution, fraction: Fraction, *, whole: bool = False) -> Distribution:
    """The distribution about its median, `fraction` as wide; raises `Invalid` where there is none.

    Of whole numbers and choices the middle ones stay. `whole` says that the parameter holds whole numbers.
    """
    return distribution.narrowed(fraction, whole=whole) if distribution.is_random else distribution


AXIS = Axis(
    easier=narrower_ranges,
    start=from_one_step,
    label=lambda recipe, fraction: f"ranges × {in_words(fraction)}",
    unchanged=lambda recipe: "no parameter of an object or a PSF is random",
)
