"""Light with a cutoff: each object is drawn where it can be that bright, tile by tile.

A tile is at most TILE_PIXELS pixels of one sample's canvas, which stay in the CPU's cache while its objects are added,
in the order of their table; those of one canvas are of equal size. A part of an object is what its ellipse (see
`reach`) has of a tile: a box that a kernel of the whole frame draws on a small canvas, from which those pixels are
added whose light is not below the cutoff. A kernel's pixel follows from its offset from the object's centre alone. So
no bit depends on tiles, on the frame, or on which thread draws which tile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.image.grid import LANES, nearest_integer
from deepbench_fast.kernels.light.galaxy import add_galaxy, add_galaxy_means, make_galaxy_scratch
from deepbench_fast.kernels.light.lens import lens_center, lens_integrate
from deepbench_fast.kernels.light.pixel_mean import Ellipse, Float32Array, FloatArray, IntArray
from deepbench_fast.kernels.light.spiral_galaxy import (
    spiral_logarithmic_center,
    spiral_logarithmic_integrate,
    spiral_ringermacher_mead_center,
    spiral_ringermacher_mead_integrate,
)
from deepbench_fast.kernels.light.star import add_star, add_star_means, make_star_scratch

TILE_PIXELS = 2**15
TILE_COLUMNS = 320  # at most
ROOM = TILE_PIXELS + LANES
# Centres count as the nearest multiple of this, in pixels: then moving them by whole pixels is exact.
STEPS_OF_PLACE = 2.0**26

Frame = tuple[int, int, int]
# Adds the one object of a table to a small canvas: image, columns, rows, frame, table, scratch.
Draw = Callable[[Float32Array, Float32Array, Float32Array, Frame, npt.NDArray[Any], Any], None]
# Ellipses of objects, and what `sort_into_tiles` made of them: the places of each tile's first object, and the objects.
Parts = tuple[FloatArray, IntArray, IntArray]


class Tiles(NamedTuple):
    """How one canvas is cut: the row and column of its first pixel are -`before`, a tile has `rows` x `columns` pixels,
    and there are `down` x `across` of them.

    All but the numbers of tiles are even: what lies half-way between two pixels is rounded to even ones, wherever a box
    begins.
    """

    before: int
    rows: int
    columns: int
    down: int
    across: int


@inline
def _tiles(frame: Frame) -> Tiles:
    height, width, pad = frame
    before = pad + pad % 2
    all_rows, all_columns = before + height + pad, before + width + pad
    across = (all_columns - 1) // TILE_COLUMNS + 1
    columns = _even_share(all_columns, across)
    down = (all_rows - 1) // (TILE_PIXELS // columns - 1) + 1
    return Tiles(before, _even_share(all_rows, down), columns, down, across)


@inline
def _even_share(pixels: int, tiles: int) -> int:
    share = (pixels - 1) // tiles + 1
    return share + share % 2


@kernel
def tiles_of(frame: Frame) -> Tiles:
    """How a canvas of this frame is cut into tiles."""
    return _tiles(frame)


@inline
def _extent(low: float, high: float, first: int, stop: int) -> tuple[int, int]:
    """The whole numbers from low to high that are in first .. stop - 1: the first one and the one after the last."""
    low = min(max(low, float(first)), float(stop))
    high = min(max(high, first - 1.0), stop - 1.0)
    return int(-floor(-low)), int(floor(high)) + 1


@inline
def _ellipse(row: FloatArray) -> Ellipse:
    return Ellipse(row[0], row[1], row[2], row[3], row[4], row[5])


@inline
def _determinant(ellipse: Ellipse) -> float:
    return ellipse.xx * ellipse.yy - ellipse.xy * ellipse.xy


@inline
def _row_extent(ellipse: Ellipse, first: int, stop: int) -> tuple[int, int]:
    """The rows of an ellipse, of those from first to stop - 1."""
    reach = np.sqrt(ellipse.limit * ellipse.xx / _determinant(ellipse))
    return _extent(ellipse.y - reach, ellipse.y + reach, first, stop)


@inline
def _half_width(ellipse: Ellipse, dy: float) -> float:
    """Half the length of the chord at this offset from the centre, 0 beside it."""
    return float(np.sqrt(max(ellipse.xx * ellipse.limit - _determinant(ellipse) * dy * dy, 0.0)) / ellipse.xx)


@inline
def _column_extent(ellipse: Ellipse, top: int, bottom: int, first: int, stop: int) -> tuple[int, int]:
    """The columns, of those from first to stop - 1, that an ellipse has in the rows from top to bottom - 1.

    Its leftmost point is at dy = xy sqrt(limit / (yy (xx yy - xy**2))), the rightmost one opposite.
    """
    tip = ellipse.xy * np.sqrt(ellipse.limit / (ellipse.yy * _determinant(ellipse)))
    above, below = top - ellipse.y, bottom - 1 - ellipse.y
    left, right = min(max(tip, above), below), min(max(-tip, above), below)
    slope = ellipse.xy / ellipse.xx
    low = ellipse.x - slope * left - _half_width(ellipse, left)
    high = ellipse.x - slope * right + _half_width(ellipse, right)
    return _extent(low, high, first, stop)


@inline
def _tile_range(ellipse: Ellipse, frame: Frame, tiles: Tiles) -> tuple[int, int, int, int]:
    """First and last row, and first and last column, of tiles that an ellipse may touch; none: the last before the
    first."""
    height, width, pad = frame
    top, bottom = _row_extent(ellipse, -pad, height + pad)
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


@inline
def _set_coordinates(columns: Float32Array, rows: Float32Array, width: int, ramp: Float32Array) -> None:
    """Column and row of each pixel of a box of this width; columns beyond its last row go on into further ones.

    `ramp` holds the whole numbers from 0. What is set is copied behind itself, ever more rows at once: a loop for each
    row would take as long as a star's light.
    """
    done = min(width, columns.shape[0])
    rows_done = np.float32(1.0)
    _set_shifted(columns[:done], ramp[:done], np.float32(0.0))
    rows[:done] = np.float32(0.0)
    while done < columns.shape[0]:
        more = min(done, columns.shape[0] - done)
        _set_shifted(columns[done : done + more], columns[:more], np.float32(0.0))
        _set_shifted(rows[done : done + more], rows[:more], rows_done)
        done += more
        rows_done += rows_done


@inline
def _set_shifted(target: Float32Array, source: Float32Array, by: np.float32) -> None:
    for i in range(target.shape[0]):
        target[i] = source[i] + by


@inline
def _add_bright(target: Float32Array, light: Float32Array, cutoff: np.float32) -> None:
    """Add the light that is not below the cutoff."""
    for i in range(light.shape[0]):
        target[i] += light[i] if abs(light[i]) >= cutoff else np.float32(0.0)


@inline
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
    columns, rows, light = np.empty(ROOM, np.float32), np.empty(ROOM, np.float32), np.empty(ROOM, np.float32)
    ramp = np.arange(TILE_COLUMNS).astype(np.float32)
    # Of the box that `columns` and `rows` were set for: large objects share theirs, a tile's width.
    set_width, set_length = 0, 0
    one = table[:1].copy()
    # No literal: kernels would be compiled once more for its type.
    zero = pad - pad
    for tile in range(tiles[0], tiles[1]):
        image = canvas[tile // (grid.down * grid.across)]
        first_row = tile // grid.across % grid.down * grid.rows - grid.before
        first_column = tile % grid.across * grid.columns - grid.before
        for place in range(starts[tile], starts[tile + 1]):
            if flag[0] != 0:
                return
            k = objects[place]
            end_row, end_column = (
                min(first_row + grid.rows, height + pad),
                min(first_column + grid.columns, width + pad),
            )
            ellipse = _ellipse(ellipses[k])
            top, bottom = _row_extent(ellipse, max(first_row, -pad), end_row)
            left, right = _column_extent(ellipse, top, bottom, max(first_column, -pad), end_column)
            if top >= bottom or left >= right:
                continue
            top_even, left_even = top - top % 2, left - left % 2
            box_height, box_width = bottom - top_even, right - left_even
            length = (box_height * box_width + LANES - 1) // LANES * LANES
            box = light[:length]
            box[:] = np.float32(0.0)
            if box_width != set_width or length > set_length:
                _set_coordinates(columns[:length], rows[:length], box_width, ramp)
                set_width, set_length = box_width, length
            one[0] = table[k]
            one[0].sample = 0
            one[0].x = nearest_integer(one[0].x * STEPS_OF_PLACE) / STEPS_OF_PLACE - left_even
            one[0].y = nearest_integer(one[0].y * STEPS_OF_PLACE) / STEPS_OF_PLACE - top_even
            draw(box, columns[:length], rows[:length], (box_height, box_width, zero), one, scratch)
            for row in range(top, bottom):
                start = (row + pad) * stride + left + pad
                own = (row - top_even) * box_width + left - left_even
                _add_bright(image[start : start + right - left], box[own : own + right - left], least)


@inline
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
    """What draws one object by a kernel of the whole frame; a part's frame has no padding: frame[2] is the sample 0."""

    @inline
    def draw(
        image: Float32Array,
        columns: Float32Array,
        rows: Float32Array,
        frame: Frame,
        table: npt.NDArray[Any],
        scratch: Any,
    ) -> None:
        add(image.reshape(1, -1), columns, rows, frame, table, frame[2])

    return draw


