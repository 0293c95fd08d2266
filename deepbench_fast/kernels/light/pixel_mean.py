"""Means of a light profile over pixels: which pixels need how much care, and the signed fan for those at the core.

A pixel far from the centre is a Taylor series about its own centre; a nearer one is cut into cells that are; at the
core, where a cusp has no Taylor series, Green's theorem turns the pixel's flux into integrals along its edges (the
signed fan).

The fan. Seen in coordinates (X, Y) = (u, v / q) in which the isophotes are circles, with `G(R)` the integral of I r dr
from 0 to R, the flux through a closed path is the integral of G(R) over the polar angle. An edge's line passes the
centre at the distance D; with t = D sinh(w) the distance along it from the foot of the perpendicular, R = D cosh(w) and
the angle advances by dw / cosh(w): smooth in w, so a few Gauss-Legendre nodes on each side of the foot do. Neighbouring
pixels share their edge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.base2 import exp2f
from deepbench_fast.kernels.elementary import log
from deepbench_fast.kernels.image.grid import Spans
from deepbench_fast.kernels.light._lanes import RUN, put_run
from deepbench_fast.kernels.light.ellipse import Ellipse, columns_of, rows_of
from deepbench_fast.kernels.light.strips import Strips, make_strips

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

# Core pixels for which the fan has room: an ellipse of the flattest galaxy needs about 400.
FAN_PIXELS = 1024
# Parts of a piece of an edge, where pieces are kept short.
MOST_PARTS = 4
# A line through the centre adds nothing; a distance that is not zero spares the formulas the exception.
SHORTEST_DISTANCE = 1e-12

# Loops over lists of pixels and nodes run to a multiple of this: a remainder would be scalar code.
LANES = RUN
LOG2_E = 1.4426950408889634
ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
FAR_AWAY = np.float32(100.0)

# Gauss-Legendre nodes on [-1, 1] and their weights, 5 points.
NODES = (-0.9061798459386640, -0.5384693101056831, 0.0, 0.5384693101056831, 0.9061798459386640)
WEIGHTS = (0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891)


class Pixels(NamedTuple):
    """Scratch for a list of pixels: offset from the pixel nearest the centre and mean of each, and the runs of
    neighbours that they are: place of each run's first pixel in the light, and length. `strips` are of their cells."""

    dx: Float32Array
    dy: Float32Array
    mean: Float32Array
    place: IntArray
    length: IntArray
    strips: Strips


class Fan(NamedTuple):
    """Scratch for the fan: pixels, their edges, the edges' pieces on either side of the foot, and the pieces' nodes."""

    place: IntArray
    sides: IntArray
    start_x: FloatArray
    start_y: FloatArray
    upright: IntArray
    integral: FloatArray
    edge: IntArray
    low: FloatArray
    high: FloatArray
    distance: FloatArray
    middle: Float32Array
    half: Float32Array
    sum: Float32Array
    radius2: Float32Array
    weight: Float32Array
    light: Float32Array


@piece
def whole_lanes(count: int) -> int:
    """`count` rounded up to a multiple of `LANES`."""
    return (count + LANES - 1) // LANES * LANES


@piece
def make_pixels(length: int) -> Pixels:
    """Room for `length` pixels."""
    room = whole_lanes(length) + RUN
    dx, dy, mean = np.empty(room, np.float32), np.empty(room, np.float32), np.empty(room, np.float32)
    return Pixels(dx, dy, mean, np.empty(length, np.int64), np.empty(length, np.int64), make_strips())


@piece
def make_fan() -> Fan:
    """Room for `FAN_PIXELS` pixels; memory that no fan reaches is never touched."""
    edges = whole_lanes(4 * FAN_PIXELS)
    pieces = 2 * MOST_PARTS * edges
    nodes = pieces * len(NODES)
    return Fan(
        np.empty(FAN_PIXELS, np.int64),
        np.empty((FAN_PIXELS, 4), np.int64),
        np.empty(edges),
        np.empty(edges),
        np.empty(edges, np.int64),
        np.empty(edges),
        np.empty(pieces, np.int64),
        np.empty(edges),
        np.empty(edges),
        np.empty(pieces),
        np.empty(pieces, np.float32),
        np.empty(pieces, np.float32),
        np.empty(pieces, np.float32),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
    )


@piece
def row_range(spans: Spans, ellipse: Ellipse) -> tuple[int, int]:
    """First row, and the one after the last, of the spans whose pixel centres can lie in the ellipse."""
    return rows_of(ellipse, spans.first, spans.first + spans.starts.shape[0])


