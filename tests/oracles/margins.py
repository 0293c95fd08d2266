"""How far pixel centres lie within a shape's outline (negative: outside), in long doubles and plain geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.oracles.areas import Array, Wide, cosine_sine


def margins(kind: str, p: Mapping[str, float], height: int, width: int) -> np.ndarray[Any, Any]:
    """For each pixel a lower bound of its distance from the outline, positive inside."""
    y, x = (part.astype(Wide) for part in np.mgrid[:height, :width])
    wide = {name: Wide(value) for name, value in p.items()}
    if kind == "line":
        return np.asarray(_line(wide, x, y))
    dx, dy = x - wide["x"], y - wide["y"]
    stroke = wide["line_width"]
    if kind in ("rectangle", "ellipse"):
        c, s = cosine_sine(wide["angle"])
        u, v = abs(dx * c + dy * s), abs(dy * c - dx * s)
        a, b = wide["width"] / 2, wide["height"] / 2
        outline = _oval if kind == "ellipse" else _box
        outer, hole = outline(u, v, a, b), outline(u, v, a - stroke, b - stroke)
        narrowest = min(a, b)
    elif kind == "polygon":
        n = int(p["vertices"])
        apothem = wide["radius"] * cosine_sine(180 / Wide(n))[0]
        normals = [cosine_sine(wide["angle"] + 90 + (2 * k + 1) * 180 / Wide(n)) for k in range(n)]
        across = np.max([c * dx + s * dy for c, s in normals], axis=0)
        outer, hole = apothem - across, apothem - stroke - across
        narrowest = apothem
    else:
        distance = np.sqrt(dx**2 + dy**2)
        outer, hole = wide["radius"] - distance, wide["radius"] - stroke - distance
        narrowest = wide["radius"]
    if (kind == "arc" or not p["fill"]) and narrowest > stroke:
        outer = np.minimum(outer, -hole)
    return np.asarray(outer if kind != "arc" else _within_sweep(p, dx, dy, outer))


def _line(p: Mapping[str, Array], x: Array, y: Array) -> Array:
    along_x, along_y = p["x2"] - p["x1"], p["y2"] - p["y1"]
    length = np.sqrt(along_x**2 + along_y**2)
    if length == 0:
        return np.full_like(x, -1)
    dx, dy = x - (p["x1"] + p["x2"]) / 2, y - (p["y1"] + p["y2"]) / 2
    u, v = (dx * along_x + dy * along_y) / length, (dy * along_x - dx * along_y) / length
    return _box(abs(u), abs(v), length / 2, p["line_width"] / 2)


def _box(u: Array, v: Array, a: Array, b: Array) -> Array:
    return np.minimum(a - u, b - v)


def _oval(u: Array, v: Array, a: Array, b: Array) -> Array:
    if min(a, b) <= 0:
        return np.full_like(u, -1)
    return (1 - np.sqrt((u / a) ** 2 + (v / b) ** 2)) * min(a, b)


def _within_sweep(p: Mapping[str, float], dx: Array, dy: Array, ring: Array) -> Array:
    turn = p["theta2"] - p["theta1"]
    if abs(turn) >= 360:
        return ring
    turn %= 360
    if turn == 0:
        return np.full_like(ring, -1)
    (c1, s1), (c2, s2) = cosine_sine(Wide(p["theta1"])), cosine_sine(Wide(p["theta2"]))
    first, second = c1 * dy - s1 * dx, s2 * dx - c2 * dy
    wedge = np.minimum(first, second) if turn < 180 else np.maximum(first, second) if turn > 180 else first
    return np.minimum(ring, wedge)
