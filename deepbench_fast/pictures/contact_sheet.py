"""Contact sheets: the first samples of a dataset with their labels.

Images have a whole number of screen pixels a pixel; series become plots.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.pictures.colours import AS_FOUND, Look, Scale, paint, scale_of, shapes_alone
from deepbench_fast.pictures.figures import DPI, MOST_COLOURS, new_figure, png
from deepbench_fast.pictures.titles import lines_of, titles
from deepbench_fast.values import checks
from deepbench_fast.values.atomic import check_place, write_errors, write_whole
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.render.batch import Batch

CELL = 128
LARGEST_CELL = 256
GAP = 10
LABEL, LINE = 20, 16
MARGIN = 12
# What titles may widen a column of small or narrow images to.
WIDEST_TITLE = 200
# A bar of colours with its numbers, and the bar alone.
BAR, BAR_WIDTH, TICKS = 80, 14, 5
# Lines of text beside one image.
MOST_LINES = 60
FORMATS = (".png", ".pdf", ".svg")
FONT_PIXELS = 12.0
# Mean advance of a character in units of the font size, on the safe side.
CHARACTER = 0.62
MOST_IMAGES = 400
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
    look: Look = AS_FOUND,
) -> Figure:
    """The first `count` samples in a grid, each with its number, its catalogue and two telling values, as a matplotlib
    figure.

    Series become plots against time, or of orbits: see `plots`. `show` is "series" ("images" means the same here) or
    "clean", their noise-free curves alone.

    Every image has a scale of its own, unless the `look` has one for all: asinh where there is light, linear where
    there are shapes alone (see `colours`). Its first row is at the bottom, as in FITS, so that angles run
    counter-clockwise; at the top, as in the array and in exported pictures, with the `origin` "upper". `show` is what
    to draw: "images", or the extras "clean", "masks" (a colour for each object) or "variance". `by_catalogue` sorts the
    samples by catalogue, in the recipe's order. Raises UsageError where there is nothing to show or too much.
    """
    _check(batch, count, show)
    check_origin(origin)
    if not len(batch):
        raise UsageError(NOTHING)
    if batch.recipe.series is not None:
        if look != AS_FOUND:
            raise UsageError("stretch, colours and one scale are for images; the samples are series")
        return _plots(batch, count, columns, show, by_catalogue)
    shown = batch[:count]
    if by_catalogue:
        shown = shown[np.argsort(shown.labels, kind="stable")]
    return _sheet(shown, columns, show, origin, look)


def _sheet(batch: Batch, columns: int | None, show: str, origin: Origin, look: Look) -> Figure:
    """All images of a batch in a grid."""
    images, named = batch[show], titles(batch)
    of_shapes = shapes_alone(batch.recipe)
    shapes = [batch.catalogues[label] in of_shapes for label in batch.labels]
    across = _across(len(images), columns)
    down = -(-len(images) // across)
    cell_height, cell_width = cell_size(*images.shape[1:])
    room = title_room([words for title in named for words in (title.name, *title.values)], cell_width)
    written = lines_of(named, _room(room))
    lines = max(map(len, written))
    above = LABEL + (lines - 1) * LINE
    bar = BAR if look.one_scale and show != "masks" else 0
    width = 2 * MARGIN + across * room + (across - 1) * GAP + bar
    height = 2 * MARGIN + down * (cell_height + above) + (down - 1) * GAP
    figure = new_figure(width, height)
    linear = all(shapes) and show != "variance"
    scale = scale_of(images, linear, look) if bar else None
    for number, image in enumerate(images):
        left = MARGIN + number % across * (room + GAP)
        top = height - MARGIN - number // across * (cell_height + above + GAP)
        box = (left / width, (top - above - cell_height) / height, cell_width / width, cell_height / height)
        draw_image(figure, box, paint(image, show, linear if bar else shapes[number], look, scale), origin)
        for line, text in enumerate(written[number]):
            up = len(written[number]) - 1 - line
            _write(figure, (left / width, (top - above + 6 + up * LINE) / height), text, room)
    if scale is not None:
        place = (1 - (MARGIN + bar - GAP) / width, 0.5 - min(0.4, BAR / height), BAR_WIDTH / width)
        _draw_bar(figure, (*place, 2 * min(0.4, BAR / height)), scale, look.map_of(linear))
    return figure


def _write(figure: Figure, place: tuple[float, float], text: str, room: int) -> None:
    font = FONT_PIXELS * 72 / DPI
    figure.text(*place, shortened(text, room), fontsize=font, color="0.15", verticalalignment="baseline")


def _draw_bar(figure: Figure, box: tuple[float, float, float, float], scale: Scale, colour_map: str) -> None:
    """What colour each value has."""
    axes = figure.add_axes(box)
    brightness = np.linspace(0, 1, MOST_COLOURS)
    axes.imshow(brightness[:, None], cmap=colour_map, origin="lower", aspect="auto", extent=(0, 1, 0, 1))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    ticks = np.linspace(0, 1, TICKS)
    axes.set_yticks(ticks, [f"{brief(scale.value_at(tick), 3)}" for tick in ticks.tolist()])
    axes.tick_params(labelsize=FONT_PIXELS * 72 / DPI, length=2)


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int | None = None) -> None:
    """Write a figure as its suffix says: PNG with a palette, PDF or SVG; equal figures give equal bytes.

    `dpi` enlarges a PNG: figures of images have 100, of series 200. Raises UsageError for another suffix, FileError
    where writing fails.
    """
    from matplotlib import rc_context, style

    suffix = _suffix(path)
    if dpi is not None:
        if suffix != ".png":
            raise UsageError(f"--dpi is for PNG; {path} can be drawn at any size")
        figure.set_dpi(dpi)
    with style.context("default"), rc_context({"agg.path.chunksize": LINE_POINTS, "svg.hashsalt": "deepbench_fast"}):
        content = png(figure) if suffix == ".png" else _vector(figure, suffix.removeprefix("."))
    with write_errors(path):
        write_whole(path, content, overwrite=True)


def check_picture(path: str | os.PathLike[str]) -> None:
    """Raise what `save_figure` would raise for this path, before there is a figure."""
    _suffix(path)
    with write_errors(path):
        check_place(path, overwrite=True)


def _vector(figure: Figure, form: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, metadata={"CreationDate" if form == "pdf" else "Date": None})
    return buffer.getvalue()


def described_picture(image: npt.NDArray[Any], text: str, *, shapes: bool = False, origin: Origin = "lower") -> Figure:
    """One image, enlarged by a whole number if it is small, with lines of text beside it, as a matplotlib figure.

    `shapes` says whether it holds no light. Its first row is at the bottom, or with the `origin` "upper" at the top.
    """
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… and {len(lines) - MOST_LINES + 1} more lines"]
    height, width = (2 * side for side in cell_size(*image.shape))
    room = math.ceil(max((len(line) for line in lines), default=0) * CHARACTER * FONT_PIXELS)
    tall = max(height, len(lines) * LINE) + 2 * MARGIN
    wide = width + room + 3 * MARGIN
    figure = new_figure(wide, tall)
    box = (MARGIN / wide, 1 - (MARGIN + height) / tall, width / wide, height / tall)
    draw_image(figure, box, paint(image, "images", shapes), origin)
    for number, line in enumerate(lines):
        place = (width + 2 * MARGIN) / wide, 1 - (MARGIN + number * LINE) / tall
        font = FONT_PIXELS * 72 / DPI
        figure.text(*place, line, fontsize=font, family="monospace", color="0.15", verticalalignment="top")
    return figure


def cell_size(height: int, width: int, wanted: int = CELL) -> tuple[int, int]:
    """Screen pixels of an image of `height` by `width` pixels: enlarged by a whole number to about what is wanted, or
    shrunk if it is large.
    """
    largest = max(height, width)
    if largest > LARGEST_CELL:
        return max(1, round(height * LARGEST_CELL / largest)), max(1, round(width * LARGEST_CELL / largest))
    factor = max(1, round(wanted / largest))
    return height * factor, width * factor


def shortened(label: str, width: int) -> str:
    """The label, cut so that it is not wider than `width` screen pixels."""
    room = _room(width)
    return label if len(label) <= room else label[: room - 1] + "…"


def title_room(texts: Iterable[str], least: int) -> int:
    """Screen pixels for titles that may be wider than what they stand above, which has `least` pixels."""
    longest = max(map(len, texts), default=0)
    return max(least, min(WIDEST_TITLE, math.ceil(longest * CHARACTER * FONT_PIXELS)))


def _room(width: int) -> int:
    """Characters that fit into so many screen pixels."""
    return max(1, int(width / (CHARACTER * FONT_PIXELS)))


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
    if columns is None:
        return min(math.ceil(math.sqrt(count)), count)
    return min(checks.whole_argument("columns", columns, 1, MOST_IMAGES), count)


def draw_image(
    figure: Figure, box: tuple[float, float, float, float], colours: npt.NDArray[np.float64], origin: Origin
) -> None:
    """Draw an image, shape (rows, columns, 4), into a box of a figure."""
    axes = figure.add_axes(box)
    axes.set_axis_off()
    interpolation = "nearest" if max(colours.shape) <= LARGEST_CELL else "antialiased"
    axes.imshow(colours, origin=origin, aspect="auto", interpolation=interpolation)


def _suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a picture that is written, PNG's where there is none."""
    if Path(path).is_dir():
        raise FileError(f"{path} is a directory")
    suffix = Path(path).suffix.lower() or FORMATS[0]
    if suffix not in FORMATS:
        raise UsageError(f"{path}: pictures are PNG, PDF or SVG; let the name end in {', '.join(FORMATS)}")
    return suffix
