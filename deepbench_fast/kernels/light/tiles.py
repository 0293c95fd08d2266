"""Light with a cutoff: each object is drawn where it can be that bright, tile by tile.

A tile is at most TILE_PIXELS pixels of one sample's canvas, which stay in the CPU's cache while its objects are added,
in the order of their table; those of one canvas are of equal size. A part of an object is what its ellipse (see
`reach`) has of a tile: a list of pixels, row by row, whose light the object's kernel finds, and is added where it is
not below the cutoff. A pixel's light follows from its offset from the object's centre alone. So no bit depends on
tiles, on the frame, or on which thread draws which tile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.image.grid import Spans, nearest_integer
from deepbench_fast.kernels.light._lanes import RUN, put_run
from deepbench_fast.kernels.light.ellipse import Ellipse, columns_of, determinant, extent, half_chord, rows_of
from deepbench_fast.kernels.light.galaxy import add_galaxy, make_galaxy_scratch, set_galaxy_means
from deepbench_fast.kernels.light.lens import lens_center, lens_integrate
from deepbench_fast.kernels.light.pixel_mean import (
    Float32Array,
    FloatArray,
    IntArray,
    make_pixels,
    whole_lanes,
)
from deepbench_fast.kernels.light.spiral_galaxy import (
    spiral_logarithmic_center,
    spiral_logarithmic_integrate,
    spiral_ringermacher_mead_center,
    spiral_ringermacher_mead_integrate,
)
from deepbench_fast.kernels.light.star import add_star, set_star_means
from deepbench_fast.kernels.light.strips import make_strip

TILE_PIXELS = 2**15
TILE_COLUMNS = 320  # at most
ROOM = TILE_PIXELS + 2 * RUN
# Centres count as the nearest multiple of this, in pixels: then moving them by whole pixels is exact.
STEPS_OF_PLACE = 2.0**26

Frame = tuple[int, int, int]
# Sets the light of the one object of a table at listed pixels: light, columns, rows, spans, table, scratch.
Draw = Callable[[Float32Array, Float32Array, Float32Array, Spans, npt.NDArray[Any], Any], None]
# Ellipses of objects, and what `sort_into_tiles` made of them: the places of each tile's first object, and the objects.
Parts = tuple[FloatArray, IntArray, IntArray]


class Tiles(NamedTuple):
    """How one canvas is cut: the row and column of its first pixel are -`before`, a tile has `rows` x `columns` pixels,
    and there are `down` x `across` of them.

    All but the numbers of tiles are even: what lies half-way between two pixels is rounded to even ones, and a part
    counts columns and rows from its tile's first pixel.
    """

    before: int
    rows: int
    columns: int
    down: int
    across: int


@piece
def _tiles(frame: Frame) -> Tiles:
    height, width, pad = frame
    before = pad + pad % 2
    all_rows, all_columns = before + height + pad, before + width + pad
    across = (all_columns - 1) // TILE_COLUMNS + 1
    columns = _even_share(all_columns, across)
    down = (all_rows - 1) // (TILE_PIXELS // columns - 1) + 1
    return Tiles(before, _even_share(all_rows, down), columns, down, across)


@piece
def _even_share(pixels: int, tiles: int) -> int:
    share = (pixels - 1) // tiles + 1
    return share + share % 2


@kernel
def tiles_of(frame: Frame) -> Tiles:
    """How a canvas of this frame is cut into tiles."""
    return _tiles(frame)


@piece
def _ellipse(row: FloatArray) -> Ellipse:
    return Ellipse(row[0], row[1], row[2], row[3], row[4], row[5])


@piece
def _column_extent(ellipse: Ellipse, top: int, bottom: int, first: int, stop: int) -> tuple[int, int]:
    """The columns, of those from first to stop - 1, that an ellipse has in the rows from top to bottom - 1.

    Its leftmost point is at dy = xy sqrt(limit / (yy (xx yy - xy**2))), the rightmost one opposite.
    """
    tip = ellipse.xy * np.sqrt(ellipse.limit / (ellipse.yy * determinant(ellipse)))
    above, below = top - ellipse.y, bottom - 1 - ellipse.y
    left, right = min(max(tip, above), below), min(max(-tip, above), below)
    slope = ellipse.xy / ellipse.xx
    low = ellipse.x - slope * left - half_chord(ellipse, left)
    high = ellipse.x - slope * right + half_chord(ellipse, right)
    return extent(low, high, first, stop)


@piece
def _tile_range(ellipse: Ellipse, frame: Frame, tiles: Tiles) -> tuple[int, int, int, int]:
    """First and last row, and first and last column, of tiles that an ellipse may touch; none: the last before the
    first."""
    height, width, pad = frame
    top, bottom = rows_of(ellipse, -pad, height + pad)
    if top >= bottom:
        return 0, -1, 0, -1
    left, right = _column_extent(ellipse, top, bottom, -pad, width + pad)
    return (
        (top + tiles.before) // tiles.rows,
        (bottom - 1 + tiles.before) // tiles.rows,
        (left + tiles.before) // tiles.columns,
        (right - 1 + tiles.before) // tiles.columns if left < right else -1,
    )


@kernel
def sort_into_tiles(samples: IntArray, ellipses: FloatArray, frame: Frame, starts: IntArray) -> IntArray:
    """Numbers of the objects of each tile, in the order of their table; one object may be in many.

    `samples` are the numbers of the objects' canvases. `starts`, one more than there are tiles on all canvases, is
    filled with the place in what is returned of each tile's first object.
    """
    grid = _tiles(frame)
    starts[:] = 0
    for k in range(samples.shape[0]):
        if ellipses[k, 5] > 0.0:
            top, bottom, left, right = _tile_range(_ellipse(ellipses[k]), frame, grid)
            for i in range(top, bottom + 1):
                for j in range(left, right + 1):
                    starts[(samples[k] * grid.down + i) * grid.across + j + 1] += 1
    for tile in range(1, starts.shape[0]):
        starts[tile] += starts[tile - 1]
    objects = np.empty(starts[-1], np.int64)
    ends = starts[:-1].copy()
    for k in range(samples.shape[0]):
        if ellipses[k, 5] > 0.0:
            top, bottom, left, right = _tile_range(_ellipse(ellipses[k]), frame, grid)
            for i in range(top, bottom + 1):
                for j in range(left, right + 1):
                    tile = (samples[k] * grid.down + i) * grid.across + j
                    objects[ends[tile]] = k
                    ends[tile] += 1
    return objects


class Lists(NamedTuple):
    """Scratch for the pixels of a part: column and row in the tile and light of each, and where each row's stand."""

    columns: Float32Array
    rows: Float32Array
    light: Float32Array
    starts: IntArray
    stops: IntArray
    places: IntArray


