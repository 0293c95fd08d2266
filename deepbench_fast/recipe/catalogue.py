"""A catalogue in a recipe: one population, its objects and weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Literal

from deepbench_fast.effects.effect import Noise, Psf
from deepbench_fast.effects.registry import parse_noises, parse_psf
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.names import entry_names
from deepbench_fast.recipe.parameter_noise import Level, parse_parameter_noise
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.fields import Takes, takes
from deepbench_fast.values.image import Image
from deepbench_fast.values.model import Model, frozen
from deepbench_fast.values.schemas import FRACTION

OF_THE_RECIPE = ("name", "seed", "samples", "image", "series", "splits", "split", "targets", "extras")
INHERIT: Literal["inherit"] = "inherit"


def _objects(value: object) -> tuple[Entry, ...]:
    entries = []
    for position, item in enumerate(checks.items(value, "a list of objects, e.g. [star]")):
        with within(position):
            entries.append(Entry.parse(item))
    names = entry_names([(entry.kind, entry.name) for entry in entries])
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        if names[position] in seen:
            step: tuple[str | int, ...] = (position, entry.kind, "name") if entry.name else (position, entry.kind)
            raise Invalid(f"another entry of this catalogue is called '{names[position]}' too", step)
        seen.add(names[position])
        entries[position] = replace(entry, name=names[position])
    return tuple(entries)


@takes("Share among the catalogues, relative to theirs.", FRACTION)
def _weight(value: object) -> Fraction:
    weight = checks.rational(value)
    if weight == 0:
        raise Invalid("must be above 0; leave the catalogue out instead")
    return weight


PSF = Takes(parse_psf, "Blurs the images. Default: no blur.")
NOISE = Takes(parse_noises, "Noise models, at most one of each. Default: no noise.")
PARAMETER_NOISE = Takes(
    frozen(parse_parameter_noise),
    "Standard deviations of parameters that scatter, relative or absolute. Default: none.",
)


def _or_inherit(takes: Takes) -> Takes:
    """What a catalogue can leave to the recipe."""

    def check(value: object) -> object:
        return INHERIT if value == INHERIT else takes.check(value)

    return replace(takes, check=check)


class Catalogue(Model):
    """One population: its objects, its weight among the catalogues, and noise and PSF where these are its own.

    `parameter_noise` is that of its system where the samples are series.
    """

    weight: Annotated[Fraction, _weight] = Fraction(1)
    objects: Annotated[tuple[Entry, ...], Takes(_objects, "The objects of each sample.")]
    noise: Annotated[tuple[Noise, ...] | Literal["inherit"], _or_inherit(NOISE)] = INHERIT
    psf: Annotated[Psf | Literal["inherit"] | None, _or_inherit(PSF)] = INHERIT
    parameter_noise: Annotated[Mapping[str, Level] | Literal["inherit"], _or_inherit(PARAMETER_NOISE)] = INHERIT

    @classmethod
    def _elsewhere(cls) -> Mapping[str, str]:
        return dict.fromkeys(kinds(), "'objects'") | dict.fromkeys(OF_THE_RECIPE, "the recipe, beside 'catalogues'")

    def resolved(self, image: Image) -> Catalogue:
        """The same with a distribution for every parameter of its objects."""
        objects = tuple(entry.resolved(image) for entry in self.objects)
        return self if objects == self.objects else replace(self, objects=objects)
