"""Pixels → colours: a scale of its own for light, for shapes and for masks; and the colours of lines."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kinds.registry import kind

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

LIGHT_MAP, SHAPE_MAP, MASK_MAP = "magma", "gray", "tab20"
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


def paint(array: npt.NDArray[Any], what: str, shapes: bool) -> npt.NDArray[np.float64]:
    """Colours of an image, shape (rows, columns, 4): `what` is its array's name, `shapes` whether it holds no light."""
    from matplotlib import colormaps

    if what == "masks":
        return mask_colours(array)
    linear = shapes and what != "variance"
    colours: npt.NDArray[np.float64] = colormaps[SHAPE_MAP if linear else LIGHT_MAP](scaled(array, linear))
    return colours


def scaled(image: npt.NDArray[Any], shapes: bool) -> npt.NDArray[np.float64]:
    """Brightness from 0 to 1, on the scale for shapes or on that for light."""
    return shape_scale(image) if shapes else stretch(image)


def stretch(image: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Brightness from 0 to 1 on an inverse hyperbolic sine scale (Lupton, Gunn & Szalay 1999).

    The scale is linear up to a few standard deviations of the noise, which is estimated from the differences of
    neighbouring pixels, and logarithmic above, so that faint wings show, noise stays faint (also where there is nothing
    else) and cores don't burn out.
    """
    values = np.asarray(image, np.float64)
    low, noise = np.percentile(values, 1), noise_level(values)
    span = max(values.max() - low, LEAST_CONTRAST * noise)
    if not span > 0:
        return np.zeros(values.shape)
    softening = max(NOISE_SOFTENING * noise, PEAK_SOFTENING * span)
    scaled: npt.NDArray[np.float64] = np.arcsinh((values - low) / softening) / np.arcsinh(span / softening)
    return scaled.clip(0, 1)


def shape_scale(image: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Brightness from 0 to 1 on a linear scale from 0, or the darkest noise, to the brightest shape without its noise.

    A part of a pixel that is covered shows as that part; an image that a shape fills is white, an empty one black.
    """
    values = np.asarray(image, np.float64)
    noise = noise_level(values)
    low = min(0.0, float(np.percentile(values, 1)))
    span = max(float(values.max()) - NOISE_ABOVE * noise - low, LEAST_SPAN * noise)
    if not span > 0:
        return np.zeros(values.shape)
    brightness: npt.NDArray[np.float64] = (values - low) / span
    return brightness.clip(0, 1)


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
