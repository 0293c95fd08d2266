"""Mean over a pixel of the light of a disc whose arms wind too fast for nodes: an integral along the pixel's edges.

In the plane of the disc, at the radius r and the angle phi, the light is disc(r) (between(r) + strength(r) arms(psi)),
psi = m phi - winding(r). Its integral over phi is known, whatever the winding: with A the integral of the arms over
psi, Green's theorem turns a pixel's flux into the integral along its edges of

    disc(r) (between(r) phi + strength(r) A(psi) / m) r dr.

phi counts from the pixel's own direction and A from the gap between arms that is nearest to its centre, where A is as
small as the light: so a dark gap is not the difference of bright parts. An edge passes the centre at the distance D;
t = D sinh(w) from the foot of the perpendicular spreads what lies near it, and r dr = t dt.

Edges are cut into panels of a few nodes each. Where psi runs through many arms within a panel, A is replaced by its
mean over a cell of it, which is known too, as if psi were linear there: then nothing is left of arms that wind faster
than that, as nothing should be. Where psi bends too much for that, cells are smaller, and the sum over them is of the
fourth order. The bulge, round as seen, is a signed fan (see `pixel_mean`) along the same edges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.base2 import exp2f
from deepbench_fast.kernels.elementary import atan, atan2, exp, floor, log, sincos
from deepbench_fast.kernels.elementary32 import atanf, floorf

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
# The winding at a squared radius, in float64 and in float32, and its derivative by ln(r).
Winding = Callable[[float, Any], float]
Winding32 = Callable[[np.float32, Any], np.float32]
# Offset from the centre in the image to place in the disc's plane, and radius squared.
Plane = Callable[[float, float, Any], tuple[float, float, float]]

PI = 3.141592653589793
TWO_PI = 6.283185307179586
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
THREE = np.float32(3.0)
PI_32 = np.float32(PI)
INVERSE_TWO_PI = np.float32(1.0 / TWO_PI)
# 2 pi in two parts: products of the first with a small integer are exact in float32.
TWO_PI_HIGH = np.float32(6.28125)
TWO_PI_LOW = np.float32(TWO_PI - 6.28125)
SIX = np.float32(6.0)
LOG2_E_32 = np.float32(LOG2_E)
A_SIXTH = np.float32(1.0 / 6.0)
A_24TH = np.float32(1.0 / 24.0)
SMALLEST_R2 = np.float32(1e-20)
TINY = 1e-30

# Gauss-Legendre nodes and weights on [0, 1].
NODES = (
    0.019855071751231884,
    0.10166676129318664,
    0.2372337950418355,
    0.4082826787521751,
    0.5917173212478249,
    0.7627662049581645,
    0.8983332387068134,
    0.9801449282487681,
)
WEIGHTS = (
    0.05061426814518813,
    0.11119051722668724,
    0.15685332293894363,
    0.181341891689181,
    0.181341891689181,
    0.15685332293894363,
    0.11119051722668724,
    0.05061426814518813,
)
FOUR_NODES = (-0.4305681557970263, -0.16999052179242813, 0.16999052179242813, 0.4305681557970263)
FOUR_WEIGHTS = (0.17392742256872692, 0.32607257743127305, 0.32607257743127305, 0.17392742256872692)
LANES = 8
# Longest panel in w, and by how many e-folds the disc may fall along it. Cells have a rule of the second order.
PANEL = 2.0
FOLDS = 8.0
PANEL_IN_CELLS = 0.5
FOLDS_IN_CELLS = 0.3
DARK = 88.0
# Standard deviations of arms, or radians, that the nodes of a panel can show; in so many parts at most, and only this
# near to the centre, where float32 tells them. Otherwise it has cells.
SHOWN = 9.0
MOST_SHOWN = 24.0
FARTHEST = 100.0
CELLS = 24
# Nearer to the foot than this part of a pixel, or of the radius where the light falls, nothing matters.
NEAREST = 2e-3
NEAREST_OF_BULGE = 1e-4
FALLS = 2.0
# Pixels whose centres are farther from the bulge's, along x or y, have its mean by nodes.
BULGE = 2.0
# Of s**3 exp(-s) / x**4, integrated from 0 to x: 1 / (k! (k + 4)), the last one first.
BULGE_SERIES = tuple(np.float32(1.0 / term) for term in (55440, 7200, 1080, 192, 42, 12, 5, 4))
# Turns of psi within a cell below which the mean of A is that of its ends.
SLOW = 1e-3
# How far psi bends along a cell, in radians, where the mean of A is still that along a line; where psi bends more,
# panels are cut so that it bends by less than this, into so many of a part of an edge at most.
BENT = 0.002
MOST_BENT = 0.005
MOST_BENT_PANELS = 160

# Table of the arms' integrals, from the ridge to where they have ended: this many standard deviations from it.
ROWS = 64
ARM_END = 7.0
FIRST, SECOND, ARM, SLOPE_1, SLOPE_2, SLOPE_3 = (ROWS * k for k in range(6))
TABLE_LENGTH = 6 * ROWS

# Of edges: ends in the image; direction and psi of their pixel. In the disc's plane: distance of the foot, its angle,
# the angle's sign; scale of t; t and w of the ends and of where arms fade; how fast winding may be. In the image:
# signed distance of the foot, scale, w of the ends.
EDGES = 128
EDGES_OF_A_PIXEL = 16
(
    X0, Y0, X1, Y1, REF_U, REF_V, REF_PSI, DISTANCE, AT, SIGN, STRETCH, START, STOP, BEGIN, END, KINK, KINK_W, STEEPEST,
    BENDING, B_DISTANCE, B_STRETCH, B_BEGIN, B_END,
) = (EDGES * k for k in range(23))  # fmt: skip
EDGES_LENGTH = 23 * EDGES
# Of panels: distance of the foot, half the scale of t, where w begins, how wide it is; angle at the foot and its sign;
# psi but for the angle and the winding; integral.
PANELS = 2048
PANELS_OF_AN_EDGE = 1280
# And of its node at hand: 2 pi times gaps before it, offset from its gap's middle, weights of A and of all else.
FOOT, SCALE, LOW, WIDE, ANGLE, TURN, PSI, SUM, WHOLE, OFF, OF_ARMS, REST, AT_END, IS_BENT = (
    PANELS * k for k in range(14)
)
PANELS_LENGTH = 14 * PANELS
# Panels of nodes, of cells, of the bulge.
OF_NODES, OF_CELLS, OF_BULGE = range(3)


class Arms(NamedTuple):
    """The end of the table and its step."""

    end: float
    step: float


class Scratch(NamedTuple):
    """Tables of the arms' integrals; edges; three lists of panels, their owners and number; light of pixels."""

    table: FloatArray
    table32: Float32Array
    edges: FloatArray
    edge_owner: IntArray
    panels: Float32Array
    cells: FloatArray
    bulge: Float32Array
    owner: IntArray
    listed: IntArray
    before: FloatArray
    disc_light: FloatArray
    in_cells: FloatArray
    bulge_light: FloatArray


