"""Kernels on one core against those of other libraries, and against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.processes import on_one_cpu
from benchmarks.table import Row, duration, rate, unavailable
from deepbench_fast.kernels.light.galaxy import galaxy_center, galaxy_integrate
from deepbench_fast.kernels.light.star import star_center, star_integrate
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.psf.gaussian import blur
from deepbench_fast.kernels.stopping import NEVER
from deepbench_fast.run.benchmark import arrays
from deepbench_fast.run.benchmark.arrays import NOISE_SIGMA, PSF_PAD, noise_arguments
from deepbench_fast.run.benchmark.timing import Effort, Rounds, compare

PAIRS = {"galaxy": (galaxy_center, galaxy_integrate), "star": (star_center, star_integrate)}


def measure(effort: Effort) -> Iterator[Row]:
    yield galaxies_in_jax(effort)
    yield from gaussian_pixels(effort)
    for size in (28, 256):
        yield from gaussian_psf(size, effort)
    for size, goal in ((28, 4.0), (256, 2.0)):
        for kind in PAIRS:
            yield integrate_against_center(kind, size, goal, effort)


def galaxies_in_jax(effort: Effort) -> Row:
    """Noisy galaxies, the kernels alone."""
    what = "noisy galaxies 28×28, kernels alone, one core each"
    try:
        rounds, batch = on_one_cpu(time_against_jax, effort)
    except ImportError as error:
        return unavailable(f"{what}, vs JAX", error)
    ours, theirs = (rate(batch / rounds.median(side)) for side in ("ours", "jax"))
    return Row(what, ours, f"JAX, jit + vmap {theirs}", rounds.ratio("jax", "ours"), 6)


def time_against_jax(effort: Effort) -> tuple[Rounds, int]:
    """Both sides make the same galaxies in float32, each with noise of its own; gives also the number of galaxies."""
    from benchmarks.peers.jax_galaxies import make_galaxies

    canvases = arrays.canvases("galaxy", 28)
    batch = len(canvases.table)
    noise = noise_arguments(batch)

    def ours() -> None:
        canvases.canvas.fill(0.0)
        galaxy_center(*canvases)
        add_gaussian(canvases.canvas, *noise)

    return compare({"ours": ours, "jax": make_galaxies(canvases.table, NOISE_SIGMA, 28)}, effort), batch


def gaussian_pixels(effort: Effort) -> Iterator[Row]:
    """Standard normals: ours added to images, NumPy's only written."""
    images = arrays.images(28)
    noise = noise_arguments(len(images))
    rng = np.random.default_rng(0)
    single, double = np.empty_like(images), np.empty(images.shape)
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: add_gaussian(images, *noise),
        "float32": lambda: rng.standard_normal(dtype=np.float32, out=single),
        "float64": lambda: rng.standard_normal(out=double),
    }
    rounds = compare(sides, effort)
    ours = rate(images.size / rounds.median("ours"), "pix")
    for dtype in ("float32", "float64"):
        peer = f"NumPy {rate(images.size / rounds.median(dtype), 'pix')}"
        yield Row(f"Gaussian pixels vs NumPy's standard_normal, {dtype}", ours, peer, rounds.ratio(dtype, "ours"), 10)


def gaussian_psf(size: int, effort: Effort) -> Iterator[Row]:
    """The same padded images blurred: SciPy's in one call a stack, OpenCV's in one call an image."""
    from scipy.ndimage import gaussian_filter

    padded = arrays.images(size, pad=PSF_PAD)
    count, width = len(padded), size + 2 * PSF_PAD
    stack = padded.reshape(count, width, width)
    sigma, out, blurred = (
        np.full(count, arrays.PSF_SIGMA),
        np.empty((count, size * size), np.float32),
        np.empty_like(stack),
    )
    axes = (0.0, arrays.PSF_SIGMA, arrays.PSF_SIGMA)
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: blur(padded, (size, size, PSF_PAD), sigma, out, NEVER.flag),
        "scipy": lambda: gaussian_filter(stack, axes, mode="constant", output=blurred),
    }
    goals = {"scipy": ("SciPy", 7.0)}
    what = f"Gaussian PSF σ = 0.7, {size}×{size}, one core"
    try:
        sides["opencv"] = opencv_blur(stack, np.empty_like(stack))
        goals["opencv"] = ("OpenCV", 1.5)
    except ImportError as error:
        yield unavailable(f"{what}, vs OpenCV", error)
    rounds = compare(sides, effort)
    for side, (name, goal) in goals.items():
        ours, theirs = (duration(rounds.median(one) / count) for one in ("ours", side))
        yield Row(what, ours, f"{name} {theirs}", rounds.ratio(side, "ours"), goal)


def opencv_blur(stack: arrays.Float32Array, blurred: arrays.Float32Array) -> Callable[[], None]:
    import cv2

    cv2.setNumThreads(1)
    taps, sigma, border = (2 * PSF_PAD + 1,) * 2, arrays.PSF_SIGMA, cv2.BORDER_CONSTANT

    def blur_all() -> None:
        for image, out in zip(stack, blurred, strict=True):
            cv2.GaussianBlur(image, taps, sigma, out, sigma, border)

    return blur_all


def integrate_against_center(kind: str, size: int, goal: float, effort: Effort) -> Row:
    """The mean over each pixel against the value at its centre: how many times as long it takes."""
    center, integrate = PAIRS[kind]
    canvases = arrays.canvases(kind, size)
    rounds = compare({"integrate": lambda: integrate(*canvases), "center": lambda: center(*canvases)}, effort)
    ours, peer = (duration(rounds.median(side) / len(canvases.table)) for side in ("integrate", "center"))
    ratio = rounds.ratio("integrate", "center")
    return Row(f"`integrate` vs `center`, {kind} {size}×{size}: times as long", ours, peer, ratio, goal, at_most=True)