@piece
def _make_lists(rows: int) -> Lists:
    column, row, light = np.empty(ROOM, np.float32), np.empty(ROOM, np.float32), np.empty(ROOM, np.float32)
    return Lists(column, row, light, np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64))


@piece
def _set_spans(ellipse: Ellipse, top: int, bottom: int, left: int, right: int, lists: Lists) -> int:
    """Find an ellipse's columns, of those from left to right - 1 of a tile, in the rows from top to bottom - 1.

    Returns the number of their pixels.
    """
    for k in range(bottom - top):
        start, stop = columns_of(ellipse, top + k, left, right)
        lists.starts[k], lists.stops[k] = start, max(start, stop)
    count = 0
    for k in range(bottom - top):
        lists.places[k] = count - lists.starts[k]
        count += lists.stops[k] - lists.starts[k]
    return count


@piece
def _list_pixels(top: int, tall: int, lists: Lists) -> None:
    """Set the column and row of each pixel of the spans, and of some after the last that fill up its lanes."""
    for k in range(tall):
        start, row = lists.starts[k], np.float32(top + k)
        for column in range(start, lists.stops[k], RUN):
            put_run(lists.columns, lists.rows, lists.places[k] + column, np.float32(column), row)
    last = lists.places[tall - 1] + lists.stops[tall - 1] - 1
    put_run(lists.columns, lists.rows, last + 1, lists.columns[last], lists.rows[last])


@piece
def _add_bright(target: Float32Array, light: Float32Array, cutoff: np.float32) -> None:
    """Add the light that is not below the cutoff."""
    for i in range(light.shape[0]):
        target[i] += light[i] if abs(light[i]) >= cutoff else np.float32(0.0)


