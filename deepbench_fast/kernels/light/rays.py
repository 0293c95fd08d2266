"""Mean over a pixel of a source that is seen through a lens: an integral along rays from the lens, of an integral.

A lens is singular, or nearly so, at its own centre only, and the deflection of a singular isothermal ellipsoid is the
same all along a ray from there: in the source plane the ray is a straight line. So with k the slope of a ray from the
lens, and x how far it goes along the axis to which it is nearer, a pixel's light is

    integral over k of J(k),  J(k) = integral of I(beta(x, k x)) x dx over what the pixel holds of the ray,

where the lens's centre is no special place. Two things can be sharp: the source's cusp along a line, and J where a line
passes that cusp.

Along a line that passes the source's centre at the distance D, t = (D / L) sinh(w) from the foot of the perpendicular,
the light is smooth in w however near it passes. The rays of a softened lens bend: they are cut into pieces that are
nearly straight. J itself is cut in halves where lines sweep over the source in strides longer than their distance from
its centre, and where two halves don't sum to the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import exp, floor, log

FloatArray = npt.NDArray[np.float64]
# Where the ray at an offset from the lens left the source, whose isophotes are circles about 0.
Place = Callable[[float, float, Any], tuple[float, float]]
# Light at a squared radius there.
Profile = Callable[[np.float32, Any], np.float32]

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
# Longest interval of w with one set of nodes.
PANEL = 2.0
# A piece of a ray is straight where its middle strays from the chord by no more than these parts of the chord's
# distance from the source's centre, and of its own length.
STRAY = 0.1
STRAY_OF_LENGTH = 1e-2
NEWTON_STEPS = 4
DIFFERENCE = 1e-4
# Pieces are cut so often at most, and intervals of k; a pixel has so many intervals at most.
MOST_CUTS = 20
DEEPEST = 40
MOST_INTERVALS = 250
# A stride over the source that no node of an interval of k can miss, in units of `Profile`'s radius.
STRIDE = 0.3
TOLERANCE = 2e-5
TINY = 1e-280
# Parts of a pixel so thin that they don't matter, and a place on the ray next to the centre.
SLIVER = 1e-6


class Scratch(NamedTuple):
    """Intervals of k that wait: their ends, their integrals, the turn of their sector; pieces of a ray that wait."""

    low: FloatArray
    high: FloatArray
    integral: FloatArray
    turn: npt.NDArray[np.int64]
    depth: npt.NDArray[np.int64]
    start: FloatArray
    stop: FloatArray


class Source(NamedTuple):
    """What is known of a source: beyond `edge` its light is 0, within `finest` of a line no more of it matters."""

    edge: float
    finest: float
    straight: bool


@inline
def make_scratch() -> Scratch:
    """Room for one pixel's integral."""
    intervals = 4 * (DEEPEST + 4)
    return Scratch(
        np.empty(intervals),
        np.empty(intervals),
        np.empty(intervals),
        np.empty(intervals, np.int64),
        np.empty(intervals, np.int64),
        np.empty(MOST_CUTS + 2),
        np.empty(MOST_CUTS + 2),
    )


@inline
def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """(x, y) turned by so many right angles, counter-clockwise."""
    if turn == 0:
        return x, y
    if turn == 1:
        return -y, x
    if turn == 2:
        return -x, -y
    return y, -x


@inline
def _place_on_ray(x: float, k: float, turn: int, place: Place, shape: Any) -> tuple[float, float]:
    dx, dy = _turned(x, k * x, turn)
    return place(dx, dy, shape)


@inline
def _asinh(x: float) -> float:
    size = abs(x)
    value = log(size + np.sqrt(size * size + 1.0))
    return value if x >= 0.0 else -value


@inline
def _panels(
    low: float,
    high: float,
    foot: float,
    scale: float,
    start: float,
    stop: float,
    k: float,
    turn: int,
    a: tuple[float, float],
    d: tuple[float, float],
    place: Place,
    profile: Profile,
    source: Source,
    shape: Any,
) -> float:
    """Integral over w from `low` to `high` of the light along the line a + t d, t = foot + scale sinh(w)."""
    count = int(floor((high - low) / PANEL)) + 1
    width = (high - low) / count
    total = 0.0
    for panel in range(count):
        for node in range(8):
            grown = exp(low + width * (panel + NODES[node]))
            shrunk = 1.0 / grown
            t = foot + 0.5 * scale * (grown - shrunk)
            x = start + t * (stop - start)
            u = a[0] + t * d[0]
            v = a[1] + t * d[1]
            if not source.straight:
                u, v = _place_on_ray(x, k, turn, place, shape)
            light = profile(np.float32(u * u + v * v), shape)
            total += WEIGHTS[node] * 0.5 * scale * (grown + shrunk) * x * light
    return total * width