@piece
def make_scratch(pixels: int) -> Scratch:
    """Room for the light of so many pixels."""
    return Scratch(
        np.empty(TABLE_LENGTH),
        np.empty(TABLE_LENGTH, np.float32),
        np.empty(EDGES_LENGTH),
        np.empty(EDGES, np.int64),
        np.empty(PANELS_LENGTH, np.float32),
        np.empty(PANELS_LENGTH),
        np.empty(PANELS_LENGTH, np.float32),
        np.empty(3 * PANELS, np.int64),
        np.empty(3, np.int64),
        np.empty(4 * PANELS),
        np.empty(pixels),
        np.empty(pixels),
        np.empty(pixels),
    )


@piece
def tabulate_arms(kappa: float, scaled_i0: float, s: Scratch) -> Arms:
    """Tabulate exp(kappa (cos a - 1)) / scaled_i0, its derivatives and its integrals from a to pi, at 0 <= a <= end.

    Integrals are those of quintics, summed from the far end, so that small ones are as exact as others.
    """
    table = s.table
    end = min(PI, ARM_END / np.sqrt(kappa))
    step = end / (ROWS - 1)
    for i in range(ROWS):
        half_sine, half_cosine = sincos(0.5 * step * i)
        square = half_sine * half_sine
        arm = exp(-2.0 * kappa * square) / scaled_i0
        fall = kappa * (2.0 * half_sine * half_cosine)
        curve = kappa * (1.0 - 2.0 * square)
        table[ARM + i] = arm
        table[SLOPE_1 + i] = -fall * arm
        table[SLOPE_2 + i] = (fall * fall - curve) * arm
        table[SLOPE_3 + i] = fall * (1.0 + 3.0 * curve - fall * fall) * arm
    table[FIRST + ROWS - 1] = 0.0
    table[SECOND + ROWS - 1] = 0.0
    for i in range(ROWS - 2, -1, -1):
        first = 0.5 * (table[ARM + i] + table[ARM + i + 1])
        first += step / 10.0 * (table[SLOPE_1 + i] - table[SLOPE_1 + i + 1])
        first += step * step / 120.0 * (table[SLOPE_2 + i] + table[SLOPE_2 + i + 1])
        table[FIRST + i] = table[FIRST + i + 1] + step * first
        second = 0.5 * (table[FIRST + i] + table[FIRST + i + 1])
        second += step / 10.0 * (table[ARM + i + 1] - table[ARM + i])
        second -= step * step / 120.0 * (table[SLOPE_1 + i] + table[SLOPE_1 + i + 1])
        table[SECOND + i] = table[SECOND + i + 1] + step * second
    for i in range(TABLE_LENGTH):
        s.table32[i] = np.float32(table[i])
    return Arms(end, step)


