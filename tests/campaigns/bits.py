"""The same bits on other processors and under other versions: golden digests of every kind, effect and rendering.

Cases: CPU/LAYER, all digests of a layer of `tests/test_golden.py`, or CPU/LAYER/NAME, one of them, compiled for CPU:
"native", or a name that LLVM knows. Where CAMPAIGN_PYTHON names another Python, with other versions of it or of NumPy,
Numba and h5py, the cases run under that. Kernels are compiled into CAMPAIGN_CACHE, by default a folder that goes.
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
from tests.test_golden import FILE, GOLDEN, LAYERS

CPUS = ("generic", "x86-64-v3", "native")


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """All there are, in an order of the seed."""
    yield from shuffled([f"{cpu}/{layer}" for cpu in of for layer in LAYERS], seed)


def attempt(cache: Path, case: str) -> Tried:
    """Generate some in a process of their own; kernels are kept for the other cases."""
    cpu, _, what = case.partition("/")
    target = {} if cpu == "native" else {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    environment = {**os.environ, **target, "DEEPBENCH_FAST_CACHE_DIR": str(cache)}
    command = [os.environ.get("CAMPAIGN_PYTHON", sys.executable), "-m", "tests.test_golden", what]
    done = subprocess.run(command, env=environment, cwd=FILE.parents[1], capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr[-300:])
    found = json.loads(done.stdout)
    check(len(found) > 0, f"no digest is called {what}")
    differ = [name for name, digest in found.items() if digest != GOLDEN[name]]
    check(not differ, f"{len(differ)} of {len(found)} digests differ: {', '.join(differ)}")
    return Tried(f"on {cpu}", {"digests": len(found)})


if __name__ == "__main__":
    with scratch() as place:
        cache = Path(os.environ.get("CAMPAIGN_CACHE", place))
        main(Campaign("bits", CPUS, cases, partial(attempt, cache), tries=1000))
