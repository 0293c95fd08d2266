"""One large frame by several threads: the same bits, errors that are told, and an end that is heeded."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.stopping import Stop, Stopped
from deepbench_fast.render.noise import PART
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.render.scene import STRIP
from deepbench_fast.render.sharing import share

ROWS, COLUMNS = 2 * STRIP + 45, 517
NOISES = {
    "gaussian": [{"gaussian": {"sigma": 1.0}}],
    "faint counts": [{"poisson": {"level": 3.0, "subtract": True}}],
    "bright counts": [{"poisson": {"level": {"uniform": [1e3, 1e5]}}}, {"gaussian": {"snr": 20.0}}],
    "a detector": [{"ccd": {"sky": 20.0, "gain": 2.0, "read_noise": 3.0}}],
    "read noise alone": [{"ccd": {"sky": 20.0, "gain": 0.0, "read_noise": 3.0}}],
    "all": [
        {"gaussian": {"sigma": 1.0}},
        {"poisson": {"level": 30.0}},
        {"ccd": {"sky": 20.0, "gain": 2.0, "read_noise": 3.0}},
    ],
}
PSFS = {
    "none": None,
    "narrow": {"gaussian": {"sigma": 0.4}},
    "wide": {"gaussian": {"sigma": 9.0}},
    "moffat": {"moffat": {"gamma": 3.0, "alpha": 3.0}},
}


FIELD = f"""
version: 1
samples: 3
image: {{shape: [{ROWS}, {COLUMNS}]}}
extras: [clean]
catalogues:
  fields:
    objects:
      - star: {{count: 2, x: {{frame: [0, 1]}}, y: {{frame: [0, 1]}}}}
      - galaxy: {{r_eff: 40.0}}
"""


def field(psf: object = None, noise: object = None) -> Recipe:
    """Two stars and a galaxy on a frame that is no whole number of strips or parts."""
    return Recipe.from_yaml(FIELD).with_overrides({"psf": psf, "noise": noise or []})


def same_by_threads(recipe: Recipe) -> None:
    plan = make_plan(recipe)
    alone, *others = (Renderer(plan, threads).render(draw(plan, 1, 2)) for threads in (1, 2, 5))
    for other in others:
        for name, array in alone.items():
            np.testing.assert_array_equal(other[name], array, err_msg=name)


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_noise_is_the_same_by_several_threads(noise: object) -> None:
    assert ROWS * COLUMNS > 2 * PART
    same_by_threads(field(noise=noise))


@pytest.mark.parametrize("psf", PSFS.values(), ids=PSFS)
@pytest.mark.parametrize("oversample", [1, 3])
def test_blur_is_the_same_by_several_threads(psf: object, oversample: int) -> None:
    same_by_threads(field(psf=psf).set("image.oversample", oversample))


def test_all_numbers_are_done_once_and_in_runs() -> None:
    done: list[int] = []
    share(lambda part: done.extend(range(*part)), 1000, 3, Stop())
    assert sorted(done) == list(range(1000))


def test_an_error_of_a_thread_is_raised() -> None:
    def fail(part: tuple[int, int]) -> None:
        if threading.current_thread() is not threading.main_thread() or part[1] == 100:
            raise ValueError("of a thread")

    with pytest.raises(ValueError, match="of a thread"):
        share(fail, 100, 3, Stop())


def test_an_end_is_heeded() -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        Renderer(plan := make_plan(field(noise=NOISES["gaussian"])), 2).render(draw(plan, 0, 1), stop=stop)
