"""Shapes by other means: the sides on which points lie, with NumPy's functions; polygons and areas by shapely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Parameters = Mapping[str, float]
Array = npt.NDArray[Any]

# Corners of the polygon that stands in for a circle: its area is 3e-6 too small.
CIRCLE_CORNERS = 1440


def rectangle_corners(p: Parameters, inset: float = 0.0) -> Array:
    """Corners of a rectangle, counter-clockwise, its sides moved inward."""
    a, b = p["width"] / 2 - inset, p["height"] / 2 - inset
    return _turned(np.array([[-a, -b], [a, -b], [a, b], [-a, b]]), p)


def polygon_corners(p: Parameters, inset: float = 0.0) -> Array:
    """Corners of a regular polygon; the first points to +y at angle 0."""
    n = int(p["vertices"])
    radius = p["radius"] - inset / np.cos(np.pi / n)
    angle = np.pi / 2 + 2 * np.pi * np.arange(n) / n
    return _turned(radius * np.stack([np.cos(angle), np.sin(angle)], 1), p)


def ellipse_corners(p: Parameters, inset: float = 0.0) -> Array:
    """Corners of a fine polygon inscribed in an ellipse."""
    t = 2 * np.pi * np.arange(CIRCLE_CORNERS) / CIRCLE_CORNERS
    a, b = p["width"] / 2 - inset, p["height"] / 2 - inset
    return _turned(np.stack([a * np.cos(t), b * np.sin(t)], 1), p)


def line_corners(p: Parameters) -> Array:
    """Corners of a line with butt caps."""
    start, end = np.array([p["x1"], p["y1"]]), np.array([p["x2"], p["y2"]])
    along = (end - start) / np.hypot(*(end - start))
    across = np.array([-along[1], along[0]]) * p["line_width"] / 2
    return np.array([start - across, end - across, end + across, start + across])


def _turned(corners: Array, p: Parameters) -> Array:
    angle = np.radians(p.get("angle", 0.0))
    c, s = np.cos(angle), np.sin(angle)
    return corners @ np.array([[c, s], [-s, c]]) + [p["x"], p["y"]]


def geometry(kind: str, p: Parameters) -> Any:
    """A shapely polygon of a shape with straight edges, or of a fine approximation of an ellipse."""
    if kind == "line":
        return shapely.Polygon(line_corners(p))
    corners = {"rectangle": rectangle_corners, "polygon": polygon_corners, "ellipse": ellipse_corners}[kind]
    outer = shapely.Polygon(corners(p))
    if p.get("fill", 1) or not has_hole(kind, p):
        return outer
    return outer.difference(shapely.Polygon(corners(p, p["line_width"])))


def has_hole(kind: str, p: Parameters) -> bool:
    """Whether an outline leaves anything out."""
    lw = p["line_width"]
    if kind == "polygon":
        return p["radius"] * np.cos(np.pi / int(p["vertices"])) > lw
    return min(p["width"], p["height"]) > 2 * lw


def pixel_centres(height: int, width: int) -> tuple[Array, Array]:
    """x and y of all pixel centres."""
    y, x = np.mgrid[:height, :width].astype(float)
    return x, y


def mask(kind: str, p: Parameters, height: int, width: int) -> tuple[Array, Array]:
    """Pixels whose centres lie in a shape, and those too near its boundary to tell."""
    x, y = pixel_centres(height, width)
    if kind in ("rectangle", "polygon", "line"):
        shape = geometry(kind, p)
        unsure = shapely.distance(shape.boundary, shapely.points(x, y)) < 1e-9
        return shapely.contains_xy(shape, x, y), unsure
    if kind == "arc":
        return _arc_mask(p, x, y)
    return _oval_mask(kind, p, x, y)


def _oval_mask(kind: str, p: Parameters, x: Array, y: Array) -> tuple[Array, Array]:
    if kind == "circle":
        p = {**p, "width": 2 * p["radius"], "height": 2 * p["radius"], "angle": 0.0}
    angle = np.radians(p["angle"])
    dx, dy = x - p["x"], y - p["y"]
    u = np.cos(angle) * dx + np.sin(angle) * dy
    v = np.cos(angle) * dy - np.sin(angle) * dx

    def level(inset: float) -> Array:
        return (u / (p["width"] / 2 - inset)) ** 2 + (v / (p["height"] / 2 - inset)) ** 2 - 1

    inside, unsure = level(0) < 0, np.abs(level(0)) < 1e-9
    if not p["fill"] and has_hole("ellipse", p):
        inside &= level(p["line_width"]) >= 0
        unsure |= np.abs(level(p["line_width"])) < 1e-9
    return inside, unsure


def _arc_mask(p: Parameters, x: Array, y: Array) -> tuple[Array, Array]:
    """By the arc tangent of each pixel's direction."""
    dx, dy = x - p["x"], y - p["y"]
    distance = np.hypot(dx, dy)
    inner = max(p["radius"] - p["line_width"], 0.0)
    inside = (distance < p["radius"]) & (distance >= inner)
    unsure = (np.abs(distance - p["radius"]) < 1e-9) | (np.abs(distance - inner) < 1e-9)
    turn = p["theta2"] - p["theta1"]
    if abs(turn) >= 360:
        return inside, unsure
    angle = (np.degrees(np.arctan2(dy, dx)) - p["theta1"]) % 360
    unsure |= (np.abs(angle) < 1e-9) | (np.abs(angle - 360) < 1e-9) | (np.abs(angle - turn % 360) < 1e-9)
    return inside & (angle < turn % 360), unsure


