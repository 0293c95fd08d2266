"""Light of any shape on pixels: its value at their centres, or its mean by as many nodes in a pixel as it needs.

For profiles whose isophotes have no closed form. `light(dx, dy, shape)` is a function marked `@inline`: brightness as a
float32 at an offset in float64 pixels from the object's centre; `shape` is whatever it takes. `roughness(dx, dy, side,
shape)` says how much that light changes across a square cell there: about the number of standard deviations that a
Gaussian ridge of such a slope would have in the cell.

Roughness chooses the number of Gauss-Legendre nodes in a pixel; where there would be too many, the kind has a way of
its own. Nothing else decides, so no bit depends on the canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.light.pixel_mean import Float32Array, FloatArray, whole_lanes

Light = Callable[[float, float, Any], np.float32]
Roughness = Callable[[float, float, float, Any], float]
# Means of pixels at offsets from the object's centre, by the third argument.
SharpMeans = Callable[[FloatArray, FloatArray, Float32Array, Any, Any], None]

# Pixels that are worked on together: their scratch stays in the CPU's cache.
BLOCK = 1024
FAR_AWAY = 100.0
ZERO = np.float32(0.0)

# Offsets from the middle of a cell of side 1, and weights, of Gauss-Legendre nodes in its upper half, by their number.
RULES = {
    2: ((0.28867513459481287,), (0.5,)),
    3: ((0.0, 0.3872983346207417), (0.4444444444444444, 0.2777777777777778)),
    4: ((0.16999052179242813, 0.4305681557970263), (0.32607257743127305, 0.17392742256872692)),
    5: (
        (
            0.0,
            0.26923465505284155,
            0.453089922969332,
        ),
        (
            0.28444444444444433,
            0.23931433524968315,
            0.11846344252809464,
        ),
    ),
    6: (
        (0.11930959304159845, 0.33060469323313224, 0.466234757101576),
        (0.23395696728634552, 0.1803807865240693, 0.08566224618958518),
    ),
    8: (
        (0.0917173212478249, 0.2627662049581645, 0.39833323870681336, 0.48014492824876814),
        (0.181341891689181, 0.15685332293894363, 0.11119051722668724, 0.05061426814518813),
    ),
    10: (
        (
            0.07443716949081561,
            0.2166976970646236,
            0.3397047841495122,
            0.43253168334449227,
            0.48695326425858587,
        ),
        (
            0.1477621123573764,
            0.13463335965499826,
            0.109543181257991,
            0.0747256745752902,
            0.03333567215434407,
        ),
    ),
    12: (
        (
            0.06261670425573446,
            0.1839157494990901,
            0.29365897714330874,
            0.38495133709715235,
            0.45205862818523745,
            0.4907803171233596,
        ),
        (
            0.12457352290670139,
            0.1167462682691774,
            0.10158371336153296,
            0.08003916427167311,
            0.05346966299765921,
            0.023587668193255914,
        ),
    ),
    16: (
        (
            0.04750625491881872,
            0.14080177538962946,
            0.22900838882861368,
            0.3089381222013219,
            0.3777022041775015,
            0.4328156011939159,
            0.4722875115366163,
            0.49470046749582497,
        ),
        (
            0.09472530522753425,
            0.09130170752246179,
            0.08457825969750127,
            0.07479799440828837,
            0.06231448562776694,
            0.04757925584124639,
            0.031126761969323947,
            0.013576229705877048,
        ),
    ),
}
# Nodes along a pixel's side, and the roughness from which on they are too few for errors of about 2e-4 of its light.
NODES = (2, 3, 4, 5, 6, 8, 10, 12, 16)
LIMITS = (0.52, 1.4, 2.5, 3.6, 4.8, 7.2, 9.5, 12.5, 18.5)


def _whole_rule(nodes: int) -> tuple[list[float], list[float]]:
    """Offsets and weights of all nodes along a side."""
    offsets, weights = RULES[nodes]
    mirrored = slice(nodes % 2, None)
    return [-x for x in offsets[mirrored]] + list(offsets), list(weights[mirrored]) + list(weights)


def _tables() -> tuple[FloatArray, FloatArray]:
    """Offsets and weights of the nodes along a side, a row for each rule."""
    offsets, weights = np.zeros((2, len(NODES), max(NODES)))
    for k, nodes in enumerate(NODES):
        offsets[k, :nodes], weights[k, :nodes] = _whole_rule(nodes)
    return offsets, weights


OFFSETS, WEIGHTS = _tables()
# Rules of so many pixels that these stand in the lanes of vectors; those of more nodes have the nodes there.
RULES_OF_PIXELS = 4
NODE_LANES = 8


def _node_tables() -> tuple[FloatArray, FloatArray, Float32Array, npt.NDArray[np.int64]]:
    """Offsets along both sides and weights of the nodes of each rule, row by row, padded to whole lanes; their number.

    The padding weighs nothing.
    """
    lengths = np.array([-(-nodes * nodes // NODE_LANES) * NODE_LANES for nodes in NODES])
    dx, dy, weights = np.zeros((3, len(NODES), max(lengths)))
    for k, nodes in enumerate(NODES):
        offsets, weight = OFFSETS[k, :nodes], WEIGHTS[k, :nodes]
        dx[k, : nodes * nodes] = np.tile(offsets, nodes)
        dy[k, : nodes * nodes] = np.repeat(offsets, nodes)
        weights[k, : nodes * nodes] = np.outer(weight, weight).ravel()
    return dx, dy, weights.astype(np.float32), lengths


NODE_DX, NODE_DY, NODE_WEIGHTS, NODE_LENGTHS = _node_tables()


class Block(NamedTuple):
    """Scratch: the rule of each pixel of a block; place, offset and mean of those of one rule; their nodes."""

    rule: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    dx: FloatArray
    dy: FloatArray
    mean: Float32Array
    nodes: Float32Array


@piece
def make_block() -> Block:
    """Room for `BLOCK` pixels."""
    return Block(
        np.empty(BLOCK, np.int64),
        np.empty(BLOCK, np.int64),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK, np.float32),
        np.empty(NODE_DX.shape[1], np.float32),
    )


@piece
def add_values(
    image: Float32Array, columns: Float32Array, rows: Float32Array, x: float, y: float, light: Light, shape: Any
) -> None:
    """Add the light at the pixel centres of an object at (x, y)."""
    for i in range(image.shape[0]):
        image[i] += light(columns[i] - x, rows[i] - y, shape)


@piece
def needed_rule(rough: float, limits: tuple[float, ...]) -> int:
    """Number of the first rule whose limit is above `rough`; one more than there are where none is."""
    needed = 0
    for limit in limits:
        needed += 1 if rough >= limit else 0
    return needed


@piece
def _set_rules(
    block: Block, columns: Float32Array, rows: Float32Array, x: float, y: float, roughness: Roughness, shape: Any
) -> None:
    """Number in `NODES` of the rule that each pixel needs; one more where none is enough."""
    rule = block.rule[: columns.shape[0]]
    for j in range(columns.shape[0]):
        rough = roughness(columns[j] - x, rows[j] - y, 1.0, shape)
        rule[j] = needed_rule(rough, LIMITS)


@piece
def _collect(block: Block, columns: Float32Array, rows: Float32Array, x: float, y: float, rule: int) -> int:
    """List the block's pixels that need this rule, and pad the list to whole lanes; returns their number."""
    count = 0
    for j in range(columns.shape[0]):
        if block.rule[j] == rule:
            block.place[count] = j
            block.dx[count] = columns[j] - x
            block.dy[count] = rows[j] - y
            count += 1
    for j in range(count, whole_lanes(count)):
        block.dx[j] = FAR_AWAY
        block.dy[j] = FAR_AWAY
    return count


