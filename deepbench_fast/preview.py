"""Contact sheets: the first images of a dataset with their labels, each at a whole number of screen pixels a pixel."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.on_the_fly import Samples
    from deepbench_fast.store.read import Dataset

DPI = 100
CELL = 128
LARGEST_CELL = 256
GAP = 10
LABEL = 18
MARGIN = 12
FONT_PIXELS = 11.0
# Mean advance of a character in units of the font size, on the safe side.
CHARACTER = 0.62
COLOUR_MAP = "magma"
# In standard deviations of the noise: where the scale turns from linear to logarithmic, and its least length.
NOISE_SOFTENING = 4.0
LEAST_CONTRAST = 25.0
# In units of the brightest pixel: where the scale turns in an image without noise.
PEAK_SOFTENING = 0.01
MOST_IMAGES = 400


def contact_sheet(dataset: Dataset | Samples, count: int = 25, *, columns: int | None = None) -> Figure:
    """The first `count` images in a grid, each with the name of its catalogue, as a matplotlib figure.

    Every image is stretched by itself (see `stretch`); its first row is at the bottom, so that angles run
    counter-clockwise. Raises UsageError where there is nothing to show or too much.
    """
    from matplotlib.figure import Figure

    images, labels = _first_images(dataset, count)
    if not len(images):
        raise UsageError("there are no samples to show")
    across = min(columns or math.ceil(math.sqrt(len(images))), len(images))
    down = -(-len(images) // across)
    cell_height, cell_width = cell_size(*images.shape[1:])
    width = 2 * MARGIN + across * cell_width + (across - 1) * GAP
    height = 2 * MARGIN + down * (cell_height + LABEL) + (down - 1) * GAP
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        left = MARGIN + number % across * (cell_width + GAP)
        top = height - MARGIN - number // across * (cell_height + LABEL + GAP)
        box = (left / width, (top - LABEL - cell_height) / height, cell_width / width, cell_height / height)
        _draw_image(figure, box, image)
        text = shortened(label, cell_width)
        figure.text(
            left / width,
            (top - LABEL + 5) / height,
            text,
            fontsize=FONT_PIXELS * 72 / DPI,
            color="0.15",
            verticalalignment="baseline",
        )
    return figure


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


def noise_level(image: npt.NDArray[np.float64]) -> float:
    """Standard deviation of pixel noise: 1.4826 / sqrt(2) times the median of |differences between neighbours|."""
    differences = np.concatenate([np.diff(image, axis=0).ravel(), np.diff(image, axis=1).ravel()])
    return float(1.0483 * np.median(np.abs(differences))) if differences.size else 0.0


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG; equal figures give equal bytes. Raises FileError where it can't be written."""
    _check_png(path)
    try:
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error


def save_picture(image: npt.NDArray[Any], path: str | os.PathLike[str]) -> None:
    """Write one image as PNG, enlarged by a whole number if it is small. Raises FileError where it can't be written."""
    from matplotlib.figure import Figure

    height, width = cell_size(*image.shape)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    _draw_image(figure, (0.0, 0.0, 1.0, 1.0), image)
    save_figure(figure, path)


def cell_size(height: int, width: int) -> tuple[int, int]:
    """Screen pixels of an image of `height` by `width` pixels: enlarged by a whole number, or shrunk if it is large."""
    largest = max(height, width)
    if largest > LARGEST_CELL:
        return max(1, round(height * LARGEST_CELL / largest)), max(1, round(width * LARGEST_CELL / largest))
    factor = max(1, round(CELL / largest))
    return height * factor, width * factor


def shortened(label: str, width: int) -> str:
    """The label, cut so that it is not wider than `width` screen pixels."""
    room = max(1, int(width / (CHARACTER * FONT_PIXELS)))
    return label if len(label) <= room else label[: room - 1] + "…"


def _first_images(dataset: Dataset | Samples, count: int) -> tuple[npt.NDArray[Any], list[str]]:
    from deepbench_fast.on_the_fly import Samples

    if not 0 < count <= MOST_IMAGES:
        raise UsageError(f"{count} images: a sheet holds 1 to {MOST_IMAGES}")
    if isinstance(dataset, Samples):
        images, labels = dataset["images"][:count], dataset.labels[:count]
    else:
        batch = dataset[:count]
        images, labels = batch["image"], batch["label"]
    return images, [dataset.catalogues[label] for label in labels.tolist()]


def _draw_image(figure: Figure, box: tuple[float, float, float, float], image: npt.NDArray[Any]) -> None:
    axes = figure.add_axes(box)
    axes.set_axis_off()
    interpolation = "nearest" if max(image.shape) <= LARGEST_CELL else "antialiased"
    axes.imshow(
        stretch(image), cmap=COLOUR_MAP, vmin=0, vmax=1, origin="lower", aspect="auto", interpolation=interpolation
    )


def _check_png(path: str | os.PathLike[str]) -> None:
    if Path(path).is_dir():
        raise FileError(f"{path} is a directory")
    if Path(path).suffix.lower() not in ("", ".png"):
        raise UsageError(f"{path}: only PNG is written; let the name end in .png")