@piece
def _draw_parts(
    draw: Draw,
    scratch: Any,
    canvas: npt.NDArray[np.float32],
    frame: Frame,
    table: npt.NDArray[Any],
    parts: Parts,
    tiles: tuple[int, int],
    cutoff: float,
    flag: IntArray,
) -> None:
    ellipses, starts, objects = parts
    height, width, pad = frame
    grid = _tiles(frame)
    stride = width + 2 * pad
    least = np.float32(cutoff)
    lists = _make_lists(grid.rows)
    # Of the last part that was a tile from side to side: large objects share what it listed.
    whole_corner, whole_count = (0, 0, 0), 0
    one = table[:1].copy()
    for tile in range(tiles[0], tiles[1]):
        image = canvas[tile // (grid.down * grid.across)]
        first_row = tile // grid.across % grid.down * grid.rows - grid.before
        first_column = tile % grid.across * grid.columns - grid.before
        # Of the tile what is on the canvas.
        begin, end = max(0, -pad - first_row), min(grid.rows, height + pad - first_row)
        left, right = max(0, -pad - first_column), min(grid.columns, width + pad - first_column)
        for place in range(starts[tile], starts[tile + 1]):
            if flag[0] != 0:
                return
            reach = ellipses[objects[place]]
            ellipse = Ellipse(reach[0] - first_column, reach[1] - first_row, reach[2], reach[3], reach[4], reach[5])
            top, bottom = rows_of(ellipse, begin, end)
            count = _set_spans(ellipse, top, bottom, left, right, lists) if top < bottom else 0
            if count == 0:
                continue
            tall = bottom - top
            corner = top, left, right
            is_whole = count == tall * (right - left)
            if not (is_whole and corner == whole_corner and count <= whole_count):
                _list_pixels(top, tall, lists)
                whole_corner, whole_count = corner, count if is_whole else 0
            one[0] = table[objects[place]]
            one[0].sample = 0
            one[0].x = nearest_integer(one[0].x * STEPS_OF_PLACE) / STEPS_OF_PLACE - first_column
            one[0].y = nearest_integer(one[0].y * STEPS_OF_PLACE) / STEPS_OF_PLACE - first_row
            spans = Spans(top, lists.starts[:tall], lists.stops[:tall], lists.places[:tall])
            length = whole_lanes(count)
            light = lists.light[:length]
            draw(light, lists.columns[:length], lists.rows[:length], spans, one, scratch)
            for k in range(tall):
                start, stop = lists.starts[k], lists.stops[k]
                there = (first_row + top + k + pad) * stride + first_column + pad
                own = light[lists.places[k] + start : lists.places[k] + stop]
                _add_bright(image[there + start : there + stop], own, least)


@piece
def _no_scratch(length: int) -> int:
    """For a kernel that needs no scratch, or makes its own."""
    return 0


def _tiled(draw: Draw, make_scratch: Callable[[int], Any] = _no_scratch) -> Callable[..., None]:
    """A kernel that adds the parts of the tiles from tiles[0] to tiles[1] - 1, until `flag` is set.

    `canvas`, `frame` and `table` are as for a kernel of the whole frame.
    """

    @kernel
    def draw_tiles(
        canvas: npt.NDArray[np.float32],
        frame: Frame,
        table: npt.NDArray[Any],
        parts: Parts,
        tiles: tuple[int, int],
        cutoff: float,
        flag: IntArray,
    ) -> None:
        _draw_parts(draw, make_scratch(ROOM), canvas, frame, table, parts, tiles, cutoff, flag)

    return draw_tiles


def _of_frame(add: Callable[..., None]) -> Draw:
    """What draws one object by a kernel of whole frames that looks at nothing but columns and rows."""

    @piece
    def draw(
        light: Float32Array,
        columns: Float32Array,
        rows: Float32Array,
        spans: Spans,
        table: npt.NDArray[Any],
        scratch: Any,
    ) -> None:
        light[:] = np.float32(0.0)
        # No literal: kernels would be compiled once more for its type.
        zero = spans.first - spans.first
        add(light.reshape(1, -1), columns, rows, (zero, zero, zero), table, zero)

    return draw


@piece
def _star_center(
    light: Float32Array, columns: Float32Array, rows: Float32Array, spans: Spans, table: npt.NDArray[Any], scratch: Any
) -> None:
    light[:] = np.float32(0.0)
    add_star(light, columns, rows, table[0], scratch)


@piece
def _star_integrate(
    light: Float32Array, columns: Float32Array, rows: Float32Array, spans: Spans, table: npt.NDArray[Any], scratch: Any
) -> None:
    set_star_means(light, columns, rows, spans, table[0], scratch)


@piece
def _galaxy_center(
    light: Float32Array, columns: Float32Array, rows: Float32Array, spans: Spans, table: npt.NDArray[Any], scratch: Any
) -> None:
    light[:] = np.float32(0.0)
    add_galaxy(light, columns, rows, spans, table[0], scratch)


@piece
def _galaxy_integrate(
    light: Float32Array, columns: Float32Array, rows: Float32Array, spans: Spans, table: npt.NDArray[Any], scratch: Any
) -> None:
    set_galaxy_means(light, columns, rows, spans, table[0], scratch)


tiled_star_center = _tiled(_star_center, make_strip)
tiled_star_integrate = _tiled(_star_integrate, make_pixels)
tiled_galaxy_center = _tiled(_galaxy_center, make_strip)
tiled_galaxy_integrate = _tiled(_galaxy_integrate, make_galaxy_scratch)
tiled_lens_center = _tiled(_of_frame(lens_center))
tiled_lens_integrate = _tiled(_of_frame(lens_integrate))
tiled_spiral_logarithmic_center = _tiled(_of_frame(spiral_logarithmic_center))
tiled_spiral_logarithmic_integrate = _tiled(_of_frame(spiral_logarithmic_integrate))
tiled_spiral_ringermacher_mead_center = _tiled(_of_frame(spiral_ringermacher_mead_center))
tiled_spiral_ringermacher_mead_integrate = _tiled(_of_frame(spiral_ringermacher_mead_integrate))
