"""Contact sheets: the first samples of a dataset with their labels.

Images have a whole number of screen pixels a pixel; series become plots.
"""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from deepbench_fast.atomic import write_whole
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.pictures.colours import paint, shapes_alone

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.render.batch import Batch

DPI = 100
CELL = 128
LARGEST_CELL = 256
GAP = 10
LABEL = 18
MARGIN = 12
FONT_PIXELS = 11.0
# Mean advance of a character in units of the font size, on the safe side.
CHARACTER = 0.62
MOST_IMAGES = 400
MOST_COLOURS = 256
# Points of a line that are drawn at a time: longer lines are too much for the renderer.
LINE_POINTS = 10_000
NOTHING = "there are no samples to show"
SHOWN = ("images", "series", "clean", "masks", "variance")
SHOWN_OF_SERIES = ("images", "series", "clean")
Origin = Literal["lower", "upper"]
"""Where the first row of an image is in a figure."""
ORIGINS = get_args(Origin)


def contact_sheet(
    batch: Batch,
    count: int = 25,
    *,
    columns: int | None = None,
    show: str = "images",
    by_catalogue: bool = False,
    origin: Origin = "lower",
) -> Figure:
    """The first `count` samples in a grid, each with the name of its catalogue, as a matplotlib figure.

    Series become plots against time, or of orbits: see `plots`. `show` is "series" ("images" means the same here) or
    "clean", their noise-free curves alone.

    Every image has a scale of its own: logarithmic where there is light, linear where there are shapes alone (see
    `colours`). Its first row is at the bottom, as in FITS, so that angles run counter-clockwise; at the top, as in the
    array and in exported pictures, with the `origin` "upper". `show` is what to draw: "images", or the extras "clean",
    "masks" (a colour for each object) or "variance". `by_catalogue` sorts the samples by catalogue, in the recipe's
    order. Raises UsageError where there is nothing to show or too much.
    """
    from matplotlib.figure import Figure

    _check(batch, count, show)
    check_origin(origin)
    if batch.recipe.series is not None:
        return _plots(batch, count, columns, show, by_catalogue)
    images, labels = batch[show][:count], batch.labels[:count]
    if not len(images):
        raise UsageError(NOTHING)
    order = np.argsort(labels, kind="stable") if by_catalogue else np.arange(len(labels))
    shapes = shapes_alone(batch.recipe)
    across = _across(len(images), columns)
    down = -(-len(images) // across)
    cell_height, cell_width = cell_size(*images.shape[1:])
    width = 2 * MARGIN + across * cell_width + (across - 1) * GAP
    height = 2 * MARGIN + down * (cell_height + LABEL) + (down - 1) * GAP
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    for number, sample in enumerate(order.tolist()):
        catalogue = batch.catalogues[labels[sample]]
        left = MARGIN + number % across * (cell_width + GAP)
        top = height - MARGIN - number // across * (cell_height + LABEL + GAP)
        box = (left / width, (top - LABEL - cell_height) / height, cell_width / width, cell_height / height)
        draw_image(figure, box, paint(images[sample], show, catalogue in shapes), origin)
        text = shortened(catalogue, cell_width)
        figure.text(
            left / width,
            (top - LABEL + 5) / height,
            text,
            fontsize=FONT_PIXELS * 72 / DPI,
            color="0.15",
            verticalalignment="baseline",
        )
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG with a palette; equal figures give equal bytes. Raises FileError where that fails."""
    from matplotlib import rc_context, style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL.Image import Dither, fromarray

    _check_png(path)
    canvas: Any = FigureCanvasAgg(figure)
    with style.context("default"), rc_context({"agg.path.chunksize": LINE_POINTS}):
        canvas.draw()
    pixels = fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())
    # A palette makes the files of noisy images three times smaller, those of plots more than two times.
    buffer = io.BytesIO()
    pixels.quantize(MOST_COLOURS, dither=Dither.NONE).save(buffer, format="PNG", optimize=True)
    try:
        write_whole(path, buffer.getvalue(), overwrite=True)
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror or error}") from error


def save_picture(
    image: npt.NDArray[Any], path: str | os.PathLike[str], *, shapes: bool = False, origin: Origin = "lower"
) -> None:
    """Write one image as PNG, enlarged by a whole number if it is small; `shapes` says whether it holds no light.

    Its first row is at the bottom, or with the `origin` "upper" at the top. Raises FileError where it can't be written.
    """
    from matplotlib.figure import Figure

    height, width = cell_size(*image.shape)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    draw_image(figure, (0.0, 0.0, 1.0, 1.0), paint(image, "images", shapes), origin)
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


def check_origin(origin: str) -> None:
    """Raise UsageError for what is no `Origin`."""
    if origin not in ORIGINS:
        raise UsageError(f"no origin '{origin}'; there are {', '.join(ORIGINS)}")


def _check(batch: Batch, count: int, show: str) -> None:
    recipe = batch.recipe
    if not 0 < count <= MOST_IMAGES:
        raise UsageError(f"{count} images: a sheet holds 1 to {MOST_IMAGES}")
    if show not in SHOWN:
        raise UsageError(f"can't show '{show}'; there are {', '.join(SHOWN)}")
    if recipe.series is not None:
        if show not in SHOWN_OF_SERIES:
            raise UsageError(f"the samples are series, which have no {show}; they can be shown as series or clean")
    elif show == "series":
        raise UsageError("the samples are images, not series")
    elif show != "images" and show not in recipe.extras:
        raise UsageError(f"the dataset has no {show}: its recipe's extras don't ask for it")


def _plots(batch: Batch, count: int, columns: int | None, show: str, by_catalogue: bool) -> Figure:
    from deepbench_fast.pictures.series_panels import motions
    from deepbench_fast.pictures.series_plots import series_sheet

    shown = motions(batch[:count])
    if not shown:
        raise UsageError(NOTHING)
    if show == "clean":
        shown = [motion.without_noise() for motion in shown]
    if by_catalogue:
        shown.sort(key=lambda motion: batch.catalogues.index(motion.label))
    return series_sheet(shown, _across(len(shown), columns))


def _across(count: int, columns: int | None) -> int:
    """Samples in a row: as many as there are rows, unless it is said."""
    return min(columns or math.ceil(math.sqrt(count)), count)


def draw_image(
    figure: Figure, box: tuple[float, float, float, float], colours: npt.NDArray[np.float64], origin: Origin
) -> None:
    """Draw an image, shape (rows, columns, 4), into a box of a figure."""
    axes = figure.add_axes(box)
    axes.set_axis_off()
    interpolation = "nearest" if max(colours.shape) <= LARGEST_CELL else "antialiased"
    axes.imshow(colours, origin=origin, aspect="auto", interpolation=interpolation)


def _check_png(path: str | os.PathLike[str]) -> None:
    if Path(path).is_dir():
        raise FileError(f"{path} is a directory")
    if Path(path).suffix.lower() not in ("", ".png"):
        raise UsageError(f"{path}: only PNG is written; let the name end in .png")