@piece
def _from_gap(psi: np.float32) -> tuple[np.float32, np.float32]:
    """2 pi times the number of gaps between arms before psi, and how far psi is from the middle of its own."""
    gap = floorf(psi * INVERSE_TWO_PI)
    high, low = gap * TWO_PI_HIGH, gap * TWO_PI_LOW
    return high + low, ((psi - high) - low) - PI_32


@piece
def _arm_integral(
    whole: np.float32, off: np.float32, end: np.float32, step: np.float32, inverse: np.float32, table: Float32Array
) -> np.float32:
    """A: the integral of the arms from the middle of the gap in 0 <= psi <= 2 pi."""
    a = min(max(PI_32 - abs(off), ZERO), end)
    i = np.int64(a * inverse + HALF)
    x = a - np.float32(i) * step
    last = table[SLOPE_2 + i] * A_SIXTH + x * (table[SLOPE_3 + i] * A_24TH)
    beyond = table[FIRST + i] - x * (table[ARM + i] + x * (HALF * table[SLOPE_1 + i] + x * last))
    return np.float32(whole + (beyond if off >= ZERO else -beyond))


@piece
def _both_integrals(psi: float, arms: Arms, table: FloatArray) -> tuple[float, float]:
    """A, and its integral over psi."""
    gap = floor(psi / TWO_PI)
    off = (psi - TWO_PI * gap) - PI
    a = min(max(PI - abs(off), 0.0), arms.end)
    i = int(a / arms.step + 0.5)
    x = a - i * arms.step
    arm, slope1, slope2, slope3 = table[ARM + i], table[SLOPE_1 + i], table[SLOPE_2 + i], table[SLOPE_3 + i]
    beyond = table[FIRST + i] - x * (arm + x * (0.5 * slope1 + x * (slope2 / 6.0 + x * slope3 / 24.0)))
    within = 0.5 * arm + x * (slope1 / 6.0 + x * (slope2 / 24.0 + x * slope3 / 120.0))
    second = table[SECOND + i] - x * (table[FIRST + i] - x * within)
    whole = TWO_PI * gap
    return whole + (beyond if off >= 0.0 else -beyond), whole * (0.5 * whole + off) + second


@piece
def _asinh(x: float) -> float:
    size = abs(x)
    value = log(size + np.sqrt(size * size + 1.0))
    return value if x >= 0.0 else -value


@piece
def _sinh(w: float) -> float:
    grown = exp(w)
    return 0.5 * (grown - 1.0 / grown)


@piece
def _reference(dx: float, dy: float, plane: Plane, winding: Winding, shape: Any) -> tuple[float, float, float]:
    """Direction of a place in the disc's plane, and psi there, from the gap before it on, but for the winding."""
    u, v, r2 = plane(dx, dy, shape)
    wound = winding(r2, shape)
    psi = shape.spiral.arms * atan2(v, u) - shape.offset - wound
    return u, v, (psi - TWO_PI * floor(psi / TWO_PI)) + wound


