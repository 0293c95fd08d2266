"""A cutoff of light that is lost in the noise, and how many pixels objects would then be drawn on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.effects.effect import Stage
from deepbench_fast.render.noise import effect_rows

PART_OF_NOISE = 0.01
SAMPLES_COMPARED = 16
LEAST_GAIN = 2.0
SMALLEST_FRAME = 64 * 64
"""Pixels of a frame from which on it pays."""


@dataclass(frozen=True)
class Cutoff:
    """A value for `image.cutoff`: a hundredth of `noise`, the median standard deviation of a pixel without light.

    `share` is the part of the pixels, of all objects together, on which they would still be evaluated.
    """

    value: float
    noise: float
    share: float


def proposed_cutoff(plan: Plan) -> Cutoff | None:
    """A cutoff that leaves objects out of half of the pixels or more; None where there is none, or one is given."""
    if plan.is_series or plan.recipe.image.cutoff or math.prod(plan.shape) < SMALLEST_FRAME:
        return None
    samples = min(SAMPLES_COMPARED, plan.samples)
    tables = draw(plan, 0, samples)
    noise = _noise(plan, tables.samples)
    if not noise > 0.0:
        return None
    value = _rounded_down(PART_OF_NOISE * noise)
    evaluated, whole = 0.0, 0
    for kind in plan.kinds:
        tiled = kind.tiled(plan.recipe.image, next(iter(kind.forms), "")) if kind.layer == "light" else None
        table = tables.objects[kind.name]
        if kind.layer != "light" or not len(table):
            continue
        whole += len(table) * math.prod(plan.shape)
        if tiled is None:
            evaluated += len(table) * math.prod(plan.shape)
            continue
        ellipses = np.empty((len(table), 6))
        tiled[0](table, value, ellipses)
        evaluated += float(_areas(ellipses, plan.shape).sum())
    if whole == 0 or LEAST_GAIN * evaluated > whole:
        return None
    return Cutoff(value, noise, evaluated / whole)


def _noise(plan: Plan, samples: npt.NDArray[np.void]) -> float:
    """Median standard deviation of a pixel without light; 0 where it follows from the light."""
    variance = np.zeros((len(samples), 1), np.float32)
    if not plan.effects.noises:
        return 0.0
    plan.effects.find(np.zeros_like(variance), effect_rows(plan, samples, Stage.NOISE), variance)
    return float(np.median(np.sqrt(np.nan_to_num(variance, nan=0.0))))


def _rounded_down(value: float) -> float:
    """To one significant digit."""
    step = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.floor(value / step * (1.0 + 1e-6)) * step:.1g}")


def _areas(ellipses: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Pixels of the frame in each ellipse, at most."""
    x, y, xx, xy, yy, limit = ellipses[ellipses[:, 5] > 0.0].T
    determinant = xx * yy - xy * xy
    across, down = np.sqrt(limit * yy / determinant), np.sqrt(limit * xx / determinant)
    height, width = shape
    columns = np.minimum(x + across, width - 0.5) - np.maximum(x - across, -0.5)
    rows = np.minimum(y + down, height - 0.5) - np.maximum(y - down, -0.5)
    areas: npt.NDArray[np.float64] = np.minimum(
        np.pi * limit / np.sqrt(determinant), np.maximum(columns, 0.0) * np.maximum(rows, 0.0)
    )
    return areas
