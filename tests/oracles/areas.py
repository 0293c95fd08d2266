"""Parts of pixels that ovals and arcs cover: lengths of rows' parts, integrated between the points where these bend."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

Parameters = Mapping[str, float]
Array = Any  # of long doubles: shapes of a million pixels leave few digits for a part of one
Wide = np.longdouble
NODES = 48


class Oval:
    """An ellipse in rows: at dy it reaches from slope dy - half(dy) to slope dy + half(dy)."""

    def __init__(self, a: Array, b: Array, angle: Array) -> None:
        c, s = cosine_sine(angle)
        xx = (c / a) ** 2 + (s / b) ** 2
        self.slope = -c * s * (1 / a**2 - 1 / b**2) / xx
        self.reach = np.sqrt((a * s) ** 2 + (b * c) ** 2)
        self.width2 = 1 / xx
        self.xx, self.xy, self.yy = xx, c * s * (1 / a**2 - 1 / b**2), (s / a) ** 2 + (c / b) ** 2

    def ends(self, dy: Array) -> tuple[Array, Array]:
        half = np.sqrt(np.maximum(self.width2 * (1 - dy / self.reach) * (1 + dy / self.reach), 0))
        return self.slope * dy - half, self.slope * dy + half

    def heights_at(self, dx: Array) -> list[Array]:
        """Where the outline meets a column."""
        root = (self.xy * dx) ** 2 - self.yy * (self.xx * dx**2 - 1)
        if root < 0:
            return []
        return [(-self.xy * dx - np.sqrt(root)) / self.yy, (-self.xy * dx + np.sqrt(root)) / self.yy]


def cosine_sine(degrees: Array) -> tuple[Array, Array]:
    """Of an angle in degrees, reduced without an error."""
    quarter = np.floor(degrees / 90 + Wide(0.5))
    rest = (degrees - 90 * quarter) * (np.arctan(Wide(1)) / 45)
    s, c = np.sin(rest), np.cos(rest)
    return ((c, s), (-s, c), (-c, -s), (s, -c))[int(quarter) % 4]


def coverage(kind: str, p: Parameters, height: int, width: int) -> np.ndarray[Any, Any]:
    """Area of each pixel's part in an ellipse, a circle or an arc."""
    wide = {name: Wide(value) for name, value in p.items()}
    if kind == "ellipse":
        a, b, angle = wide["width"] / 2, wide["height"] / 2, wide["angle"]
    else:
        a = b = wide["radius"]
        angle = Wide(0)
    inset = wide["line_width"] if kind == "arc" or not p["fill"] else Wide(np.inf)
    ovals = [Oval(a, b, angle)] + ([Oval(a - inset, b - inset, angle)] if a > inset and b > inset else [])
    rays: list[tuple[Array, Array]] = []
    turn = 360.0
    if kind == "arc":
        turn = p["theta2"] - p["theta1"]
        turn = 360.0 if abs(turn) >= 360.0 else turn % 360.0
        rays = [cosine_sine(wide["theta1"]), cosine_sine(wide["theta2"])] if turn < 360.0 else []
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            x0, y0 = j - Wide(0.5) - wide["x"], i - Wide(0.5) - wide["y"]
            result[i, j] = 0.0 if turn == 0.0 else float(_area(ovals, rays, turn, x0, y0))
    return result


def _area(ovals: list[Oval], rays: list[tuple[Array, Array]], turn: float, x0: Array, y0: Array) -> Array:
    bends = [y0, y0 + 1, Wide(0)]
    for oval in ovals:
        bends += [-oval.reach, oval.reach, *oval.heights_at(x0), *oval.heights_at(x0 + 1)]
        bends += [sign * oval.reach * s for _, s in rays for sign in (-1, 1)]
    bends += [x * s / c for c, s in rays if c != 0 for x in (x0, x0 + 1)]
    ends = np.unique(np.clip(np.array(bends, Wide), y0, y0 + 1))
    nodes, weights = (part.astype(Wide) for part in leggauss(NODES))
    quarter = 2 * np.arctan(Wide(1))
    area = Wide(0)
    for low, high in pairwise(ends):
        # The sine takes away the roots at both ends.
        y = (low + high) / 2 + (high - low) / 2 * np.sin(quarter * nodes)
        step = (high - low) / 2 * quarter * np.cos(quarter * nodes) * weights
        area += step @ _length(ovals, rays, turn, x0, y)
    return area


def _length(ovals: list[Oval], rays: list[tuple[Array, Array]], turn: float, x0: Array, y: Array) -> Array:
    """Length of a row's part that is covered, between x0 and x0 + 1."""
    cuts = [np.full_like(y, x0), np.full_like(y, x0 + 1)]
    for oval in ovals:
        cuts += [np.clip(end, x0, x0 + 1) for end in oval.ends(y)]
    for c, s in rays:
        ahead = (s != 0) & (y * s > 0)
        cuts += [np.clip(np.where(ahead, y * c / (s if s != 0 else 1), x0), x0, x0 + 1)]
    x = np.sort(np.array(cuts), axis=0)
    middle = (x[1:] + x[:-1]) / 2
    inside = np.ones(middle.shape, bool)
    for number, oval in enumerate(ovals):
        left, right = oval.ends(y)
        within = (middle > left) & (middle < right) & (abs(y) < oval.reach)
        inside &= within if number == 0 else ~within
    if rays:
        (c1, s1), (c2, s2) = rays
        first, second = c1 * y - s1 * middle >= 0, c2 * y - s2 * middle < 0
        if turn < 180.0:
            inside &= first & second
        elif turn > 180.0:
            inside &= first | second
        else:
            inside &= first
    return (np.diff(x, axis=0) * inside).sum(axis=0)
