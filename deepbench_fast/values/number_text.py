"""How numbers look wherever a person reads them."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

DIGITS = 7
"""Significant digits of values that somebody may copy: as many as float32 has, nearly."""
FEW = 3
"""Significant digits of what is measured, and in pictures."""
SMALLEST, LARGEST = 1e-4, 1e7
"""Sizes between which numbers stand without a power of ten."""


def brief(value: float, digits: int = DIGITS) -> str:
    """A number in up to so many significant digits, without zeros at its end: 0.25, 12300, 1.5e-9; integers whole."""
    if not isinstance(value, float):
        try:
            whole = int(value)
        except (OverflowError, ValueError):
            whole = 0
        if whole == value:
            return str(whole)
    if value == 0 or not math.isfinite(value):
        return f"{abs(value) if value == 0 else value:g}"
    number = float(f"{value:.{digits}g}")
    if SMALLEST <= abs(number) < LARGEST:
        places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
        text = f"{number:.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"


def percent(share: SupportsFloat, digits: int = FEW) -> str:
    """A share in percent: 33.3 %."""
    return f"{brief(100 * float(share), digits)} %"


def grouped(count: int) -> str:
    """A count with spaces between thousands: 1 000 000."""
    return f"{count:,}".replace(",", " ")


def counted(count: int, noun: str) -> str:
    """So many of something: 1 sample, 5 000 samples, 1 series, 25 series."""
    return f"{grouped(count)} {noun}{'' if count == 1 or noun.endswith('s') else 's'}"


def byte_size(number: float) -> str:
    """Bytes in the largest fitting decimal unit."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5:
            return f"{number:.0f} B" if unit == "B" else f"{brief(float(number), FEW)} {unit}"
        number /= 1000
    return f"{brief(float(number), 4)} PB"


def data_text(data: Any) -> str:
    """Plain data on one line, without quotes: [0, 0.3333333], {low: 1, high: 2}."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {data_text(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list | tuple):
        return f"[{', '.join(map(data_text, data))}]"
    if isinstance(data, int | float) and not isinstance(data, bool):
        return brief(data)
    return {None: "null", True: "true", False: "false"}.get(data, data) if data in (None, True, False) else str(data)
