"""Sides of comparisons that live in one environment (extra `[bench]`), each in a process of its own:

    python -m benchmarks.peers.sides galaxies JAX FOLDER CORES

All sides of a scene make the same from the tables in FOLDER, which `measures/peers.py` has put there, in the fastest
way that the library's documentation shows. Where a library works on one core only, two cores are two processes of it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.serving import Action, serve, use_cores

SIGMA = 0.1
SIZE = 28
SLOW = 256  # images that a slow side makes in a call
LEVEL = 20.0
TURNS = 32

Make = Callable[[Path, int], Action]


def main(scene: str, side: str, folder: str, cores: str) -> None:
    use_cores(int(cores))
    serve(*SIDES[scene][side](Path(folder), int(cores)))


def in_processes(make: Callable[[], Action], cores: int) -> Action:
    """The action of a library that works on one core, in as many processes, which all do the same."""
    os.environ["OMP_NUM_THREADS"] = "1"  # threads of one process would wait for those of the other
    action, amount = make()
    if cores == 1:
        return action, amount
    pool = multiprocessing.get_context("fork").Pool(cores, _become, (action,))
    return (lambda: pool.map(_act, range(cores), 1)), amount * cores


_mine: list[Callable[[], object]] = []


def _become(action: Callable[[], object]) -> None:
    _mine.append(action)


def _act(_: int) -> None:
    _mine[0]()


def in_threads(actions: list[Callable[[], object]], amount: float) -> Action:
    """Each on a thread of its own, so often that handing work to threads counts for nothing; a turn makes `amount`."""
    if len(actions) == 1:
        return actions[0], amount
    pool = ThreadPoolExecutor(len(actions))

    def in_turns(action: Callable[[], object]) -> None:
        for _ in range(TURNS):
            action()

    return (lambda: list(pool.map(in_turns, actions))), TURNS * amount


def table(folder: Path, name: str) -> Any:
    import numpy as np

    return np.load(folder / f"{name}.npy")


# Noisy images of one galaxy each, 28×28, float32.


def our_galaxies(folder: Path, cores: int) -> Action:
    """Kernels on blocks that stay in the cache, as the renderer calls them."""
    import numpy as np

    from deepbench_fast.kernels.light.galaxy import galaxy_center
    from deepbench_fast.kernels.noise.gaussian import add_gaussian
    from deepbench_fast.run.benchmark.arrays import canvases, noise_arguments

    def one() -> Callable[[], object]:
        block = canvases("galaxy", SIZE)
        rows = table(folder, "galaxies")[: len(block.table)]
        rows = rows.copy()
        rows["sample"] = np.arange(len(rows))
        noise = noise_arguments(len(rows), SIGMA)

        def make() -> None:
            block.canvas.fill(0.0)
            galaxy_center(block.canvas, block.columns, block.rows, block.frame, rows, 0)
            add_gaussian(block.canvas, *noise)

        make()
        return make

    return in_threads([one() for _ in range(cores)], cores * len(canvases("galaxy", SIZE).table))


def jax_galaxies(folder: Path, cores: int) -> Action:
    from benchmarks.peers.jax_galaxies import make_galaxies

    rows = table(folder, "galaxies")
    return make_galaxies(rows, SIGMA, SIZE), len(rows)


def numba_galaxies(folder: Path, cores: int) -> Action:
    """As a good user of Numba writes it: a parallel loop over images, fastmath, NumPy's generator."""
    import math

    import numba
    import numpy as np

    @numba.njit(parallel=True, fastmath=True)  # type: ignore[untyped-decorator]
    def make(x: Any, y: Any, amplitude: Any, r_eff: Any, n: Any, ellip: Any, theta: Any, sigma: Any, out: Any) -> None:
        for k in numba.prange(out.shape[0]):
            b = 2.0 * n[k] - 1.0 / 3.0 + 4.0 / (405.0 * n[k]) + 46.0 / (25515.0 * n[k] ** 2)
            sine, cosine = math.sin(theta[k]), math.cos(theta[k])
            across, power = (1.0 - ellip[k]) * r_eff[k], 0.5 / n[k]
            for i in range(out.shape[1]):
                for j in range(out.shape[2]):
                    u = ((j - x[k]) * cosine + (i - y[k]) * sine) / r_eff[k]
                    v = ((i - y[k]) * cosine - (j - x[k]) * sine) / across
                    light = amplitude[k] * math.exp(-b * ((u * u + v * v) ** power - 1.0))
                    out[k, i, j] = light + sigma * np.random.standard_normal()  # noqa: NPY002

    rows = table(folder, "galaxies")
    names = ("x", "y", "amplitude", "r_eff", "n", "ellip", "theta")
    columns = [np.ascontiguousarray(rows[name]) for name in names]
    out = np.empty((len(rows), SIZE, SIZE), np.float32)
    return partial(make, *columns, SIGMA, out), len(rows)


