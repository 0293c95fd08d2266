"""Compiles a recipe's kernels before its first sample, on two processors where it is the first of all recipes.

Every kernel is called without samples, by what calls it with samples. Where even the kernels that draw are not in the
cache, another process begins at the other end of the list: a kernel that one of the two compiles the other waits for.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import numpy as np

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import call_short_kernels, draw
from deepbench_fast.kernels import compiling
from deepbench_fast.kernels._cache import sweep_locks
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.oversample import in_sub_pixels
from deepbench_fast.render.renderer import Images, Keys, Renderer
from deepbench_fast.render.scene import Brush, Scene

Step = Callable[[], object]

HELPER = "from deepbench_fast.render.compiled import help_out; help_out()"


def compile_kernels(plan: Plan) -> None:
    """Load or compile the kernels that draw; where these must be compiled, all others of an image, too.

    What this leaves, series among it, compiles at its first call.
    """
    first, *others = steps(Renderer(plan))
    helper: list[subprocess.Popen[bytes]] = []
    try:
        if usable_cpus() > 1 and not any(kind.fingerprint for kind in plan.kinds):
            compiling.at_first(lambda: helper.extend(_helper(plan.recipe)))
        first()
        compiling.forget()
        if helper:
            for step in others:
                step()
    finally:
        compiling.forget()
        for process in helper:
            process.kill()
            process.communicate()
        if helper:
            sweep_locks()


def steps(renderer: Renderer) -> list[Step]:
    """What compiles the kernels: the draws, once more those that don't take long, then of images each way to draw an
    object, and all that follows. Whoever begins at the end has half of the work where the other has `draw`."""
    plan, images = renderer.plan, renderer.maker
    if not isinstance(images, Images):
        return [plan.check_tables]
    tables = Tables(0, np.empty(0, plan.samples_dtype), {k.name: np.empty(0, plan.table_dtype(k)) for k in plan.kinds})
    painted = [partial(_paint, images.scene, brush, tables) for brush in images.scene.brushes]

    def finish() -> None:
        images.start(tables.samples)
        images.make(tables, renderer.allocate(0), Keys(plan.key, plan.key))

    return [lambda: draw(plan, 0, 0), partial(call_short_kernels, plan), *painted, finish]


def _paint(scene: Scene, brush: Brush, tables: Tables) -> None:
    frame, nothing = (*scene.shape, 0), np.empty(0, scene.dtype)
    table = in_sub_pixels(scene.kinds[brush.kind], tables.objects[brush.kind], scene.factor)
    if brush.tiled is not None:
        brush.tiled.compile(frame, table)
    elif brush.is_shape:
        brush.kernel(nothing.reshape(0, 0), frame, table, 0, scene.overlap)
    else:
        brush.kernel(nothing.reshape(0, 0), nothing, nothing, frame, table, 0)


def _helper(recipe: Recipe) -> list[subprocess.Popen[bytes]]:
    """Another process that compiles the same kernels from the end; none where none can be started.

    Its input stays open as long as this process lives, which tells it when nobody needs it any more.
    """
    with suppress(OSError):
        helper = subprocess.Popen(
            [sys.executable, "-P", "-c", HELPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert helper.stdin is not None
        with suppress(OSError):
            helper.stdin.write(pickle.dumps(recipe))
            helper.stdin.flush()
        return [helper]
    return []


def help_out() -> None:
    """Compile the kernels of the recipe that standard input has, the last ones first, as long as that is open."""
    recipe = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_leave_at_the_end, args=(sys.stdin.fileno(),), daemon=True).start()
    for step in reversed(steps(Renderer(make_plan(recipe)))):
        step()


def _leave_at_the_end(descriptor: int) -> None:
    """End this process where the input ends: also a killed one can't tell it otherwise that nobody waits."""
    while os.read(descriptor, 1):
        pass
    os._exit(0)
