"""Images of bytes are drawn in bytes: just what float32 would have given, in less memory, by fewer kernels."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast import Recipe, Simulator, UsageError, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.render.scene import canvas_dtype

KINDS = ("rectangle", "polygon", "ellipse", "circle", "arc", "line")
SEED = 61


def in_bytes(rng: np.random.Generator, overlap: str) -> Recipe:
    """Some shapes of some kinds on a small image, whose places, sizes and values are drawn."""
    amplitude: dict[str, Any] = {} if overlap == "xor" else {"amplitude": {"integers": [0, int(rng.integers(1, 256))]}}
    objects = [
        {str(kind): {"name": f"own{number}", "count": {"integers": [0, int(rng.integers(1, 5))]}, **amplitude}}
        for number, kind in enumerate(rng.choice(KINDS, rng.integers(1, 5)))
    ]
    shape = rng.integers(1, 70, 2).tolist() if rng.random() < 0.8 else [32, 64]
    image = {"shape": shape, "dtype": "uint8", "overlap": overlap, "oversample": int(rng.choice([1, 1, 3]))}
    return Recipe.parse(
        {
            "seed": int(rng.integers(1000)),
            "image": image,
            "extras": ["clean", {"masks": {"threshold": float(rng.choice([0.0, 0.1]))}}, "variance"],
            "targets": ["brightness"] if rng.random() < 0.5 else [],
            "catalogues": {"c": {"objects": objects}},
        }
    )


def whole(images: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.minimum(images, 255.0).astype(np.uint8)


@pytest.mark.parametrize("overlap", ["union", "xor", "add"])
def test_bytes_are_those_of_float32(overlap: str) -> None:
    rng = np.random.default_rng(SEED)
    stopped = drawn_in_bytes = 0
    for _ in range(40):
        recipe = in_bytes(rng, overlap)
        got, expected = (samples(r, 0, 7) for r in (recipe, recipe.set("image.dtype", "float32")))
        assert got["images"].dtype == np.uint8
        for name in ("images", "clean"):
            np.testing.assert_array_equal(got[name], whole(expected[name]))
        for name in ("masks", "variance", "targets"):
            assert got[name].tobytes() == expected[name].tobytes()
        stopped += int(expected["images"].max() > 255)
        drawn_in_bytes += canvas_dtype(make_plan(recipe)) == np.uint8
    assert drawn_in_bytes == 40 if overlap != "add" else 10 < drawn_in_bytes < 30
    assert stopped > 10 if overlap == "add" else stopped == 0


def test_nothing_is_made_beside_the_images_of_bytes() -> None:
    plan = make_plan(Recipe.of_kind("circle").with_overrides({"image.dtype": "uint8"}))
    renderer, count = Renderer(plan), 64
    out, tables = renderer.allocate(count), draw(plan, 0, count)
    renderer.render(tables, out)
    tracemalloc.start()
    renderer.render(tables, out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < out["images"].nbytes / 8


# Prints the kernels that float32 canvases would need, of those that samples load or compile.
NEEDED = """
from deepbench_fast import samples
from deepbench_fast.kernels._cache import KernelCache
from tests.render.test_byte_images import KINDS, Recipe

load = KernelCache.load_overload

def told(self, signature, context):
    if "array(float32, 2d, C)" in map(str, signature):
        print(self._name)
    return load(self, signature, context)

KernelCache.load_overload = told
image = {"dtype": "uint8", "shape": [30, 31], "oversample": 3}
objects = [{kind: {"count": 2}} for kind in KINDS]
recipe = {"image": image, "extras": ["masks"], "targets": ["brightness"], "catalogues": {"c": {"objects": objects}}}
print(samples(Recipe.parse(recipe), 0, 3)["images"].any())
"""


def test_no_kernel_is_needed_for_float32() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", NEEDED], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    ("image", "amplitude", "words"),
    [
        ({"dtype": "uint8"}, 0.5, "a whole number from 0 to 255"),
        ({"dtype": "uint8", "overlap": "add"}, 256, "a whole number from 0 to 255"),
        ({"dtype": "uint8", "overlap": "xor"}, 2, "1"),
        ({"overlap": "xor"}, 0, "1"),
    ],
)
def test_no_amplitude_is_given_that_no_recipe_could_have(image: dict[str, str], amplitude: float, words: str) -> None:
    simulator = Simulator(
        Recipe.parse({"image": {"shape": [8, 8], **image}, "catalogues": {"c": {"objects": ["arc"]}}})
    )
    with pytest.raises(UsageError, match=rf"arc\.amplitude must be {words};"):
        simulator.given({"arc.amplitude": [1, amplitude]}, 0)
    assert not simulator.possible([[amplitude]], ["arc.amplitude"]).any()
    assert simulator.given({"arc.amplitude": [1, 1]}, 0)["images"].max() == 1
