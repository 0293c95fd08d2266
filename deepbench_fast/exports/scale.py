"""How the values of a dataset become brightness: what is black, what is white, and the stretch between them.

With x = (value - low) / (high - low), cut to 0 to 1, the brightness y is, in the terms of `astropy.visualization`:

- `linear`: y = x
- `sqrt`: y = sqrt(x)
- `log`: y = log(a x + 1) / log(a + 1), a = 1000
- `asinh`: y = asinh(x / a) / asinh(1 / a): linear up to about a, logarithmic above (Lupton, Gunn & Szalay 1999)

By default images of shapes alone are linear, and all others asinh, so that what is bright in one class leaves another
one visible, where a is 4 standard deviations of the noise, at least 0.01. Black is the 1st percentile of an image and
white the 99.9th of all pixels; of whole numbers 0 and the largest. All of these are found from the first images of the
file, up to 1,000, whatever is selected, so that splits exported one by one have the same scale: percentiles and noise
that differ from image to image count with their median.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.exports.exporter import PictureOptions
from deepbench_fast.exports.source import Source
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.pictures.colours import LOG_A, NOISE_SOFTENING, PEAK_SOFTENING, STRETCHES, Scale, noise_level
from deepbench_fast.values.number_text import brief

WITH_A = ("log", "asinh")
LEAST_A, MOST_A = 1e-9, 1e9
BLACK, WHITE = 1.0, 99.9
LOOKED_AT = 1000
BYTES_LOOKED_AT = 2**26
NOISE_LOOKED_AT = 100


def find_scale(source: Source, options: PictureOptions) -> Scale:
    """The scale of a dataset's images as asked for, else as found. Raises UsageError for values that make none."""
    stretch = options.stretch or ("linear" if _shapes_alone(source) else "asinh")
    if stretch not in STRETCHES:
        raise UsageError(f"--stretch {stretch}: there are {', '.join(STRETCHES)}")
    if options.stretch_a is not None:
        if stretch not in WITH_A:
            raise UsageError(f"--stretch-a is for log and asinh, not for {stretch}")
        if not LEAST_A <= options.stretch_a <= MOST_A:
            raise UsageError(f"--stretch-a {brief(options.stretch_a)}: it is from {brief(LEAST_A)} to {brief(MOST_A)}")
    images = _first_images(source)
    low, high = options.low, options.high
    if low is None or high is None:
        found = _range(images)
        low, high = found[0] if low is None else low, found[1] if high is None else high
    if not (low < high and math.isfinite(high - low)):
        raise UsageError(f"pictures: black ({brief(low)}) must be below white ({brief(high)}): give --low and --high")
    a = options.stretch_a
    if a is None and stretch == "log":
        a = LOG_A
    elif a is None and stretch == "asinh":
        a = min(1.0, max(PEAK_SOFTENING, NOISE_SOFTENING * _noise(images) / (high - low)))
    return Scale(low, high, stretch, a)


def _shapes_alone(source: Source) -> bool:
    known = kinds()
    return all(name in known and known[name].layer == "shape" for name in source.kinds)


def _first_images(source: Source) -> npt.NDArray[Any]:
    shape, dtype = source.arrays["images"]
    count = max(1, min(LOOKED_AT, BYTES_LOOKED_AT // max(1, dtype.itemsize * math.prod(shape))))
    return source.stored.read("images", 0, min(count, source.summary.samples))


def _noise(images: npt.NDArray[Any]) -> float:
    """Standard deviation of the noise in the middle one of the first images."""
    levels = [noise_level(image.astype(np.float64)) for image in images[:NOISE_LOOKED_AT]]
    return float(np.median(levels)) if levels else 0.0


def _range(images: npt.NDArray[Any]) -> tuple[float, float]:
    return next(((low, high) for low, high in _ranges(images) if low < high), (0.0, 1.0))


def _ranges(images: npt.NDArray[Any]) -> Iterator[tuple[float, float]]:
    """What may be black and white: see above; the extremes of nearly empty images; a unit above a constant."""
    if not images.size:
        return
    least, most = float(images.min()), float(images.max())
    if images.dtype.kind in "ui":
        yield 0.0, most
    else:
        black = np.percentile(images, BLACK, axis=(1, 2), method="nearest")
        yield float(np.median(black)), float(np.percentile(images, WHITE, method="nearest"))
    yield least, most
    yield least, least + 1
