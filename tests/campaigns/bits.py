"""The same bits on other processors and under other versions: golden digests of every kind, effect and rendering.

Cases: CPU/NAME: the recipe NAME of `tests/test_golden.py`, compiled for CPU: "native", or a name that LLVM knows. Where
CAMPAIGN_PYTHON names another Python, with other versions of it or of NumPy, Numba and h5py, the cases run under that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.campaigns.children import scratch
from tests.campaigns.harness import Campaign, Tried, check, main, shuffled
from tests.test_golden import GOLDEN

CPUS = ("generic", "x86-64-v3", "native")
ROOT = GOLDEN.parents[1]
CODE = """
import sys, warnings
from pathlib import Path
from deepbench_fast import generate
from tests.test_golden import recipes
warnings.simplefilter("ignore")
print(generate(recipes()[sys.argv[1]], Path(sys.argv[2]) / "golden.h5", overwrite=True).digest)
"""


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """All there are, in an order of the seed."""
    yield from shuffled([f"{cpu}/{name}" for cpu in of for name in json.loads(GOLDEN.read_text())], seed)


def attempt(folder: Path, case: str) -> Tried:
    """Generate one in a process of its own; kernels are kept for the other cases."""
    cpu, name = case.split("/")
    target = {} if cpu == "native" else {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    environment = {**os.environ, **target, "DEEPBENCH_FAST_CACHE_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [os.environ.get("CAMPAIGN_PYTHON", sys.executable), "-c", CODE, name, str(folder)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr[-300:])
    check(done.stdout.strip() == json.loads(GOLDEN.read_text())[name], f"digest {done.stdout.strip()}")
    return Tried(f"on {cpu}")


if __name__ == "__main__":
    with scratch() as place:
        main(Campaign("bits", CPUS, cases, partial(attempt, place), tries=1000))