@inline
def _star_center(
    image: Float32Array, columns: Float32Array, rows: Float32Array, frame: Frame, table: npt.NDArray[Any], scratch: Any
) -> None:
    add_star(image, columns, rows, table[0])


@inline
def _star_integrate(
    image: Float32Array, columns: Float32Array, rows: Float32Array, frame: Frame, table: npt.NDArray[Any], scratch: Any
) -> None:
    add_star_means(image, columns, rows, frame, table[0], scratch)


@inline
def _galaxy_center(
    image: Float32Array, columns: Float32Array, rows: Float32Array, frame: Frame, table: npt.NDArray[Any], scratch: Any
) -> None:
    add_galaxy(image, columns, rows, frame, table[0])


@inline
def _galaxy_integrate(
    image: Float32Array, columns: Float32Array, rows: Float32Array, frame: Frame, table: npt.NDArray[Any], scratch: Any
) -> None:
    add_galaxy_means(image, columns, rows, frame, table[0], scratch)


tiled_star_center = _tiled(_star_center)
tiled_star_integrate = _tiled(_star_integrate, make_star_scratch)
tiled_galaxy_center = _tiled(_galaxy_center)
tiled_galaxy_integrate = _tiled(_galaxy_integrate, make_galaxy_scratch)
tiled_lens_center = _tiled(_of_frame(lens_center))
tiled_lens_integrate = _tiled(_of_frame(lens_integrate))
tiled_spiral_logarithmic_center = _tiled(_of_frame(spiral_logarithmic_center))
tiled_spiral_logarithmic_integrate = _tiled(_of_frame(spiral_logarithmic_integrate))
tiled_spiral_ringermacher_mead_center = _tiled(_of_frame(spiral_ringermacher_mead_center))
tiled_spiral_ringermacher_mead_integrate = _tiled(_of_frame(spiral_ringermacher_mead_integrate))