def galsim_galaxies(folder: Path, cores: int) -> Action:
    """The profile at the pixels' centres, and its noise. A new Sérsic index makes GalSim set up tables."""

    def one() -> Action:
        import galsim

        rows = table(folder, "galaxies")[:SLOW]
        rng = galsim.BaseDeviate(1)
        noise = galsim.GaussianNoise(rng, sigma=SIGMA)
        # Its half-light radius is that of the circle with as much area.
        drawn = [
            (
                float(row["n"]), float(row["r_eff"] * (1.0 - row["ellip"]) ** 0.5),
                galsim.Shear(q=float(1.0 - row["ellip"]), beta=float(row["theta"]) * galsim.radians),
                float(row["x"] - (SIZE - 1) / 2), float(row["y"] - (SIZE - 1) / 2), float(row["amplitude"]),
            )
            for row in rows
        ]  # fmt: skip

        def make() -> None:
            for n, radius, shear, x, y, amplitude in drawn:
                galaxy = galsim.Sersic(n, half_light_radius=radius, flux=amplitude).shear(shear).shift(x, y)
                image = galsim.ImageF(SIZE, SIZE, scale=1.0)
                galaxy.drawImage(image, method="no_pixel", add_to_image=True)
                image.addNoise(noise)

        return make, len(drawn)

    return in_processes(one, cores)


def astropy_galaxies(folder: Path, cores: int) -> Action:
    def one() -> Action:
        import numpy as np
        from astropy.modeling.models import Sersic2D

        rows = table(folder, "galaxies")[:SLOW]
        names = ("amplitude", "r_eff", "n", "x", "y", "ellip", "theta")
        drawn = [[float(row[name]) for name in names] for row in rows]
        grid, rng = np.mgrid[:SIZE, :SIZE][::-1].astype(float), np.random.default_rng(0)

        def make() -> None:
            for values in drawn:
                light = Sersic2D(*values)(*grid).astype(np.float32)
                light += np.float32(SIGMA) * rng.standard_normal(light.shape, np.float32)

        return make, len(drawn)

    return in_processes(one, cores)


# Images of one star each, 28×28, float32, without noise.


def our_stars(folder: Path, cores: int) -> Action:
    from deepbench_fast.kernels.light.star import star_center
    from deepbench_fast.run.benchmark.arrays import canvases

    def one() -> Callable[[], object]:
        block = canvases("star", SIZE)

        def make() -> None:
            block.canvas.fill(0.0)
            star_center(*block)

        make()
        return make

    return in_threads([one() for _ in range(cores)], cores * len(canvases("star", SIZE).table))


def jax_galsim_stars(folder: Path, cores: int) -> Action:
    """Compiled for all stars at once (jit and vmap); it has no Sérsic profile."""
    import jax
    import jax_galsim

    rows = table(folder, "stars")

    @jax.jit
    @jax.vmap
    def make(x: Any, y: Any, gamma: Any, alpha: Any, amplitude: Any) -> Any:
        star = jax_galsim.Moffat(beta=alpha, scale_radius=gamma, flux=amplitude).shift(x, y)
        image = jax_galsim.ImageF(SIZE, SIZE, scale=1.0)
        return star.drawImage(image, method="no_pixel").array

    middle = (SIZE - 1) / 2
    columns = [jax.numpy.asarray(rows[name], jax.numpy.float32) for name in ("x", "y", "gamma", "alpha", "amplitude")]
    columns[:2] = [columns[0] - middle, columns[1] - middle]
    return (lambda: make(*columns).block_until_ready()), len(rows)


def galsim_stars(folder: Path, cores: int) -> Action:
    def one() -> Action:
        import galsim

        names = ("x", "y", "gamma", "alpha", "amplitude")
        drawn = [[float(row[name]) for name in names] for row in table(folder, "stars")[:SLOW]]
        middle = (SIZE - 1) / 2

        def make() -> None:
            for x, y, gamma, alpha, amplitude in drawn:
                star = galsim.Moffat(beta=alpha, scale_radius=gamma, flux=amplitude).shift(x - middle, y - middle)
                star.drawImage(galsim.ImageF(SIZE, SIZE, scale=1.0), method="no_pixel", add_to_image=True)

        return make, len(drawn)

    return in_processes(one, cores)


def astropy_stars(folder: Path, cores: int) -> Action:
    def one() -> Action:
        import numpy as np
        from astropy.modeling.models import Moffat2D

        names = ("amplitude", "x", "y", "gamma", "alpha")
        drawn = [[float(row[name]) for name in names] for row in table(folder, "stars")[:SLOW]]
        grid = np.mgrid[:SIZE, :SIZE][::-1].astype(float)
        return (lambda: [Moffat2D(*values)(*grid).astype(np.float32) for values in drawn]), len(drawn)

    return in_processes(one, cores)