@piece
def _set_means_by_nodes(block: Block, count: int, rule: int, light: Light, shape: Any) -> None:
    """Means of the listed pixels, all of them at one node after the other."""
    length = whole_lanes(count)
    dx = block.dx[:length]
    dy = block.dy[:length]
    mean = block.mean[:length]
    for j in range(length):
        mean[j] = ZERO
    nodes = NODES[rule]
    for node in range(nodes * nodes):
        shift_x = OFFSETS[rule, node % nodes]
        shift_y = OFFSETS[rule, node // nodes]
        weight = np.float32(WEIGHTS[rule, node % nodes] * WEIGHTS[rule, node // nodes])
        for j in range(length):
            mean[j] += weight * light(dx[j] + shift_x, dy[j] + shift_y, shape)


@piece
def _cell_mean(block: Block, rule: int, x: float, y: float, side: float, light: Light, shape: Any) -> float:
    """Mean over one cell, its nodes in the lanes."""
    length = NODE_LENGTHS[rule]
    nodes = block.nodes[:length]
    for j in range(length):
        dx, dy = side * NODE_DX[rule, j], side * NODE_DY[rule, j]
        nodes[j] = NODE_WEIGHTS[rule, j] * light(x + dx, y + dy, shape)
    for start in range(NODE_LANES, length, NODE_LANES):
        for j in range(NODE_LANES):
            nodes[j] += nodes[start + j]
    even = (nodes[0] + nodes[4]) + (nodes[2] + nodes[6])
    return float(even + ((nodes[1] + nodes[5]) + (nodes[3] + nodes[7])))


@piece
def add_means(
    image: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    x: float,
    y: float,
    block: Block,
    light: Light,
    roughness: Roughness,
    sharp_means: SharpMeans,
    scratch: Any,
    shape: Any,
) -> None:
    """Add the mean light over the pixels of an object at (x, y)."""
    for start in range(0, image.shape[0], BLOCK):
        part = image[start : start + BLOCK]
        part_columns = columns[start : start + BLOCK]
        part_rows = rows[start : start + BLOCK]
        _set_rules(block, part_columns, part_rows, x, y, roughness, shape)
        for rule in range(len(NODES) + 1):
            count = _collect(block, part_columns, part_rows, x, y, rule)
            if rule < RULES_OF_PIXELS:
                _set_means_by_nodes(block, count, rule, light, shape)
            elif rule < len(NODES):
                for j in range(count):
                    block.mean[j] = np.float32(_cell_mean(block, rule, block.dx[j], block.dy[j], 1.0, light, shape))
            else:
                sharp_means(block.dx[:count], block.dy[:count], block.mean, scratch, shape)
            for j in range(count):
                part[block.place[j]] += block.mean[j]
