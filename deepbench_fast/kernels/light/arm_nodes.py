"""Mean over a pixel of the light of a disc with arms, at nodes in float32 about the pixel's centre.

With z the place of the pixel's centre in the plane of the disc, and z (1 + w) that of a node, ln(1 + w) says how far
the node is in the logarithm of the radius and in the angle. Both are small, so that float32 tells the phase of the arms
there, psi = psi_0 + m angle - winding, however far away or wound up the galaxy is. Along x and y a pixel has as many
nodes as the change of the light along them asks for; `winding` is for those in which it changes faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.base2 import exp2f, log2f
from deepbench_fast.kernels.elementary import atan2, floor
from deepbench_fast.kernels.elementary32 import MAGIC, atanf
from deepbench_fast.kernels.light.pixel_mean import LANES, whole_lanes
from deepbench_fast.kernels.light.subpixel import NODES, OFFSETS, WEIGHTS, needed_rule

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
# Roughness of a pixel along x and y, see `subpixel`; infinite where no nodes will do.
Roughness = Callable[[float, float, Any], tuple[float, float]]
# Winding at a squared radius, and its first three derivatives by ln(r).
Derivatives = Callable[[float, Any], tuple[float, float, float, float]]
Plane = Callable[[float, float, Any], tuple[float, float, float]]
# Means of pixels at offsets from the centre, into the third argument.
SharpMeans = Callable[[FloatArray, FloatArray, Float32Array, Any, Any], None]

BLOCK = 1024
TWO_PI = 6.283185307179586
LN_2 = 0.6931471805599453
FAR_AWAY = 100.0
ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
THREE = np.float32(3.0)
HALF_LN_2 = np.float32(0.5 * LN_2)
SMALLEST = np.float32(1e-30)
# sin(pi x) = x (S0 + S1 x**2 + ...) for abs(x) <= 1/2, within 3e-11.
S0 = np.float32(3.14159265)
S1 = np.float32(-5.16771276)
S2 = np.float32(2.55016332)
S3 = np.float32(-5.9925219e-1)
S4 = np.float32(8.205035e-2)
S5 = np.float32(-7.0283e-3)

# Numbers of nodes along a side, by their place in `subpixel.NODES`, and the roughness from which on they are too few.
SIDES = (0, 1, 2, 4, 5, 7, 8)
LIMITS = (0.6, 1.6, 2.9, 5.6, 8.2, 14.0, 20.0)
RULES = len(LIMITS)
# One list for each pair of sides, the longer one first, and one for pixels that need more nodes than there are.
LISTS = RULES * RULES + 1
# What is listed of pixels: w along both sides, the one with more nodes first; radius; psi; derivatives of the winding;
# offset of the bulge along these sides; mean. Angles are in turns.
ROOM = BLOCK + LANES
ALONG_1, ACROSS_1, ALONG_2, ACROSS_2, RADIUS, PSI, FIRST, SECOND, THIRD, TO_1, TO_2, MEAN = (
    ROOM * k for k in range(12)
)
# From so many nodes on those of a pixel stand in the lanes of vectors; pixels do where there are fewer.
MANY_NODES = 24


def _grid(more: int, fewer: int) -> FloatArray:
    """Offsets along both sides and weights of nodes, padded to whole lanes by some without a weight."""
    first, second = NODES[SIDES[more]], NODES[SIDES[fewer]]
    grid = np.zeros((3, -(-first * second // LANES) * LANES))
    grid[0, : first * second] = np.repeat(OFFSETS[SIDES[more], :first], second)
    grid[1, : first * second] = np.tile(OFFSETS[SIDES[fewer], :second], first)
    grid[2, : first * second] = np.outer(WEIGHTS[SIDES[more], :first], WEIGHTS[SIDES[fewer], :second]).ravel()
    return grid


_GRIDS = [_grid(rule // RULES, rule % RULES) for rule in range(LISTS - 1)]
GRID_STARTS = np.cumsum([0, *(grid.shape[1] for grid in _GRIDS)])
GRID_1, GRID_2, GRID_WEIGHTS = np.concatenate(_GRIDS, axis=1).astype(np.float32)


class Node(NamedTuple):
    """What is known of a pixel at its nodes: see `ALONG_1` and the others."""

    along_1: np.float32
    across_1: np.float32
    along_2: np.float32
    across_2: np.float32
    radius: np.float32
    psi: np.float32
    first: np.float32
    second: np.float32
    third: np.float32
    bulge_1: np.float32
    bulge_2: np.float32


class Block(NamedTuple):
    """Scratch: rules of pixels along x and y; where lists end; pixels in order of the lists, and what nodes need.

    `swapped` is 1 where a pixel has more nodes along y than along x.
    """

    rule_x: IntArray
    rule_y: IntArray
    stop: IntArray
    place: IntArray
    swapped: FloatArray
    dx: FloatArray
    dy: FloatArray
    listed: Float32Array
    nodes: Float32Array
    means: Float32Array


@piece
def make_block() -> Block:
    """Room for `BLOCK` pixels."""
    return Block(
        np.empty(BLOCK, np.int64),
        np.empty(BLOCK, np.int64),
        np.empty(LISTS + 1, np.int64),
        np.empty(BLOCK, np.int64),
        np.zeros(ROOM),
        np.full(ROOM, FAR_AWAY),
        np.full(ROOM, FAR_AWAY),
        np.empty(12 * ROOM, np.float32),
        np.empty(NODES[SIDES[RULES - 1]] * NODES[SIDES[RULES - 1]], np.float32),
        np.empty(BLOCK, np.float32),
    )


@piece
def _sort(
    block: Block, columns: Float32Array, rows: Float32Array, x: float, y: float, roughness: Roughness, shape: Any
) -> None:
    """Offsets of a block's pixels and their places in it, in order of the nodes that they need."""
    count = columns.shape[0]
    rule_x, rule_y, stop = block.rule_x[:count], block.rule_y[:count], block.stop
    for j in range(count):
        rough_x, rough_y = roughness(columns[j] - x, rows[j] - y, shape)
        rule_x[j] = needed_rule(rough_x, LIMITS)
        rule_y[j] = needed_rule(rough_y, LIMITS)
    stop[:] = 0
    for j in range(count):
        more, fewer = max(rule_x[j], rule_y[j]), min(rule_x[j], rule_y[j])
        stop[(more * RULES + fewer if more < RULES else LISTS - 1) + 1] += 1
    for rule in range(LISTS):
        stop[rule + 1] += stop[rule]
    for j in range(count):
        more, fewer = max(rule_x[j], rule_y[j]), min(rule_x[j], rule_y[j])
        rule = more * RULES + fewer if more < RULES else LISTS - 1
        at = stop[rule]
        stop[rule] = at + 1
        block.place[at] = j
        block.swapped[at] = 1.0 if rule_x[j] < rule_y[j] else 0.0
        block.dx[at] = columns[j] - x
        block.dy[at] = rows[j] - y