def area(kind: str, p: Parameters) -> float:
    """Area of a shape in closed form."""
    filled = bool(p.get("fill", 1))
    if kind == "line":
        return float(np.hypot(p["x2"] - p["x1"], p["y2"] - p["y1"]) * p["line_width"])
    if kind == "arc":
        inner = max(p["radius"] - p["line_width"], 0.0)
        turn = p["theta2"] - p["theta1"]
        sweep = 360.0 if abs(turn) >= 360 else turn % 360
        return float(np.radians(sweep) / 2 * (p["radius"] ** 2 - inner**2))
    if kind == "circle":
        inner = 0.0 if filled else max(p["radius"] - p["line_width"], 0.0)
        return float(np.pi * (p["radius"] ** 2 - inner**2))
    if kind == "polygon":
        n = int(p["vertices"])
        inner = 0.0 if filled else max(p["radius"] - p["line_width"] / np.cos(np.pi / n), 0.0)
        return float(n / 2 * np.sin(2 * np.pi / n) * (p["radius"] ** 2 - inner**2))
    factor = np.pi / 4 if kind == "ellipse" else 1.0
    hole = 0.0
    if not filled and has_hole(kind, p):
        hole = (p["width"] - 2 * p["line_width"]) * (p["height"] - 2 * p["line_width"])
    return float(factor * (p["width"] * p["height"] - hole))


def coverage(kind: str, p: Parameters, height: int, width: int) -> Array:
    """Area of each pixel's part in a shape, by shapely."""
    x, y = pixel_centres(height, width)
    pixels = shapely.box(x - 0.5, y - 0.5, x + 0.5, y + 0.5)
    return shapely.area(shapely.intersection(pixels, geometry(kind, p)))


def random_shape(kind: str, rng: np.random.Generator, size: int) -> dict[str, float]:
    """A shape of any size, on or beside the frame."""
    p: dict[str, float] = {
        "x": rng.uniform(-5.0, size + 5.0),
        "y": rng.uniform(-5.0, size + 5.0),
        "line_width": rng.choice([rng.uniform(0.3, 3.0), rng.uniform(1.0, 0.3 * size)]),
        "fill": rng.integers(0, 2),
    }
    if kind in ("rectangle", "ellipse"):
        p |= {"width": rng.uniform(0.3, size), "height": rng.uniform(0.3, size), "angle": rng.uniform(-400.0, 400.0)}
    elif kind == "polygon":
        p |= {"radius": rng.uniform(0.3, 0.8 * size), "vertices": rng.integers(3, 12), "angle": rng.uniform(-400, 400)}
    elif kind == "circle":
        p |= {"radius": rng.uniform(0.3, 0.8 * size)}
    elif kind == "arc":
        p |= {"radius": rng.uniform(0.3, 0.8 * size), "theta1": rng.uniform(-400.0, 400.0)}
        p |= {"theta2": p["theta1"] + rng.uniform(-400.0, 400.0)}
    else:
        p |= {name: rng.uniform(-5.0, size + 5.0) for name in ("x1", "y1", "x2", "y2")}
    return p
