"""An image as text: coloured half blocks in a terminal, a ramp of characters elsewhere."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.colours import scaled

RAMP = " .:-=+*#%@"
# Knots of a dark red-to-yellow map; between them colours are linear.
COLOURS = np.array([(0, 0, 4), (59, 15, 112), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)], float)


def picture(
    image: npt.NDArray[Any], colour: bool, width: int | None = None, *, shapes: bool = False, origin: str = "lower"
) -> str:
    """The image in at most `width` characters a line (default: the terminal's), shrunk by averaging if need be.

    In colour, where no width is given, it is as large as the terminal's window allows, enlarged by a whole number.

    `shapes` says that it holds no light: its scale is then linear. The first row is at the bottom, or with the `origin`
    "upper" at the top.
    """
    terminal = shutil.get_terminal_size((80, 24))
    limit = width or max(20, terminal.columns - 1)
    across = 1 if colour else 2
    factor = limit / (across * image.shape[1])
    if colour and width is None:
        factor = min(factor, 2 * max(1, terminal.lines - 1) / image.shape[0])
    values = scaled(_shrunk(image.astype(np.float64), min(1.0, factor)), shapes)
    if colour and width is None:
        times = max(1, int(factor))
        values = values.repeat(times, axis=0).repeat(times, axis=1)
    values = values if origin == "upper" else values[::-1]
    if values.shape[0] % 2 and colour:
        values = np.vstack([values, np.zeros((1, values.shape[1]))])
    return _blocks(values) if colour else _ramp(values)


def _shrunk(image: npt.NDArray[np.float64], factor: float) -> npt.NDArray[np.float64]:
    """Means over equal areas, so that the image is `factor` times as large, up to 1."""
    rows, columns = (_parts(side, max(1, int(side * factor + 1e-9))) for side in image.shape)
    shrunk: npt.NDArray[np.float64] = rows @ image @ columns.T
    return shrunk


def _parts(side: int, parts: int) -> npt.NDArray[np.float64]:
    """For each of so many equal parts of a side: what each pixel has of it, shape (parts, side)."""
    edges, pixels = np.linspace(0, side, parts + 1)[:, None], np.arange(side)
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    shares: npt.NDArray[np.float64] = np.maximum(overlap, 0.0) * (parts / side)
    return shares


def _ramp(values: npt.NDArray[np.float64]) -> str:
    numbers = np.minimum((values * len(RAMP)).astype(int), len(RAMP) - 1)
    return "\n".join("".join(2 * RAMP[n] for n in row).rstrip() for row in numbers)


def _blocks(values: npt.NDArray[np.float64]) -> str:
    """Two rows a line: the upper half block in the colour of one, on the colour of the other."""
    knots = np.linspace(0, 1, len(COLOURS))
    colours = (
        np.stack([np.interp(values, knots, COLOURS[:, channel]) for channel in range(3)], axis=-1).round().astype(int)
    )
    lines = []
    for upper, lower in zip(colours[::2], colours[1::2], strict=True):
        cells = (
            f"\x1b[38;2;{u[0]};{u[1]};{u[2]};48;2;{w[0]};{w[1]};{w[2]}m▀" for u, w in zip(upper, lower, strict=True)
        )
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)
