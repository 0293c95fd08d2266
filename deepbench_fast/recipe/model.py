"""The recipe's types. Each takes the plain data of a YAML recipe or finished parts, and is frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainValidator, model_validator

from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.objects.registry import kind
from deepbench_fast.recipe import addresses, checks, consistency, write
from deepbench_fast.recipe.base import FrozenDict, Model
from deepbench_fast.recipe.checks import Invalid, within
from deepbench_fast.recipe.detector import check_noise
from deepbench_fast.recipe.effects import Noise, Psf, parse_noises, parse_psf
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.extras import Extras, parse_extras
from deepbench_fast.recipe.image import Image
from deepbench_fast.recipe.load import Document, builtin_path, parse_value, read_file, read_text
from deepbench_fast.recipe.parameter_noise import (
    Level,
    check_parameter_noise,
    noisy_parameters,
    parse_parameter_noise,
)
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.recipe.series import Series, check_no_series, check_series, default_outputs, is_series
from deepbench_fast.recipe.tables import tables_beside
from deepbench_fast.recipe.targets import Targets, parse_targets
from deepbench_fast.recipe.units import without_units

MAX_SAMPLES = 2**48 - 1
INHERIT: Literal["inherit"] = "inherit"


def _objects(value: object) -> tuple[Entry, ...]:
    entries = []
    for position, item in enumerate(checks.sequence(value, "a list of objects, e.g. [star]")):
        with within(position):
            entries.append(Entry.parse(item))
    names = consistency.entry_names([(entry.kind, entry.name) for entry in entries])
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


def _version(value: object) -> int:
    if value != 1 or isinstance(value, bool):
        raise Invalid(f"must be 1, the version of recipes that this program reads, not {checks.quote(value)}")
    return 1


def _splits(value: object) -> FrozenDict[Fraction]:
    splits = {}
    for split, fraction in checks.mapping(value, "names with fractions, e.g. {train: 0.8, test: 0.2}").items():
        with within(split):
            checks.name(split)
            splits[split] = checks.rational(fraction)
            if not 0 < splits[split] <= 1:
                raise Invalid(f"must be above 0 and up to 1, not {checks.quote(fraction)}")
    total = sum(splits.values(), Fraction(0))
    if splits and total != 1:
        found = write.fraction_data(total) if total.denominator < 10**40 else float(total)
        raise Invalid(f"the fractions must sum to exactly 1, not {checks.quote(found)}")
    return FrozenDict(splits)


def _catalogues(value: object) -> FrozenDict[Catalogue]:
    catalogues = {}
    for name, data in checks.mapping(value, "names with catalogues").items():
        with within(name):
            checks.name(name)
            catalogues[name] = Catalogue.parse(data)
    if not catalogues:
        raise Invalid("must hold at least one catalogue")
    return FrozenDict(catalogues)


class Recipe(Model):
    """One dataset, described completely.

    Built from the plain data of a YAML recipe, by keyword, or by `load`, `from_yaml`, `builtin` and `of_kind`; raises
    RecipeError where the data are no valid recipe. Parameters that aren't given stay open, so that they scale with a
    changed image, until `resolved`. An image without a shape takes the largest default shape of the recipe's kinds.
    A recipe whose systems move in time has `series`, and its `image` plays no part. `parameter_noise` gives parameters
    of these systems a scatter, relative or absolute: the used value is normal around the drawn one. A recipe with
    `split` makes the samples of that split alone.
    """

    version: Annotated[int, PlainValidator(_version)] = 1
    name: Annotated[str, PlainValidator(checks.text)] = "recipe"
    seed: Annotated[int | str, PlainValidator(parse_seed)] = 0
    samples: Annotated[int, PlainValidator(lambda value: checks.whole_number(value, 1, MAX_SAMPLES))] = 1000
    image: Annotated[Image, PlainValidator(Image.parse)] = Image()
    series: Annotated[Series | None, PlainValidator(Series.parse)] = None
    psf: Annotated[Psf | None, PlainValidator(parse_psf)] = None
    parameter_noise: Annotated[
        Mapping[str, Level], PlainValidator(lambda value: FrozenDict(parse_parameter_noise(value)))
    ] = Field(default_factory=FrozenDict)
    noise: Annotated[tuple[Noise, ...], PlainValidator(parse_noises)] = ()
    splits: Annotated[Mapping[str, Fraction], PlainValidator(_splits)] = Field(default_factory=FrozenDict)
    split: Annotated[str | None, PlainValidator(lambda value: None if value is None else checks.name(value))] = None
    targets: Annotated[Targets, PlainValidator(parse_targets)] = Targets(("catalogue",))
    extras: Annotated[Extras, PlainValidator(parse_extras)] = Extras()
    catalogues: Annotated[Mapping[str, Catalogue], PlainValidator(_catalogues)]

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        if "shape" not in self.image.model_fields_set:
            image = self.image.model_copy(update={"shape": consistency.default_shape(self)})
            object.__setattr__(self, "image", image)
        if is_series(self):
            series = self.series or Series()
            outputs = series.outputs or default_outputs(self)
            object.__setattr__(self, "series", series.model_copy(update={"outputs": outputs}))
            check_series(self)
        else:
            check_no_series(self)
        if self.split is not None:
            with within("split"):
                checks.known(self.split, self.splits, "split")
        consistency.check_objects(self)
        if self.series is None:
            consistency.check_overlap(self)
            consistency.check_light(self)
            consistency.check_dtype(self)
            consistency.check_oversample(self)
            check_noise(self)
        else:
            check_parameter_noise(self)
        consistency.check_targets(self)
        return self

    if not TYPE_CHECKING:  # type checkers know the fields from the annotations

        def __init__(self, /, **data: Any) -> None:
            super().__init__(**without_units(data))

    @property
    def time(self) -> Series:
        """The time axis and the outputs of a recipe of series; raises UsageError for one of images."""
        if self.series is None:
            raise UsageError(f"{self.name}: the samples are images, not series")
        return self.series

    @classmethod
    def load(cls, path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Recipe:
        """The recipe in a YAML file, with values replaced as by `with_overrides`.

        Raises:
            RecipeError: the file can't be read or is no valid recipe; with file, line and key of the first problem.
        """
        with tables_beside(path):
            return cls._build(read_file(path)).with_overrides(overrides or {})

    @classmethod
    def from_yaml(cls, text: str, source: str | None = None) -> Recipe:
        """The recipe in a YAML text; `source` says in errors where the text comes from."""
        with tables_beside(source):
            return cls._build(read_text(text, source))

    @classmethod
    def builtin(cls, name: str) -> Recipe:
        """A recipe that ships with the package."""
        return cls._build(read_file(builtin_path(name)))

    @classmethod
    def of_kind(cls, name: str) -> Recipe:
        """One object of a kind in each sample, all parameters from their defaults, no PSF, no noise."""
        return cls(name=kind(name).name, catalogues={name: Catalogue(objects=(Entry(kind=name),))})

    @classmethod
    def _build(cls, document: Document) -> Recipe:
        with document.errors():
            recipe: Recipe = cls.parse(document.data)
        return recipe

    def with_overrides(self, overrides: Mapping[str, object]) -> Recipe:
        """The recipe with values replaced: keys are addresses as for `set`, or "size" for image.shape.

        Values are data, never parsed as YAML. They are replaced before defaults are scaled to the image.
        """
        recipe = self
        if self.series is not None and "size" in overrides:
            raise UsageError(f"{self.name}: size is for images; the length of a series is series.steps")
        for address, value in overrides.items():
            recipe = recipe._replace("image.shape" if address == "size" else address, value)
        return recipe

    def set(self, address: str, value: object) -> Recipe:
        """The recipe with one value replaced, e.g. `recipe.set("catalogues.fields.galaxy.n", "{uniform: [1, 2]}")`.

        Text is parsed as YAML; other values are data. Raises RecipeError for an unknown address or an invalid value.
        """
        return self._replace(address, parse_value(value, address) if isinstance(value, str) else value)

    def _replace(self, address: str, value: object) -> Recipe:
        data = write.recipe_data(self)
        try:
            addresses.replace(data, address, value)
            recipe: Recipe = type(self).parse(data)
        except Invalid as invalid:
            raise RecipeError(invalid.problem, key=addresses.address(data, invalid.path) or address) from None
        if None not in (scales := {self.image.pixel_scale, recipe.image.pixel_scale}) and len(scales) > 1:
            raise RecipeError(
                "can't be set: angles became pixels by the recipe's own; change it there", key="image.pixel_scale"
            )
        return recipe

    def of_split(self, name: str) -> Recipe:
        """The part of the dataset that is one split: the same samples, as many of them as its share.

        Raises RecipeError where there is no such split, UsageError where no sample would be left.
        """
        if self.split is not None:
            if self.split != name:
                raise UsageError(f"split {name}: {self.name} makes the samples of split {self.split} alone")
            return self
        with_split = self._replace("split", name)
        samples = int(self.samples * self.splits[name])
        if samples == 0:
            raise UsageError(f"split {name}: {self.samples} samples leave none for it")
        return with_split.with_overrides({"samples": samples})

    def resolved(self) -> Recipe:
        """The recipe with every default filled in."""
        catalogues = {
            name: catalogue.model_copy(update={"objects": tuple(e.resolved(self.image) for e in catalogue.objects)})
            for name, catalogue in self.catalogues.items()
        }
        return self.model_copy(update={"catalogues": FrozenDict(catalogues)})

    @property
    def mask_threshold(self) -> float:
        """Share of an object's own brightest pixel above which its light counts for the masks."""
        return self.extras.mask_threshold

    def noise_of(self, catalogue: str) -> tuple[Noise, ...]:
        """The noise of a catalogue: its own, or else the recipe's."""
        own = self.catalogues[catalogue].noise
        return self.noise if own == INHERIT else own

    def psf_of(self, catalogue: str) -> Psf | None:
        """The PSF of a catalogue: its own, or else the recipe's."""
        own = self.catalogues[catalogue].psf
        return self.psf if own == INHERIT else own

    def parameter_noise_of(self, catalogue: str) -> dict[str, Level]:
        """The noise on parameters of a catalogue's system: its own, or else the recipe's where it has the parameter."""
        own = self.catalogues[catalogue].parameter_noise
        if isinstance(own, dict):
            return own
        (entry,) = self.catalogues[catalogue].objects
        allowed = noisy_parameters(entry)
        return {name: level for name, level in self.parameter_noise.items() if name in allowed}

    def to_yaml(self) -> str:
        """The resolved recipe as text that `from_yaml` turns into the same dataset."""
        return write.to_yaml(write.recipe_data(self.resolved()))

    def hash(self) -> str:
        """BLAKE2b (128 bits, in hexadecimal) of the resolved recipe in a canonical form: its layout plays no part."""
        return write.hash_of_data(write.recipe_data(self.resolved()))

    def __repr_args__(self) -> Any:
        yield from ((field, getattr(self, field)) for field in ("name", "seed", "samples"))
        yield "catalogues", list(self.catalogues)