@piece
def column_range(spans: Spans, ellipse: Ellipse, row: int) -> tuple[int, int]:
    """First column, and the one after the last, of this row's span whose pixel centres lie in the ellipse."""
    return columns_of(ellipse, row, spans.starts[row - spans.first], spans.stops[row - spans.first])


@piece
def collect_pixels(
    spans: Spans, ellipse: Ellipse, hole: Ellipse, column0: float, row0: float, pixels: Pixels
) -> tuple[int, int]:
    """List the pixels of the spans that are in the ellipse and not in the hole; returns the numbers of pixels and runs.

    What follows the list up to whole lanes is far away. A limit below 0 is no hole.
    """
    count = 0
    runs = 0
    first_row, end_row = row_range(spans, ellipse)
    first_hollow, end_hollow = row_range(spans, hole) if hole.limit >= 0.0 else (end_row, end_row)
    for row in range(first_row, end_row):
        start, stop = column_range(spans, ellipse, row)
        left, right = column_range(spans, hole, row) if first_hollow <= row < end_hollow else (stop, stop)
        for first, end in ((start, min(left, stop)), (max(right, start, left), stop)):
            if first < end:
                for column in range(first, end, RUN):
                    dx, dy = np.float32(column - column0), np.float32(row - row0)
                    put_run(pixels.dx, pixels.dy, count + column - first, dx, dy)
                pixels.place[runs] = spans.places[row - spans.first] + first
                pixels.length[runs] = end - first
                count += end - first
                runs += 1
    put_run(pixels.dx, pixels.dy, count, FAR_AWAY, FAR_AWAY)
    return count, runs


@piece
def put_means(light: Float32Array, pixels: Pixels, runs: int) -> None:
    """Write the means of the listed pixels to where they stand."""
    count = 0
    for run in range(runs):
        place = pixels.place[run]
        for i in range(pixels.length[run]):
            light[place + i] = pixels.mean[count + i]
        count += pixels.length[run]


@piece
def add_light(image: Float32Array, light: Float32Array) -> None:
    """Add one object's light to the image."""
    for i in range(image.shape[0]):
        image[i] += light[i]


@piece
def collect_fan(spans: Spans, ellipse: Ellipse, fan: Fan) -> tuple[int, int]:
    """List the pixels in the ellipse, each with its four sides among shared edges; returns the two numbers.

    Sides are top (smaller y), right, bottom, left. An edge begins at its smaller coordinates, relative to the centre,
    worked out alike for whichever pixel meets it first: no bit depends on where the canvas ends.
    """
    count = 0
    edges = 0
    above = 0
    above_start = 0
    above_stop = 0
    first_row, end_row = row_range(spans, ellipse)
    for row in range(first_row, end_row):
        start, stop = column_range(spans, ellipse, row)
        row_place = spans.places[row - spans.first]
        stop = min(stop, start + FAN_PIXELS - count)
        top = row - 0.5 - ellipse.y
        bottom = row + 0.5 - ellipse.y
        row_first = count
        for column in range(start, stop):
            left = column - 0.5 - ellipse.x
            right = column + 0.5 - ellipse.x
            fan.place[count] = row_place + column
            if above_start <= column < above_stop:
                fan.sides[count, 0] = fan.sides[above + column - above_start, 2]
            else:
                fan.sides[count, 0] = edges
                edges = _add_edge(fan, edges, left, top, 0)
            if column > start:
                fan.sides[count, 3] = fan.sides[count - 1, 1]
            else:
                fan.sides[count, 3] = edges
                edges = _add_edge(fan, edges, left, top, 1)
            fan.sides[count, 1] = edges
            edges = _add_edge(fan, edges, right, top, 1)
            fan.sides[count, 2] = edges
            edges = _add_edge(fan, edges, left, bottom, 0)
            count += 1
        above, above_start, above_stop = row_first, start, stop
    return count, edges


@piece
def _add_edge(fan: Fan, edges: int, x: float, y: float, upright: int) -> int:
    fan.start_x[edges] = x
    fan.start_y[edges] = y
    fan.upright[edges] = upright
    return edges + 1


@piece
def _asinh(x: float) -> float:
    """Inverse hyperbolic sine."""
    size = log(abs(x) + np.sqrt(x * x + 1.0))
    return size if x >= 0.0 else -size


