"""DeepBench 0.2.3 makes noisy images and saves them with their parameters; prints how fast.

Run by the interpreter of DeepBench's own environment (`environment.py`), hence with nothing imported from this package:

    python deepbench_peer.py galaxies 2000 galaxies.h5 --psf

Scenes, with the default distributions of `deepbench_fast` for every parameter:

    galaxies  one Sérsic galaxy on 28 x 28 pixels
    fields    256 x 256 pixels with Poisson(5) Moffat stars and one to three Sérsic galaxies
    shapes    one rectangle, regular polygon, ellipse, circle, arc or line on 256 x 256 pixels, in equal shares

Each image gets Gaussian noise, its standard deviation drawn from U[0, 0.2]. DeepBench is called as its users call it:
`SkyImage.combine_objects` builds the objects, which always blur themselves (Gaussian, 0.7 pixels), adds them up and
adds the noise. It has no switch for an image without PSF; there the objects' profiles are added to
`SkyImage.generate_noise`, which is less work than the usual call. `ShapeImage.combine_objects` draws the shapes, a
circle as an ellipse of equal width and height; widths and angles mean what they mean to DeepBench. The one thing that
DeepBench can't do itself is to save images with parameters of their own in one file (its `Collection` repeats one
set), so that is h5py in one go.

What is timed: drawing, making and saving, file closed, after a warm-up; not the imports.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
from deepbench.astro_object import GalaxyObject, StarObject
from deepbench.image import ShapeImage, SkyImage

WARM_UP_SAMPLES = 10

Columns = dict[str, npt.NDArray[Any]]
# Arguments: samples, path, with a PSF or not, seed.
Save = Callable[[int, Path, bool, int], None]


class Sky(NamedTuple):
    """What one image holds: its shape and how many stars and galaxies each sample gets."""

    shape: tuple[int, int]
    mean_stars: float
    fewest_galaxies: int
    most_galaxies: int


GALAXIES = Sky((28, 28), 0, 1, 1)
FIELDS = Sky((256, 256), 5, 1, 3)
SHAPES_SIZE = 256


def save_sky(scene: Sky, samples: int, path: Path, psf: bool, seed: int) -> None:
    """Draw, make and save `samples` images: `/images`, `/samples`, `/objects/star`, `/objects/galaxy`."""
    rng = np.random.default_rng(seed)
    star_counts = rng.poisson(scene.mean_stars, samples)
    galaxy_counts = rng.integers(scene.fewest_galaxies, scene.most_galaxies, samples, endpoint=True)
    stars = draw_stars(rng, int(star_counts.sum()), scene.shape)
    galaxies = draw_galaxies(rng, int(galaxy_counts.sum()), scene.shape)
    sigmas = rng.uniform(0.0, 0.2, samples)

    make_image = image_with_psf if psf else image_without_psf
    star_rows, galaxy_rows = rows_of(stars), rows_of(galaxies)
    star_ends, galaxy_ends = np.cumsum(star_counts), np.cumsum(galaxy_counts)
    images = np.empty((samples, *scene.shape), dtype=np.float32)
    for sample in range(samples):
        own_stars = star_rows[star_ends[sample] - star_counts[sample] : star_ends[sample]]
        own_galaxies = galaxy_rows[galaxy_ends[sample] - galaxy_counts[sample] : galaxy_ends[sample]]
        sky = SkyImage(scene.shape, object_noise_level=sigmas[sample], scale=False)
        images[sample] = make_image(sky, own_stars, own_galaxies, seed=sample)

    with h5py.File(path, "w") as file:
        file["images"] = images
        file["samples"] = table({"noise_gaussian_sigma": sigmas})
        for kind, columns, counts in (("star", stars, star_counts), ("galaxy", galaxies, galaxy_counts)):
            file[f"objects/{kind}"] = table({"sample": np.repeat(np.arange(samples), counts), **columns})


def save_shapes(samples: int, path: Path, psf: bool, seed: int) -> None:
    """Draw, make and save `samples` images: `/images`, `/samples`, `/objects/<kind>`. There is no PSF for shapes."""
    if psf:
        raise ValueError("DeepBench's images of shapes have no PSF")
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(np.arange(samples) % len(SHAPES))
    sigmas = rng.uniform(0.0, 0.2, samples)
    tables = {}
    images = np.empty((samples, SHAPES_SIZE, SHAPES_SIZE), dtype=np.float32)
    for number, (kind, shape) in enumerate(SHAPES.items()):
        own = np.flatnonzero(numbers == number)
        columns = shape.draw(rng, len(own))
        for sample, row in zip(own.tolist(), rows_of(columns), strict=True):
            image = ShapeImage((SHAPES_SIZE, SHAPES_SIZE), object_noise_level=sigmas[sample])
            images[sample] = image.combine_objects([shape.method], [shape.arguments(row)], seed=sample)
        tables[kind] = table({"sample": own, **columns})

    with h5py.File(path, "w") as file:
        file["images"] = images
        file["samples"] = table({"noise_gaussian_sigma": sigmas})
        for kind, filled in tables.items():
            file[f"objects/{kind}"] = filled


def image_with_psf(
    sky: SkyImage, stars: list[dict[str, float]], galaxies: list[dict[str, float]], seed: int
) -> npt.NDArray[np.float64]:
    """DeepBench's usual call: names, parameters of the objects, arguments of their creation."""
    return sky.combine_objects(
        ["star"] * len(stars) + ["galaxy"] * len(galaxies),
        [*map(star_parameters, stars), *map(galaxy_parameters, galaxies)],
        [*map(star_arguments, stars), *map(galaxy_arguments, galaxies)],
        seed=seed,
    )