@inline
def _foot(
    start: float, stop: float, k: float, turn: int, foot: float, place: Place, shape: Any
) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Where a bent piece of a ray is nearest to the source's centre, by Newton's method, and the tangent there.

    The tangent is given by its points at t = 0 and the way from there to t = 1.
    """
    t = min(max(foot, 0.0), 1.0)
    p = (0.0, 0.0)
    d = (0.0, 0.0)
    for step in range(NEWTON_STEPS):
        p = _place_on_ray(start + t * (stop - start), k, turn, place, shape)
        step_t = DIFFERENCE if t < 0.5 else -DIFFERENCE
        q = _place_on_ray(start + (t + step_t) * (stop - start), k, turn, place, shape)
        d = (q[0] - p[0]) / step_t, (q[1] - p[1]) / step_t
        if step < NEWTON_STEPS - 1:
            t = min(max(t - (p[0] * d[0] + p[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY), 0.0), 1.0)
    return t, (p[0] - t * d[0], p[1] - t * d[1]), d


@inline
def _along_piece(
    start: float,
    stop: float,
    k: float,
    turn: int,
    a: tuple[float, float],
    b: tuple[float, float],
    stray: float,
    place: Place,
    profile: Profile,
    source: Source,
    shape: Any,
) -> float:
    """Integral of I x dx along a piece of a ray that is nearly a straight line from a to b."""
    d = b[0] - a[0], b[1] - a[1]
    if not source.straight:
        foot = -(a[0] * d[0] + a[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY)
        t, p, tangent = _foot(start, stop, k, turn, foot, place, shape)
        if 0.0 < t < 1.0:
            a, d = p, tangent
    length2 = max(d[0] * d[0] + d[1] * d[1], TINY)
    length = np.sqrt(length2)
    foot = -(a[0] * d[0] + a[1] * d[1]) / length2
    distance = abs(a[0] * d[1] - a[1] * d[0]) / length
    edge = source.edge + stray
    if distance >= edge:
        return 0.0
    reach = np.sqrt((edge - distance) * (edge + distance)) / length
    first = max(-foot, -reach)
    last = min(1.0 - foot, reach)
    if first >= last:
        return 0.0
    scale = max(distance, source.finest) / length
    low = _asinh(first / scale)
    high = _asinh(last / scale)
    middle = min(max(0.0, low), high)
    total = 0.0
    for side in range(2):
        begin = low if side == 0 else middle
        end = middle if side == 0 else high
        if end > begin:
            total += _panels(begin, end, foot, scale, start, stop, k, turn, a, d, place, profile, source, shape)
    return total * (stop - start)


@inline
def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Of the straight path from a to b from 0."""
    d = b[0] - a[0], b[1] - a[1]
    t = -(a[0] * d[0] + a[1] * d[1]) / max(d[0] * d[0] + d[1] * d[1], TINY)
    t = min(max(t, 0.0), 1.0)
    u, v = a[0] + t * d[0], a[1] + t * d[1]
    return float(np.sqrt(u * u + v * v))


@inline
def _along_ray(
    start: float,
    stop: float,
    k: float,
    turn: int,
    scratch: Scratch,
    place: Place,
    profile: Profile,
    source: Source,
    shape: Any,
) -> tuple[float, float]:
    """J of one ray between two places on it, and its distance in the source plane from the source's centre."""
    scratch.start[0] = start
    scratch.stop[0] = stop
    waiting = 1
    total = 0.0
    nearest = 1e300
    shortest = (stop - start) * 2.0**-MOST_CUTS
    while waiting > 0:
        waiting -= 1
        begin = scratch.start[waiting]
        end = scratch.stop[waiting]
        middle = 0.5 * (begin + end)
        a = _place_on_ray(begin, k, turn, place, shape)
        b = _place_on_ray(end, k, turn, place, shape)
        near = _distance(a, b)
        stray = 0.0
        if not source.straight:
            m = _place_on_ray(middle, k, turn, place, shape)
            off_u = m[0] - 0.5 * (a[0] + b[0])
            off_v = m[1] - 0.5 * (a[1] + b[1])
            stray = np.sqrt(off_u * off_u + off_v * off_v)
            length = np.sqrt((b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1]))
            bent = stray > STRAY * near + STRAY_OF_LENGTH * length
            if bent and end - begin > shortest and near < source.edge + 2.0 * stray:
                scratch.start[waiting] = begin
                scratch.stop[waiting] = middle
                scratch.start[waiting + 1] = middle
                scratch.stop[waiting + 1] = end
                waiting += 2
                continue
        nearest = min(nearest, max(near - 2.0 * stray, 0.0))
        total += _along_piece(begin, end, k, turn, a, b, 4.0 * stray, place, profile, source, shape)
    return total, nearest


