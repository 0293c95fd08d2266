"""What stands in a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated

from deepbench_fast.effects.effect import Noise, Psf
from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.catalogue import INHERIT, NOISE, PARAMETER_NOISE, PSF, Catalogue
from deepbench_fast.recipe.extras import Extras, parse_extras
from deepbench_fast.recipe.parameter_noise import Level, noisy_parameters
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.recipe.series import Series
from deepbench_fast.recipe.targets import Targets, parse_targets
from deepbench_fast.values import checks, schemas
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.fields import Takes, model, takes, text, whole
from deepbench_fast.values.image import Image
from deepbench_fast.values.model import FrozenDict, Model, frozen
from deepbench_fast.values.shares import fraction_data

MAX_SAMPLES = 2**48 - 1


@takes("Version of the recipe format.", {"const": 1})
def _version(value: object) -> int:
    if value != 1 or isinstance(value, bool):
        raise Invalid(f"must be 1, the version of recipes that this program reads, not {checks.quote(value)}")
    return 1


@takes("Make only the samples of this split. Default: all.", schemas.any_of(schemas.NAME, schemas.NULL))
def _split(value: object) -> str | None:
    return None if value is None else checks.name(value)


@takes(
    "Names with fractions that sum to 1, e.g. {train: 0.8, test: 0.2}. Default: no splits.",
    schemas.named({"$ref": "#/$defs/fraction"}),
)
@frozen
def _splits(value: object) -> dict[str, Fraction]:
    splits = {}
    for split, fraction in checks.mapping(value, "names with fractions, e.g. {train: 0.8, test: 0.2}").items():
        with within(split):
            checks.name(split)
            splits[split] = checks.rational(fraction)
            if not 0 < splits[split] <= 1:
                raise Invalid(f"must be above 0 and up to 1, not {checks.quote(fraction)}")
    total = sum(splits.values(), Fraction(0))
    if splits and total != 1:
        found = fraction_data(total) if total.denominator < 10**40 else float(total)
        raise Invalid(f"the fractions must sum to exactly 1, not {checks.quote(found)}")
    return splits


def _catalogues(value: object) -> dict[str, Catalogue]:
    catalogues = {}
    for name, data in checks.mapping(value, "names with catalogues").items():
        with within(name):
            checks.name(name)
            try:
                catalogues[name] = Catalogue.parse(data)
            except Invalid:
                if data is None:
                    raise Invalid("is no catalogue: what is in one stands further to the right") from None
                if name in Contents.fields() and not (isinstance(data, Mapping) and "objects" in data):
                    raise Invalid(f"is no catalogue: the recipe's own '{name}' belongs beside 'catalogues'") from None
                raise
    if not catalogues:
        raise Invalid("must hold at least one catalogue")
    return catalogues


SECTIONS: dict[str, type[Model]] = {"series": Series, "image": Image}
A_CATALOGUE = "a catalogue: catalogues: {NAME: {objects: ...}}"


class Contents(Model):
    """The keys of a recipe, each checked for itself; what must hold between them is a matter of `Recipe`."""

    version: Annotated[int, _version] = 1
    name: Annotated[str, text("Name of the dataset. Default: the name of the file.")] = "recipe"
    seed: Annotated[
        int | str,
        Takes(parse_seed, "Any whole number or text.", schemas.any_of({"type": "integer", "minimum": 0}, schemas.TEXT)),
    ] = 0
    samples: Annotated[int, whole(1, MAX_SAMPLES, "Number of samples.")] = 1000
    image: Annotated[Image, model(Image)] = Image()
    series: Annotated[Series | None, model(Series)] = None
    psf: Annotated[Psf | None, PSF] = None
    parameter_noise: Annotated[Mapping[str, Level], PARAMETER_NOISE] = FrozenDict()
    noise: Annotated[tuple[Noise, ...], NOISE] = ()
    splits: Annotated[Mapping[str, Fraction], _splits] = FrozenDict()
    split: Annotated[str | None, _split] = None
    targets: Annotated[
        Targets,
        Takes(
            parse_targets,
            "What a model shall learn. Default: [catalogue].",
            {"type": "array", "items": {"$ref": "#/$defs/target"}},
        ),
    ] = Targets(("catalogue",))
    extras: Annotated[
        Extras,
        Takes(
            parse_extras,
            "What the dataset holds beside the samples. Default: nothing.",
            {"type": "array", "items": {"$ref": "#/$defs/extra"}},
        ),
    ] = Extras()
    catalogues: Annotated[
        Mapping[str, Catalogue], Takes(frozen(_catalogues), "Populations by name, which is the class label.")
    ]

    @classmethod
    def _elsewhere(cls) -> Mapping[str, str]:
        in_series, in_image = (dict.fromkeys(section.fields(), f"'{name}'") for name, section in SECTIONS.items())
        return {**in_series, **in_image, **dict.fromkeys(("objects", "weight", *kinds()), A_CATALOGUE)}

    @property
    def time(self) -> Series:
        """The time axis and the outputs of a recipe of series; raises UsageError for one of images."""
        if self.series is None:
            raise UsageError(f"{self.name}: the samples are images, not series")
        return self.series

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