def image_without_psf(
    sky: SkyImage, stars: list[dict[str, float]], galaxies: list[dict[str, float]], seed: int
) -> npt.NDArray[np.float64]:
    """The same scene from the profiles alone."""
    image = sky.generate_noise(seed)
    for row in stars:
        image += StarObject(sky.image_shape, **star_parameters(row)).create_Moffat_profile(**star_arguments(row))
    for row in galaxies:
        image += GalaxyObject(sky.image_shape, **galaxy_parameters(row)).create_Sersic_profile(**galaxy_arguments(row))
    return image


def star_parameters(row: dict[str, float]) -> dict[str, float]:
    return {"amplitude": row["amplitude"], "radius": row["gamma"], "noise_level": 0}


def star_arguments(row: dict[str, float]) -> dict[str, float]:
    return {"center_x": row["x"], "center_y": row["y"], "alpha": row["alpha"]}


def galaxy_parameters(row: dict[str, float]) -> dict[str, float]:
    return {
        "amplitude": row["amplitude"],
        "radius": row["r_eff"],
        "n": row["n"],
        "ellipse": row["ellip"],
        "theta": row["theta"],
        "noise_level": 0,
    }


def galaxy_arguments(row: dict[str, float]) -> dict[str, float]:
    return {"center_x": row["x"], "center_y": row["y"]}


def draw_stars(rng: np.random.Generator, count: int, shape: tuple[int, int]) -> Columns:
    return {
        **draw_light(rng, count, shape),
        "gamma": np.maximum(rng.uniform(0.03, 0.10, count) * min(shape), 0.5),
        "alpha": rng.uniform(2.5, 4.765, count),
    }


def draw_galaxies(rng: np.random.Generator, count: int, shape: tuple[int, int]) -> Columns:
    return {
        **draw_light(rng, count, shape),
        "r_eff": np.maximum(rng.uniform(0.08, 0.25, count) * min(shape), 1.0),
        "n": rng.uniform(0.5, 4.0, count),
        "ellip": rng.uniform(0.0, 0.7, count),
        "theta": rng.uniform(0.0, np.pi, count),
    }


def draw_light(rng: np.random.Generator, count: int, shape: tuple[int, int]) -> Columns:
    """Centre in the middle half of the frame, amplitude over one decade."""
    rows, columns = shape
    return {
        "x": rng.uniform(0.25, 0.75, count) * (columns - 1),
        "y": rng.uniform(0.25, 0.75, count) * (rows - 1),
        "amplitude": 10 ** rng.uniform(0.0, 1.0, count),
    }


def draw_rectangles(rng: np.random.Generator, count: int) -> Columns:
    """Rectangles, and the boxes of ellipses."""
    return {
        **draw_centres(rng, count),
        "width": rng.uniform(0.15, 0.50, count) * SHAPES_SIZE,
        "height": rng.uniform(0.15, 0.50, count) * SHAPES_SIZE,
        "angle": rng.uniform(0.0, 180.0, count),
        "line_width": draw_line_widths(rng, count),
        "fill": rng.integers(0, 2, count),
    }


def draw_polygons(rng: np.random.Generator, count: int) -> Columns:
    return {
        **draw_centres(rng, count),
        "radius": rng.uniform(0.15, 0.35, count) * SHAPES_SIZE,
        "vertices": rng.integers(3, 8, count, endpoint=True),
        "angle": rng.uniform(0.0, 360.0, count),
        "line_width": draw_line_widths(rng, count),
        "fill": rng.integers(0, 2, count),
    }