# Noise added to, or written into, 4 MB of pixels at a time.


def our_normals(folder: Path, cores: int) -> Action:
    from deepbench_fast.kernels.noise.gaussian import add_gaussian
    from deepbench_fast.run.benchmark.arrays import images, noise_arguments

    blocks = [images(SIZE) for _ in range(cores)]
    actions = [partial(add_gaussian, block, *noise_arguments(len(block))) for block in blocks]
    return in_threads(list(actions), sum(block.size for block in blocks))


def our_counts(folder: Path, cores: int) -> Action:
    import numpy as np

    from deepbench_fast.kernels.noise.poisson import add_poisson
    from deepbench_fast.run.benchmark.arrays import KEY, images

    blocks = [images(SIZE) for _ in range(cores)]
    actions = []
    for block in blocks:
        count = len(block)
        streams, members = np.zeros(count, np.uint32), np.arange(count)
        level, yes = np.full(count, LEVEL), np.ones(count, np.int64)
        actions.append(partial(add_poisson, block, level, yes, KEY, streams, members))
    return in_threads(list(actions), sum(block.size for block in blocks))


def numpy_noise(bits: str, counts: bool, folder: Path, cores: int) -> Action:
    """A generator a thread, as NumPy's documentation shows."""
    import numpy as np

    pixels = 2**17

    def one(seed: int) -> Callable[[], object]:
        rng = np.random.Generator(getattr(np.random, bits)(seed))
        out = np.empty(pixels, np.float32)
        if counts:
            return lambda: rng.poisson(LEVEL, pixels)
        return lambda: rng.standard_normal(out=out, dtype=np.float32)

    return in_threads([one(seed) for seed in range(cores)], cores * pixels)


# Stacks of images blurred by a Gaussian of 0.7 pixels.


def stack(size: int) -> Any:
    """Padded images, (count, width, width)."""
    from deepbench_fast.run.benchmark.arrays import PSF_PAD, images

    width = size + 2 * PSF_PAD
    return images(size, pad=PSF_PAD).reshape(-1, width, width)


def our_blur(size: int, folder: Path, cores: int) -> Action:
    import numpy as np

    from deepbench_fast.kernels.psf.gaussian import blur
    from deepbench_fast.kernels.stopping import NEVER
    from deepbench_fast.run.benchmark.arrays import PSF_PAD, PSF_SIGMA, images

    padded = images(size, pad=PSF_PAD)
    count, frame = len(padded), (size, size, PSF_PAD)

    def one() -> Callable[[], object]:
        own, out = padded.copy(), np.empty((count, size * size), np.float32)
        return partial(blur, own, frame, np.full(count, PSF_SIGMA), out, NEVER.flag)

    return in_threads([one() for _ in range(cores)], cores * count)


def scipy_blur(size: int, folder: Path, cores: int) -> Action:
    import numpy as np
    from scipy.ndimage import gaussian_filter

    from deepbench_fast.run.benchmark.arrays import PSF_SIGMA

    images = stack(size)
    axes = (0.0, PSF_SIGMA, PSF_SIGMA)

    def one() -> Callable[[], object]:
        own, out = images.copy(), np.empty_like(images)
        return partial(gaussian_filter, own, axes, mode="constant", output=out)

    return in_threads([one() for _ in range(cores)], cores * len(images))


def opencv_blur(size: int, folder: Path, cores: int) -> Action:
    import cv2
    import numpy as np

    from deepbench_fast.run.benchmark.arrays import PSF_PAD, PSF_SIGMA

    cv2.setNumThreads(1)
    images = stack(size)
    taps, border = (2 * PSF_PAD + 1,) * 2, cv2.BORDER_CONSTANT

    def one() -> Callable[[], object]:
        own, out = images.copy(), np.empty_like(images)

        def blur_all() -> None:
            for image, to in zip(own, out, strict=True):
                cv2.GaussianBlur(image, taps, PSF_SIGMA, to, PSF_SIGMA, border)

        return blur_all

    return in_threads([one() for _ in range(cores)], cores * len(images))


def skimage_blur(size: int, folder: Path, cores: int) -> Action:
    def one() -> Action:
        from skimage.filters import gaussian

        from deepbench_fast.run.benchmark.arrays import PSF_SIGMA

        images = stack(size)
        return (lambda: [gaussian(image, PSF_SIGMA, mode="constant") for image in images]), len(images)

    return in_processes(one, cores)


# A wide field: frame, PSF and noise of one exposure.


