"""Numbers with units, e.g. `30 deg`: converted to the unit of what they stand for."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import FORMS, Distribution

PIXEL = "pix"
PIXEL_SCALE = "arcsec / pix"
_QUANTITY = re.compile(r"([-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*([^\W\d_°%]|[°%])(.*)")


def in_unit(value: object, unit: str, scale: float | None, law: type[Distribution] = Distribution) -> object:
    """A value, or the arguments of a law, with its quantities converted."""
    if isinstance(value, Mapping):
        found = {}
        for name, argument in value.items():
            own = FORMS.get(name, Distribution)
            with within(name):
                given = name in (*law.as_given, *own.as_given)
                found[name] = argument if given else in_unit(argument, "" if own.is_ratio else unit, scale, own)
        return found
    if isinstance(value, list):
        return [in_unit(item, unit, scale) for item in value]
    return converted(value, unit, scale)


def converted(value: Any, unit: str, scale: float | None) -> object:
    """A number for a text such as `30 deg` or one of astropy's quantities; what is neither is left as it is.

    Raises `Invalid` for a unit that is unknown or can't be converted.
    """
    quantity = value if hasattr(value, "to_value") else _quantity(value, unit)
    if quantity is None:
        return value
    from astropy import units

    if unit == PIXEL and quantity.unit.is_equivalent(units.arcsec):
        if scale is None:
            raise Invalid(f"is in pixels: {checks.quote(value)} needs image.pixel_scale, in arcseconds a pixel")
        return float(quantity.to_value(units.arcsec) / scale)
    if unit == PIXEL_SCALE and quantity.unit.is_equivalent(units.arcsec):
        return float(quantity.to_value(units.arcsec))
    try:
        return float(quantity.to_value(units.Unit(unit)))
    except (units.UnitsError, TypeError):
        wanted = f"must be in {unit} or a unit like it" if unit else "has no unit: write a number"
        raise Invalid(f"{wanted}, not {checks.quote(value)}") from None


def _quantity(value: object, unit: str) -> Any:
    """The quantity of a text such as `30 deg`; None where it is none. `unit` is that of what it stands for."""
    if not isinstance(value, str) or (match := _QUANTITY.fullmatch(value.strip())) is None:
        return None
    from astropy import units

    number, written = float(match[1].replace("_", "")), (match[2] + match[3]).strip()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        try:
            return number * units.Unit(written)
        except (ValueError, TypeError):
            plain = f"; numbers without a unit are in {unit}" if unit else ""
            raise Invalid(f"unknown unit {checks.quote(written)} in {checks.quote(value)}{plain}") from None