@piece
def _measure_edges(fan: Fan, edges: int, cosine: float, sine: float, q: float) -> None:
    """Where isophotes are circles: the line's signed distance from the centre, and w at both ends of each edge."""
    for e in range(edges):
        x, y = fan.start_x[e], fan.start_y[e]
        step_x = cosine if fan.upright[e] == 0 else sine
        step_y = (-sine if fan.upright[e] == 0 else cosine) / q
        start_x = x * cosine + y * sine
        start_y = (y * cosine - x * sine) / q
        length = np.sqrt(step_x * step_x + step_y * step_y)
        cross = (start_x * step_y - start_y * step_x) / length
        distance = max(abs(cross), SHORTEST_DISTANCE)
        foot = (start_x * step_x + start_y * step_y) / length
        fan.distance[e] = distance if cross >= 0.0 else -distance
        fan.low[e] = _asinh(foot / distance)
        fan.high[e] = _asinh((foot + length) / distance)


@piece
def _set_piece(fan: Fan, piece: int, edge: int, low: float, high: float) -> int:
    fan.edge[piece] = edge
    fan.distance[piece] = fan.distance[edge]
    fan.middle[piece] = np.float32(0.5 * LOG2_E * (low + high))
    fan.half[piece] = np.float32(0.5 * LOG2_E * (high - low))
    return piece + 1


@piece
def _split_pieces(fan: Fan, pieces: int, longest: float) -> int:
    """Cut pieces longer than `longest` in w into up to `MOST_PARTS` equal parts; returns the number of pieces."""
    all_pieces = pieces
    for j in range(pieces):
        whole = fan.half[j]
        parts = min(int(2.0 * whole / (LOG2_E * longest)) + 1, MOST_PARTS)
        if parts == 1:
            continue
        half = whole / np.float32(parts)
        low = fan.middle[j] - whole
        fan.half[j] = half
        fan.middle[j] = low + half
        for k in range(1, parts):
            fan.edge[all_pieces] = fan.edge[j]
            fan.distance[all_pieces] = fan.distance[j]
            fan.half[all_pieces] = half
            fan.middle[all_pieces] = low + np.float32(2 * k + 1) * half
            all_pieces += 1
    return all_pieces


@piece
def place_nodes(fan: Fan, edges: int, cosine: float, sine: float, q: float, longest: float) -> int:
    """Nodes of all edges: squared radius and the weight by which G counts; returns the number of pieces.

    No piece is longer in w than `longest`, but for few. The nodes of number k of all pieces stand together: node = k *
    pieces + piece. w is kept in units of ln 2.
    """
    all_edges = whole_lanes(edges)
    for e in range(edges, all_edges):
        _add_edge(fan, e, 1.0, 1.0, 0)
    _measure_edges(fan, all_edges, cosine, sine, q)
    pieces = edges
    for e in range(edges):
        low, high = fan.low[e], fan.high[e]
        if low < 0.0 < high:
            pieces = _set_piece(fan, pieces, e, low, 0.0)
            low = 0.0
        _set_piece(fan, e, e, low, high)
    if longest < np.inf:
        pieces = _split_pieces(fan, pieces, longest)
    used = pieces
    pieces = whole_lanes(pieces)
    for j in range(used, pieces):
        _set_piece(fan, j, 0, 0.0, 0.0)
    for k in range(len(NODES)):
        radius2 = fan.radius2[k * pieces : (k + 1) * pieces]
        weight = fan.weight[k * pieces : (k + 1) * pieces]
        node = np.float32(NODES[k])
        node_weight = np.float32(WEIGHTS[k] / LOG2_E)
        for j in range(pieces):
            growth = exp2f(fan.middle[j] + fan.half[j] * node)
            cosh = HALF * (growth + ONE / growth)
            distance = np.float32(fan.distance[j])
            across = distance * cosh
            radius2[j] = across * across
            turn = fan.half[j] * node_weight / cosh
            weight[j] = turn if distance >= ZERO else -turn
    return pieces


@piece
def put_fan(light: Float32Array, fan: Fan, count: int, edges: int, pieces: int, scale: float) -> None:
    """Sum `light` over the nodes of each edge and the edges of each pixel; write `scale` times that to the canvas."""
    total = fan.sum[:pieces]
    for j in range(pieces):
        total[j] = ZERO
    for k in range(len(NODES)):
        weight = fan.weight[k * pieces : (k + 1) * pieces]
        node_light = fan.light[k * pieces : (k + 1) * pieces]
        for j in range(pieces):
            total[j] += weight[j] * node_light[j]
    for e in range(edges):
        fan.integral[e] = 0.0
    for j in range(pieces):
        fan.integral[fan.edge[j]] += total[j]
    for j in range(count):
        top, right, bottom, left = fan.sides[j, 0], fan.sides[j, 1], fan.sides[j, 2], fan.sides[j, 3]
        flux = (fan.integral[top] - fan.integral[bottom]) + (fan.integral[right] - fan.integral[left])
        light[fan.place[j]] = np.float32(scale * flux)
