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

    In a terminal it is as large as fits by a whole number of times.

    `shapes` says that it holds no light: its scale is then linear. The first row is at the bottom, or with the `origin`
    "upper" at the top.
    """
    terminal = shutil.get_terminal_size((80, 24))
    limit = width or max(20, terminal.columns - 1)
    across = 1 if colour else 2
    factor = -(-image.shape[1] * across // limit)
    values = scaled(_shrunk(image.astype(np.float64), factor), shapes)
    if colour and width is None:
        times = max(1, min(limit // values.shape[1], 2 * (terminal.lines - 1) // values.shape[0]))
        values = values.repeat(times, axis=0).repeat(times, axis=1)
    values = values if origin == "upper" else values[::-1]
    if values.shape[0] % 2 and colour:
        values = np.vstack([values, np.zeros((1, values.shape[1]))])
    return _blocks(values) if colour else _ramp(values)


def _shrunk(image: npt.NDArray[np.float64], factor: int) -> npt.NDArray[np.float64]:
    """Means over squares of `factor` pixels; those at the far edges are cut."""
    height, width = (max(1, side // factor) for side in image.shape)
    cut = image[: height * factor, : width * factor]
    rows, columns = cut.shape[0] // height, cut.shape[1] // width
    shrunk: npt.NDArray[np.float64] = cut[: height * rows].reshape(height, rows, width, columns).mean(axis=(1, 3))
    return shrunk


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
