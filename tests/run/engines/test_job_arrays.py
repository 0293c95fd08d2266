"""`--shard auto/N`: the number of a job, as each scheduler tells it in the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deepbench_fast import Recipe
from deepbench_fast.errors import UsageError
from deepbench_fast.run.engines.job_arrays import CONDOR, SCHEDULERS, Scheduler, shard_of_job
from deepbench_fast.store.shards import Shard
from tests.forks import Commands, commands

TOLD = [(scheduler.variable, scheduler.base) for scheduler in SCHEDULERS]


@pytest.mark.parametrize(("variable", "base"), TOLD)
def test_each_scheduler(variable: str, base: int) -> None:
    for number in (base, base + 4):
        assert shard_of_job("auto/5", None, {variable: str(number)}) == Shard(number - base + 1, 5)
    for other in (0, 1):
        assert shard_of_job("auto/5", other, {variable: "3"}) == Shard(3 - other + 1, 5)
    for number in (base - 1, base + 5):
        with pytest.raises(UsageError, match=r"parts 1 to 5|not a number|no scheduler"):
            shard_of_job("auto/5", None, {variable: str(number)})


def test_condor_tells_it_in_a_file(tmp_path: Path) -> None:
    ad = tmp_path / "job.ad"
    ad.write_text('Owner = "someone"\nClusterId = 12\nProcId = 4\nJobStatus = 2\n')
    assert shard_of_job("auto/5", None, {CONDOR.variable: str(ad)}) == Shard(5, 5)
    ad.write_text("ClusterId = 12\n")
    with pytest.raises(UsageError, match="has no ProcId"):
        shard_of_job("auto/5", None, {CONDOR.variable: str(ad)})
    with pytest.raises(UsageError, match="no such file"):
        shard_of_job("auto/5", None, {CONDOR.variable: str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("text", "environment", "words"),
    [
        ("auto/5", {}, "no scheduler tells"),
        ("auto/5", {"LSB_JOBINDEX": "0", "SGE_TASK_ID": "undefined"}, "no scheduler tells"),
        ("auto/5", {"SLURM_ARRAY_TASK_ID": "2", "JOB_COMPLETION_INDEX": "1"}, "SLURM_ARRAY_TASK_ID and JOB_COMPL"),
        ("auto/5", {"SLURM_ARRAY_TASK_ID": "two"}, "'two', not a number"),
        ("auto/0", {"SLURM_ARRAY_TASK_ID": "1"}, "parts 1 to 0"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "1"}, "not K/N"),
        ("auto/x", {"SLURM_ARRAY_TASK_ID": "1"}, "not K/N"),
    ],
)
def test_what_is_refused(text: str, environment: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shard_of_job(text, None, environment)


def test_a_jobs_environment(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    command = ("generate", "star", "s.h5", "-n", "1000")
    with commands(tmp_path_factory.mktemp("printed")) as jobs:
        check_jobs(jobs, command, tmp_path)


def check_jobs(jobs: Commands, command: tuple[str, ...], folder: Path) -> None:
    for variable, number, options in (
        ("SLURM_ARRAY_TASK_ID", "2", ()),
        ("JOB_COMPLETION_INDEX", "2", ()),
        ("SLURM_ARRAY_TASK_ID", "0", ("--base", "0")),
    ):
        for _ in range(2):  # as after a requeue
            job = (*command, "--shard", "auto/3", "--resume", *options)
            ran = jobs.run(*job, folder=folder, environment={variable: number})
            assert ran.returncode == 0, ran.stderr
    made = {path.name for path in folder.glob("*.h5")}
    assert made == {f"s.shard-{k}-of-3.h5" for k in (1, 2, 3)}
    ran = jobs.run("index", "-o", "s.h5", folder=folder)
    assert ran.returncode == 0, ran.stderr
    ran = jobs.run(*command, "--shard", "1/3", "--base", "1", folder=folder)
    assert (ran.returncode, ran.stderr) == (2, "Error: base: it goes with shard auto/N\n")


PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "clusters.md"
SCRIPT = re.compile(r"([A-Z][^\n]*?)[:,][^\n]*\n(?:[^\n]+\n)*\n```text\n(#!/bin/bash\n.*?)```", re.DOTALL)
SCRIPTS = dict(SCRIPT.findall(PAGE.read_text(encoding="utf-8")))
"""The guide's script for each scheduler, by the first words of the paragraph above it."""


@pytest.mark.parametrize("scheduler", [*SCHEDULERS, CONDOR], ids=lambda scheduler: scheduler.name)
def test_the_guides_scripts(scheduler: Scheduler, tmp_path: Path) -> None:
    text = next(text for title, text in SCRIPTS.items() if scheduler.name.startswith(title))
    (tmp_path / "survey.yaml").write_text(Recipe.builtin("stars").to_yaml())
    for part in (1, 64):
        number = str(part - 1 + scheduler.base)
        (tmp_path / "job.ad").write_text(f"ProcId = {number}\n")
        told = {scheduler.variable: str(tmp_path / "job.ad") if scheduler is CONDOR else number}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "SCRATCH": str(tmp_path), **told}
        script = text.replace("-n 1e9", "-n 64000")
        subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, check=True)
        assert (tmp_path / f"survey.shard-{part}-of-64.json").exists()
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {scheduler.name} |")]
    assert f"`{scheduler.variable}`" in rows[0]
    assert rows[0].endswith(f"| {scheduler.base} |")
