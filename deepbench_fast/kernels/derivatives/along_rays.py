"""Means over pixels of a source that is seen through a lens, in float64, where no number of cells is enough.

With k the slope of a ray from the lens's centre, and x how far it goes along the axis to which it is nearer, the light
of a pixel is

    integral over k of J(k),  J(k) = integral of I(x, k x) x dx over what the pixel holds of the ray.

So neither a ring around the lens, however thin, nor its centre, where light may depend on the direction alone, needs
more than what is cut along one number: rays into pieces, and slopes into intervals, in halves, until 7 points of Gauss
and 15 of Kronrod agree. A piece is cut, too, where the source's centre may be on it and its points too far from each
other; an interval where that centre may be between two of its rays, as far as places change evenly between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives.pixel_edges import AT, FEWER_WEIGHTS, POINTS, WEIGHTS, Compiler

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-9
"""How much both sums over an interval may differ, of the pixel's light."""

ON_RAYS = 1e-12
"""The same on a piece of a ray: sums over intervals must not see what is wrong on rays."""

DARK = 1e-12
"""What may be missed of a pixel's light."""

DARKEST = 1e-20
"""A pixel's light counts as no less than this part of the source's peak."""

LEFT_OPEN = 1e-6
"""Where cutting ends without agreement, and how much of the pixel's light may then be open; else the mean is NaN."""

SMALLEST, NEXT_TO_NOTHING = 2.0**-46, 2.0**-100
"""Pieces are no shorter than the first part of their distance from the lens, or than the second one; intervals no
narrower than the first."""

BESIDE = 2.0
"""The source's centre counts as between rays, and on a piece, up to so many halves of these from their middles."""

MOST_PIECES = 200_000
TRIES, LOOSER = 8, 100.0
"""A pixel's light, of which all these are parts, is known afterwards: how often it is tried anew; and how much more may
be wrong where there is no room for more pieces, since rounding keeps sums apart."""

ROOM = 256
"""Pieces, or intervals, that wait."""


class Rays(NamedTuple):
    """A kind's functions, all marked `inline`: where rays left the source, from its centre; how far these places are
    from each other, in a cell and along a ray; how near to that centre points see it; how bright it is there."""

    place: Callable[..., Any]
    reach: Callable[..., Any]
    reach_on_ray: Callable[..., Any]
    narrowest: Callable[..., Any]
    brightest: Callable[..., Any]


def _gaps() -> Floats:
    """How far each point of [0, 1] is from the next one, on the side where that is farther."""
    apart = np.diff(AT)
    found: Floats = np.maximum(np.append(apart, 0.0), np.append(0.0, apart))
    return found


GAPS = _gaps()


@inline
def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """An offset turned by so many right angles."""
    if turn % 2 == 1:
        x, y = -y, x
    return (x, y) if turn < 2 else (-x, -y)


@inline
def _offset(x: float, k: float, turn: int) -> tuple[float, float]:
    """The offset so far along the ray of this slope, turned."""
    return _turned(x, k * x, turn)


