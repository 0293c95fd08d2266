"""Every kind of object in images on one core, noise and PSFs other than Gaussian; how others draw filled shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.table import Row, duration, rate
from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kernels.image.grid import padded_length
from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.psf.moffat import moffat_blur, widest_moffat
from deepbench_fast.kernels.shapes.circle import circle
from deepbench_fast.kernels.shapes.compose import UNION
from deepbench_fast.kernels.shapes.ellipse import ellipse
from deepbench_fast.kernels.shapes.polygon import polygon
from deepbench_fast.kernels.stopping import NEVER
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.run.benchmark import arrays
from deepbench_fast.run.benchmark.arrays import KEY
from deepbench_fast.run.benchmark.road import rendering, samples_in_task
from deepbench_fast.run.benchmark.timing import Action, Effort, compare

SIZES = {"light": 28, "shape": 256}
SHAPE_SIZE = 256
# Shapes of all sizes and places in one timed action.
SHAPES = 200

Image = npt.NDArray[Any]
DrawOn = Callable[[Image], object]


def measure(effort: Effort) -> Iterator[Row]:
    for kind in kinds().values():
        for settings, options in kind.renderings() if kind.layer in SIZES else ():
            yield draw_and_render(kind, settings, options, effort)
    yield ccd_pixels(effort)
    for size in (28, 256):
        yield moffat_psf(size, effort)


def draw_and_render(kind: Kind, settings: dict[str, object], options: dict[str, str], effort: Effort) -> Row:
    """One object in each image, no noise, in one of the pipeline's tasks, on one thread."""
    size = SIZES[kind.layer]
    overrides = {"size": [size, size], **{f"image.{name}": value for name, value in settings.items()}}
    recipe = Recipe.of_kind(kind.name).with_overrides(overrides)
    for option, value in options.items():
        recipe = recipe.set(f"catalogues.{kind.name}.{kind.name}.{option}", value)
    recipe = recipe.set("samples", samples_in_task(make_plan(recipe)))
    plan = make_plan(recipe)
    rounds = compare({"ours": rendering(plan)}, effort)
    what = f"{kind.name}, {kind.rendering(recipe.image, **options)}, {size}×{size}: draw and render, one core"
    return Row(what, rate(plan.samples / rounds.median("ours")))


class ShapePeers(NamedTuple):
    """Our kernel of a shape, and what makes the others' calls from a row of the table.

    OpenCV rounds positions and lengths to pixels, which is its fast way; scikit-image gives the pixels' indices, which
    are then set.
    """

    kernel: Callable[..., None]
    opencv: Callable[[Any], DrawOn]
    scikit_image: Callable[[Any], DrawOn]


def filled_table(name: str) -> npt.NDArray[Any]:
    """Rows of shapes that all belong to sample 0."""
    table = arrays.objects(name, SHAPES, SHAPE_SIZE).objects[name].copy()
    table["sample"], table["fill"] = 0, 1
    return table


def our_shapes(kernel: Callable[..., None], tables: list[npt.NDArray[Any]], dtype: np.dtype[Any]) -> Action:
    """One call for each table."""
    canvas = np.zeros((1, padded_length(SHAPE_SIZE**2)), dtype)
    frame = (SHAPE_SIZE, SHAPE_SIZE, 0)

    def draw_all() -> None:
        for table in tables:
            kernel(canvas, frame, table, 0, UNION)

    return draw_all


def their_shapes(make: Callable[[Any], DrawOn], table: npt.NDArray[Any], dtype: np.dtype[Any]) -> Action:
    image = np.zeros((SHAPE_SIZE, SHAPE_SIZE), dtype)
    calls = [make(row) for row in table]

    def draw_all() -> None:
        for call in calls:
            call(image)

    return draw_all


def opencv_ellipse(row: Any) -> DrawOn:
    cv2 = opencv()
    axes = (round(row["width"] / 2), round(row["height"] / 2))
    centre, angle = rounded_centre(row), float(row["angle"])
    return lambda image: cv2.ellipse(image, centre, axes, angle, 0, 360, 1, cv2.FILLED)


