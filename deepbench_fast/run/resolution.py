"""Scenes that pixels don't resolve: how far their pixels are off, measured on a few samples on finer grids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.effects.effect import WIDEST
from deepbench_fast.kernels.stopping import NEVER, Stop
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.render.oversample import PLACES
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.image import MAX_OVERSAMPLE, Image
from deepbench_fast.values.number_text import percent

PIXELS_COMPARED = 2**21
# Pixels a side of what is compared, about the brightest one of each sample.
WINDOW = 32
SAMPLES_COMPARED = 256
TOLERATED_ERROR = 0.03
TOLERATED_SHARE = 0.05
# What is advised, and the finer grid that both are held against.
ADVISED, FINEST = 3, 5

Errors = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


def resolution_warnings(plan: Plan, stop: Stop = NEVER, pixels: int = PIXELS_COMPARED) -> Iterator[str]:
    """Say for which catalogues pixels are wrong by more than a few percent: without a PSF, or for light at pixel
    centres, their brightest pixels before it; else what the PSF makes of scenes that pixels don't resolve.

    It is measured on as many samples as have `pixels` on the finest grid, 1 to 256.
    """
    if plan.is_series:
        return
    warned = set()
    for name, words in _cusps(plan, stop, pixels):
        warned.add(name)
        yield words
    psfs = {name: psf for name in plan.catalogues if (psf := plan.recipe.psf_of(name)) is not None}
    unknown = [name for name in psfs if name not in warned]
    finest = FINEST * plan.recipe.image.oversample
    if unknown and finest <= MAX_OVERSAMPLE and finest * max(psf.widest for psf in psfs.values()) <= WIDEST:
        yield from _unresolved(plan, unknown, stop, pixels)


def _cusps(plan: Plan, stop: Stop, pixels: int) -> Iterator[tuple[str, str]]:
    if plan.recipe.image.sampling != "center":
        return
    try:
        errors, labels = center_errors(plan, stop, pixels)
    except Invalid as invalid:  # objects too small for means over pixels
        yield "", f"how wrong sampling at pixel centres is can't be measured: {invalid}"
        return
    for number, name in enumerate(plan.catalogues):
        own = errors[labels == number]
        if _is_wrong(own):
            yield (
                name,
                f"{name}: sampling at pixel centres makes the brightest pixel wrong by more than {_share(own)}; "
                "image.sampling=integrate gives the mean over each pixel",
            )


def _unresolved(plan: Plan, names: list[str], stop: Stop, pixels: int) -> Iterator[str]:
    (now, labels), (then, _) = (blur_errors(plan, factor, stop, pixels) for factor in (1, ADVISED))
    for name in names:
        chosen = labels == plan.catalogues.index(name)
        if _is_wrong(now[chosen]):
            off = _share(now[chosen], " of the peak")
            left = f"{percent(np.median(then[chosen]), 2)} (worst {percent(then[chosen].max(), 2)})"
            yield (
                f"{name}: pixels don't resolve the scene: a blurred pixel is off by more than {off}; "
                f"image.oversample={ADVISED * plan.recipe.image.oversample} leaves about {left}"
            )


def _is_wrong(errors: Errors) -> bool:
    return bool(errors.size) and float(np.mean(errors > TOLERATED_ERROR)) > TOLERATED_SHARE


def _share(errors: Errors, of: str = "") -> str:
    return (
        f"{percent(TOLERATED_ERROR)}{of} in {percent(np.mean(errors > TOLERATED_ERROR), 2)} of the samples (median "
        f"{percent(np.median(errors), 2)}, worst {percent(errors.max(), 2)} of {errors.size} samples)"
    )


def center_errors(plan: Plan, stop: Stop = NEVER, pixels: int = PIXELS_COMPARED) -> tuple[Errors, Labels]:
    """Relative error |center / integrate - 1| of the brightest pixel before PSF and noise, and catalogue, by sample."""
    count = max(1, min(SAMPLES_COMPARED, pixels // (plan.shape[0] * plan.shape[1])))
    (integrate, _), (center, labels) = (_scenes(plan.recipe, how, count, stop) for how in ("integrate", "center"))
    brightest = center.argmax(axis=1)[:, None]
    at_center, mean = (np.take_along_axis(scene, brightest, axis=1)[:, 0] for scene in (center, integrate))
    lit = mean > 0
    return np.abs(at_center[lit] / mean[lit] - 1), labels[lit]


def blur_errors(plan: Plan, factor: int, stop: Stop = NEVER, pixels: int = PIXELS_COMPARED) -> tuple[Errors, Labels]:
    """Largest error of a pixel after the PSF, in units of the brightest one, and catalogue, by sample.

    It is that of a grid `factor` times as fine as the recipe asks, held against one that is FINEST times as fine, in a
    window about the brightest pixel of each sample.
    """
    image = plan.recipe.image
    window = replace(image, shape=(min(WINDOW, image.height), min(WINDOW, image.width)))
    count = max(1, min(SAMPLES_COMPARED, plan.samples, pixels // (plan.shape[0] * plan.shape[1])))
    count = max(1, min(count, pixels // (FINEST * image.oversample * WINDOW) ** 2))
    whole, tables = _render(plan.recipe, image, count, stop)
    brightest = np.stack(np.unravel_index(whole.argmax(axis=1), image.shape), axis=1)
    corner = np.clip(brightest - np.array(window.shape) // 2, 0, np.array(image.shape) - window.shape)
    found, truth = (
        _render(plan.recipe, replace(window, oversample=n * image.oversample), count, stop, corner, tables)[0]
        for n in (factor, FINEST)
    )
    peak = truth.max(axis=1)
    lit = peak > 0
    labels = tables.samples["catalogue"]
    return np.abs(found - truth).max(axis=1)[lit] / peak[lit], labels[lit]


def _scenes(recipe: Recipe, sampling: str, count: int, stop: Stop) -> tuple[Errors, Labels]:
    """Scenes before PSF and noise, (samples, pixels), and catalogue numbers."""
    catalogues = {name: replace(c, psf=None) for name, c in recipe.catalogues.items()}
    image = replace(recipe.image, sampling=sampling)
    images, tables = _render(replace(recipe, catalogues=catalogues, extras=Extras()), image, count, stop)
    return images, tables.samples["catalogue"].copy()


def _render(
    recipe: Recipe,
    image: Image,
    count: int,
    stop: Stop,
    corner: npt.NDArray[np.int64] | None = None,
    drawn: Tables | None = None,
) -> tuple[Errors, Tables]:
    """The first samples without noise, (samples, pixels), with their tables.

    They are of all of the image, or of the window whose corner (row, column) is given for each.
    """
    catalogues = {name: replace(c, noise=()) for name, c in recipe.catalogues.items()}
    label = Targets(("catalogue",))
    bare = replace(recipe, catalogues=catalogues, image=image, noise=(), targets=label, extras=Extras())
    plan = make_plan(bare)
    tables = draw(plan, 0, count)
    if corner is not None and drawn is not None:
        tables = Tables(0, drawn.samples, {name: _moved(table, corner) for name, table in drawn.objects.items()})
    images = Renderer(plan).render(tables, stop=stop)["images"].reshape(count, -1)
    return images.astype(np.float64), tables


def _moved(table: npt.NDArray[Any], corner: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The rows of a kind's table, in the coordinates of the windows of their samples."""
    moved = table.copy()
    for name in PLACES:
        if name in (table.dtype.names or ()):
            moved[name] -= corner[table["sample"], 1 if name.startswith("x") else 0]
    return moved
