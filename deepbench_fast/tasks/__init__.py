"""Tasks of simulation-based inference with reference posteriors, and what judges posterior samples.

`get_task("galaxy")` has the method names of sbibm's tasks (Lueckmann, Boelts, Greenberg, Gonçalves & Macke 2021,
"Benchmarking simulation-based inference"); each task is the built-in recipe `task-<name>`.
"""

from __future__ import annotations

from deepbench_fast.tasks.calibrate import calibrate
from deepbench_fast.tasks.coverage import Coverage, coverage
from deepbench_fast.tasks.posterior import posterior
from deepbench_fast.tasks.samples_file import PosteriorSamples
from deepbench_fast.tasks.task import Task, get_available_tasks, get_task

__all__ = [
    "Coverage",
    "PosteriorSamples",
    "Task",
    "calibrate",
    "coverage",
    "get_available_tasks",
    "get_task",
    "posterior",
]
