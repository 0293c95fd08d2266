"""Tables → samples: scene, blur by the PSF, noise; or motion, outputs, noise.

A pure function of the tables and the names of the streams.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.programs import check_compiled
from deepbench_fast.kernels.image.measure import quantise
from deepbench_fast.kernels.stopping import NEVER, Stop
from deepbench_fast.render.finite import FiniteLight
from deepbench_fast.render.masks import Masks
from deepbench_fast.render.noise import add_noise, add_output_noise, find_levels
from deepbench_fast.render.scene import Scene
from deepbench_fast.render.targets import measure_targets
from deepbench_fast.render.trajectories import Trajectories

if TYPE_CHECKING:
    from deepbench_fast.render.information import Information

BLOCK_BYTES = 2**21
# Systems are followed side by side, and the last ones of a block leave lanes empty: what it holds may be so much larger
# than the cache.
SYSTEMS_FOR_ONE = 8

Arrays = dict[str, npt.NDArray[Any]]


class Keys(NamedTuple):
    """Keys of the seeds of the draws (here: of noise on targets), and of the noise on pixels and outputs."""

    draws: npt.NDArray[np.uint32]
    noise: npt.NDArray[np.uint32]


class Renderer:
    """Renders tables of one plan, with scratch arrays that are kept from call to call: make one for each thread.

    As many as `threads` work on one large frame, with the same bits: they draw light with a cutoff, blur, add noise.
    """

    def __init__(self, plan: Plan, threads: int = 1) -> None:
        check_compiled()
        self.plan = plan
        self.maker = _Series(plan) if plan.is_series else Images(plan, threads)

    def allocate(self, samples: int) -> Arrays:
        """Arrays for `render` to fill: one for each of the plan's arrays, one row a sample."""
        return {name: np.empty((samples, *shape), dtype) for name, (shape, dtype) in self.plan.arrays.items()}

    def render(self, tables: Tables, out: Arrays | None = None, keys: Keys | None = None, stop: Stop = NEVER) -> Arrays:
        """Render the samples of `tables` into `out` (allocated if absent; its first rows are used) and return it.

        Columns of the tables that only rendering tells are filled in. `keys` are those of other seeds than the plan's.
        Raises Stopped where `stop` asks for it: then what was made is not whole.
        """
        self.maker.listen(stop)
        keys = Keys(self.plan.key, self.plan.key) if keys is None else keys
        count = len(tables.samples)
        arrays = self.allocate(count) if out is None else {name: array[:count] for name, array in out.items()}
        self.maker.start(tables.samples)
        block = max(1, BLOCK_BYTES // self.maker.scratch_bytes)
        if 0 < count <= block:
            self.maker.make(tables, arrays, keys)
            return arrays
        starts = range(0, count, block)
        edges = tables.first + np.append(starts, count)
        rows = {name: np.searchsorted(table["sample"], edges) for name, table in tables.objects.items()}
        for number, start in enumerate(starts):
            stop.check()
            end = min(start + block, count)
            objects = {name: tables.objects[name][row[number] : row[number + 1]] for name, row in rows.items()}
            part = Tables(tables.first + start, tables.samples[start:end], objects)
            self.maker.make(part, {name: array[start:end] for name, array in arrays.items()}, keys)
        return arrays


def _information(plan: Plan) -> Information | None:
    """What fills in the information of samples; nothing of it is loaded for plans without."""
    if not plan.information:
        return None
    from deepbench_fast.render.information import Information

    return Information(plan)


class Images:
    """Renders blocks of images."""

    def __init__(self, plan: Plan, threads: int) -> None:
        self.plan = plan
        self.scene = Scene(plan, threads)
        self.masks = Masks(self.scene)
        self.finite = FiniteLight(self.scene)
        self.information = _information(plan)
        self.pad = 0

    def listen(self, stop: Stop) -> None:
        """Heed this flag from now on."""
        self.scene.stop = stop

    def start(self, samples: npt.NDArray[Any]) -> None:
        """Prepare for blocks of these samples, which share the margin that the widest PSF needs."""
        self.pad = self.scene.pad(samples)

    @property
    def scratch_bytes(self) -> int:
        fine = self.scene.shape[0] * self.scene.shape[1] if self.scene.factor > 1 else 0
        return self.scene.dtype.itemsize * (self.scene.canvas_length(self.pad) + fine)

    def make(self, tables: Tables, out: Arrays, keys: Keys) -> None:
        flat = {name: array.reshape(len(array), math.prod(array.shape[1:])) for name, array in out.items()}
        images = flat["images"]
        if images.dtype != self.scene.dtype:
            images = np.empty(images.shape, self.scene.dtype)
        self.scene.draw(tables.objects, tables.first, tables.samples, self.pad, images)
        self.finite.check(tables, self.pad, images)
        levels = find_levels(self.plan, tables.samples, images, flat.get("variance"))
        measure_targets(self.plan, tables, images, out, keys.draws)
        if "masks" in out:
            self.masks.draw(tables, self.pad, flat["masks"])
        if images is not flat["images"]:
            quantise(images, flat["images"])
        if "clean" in out:
            flat["clean"][:] = flat["images"]
        if self.information is not None:
            self.information.fill(tables, out, self.scene.stop)
        scene = self.scene
        add_noise(self.plan, tables.samples, levels, flat["images"], keys.noise, scene.threads, scene.stop)


class _Series:
    """Renders blocks of series."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.trajectories = Trajectories(plan)
        self.information = _information(plan)

    def listen(self, stop: Stop) -> None:
        """Heed this flag from now on."""
        self.trajectories.stop = stop

    def start(self, samples: npt.NDArray[Any]) -> None:
        """There is nothing that the samples share."""

    @property
    def scratch_bytes(self) -> int:
        return -(-self.plan.sample_bytes // SYSTEMS_FOR_ONE)

    def make(self, tables: Tables, out: Arrays, keys: Keys) -> None:
        self.trajectories.follow(tables, out["series"])
        measure_targets(self.plan, tables, out["series"], out, keys.draws)
        if "clean" in out:
            out["clean"][:] = out["series"]
        if self.information is not None:
            self.information.fill(tables, out, self.trajectories.stop)
        add_output_noise(self.plan, tables.samples, out["series"], keys.noise)
