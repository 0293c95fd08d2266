"""Short addresses: `galaxy.n` for `catalogues.fields.galaxy.n`, where it can mean only one thing in a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import INHERIT
from deepbench_fast.values.checks import Invalid, quote

if TYPE_CHECKING:
    from deepbench_fast.effects.effect import Effect
    from deepbench_fast.recipe.catalogue import Catalogue
    from deepbench_fast.recipe.contents import Contents

MOST_NAMED = 4


def full_address(recipe: Contents, address: str) -> str:
    """The one address of `recipe` that is `address` or ends with it, else `address` itself.

    What follows the part that is known stays as it is, so that what is wrong with it is said of the whole address.
    Raises `Invalid` where several end with it.
    """
    if not isinstance(address, str):
        raise Invalid(f"the address of a key is text, e.g. 'noise.gaussian.sigma', not {quote(address)}")
    names = address.split(".")
    if names[0] in vars(recipe):
        return address
    known = list(_addresses(recipe))
    for size in range(len(names), 0, -1):
        beginning = ".".join(names[:size])
        found = [full for full in known if full.endswith(f".{beginning}")]
        if len(found) > 1:
            more = ", …" if len(found) > MOST_NAMED else ""
            raise Invalid(f"can mean {len(found)} keys: {', '.join(found[:MOST_NAMED])}{more}")
        if found:
            return ".".join([found[0], *names[size:]])
    return address


def _addresses(recipe: Contents) -> Iterator[str]:
    """Every address that leads into a section of the recipe."""
    if recipe.series is None:
        yield from (f"image.{name}" for name in recipe.image.fields())
        yield from _effects("psf", () if recipe.psf is None else (recipe.psf,))
    else:
        yield from (f"series.{name}" for name in recipe.series.fields())
        yield from (f"parameter_noise.{name}" for name in recipe.parameter_noise)
    yield from _effects("noise", recipe.noise)
    yield from (f"splits.{name}" for name in recipe.splits)
    yield from (f"targets.{name}.noise" for name in recipe.targets)
    for name, catalogue in recipe.catalogues.items():
        yield from (f"catalogues.{name}{rest}" for rest in ("", *(f".{key}" for key in _of_catalogue(catalogue))))


def _of_catalogue(catalogue: Catalogue) -> Iterator[str]:
    yield "weight"
    for entry in catalogue.objects:
        declared = kind(entry.kind)
        parameters = (parameter.name for parameter in declared.parameters_of(entry.form))
        yield entry.name
        yield from (f"{entry.name}.{name}" for name in (*declared.options, *parameters))
    if catalogue.psf is not None and catalogue.psf != INHERIT:
        yield from _effects("psf", (catalogue.psf,))
    if catalogue.noise != INHERIT:
        yield from _effects("noise", catalogue.noise)
    if catalogue.parameter_noise != INHERIT:
        yield from (f"parameter_noise.{name}" for name in catalogue.parameter_noise)


def _effects(section: str, effects: Iterable[Effect]) -> Iterator[str]:
    for effect in effects:
        yield f"{section}.{effect.name}"
        yield from (f"{section}.{effect.name}.{name}" for name in effect.fields())