@piece
def _set_listed(count: int, block: Block, plane: Plane, derivatives: Derivatives, shape: Any) -> None:
    """What nodes need of all pixels."""
    length = whole_lanes(count)
    listed, dx, dy, swapped = block.listed, block.dx[:length], block.dy[:length], block.swapped[:length]
    ux, vx, _ = plane(1.0, 0.0, shape)
    uy, vy, _ = plane(0.0, 1.0, shape)
    arms = shape.spiral.arms
    for j in range(length):
        u, v, r2 = plane(dx[j], dy[j], shape)
        winding, slope, curve, third = derivatives(r2, shape)
        psi = (arms * atan2(v, u) - shape.offset - winding) / TWO_PI
        inverse = 1.0 / r2
        swap = swapped[j] > 0.0
        u1, v1 = (uy if swap else ux), (vy if swap else vx)
        u2, v2 = (ux if swap else uy), (vx if swap else vy)
        listed[ALONG_1 + j] = (u1 * u + v1 * v) * inverse
        listed[ACROSS_1 + j] = (v1 * u - u1 * v) * inverse
        listed[ALONG_2 + j] = (u2 * u + v2 * v) * inverse
        listed[ACROSS_2 + j] = (v2 * u - u2 * v) * inverse
        listed[RADIUS + j] = np.sqrt(r2)
        listed[PSI + j] = psi - floor(psi)
        listed[FIRST + j] = slope / TWO_PI
        listed[SECOND + j] = 0.5 * curve / TWO_PI
        listed[THIRD + j] = third / (6.0 * TWO_PI)
        listed[TO_1 + j] = dy[j] if swap else dx[j]
        listed[TO_2 + j] = dx[j] if swap else dy[j]


