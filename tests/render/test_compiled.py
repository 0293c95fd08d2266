"""Kernels that are compiled before the first sample."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kernels._jit import cache_directory
from deepbench_fast.render import compiled
from deepbench_fast.render.renderer import Renderer
from tests.kernels.keeping import kept_files, run_script
from tests.recipes import mixed
from tests.test_golden import small_wide_field

# Prints which kernels samples load or compile that the steps did not.
LATE = """
import sys
from deepbench_fast import samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kernels._cache import KernelCache
from deepbench_fast.render import compiled
from deepbench_fast.render.renderer import Renderer
from tests.render.test_compiled import RECIPES

plan = make_plan(RECIPES[sys.argv[1]]())
for step in compiled.steps(Renderer(plan)):
    step()
load = KernelCache.load_overload

def told(self, signature, context):
    print(self._name)
    return load(self, signature, context)

KernelCache.load_overload = told
samples(plan.recipe, 0, 100)
"""

RECIPES: dict[str, Callable[[], Recipe]] = {
    "galaxies": lambda: Recipe.builtin("galaxies"),
    "sky": lambda: Recipe.builtin("sky"),
    "shapes": lambda: Recipe.builtin("shapes"),
    "bytes": lambda: Recipe.builtin("shapes").with_overrides({"noise": [], "image.dtype": "uint8", "size": [30, 31]}),
    "mixed": lambda: mixed(samples=900),
    "wide": small_wide_field,
}


@pytest.mark.parametrize("name", RECIPES)
def test_samples_need_no_kernel_that_is_not_there(name: str) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", LATE, name], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == ""


COLD = """
import logging
from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.render import compiled

logging.basicConfig(level=logging.INFO, format="%(message)s")
started, run = [], compiled._helper
compiled._helper = lambda recipe: started.extend(run(recipe)) or started
compiled.usable_cpus = lambda: 2
compiled.compile_kernels(make_plan(Recipe.of_kind("circle")))
compiled.compile_kernels(make_plan(Recipe.of_kind("circle")))
print(len(started), [process.poll() is not None for process in started])
"""


def test_another_process_helps_once_and_is_gone_afterwards(tmp_path: Path) -> None:
    """One kernel at each of the two ends is missing; the others are taken from the cache of this process."""
    for step in compiled.steps(Renderer(make_plan(Recipe.of_kind("circle")))):
        step()
    kept = cache_directory()
    assert kept is not None
    missing, needless = ("*.list_objects-*", "*.crop-*"), ("light.*", "motion.*", "tests.*", "*.lock")
    shutil.copytree(kept, tmp_path / "kernels", ignore=shutil.ignore_patterns(*missing, *needless))
    done = run_script(COLD, tmp_path)
    assert done.stdout == "1 [True]\n"
    assert done.stderr.startswith("compiling kernels for this processor, once; later runs load them (first: random.")
    assert done.stderr.count("\n") == 1
    left = [path.name for path in kept_files(tmp_path / "kernels")]
    assert any(".list_objects-" in name for name in left)
    assert not any(name.endswith(".lock") for name in left)


ALONE = """
import os, signal
from deepbench_fast import Recipe
from deepbench_fast.render import compiled

compiled.HELPER = '''
import time
from deepbench_fast.render import compiled
compiled.steps = lambda renderer: [lambda: time.sleep(600)]
compiled.help_out()
'''
process, = compiled._helper(Recipe.of_kind("circle"))
print(process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes as Linux shows them")
def test_the_other_process_ends_with_one_that_is_killed() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], stdout=subprocess.PIPE, text=True)
    process = Path("/proc", done.stdout.strip())
    try:
        deadline = time.monotonic() + 60
        while _runs(process):
            assert time.monotonic() < deadline, "it goes on, and nobody waits"
            time.sleep(0.05)
    finally:
        with suppress(OSError):
            os.kill(int(process.name), signal.SIGKILL)


def _runs(process: Path) -> bool:
    """Whether it is there, and more than an entry in the table of processes."""
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