def integrating_along_rays(compiled: Compiler, value: Callable[..., Any], rays: Rays) -> Any:
    """A function that gives the mean over a pixel."""
    place, reach, reach_on_ray, narrowest, brightest = rays

    @compiled
    def look(begin: float, span: float, k: float, turn: int, row: Any, values: Floats) -> tuple[float, float]:
        """The integral over a piece of a ray, by both rules."""
        for i in range(POINTS):
            x = begin + span * AT[i]
            dx, dy = _offset(x, k, turn)
            values[i] = x * value(dx, dy, row)
        more, fewer = 0.0, 0.0
        for i in range(POINTS):
            more += WEIGHTS[i] * values[i]
            fewer += FEWER_WEIGHTS[i] * values[i]
        return span * more, span * fewer

    @compiled
    def may_miss(begin: float, span: float, k: float, weight: float, turn: int, dark: float, row: Any) -> bool:
        """Whether points on a piece of a ray may miss the source."""
        middle = begin + 0.5 * span
        if brightest(row) * span * middle * weight <= dark:
            return False
        farthest = reach_on_ray(*_offset(middle, k, turn), 0.5 * span * np.sqrt(1.0 + k * k), row)
        x, y = place(*_offset(middle, k, turn), row)
        return bool(farthest > narrowest(row) and x * x + y * y <= farthest * farthest)

    @compiled
    def is_between(begin: float, span: float, k: float, gap: float, turn: int, dark: float, row: Any) -> bool:
        """Whether an image may be between the piece of a ray and that of the next one."""
        middle = begin + 0.5 * span
        if brightest(row) * span * middle * gap <= dark:
            return False
        at_x, at_y = place(*_offset(middle, k, turn), row)
        farthest = reach(*_offset(middle, k, turn), span + middle * gap, row)
        if at_x * at_x + at_y * at_y > BESIDE * BESIDE * farthest * farthest:
            return False
        x0, y0 = place(*_offset(begin, k, turn), row)
        x1, y1 = place(*_offset(begin + span, k, turn), row)
        along_x, along_y = 0.5 * (x1 - x0), 0.5 * (y1 - y0)
        x0, y0 = place(*_offset(middle, k - 0.5 * gap, turn), row)
        x1, y1 = place(*_offset(middle, k + 0.5 * gap, turn), row)
        across_x, across_y = 0.5 * (x1 - x0), 0.5 * (y1 - y0)
        area = abs(along_x * across_y - along_y * across_x)
        if area <= narrowest(row) * np.sqrt(along_x * along_x + along_y * along_y):
            return False
        is_on_piece = abs(at_x * across_y - at_y * across_x) <= BESIDE * area
        return bool(is_on_piece and abs(at_x * along_y - at_y * along_x) <= BESIDE * area)

    @compiled
    def along(
        start: float,
        stop: float,
        k: float,
        gap: float,
        turn: int,
        weight: float,
        light: float,
        row: Any,
        waiting: Floats,
        values: Floats,
    ) -> tuple[int, float, float, bool]:
        """Pieces of a ray, their integral times its weight, how much of that is open, and whether it passes images."""
        count, total, left, dark = 0, 0.0, 0.0, DARK * light
        waiting[0, 0], waiting[0, 1], waits = start, stop - start, 1
        while waits > 0 and count < MOST_PIECES:
            waits -= 1
            begin, span = waiting[waits, 0], waiting[waits, 1]
            smallest = span <= SMALLEST * (begin + span) or span <= NEXT_TO_NOTHING
            if smallest or not may_miss(begin, span, k, weight, turn, dark, row):
                more, fewer = look(begin, span, k, turn, row, values)
                difference = weight * abs(more - fewer)
                right = difference <= ON_RAYS * light
                if right or smallest:
                    if is_between(begin, span, k, gap, turn, dark, row):
                        return count, total, left, True
                    count += 1
                    total += weight * more
                    left += 0.0 if right else difference
                    continue
            for half in range(2):
                waiting[waits, 0], waiting[waits, 1] = begin + 0.5 * span * half, 0.5 * span
                waits += 1
        return count, total, left, False

    @compiled
    def over(
        x: float,
        y: float,
        side: float,
        turn: int,
        light: float,
        row: Any,
        waiting: Floats,
        values: Floats,
    ) -> tuple[int, float, float]:
        """What a pixel holds of the rays in a quarter of all directions: pieces, their integral, what of it is open."""
        x0, x1, y0, y1 = max(x - 0.5 * side, NEXT_TO_NOTHING), x + 0.5 * side, y - 0.5 * side, y + 0.5 * side
        low = max(-1.0, y0 / x1 if y0 > 0.0 else y0 / x0)
        high = min(1.0, y1 / x0 if y1 > 0.0 else y1 / x1)
        if x1 <= x0 or high <= low:
            return 0, 0.0, 0.0
        # Slopes of the other two corners: there the ends of rays have kinks.
        near, far = y0 / (x0 if y0 > 0.0 else x1), y1 / (x1 if y1 > 0.0 else x0)
        near, far = min(max(near, low), high), min(max(far, low), high)
        count, total, left = 0, 0.0, 0.0
        intervals, waits = np.empty((ROOM, 2)), 0
        for part in range(3):
            begin = low if part == 0 else (min(near, far) if part == 1 else max(near, far))
            end = high if part == 2 else (min(near, far) if part == 0 else max(near, far))
            if end > begin:
                intervals[waits, 0], intervals[waits, 1] = begin, end - begin
                waits += 1
        while waits > 0 and count < MOST_PIECES:
            waits -= 1
            begin, span = intervals[waits, 0], intervals[waits, 1]
            number, more, fewer, is_open, hides = count, 0.0, 0.0, 0.0, False
            smallest = span <= SMALLEST
            for i in range(POINTS):
                k = begin + span * AT[i]
                bottom = y0 / k if k != 0.0 else -np.inf
                top = y1 / k if k != 0.0 else np.inf
                start, stop = max(x0, min(bottom, top)), min(x1, max(bottom, top))
                if stop > start and not hides:
                    weight = WEIGHTS[i] * span
                    pieces, found, open_there, hides = along(
                        start, stop, k, span * GAPS[i], turn, weight, light, row, waiting, values
                    )
                    number += pieces
                    more += found
                    fewer += FEWER_WEIGHTS[i] / WEIGHTS[i] * found
                    is_open += open_there
                    hides = hides and not smallest
            difference = abs(more - fewer)
            right = not hides and difference <= TOLERANCE * light
            if right or smallest or number >= MOST_PIECES:
                count = number
                total += more
                left += is_open + (0.0 if right else difference)
            else:
                for half in range(2):
                    intervals[waits, 0], intervals[waits, 1] = begin + 0.5 * span * half, 0.5 * span
                    waits += 1
        return count, total, left

    @compiled
    def integrate(x: float, y: float, side: float, light: float, faintest: float, row: Any) -> float:
        """The mean over the pixel at the offset (x, y), which is about `light`; it counts as no less than `faintest`.

        NaN where no pieces are small enough.
        """
        waiting, values, area = np.empty((ROOM, 2)), np.empty(POINTS), side * side
        faintest = max(faintest, DARKEST * brightest(row))
        light = max(light, faintest)
        unit = light
        for _ in range(TRIES):
            count, total, left = 0, 0.0, 0.0
            for turn in range(4):
                across, down = _turned(x, y, (4 - turn) % 4)
                pieces, more, open_there = over(across, down, side, turn, unit * area, row, waiting, values)
                count = max(count, pieces)
                total += more
                left += open_there
            found = max(total / area, faintest)
            is_known = light <= 2.0 * found and found <= 2.0 * light
            if is_known and count < MOST_PIECES:
                break
            unit = LOOSER * unit if is_known else found
            light = found
        return float(total / area if count < MOST_PIECES and left <= LEFT_OPEN * light * area else np.nan)

    return integrate