def draw_circles(rng: np.random.Generator, count: int) -> Columns:
    return {
        **draw_centres(rng, count),
        "radius": rng.uniform(0.10, 0.30, count) * SHAPES_SIZE,
        "line_width": draw_line_widths(rng, count),
        "fill": rng.integers(0, 2, count),
    }


def draw_arcs(rng: np.random.Generator, count: int) -> Columns:
    theta1 = rng.uniform(0.0, 360.0, count)
    return {
        **draw_centres(rng, count),
        "radius": rng.uniform(0.20, 0.40, count) * SHAPES_SIZE,
        "theta1": theta1,
        "theta2": theta1 + rng.uniform(60.0, 300.0, count),
        "line_width": draw_line_widths(rng, count),
    }


def draw_lines(rng: np.random.Generator, count: int) -> Columns:
    """Lines, with ends drawn again while they are too close."""
    ends = np.zeros((count, 4))
    while (short := np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]) < 0.2 * SHAPES_SIZE).any():
        ends[short] = rng.uniform(0.1, 0.9, (int(short.sum()), 4)) * (SHAPES_SIZE - 1)
    return {**dict(zip(("x1", "y1", "x2", "y2"), ends.T, strict=True)), "line_width": draw_line_widths(rng, count)}


def draw_centres(rng: np.random.Generator, count: int) -> Columns:
    """In the middle half of the frame."""
    return {axis: rng.uniform(0.25, 0.75, count) * (SHAPES_SIZE - 1) for axis in ("x", "y")}


def draw_line_widths(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    return rng.uniform(1.0, 0.05 * SHAPES_SIZE, count)


def centred_arguments(row: dict[str, float]) -> dict[str, Any]:
    others = {name: value for name, value in row.items() if name not in ("x", "y")}
    return {"center": (row["x"], row["y"]), **others}


def circle_arguments(row: dict[str, float]) -> dict[str, Any]:
    arguments = centred_arguments(row)
    diameter = 2.0 * arguments.pop("radius")
    return {**arguments, "width": diameter, "height": diameter}


def line_arguments(row: dict[str, float]) -> dict[str, Any]:
    return {"start": (row["x1"], row["y1"]), "end": (row["x2"], row["y2"]), "line_width": row["line_width"]}


class Shape(NamedTuple):
    """A kind of shape: DeepBench's name of it, how its parameters are drawn, and how they are handed over."""

    method: str
    draw: Callable[[np.random.Generator, int], Columns]
    arguments: Callable[[dict[str, float]], dict[str, Any]]


SHAPES = {
    "rectangle": Shape("rectangle", draw_rectangles, centred_arguments),
    "polygon": Shape("polygon", draw_polygons, centred_arguments),
    "ellipse": Shape("ellipse", draw_rectangles, centred_arguments),
    "circle": Shape("ellipse", draw_circles, circle_arguments),
    "arc": Shape("arc", draw_arcs, centred_arguments),
    "line": Shape("line", draw_lines, line_arguments),
}


def rows_of(columns: Columns) -> list[dict[str, float]]:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def table(columns: Columns) -> npt.NDArray[np.void]:
    rows = len(next(iter(columns.values())))
    filled = np.empty(rows, dtype=[(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        filled[name] = column
    return filled


SCENES: dict[str, Save] = {
    "galaxies": partial(save_sky, GALAXIES),
    "fields": partial(save_sky, FIELDS),
    "shapes": save_shapes,
}


def main(scenes: dict[str, Save], warm_up_samples: int) -> None:
    parser = argparse.ArgumentParser(description="Time DeepBench 0.2.3 making and saving samples.")
    parser.add_argument("scene", choices=scenes)
    parser.add_argument("samples", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--psf", action="store_true", help="with DeepBench's Gaussian PSF")
    options = parser.parse_args()
    save = scenes[options.scene]

    with tempfile.TemporaryDirectory() as scratch:
        save(warm_up_samples, Path(scratch) / "warm_up.h5", options.psf, 1)
    start, cpu_start = time.perf_counter(), time.process_time()
    save(options.samples, options.path, options.psf, 0)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    answer = {"samples": options.samples, "seconds": seconds, "rate": options.samples / seconds}
    print(json.dumps({**answer, "cpu_seconds": cpu_seconds}))


if __name__ == "__main__":
    main(SCENES, WARM_UP_SAMPLES)
