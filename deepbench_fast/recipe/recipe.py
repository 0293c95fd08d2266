"""The recipe's types. Each takes the plain data of a YAML recipe or finished parts, and is frozen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe import addresses, write
from deepbench_fast.recipe import rules as consistency
from deepbench_fast.recipe.catalogue import INHERIT, Catalogue
from deepbench_fast.recipe.contents import Contents
from deepbench_fast.recipe.detector import check_noise
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.files import INCLUDE, read_file
from deepbench_fast.recipe.information import check_information_extras, information_parameters
from deepbench_fast.recipe.load import Document, builtin_path, parse_value, read_text
from deepbench_fast.recipe.overrides import with_value
from deepbench_fast.recipe.parameter_noise_rules import check_parameter_noise
from deepbench_fast.recipe.series import Series
from deepbench_fast.recipe.series_rules import check_no_series, check_series, default_outputs, is_series
from deepbench_fast.recipe.short_addresses import full_address
from deepbench_fast.recipe.units import without_units
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Base
from deepbench_fast.values.file_names import check_path
from deepbench_fast.values.image import OPEN_SHAPE, Image
from deepbench_fast.values.python_data import as_data
from deepbench_fast.values.user_tables import tables_beside

PRIVATE = "x-"
"""How keys of a file begin that are its writer's own, e.g. for what merge keys bring in."""


_Change = tuple[str, object]
_FILE_NAME = re.compile(r"\S[^\n:{]*\.ya?ml\s*")


