"""Campaigns at scale. A small version of each runs with the other tests; the large ones with `pytest -m slow`."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xxhash

from deepbench_fast import Recipe, RecipeError, open_dataset, samples
from deepbench_fast.recipe.load import builtin_path, builtin_recipes

GENERATE = """
import sys
from deepbench_fast import Recipe, generate
path, samples, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
recipe = Recipe.builtin("galaxies").with_overrides({"size": (8, 8), "samples": samples})
print(generate(recipe, path, threads=threads, overwrite=True).digest)
"""
PEAK_MEMORY = """
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""
TOKENS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "\n",
    "  ",
    "nan",
    "-1",
    "1e400",
    "null",
    "&a",
    "*a",
    "!!python/x",
    "?",
    "'",
    "0",
]


def generate_in_child(path: Path, count: int, threads: int) -> tuple[str, int | None]:
    """Digest, and peak memory in bytes where the system tells it."""
    code = GENERATE + (PEAK_MEMORY if Path("/proc/self/status").exists() else "print(0)")
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(count), str(threads)], capture_output=True, text=True, check=True
    )
    digest, peak = done.stdout.split()
    return digest, int(peak) or None


@pytest.mark.parametrize("count", [100_000, pytest.param(10_000_000, marks=pytest.mark.slow)])
def test_many_samples_take_little_memory_and_no_two_are_alike(count: int, tmp_path: Path) -> None:
    path = tmp_path / "many.h5"
    digest, peak = generate_in_child(path, count, 2)
    assert peak is None or peak < 500e6
    assert generate_in_child(path, count, 1)[0] == digest
    images = open_dataset(path).images
    hashes = np.fromiter((xxhash.xxh3_64_intdigest(image) for image in images), np.uint64, count)
    assert len(np.unique(hashes)) == count


def damaged(text: str, rng: random.Random) -> str:
    """The text with one to four small things wrong."""
    for _ in range(rng.randint(1, 4)):
        at, size = rng.randrange(len(text)), rng.choice([0, 0, 1, 1, 3, 10])
        new = rng.choice([rng.choice(TOKENS), "", text[(b := rng.randrange(len(text))) : b + rng.randint(1, 20)]])
        text = text[:at] + new + text[at + size :]
    return text


def load(text: str) -> tuple[Recipe | None, str]:
    try:
        return Recipe.from_yaml(text, source="damaged.yaml"), ""
    except RecipeError as error:
        return None, str(error)


def is_small(recipe: Recipe) -> bool:
    if recipe.series is None:
        return recipe.image.height * recipe.image.width <= 2**18
    return len(recipe.series.moments) <= 2**16 and recipe.series.end <= 100


@pytest.mark.parametrize("tries", [300, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", builtin_recipes())
def test_a_damaged_recipe_is_refused_in_one_line_or_works(name: str, tries: int) -> None:
    rng = random.Random(name)
    text = builtin_path(name).read_text(encoding="utf-8")
    worked = 0
    for _ in range(tries):
        recipe, problem = load(damaged(text, rng))
        if recipe is None:
            assert problem.startswith("damaged.yaml")
            assert "\n" not in problem
            continue
        worked += 1
        if is_small(recipe) and worked <= 5:
            assert np.isfinite(samples(recipe, 0, 1)["images" if recipe.series is None else "series"]).all()
    assert 0 < worked < tries
