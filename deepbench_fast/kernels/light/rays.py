"""Mean over a pixel of a source that is seen through a lens: an integral along rays from the lens, of an integral.

A lens is singular, or nearly so, at its own centre only, and the deflection of a singular isothermal ellipsoid is the
same all along a ray from there: in the source plane the ray is a straight line. So with k the slope of a ray from the
lens, and x how far it goes along the axis to which it is nearer, a pixel's light is

    integral over k of J(k),  J(k) = integral of I(beta(x, k x)) x dx over what the pixel holds of the ray,

where the lens's centre is no special place. Two things can be sharp: the source's cusp along a line, and J where a line
passes that cusp.

Along a line that passes the source's centre at the distance D, t = (D / L) sinh(w) from the foot of the perpendicular,
the light is smooth in w however near it passes; where it keeps clear of the centre it is smooth in t itself. The rays
of a softened lens bend: they are cut into pieces that are nearly straight. J itself is cut in halves where lines sweep
over the source in strides longer than their distance from its centre, and where the last terms of its Legendre series
are not small.

Everything is done for many rays at a time, those of many intervals and pixels, none of which knows of another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.elementary import exp, floor, log

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# Where the ray at an offset from the lens left the source, whose isophotes are circles about 0.
Place = Callable[[float, float, Any], tuple[float, float]]
# By how many powers of 2 the light fell at a squared radius there, and light that fell by so many.
Fall = Callable[[np.float32, Any], np.float32]
Light = Callable[[np.float32, Any], np.float32]
# Cosine and sine of some right angles.
Turn = tuple[float, float]

# Gauss-Legendre nodes and weights on [0, 1].
NODES = np.array(
    [
        0.019855071751231884,
        0.10166676129318664,
        0.2372337950418355,
        0.4082826787521751,
        0.5917173212478249,
        0.7627662049581645,
        0.8983332387068134,
        0.9801449282487681,
    ]
)
WEIGHTS = np.array(
    [
        0.05061426814518813,
        0.11119051722668724,
        0.15685332293894363,
        0.181341891689181,
        0.181341891689181,
        0.15685332293894363,
        0.11119051722668724,
        0.05061426814518813,
    ]
)
# Rays of an interval of k, and nodes of a panel.
LANES = 8
_X = 2.0 * NODES - 1.0
_X2 = _X * _X
# Of values at the nodes: weights whose sums are the last two terms of their Legendre series.
SIXTH = 13.0 * WEIGHTS * (((231.0 * _X2 - 315.0) * _X2 + 105.0) * _X2 - 5.0) / 16.0
SEVENTH = 15.0 * WEIGHTS * (((429.0 * _X2 - 693.0) * _X2 + 315.0) * _X2 - 35.0) * _X / 16.0
# These may be so large, as parts of a pixel's light.
TOLERANCE = 4e-4
# A stride over the source that no ray of an interval can miss, in units of the radius where the light fell by 2**-20.
STRIDE = 0.3
# A ray that keeps away from the source's centre by this part of its length, that is nearly straight, and along which
# the light falls by few powers of 2, needs no w: its nodes are even.
CLEAR = 0.25
NEARLY_STRAIGHT = 0.1
STEEPEST = 16.0
# Longest panel in w.
PANEL = 2.0
# A piece of a ray is straight where its middle strays from the chord by no more than these parts of the chord's
# distance from the source's centre, and of its own length.
STRAY = 0.1
STRAY_OF_LENGTH = 1e-2
NEWTON_STEPS = 4
DIFFERENCE = 1e-4
# Pieces are cut so often at most, and intervals.
MOST_CUTS = 20
DEEPEST = 40
# Light that fell by so many powers of 2 is 0.
FAINTEST = 127.0
TINY = 1e-280
FAR_AWAY = 1e300
# Parts of a pixel so thin that they don't matter, and a place on the ray next to the centre.
SLIVER = 1e-6

# How much is worked on together: pixels; their intervals of one depth, all of them and those of a pixel; rays; pieces
# of a ray, panels of a piece, and panels.
PIXELS = 32
MOST_OF_A_PIXEL = 64
MOST_INTERVALS = PIXELS * MOST_OF_A_PIXEL
RAYS = 64
MOST_PIECES = 32
MOST_PANELS = 48
PANELS = 2 * MOST_PIECES * MOST_PANELS

# What is known of rays stands in one array, since a loop over several would not be vectorised. Of the starts of all
# rays, then of their stops: how far along the axis, offset from the lens, place in the source, fall of the light there.
X, DX, DY, U, V, FELL = (2 * RAYS * k for k in range(6))
STOP = RAYS
# Of each ray: slope, turn of its sector; how far it strays from straight, how near it comes to the source's centre; on
# what part of it the even nodes stand, if they do; squared radius at a node; J.
K, COSINE, SINE, STRAYS, NEAR, BEGIN, WIDTH, IS_CLEAR, Z2, LIGHT = (RAYS * (12 + k) for k in range(10))
RAYS_LENGTH = 22 * RAYS
# Of panels: the piece, its slope and turn, in the source plane a + t d; t = foot + scale sinh(w), where w begins, how
# wide it is; e**w and the squared radius at a node; integral.
START, SPAN, SLOPE, COS, SIN, A_U, A_V, D_U, D_V, FOOT, SCALE, LOW, WIDE, GROWN, RADIUS2, SUM = (
    PANELS * k for k in range(16)
)
PANELS_LENGTH = 16 * PANELS


class Source(NamedTuple):
    """What is known of a source: beyond `edge` its light is 0, within `finest` of a line no more of it matters.

    `straight`: rays from the lens's centre are straight in the source plane.
    """

    edge: float
    finest: float
    straight: bool


class Scratch(NamedTuple):
    """Light of pixels and number of their intervals; intervals of two depths; rays; panels and their rays; pieces."""

    total: FloatArray
    queued: IntArray
    pixel: IntArray
    turn: IntArray
    low: FloatArray
    high: FloatArray
    integral: FloatArray
    error: FloatArray
    rays: FloatArray
    panels: FloatArray
    owner: IntArray
    start: FloatArray
    stop: FloatArray


class Piece(NamedTuple):
    """Part of a ray: along the axis from `start` over `span`, slope and turn; in the source plane nearly a + t d."""

    start: float
    span: float
    k: float
    turn: Turn
    a: tuple[float, float]
    d: tuple[float, float]


@piece
def make_scratch() -> Scratch:
    """Room for `PIXELS` pixels at a time; memory that is not reached is never touched."""
    return Scratch(
        np.empty(PIXELS),
        np.empty(PIXELS, np.int64),
        np.empty((2, MOST_INTERVALS), np.int64),
        np.empty((2, MOST_INTERVALS), np.int64),
        np.empty((2, MOST_INTERVALS)),
        np.empty((2, MOST_INTERVALS)),
        np.empty(MOST_INTERVALS),
        np.empty(MOST_INTERVALS),
        np.empty(RAYS_LENGTH),
        np.empty(PANELS_LENGTH),
        np.empty(PANELS, np.int64),
        np.empty(MOST_PIECES + 2),
        np.empty(MOST_PIECES + 2),
    )


@piece
def _right_angles(count: int) -> Turn:
    """Cosine and sine of so many right angles, counter-clockwise."""
    return (1.0, 0.0, -1.0, 0.0)[count], (0.0, 1.0, 0.0, -1.0)[count]


@piece
def _turned_back(x: float, y: float, turn: Turn) -> tuple[float, float]:
    return x * turn[0] + y * turn[1], y * turn[0] - x * turn[1]


@piece
def _place_on_ray(x: float, k: float, turn: Turn, place: Place, shape: Any) -> tuple[float, float]:
    y = k * x
    return place(x * turn[0] - y * turn[1], x * turn[1] + y * turn[0], shape)


@piece
def _asinh(x: float) -> float:
    size = abs(x)
    value = log(size + np.sqrt(size * size + 1.0))
    return value if x >= 0.0 else -value


@piece
def _place_ends(
    first: int, count: int, here: int, dx: FloatArray, dy: FloatArray, s: Scratch, place: Place, fall: Fall, shape: Any
) -> None:
    """Where the rays of some intervals enter and leave their pixels, and where in the source these places are."""
    rays = s.rays
    for j in range(RAYS // LANES):
        i = first + min(j, count - 1)
        low, high = s.low[here, i], s.high[here, i]
        turn = _right_angles(s.turn[here, i])
        x, y = _turned_back(dx[s.pixel[here, i]], dy[s.pixel[here, i]], turn)
        x1, x2, y1, y2 = max(x - 0.5, SLIVER), x + 0.5, y - 0.5, y + 0.5
        for lane in range(LANES):
            ray = j * LANES + lane
            k = low + (high - low) * NODES[lane]
            k = k if abs(k) > TINY else TINY
            bottom = y1 / k
            top = y2 / k
            start = max(x1, min(bottom, top))
            stop = max(start, min(x2, max(bottom, top)))
            rays[K + ray] = k
            rays[COSINE + ray] = turn[0]
            rays[SINE + ray] = turn[1]
            rays[X + ray] = start
            rays[X + STOP + ray] = stop
            rays[DX + ray] = start * turn[0] - k * start * turn[1]
            rays[DY + ray] = start * turn[1] + k * start * turn[0]
            rays[DX + STOP + ray] = stop * turn[0] - k * stop * turn[1]
            rays[DY + STOP + ray] = stop * turn[1] + k * stop * turn[0]
    for end in range(2 * RAYS):
        u, v = place(rays[DX + end], rays[DY + end], shape)
        rays[U + end] = u
        rays[V + end] = v
        rays[FELL + end] = fall(np.float32(u * u + v * v), shape)


@piece
def _measure_strays(rays: FloatArray, place: Place, shape: Any) -> None:
    """How far the middles of rays are from those of their chords."""
    for ray in range(RAYS):
        middle = 0.5 * (rays[X + ray] + rays[X + STOP + ray])
        u, v = _place_on_ray(middle, rays[K + ray], (rays[COSINE + ray], rays[SINE + ray]), place, shape)
        u -= 0.5 * (rays[U + ray] + rays[U + STOP + ray])
        v -= 0.5 * (rays[V + ray] + rays[V + STOP + ray])
        rays[STRAYS + ray] = np.sqrt(u * u + v * v)


@piece
def _measure_rays(rays: FloatArray, fall: Fall, source: Source, shape: Any) -> None:
    """How near rays come to the source's centre, whether even nodes will do, and on what part of each they stand."""
    for ray in range(RAYS):
        a = rays[U + ray], rays[V + ray]
        d = rays[U + STOP + ray] - a[0], rays[V + STOP + ray] - a[1]
        stray = rays[STRAYS + ray]
        length2 = max(d[0] * d[0] + d[1] * d[1], TINY)
        length = np.sqrt(length2)
        foot = -(a[0] * d[0] + a[1] * d[1]) / length2
        at = min(max(foot, 0.0), 1.0)
        u = a[0] + at * d[0]
        v = a[1] + at * d[1]
        near = max(np.sqrt(u * u + v * v) - 2.0 * stray, 0.0)
        distance = abs(a[0] * d[1] - a[1] * d[0]) / length
        edge = source.edge + 4.0 * stray
        reach = np.sqrt(max((edge - distance) * (edge + distance), 0.0)) / length
        begin = max(0.0, foot - reach)
        farthest = min(max(rays[FELL + ray], rays[FELL + STOP + ray]), FAINTEST)
        falls = farthest - fall(np.float32(near * near), shape)
        is_clear = (near > CLEAR * length) & (stray <= NEARLY_STRAIGHT * length) & (falls <= STEEPEST)
        is_empty = rays[X + STOP + ray] <= rays[X + ray]
        rays[NEAR + ray] = FAR_AWAY if is_empty else near
        rays[BEGIN + ray] = begin
        rays[WIDTH + ray] = max(min(1.0, foot + reach) - begin, 0.0) if is_clear else 0.0
        rays[IS_CLEAR + ray] = 1.0 if is_clear or is_empty else 0.0
        rays[LIGHT + ray] = 0.0


