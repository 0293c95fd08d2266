"""Light with a cutoff on canvases, tile by tile, by several threads where there are idle ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.stopping import NEVER, Stop, Stopped

SECONDS_AT_ONCE = 0.1

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
            _share(draw_tiles, count, threads, stop)

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


def _share(work: Callable[[tuple[int, int]], None], count: int, threads: int, stop: Stop) -> None:
    """Do `work` on the numbers from 0 to `count` - 1, as many at once as take a moment, each on one thread."""
    lock = threading.Lock()
    taken, size = 0, 1
    errors: list[BaseException] = []

    def take() -> tuple[int, int]:
        nonlocal taken
        with lock:
            stop.check()
            part = taken, min(taken + size, count)
            taken = part[1]
            return part

    def go_on() -> None:
        nonlocal size, taken
        try:
            while (part := take())[0] < part[1]:
                began = time.perf_counter()
                work(part)
                seconds = max(time.perf_counter() - began, 1e-9)
                wanted = int((part[1] - part[0]) * min(4.0, SECONDS_AT_ONCE / seconds))
                size = max(1, wanted if threads == 1 else min(wanted, (count - taken) // (2 * threads)))
        except BaseException as error:
            errors.append(error)
            taken = count

    helpers = [threading.Thread(target=go_on, name=f"tiles-{i}") for i in range(min(threads, count) - 1)]
    for helper in helpers:
        helper.start()
    go_on()
    for helper in helpers:
        helper.join()
    if errors:
        raise next((error for error in errors if not isinstance(error, Stopped)), errors[0])
