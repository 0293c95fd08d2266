"""A sample as a page shows it: planes of one byte a pixel, with what the bytes mean, or the curves of a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.colours import (
    LIGHT_MAP,
    LINES,
    SHAPE_MAP,
    Look,
    Scale,
    mask_colours,
    scale_of,
)
from deepbench_fast.pictures.series_panels import Motion, limits, panels

LARGEST = 1024
"""The longer side of a plane; larger images are shown by the means of blocks."""

LONGEST = 4096
"""The most moments of a series that are drawn."""

BARS = 64
TICKS = 5
MOST_NUMBERS = 255
NOISE_SIGMAS = 3.0
FEW_PIXELS = 2**14
LEVELS = 2**14


@dataclass(frozen=True)
class Frame:
    """Plain data, and the bytes that go with them, in the order in which `header` names them."""

    header: dict[str, Any]
    buffers: list[bytes] = field(default_factory=list)


def colour_maps() -> Frame:
    """Red, green and blue of each of 256 bytes: for light, for shapes and noise, for masks."""
    from matplotlib import colormaps

    steps = np.linspace(0.0, 1.0, MOST_NUMBERS + 1)
    maps = {
        "light": colormaps[LIGHT_MAP](steps),
        "gray": colormaps[SHAPE_MAP](steps),
        "masks": mask_colours(np.arange(MOST_NUMBERS + 1)[None])[0],
    }
    colours = [np.round(255.0 * table[:, :3]).astype(np.uint8).tobytes() for table in maps.values()]
    return Frame({"maps": list(maps), "lines": [f"rgb{line}" for line in LINES]}, colours)


def image_frame(
    image: npt.NDArray[Any],
    clean: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    *,
    shapes: bool,
    stretch: str | None,
    noisy: bool,
) -> Frame:
    """An image, and beside it its twin without noise and the noise, where it has any, and its masks.

    Image and twin have one scale, that of the image; bytes run from its dark end to its bright one. The first row of a
    plane is the image's last: row 0 is at the bottom, as in all figures.
    """
    scale = _scale_of(image, shapes, stretch)
    colours = "gray" if shapes else "light"
    painted = _bytes_of(scale)
    planes = [("image", colours, painted(image))]
    if noisy:
        noise = np.asarray(image, np.float32) - np.asarray(clean, np.float32)
        most = NOISE_SIGMAS * float(noise.std()) or 1.0
        residual = _bytes_of(Scale(-most, most, "linear"))(noise)
        planes += [("clean", colours, painted(clean)), ("noise", "gray", residual)]
    numbers = np.asarray(masks, np.int64)
    planes.append(("masks", "masks", np.where(numbers > 0, (numbers - 1) % 20 + 1, 0).astype(np.uint8)))
    by = -(-max(image.shape) // LARGEST)
    shown = [_smaller(plane, by, means=name != "masks")[::-1] for name, _, plane in planes]
    header = {
        "kind": "image",
        "shape": list(shown[0].shape),
        "smaller": by,
        "planes": [{"name": name, "map": colours} for name, colours, _ in planes],
        "ticks": _ticks(scale),
        "bars": [_bars(plane) for name, _, plane in planes if name in ("image", "clean")],
    }
    return Frame(header, [np.ascontiguousarray(plane).tobytes() for plane in shown])


def rungs_frame(images: Sequence[npt.NDArray[Any] | None], shapes: bool, stretch: str | None) -> Frame:
    """Images on one scale, of which some may be missing."""
    there = [image for image in images if image is not None]
    painted = _bytes_of(scale_of(there, shapes, Look(stretch)))
    by = -(-max(there[0].shape) // (LARGEST // 4))
    planes = [np.ascontiguousarray(_smaller(painted(image), by)[::-1]) for image in there]
    header = {
        "kind": "images",
        "map": "gray" if shapes else "light",
        "shape": list(planes[0].shape),
        "there": [image is not None for image in images],
    }
    return Frame(header, [plane.tobytes() for plane in planes])


def series_frame(motion: Motion) -> Frame:
    """The curves of a series, and its noisy values: float32, moments by columns; the first are the moments."""
    step = -(-len(motion.time) // LONGEST)
    found = panels(motion)
    noisy = motion.is_noisy(np.arange(motion.values.shape[1]))
    shown = [motion.time[:, None], motion.curves, *([motion.values] if noisy else [])]
    header = {
        "kind": "series",
        "time": motion.time_unit,
        "moments": len(motion.time[::step]),
        "columns": motion.values.shape[1],
        "noisy": noisy,
        "panels": [
            {
                "title": panel.title,
                "orbits": panel.orbits,
                "names": list(panel.names),
                "columns": panel.columns.tolist(),
                "limits": limits(motion.values[:, panel.columns.ravel()]),
            }
            for panel in found
        ],
    }
    return Frame(header, [np.ascontiguousarray(array[::step], np.float32).tobytes() for array in shown])


def _scale_of(image: npt.NDArray[Any], shapes: bool, stretch: str | None) -> Scale:
    """The scale of an image; of a large one as pairs of its rows have it, and the row of its brightest pixel."""
    every = max(1, image.size // FEW_PIXELS)
    rows = np.arange(len(image)) % (2 * every) < 2
    rows[int(image.argmax()) // image.shape[1]] = True
    return scale_of([image[rows]], shapes, Look(stretch))


def _bytes_of(scale: Scale) -> Callable[[npt.NDArray[Any]], npt.NDArray[np.uint8]]:
    """What gives each pixel its byte: by a table, which is quicker than a stretch of each."""
    if not scale.high > scale.low:
        return lambda image: np.zeros(image.shape, np.uint8)
    steps = np.linspace(scale.low, scale.high, LEVELS)
    table = (MOST_NUMBERS * scale.brightness(steps) + 0.5).astype(np.uint8)
    low, factor = np.float32(scale.low), np.float32((LEVELS - 1) / (scale.high - scale.low))

    def painted(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        places = (np.asarray(image, np.float32) - low) * factor
        found: npt.NDArray[np.uint8] = table[places.clip(0, LEVELS - 1, out=places).astype(np.intp)]
        return found

    return painted


def _ticks(scale: Scale) -> list[str]:
    return [f"{scale.value_at(at):.3g}" for at in np.linspace(0.0, 1.0, TICKS).tolist()]


def _bars(plane: npt.NDArray[np.uint8]) -> list[int]:
    """How many pixels have each of a few brightnesses."""
    counts = np.bincount(plane.ravel(), minlength=MOST_NUMBERS + 1)
    bars: list[int] = counts.reshape(BARS, -1).sum(axis=1).tolist()
    return bars


def _smaller(plane: npt.NDArray[np.uint8], by: int, *, means: bool = True) -> npt.NDArray[np.uint8]:
    """The means of blocks of so many pixels, or one pixel of each; blocks that the frame cuts are left out."""
    if by == 1:
        return plane
    height, width = (max(side // by, 1) for side in plane.shape)
    if not means or min(plane.shape) < by:
        return plane[::by, ::by][:height, :width]
    blocks = plane[: height * by, : width * by].reshape(height, by, width, by)
    smaller: npt.NDArray[np.uint8] = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    return smaller
