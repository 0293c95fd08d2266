"""Digests that no change may alter without a new stream version and a word in CHANGELOG.md.

`python -m tests.test_golden` prints the digests of the code as it is, for `golden.json`; LAYER or LAYER/NAME: some of
them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy.typing as npt
import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.kinds.kind import Layer
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.published import PUBLISHED
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.store.format import chunk_digest
from tests.kernels.test_width import is_wide_here
from tests.recipes import informed, informed_pendulums, mixed

FILE = Path(__file__).with_name("golden.json")


def small_wide_field() -> Recipe:
    """The built-in recipe, on fewer pixels and with fewer objects: its cutoff, over several tiles."""
    counts = {"catalogues.exposures.galaxy.count": 300, "catalogues.exposures.star.count": 60}
    return Recipe.builtin("wide-field").with_overrides({"samples": 3, "size": [300, 500], **counts})


def recipes(layer: str) -> dict[str, Recipe]:
    """Every kind of a layer in every rendering; of "all" one with everything on, and one with a cutoff; of "published"
    what is so; of "information" what has Fisher information and bounds."""
    if layer == "published":
        return {name: Recipe.builtin(name) for name in PUBLISHED}
    if layer == "information":
        return {recipe.name: recipe for recipe in (informed(), informed_pendulums())}
    found = {"mixed": mixed(samples=900), "wide-field": small_wide_field()} if layer == "all" else {}
    for name, kind in kinds().items():
        for settings, options in kind.renderings() if kind.layer == layer else ():
            changes = {f"image.{key}": value for key, value in settings.items()}
            own = {f"catalogues.{name}.{name}.{option}": value for option, value in options.items()}
            recipe = Recipe.of_kind(name).with_overrides({"samples": 400, **changes, **own})
            noisy = recipe.set("noise", [{"gaussian": {"sigma": {"uniform": [0, 0.1]}}}])
            form = [options["form"]] if kind.dynamics is not None else []
            found["-".join([name, *form, kind.rendering(recipe.image, **options)])] = noisy
    return found


LAYERS = ("all", "published", "information", *get_args(Layer))
IN_PART = "published in part"
ANOTHER_CPU = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
"""SSE2 instead of this machine's widest vectors."""
GOLDEN: dict[str, str] = json.loads(FILE.read_text())


def golden(layer: str) -> dict[str, str]:
    return {name: GOLDEN[name] for name in recipes(layer)}


def digests(layer: str, only: str = "") -> dict[str, str | None]:
    """Of all recipes of a layer, or of one of them."""
    chosen = {name: recipe for name, recipe in recipes(layer).items() if name == only or not only}
    with tempfile.TemporaryDirectory() as folder:
        return {name: generate(recipe, Path(folder) / f"{name}.h5").digest for name, recipe in chosen.items()}


def published_in_part() -> dict[str, str]:
    """XXH3-64 of some samples from all over each published dataset."""
    return {name: f"{chunk_digest(some_arrays(Recipe.builtin(name))):016x}" for name in PUBLISHED}


def some_arrays(recipe: Recipe) -> Iterator[npt.NDArray[Any]]:
    simulator = Simulator(recipe)
    for first in range(0, recipe.samples, recipe.samples // 4):
        yield from dict(simulator.batch(first, first + 10)).values()


def test_every_golden_digest_has_its_recipe() -> None:
    assert sorted(GOLDEN) == sorted(name for layer in LAYERS for name in recipes(layer))


@pytest.mark.filterwarnings("ignore:.*positions may be wrong")
@pytest.mark.parametrize("layer", LAYERS)
def test_digests_are_golden(layer: str) -> None:
    assert digests(layer) == golden(layer)


@pytest.mark.thorough
@pytest.mark.long
@pytest.mark.parametrize("layer", [pytest.param(n, marks=pytest.mark.slow) if n == "published" else n for n in LAYERS])
def test_digests_are_golden_on_another_cpu(layer: str) -> None:
    assert elsewhere(layer, **ANOTHER_CPU) == golden(layer)


@pytest.mark.thorough
@pytest.mark.long
def test_published_samples_are_the_same_on_another_cpu() -> None:
    """Some of each dataset; all of them when a release is made (`slow`)."""
    assert elsewhere(IN_PART, **ANOTHER_CPU) == published_in_part()


@pytest.mark.thorough
@pytest.mark.long
def test_digests_are_golden_under_the_other_width_of_vectors(tmp_path: Path) -> None:
    """The effects and a kind of each layer: in vectors of 256 bits where kernels have 512 by themselves, or of 512."""
    assert elsewhere("all", DEEPBENCH_FAST_VECTOR_BITS="256" if is_wide_here(tmp_path) else "512") == golden("all")


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("bits", ["256", "512"])
def test_digests_are_golden_under_vectors_of(bits: str, layer: str) -> None:
    assert elsewhere(layer, DEEPBENCH_FAST_VECTOR_BITS=bits) == golden(layer)


def elsewhere(layer: str, **settings: str) -> dict[str, str]:
    """The digests of a process with other settings."""
    environment = {**os.environ, **settings}
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_golden", layer],
        env=environment,
        cwd=FILE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    chosen = sys.argv[1:] or LAYERS
    found = [published_in_part() if name == IN_PART else digests(*name.split("/")) for name in chosen]
    print(json.dumps({name: digest for some in found for name, digest in some.items()}, indent=2))
