from __future__ import annotations

import subprocess
import sys

USED_BEFORE_AND_AFTER = """
import sys
from deepbench_fast.run.warmup import warm_up

def compiled():
    functions = {
        function
        for name, module in list(sys.modules.items())
        if name.startswith("deepbench_fast.kernels")
        for function in vars(module).values()
        if hasattr(function, "nopython_signatures")
    }
    return {f"{f.__module__}.{f.__name__}{s}" for f in functions for s in f.nopython_signatures}

warm_up()
warm = compiled()
from deepbench_fast.run.generate import generate
from deepbench_fast.render.samples import samples
from deepbench_fast.recipe import Recipe, builtin_recipes
from tests.recipes import mixed

for recipe in (mixed(), mixed().of_split("train"), *map(Recipe.builtin, builtin_recipes())):
    if recipe.series is not None:
        samples(recipe, 0, 5)
        continue
    for sampling in ("center", "integrate"):
        size = {"size": [128, 128]} if recipe.name == "wide-field" else {}
        samples(recipe.with_overrides({"image.sampling": sampling, **size}), 0, 5)
shapes = Recipe.builtin("shapes").with_overrides({"noise": [], "image.dtype": "uint8", "extras": ["masks"]})
for change in ({}, {"size": [30, 31]}, {"image.oversample": 3}, {"image.overlap": "add"}):
    for targets in ([], ["brightness"]):
        samples(shapes.with_overrides({"targets": targets, **change}), 0, 50)
generate(mixed(samples=20), sys.argv[1])
print(len(warm), sorted(compiled() - warm))
"""


def test_nothing_is_left_to_compile(tmp_path: object) -> None:
    command = [sys.executable, "-c", USED_BEFORE_AND_AFTER, f"{tmp_path}/few.h5"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    number, _, left = done.stdout.partition(" ")
    assert left == "[]\n"
    assert int(number) > 10