@piece
def _along_clear_rays(rays: FloatArray, place: Place, fall: Fall, light: Light, source: Source, shape: Any) -> None:
    """J of the rays on which even nodes will do."""
    for node in range(LANES):
        part = NODES[node]
        weight = WEIGHTS[node]
        if source.straight:
            for ray in range(RAYS):
                t = rays[BEGIN + ray] + rays[WIDTH + ray] * part
                u = rays[U + ray] + t * (rays[U + STOP + ray] - rays[U + ray])
                v = rays[V + ray] + t * (rays[V + STOP + ray] - rays[V + ray])
                rays[Z2 + ray] = u * u + v * v
        else:
            for ray in range(RAYS):
                t = rays[BEGIN + ray] + rays[WIDTH + ray] * part
                x = rays[X + ray] + t * (rays[X + STOP + ray] - rays[X + ray])
                u, v = _place_on_ray(x, rays[K + ray], (rays[COSINE + ray], rays[SINE + ray]), place, shape)
                rays[Z2 + ray] = u * u + v * v
        for ray in range(RAYS):
            span = rays[X + STOP + ray] - rays[X + ray]
            x = rays[X + ray] + (rays[BEGIN + ray] + rays[WIDTH + ray] * part) * span
            weighted = weight * rays[WIDTH + ray] * span * x
            rays[LIGHT + ray] += weighted * light(fall(np.float32(rays[Z2 + ray]), shape), shape)


