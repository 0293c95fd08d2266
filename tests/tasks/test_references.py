"""Reference posteriors: those that are published.

`python -m tests.tasks.test_references NAME ...` prints lines of `deepbench_fast/tasks/published.py` for these tasks.
"""

from __future__ import annotations

import sys

from deepbench_fast.tasks.task import OBSERVATIONS, get_available_tasks, get_task


def line(name: str) -> str:
    task = get_task(name)
    found = []
    for number in range(1, OBSERVATIONS + 1):
        draws = task.get_reference(number)
        words = f"effective {draws.effective:.0f} of {draws.draws}, k {draws.pareto_k:.2f}, modes {draws.modes}"
        print(f"{name} {number}: {words}, ln p(x) {draws.log_evidence:.2f}", file=sys.stderr, flush=True)
        found.append(f'"{draws.digest}"')
    return f'    "{name}": ({", ".join(found)}),'


if __name__ == "__main__":
    for name in sys.argv[1:] or get_available_tasks():
        print(line(name), flush=True)
