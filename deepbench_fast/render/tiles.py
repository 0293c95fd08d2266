"""Light with a cutoff on canvases, tile by tile, by several threads where there are idle ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.stopping import NEVER, Stop
from deepbench_fast.render.sharing import share

Canvas = npt.NDArray[np.float32]
Frame = tuple[int, int, int]
Reach = Callable[[npt.NDArray[Any], float, npt.NDArray[np.float64]], None]


class TiledLight(NamedTuple):
    """How far the light of a kind reaches, and the kernel that draws it tile by tile: see `kernels.light.tiles`."""

    reach: Reach
    kernel: Callable[..., None]
    cutoff: float

    def draw(self, canvas: Canvas, frame: Frame, table: npt.NDArray[Any], first: int, threads: int, stop: Stop) -> None:
        """Add the rows of a table to their samples' canvases. Each tile is drawn by one thread: bits don't depend on
        their number. Raises Stopped."""
        if len(table):
            draw_tiles, count = self._sorted(canvas, frame, table, first, stop)
            share(draw_tiles, count, threads, stop)

    def compile(self, frame: Frame, table: npt.NDArray[Any]) -> None:
        """Compile what draws, by drawing no tile; the table has no rows."""
        draw_tiles, _ = self._sorted(np.empty((0, 0), np.float32), frame, table, 0, NEVER)
        draw_tiles((0, 0))

    def _sorted(
        self, canvas: Canvas, frame: Frame, table: npt.NDArray[Any], first: int, stop: Stop
    ) -> tuple[Callable[[tuple[int, int]], None], int]:
        """What draws the tiles from one number to another, and how many tiles there are."""
        from deepbench_fast.kernels.light.tiles import sort_into_tiles, tiles_of

        ellipses = np.empty((len(table), 6))
        self.reach(table, self.cutoff, ellipses)
        grid = tiles_of(frame)
        starts = np.empty(len(canvas) * grid.down * grid.across + 1, np.int64)
        objects = sort_into_tiles(table["sample"] - first, ellipses, frame, starts)

        def draw_tiles(tiles: tuple[int, int]) -> None:
            self.kernel(canvas, frame, table, (ellipses, starts, objects), tiles, self.cutoff, stop.flag)

        return draw_tiles, len(starts) - 1