class Recipe(Contents):
    """One dataset, described completely.

    Built from the plain data of a YAML recipe, by keyword, or by `load`, `from_yaml`, `builtin` and `of_kind`; raises
    RecipeError where the data are no valid recipe. Data may hold arrays in the place of lists, and quantities of
    astropy's in the place of numbers with a unit. Parameters that aren't given stay open, so that they scale with a
    changed image, until `resolved`. An image without a shape takes the largest default shape of the recipe's kinds.
    A recipe whose systems move in time has `series`, and its `image` plays no part. `parameter_noise` gives parameters
    of these systems a scatter, relative or absolute: the used value is normal around the drawn one. A recipe with
    `split` makes the samples of that split alone.
    """

    def _check(self) -> None:
        if self.image.shape == OPEN_SHAPE:
            object.__setattr__(self, "image", replace(self.image, shape=consistency.default_shape(self)))
        if is_series(self):
            series = self.series or Series()
            outputs = series.outputs or default_outputs(self)
            object.__setattr__(self, "series", replace(series, outputs=outputs))
            check_series(self)
        else:
            check_no_series(self)
        if self.split is not None:
            with within("split"):
                checks.known(self.split, self.splits, "split")
        consistency.check_objects(self)
        if self.series is None:
            consistency.check_overlap(self)
            consistency.check_dtype(self)
            consistency.check_oversample(self)
            check_noise(self)
        else:
            check_parameter_noise(self)
        consistency.check_targets(self)
        check_information_extras(self)

    if TYPE_CHECKING:  # what the fields are given, not what they become

        def __init__(
            self,
            *,
            catalogues: Mapping[str, Catalogue | Mapping[str, Any]],
            version: int = ...,
            name: str = ...,
            seed: int | str = ...,
            samples: int = ...,
            image: Image | Mapping[str, Any] = ...,
            series: Series | Mapping[str, Any] | None = ...,
            psf: Base | Mapping[str, Any] | None = ...,
            parameter_noise: Any = ...,
            noise: Sequence[Any] | Mapping[str, Any] = ...,
            splits: Mapping[str, Any] = ...,
            split: str | None = ...,
            targets: Any = ...,
            extras: Any = ...,
        ) -> None: ...

    else:

        def __init__(self, /, **data: Any) -> None:
            super().__init__(**without_units(as_data(data)))

    @classmethod
    def load(cls, path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Recipe:
        """The recipe in a YAML file and those that it includes, with values replaced as by `with_overrides`.

        Raises:
            RecipeError: the file can't be read or is no valid recipe; with file, line and key of the first problem.
        """
        check_path(path, "a recipe's file")
        with tables_beside(path):
            return cls._build(read_file(path)).with_overrides(overrides or {})

    @classmethod
    def from_yaml(cls, text: str, source: str | None = None) -> Recipe:
        """The recipe in a YAML text, which can't include files; `source` says in errors where the text comes from."""
        if not isinstance(text, str):
            raise UsageError(f"a text of YAML is read, not {checks.quote(text)}; Recipe(**data) takes plain data")
        if _FILE_NAME.fullmatch(text):
            raise UsageError(f"{checks.quote(text)} is the name of a file, which Recipe.load reads")
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
        if isinstance(document.data, dict):
            for key in [key for key in document.data if key.startswith(PRIVATE)]:
                del document.data[key]
        with document.errors():
            if isinstance(document.data, dict) and INCLUDE in document.data:
                raise Invalid("joins files, and this is none: load the recipe from its file", (INCLUDE,))
            recipe: Recipe = cls.parse(document.data)
        return recipe

    def with_overrides(self, overrides: Mapping[str, object]) -> Recipe:
        """The recipe with values replaced: keys are addresses as for `set`, or "size" for image.shape.

        Values are data, never parsed as YAML. They are replaced before defaults are scaled to the image. What is valid
        only beside another one is: they may stand in any order.
        """
        with within("overrides"):
            overrides = checks.mapping(overrides, "addresses with values, e.g. {'samples': 100}")
        return self.with_changes(list(overrides.items()))

    def with_changes(self, changes: Sequence[tuple[str, object]]) -> Recipe:
        """As `with_overrides`; of two that say the same the later holds."""
        if self.series is not None and any(address == "size" for address, _ in changes):
            raise UsageError(f"{self.name}: size is for images; the length of a series is series.steps")
        changes = [("image.shape" if address == "size" else address, value) for address, value in changes]
        recipe, refused = self._with_all(changes)
        while refused:
            recipe, still = recipe._with_all([change for change, _ in refused])
            if len(still) == len(refused):
                raise still[0][1]
            refused = still
            if not refused:  # all are valid now: once more in order, since one may be a part of another
                for address, value in changes:
                    recipe = recipe._replace(address, value)
        return recipe

    def _with_all(self, changes: Sequence[_Change]) -> tuple[Recipe, list[tuple[_Change, RecipeError]]]:
        """The recipe with those values replaced that it takes one after the other; the others, and why not."""
        recipe, refused = self, []
        for address, value in changes:
            try:
                recipe = recipe._replace(address, value)
            except RecipeError as error:
                refused.append(((address, value), error))
        return recipe, refused

    def set(self, address: str, value: object) -> Recipe:
        """The recipe with one value replaced, e.g. `recipe.set("catalogues.fields.galaxy.n", "{uniform: [1, 2]}")`.

        The end of an address is enough where only one ends so, e.g. `galaxy.n`. Text is parsed as YAML; other values
        are data. Raises RecipeError for an unknown address or an invalid value.
        """
        return self._replace(address, parse_value(value, address) if isinstance(value, str) else value)

    def _replace(self, address: str, value: object) -> Recipe:
        fields = vars(self)
        try:
            address = full_address(self, address)
            fields = with_value(self, address, value)
            recipe = type(self)(**fields)
        except Invalid as invalid:
            raise RecipeError(invalid.problem, key=addresses.address(fields, invalid.path) or address) from None
        if None not in (scales := {self.image.pixel_scale, recipe.image.pixel_scale}) and len(scales) > 1:
            raise RecipeError(
                "can't be set: angles became pixels by the recipe's own; change it there", key="image.pixel_scale"
            )
        return recipe

    def of_split(self, name: str) -> Recipe:
        """The part of the dataset that is one split: the same samples, as many of them as its share.

        Samples of several catalogues are interleaved anew, so that their order is another one.
        Raises RecipeError where there is no such split, UsageError where no sample would be left.
        """
        if self.split is not None:
            if self.split != name:
                raise UsageError(f"split {name}: {self.name} makes the samples of split {self.split} alone")
            return self
        with within("split"):
            checks.known(name, self.splits, "split")
        with_split = self._replace("split", name)
        samples = int(self.samples * self.splits[name])
        if samples == 0:
            raise UsageError(f"split {name}: {self.samples} samples leave none for it")
        return with_split.with_overrides({"samples": samples})

    def resolved(self) -> Recipe:
        """The recipe with every default filled in."""
        catalogues = {name: catalogue.resolved(self.image) for name, catalogue in self.catalogues.items()}
        extras = self.extras
        if extras.has_information and extras.parameters is None:
            extras = Extras(extras, extras.mask_threshold, information_parameters(self))
        same = catalogues == self.catalogues and extras == self.extras
        return self if same else replace(self, catalogues=catalogues, extras=extras)

    def to_yaml(self) -> str:
        """The resolved recipe as text that `from_yaml` turns into the same dataset."""
        return write.to_yaml(write.recipe_data(self.resolved()))

    def hash(self) -> str:
        """BLAKE2b (128 bits, in hexadecimal) of the resolved recipe in a canonical form: its layout plays no part."""
        return write.hash_of_data(write.recipe_data(self.resolved()))

    def __str__(self) -> str:
        """What is random and what is fixed, a line each."""
        data = write.recipe_data(self.resolved())
        frame = data.get("image", data.get("series"))
        lines = [repr(self), f"  {json.dumps(frame)}".replace('"', "")]
        values = list(drawn_values(self.resolved()))
        for title, random in (("random", True), ("fixed", False)):
            found = [f"  {key}: {drawn}" for key, drawn in values if drawn.is_random == random]
            lines += [title, *found] if found else []
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What a notebook shows."""
        printer.text(str(self))

    def __repr__(self) -> str:
        catalogues = list(self.catalogues)
        return f"Recipe(name={self.name!r}, seed={self.seed!r}, samples={self.samples}, catalogues={catalogues})"


def drawn_values(recipe: Recipe) -> Iterator[tuple[str, Base]]:
    """All that objects, noise and PSF are drawn from, each with its address."""
    yield from _of_effects("", recipe)
    for name, catalogue in recipe.catalogues.items():
        own = f"catalogues.{name}."
        for entry in catalogue.objects:
            yield f"{own}{entry.name}.count", entry.count
            yield from ((f"{own}{entry.name}.{parameter}", drawn) for parameter, drawn in entry.parameters.items())
        yield from _of_effects(own, catalogue)


def _of_effects(address: str, part: Contents | Catalogue) -> Iterator[tuple[str, Base]]:
    """Those of the PSF, the noise and the noise on parameters that a part of a recipe has of its own."""
    psf = () if part.psf is None or part.psf == INHERIT else (part.psf,)
    noise = () if part.noise == INHERIT else part.noise
    for effect in (*psf, *noise):
        yield from ((f"{address}{effect.stage}.{effect.name}.{key}", drawn) for key, drawn in effect.drawn.items())
    if part.parameter_noise != INHERIT:
        yield from ((f"{address}parameter_noise.{key}", level) for key, level in part.parameter_noise.items())


def checked_recipe(recipe: object) -> Recipe:
    """What is a recipe; raises UsageError for what is none, such as the name or the data of one."""
    if not isinstance(recipe, Recipe):
        known = "Recipe.load(path), Recipe.builtin(name) or Recipe.of_kind(name)"
        raise UsageError(f"a recipe is what {known} gives, not {checks.quote(recipe)}")
    return recipe
