"""The picture of a ladder: the same members on every rung, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import call_roll
from deepbench_fast.errors import UsageError
from deepbench_fast.pictures.colours import paint, shapes_alone
from deepbench_fast.pictures.contact_sheet import (
    CELL,
    FONT_PIXELS,
    MARGIN,
    Origin,
    cell_size,
    check_origin,
    draw_image,
    shortened,
    title_room,
)
from deepbench_fast.pictures.figures import DPI, new_figure
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.samples import samples

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 6
LINE = 16
# Room for a row's name above it.
NAME = LINE + 4
MOST_ROWS, MOST_COLUMNS = 20, 20
# More rungs than these get smaller cells, so that words can be read where a window is narrow.
FEW, SMALL_CELL = 3, 80
SEARCHED = 2**22
DARK, FAINT, FRAME = "0.15", "0.45", "0.85"

Member = tuple[str, int]


def ladder_sheet(
    rungs: Sequence[Recipe], labels: Sequence[Sequence[str]], rows: int = 4, *, origin: Origin = "lower"
) -> Figure:
    """A few members of the last rung's catalogues, one a row with its name above it, on all rungs, as a matplotlib
    figure.

    `labels` says in a few lines what each rung is. The images of a row share one scale of brightness (see `colours`),
    so that they differ in nothing but the data; the first row of an image is at the bottom, or at the top with the
    `origin` "upper". Rungs without the catalogue have an empty frame. Raises UsageError for recipes of series, and
    where there is too much to show.
    """
    _check(rungs, rows)
    check_origin(origin)
    members = first_members(rungs[-1], rows)
    cell_height, cell_width = cell_size(*rungs[0].image.shape, CELL if len(rungs) <= FEW else SMALL_CELL)
    column_width = max(cell_width, min(CELL, title_room((line for lines in labels for line in lines), cell_width)))
    head = LINE * (1 + max(map(len, labels)))
    width = 2 * MARGIN + len(rungs) * (column_width + GAP) - GAP
    height = 2 * MARGIN + head + len(members) * (NAME + cell_height + GAP) - GAP
    figure = new_figure(width, height)

    def write(left: float, below_top: float, text: str, room: int, colour: str, weight: str = "normal") -> None:
        figure.text(
            left / width,
            1 - below_top / height,
            shortened(text, room),
            fontsize=FONT_PIXELS * 72 / DPI,
            color=colour,
            fontweight=weight,
            verticalalignment="baseline",
        )

    for column, lines in enumerate(labels):
        left = MARGIN + column * (column_width + GAP)
        write(left, MARGIN + LINE - 3, f"rung {column + 1}", column_width, DARK, "bold")
        for number, line in enumerate(lines):
            write(left, MARGIN + LINE * (number + 2) - 3, line, column_width, DARK)
    for row, ((catalogue, member), images) in enumerate(zip(members, _images(rungs, members), strict=True)):
        top = MARGIN + head + NAME + row * (NAME + cell_height + GAP)
        write(MARGIN, top - 5, f"{catalogue}, member {member}", width - 2 * MARGIN, FAINT)
        colours = _painted(images, catalogue in shapes_alone(rungs[-1]))
        for column in range(len(rungs)):
            left = MARGIN + column * (column_width + GAP)
            box = (left / width, 1 - (top + cell_height) / height, cell_width / width, cell_height / height)
            if column in colours:
                draw_image(figure, box, colours[column], origin)
            else:
                figure.add_axes(box, xticks=(), yticks=()).spines[:].set_color(FRAME)
    return figure


def first_members(recipe: Recipe, count: int) -> list[Member]:
    """The first members of the catalogues: one of each in turn, in the recipe's order."""
    names = list(recipe.catalogues)
    turns = sorted((number // len(names), number % len(names)) for number in range(min(count, recipe.samples)))
    plan = make_plan(recipe)
    roster = call_roll(plan, 0, min(recipe.samples, SEARCHED))
    found = []
    for turn, catalogue in turns:
        own = roster.member[roster.catalogue == catalogue]
        if turn < own.size:
            found.append((names[catalogue], int(own[turn])))
    return sorted(found, key=lambda member: (names.index(member[0]), member[1]))


def _painted(images: Mapping[int, npt.NDArray[Any]], shapes: bool) -> dict[int, npt.NDArray[np.float64]]:
    """Colours of images on one scale, found from all of them together."""
    colours = paint(np.concatenate(list(images.values())), "images", shapes)
    return dict(zip(images, np.split(colours, len(images)), strict=True))


def _images(rungs: Sequence[Recipe], members: Sequence[Member]) -> list[dict[int, npt.NDArray[Any]]]:
    """Images of each member by the number of the rung, from 0."""
    found: list[dict[int, npt.NDArray[Any]]] = [{} for _ in members]
    for number, rung in enumerate(rungs):
        rows = [row for row, (catalogue, _) in enumerate(members) if catalogue in rung.catalogues]
        for row, place in zip(rows, _places(rung, [members[row] for row in rows]), strict=True):
            found[row][number] = samples(rung, place, place + 1)["images"][0]
    return found


def _places(recipe: Recipe, members: Sequence[Member]) -> list[int]:
    """Numbers of the samples that are these members."""
    names = list(recipe.catalogues)
    plan = make_plan(recipe)
    stop = 1024
    while stop <= SEARCHED:
        roster = call_roll(plan, 0, stop)
        found = [
            np.flatnonzero((roster.catalogue == names.index(catalogue)) & (roster.member == member))
            for catalogue, member in members
        ]
        if all(place.size for place in found):
            return [int(place[0]) for place in found]
        stop *= 4
    raise UsageError(f"{recipe.name}: not all members of the picture are among the first {SEARCHED} samples")


def _check(rungs: Sequence[Recipe], rows: int) -> None:
    if rungs[0].series is not None:
        raise UsageError("the picture of a ladder shows images; 'preview' plots the series of each rung")
    if not 0 < rows <= MOST_ROWS:
        raise UsageError(f"{rows} members: a picture shows 1 to {MOST_ROWS}")
    if len(rungs) > MOST_COLUMNS:
        raise UsageError(f"{len(rungs)} rungs: a picture shows up to {MOST_COLUMNS}")
