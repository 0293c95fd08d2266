"""Recipes between two that draw the same objects under other laws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from deepbench_fast.effects.effect import Noise, Psf
from deepbench_fast.effects.psf.gaussian import GaussianPsf
from deepbench_fast.recipe.catalogue import INHERIT
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.parameter_noise import Level
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Alone, Constant
from deepbench_fast.values.distributions.varied import Varied
from deepbench_fast.values.shares import exact_shares


def between(source: Recipe, target: Recipe, fraction: Fraction) -> Recipe:
    """The recipe `fraction` of the way from one to another; raises `Invalid` where there is nothing between the two."""
    if fraction in (0, 1):
        return target if fraction else source
    with within("catalogues"):
        if list(source.catalogues) != list(target.catalogues):
            raise Invalid("between other catalogues there is nothing")
    shares = _shares(source, target, fraction)
    catalogues = {}
    for name, one in source.catalogues.items():
        other = target.catalogues[name]
        changed: dict[str, Any] = {}
        with within("catalogues", name):
            if not one.noise == other.noise == INHERIT:
                changed["noise"] = _noise(source.noise_of(name), target.noise_of(name), fraction)
            if not one.psf == other.psf == INHERIT:
                changed["psf"] = _psf(source.psf_of(name), target.psf_of(name), fraction)
            if not one.parameter_noise == other.parameter_noise == INHERIT:
                levels = (source.parameter_noise_of(name), target.parameter_noise_of(name))
                changed["parameter_noise"] = _levels(*levels, fraction)
            objects = _objects(one.objects, other.objects, fraction)
        catalogues[name] = replace(other, weight=Fraction(shares[name]), objects=objects, **changed)
    return replace(
        target,
        catalogues=catalogues,
        noise=_noise(source.noise, target.noise, fraction),
        psf=_psf(source.psf, target.psf, fraction),
        parameter_noise=_levels(source.parameter_noise, target.parameter_noise, fraction),
        targets=Targets(target.targets, _of_targets(source.targets, target.targets, fraction)),
    )


def _shares(source: Recipe, target: Recipe, fraction: Fraction) -> dict[str, Fraction]:
    """Weights that are linear in the shares."""
    weights = [{name: catalogue.weight for name, catalogue in r.catalogues.items()} for r in (source, target)]
    if weights[0] == weights[1]:
        return weights[0]
    one, other = ({name: weight / sum(own.values()) for name, weight in own.items()} for own in weights)
    shares = {name: one[name] + fraction * (other[name] - one[name]) for name in one}
    return {name: Fraction(n) for name, n in zip(shares, exact_shares(shares, "catalogue weights"), strict=True)}


def _noise(one: tuple[Noise, ...], other: tuple[Noise, ...], fraction: Fraction) -> tuple[Noise, ...]:
    """Models that both have go from one to the other; others come from, or go to, no noise."""
    before, after = ({model.name: model for model in models} for models in (one, other))
    found = []
    for position, name in enumerate({**after, **before}):
        with within("noise", position, name):
            if name not in before:
                found.append(after[name].softened(fraction))
            elif name not in after:
                found.append(before[name].softened(1 - fraction))
            else:
                found.append(before[name].between(after[name], fraction))
    return tuple(found)


def _psf(one: Psf | None, other: Psf | None, fraction: Fraction) -> Psf | None:
    """A Gaussian may come from, or go to, a width of 0, which is no PSF."""
    if one == other or (one is None and other is None):
        return other
    with within("psf"):
        present = next(psf for psf in (other, one) if psf is not None)
        if None in (one, other) and not isinstance(present, GaussianPsf):
            raise Invalid(f"between no PSF and {present.name} there is nothing")
        none = GaussianPsf(sigma=Constant(0.0))
        with within(present.name):
            return (one or none).between(other or none, fraction)


def _levels(one: Mapping[str, Level], other: Mapping[str, Level], fraction: Fraction) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for name in {**other, **one}:
        with within("parameter_noise", name):
            found[name] = _level(one.get(name), other.get(name), fraction)
    return found


def _of_targets(one: Targets, other: Targets, fraction: Fraction) -> dict[str, Alone | Varied]:
    found: dict[str, Alone | Varied] = {}
    for name in {**other.noise, **one.noise}:
        with within("targets", other.index(name), name, "noise"):
            found[name] = _level(one.noise.get(name), other.noise.get(name), fraction)
    return found


def _level(one: Any, other: Any, fraction: Fraction) -> Any:
    """The level of a noise between two, where none is no noise."""
    if one is None:
        return other.scaled(fraction)
    return one.scaled(1 - fraction) if other is None else one.between(other, fraction)


def _objects(one: tuple[Entry, ...], other: tuple[Entry, ...], fraction: Fraction) -> tuple[Entry, ...]:
    if [(e.kind, e.form, e.name) for e in one] != [(e.kind, e.form, e.name) for e in other]:
        with within("objects"):
            raise Invalid("between objects of other kinds there is nothing")
    return tuple(
        _entry(position, entry, after, fraction) for position, (entry, after) in enumerate(zip(one, other, strict=True))
    )


def _entry(position: int, one: Entry, other: Entry, fraction: Fraction) -> Entry:
    parameters = {}
    with within("objects", position, one.kind):
        with within("count"):
            count = one.count.between(other.count, fraction)
        for name, law in one.parameters.items():
            with within(name):
                parameters[name] = law.between(other.parameters[name], fraction)
    return replace(other, count=count, parameters=parameters)
