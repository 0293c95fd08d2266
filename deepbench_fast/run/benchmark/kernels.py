"""The kernels that most of a sample's time goes to, alone on a block of images that stays in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from deepbench_fast.kernels.image.measure import brightness
from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.noise.poisson import add_poisson
from deepbench_fast.kernels.psf.gaussian import blur
from deepbench_fast.kernels.stopping import NEVER
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.run.benchmark.arrays import KEY, PSF_PAD, PSF_SIGMA, canvases, images, noise_arguments
from deepbench_fast.run.benchmark.limits import ARITHMETIC, CACHE
from deepbench_fast.run.benchmark.work import Work

SIZE = 28
PIXELS = SIZE * SIZE
LIGHT = ("galaxy", "star", "spiral_galaxy", "lens")

OPERATIONS = {"galaxy": 90, "star": 63, "Gaussian noise": 76}
"""What the source of a kernel's loop asks for each pixel: + - *, comparisons, and what is done to integers, of which a
64-bit one counts as two. They come at best as fast as multiplications and additions do."""


def kernels(light: Iterable[str] = LIGHT) -> Iterator[Work]:
    """Light of one object an image at the pixels' centres, noise, PSF, and the sums that SNRs are of."""
    for name in light:
        block = canvases(name, SIZE)
        image = Recipe.of_kind(name).with_overrides({"size": [SIZE, SIZE], "image.sampling": "center"}).image
        form = next(iter(kind(name).forms), "")
        solve = kind(name).kernel(image, form=form)
        yield _work("kernels", name, len(block.table), partial(solve, *block))
    flat, padded = images(SIZE), images(SIZE, pad=PSF_PAD)
    count, out = len(flat), np.zeros_like(flat)
    noise, sums = noise_arguments(count), np.empty(count)
    level, one, yes, streams, members = np.full(count, 20.0), np.ones(count), np.ones(count, np.int64), *noise[2:]
    widths = np.full(len(padded), PSF_SIGMA)
    blurred = np.empty((len(padded), PIXELS), np.float32)
    frame = (SIZE, SIZE, PSF_PAD)
    yield _work("effects", "Gaussian noise", count, lambda: add_gaussian(out, *noise, 0))
    yield _work("effects", "Poisson noise", count, lambda: add_poisson(out, level, yes, KEY, streams, members, 0))
    yield _work(
        "effects", "CCD noise", count, lambda: apply_ccd(flat, level, one, one, yes, KEY, streams, streams, members, 0)
    )
    yield _work("effects", "Gaussian PSF", len(padded), lambda: blur(padded, frame, widths, blurred, NEVER.flag))
    yield Work("effects", "sums", "pix", flat.size, partial(brightness, flat, sums), {CACHE: flat.nbytes})


def _work(group: str, name: str, count: int, action: Callable[[], object]) -> Work:
    limit = {ARITHMETIC: float(OPERATIONS[name] * PIXELS * count)} if name in OPERATIONS else {}
    return Work(group, name, "pix", PIXELS * count, action, limit)
