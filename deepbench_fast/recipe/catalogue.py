"""A catalogue in a recipe: one population, its objects and weight."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import PlainValidator

from deepbench_fast.effects.effects import Noise, Psf, parse_noises, parse_psf
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.names import entry_names
from deepbench_fast.recipe.parameter_noise import Level, parse_parameter_noise
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.model import FrozenDict, Model

INHERIT: Literal["inherit"] = "inherit"


def _objects(value: object) -> tuple[Entry, ...]:
    entries = []
    for position, item in enumerate(checks.sequence(value, "a list of objects, e.g. [star]")):
        with within(position):
            entries.append(Entry.parse(item))
    names = entry_names([(entry.kind, entry.name) for entry in entries])
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        if names[position] in seen:
            step: tuple[str | int, ...] = (position, entry.kind, "name") if entry.name else (position, entry.kind)
            raise Invalid(f"another entry of this catalogue is called '{names[position]}' too", step)
        seen.add(names[position])
        entries[position] = entry.model_copy(update={"name": names[position]})
    return tuple(entries)


def _weight(value: object) -> Fraction:
    weight = checks.rational(value)
    if weight == 0:
        raise Invalid("must be above 0; leave the catalogue out instead")
    return weight


class Catalogue(Model):
    """One population: its objects, its weight among the catalogues, and noise and PSF where these are its own.

    `parameter_noise` is that of its system where the samples are series.
    """

    weight: Annotated[Fraction, PlainValidator(_weight)] = Fraction(1)
    objects: Annotated[tuple[Entry, ...], PlainValidator(_objects)]
    noise: Annotated[
        tuple[Noise, ...] | Literal["inherit"],
        PlainValidator(lambda value: INHERIT if value == INHERIT else parse_noises(value)),
    ] = INHERIT
    psf: Annotated[
        Psf | Literal["inherit"] | None,
        PlainValidator(lambda value: INHERIT if value == INHERIT else parse_psf(value)),
    ] = INHERIT
    parameter_noise: Annotated[
        Mapping[str, Level] | Literal["inherit"],
        PlainValidator(lambda value: INHERIT if value == INHERIT else FrozenDict(parse_parameter_noise(value))),
    ] = INHERIT
