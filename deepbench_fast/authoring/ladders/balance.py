"""The axis `balance`: from equal weights to the recipe's own."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.checks import quote
from deepbench_fast.values.shares import exact_shares

_WEIGHTS = re.compile(r"[0-9]{1,9}(:[0-9]{1,9})+")


def nearer_to_equal(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with weights from equal ones (fraction 0) to its own (1), linear in the shares.

    The number of samples stays; a catalogue with a larger share has more members, of which the first are the same.
    """
    if fraction == 1:
        return recipe
    own = {name: catalogue.weight for name, catalogue in recipe.catalogues.items()}
    total, equal = sum(own.values()), Fraction(1, len(own))
    shares = {name: (1 - fraction) * equal + fraction * weight / total for name, weight in own.items()}
    return _with_weights(recipe, dict(zip(own, exact_shares(shares, "catalogue weights"), strict=True)))


def with_imbalance(recipe: Recipe, weights: object) -> Recipe:
    """The recipe with the weights of its catalogues in order, e.g. "1:2:4"; raises UsageError for all else."""
    text = weights if isinstance(weights, str) and _WEIGHTS.fullmatch(weights) else "0"
    if 0 in (numbers := [int(number) for number in text.split(":")]):
        raise UsageError(f"imbalance: must be weights above 0 such as 1:2:4, not {quote(weights)}")
    if len(numbers) != len(recipe.catalogues):
        raise UsageError(
            f"imbalance: {weights} has {len(numbers)} weights, and the recipe {len(recipe.catalogues)} catalogues"
        )
    return _with_weights(recipe, dict(zip(recipe.catalogues, numbers, strict=True)))


def _with_weights(recipe: Recipe, weights: dict[str, int]) -> Recipe:
    catalogues = {
        name: replace(catalogue, weight=Fraction(weights[name])) for name, catalogue in recipe.catalogues.items()
    }
    return replace(recipe, catalogues=catalogues)


def _label(recipe: Recipe, fraction: Fraction) -> str:
    weights = {name: catalogue.weight for name, catalogue in recipe.catalogues.items()}
    shares = exact_shares(weights, "catalogue weights")
    if max(shares) < 100:
        return "classes " + ":".join(map(str, shares))
    return "classes " + ":".join(f"{100 * share / sum(shares):.0f}" for share in shares) + " %"


def _unchanged(recipe: Recipe) -> str:
    if len(recipe.catalogues) == 1:
        return "the recipe has one catalogue"
    example = ":".join(str(2**number) for number in range(min(len(recipe.catalogues), 20)))
    return f"the weights are equal; --imbalance {example} (imbalance in Python) says which ones to go to"


AXIS = Axis(easier=nearer_to_equal, start=from_nothing, label=_label, unchanged=_unchanged)
