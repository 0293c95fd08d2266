"""Digests that no change may alter without a new stream version and a word in CHANGELOG.md.

`python -m tests.test_golden` prints the digests of the code as it is, for `golden.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.kinds.registry import kinds
from tests.recipes import mixed

GOLDEN = Path(__file__).with_name("golden.json")


def recipes() -> dict[str, Recipe]:
    """Every kind in every rendering, and one recipe with everything on."""
    found = {"mixed": mixed(samples=900)}
    for name, kind in kinds().items():
        for settings, options in kind.renderings():
            changes = {f"image.{key}": value for key, value in settings.items()}
            own = {f"catalogues.{name}.{name}.{option}": value for option, value in options.items()}
            recipe = Recipe.of_kind(name).with_overrides({"samples": 400, **changes, **own})
            noisy = recipe.set("noise", [{"gaussian": {"sigma": {"uniform": [0, 0.1]}}}])
            form = [options["form"]] if kind.dynamics is not None else []
            found["-".join([name, *form, kind.rendering(recipe.image, **options)])] = noisy
    return found


def digests() -> dict[str, str | None]:
    with tempfile.TemporaryDirectory() as folder:
        return {name: generate(recipe, Path(folder) / f"{name}.h5").digest for name, recipe in recipes().items()}


@pytest.mark.filterwarnings("ignore:.*positions may be wrong")
def test_digests_are_golden() -> None:
    assert digests() == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("cpu", ["generic"])
def test_digests_are_golden_on_another_cpu(cpu: str, tmp_path: Path) -> None:
    """SSE2 instead of this machine's widest vectors, compiled afresh."""
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": cpu,
        "NUMBA_CPU_FEATURES": "",
        "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_golden"],
        env=environment,
        cwd=GOLDEN.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(GOLDEN.read_text())


if __name__ == "__main__":
    print(json.dumps(digests(), indent=2))