def opencv_circle(row: Any) -> DrawOn:
    cv2 = opencv()
    centre, radius = rounded_centre(row), round(row["radius"])
    return lambda image: cv2.circle(image, centre, radius, 1, cv2.FILLED)


def opencv_polygon(row: Any) -> DrawOn:
    cv2 = opencv()
    outline = [np.rint(corners(row)).astype(np.int32)]
    return lambda image: cv2.fillPoly(image, outline, 1)


def opencv() -> Any:
    import cv2

    cv2.setNumThreads(1)
    return cv2


def scikit_image_ellipse(row: Any) -> DrawOn:
    from skimage.draw import ellipse

    x, y, a, b = (float(value) for value in (row["x"], row["y"], row["width"] / 2, row["height"] / 2))
    # It turns from +y towards +x.
    turn = -np.radians(float(row["angle"]))
    return lambda image: set_pixels(image, ellipse(y, x, b, a, image.shape, turn))


def scikit_image_circle(row: Any) -> DrawOn:
    from skimage.draw import disk

    centre, radius = (float(row["y"]), float(row["x"])), float(row["radius"])
    return lambda image: set_pixels(image, disk(centre, radius, shape=image.shape))


def scikit_image_polygon(row: Any) -> DrawOn:
    from skimage.draw import polygon

    columns, rows = corners(row).T
    return lambda image: set_pixels(image, polygon(rows, columns, image.shape))


def set_pixels(image: Image, indices: tuple[npt.NDArray[np.intp], ...]) -> None:
    image[indices] = 1


def rounded_centre(row: Any) -> tuple[int, int]:
    return round(row["x"]), round(row["y"])


def corners(row: Any) -> npt.NDArray[np.float64]:
    """(x, y) of a regular polygon's vertices."""
    angles = np.radians(row["angle"] + 90.0) + 2.0 * np.pi * np.arange(row["vertices"]) / row["vertices"]
    return np.column_stack([row["x"] + row["radius"] * np.cos(angles), row["y"] + row["radius"] * np.sin(angles)])


SHAPE_PEERS = {
    "ellipse": ShapePeers(ellipse, opencv_ellipse, scikit_image_ellipse),
    "polygon": ShapePeers(polygon, opencv_polygon, scikit_image_polygon),
    "circle": ShapePeers(circle, opencv_circle, scikit_image_circle),
}


def ccd_pixels(effort: Effort) -> Row:
    """Photon and read noise on fresh copies of the same images."""
    light = arrays.images(SHAPE_SIZE)
    images, count = np.empty_like(light), len(light)
    sky, gain, read_noise = (np.full(count, value) for value in (100.0, 2.0, 5.0))
    noise = (sky, gain, read_noise, np.zeros(count, np.int64), KEY)
    streams = (np.zeros(count, np.uint32), np.ones(count, np.uint32), np.arange(count))

    def ours() -> None:
        images[:] = light
        apply_ccd(images, *noise, *streams)

    rounds = compare({"ours": ours}, effort)
    return Row("CCD pixels, 200 electrons of sky, one core", rate(images.size / rounds.median("ours"), "pix"))


def moffat_psf(size: int, effort: Effort) -> Row:
    """The same PSF for all images."""
    gamma, alpha = 1.0, 3.0
    pad = widest_moffat(np.array([gamma]), np.array([alpha]), size)
    padded = arrays.images(size, pad=pad)
    count = len(padded)
    out, gammas, alphas = np.empty((count, size * size), np.float32), np.full(count, gamma), np.full(count, alpha)
    frame = (size, size, pad)
    rounds = compare({"ours": lambda: moffat_blur(padded, frame, gammas, alphas, out, NEVER.flag)}, effort)
    what = f"Moffat PSF γ = {gamma:g}, α = {alpha:g}, to {pad} pixels, {size}×{size}, one core"
    return Row(what, duration(rounds.median("ours") / count))