@piece
def _list_edges(
    dx: FloatArray, dy: FloatArray, first: int, s: Scratch, plane: Plane, winding: Winding, shape: Any
) -> tuple[int, int]:
    """List the edges of the pixels from `first` on, as far as there is room; returns the next pixel, and their number.

    A pixel that holds the centre is cut there into parts, so that it is at their corners.
    """
    edges = s.edges
    count = 0
    pixel = first
    while pixel < dx.shape[0] and count + EDGES_OF_A_PIXEL <= EDGES:
        left, right, bottom, top = dx[pixel] - 0.5, dx[pixel] + 0.5, dy[pixel] - 0.5, dy[pixel] + 0.5
        across, down = min(max(0.0, left), right), min(max(0.0, bottom), top)
        for part in range(4):
            x0, x1 = (left, across) if part % 2 == 0 else (across, right)
            y0, y1 = (bottom, down) if part // 2 == 0 else (down, top)
            if x0 >= x1 or y0 >= y1:
                continue
            u, v, psi = _reference(0.5 * (x0 + x1), 0.5 * (y0 + y1), plane, winding, shape)
            for side in range(4):
                edges[X0 + count] = x0 if side % 3 == 0 else x1
                edges[Y0 + count] = y0 if side < 2 else y1
                edges[X1 + count] = x1 if side < 2 else x0
                edges[Y1 + count] = y0 if side % 3 == 0 else y1
                edges[REF_U + count] = u
                edges[REF_V + count] = v
                edges[REF_PSI + count] = psi
                s.edge_owner[count] = pixel
                count += 1
        pixel += 1
    for k in range(7):
        for edge in range(count, (count + LANES - 1) // LANES * LANES):
            edges[k * EDGES + edge] = edges[k * EDGES + count - 1]
    return pixel, count


@piece
def _measure_edges(
    count: int, least: float, least_of_bulge: float, s: Scratch, plane: Plane, turning: Winding, shape: Any
) -> None:
    """Where edges stand from their feet, and how fast psi may run along them."""
    edges = s.edges
    for j in range((count + LANES - 1) // LANES * LANES):
        x0, y0, x1, y1 = edges[X0 + j], edges[Y0 + j], edges[X1 + j], edges[Y1 + j]
        u0, v0, _ = plane(x0, y0, shape)
        u1, v1, _ = plane(x1, y1, shape)
        du, dv = u1 - u0, v1 - v0
        inverse = 1.0 / np.sqrt(du * du + dv * dv)
        start, stop = (u0 * du + v0 * dv) * inverse, (u1 * du + v1 * dv) * inverse
        offset = (u0 * dv - v0 * du) * inverse
        distance = max(abs(offset), TINY)
        scale = max(distance, least)
        turn = 1.0 if offset >= 0.0 else -1.0
        u, v = 0.5 * (u0 + u1), 0.5 * (v0 + v1)
        angle = atan2(edges[REF_U + j] * v - edges[REF_V + j] * u, edges[REF_U + j] * u + edges[REF_V + j] * v)
        edges[AT + j] = angle - turn * atan(0.5 * (start + stop) / distance)
        edges[SIGN + j] = turn
        edges[DISTANCE + j] = distance
        edges[STRETCH + j] = scale
        edges[START + j] = start
        edges[STOP + j] = stop
        edges[BEGIN + j] = _asinh(start / scale)
        edges[END + j] = _asinh(stop / scale)
        kink = np.sqrt(max(1.0 - distance * distance, 0.0))
        edges[KINK + j] = kink
        edges[KINK_W + j] = _asinh(kink / scale)
    for j in range((count + LANES - 1) // LANES * LANES):
        square = edges[DISTANCE + j] * edges[DISTANCE + j]
        start, stop = edges[START + j], edges[STOP + j]
        middle = 0.5 * (start + stop)
        first, last = turning(square + start * start, shape), turning(square + stop * stop, shape)
        between = turning(square + middle * middle, shape)
        edges[STEEPEST + j] = max(max(abs(first), abs(last)), abs(between))
        edges[BENDING + j] = max(abs(between - first), abs(last - between)) / (edges[END + j] - edges[BEGIN + j])
    for j in range((count + LANES - 1) // LANES * LANES):
        x0, y0, x1, y1 = edges[X0 + j], edges[Y0 + j], edges[X1 + j], edges[Y1 + j]
        length = np.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
        offset = (x0 * (y1 - y0) - y0 * (x1 - x0)) / length
        scale = max(abs(offset), least_of_bulge)
        edges[B_DISTANCE + j] = offset
        edges[B_STRETCH + j] = scale
        edges[B_BEGIN + j] = _asinh((x0 * (x1 - x0) + y0 * (y1 - y0)) / (length * scale))
        edges[B_END + j] = _asinh((x1 * (x1 - x0) + y1 * (y1 - y0)) / (length * scale))


@piece
def _part(part: int, first: float, last: float, kink: float) -> tuple[float, float]:
    """Ends of the four parts of an edge from first to last: it is cut at the foot, 0, and on both sides of it."""
    low = first if part == 0 else (-kink if part == 1 else (0.0 if part == 2 else kink))
    high = last if part == 3 else (-kink if part == 0 else (0.0 if part == 1 else kink))
    return min(max(low, first), last), min(max(high, first), last)


@piece
def _put_panel(panels: Any, i: int, low: float, wide: float, edges: FloatArray, j: int) -> None:
    """Set a panel of an edge."""
    panels[FOOT + i] = edges[DISTANCE + j]
    panels[SCALE + i] = 0.5 * edges[STRETCH + j]
    panels[LOW + i] = low
    panels[WIDE + i] = wide
    panels[ANGLE + i] = edges[AT + j]
    panels[TURN + i] = edges[SIGN + j]
    panels[PSI + i] = edges[REF_PSI + j]


@piece
def _list_disc_panels(j: int, slope: float, root: float, s: Scratch, shape: Any) -> None:
    """List the panels of an edge: it is cut at its foot, and where arms fade."""
    edges = s.edges
    distance = edges[DISTANCE + j]
    for part in range(4):
        low, high = _part(part, edges[BEGIN + j], edges[END + j], edges[KINK_W + j])
        if low >= high:
            continue
        a, b = _part(part, edges[START + j], edges[STOP + j], edges[KINK + j])
        near = np.sqrt(distance * distance + min(a * a, b * b))
        farther2 = max(a * a, b * b)
        far = np.sqrt(distance * distance + farther2)
        if slope * near > DARK:
            continue
        fast = (shape.spiral.arms * distance) / near + edges[STEEPEST + j] * np.sqrt(farther2) / far
        shown = fast * root * (high - low) / SHOWN
        folds = min(slope * far, DARK) - slope * near
        in_cells, bent = shown > MOST_SHOWN or far > FARTHEST, 0.0
        if in_cells:
            count = int((high - low) / PANEL_IN_CELLS + folds / FOLDS_IN_CELLS) + 1
            cell = (high - low) / (count * CELLS)
            bent = edges[BENDING + j] * cell * cell
            if bent > BENT:
                count = max(count, min(int(count * np.sqrt(bent / MOST_BENT)) + count, MOST_BENT_PANELS))
        else:
            count = int(max((high - low) / PANEL + folds / FOLDS, shown)) + 1
        wide = (high - low) / count
        which = OF_CELLS if in_cells else OF_NODES
        for k in range(count):
            i = s.listed[which]
            s.owner[which * PANELS + i] = s.edge_owner[j]
            if in_cells:
                _put_panel(s.cells, i, low + wide * k, wide, edges, j)
                s.cells[IS_BENT + i] = 1.0 if bent > BENT else 0.0
            else:
                _put_panel(s.panels, i, low + wide * k, wide, edges, j)
            s.listed[which] = i + 1


@piece
def _list_bulge_panels(j: int, s: Scratch) -> None:
    """List the panels of an edge along which the bulge's fan runs."""
    edges = s.edges
    for part in range(1, 3):
        low, high = _part(part, edges[B_BEGIN + j], edges[B_END + j], np.inf)
        if low >= high:
            continue
        count = int((high - low) / PANEL) + 1
        for k in range(count):
            i = s.listed[OF_BULGE]
            s.owner[OF_BULGE * PANELS + i] = s.edge_owner[j]
            s.bulge[FOOT + i] = edges[B_DISTANCE + j]
            s.bulge[SCALE + i] = 0.5 * edges[B_STRETCH + j]
            s.bulge[LOW + i] = low + (high - low) / count * k
            s.bulge[WIDE + i] = (high - low) / count
            s.listed[OF_BULGE] = i + 1


@piece
def _strength(r: Any, shape: Any) -> tuple[Any, Any]:
    """Part of the disc in arms and between them."""
    core = min(r, ONE)
    gap = ONE - core
    most = shape.spiral.arm_strength
    between = shape.spiral.between + most * (gap * gap * (THREE - TWO * gap))
    return most * (core * core * (THREE - TWO * core)), between


@piece
def _place(panels: Float32Array, j: int, part: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """2 cosh(w) at this part of a panel, the place from the foot, and the squared radius."""
    grown = exp2f((panels[LOW + j] + panels[WIDE + j] * part) * LOG2_E_32)
    shrunk = ONE / grown
    foot = panels[FOOT + j]
    t = panels[SCALE + j] * (grown - shrunk)
    return grown + shrunk, t, max(foot * foot + t * t, SMALLEST_R2)


@piece
def _along_panels(s: Scratch, arms: Arms, winding: Winding32, shape: Any) -> None:
    """Integrals along the panels of nodes."""
    panels, table = s.panels, s.table32
    count = s.listed[OF_NODES]
    length = (count + LANES - 1) // LANES * LANES
    number = np.float32(shape.spiral.arms)
    inverse_number = np.float32(1.0 / shape.spiral.arms)
    end, step, inverse_step = np.float32(arms.end), np.float32(arms.step), np.float32(1.0 / arms.step)
    slope = shape.spiral.disc_slope
    for j in range(length):
        panels[SUM + j] = ZERO
    for node in range(8):
        part = np.float32(NODES[node])
        weight = np.float32(WEIGHTS[node])
        for j in range(length):
            twice_cosh, t, r2 = _place(panels, j, part)
            r = np.sqrt(r2)
            angle = panels[ANGLE + j] + panels[TURN + j] * atanf(t / panels[FOOT + j])
            psi = panels[PSI + j] + number * angle - winding(r2, shape)
            whole, off = _from_gap(psi)
            strength, between = _strength(r, shape)
            weighted = (weight * twice_cosh) * (t * exp2f(slope * r))
            panels[WHOLE + j] = whole
            panels[OFF + j] = off
            panels[OF_ARMS + j] = weighted * (strength * inverse_number)
            panels[REST + j] = weighted * (between * angle)
        # Look-ups apart: a loop that holds one is not vectorised.
        for j in range(count):
            a = _arm_integral(panels[WHOLE + j], panels[OFF + j], end, step, inverse_step, table)
            panels[SUM + j] += panels[REST + j] + panels[OF_ARMS + j] * a
    for j in range(count):
        s.disc_light[s.owner[j]] -= float(panels[WIDE + j] * panels[SCALE + j] * panels[SUM + j])


@piece
def _look_along_cells(cell: int, length: int, panels: FloatArray, winding: Winding, shape: Any) -> None:
    """psi in the middle of the cells before, and what A is weighted with at the ends of these."""
    number = shape.spiral.arms
    slope = LN_2 * float(shape.spiral.disc_slope)
    for j in range(length):
        foot = panels[FOOT + j]
        step = panels[WIDE + j] / CELLS
        grown = exp(panels[LOW + j] + step * cell)
        shrunk = 1.0 / grown
        t = panels[SCALE + j] * (grown - shrunk)
        r = np.sqrt(foot * foot + t * t)
        strength, _ = _strength(r, shape)
        panels[AT_END + j] = step * (grown + shrunk) * t * exp(slope * r) * strength / number
        grown = exp(panels[LOW + j] + step * (cell - 0.5))
        t = panels[SCALE + j] * (grown - 1.0 / grown)
        r2 = max(foot * foot + t * t, float(SMALLEST_R2))
        angle = panels[ANGLE + j] + panels[TURN + j] * atan(t / foot)
        panels[WHOLE + j] = panels[PSI + j] + number * angle - winding(r2, shape)


@piece
def _bent(j: int, psi: float, first: float, mean: float, s: Scratch) -> float:
    """Integral of the weighted A over a cell that ends at psi, where psi bends and A rises by much: to fourth order.

    `first` is A at its end, `mean` its mean along a line in psi.
    """
    panels, psi_before = s.cells, s.before[j]
    rise, turned = first - s.before[PANELS + j], psi - psi_before
    begin, end = s.before[3 * PANELS + j], panels[AT_END + j]
    bent = panels[WHOLE + j] - 0.5 * (psi + psi_before)
    rising = 0.0 if abs(turned) < SLOW else rise / turned
    weight = (4.0 * panels[OF_ARMS + j] + begin + end) / 6.0
    return float(weight * (mean + 2.0 / 3.0 * bent * rising) + (end - begin) * rise / 12.0)


@piece
def _along_cells(s: Scratch, arms: Arms, winding: Winding, shape: Any) -> None:
    """Integrals along the panels of cells."""
    panels, table = s.cells, s.table
    count = s.listed[OF_CELLS]
    length = (count + LANES - 1) // LANES * LANES
    number = shape.spiral.arms
    slope = LN_2 * float(shape.spiral.disc_slope)
    any_bent = False
    for j in range(length):
        panels[SUM + j] = 0.0
        any_bent = any_bent or (j < count and panels[IS_BENT + j] > 0.0)
    for cell in range(CELLS + 1):
        for j in range(length):
            foot = panels[FOOT + j]
            step = panels[WIDE + j] / CELLS
            grown = exp(panels[LOW + j] + step * cell)
            t = panels[SCALE + j] * (grown - 1.0 / grown)
            r2 = max(foot * foot + t * t, float(SMALLEST_R2))
            angle = panels[ANGLE + j] + panels[TURN + j] * atan(t / foot)
            panels[OFF + j] = panels[PSI + j] + number * angle - winding(r2, shape)
            # The middle of the cell before.
            grown = exp(panels[LOW + j] + step * (cell - 0.5))
            shrunk = 1.0 / grown
            t = panels[SCALE + j] * (grown - shrunk)
            r = np.sqrt(foot * foot + t * t)
            angle = panels[ANGLE + j] + panels[TURN + j] * atan(t / foot)
            strength, between = _strength(r, shape)
            weighted = step * (grown + shrunk) * t * exp(slope * r)
            panels[OF_ARMS + j] = weighted * strength / number
            panels[REST + j] = weighted * between * angle
        if any_bent:
            _look_along_cells(cell, length, panels, winding, shape)
        for j in range(count):
            psi = panels[OFF + j]
            first, second = _both_integrals(psi, arms, table)
            turned = psi - s.before[j]
            slow = abs(turned) < SLOW
            mean = 0.5 * (first + s.before[PANELS + j]) if slow else (second - s.before[2 * PANELS + j]) / turned
            of_arms = panels[OF_ARMS + j] * mean
            if any_bent and panels[IS_BENT + j] > 0.0:
                of_arms = _bent(j, psi, first, mean, s)
                s.before[3 * PANELS + j] = panels[AT_END + j]
            panels[SUM + j] += panels[REST + j] + of_arms if cell > 0 else 0.0
            s.before[j] = psi
            s.before[PANELS + j] = first
            s.before[2 * PANELS + j] = second
    for j in range(count):
        s.in_cells[s.owner[OF_CELLS * PANELS + j]] -= panels[SCALE + j] * panels[SUM + j]


@piece
def _bulge_within(x: np.float32) -> np.float32:
    """Integral of s**3 exp(-s) from 0 to x: the light of the bulge within a radius."""
    series = ZERO
    for term in BULGE_SERIES:
        series = term - x * series
    whole = SIX - exp2f(-LOG2_E_32 * x) * (SIX + x * (SIX + x * (THREE + x)))
    return x * x * x * x * series if x < ONE else whole


@piece
def _along_bulge(s: Scratch, shape: Any) -> None:
    """The fan along the panels of the bulge."""
    panels = s.bulge
    count = s.listed[OF_BULGE]
    length = (count + LANES - 1) // LANES * LANES
    scale = np.float32(-LN_2 * float(shape.spiral.bulge_slope))
    for j in range(length):
        panels[SUM + j] = ZERO
    for node in range(8):
        part = np.float32(NODES[node])
        weight = np.float32(WEIGHTS[node])
        for j in range(length):
            twice_cosh, _, r2 = _place(panels, j, part)
            within = _bulge_within(scale * np.sqrt(np.sqrt(r2)))
            panels[SUM + j] += (weight * twice_cosh) * (within / r2)
    to_light = 2.0 / float(scale * scale * scale * scale)
    for j in range(count):
        fan = float(panels[WIDE + j] * panels[SCALE + j] * (panels[FOOT + j] * panels[SUM + j]))
        s.bulge_light[s.owner[OF_BULGE * PANELS + j]] += to_light * fan


@piece
def _holds_bulge(dx: float, dy: float) -> bool:
    """Whether a pixel is so near to the bulge's cusp that only its fan tells its mean."""
    return max(abs(dx), abs(dy)) < BULGE


@piece
def _bulge_by_nodes(dx: float, dy: float, shape: Any) -> float:
    """Mean of the bulge over a pixel that does not hold its cusp."""
    mean = ZERO
    for node in range(16):
        x = np.float32(dx + FOUR_NODES[node % 4])
        y = np.float32(dy + FOUR_NODES[node // 4])
        weight = np.float32(FOUR_WEIGHTS[node % 4] * FOUR_WEIGHTS[node // 4])
        mean += weight * exp2f(shape.spiral.bulge_slope * np.sqrt(np.sqrt(x * x + y * y)))
    return float(mean)


@piece
def means_of_wound(
    dx: FloatArray,
    dy: FloatArray,
    means: Float32Array,
    s: Scratch,
    plane: Plane,
    winding: Winding,
    winding32: Winding32,
    turning: Winding,
    shape: Any,
) -> None:
    """Means over the pixels at these offsets of a disc with arms and its bulge.

    `shape.spiral` has the constants of `spiral_galaxy.Spiral`, `shape.offset` is what the winding leaves out.
    """
    spiral = shape.spiral
    arms = tabulate_arms(spiral.kappa, spiral.scaled_i0, s)
    slope = -LN_2 * float(spiral.disc_slope)
    bulge_slope = -LN_2 * float(spiral.bulge_slope)
    root = max(np.sqrt(spiral.kappa), 1.0)
    for pixel in range(dx.shape[0]):
        s.disc_light[pixel] = 0.0
        s.in_cells[pixel] = 0.0
        by_nodes = spiral.bulge_peak > ZERO and not _holds_bulge(dx[pixel], dy[pixel])
        s.bulge_light[pixel] = _bulge_by_nodes(dx[pixel], dy[pixel], shape) if by_nodes else 0.0
    next_pixel = 0
    for which in range(3):
        s.listed[which] = 0
    while next_pixel < dx.shape[0]:
        next_pixel, count = _list_edges(dx, dy, next_pixel, s, plane, winding, shape)
        _measure_edges(
            count,
            NEAREST * min(1.0, FALLS / slope),
            NEAREST_OF_BULGE * min(1.0, FALLS * FALLS / (bulge_slope * bulge_slope)),
            s,
            plane,
            turning,
            shape,
        )
        for j in range(count + 1):
            full = max(s.listed[OF_NODES], max(s.listed[OF_CELLS], s.listed[OF_BULGE])) > PANELS - PANELS_OF_AN_EDGE
            if full or j == count:
                _along_panels(s, arms, winding32, shape)
                _along_cells(s, arms, winding, shape)
                _along_bulge(s, shape)
                for which in range(3):
                    s.listed[which] = 0
            if j < count:
                _list_disc_panels(j, slope, root, s, shape)
                if spiral.bulge_peak > ZERO and _holds_bulge(dx[s.edge_owner[j]], dy[s.edge_owner[j]]):
                    _list_bulge_panels(j, s)
    for pixel in range(dx.shape[0]):
        disc = float(spiral.disc_peak) * ((s.disc_light[pixel] + s.in_cells[pixel]) / spiral.mirror)
        means[pixel] = np.float32(max(disc + float(spiral.bulge_peak) * s.bulge_light[pixel], 0.0))