@piece
def _light(to_1: np.float32, to_2: np.float32, at: Node, spiral: Any) -> np.float32:
    """Light at a node so far from a pixel's centre along its sides."""
    grown = ONE + (to_1 * at.along_1 + to_2 * at.along_2)
    across = to_1 * at.across_1 + to_2 * at.across_2
    square = max(grown * grown + across * across, SMALLEST)
    rise = HALF_LN_2 * log2f(square)
    winding = rise * (at.first + rise * (at.second + rise * at.third))
    psi = at.psi + (np.float32(spiral.arms / TWO_PI) * atanf(across / grown) - winding)
    psi -= (psi + MAGIC) - MAGIC
    psi2 = psi * psi
    psi4 = psi2 * psi2
    sine = psi * (((S0 + S1 * psi2) + (S2 + S3 * psi2) * psi4) + (S4 + S5 * psi2) * (psi4 * psi4))
    arms = spiral.arm_peak * exp2f(np.float32(-2.0 * spiral.sharpness) * (sine * sine))
    radius = at.radius * np.sqrt(square)
    core = min(radius, ONE)
    gap = ONE - core
    strength = spiral.arm_strength * (core * core * (THREE - TWO * core))
    between = spiral.between + spiral.arm_strength * (gap * gap * (THREE - TWO * gap))
    disc = spiral.disc_peak * exp2f(spiral.disc_slope * radius)
    bulge_1, bulge_2 = at.bulge_1 + to_1, at.bulge_2 + to_2
    bulge = exp2f(spiral.bulge_slope * np.sqrt(np.sqrt(bulge_1 * bulge_1 + bulge_2 * bulge_2)))
    return np.float32(disc * (between + strength * arms) + spiral.bulge_peak * bulge)


@piece
def _listed_pixel(listed: Float32Array, j: int) -> Node:
    return Node(
        listed[ALONG_1 + j],
        listed[ACROSS_1 + j],
        listed[ALONG_2 + j],
        listed[ACROSS_2 + j],
        listed[RADIUS + j],
        listed[PSI + j],
        listed[FIRST + j],
        listed[SECOND + j],
        listed[THIRD + j],
        listed[TO_1 + j],
        listed[TO_2 + j],
    )


@piece
def _means_by_pixels(grid: int, nodes: int, first: int, count: int, block: Block, shape: Any) -> None:
    """Means of the listed pixels, all of them at one node after the other."""
    length = whole_lanes(count)
    listed = block.listed[first:]
    for j in range(length):
        listed[MEAN + j] = ZERO
    for node in range(grid, grid + nodes):
        to_1, to_2, weight = GRID_1[node], GRID_2[node], GRID_WEIGHTS[node]
        for j in range(length):
            listed[MEAN + j] += weight * _light(to_1, to_2, _listed_pixel(listed, j), shape.spiral)


@piece
def _means_by_nodes(grid: int, length: int, first: int, count: int, block: Block, shape: Any) -> None:
    """Means of the listed pixels, one after the other at all of its nodes."""
    nodes = block.nodes[:length]
    to_1, to_2, weight = GRID_1[grid : grid + length], GRID_2[grid : grid + length], GRID_WEIGHTS[grid : grid + length]
    for pixel in range(first, first + count):
        at = _listed_pixel(block.listed, pixel)
        for j in range(length):
            nodes[j] = weight[j] * _light(to_1[j], to_2[j], at, shape.spiral)
        for start in range(LANES, length, LANES):
            for j in range(LANES):
                nodes[j] += nodes[start + j]
        mean = ZERO
        for j in range(LANES):
            mean += nodes[j]
        block.listed[MEAN + pixel] = mean


@piece
def add_spiral_means(
    image: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    block: Block,
    scratch: Any,
    roughness: Roughness,
    plane: Plane,
    derivatives: Derivatives,
    sharp_means: SharpMeans,
    shape: Any,
) -> None:
    """Add the mean light over the pixels of a galaxy."""
    for begin in range(0, image.shape[0], BLOCK):
        part = image[begin : begin + BLOCK]
        part_columns, part_rows = columns[begin : begin + BLOCK], rows[begin : begin + BLOCK]
        _sort(block, part_columns, part_rows, shape.spiral.x, shape.spiral.y, roughness, shape)
        of_nodes = block.stop[LISTS - 2]
        _set_listed(of_nodes, block, plane, derivatives, shape)
        first = 0
        for rule in range(LISTS - 1):
            count = block.stop[rule] - first
            if count > 0:
                nodes = NODES[SIDES[rule // RULES]] * NODES[SIDES[rule % RULES]]
                if nodes < MANY_NODES:
                    _means_by_pixels(GRID_STARTS[rule], nodes, first, count, block, shape)
                else:
                    length = GRID_STARTS[rule + 1] - GRID_STARTS[rule]
                    _means_by_nodes(GRID_STARTS[rule], length, first, count, block, shape)
                for j in range(count):
                    part[block.place[first + j]] += block.listed[MEAN + first + j]
                first += count
        count = block.stop[LISTS - 1] - of_nodes
        if count > 0:
            dx, dy = block.dx[of_nodes : of_nodes + count], block.dy[of_nodes : of_nodes + count]
            sharp_means(dx, dy, block.means, scratch, shape)
            for j in range(count):
                part[block.place[of_nodes + j]] += block.means[j]
