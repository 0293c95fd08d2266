"""The axis `spread`: from narrow ranges around the medians to the recipe's own.

At a fraction f the value at every quantile is f times as far from the median as in the recipe (of a loguniform: its
logarithm). Rung 1 of K has f = 1/K, since at 0 all members would be equal.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from deepbench_fast.authoring.ladders.axis import Axis, from_one_step, in_words, times, with_entries, with_owners
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import (
    Alone,
    Choice,
    Constant,
    Distribution,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Table,
    Uniform,
)

# Logarithms that are the same on every machine: those of the C library are not.
_EXACT = Context(prec=40)


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
        return replace(entry, parameters=parameters, min_length=shortest)

    def psf(owner: Recipe | Catalogue) -> dict[str, Any]:
        if owner.psf is None or isinstance(owner.psf, str):
            return {}
        parameters = {}
        for name, drawn in owner.psf.parameters().items():
            with within("psf", owner.psf.name, name):
                parameters[name] = narrowed(drawn, fraction)
        return {"psf": type(owner.psf)(**parameters)}

    return recipe if fraction == 1 else with_owners(with_entries(recipe, change), psf)


def narrowed(distribution: Distribution, fraction: Fraction, *, whole: bool = False) -> Distribution:
    """The distribution about its median, `fraction` as wide; raises `Invalid` where there is none.

    Of whole numbers and choices the middle ones stay. `whole` says that the parameter holds whole numbers.
    """
    if not distribution.is_random:
        return distribution
    match distribution:
        case Uniform(low=low, high=high):
            return Uniform(*_about((_exact(low) + _exact(high)) / 2, (low, high), fraction))
        case LogUniform(low=low, high=high):
            return LogUniform(*_about_in_logarithm(low, high, fraction))
        case Normal():
            return _narrowed_normal(distribution, fraction)
        case Integers(low=low, high=high):
            count = high - low + 1
            kept = max(1, round(count * fraction))
            first = low + (count - kept) // 2
            return Integers(first, first + kept - 1)
        case Choice():
            return _middle(distribution, max(1, round(len(distribution.possible) * fraction)))
        case Grid(values=values) if not whole:
            low, high = distribution.support
            return Grid(tuple(_about((_exact(low) + _exact(high)) / 2, values, fraction)))
        case Grid():
            raise Invalid("a grid of whole numbers can't be narrowed: it would lose steps; draw it from a choice")
        case Offset(by=drawn):
            return Offset(distribution.parameter, _narrowed_alone(drawn, fraction, whole))
        case Scaled(of=drawn):
            return Scaled(distribution.parameter, _narrowed_alone(drawn, fraction, whole))
        case Poisson():
            raise Invalid("a poisson has no narrower twin with the same mean; draw it from integers")
        case Table():
            raise Invalid("a column of a table can't be narrowed; draw it from a distribution")
    raise Invalid(f"{distribution} can't be narrowed")


def _narrowed_alone(distribution: Alone, fraction: Fraction, whole: bool) -> Alone:
    found = narrowed(distribution, fraction, whole=whole)
    assert not isinstance(found, Offset | Scaled)
    return found


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))


def _about(centre: Fraction, values: tuple[float, ...], fraction: Fraction) -> list[float]:
    return [float(centre + fraction * (_exact(value) - centre)) for value in values]


def _about_in_logarithm(low: float, high: float, fraction: Fraction) -> tuple[float, float]:
    bottom, top = _EXACT.ln(Decimal(repr(low))), _EXACT.ln(Decimal(repr(high)))
    part = _EXACT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
    centre = _EXACT.divide(_EXACT.add(bottom, top), Decimal(2))
    half = _EXACT.multiply(part, _EXACT.subtract(top, centre))
    ends = _EXACT.exp(_EXACT.subtract(centre, half)), _EXACT.exp(_EXACT.add(centre, half))
    return max(low, float(ends[0])), min(high, float(ends[1]))


def _narrowed_normal(normal: Normal, fraction: Fraction) -> Normal:
    """Mean, bounds and sigma all shrink about the median, which keeps the probabilities of the bounds."""
    centre = _exact(_median(normal))
    low, high = (None if b is None else _about(centre, (b,), fraction)[0] for b in (normal.low, normal.high))
    return Normal(_about(centre, (normal.mean,), fraction)[0], times(normal.sigma, fraction), low, high)


def _median(normal: Normal) -> float:
    mean, sigma, low, high = normal.mean, normal.sigma, normal.low, normal.high
    if low is None and high is None:
        return mean
    if low is not None and high is not None and _exact(high) - _exact(mean) == _exact(mean) - _exact(low):
        return mean
    from deepbench_fast.kernels.random.samplers import normal_cdf, normal_quantile

    # In the upper tail mirrored, where probabilities keep their digits.
    sign = -1.0 if low is not None and low > mean else 1.0
    bounds = (bound for bound in (low, high) if bound is not None)
    ends = [normal_cdf(sign * (bound - mean) / sigma) for bound in bounds]
    if len(ends) == 1:
        ends.append(0.0 if (low is None) == (sign > 0) else 1.0)
    middle = mean + sign * sigma * normal_quantile((ends[0] + ends[1]) / 2)
    return max(low if low is not None else middle, min(middle, high if high is not None else middle))


def _middle(choice: Choice, kept: int) -> Distribution:
    """The `kept` values around the median, in their order and with their weights."""
    weights = choice.weights or (1.0,) * len(choice.values)
    places = sorted((i for i, weight in enumerate(weights) if weight > 0), key=lambda i: choice.values[i])

    def lopsided(first: int) -> Fraction:
        below = sum((Fraction(weights[i]) for i in places[:first]), Fraction(0))
        above = sum((Fraction(weights[i]) for i in places[first + kept :]), Fraction(0))
        return abs(below - above)

    first = min(range(len(places) - kept + 1), key=lopsided)
    chosen = sorted(places[first : first + kept])
    if len(chosen) == 1:
        return Constant(choice.values[chosen[0]])
    of_chosen = None if choice.weights is None else tuple(weights[i] for i in chosen)
    return Choice(tuple(choice.values[i] for i in chosen), of_chosen)


AXIS = Axis(
    easier=narrower_ranges,
    start=from_one_step,
    label=lambda recipe, fraction: f"ranges × {in_words(fraction)}",
    unchanged=lambda recipe: "no parameter of an object or a PSF is random",
)