@inline
def _limits(k: float, x1: float, x2: float, y1: float, y2: float) -> tuple[float, float]:
    """Where a ray of slope k enters and leaves the pixel."""
    low = x1
    high = x2
    if k > 0.0:
        low = max(low, y1 / k)
        high = min(high, y2 / k)
    elif k < 0.0:
        low = max(low, y2 / k)
        high = min(high, y1 / k)
    return max(low, SLIVER), high


@inline
def _over_interval(
    low: float,
    high: float,
    turn: int,
    x: float,
    y: float,
    scratch: Scratch,
    place: Place,
    profile: Profile,
    source: Source,
    shape: Any,
) -> tuple[float, float]:
    """Integral of J over k from `low` to `high`, and the least distance of its rays from the source's centre."""
    cx, cy = _turned(x, y, (4 - turn) % 4)
    total = 0.0
    nearest = 1e300
    for node in range(8):
        k = low + (high - low) * NODES[node]
        start, stop = _limits(k, cx - 0.5, cx + 0.5, cy - 0.5, cy + 0.5)
        if stop > start:
            light, near = _along_ray(start, stop, k, turn, scratch, place, profile, source, shape)
            total += WEIGHTS[node] * light
            nearest = min(nearest, near)
    return total * (high - low), nearest


@inline
def _skips(
    low: float,
    high: float,
    turn: int,
    x: float,
    y: float,
    nearest: float,
    place: Place,
    source: Source,
    shape: Any,
) -> bool:
    """Whether rays from slope `low` to slope `high`, seen across themselves, stride past the source unseen.

    `nearest` is the least distance from the source's centre of those that were looked at.
    """
    cx, cy = _turned(x, y, (4 - turn) % 4)
    k = 0.5 * (low + high)
    start, stop = _limits(k, cx - 0.5, cx + 0.5, cy - 0.5, cy + 0.5)
    a = _place_on_ray(start, k, turn, place, shape)
    b = _place_on_ray(stop, k, turn, place, shape)
    d = b[0] - a[0], b[1] - a[1]
    length2 = max(d[0] * d[0] + d[1] * d[1], TINY)
    foot = min(max(-(a[0] * d[0] + a[1] * d[1]) / length2, 0.0), 1.0)
    at_foot = 0.0
    skips = False
    for end in range(2):
        at = start if end == 0 else stop
        u, v = a if end == 0 else b
        p = _place_on_ray(at, low, turn, place, shape)
        q = _place_on_ray(at, high, turn, place, shape)
        stride = ((q[0] - p[0]) * d[1] - (q[1] - p[1]) * d[0]) / np.sqrt(length2)
        at_foot += stride * (1.0 - foot if end == 0 else foot)
        stride = abs(stride)
        distance = np.sqrt(u * u + v * v)
        skips |= stride > max(STRIDE, distance) and distance - stride < source.edge
    at_foot = abs(at_foot)
    return skips or (at_foot > max(STRIDE, nearest) and nearest - at_foot < source.edge)


@inline
def mean_along_rays(
    x: float, y: float, scratch: Scratch, place: Place, profile: Profile, source: Source, shape: Any
) -> float:
    """Mean over the pixel whose centre lies at (x, y) from the lens."""
    waiting = 0
    total = 0.0
    for turn in range(4):
        cx, cy = _turned(x, y, (4 - turn) % 4)
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
                scratch.low[waiting] = begin
                scratch.high[waiting] = end
                scratch.turn[waiting] = turn
                scratch.depth[waiting] = 0
                waiting += 1
    known = 0
    most = waiting + MOST_INTERVALS
    done = 0
    while waiting > 0:
        first = known < waiting
        at = known if first else waiting - 1
        low = scratch.low[at]
        high = scratch.high[at]
        turn = scratch.turn[at]
        depth = scratch.depth[at]
        whole = 0.0
        half = 0.0
        nearest = 1e300
        for piece in range(1 if first else 2):
            begin = low if piece == 0 else 0.5 * (low + high)
            end = high if first or piece == 1 else 0.5 * (low + high)
            integral, near = _over_interval(begin, end, turn, x, y, scratch, place, profile, source, shape)
            half = integral if piece == 0 else half
            whole += integral
            nearest = min(nearest, near)
        done += 1
        if first:
            scratch.integral[at] = whole
            total += whole
            known += 1
            continue
        waiting -= 1
        known -= 1
        change = whole - scratch.integral[at]
        total += change
        if depth >= DEEPEST or done >= most:
            continue
        skips = _skips(low, high, turn, x, y, nearest, place, source, shape)
        if skips or abs(change) > TOLERANCE * total:
            for piece in range(2):
                scratch.low[waiting] = low if piece == 0 else 0.5 * (low + high)
                scratch.high[waiting] = high if piece == 1 else 0.5 * (low + high)
                scratch.integral[waiting] = half if piece == 0 else whole - half
                scratch.turn[waiting] = turn
                scratch.depth[waiting] = depth + 1
                waiting += 1
                known += 1
    return total
