"""Coverage: the part of a pixel's area that lies inside a shape, exactly.

A pixel, as a polygon about its own centre, is clipped by half-planes (Sutherland & Hodgman 1974, CACM 17, 32); its area
is that of the shoelace formula, or that of its intersection with an oval.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import atan2
from deepbench_fast.kernels.shapes.compose import UNION, XOR, exclusive_or
from deepbench_fast.kernels.shapes.half_plane import HalfPlane, half_extent
from deepbench_fast.kernels.shapes.oval import Oval
from deepbench_fast.kernels.shapes.spans import Float32Array, FloatArray, Frame

# Less is a rounding error: of a pixel that the shape only touches, or of nested shapes whose difference is 0.
LEAST = 1e-13
# Ovals whose semi-axes have a larger product are large: where they are the unit circle, a pixel's side would lose its
# digits as the difference of its ends.
LARGE = 2.0**26


class Patch(NamedTuple):
    """Scratch for the corners of a clipped pixel, relative to its centre, and for the next ones."""

    x: FloatArray
    y: FloatArray
    next_x: FloatArray
    next_y: FloatArray


@inline
def make_patch(planes: int) -> Patch:
    """Room for a pixel clipped by a number of half-planes: each adds a corner at most."""
    size = planes + 4
    return Patch(np.empty(size), np.empty(size), np.empty(size), np.empty(size))


@inline
def set_pixel(patch: Patch) -> int:
    """Make the patch the whole pixel; returns its number of corners."""
    for k in range(4):
        patch.x[k] = 0.5 if k == 1 or k == 2 else -0.5
        patch.y[k] = 0.5 if k >= 2 else -0.5
    return 4


@inline
def clip(patch: Patch, corners: int, plane: HalfPlane, column: float, row: float) -> int:
    """Clip the patch of this pixel by a half-plane; returns its number of corners."""
    offset = plane.offset - (plane.nx * (column - plane.x0) + plane.ny * (row - plane.y0))
    if half_extent(plane) <= offset:
        return corners
    count = 0
    for k in range(corners):
        last = corners - 1 if k == 0 else k - 1
        ax, ay = patch.x[last], patch.y[last]
        bx, by = patch.x[k], patch.y[k]
        a = plane.nx * ax + plane.ny * ay - offset
        b = plane.nx * bx + plane.ny * by - offset
        if (a < 0.0 and b > 0.0) or (a > 0.0 and b < 0.0):
            t = a / (a - b)
            patch.next_x[count] = ax + t * (bx - ax)
            patch.next_y[count] = ay + t * (by - ay)
            count += 1
        if b <= 0.0:
            patch.next_x[count] = bx
            patch.next_y[count] = by
            count += 1
    for k in range(count):
        patch.x[k] = patch.next_x[k]
        patch.y[k] = patch.next_y[k]
    return count


@inline
def patch_area(patch: Patch, corners: int) -> float:
    """Area of the patch by the shoelace formula."""
    double: float = 0.0
    for k in range(corners):
        last = corners - 1 if k == 0 else k - 1
        double += patch.x[last] * patch.y[k] - patch.x[k] * patch.y[last]
    return 0.5 * double


@inline
def _sector(ax: float, ay: float, bx: float, by: float) -> float:
    """Signed area of the unit circle's sector between two directions."""
    return 0.5 * atan2(ax * by - ay * bx, ax * bx + ay * by)


@inline
def _edge_in_disc(ax: float, ay: float, bx: float, by: float) -> float:
    """Signed area of the unit disc's part in the triangle of the centre and an edge."""
    dx = bx - ax
    dy = by - ay
    d2 = dx * dx + dy * dy
    if d2 == 0.0:
        return 0.0
    middle = -(ax * dx + ay * dy) / d2
    cross = ax * dy - ay * dx
    half2 = (d2 - cross * cross) / (d2 * d2)
    if half2 <= 0.0:
        return _sector(ax, ay, bx, by)
    half = np.sqrt(half2)
    low = middle - half
    high = middle + half
    if high <= 0.0 or low >= 1.0:
        return _sector(ax, ay, bx, by)
    # Where the edge enters and leaves the disc.
    ex, ey = ax + low * dx, ay + low * dy
    fx, fy = ax + high * dx, ay + high * dy
    area: float = 0.5 * (min(high, 1.0) - max(low, 0.0)) * cross
    if low > 0.0:
        area += _sector(ax, ay, ex, ey)
    if high < 1.0:
        area += _sector(fx, fy, bx, by)
    return area


