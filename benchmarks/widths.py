"""Which width of vectors is fastest on this CPU: `python -m benchmarks.widths`.

Each width has a process and a kernel cache of its own; they measure in turns, one after the other. The last line is
that of `VECTOR_BITS` in `deepbench_fast/kernels/_width.py`, if this CPU should have one.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

from deepbench_fast.kernels._width import VECTOR_BITS_VARIABLE, compiled_for
from deepbench_fast.run.benchmark.kernels import kernels
from deepbench_fast.run.benchmark.timing import repeated

WIDTHS = (0, 256, 512)
ROUNDS = 5
SECONDS = 0.1
WORTH = 1.05  # geometric mean of all kernels, against LLVM's choice


def measure() -> dict[str, float]:
    """Median seconds of a call of each kernel, in this process."""
    actions = {work.name: work.action for work in kernels(("galaxy", "star"))}
    watches = {name: repeated(action, SECONDS) for name, action in actions.items()}
    return {name: statistics.median(watch() for _ in range(ROUNDS)) for name, watch in watches.items()}


def measured(bits: int, folder: str) -> dict[str, float]:
    """The same in a process of this width."""
    environment = {**os.environ, VECTOR_BITS_VARIABLE: str(bits), "DEEPBENCH_FAST_CACHE_DIR": folder}
    command = [sys.executable, "-m", "benchmarks.widths", "--here"]
    found: dict[str, float] = json.loads(
        subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    )
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        turns = [{bits: measured(bits, folder) for bits in WIDTHS} for _ in range(3)]
    gains: dict[int, list[float]] = {bits: [] for bits in WIDTHS[1:]}
    print(f"{'kernel':16}{'LLVM':>10}" + "".join(f"{bits:>16}" for bits in gains))
    for name in turns[0][0]:
        median = {bits: statistics.median(turn[bits][name] for turn in turns) for bits in WIDTHS}
        text = f"{name:16}{median[0] * 1e6:8.0f}µs"
        for bits, ratios in gains.items():
            ratios.append(statistics.median(turn[0][name] / turn[bits][name] for turn in turns))
            text += f"{median[bits] * 1e6:8.0f}µs {ratios[-1]:4.2f}×"
        print(text)
    gain = {bits: statistics.geometric_mean(ratios) for bits, ratios in gains.items()}
    best = max(gain, key=gain.__getitem__)
    line = f'"{compiled_for()}": {best}' if gain[best] > WORTH else f"none: {compiled_for()} keeps LLVM's choice"
    print(f"all: {', '.join(f'{bits} bits {ratio:.2f}×' for bits, ratio in gain.items())}; line: {line}")


if __name__ == "__main__":
    if "--here" in sys.argv:
        print(json.dumps(measure()))
    else:
        main()