def our_field(recipe: str, folder: Path, cores: int) -> Action:
    """The whole sample, draws included; one frame is drawn by all threads."""
    from deepbench_fast import Recipe
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.draw.tables import draw
    from deepbench_fast.render.renderer import Renderer

    plan = make_plan(Recipe.from_yaml((folder / f"{recipe}.yaml").read_text()))
    renderer = Renderer(plan, cores)
    out = renderer.allocate(1)
    return (lambda: renderer.render(draw(plan, 0, 1), out)), 1


# Arrays of galaxies written to a file on disk.

CHUNK = 334  # images of about 1 MiB


def our_file(folder: Path, cores: int) -> Action:
    """The same samples made, hashed and written."""
    from deepbench_fast import Recipe, generate

    recipe = Recipe.from_yaml((folder / "galaxies.yaml").read_text())
    write = partial(generate, recipe, folder / f"ours-{cores}.h5", threads=cores, overwrite=True)
    return write, recipe.samples


def h5py_file(folder: Path, cores: int) -> Action:
    """Arrays that are there already: one dataset in chunks, one call."""
    import h5py

    images, rows = table(folder, "images"), table(folder, "rows")

    def write() -> None:
        with h5py.File(folder / f"h5py-{cores}.h5", "w") as file:
            file.create_dataset("images", data=images, chunks=(CHUNK, *images.shape[1:]))
            file.create_dataset("rows", data=rows)
        descriptor = os.open(folder / f"h5py-{cores}.h5", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    return write, len(images)


def zarr_file(folder: Path, cores: int) -> Action:
    """Arrays that are there already: Zarr 3, chunks of the same size, no compression, and columns of the table."""
    import zarr

    images, rows = table(folder, "images"), table(folder, "rows")
    names = rows.dtype.names or ()

    def write() -> None:
        path = folder / f"zarr-{cores}"
        group = zarr.open_group(path, mode="w", zarr_format=3)
        group.create_array("images", data=images, chunks=(CHUNK, *images.shape[1:]), compressors=None)
        for name in names:
            group.create_array(name, data=rows[name].copy(), compressors=None)
        os.sync()

    return write, len(images)


# Filled shapes, a call each.


def our_shapes(name: str, dtype: str, folder: Path, cores: int) -> Action:
    import numpy as np

    from benchmarks.measures.kinds import SHAPE_PEERS
    from benchmarks.measures.kinds import our_shapes as calls

    rows = table(folder, name)
    return calls(SHAPE_PEERS[name].kernel, [rows[k : k + 1] for k in range(len(rows))], np.dtype(dtype)), len(rows)


def their_shapes(name: str, library: str, dtype: str, folder: Path, cores: int) -> Action:
    import numpy as np

    from benchmarks.measures.kinds import SHAPE_PEERS
    from benchmarks.measures.kinds import their_shapes as calls

    rows = table(folder, name)
    return calls(getattr(SHAPE_PEERS[name], library), rows, np.dtype(dtype)), len(rows)


OURS = "ours"
SIDES: dict[str, dict[str, Make]] = {
    "galaxies": {
        OURS: our_galaxies,
        "JAX, jit + vmap": jax_galaxies,
        "Numba, prange, fastmath": numba_galaxies,
        "GalSim": galsim_galaxies,
        "astropy": astropy_galaxies,
    },
    "stars": {
        OURS: our_stars,
        "JAX-GalSim, jit + vmap": jax_galsim_stars,
        "GalSim": galsim_stars,
        "astropy": astropy_stars,
    },
    "normals": {
        OURS: our_normals,
        **{f"NumPy, {bits}": partial(numpy_noise, bits, False) for bits in ("PCG64", "SFC64", "Philox")},
    },
    "counts": {OURS: our_counts, **{f"NumPy, {bits}": partial(numpy_noise, bits, True) for bits in ("PCG64", "SFC64")}},
    **{
        f"blur {size}": {
            OURS: partial(our_blur, size),
            "SciPy": partial(scipy_blur, size),
            "OpenCV": partial(opencv_blur, size),
            "scikit-image": partial(skimage_blur, size),
        }
        for size in (28, 256)
    },
    **{
        name: {
            OURS: partial(our_shapes, name, "float32"),
            f"{OURS}, uint8": partial(our_shapes, name, "uint8"),
            "OpenCV, float32": partial(their_shapes, name, "opencv", "float32"),
            "OpenCV, uint8": partial(their_shapes, name, "opencv", "uint8"),
            "scikit-image, float32": partial(their_shapes, name, "scikit_image", "float32"),
        }
        for name in ("ellipse", "polygon", "circle")
    },
    "file": {OURS: our_file, "h5py": h5py_file, "Zarr 3": zarr_file},
    "field": {OURS: partial(our_field, "field"), "ours, no noise": partial(our_field, "light")},
}


if __name__ == "__main__":
    main(*sys.argv[1:])
