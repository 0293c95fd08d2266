"""Pixels → colours: a scale of its own for light, for shapes and for masks; and the colours of lines."""

from __future__ import annotations

import colorsys
import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.registry import kind

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

F8: TypeAlias = npt.NDArray[np.float64]

LIGHT_MAP, SHAPE_MAP, MASK_MAP = "magma", "gray", "tab20"
STRETCHES: dict[str, Callable[[F8, float], F8]] = {
    "linear": lambda x, a: x,
    "sqrt": lambda x, a: np.sqrt(x),
    "log": lambda x, a: np.log1p(a * x) / math.log1p(a),
    "asinh": lambda x, a: np.arcsinh(x / a) / math.asinh(1 / a),
}
"""From x between 0 and 1 to brightness, as in `astropy.visualization`."""
LOG_A = 1000.0
# In standard deviations of the noise: where the scale of light turns from linear to logarithmic, and its least length.
NOISE_SOFTENING = 4.0
LEAST_CONTRAST = 25.0
# In units of the brightest pixel: where the scale turns in an image without noise.
PEAK_SOFTENING = 0.01
# In standard deviations of the noise: how far the brightest pixel of a shape stands out by noise, and the least length.
NOISE_ABOVE = 3.0
LEAST_SPAN = 6.0
# Told apart by the colour-blind (Okabe & Ito 2008), on white and on black.
LINES = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0))


def shapes_alone(recipe: Recipe) -> frozenset[str]:
    """The catalogues whose images hold shapes and no light."""
    return frozenset(
        name
        for name, catalogue in recipe.catalogues.items()
        if catalogue.objects and all(kind(entry.kind).layer == "shape" for entry in catalogue.objects)
    )


@dataclass(frozen=True)
class Look:
    """How images become pictures: the `stretch` of their values (one of STRETCHES; None: linear for shapes alone, asinh
    for all others), the name of a colour map of matplotlib's (None: gray for shapes, magma), and whether all images
    have one scale, with a bar that says what it is."""

    stretch: str | None = None
    cmap: str | None = None
    one_scale: bool = False

    def __post_init__(self) -> None:
        if self.stretch is not None and self.stretch not in STRETCHES:
            raise UsageError(f"no stretch '{self.stretch}'; there are {', '.join(STRETCHES)}")
        if self.cmap is not None:
            from matplotlib import colormaps

            if not isinstance(self.cmap, str) or self.cmap not in colormaps:
                near = difflib.get_close_matches(str(self.cmap), list(colormaps), n=3)
                raise UsageError(f"matplotlib has no colour map '{self.cmap}'; near it: {', '.join(near) or 'none'}")

    def map_of(self, linear: bool) -> str:
        """The colour map of shapes, or of light."""
        return self.cmap or (SHAPE_MAP if linear else LIGHT_MAP)


AS_FOUND = Look()


@dataclass(frozen=True)
class Scale:
    """Values that are black and white, the stretch between them, and its a; `high` is `low` where nothing is."""

    low: float
    high: float
    stretch: str
    stretch_a: float | None = None

    def brightness(self, images: npt.NDArray[Any]) -> F8:
        """Brightness from 0 to 1."""
        x = images.astype(np.float64) - self.low
        if not self.high > self.low:
            return np.zeros(x.shape)
        x /= self.high - self.low
        y = STRETCHES[self.stretch](np.clip(x, 0, 1, out=x), self.stretch_a or 1.0)
        return np.clip(y, 0, 1, out=y)

    def value_at(self, brightness: float) -> float:
        """The value that has this brightness."""
        values = np.linspace(self.low, self.high, 4097)
        return float(np.interp(brightness, self.brightness(values), values))


def paint(
    array: npt.NDArray[Any], what: str, shapes: bool, look: Look = AS_FOUND, scale: Scale | None = None
) -> npt.NDArray[np.float64]:
    """Colours of an image, shape (rows, columns, 4): `what` is its array's name, `shapes` whether it holds no light.

    Its scale is its own, unless one is given.
    """
    from matplotlib import colormaps

    if what == "masks":
        return mask_colours(array)
    linear = shapes and what != "variance"
    found = scale_of([array], linear, look) if scale is None else scale
    colours: npt.NDArray[np.float64] = colormaps[look.map_of(linear)](found.brightness(array))
    return colours


def scaled(image: npt.NDArray[Any], shapes: bool) -> npt.NDArray[np.float64]:
    """Brightness from 0 to 1, on the scale for shapes or on that for light."""
    return scale_of([image], shapes).brightness(image)


def scale_of(images: Iterable[npt.NDArray[Any]], shapes: bool, look: Look = AS_FOUND) -> Scale:
    """The scale of images, for shapes or for light: of several the noise is the median one, the ends are the outermost.

    That for light is linear up to a few standard deviations of the noise, which is estimated from the differences of
    neighbouring pixels, and logarithmic above (asinh: Lupton, Gunn & Szalay 1999), so that faint wings show, noise
    stays faint (also where there is nothing else) and cores don't burn out. That for shapes is linear from 0, or the
    darkest noise, to the brightest shape without its noise: a part of a pixel that is covered shows as that part, an
    image that a shape fills is white, an empty one black.
    """
    values = [np.asarray(image, np.float64) for image in images]
    noise = float(np.median([noise_level(image) for image in values]))
    low = float(min(np.percentile(image, 1) for image in values))
    high = float(max(image.max() for image in values))
    if shapes:
        low = min(0.0, low)
        span = max(high - NOISE_ABOVE * noise - low, LEAST_SPAN * noise)
    else:
        span = max(high - low, LEAST_CONTRAST * noise)
    stretch = look.stretch or ("linear" if shapes else "asinh")
    a = LOG_A if stretch == "log" else max(NOISE_SOFTENING * noise / span, PEAK_SOFTENING) if span > 0 else 1.0
    return Scale(low, low + span, stretch, a)


def mask_colours(mask: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """One colour for each object, shape (rows, columns, 4): twenty in turn, on black for the number 0."""
    from matplotlib import colormaps

    numbers = np.asarray(mask, np.int64)
    # The map's colours come in pairs, dark and light: all the dark ones first.
    order = np.concatenate([np.arange(0, 20, 2), np.arange(1, 20, 2)])
    colours: npt.NDArray[np.float64] = colormaps[MASK_MAP](order[(numbers - 1) % 20])
    colours[numbers == 0] = 0.0, 0.0, 0.0, 1.0
    return colours


def line_colours(count: int) -> list[tuple[float, float, float]]:
    """Red, green and blue, each from 0 to 1, of so many lines: a few well-known colours, or equally spaced hues."""
    if count <= len(LINES):
        return [(red / 255, green / 255, blue / 255) for red, green, blue in LINES[:count]]
    return [colorsys.hls_to_rgb(number / count, 0.45, 0.8) for number in range(count)]


def noise_level(image: npt.NDArray[np.float64]) -> float:
    """Standard deviation of pixel noise: 1.4826 / sqrt(2) times the median of |differences between neighbours|."""
    differences = np.concatenate([np.diff(image, axis=0).ravel(), np.diff(image, axis=1).ravel()])
    return float(1.0483 * np.median(np.abs(differences))) if differences.size else 0.0