@piece
def _distance(a: tuple[float, float], d: tuple[float, float]) -> float:
    """Of the straight path from a to a + d from 0."""
    t = -(a[0] * d[0] + a[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY)
    t = min(max(t, 0.0), 1.0)
    u, v = a[0] + t * d[0], a[1] + t * d[1]
    return float(np.sqrt(u * u + v * v))


@piece
def _cut_ray(ray: int, s: Scratch, place: Place, source: Source, shape: Any) -> int:
    """Cut a ray into pieces that are nearly straight, in `start` and `stop`; returns their number.

    Improves on the ray's distance from the source's centre.
    """
    rays = s.rays
    s.start[0] = rays[X + ray]
    s.stop[0] = rays[X + STOP + ray]
    if source.straight:
        return 1
    k, turn = rays[K + ray], (rays[COSINE + ray], rays[SINE + ray])
    shortest = (s.stop[0] - s.start[0]) * 2.0**-MOST_CUTS
    pieces = 1
    done = 0
    nearest = FAR_AWAY
    while done < pieces:
        begin = s.start[done]
        end = s.stop[done]
        middle = 0.5 * (begin + end)
        a = _place_on_ray(begin, k, turn, place, shape)
        b = _place_on_ray(end, k, turn, place, shape)
        m = _place_on_ray(middle, k, turn, place, shape)
        d = b[0] - a[0], b[1] - a[1]
        near = _distance(a, d)
        off_u = m[0] - 0.5 * (a[0] + b[0])
        off_v = m[1] - 0.5 * (a[1] + b[1])
        stray = np.sqrt(off_u * off_u + off_v * off_v)
        bent = stray > STRAY * near + STRAY_OF_LENGTH * np.sqrt(d[0] * d[0] + d[1] * d[1])
        if bent and end - begin > shortest and near < source.edge + 2.0 * stray and pieces < MOST_PIECES:
            s.stop[done] = middle
            s.start[pieces] = middle
            s.stop[pieces] = end
            pieces += 1
        else:
            nearest = min(nearest, max(near - 2.0 * stray, 0.0))
            done += 1
    rays[NEAR + ray] = nearest
    return pieces


@piece
def _at_foot(piece: Piece, place: Place, shape: Any) -> Piece:
    """A bent piece with the tangent where it is nearest to the source's centre, by Newton's method.

    As it was, if that is at an end.
    """
    a, d = piece.a, piece.d
    t = -(a[0] * d[0] + a[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY)
    t = min(max(t, 0.0), 1.0)
    for step in range(NEWTON_STEPS):
        p = _place_on_ray(piece.start + t * piece.span, piece.k, piece.turn, place, shape)
        step_t = DIFFERENCE if t < 0.5 else -DIFFERENCE
        q = _place_on_ray(piece.start + (t + step_t) * piece.span, piece.k, piece.turn, place, shape)
        d = (q[0] - p[0]) / step_t, (q[1] - p[1]) / step_t
        a = p[0] - t * d[0], p[1] - t * d[1]
        if step < NEWTON_STEPS - 1:
            t = min(max(t - (p[0] * d[0] + p[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY), 0.0), 1.0)
    if 0.0 < t < 1.0:
        return Piece(piece.start, piece.span, piece.k, piece.turn, a, d)
    return piece


@piece
def _list_panels(count: int, ray: int, piece: Piece, stray: float, s: Scratch, source: Source) -> int:
    """Add the panels of a piece of a ray to the list; returns their new number."""
    a, d = piece.a, piece.d
    length2 = max(d[0] * d[0] + d[1] * d[1], TINY)
    length = np.sqrt(length2)
    foot = -(a[0] * d[0] + a[1] * d[1]) / length2
    distance = abs(a[0] * d[1] - a[1] * d[0]) / length
    edge = source.edge + stray
    if distance >= edge:
        return count
    reach = np.sqrt((edge - distance) * (edge + distance)) / length
    first = max(-foot, -reach)
    last = min(1.0 - foot, reach)
    if first >= last:
        return count
    scale = max(distance, source.finest) / length
    low = _asinh(first / scale)
    high = _asinh(last / scale)
    middle = min(max(0.0, low), high)
    for side in range(2):
        begin = low if side == 0 else middle
        end = middle if side == 0 else high
        if end <= begin:
            continue
        panels = int(min(floor((end - begin) / PANEL) + 1.0, MOST_PANELS / 2.0))
        width = (end - begin) / panels
        for panel in range(panels):
            s.owner[count] = ray
            s.panels[START + count] = piece.start
            s.panels[SPAN + count] = piece.span
            s.panels[SLOPE + count] = piece.k
            s.panels[COS + count] = piece.turn[0]
            s.panels[SIN + count] = piece.turn[1]
            s.panels[A_U + count] = a[0]
            s.panels[A_V + count] = a[1]
            s.panels[D_U + count] = d[0]
            s.panels[D_V + count] = d[1]
            s.panels[FOOT + count] = foot
            s.panels[SCALE + count] = 0.5 * scale
            s.panels[LOW + count] = begin + width * panel
            s.panels[WIDE + count] = width
            count += 1
    return count


@piece
def _along_panels(count: int, s: Scratch, place: Place, fall: Fall, light: Light, source: Source, shape: Any) -> None:
    """Add the integrals of light times x over the listed panels to J of their rays."""
    panels = s.panels
    length = (count + LANES - 1) // LANES * LANES
    for j in range(length):
        panels[SUM + j] = 0.0
    for node in range(LANES):
        part = NODES[node]
        weight = WEIGHTS[node]
        for j in range(length):
            panels[GROWN + j] = exp(panels[LOW + j] + panels[WIDE + j] * part)
        if source.straight:
            for j in range(length):
                grown = panels[GROWN + j]
                t = panels[FOOT + j] + panels[SCALE + j] * (grown - 1.0 / grown)
                u = panels[A_U + j] + t * panels[D_U + j]
                v = panels[A_V + j] + t * panels[D_V + j]
                panels[RADIUS2 + j] = u * u + v * v
        else:
            for j in range(length):
                grown = panels[GROWN + j]
                x = (
                    panels[START + j]
                    + (panels[FOOT + j] + panels[SCALE + j] * (grown - 1.0 / grown)) * panels[SPAN + j]
                )
                turn = panels[COS + j], panels[SIN + j]
                u, v = _place_on_ray(x, panels[SLOPE + j], turn, place, shape)
                panels[RADIUS2 + j] = u * u + v * v
        for j in range(length):
            grown = panels[GROWN + j]
            shrunk = 1.0 / grown
            x = panels[START + j] + (panels[FOOT + j] + panels[SCALE + j] * (grown - shrunk)) * panels[SPAN + j]
            weighted = weight * (grown + shrunk) * x
            panels[SUM + j] += weighted * light(fall(np.float32(panels[RADIUS2 + j]), shape), shape)
    for j in range(count):
        whole = panels[WIDE + j] * panels[SCALE + j] * panels[SPAN + j] * panels[SUM + j]
        s.rays[LIGHT + s.owner[j]] += whole


@piece
def _along_near_rays(used: int, s: Scratch, place: Place, fall: Fall, light: Light, source: Source, shape: Any) -> None:
    """J of those rays that pass near the source's centre, or bend, or along which the light falls far."""
    rays = s.rays
    count = 0
    for ray in range(used + 1):
        if count > 0 and (ray == used or count > PANELS - MOST_PIECES * MOST_PANELS):
            _along_panels(count, s, place, fall, light, source, shape)
            count = 0
        if ray == used or rays[IS_CLEAR + ray] == 1.0:
            continue
        k, turn = rays[K + ray], (rays[COSINE + ray], rays[SINE + ray])
        for j in range(_cut_ray(ray, s, place, source, shape)):
            start, span = s.start[j], s.stop[j] - s.start[j]
            a = rays[U + ray], rays[V + ray]
            b = rays[U + STOP + ray], rays[V + STOP + ray]
            stray = 0.0
            if not source.straight:
                a = _place_on_ray(start, k, turn, place, shape)
                b = _place_on_ray(s.stop[j], k, turn, place, shape)
                m = _place_on_ray(start + 0.5 * span, k, turn, place, shape)
                off_u = m[0] - 0.5 * (a[0] + b[0])
                off_v = m[1] - 0.5 * (a[1] + b[1])
                stray = 4.0 * np.sqrt(off_u * off_u + off_v * off_v)
            piece = Piece(start, span, k, turn, a, (b[0] - a[0], b[1] - a[1]))
            if not source.straight:
                piece = _at_foot(piece, place, shape)
            count = _list_panels(count, ray, piece, stray, s, source)


@piece
def _skips(first: int, nearest: float, rays: FloatArray, source: Source) -> bool:
    """Whether an interval's rays, seen across themselves, stride past the source unseen.

    `nearest` is the least distance from the source's centre of those that were looked at.
    """
    middle, last = first + LANES // 2, first + LANES - 1
    a = rays[U + middle], rays[V + middle]
    b = rays[U + STOP + middle], rays[V + STOP + middle]
    d = b[0] - a[0], b[1] - a[1]
    length2 = max(d[0] * d[0] + d[1] * d[1], TINY)
    foot = min(max(-(a[0] * d[0] + a[1] * d[1]) / length2, 0.0), 1.0)
    scale = 1.0 / (np.sqrt(length2) * (NODES[LANES - 1] - NODES[0]))
    at_foot = 0.0
    skips = False
    for end in range(2):
        u, v = a if end == 0 else b
        j = end * STOP
        stride_u = rays[U + j + last] - rays[U + j + first]
        stride_v = rays[V + j + last] - rays[V + j + first]
        stride = (stride_u * d[1] - stride_v * d[0]) * scale
        at_foot += stride * (1.0 - foot if end == 0 else foot)
        stride = abs(stride)
        distance = np.sqrt(u * u + v * v)
        skips |= stride > max(STRIDE, distance) and distance - stride < source.edge
    at_foot = abs(at_foot)
    return skips or (at_foot > max(STRIDE, nearest) and nearest - at_foot < source.edge)


@piece
def _over_intervals(
    intervals: int,
    here: int,
    dx: FloatArray,
    dy: FloatArray,
    s: Scratch,
    place: Place,
    fall: Fall,
    light: Light,
    source: Source,
    shape: Any,
) -> None:
    """Integrals of J over all intervals, and their errors: infinite where rays may pass the source's cusp unseen."""
    rays = s.rays
    together = RAYS // LANES
    for first in range(0, intervals, together):
        count = min(together, intervals - first)
        _place_ends(first, count, here, dx, dy, s, place, fall, shape)
        if source.straight:
            for ray in range(RAYS):
                rays[STRAYS + ray] = 0.0
        else:
            _measure_strays(rays, place, shape)
        _measure_rays(rays, fall, source, shape)
        _along_clear_rays(rays, place, fall, light, source, shape)
        _along_near_rays(count * LANES, s, place, fall, light, source, shape)
        for j in range(count):
            total = 0.0
            sixth = 0.0
            seventh = 0.0
            nearest = FAR_AWAY
            for lane in range(LANES):
                ray = j * LANES + lane
                total += WEIGHTS[lane] * rays[LIGHT + ray]
                sixth += SIXTH[lane] * rays[LIGHT + ray]
                seventh += SEVENTH[lane] * rays[LIGHT + ray]
                nearest = min(nearest, rays[NEAR + ray])
            width = s.high[here, first + j] - s.low[here, first + j]
            s.integral[first + j] = total * width
            skips = _skips(j * LANES, nearest, rays, source)
            s.error[first + j] = np.inf if skips else (abs(sixth) + abs(seventh)) * width


@piece
def _add_interval(count: int, here: int, pixel: int, turn: int, low: float, high: float, s: Scratch) -> int:
    """Add an interval to the list of this depth; returns their new number."""
    s.pixel[here, count] = pixel
    s.turn[here, count] = turn
    s.low[here, count] = low
    s.high[here, count] = high
    return count + 1


@piece
def _list_intervals(count: int, pixel: int, x: float, y: float, s: Scratch) -> int:
    """Add the slopes of rays that meet a pixel to the list, in intervals without a kink; returns their new number."""
    for turn in range(4):
        cx, cy = _turned_back(x, y, _right_angles(turn))
        x1, x2, y1, y2 = max(cx - 0.5, SLIVER), cx + 0.5, cy - 0.5, cy + 0.5
        if x2 <= x1:
            continue
        low = max(-1.0, y1 / x2 if y1 > 0.0 else y1 / x1)
        high = min(1.0, y2 / x1 if y2 > 0.0 else y2 / x2)
        if high <= low:
            continue
        # Slopes of the other two corners: there the limits of rays have kinks.
        near = min(max(y1 / x1 if y1 > 0.0 else y1 / x2, low), high)
        far = min(max(y2 / x2 if y2 > 0.0 else y2 / x1, low), high)
        for part in range(3):
            begin = low if part == 0 else (min(near, far) if part == 1 else max(near, far))
            end = high if part == 2 else (min(near, far) if part == 0 else max(near, far))
            if end > begin:
                count = _add_interval(count, 0, pixel, turn, begin, end, s)
    return count


@piece
def _cut_intervals(intervals: int, here: int, pixels: int, s: Scratch) -> int:
    """List the halves of those intervals whose integrals are not good enough, and take these back; their number."""
    for pixel in range(pixels):
        s.queued[pixel] = 0
    count = 0
    for i in range(intervals):
        pixel = s.pixel[here, i]
        if s.error[i] > TOLERANCE * s.total[pixel] and s.queued[pixel] + 2 <= MOST_OF_A_PIXEL:
            low, high, turn = s.low[here, i], s.high[here, i], s.turn[here, i]
            middle = 0.5 * (low + high)
            s.total[pixel] -= s.integral[i]
            s.queued[pixel] += 2
            count = _add_interval(count, 1 - here, pixel, turn, low, middle, s)
            count = _add_interval(count, 1 - here, pixel, turn, middle, high, s)
    return count


@piece
def means_along_rays(
    dx: FloatArray,
    dy: FloatArray,
    means: npt.NDArray[np.float32],
    s: Scratch,
    place: Place,
    fall: Fall,
    light: Light,
    source: Source,
    shape: Any,
) -> None:
    """Means over the pixels whose centres lie at (dx, dy) from the lens."""
    for first in range(0, dx.shape[0], PIXELS):
        x, y = dx[first : first + PIXELS], dy[first : first + PIXELS]
        pixels = x.shape[0]
        count = 0
        for pixel in range(pixels):
            s.total[pixel] = 0.0
            count = _list_intervals(count, pixel, x[pixel], y[pixel], s)
        for depth in range(DEEPEST + 1):
            here = depth % 2
            _over_intervals(count, here, x, y, s, place, fall, light, source, shape)
            for i in range(count):
                s.total[s.pixel[here, i]] += s.integral[i]
            count = _cut_intervals(count, here, pixels, s) if depth < DEEPEST else 0
            if count == 0:
                break
        for pixel in range(pixels):
            means[first + pixel] = np.float32(s.total[pixel])
