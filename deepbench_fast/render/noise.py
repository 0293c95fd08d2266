"""Noise on rendered samples, at the levels that stand in `/samples`; levels that only rendering tells are filled in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import RANK, Plan
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.kernels.stopping import NEVER, Stop
from deepbench_fast.render.sharing import share

PART = 2**16  # pixels of an image that threads take one by one, a multiple of 4096

Table = npt.NDArray[Any]
Images = npt.NDArray[np.float32]
Key = npt.NDArray[np.uint32]


def find_levels(plan: Plan, samples: Table, clean: Images, variance: Images | None = None) -> Rows:
    """Fill in what follows from the noise-free images, shape (samples, pixels), and each pixel's `variance`.

    Returns the levels of all noise.
    """
    rows = effect_rows(plan, samples, Stage.NOISE)
    found = plan.effects.find(clean, rows, variance)
    for name, column in found.items():
        samples[name] = column
    return rows._replace(columns={**rows.columns, **found})


def forget_levels(plan: Plan, samples: Table) -> None:
    """Undo what rendering filled in: the table as it was drawn."""
    if plan.information:
        samples[RANK.name] = np.nan
    if not plan.is_series:
        for name, column in plan.effects.forget(effect_rows(plan, samples, Stage.NOISE)).items():
            samples[name] = column


def add_noise(
    plan: Plan, samples: Table, levels: Rows, images: Images, key: Key, threads: int = 1, stop: Stop = NEVER
) -> None:
    """Add the noise of each sample, at its levels and drawn under `key`, to its image in place; (samples, pixels).

    To a single large image by so many threads, with the same bits. Raises Stopped.
    """
    catalogues = samples["catalogue"]
    streams = {name: plan.pixel_streams[name][catalogues] for m in plan.effects.noises for name in m.streams}
    rows = levels._replace(streams=streams, key=key)
    if threads == 1 or len(images) > 1 or not plan.effects.adds_by_parts:
        plan.effects.add_noise(images, rows)
        return

    def add(parts: tuple[int, int]) -> None:
        first = PART * parts[0]
        plan.effects.add_noise(images[:, first : PART * parts[1]], rows._replace(first=first))

    share(add, -(-images.shape[1] // PART), threads, stop)


def add_output_noise(plan: Plan, samples: Table, series: npt.NDArray[np.float64], key: Key) -> None:
    """Add measurement noise, drawn under `key`, to series, shape (samples, steps, columns), in place."""
    outputs = [output for _, _, output in plan.output_columns]
    streams = {"series": plan.output_streams[samples["catalogue"]]}
    rows = effect_rows(plan, samples, Stage.NOISE)._replace(streams=streams, key=key)
    plan.effects.add_output_noise(series, outputs, rows)


def effect_rows(plan: Plan, samples: Table, stage: Stage) -> Rows:
    """The columns of effects of one stage, and the samples' addresses but for their streams."""
    columns = {name: np.ascontiguousarray(samples[name]) for name in plan.effect_columns[stage]}
    return Rows(columns, {}, np.ascontiguousarray(samples["member"]), plan.key)
