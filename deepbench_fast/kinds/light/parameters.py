"""What kinds of light share: places, brightness, widths, angles, and how far they reach."""

from __future__ import annotations

from functools import partial

from deepbench_fast.kinds.defaults import across, along, always, of_size
from deepbench_fast.values.distributions import LogUniform, Uniform
from deepbench_fast.values.parameter import Parameter

# Beyond these a float32 loop over pixels would overflow (light, squared distances) or lose its angle.
FAR = 1e6
BRIGHT = 1e20
NARROW = 1e-3
TURNED = 1e4
# Brightness from which on light is seen: as a part of the brightest pixel's, however faint that is.
LIT = 1e-100, BRIGHT


X = Parameter("x", "pix", "column of the centre", -FAR, FAR, partial(across, 0.25, 0.75))
Y = Parameter("y", "pix", "row of the centre", -FAR, FAR, partial(along, 0.25, 0.75))


def amplitude(name: str, meaning: str) -> Parameter:
    return Parameter(name, "", meaning, 0.0, BRIGHT, partial(always, LogUniform(1.0, 10.0)))


def width(name: str, meaning: str, low: float, high: float) -> Parameter:
    return Parameter(name, "pix", meaning, NARROW, FAR, partial(of_size, low, high, 1.0))


def angle(name: str, meaning: str, turn: float) -> Parameter:
    return Parameter(name, "rad", meaning, -TURNED, TURNED, partial(always, Uniform(0.0, turn)))
