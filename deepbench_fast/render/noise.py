"""Noise on rendered samples, at the levels that stand in `/samples`; levels that only rendering tells are filled in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.effects import chain
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.kernels.backend import cpu

Table = npt.NDArray[Any]
Key = npt.NDArray[np.uint32]


def find_levels(plan: Plan, samples: Table, clean: npt.NDArray[np.float32]) -> None:
    """Fill in what follows from the noise-free images S, shape (samples, pixels)."""
    for name, column in chain.find(clean, effect_rows(plan, samples, Stage.NOISE), cpu).items():
        samples[name] = column


def forget_levels(plan: Plan, samples: Table) -> None:
    """Undo `find_levels`: the table as it was drawn."""
    for name, column in chain.forget(effect_rows(plan, samples, Stage.NOISE)).items():
        if name in plan.sample_columns:
            samples[name] = column


def expected_variance(plan: Plan, samples: Table, clean: npt.NDArray[np.float32], out: npt.NDArray[np.float32]) -> None:
    """Variance of the noise in each pixel, shape (samples, pixels)."""
    chain.expected_variance(clean, effect_rows(plan, samples, Stage.NOISE), out, cpu)


def add_noise(plan: Plan, samples: Table, images: npt.NDArray[np.float32], key: Key) -> None:
    """Add the noise of each sample, drawn under `key`, to its image in place; images are (samples, pixels)."""
    streams = {name: numbers[samples["catalogue"]] for name, numbers in plan.pixel_streams.items()}
    rows = effect_rows(plan, samples, Stage.NOISE)._replace(streams=streams, key=key)
    chain.add_noise(images, rows, cpu)


def add_output_noise(plan: Plan, samples: Table, series: npt.NDArray[np.float64], key: Key) -> None:
    """Add measurement noise, drawn under `key`, to series, shape (samples, steps, columns), in place."""
    outputs = [output for _, _, output in plan.output_columns]
    streams = {"series": plan.output_streams[samples["catalogue"]]}
    rows = effect_rows(plan, samples, Stage.NOISE)._replace(streams=streams, key=key)
    chain.add_output_noise(series, outputs, rows, cpu)


def effect_rows(plan: Plan, samples: Table, stage: Stage) -> Rows:
    """The columns of effects of one stage, and the samples' addresses but for their streams."""
    columns = {n: np.ascontiguousarray(samples[n]) for n in plan.sample_columns if n.startswith(f"{stage}_")}
    return Rows(columns, {}, np.ascontiguousarray(samples["member"]), plan.key)