@inline
def _step_in_disc(ax: float, ay: float, dx: float, dy: float) -> float:
    """`_edge_in_disc` of an edge of which the first end and the short way to the other are known."""
    d2 = dx * dx + dy * dy
    if d2 == 0.0:
        return 0.0
    middle = -(ax * dx + ay * dy) / d2
    cross = ax * dy - ay * dx
    bx, by = ax + dx, ay + dy
    half2 = (d2 - cross * cross) / (d2 * d2)
    half = np.sqrt(max(half2, 0.0))
    low = min(max(middle - half, 0.0), 1.0)
    high = max(min(middle + half, 1.0), low)
    if half2 <= 0.0 or high == low:
        return 0.5 * atan2(cross, ax * bx + ay * by)
    area: float = 0.5 * (high - low) * cross
    if low > 0.0:
        area += 0.5 * atan2(low * cross, ax * (ax + low * dx) + ay * (ay + low * dy))
    if high < 1.0:
        area += 0.5 * atan2((1.0 - high) * cross, bx * (ax + high * dx) + by * (ay + high * dy))
    return area


@inline
def _patch_area_in_large_oval(
    patch: Patch, corners: int, oval: Oval, fu: float, fv: float, column: float, row: float
) -> float:
    area: float = 0.0
    dx = column - oval.x
    dy = row - oval.y
    for k in range(corners):
        last = corners - 1 if k == 0 else k - 1
        x, y = dx + patch.x[last], dy + patch.y[last]
        step_x, step_y = patch.x[k] - patch.x[last], patch.y[k] - patch.y[last]
        area += _step_in_disc(
            fu * (oval.c * x + oval.s * y),
            fv * (oval.c * y - oval.s * x),
            fu * (oval.c * step_x + oval.s * step_y),
            fv * (oval.c * step_y - oval.s * step_x),
        )
    scale: float = fu * fv
    return area / scale


@inline
def patch_area_in_oval(patch: Patch, corners: int, oval: Oval, column: float, row: float) -> float:
    """Area of the part of this pixel's patch that lies in the oval: edge by edge, where the oval is the unit circle."""
    if oval.limit == 0.0 or corners == 0:
        return 0.0
    root = np.sqrt(oval.limit)
    fu = oval.fu / root
    fv = oval.fv / root
    if fu * fv * LARGE < 1.0:
        return _patch_area_in_large_oval(patch, corners, oval, fu, fv, column, row)
    dx = column - oval.x
    dy = row - oval.y
    area: float = 0.0
    x = dx + patch.x[corners - 1]
    y = dy + patch.y[corners - 1]
    ax = fu * (oval.c * x + oval.s * y)
    ay = fv * (oval.c * y - oval.s * x)
    for k in range(corners):
        x = dx + patch.x[k]
        y = dy + patch.y[k]
        bx = fu * (oval.c * x + oval.s * y)
        by = fv * (oval.c * y - oval.s * x)
        area += _edge_in_disc(ax, ay, bx, by)
        ax, ay = bx, by
    scale: float = fu * fv
    return area / scale


@inline
def compose_coverage(
    image: Float32Array,
    frame: Frame,
    canvas_row: int,
    cover: FloatArray,
    start: float,
    stop: float,
    amplitude: float,
    overlap: int,
) -> None:
    """Compose a row's pixels start <= j < stop with the amplitude times their coverage, which is cleared.

    `cover` holds one number for each column of the canvas.
    """
    _, width, pad = frame
    if not stop > start:
        return
    begin = int(start) + pad
    count = int(stop) + pad - begin
    place = canvas_row * (width + 2 * pad) + begin
    pixels = image[place : place + count]
    part = cover[begin : begin + count]
    for j in range(count):
        value = np.float32(amplitude * part[j] if part[j] > LEAST else 0.0)
        if overlap == UNION:
            pixels[j] = max(frozen(pixels[j]), value)
        elif overlap == XOR:
            pixels[j] = exclusive_or(pixels[j], value)
        else:
            pixels[j] += value
        part[j] = 0.0
