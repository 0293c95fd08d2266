"""Extras: what a dataset can hold beside the images and their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

FISHER = "fisher"
"""The Fisher information of each sample."""

CRLB = "crlb"
"""The least standard deviations of unbiased estimates from each sample, after Cramér and Rao."""

INFORMATION = (FISHER, CRLB)
NAMES = (CLEAN, MASKS, VARIANCE, *INFORMATION)
OF_SERIES = (CLEAN, *INFORMATION)
THRESHOLD, PARAMETERS = "threshold", "parameters"
OPTIONS = {MASKS: (THRESHOLD,), **dict.fromkeys(INFORMATION, (PARAMETERS,))}
"""What the extras can be told beside their names."""


class Extras(tuple[str, ...]):
    """Names of extras, with what they are told.

    `mask_threshold` is a share of an object's brightest pixel, from 0 to below 1; `parameters` are those of which there
    is to be information, None where a recipe doesn't name them.
    """

    mask_threshold: float
    parameters: tuple[str, ...] | None

    def __new__(
        cls,
        names: Iterable[str] = (),
        mask_threshold: float = MASK_THRESHOLD,
        parameters: Iterable[str] | None = None,
    ) -> Extras:
        extras = super().__new__(cls, names)
        object.__setattr__(extras, "mask_threshold", mask_threshold)
        object.__setattr__(extras, "parameters", None if parameters is None else tuple(parameters))
        return extras

    @property
    def has_information(self) -> bool:
        """Whether the Fisher information is asked for, or what follows from it."""
        return any(name in self for name in INFORMATION)

    @property
    def _told(self) -> tuple[float, tuple[str, ...] | None]:
        return self.mask_threshold, self.parameters

    def __eq__(self, other: object) -> bool:
        told = other._told if isinstance(other, Extras) else (MASK_THRESHOLD, None)
        return super().__eq__(other) and self._told == told

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((tuple(self), *self._told))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"extras can't be changed in place ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return Extras, (tuple(self), *self._told)


def parse_extras(value: object) -> Extras:
    """Extras from a list of names, some with options: `{masks: {threshold: 0.1}}`, `{crlb: {parameters: [star.x]}}`."""
    if isinstance(value, Extras):
        value = extras_data(value)
    names: list[str] = []
    threshold, parameters = MASK_THRESHOLD, None
    for position, item in enumerate(checks.sequence(value, "a list, e.g. [clean]")):
        with within(position):
            name, options = (item, {}) if isinstance(item, str) else checks.single(item, "a name, e.g. clean")
            name = checks.known(str(name), NAMES, "extra")
            if name in names:
                raise Invalid(f"'{name}' stands twice")
            names.append(name)
            with within(name):
                given = _options(name, options)
                if THRESHOLD in given:
                    threshold = _threshold(given[THRESHOLD])
                if PARAMETERS in given:
                    parameters = _parameters(given[PARAMETERS], parameters)
    return Extras(names, threshold, parameters)


def _options(name: str, options: object) -> Mapping[str, object]:
    given = checks.mapping({} if options is None else options, "options with values, e.g. {threshold: 0.1}")
    for option in given:
        with within(option):
            checks.known(option, OPTIONS.get(name, ()), f"option of {name}")
    return given


def _threshold(value: object) -> float:
    with within(THRESHOLD):
        threshold = checks.number(value)
        if not 0 <= threshold < 1:
            raise Invalid(f"must be from 0 to below 1, not {checks.quote(value)}")
    return threshold


def _parameters(value: object, before: tuple[str, ...] | None) -> tuple[str, ...]:
    """Names of parameters, of which there is one list for all that follows from it."""
    with within(PARAMETERS):
        names = []
        for position, item in enumerate(checks.sequence(value, "a list of parameters, e.g. [galaxy.r_eff]")):
            with within(position):
                names.append(checks.text(item))
                if names.count(names[-1]) > 1:
                    raise Invalid(f"'{names[-1]}' stands twice")
        if not names:
            raise Invalid("must hold at least one")
        if before is not None and before != tuple(names):
            raise Invalid(f"is one list for {' and '.join(INFORMATION)}: leave it out here, or name the same")
    return tuple(names)


def extras_data(extras: Extras) -> list[object]:
    """The plain data of extras; the parameters stand with the first of those that are of them."""
    options: dict[str, dict[str, object]] = {MASKS: {THRESHOLD: checks.plain(extras.mask_threshold)}}
    first = next((name for name in extras if name in INFORMATION), None)
    if first is not None and extras.parameters is not None:
        options[first] = {PARAMETERS: list(extras.parameters)}
    return [{name: options[name]} if name in options else name for name in extras]
