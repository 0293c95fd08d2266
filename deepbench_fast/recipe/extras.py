"""Extras: what a dataset can hold beside the images and their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within

CLEAN = "clean"
"""The noise-free twin of each image."""

MASKS = "masks"
"""Which object gives a pixel its light or covers it."""

MASK_THRESHOLD = 0.1
"""Share of its own brightest pixel above which an object's light counts for the masks, where a recipe is silent."""

VARIANCE = "variance"
"""The expected variance of the noise in each pixel."""

NAMES = (CLEAN, MASKS, VARIANCE)


class Extras(tuple[str, ...]):
    """Names of extras, and the threshold of the masks: a share of an object's brightest pixel, from 0 to below 1."""

    mask_threshold: float

    def __new__(cls, names: Iterable[str] = (), mask_threshold: float = MASK_THRESHOLD) -> Extras:
        extras = super().__new__(cls, names)
        object.__setattr__(extras, "mask_threshold", mask_threshold)
        return extras

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.mask_threshold == getattr(other, "mask_threshold", MASK_THRESHOLD)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((tuple(self), self.mask_threshold))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"extras can't be changed in place ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return Extras, (tuple(self), self.mask_threshold)


def parse_extras(value: object) -> Extras:
    """Extras from a list of names; masks may also be written `{masks: {threshold: 0.1}}`."""
    if isinstance(value, Extras):
        value = extras_data(value)
    names: list[str] = []
    threshold = MASK_THRESHOLD
    for position, item in enumerate(checks.sequence(value, "a list, e.g. [clean]")):
        with within(position):
            name, options = (item, {}) if isinstance(item, str) else checks.single(item, "a name, e.g. clean")
            checks.known(str(name), NAMES, "extra")
            if name in names:
                raise Invalid(f"'{name}' stands twice")
            names.append(str(name))
            with within(str(name)):
                threshold = _threshold(str(name), options, threshold)
    return Extras(names, threshold)


def _threshold(name: str, options: object, default: float) -> float:
    allowed = ("threshold",) if name == MASKS else ()
    given = checks.mapping({} if options is None else options, "options with values, e.g. {threshold: 0.1}")
    for option in given:
        with within(option):
            checks.known(option, allowed, f"option of {name}")
    with within("threshold"):
        threshold = checks.number(given.get("threshold", default))
        if not 0 <= threshold < 1:
            raise Invalid(f"must be from 0 to below 1, not {checks.quote(given['threshold'])}")
    return threshold


def extras_data(extras: Extras) -> list[object]:
    """The plain data of extras."""
    return [{MASKS: {"threshold": checks.plain(extras.mask_threshold)}} if name == MASKS else name for name in extras]
