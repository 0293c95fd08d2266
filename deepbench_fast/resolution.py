"""Scenes that pixels don't resolve: how far their pixels are off, measured on a few samples on finer grids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import draw
from deepbench_fast.plan import Plan, make_plan
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.image import MAX_OVERSAMPLE, Image
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.render import Renderer
from deepbench_fast.stopping import NEVER, Stop

PIXELS_COMPARED = 2**21
SAMPLES_COMPARED = 256
TOLERATED_ERROR = 0.03
TOLERATED_SHARE = 0.05
# What is advised, and the finer grid that both are held against.
ADVISED, FINEST = 3, 5

Errors = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


def resolution_warnings(plan: Plan, stop: Stop = NEVER) -> Iterator[str]:
    """Say for which catalogues pixels are wrong by more than a few percent: without a PSF, or for light at pixel
    centres, their brightest pixels before it; else what the PSF makes of scenes that pixels don't resolve."""
    if plan.is_series:
        return
    warned = set()
    for name, words in _cusps(plan, stop):
        warned.add(name)
        yield words
    blurred = [name for name in plan.catalogues if plan.recipe.psf_of(name) is not None and name not in warned]
    if blurred and FINEST * plan.recipe.image.oversample <= MAX_OVERSAMPLE:
        yield from _unresolved(plan, blurred, stop)


def _cusps(plan: Plan, stop: Stop) -> Iterator[tuple[str, str]]:
    if plan.recipe.image.sampling != "center":
        return
    errors, labels = center_errors(plan, stop)
    for number, name in enumerate(plan.catalogues):
        own = errors[labels == number]
        if _is_wrong(own):
            yield (
                name,
                f"{name}: sampling at pixel centres makes the brightest pixel wrong by more than {_share(own)}; "
                "image.sampling=integrate gives the mean over each pixel",
            )


def _unresolved(plan: Plan, names: list[str], stop: Stop) -> Iterator[str]:
    (now, labels), (then, _) = (blur_errors(plan, factor, stop) for factor in (1, ADVISED))
    for name in names:
        chosen = labels == plan.catalogues.index(name)
        if _is_wrong(now[chosen]):
            off = _share(now[chosen], " of the peak")
            left = f"{np.median(then[chosen]):.1%} (worst {then[chosen].max():.1%})"
            yield (
                f"{name}: pixels don't resolve the scene: a blurred pixel is off by more than {off}; "
                f"image.oversample={ADVISED * plan.recipe.image.oversample} leaves about {left}"
            )


def _is_wrong(errors: Errors) -> bool:
    return bool(errors.size) and float(np.mean(errors > TOLERATED_ERROR)) > TOLERATED_SHARE


def _share(errors: Errors, of: str = "") -> str:
    return (
        f"{TOLERATED_ERROR:.0%}{of} in {np.mean(errors > TOLERATED_ERROR):.0%} of the samples (median "
        f"{np.median(errors):.0%}, worst {errors.max():.0%} of {errors.size} samples)"
    )


def center_errors(plan: Plan, stop: Stop = NEVER) -> tuple[Errors, Labels]:
    """Relative error |center / integrate - 1| of the brightest pixel before PSF and noise, and catalogue, by sample."""
    images = [plan.recipe.image.model_copy(update={"sampling": sampling}) for sampling in ("center", "integrate")]
    count = _count(plan, 1)
    (center, labels), (integrate, _) = (_scenes(plan.recipe, image, count, False, stop) for image in images)
    brightest = center.argmax(axis=1)[:, None]
    at_center, mean = (np.take_along_axis(scene, brightest, axis=1)[:, 0] for scene in (center, integrate))
    lit = mean > 0
    return np.abs(at_center[lit] / mean[lit] - 1), labels[lit]


def blur_errors(plan: Plan, factor: int, stop: Stop = NEVER) -> tuple[Errors, Labels]:
    """Largest error of a pixel after the PSF, in units of the brightest one, and catalogue, by sample.

    It is that of a grid `factor` times as fine as the recipe asks, held against one that is FINEST times as fine.
    """
    image = plan.recipe.image
    count = _count(plan, FINEST * image.oversample)
    (found, labels), (truth, _) = (
        _scenes(plan.recipe, image.model_copy(update={"oversample": n * image.oversample}), count, True, stop)
        for n in (factor, FINEST)
    )
    peak = truth.max(axis=1)
    lit = peak > 0
    return np.abs(found - truth).max(axis=1)[lit] / peak[lit], labels[lit]


def _count(plan: Plan, factor: int) -> int:
    pixels = factor**2 * plan.shape[0] * plan.shape[1]
    return max(1, min(SAMPLES_COMPARED, plan.samples, PIXELS_COMPARED // pixels))


def _scenes(recipe: Recipe, image: Image, count: int, blurred: bool, stop: Stop) -> tuple[Errors, Labels]:
    """Scenes before noise, after the PSF where they are to be blurred, (samples, pixels), and catalogue numbers."""
    bare = {"noise": ()} if blurred else {"noise": (), "psf": None}
    catalogues = {name: c.model_copy(update=bare) for name, c in recipe.catalogues.items()}
    changed = {"catalogues": catalogues, "image": image, "targets": Targets(("catalogue",)), "extras": Extras()}
    plan = make_plan(recipe.model_copy(update={**changed, "noise": ()}))
    tables = draw(plan, 0, count)
    images = Renderer(plan).render(tables, stop=stop)["images"].reshape(count, -1)
    return images.astype(np.float64), tables.samples["catalogue"].copy()
