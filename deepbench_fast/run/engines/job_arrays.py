"""Which part a job of an array makes: `auto/N` by what the scheduler tells each job in its environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deepbench_fast.errors import UsageError
from deepbench_fast.store.shards import Shard

MOST_OF_AN_AD = 2**20


class Scheduler(NamedTuple):
    """Where a scheduler tells a job its number, and the number that its arrays usually begin with."""

    name: str
    variable: str
    base: int


SCHEDULERS = (
    Scheduler("SLURM", "SLURM_ARRAY_TASK_ID", 1),
    Scheduler("PBS Professional, OpenPBS", "PBS_ARRAY_INDEX", 1),
    Scheduler("Torque", "PBS_ARRAYID", 1),
    Scheduler("LSF", "LSB_JOBINDEX", 1),
    Scheduler("Grid Engine", "SGE_TASK_ID", 1),
    Scheduler("Kubernetes", "JOB_COMPLETION_INDEX", 0),
)
CONDOR = Scheduler("HTCondor", "_CONDOR_JOB_AD", 0)
"""HTCondor names a file that has the line `ProcId = K`."""

NO_ARRAY = {"LSB_JOBINDEX": "0", "SGE_TASK_ID": "undefined"}
"""What jobs that are in no array are told."""


def shard_of_job(text: str, base: int | None = None, environment: Mapping[str, str] = os.environ) -> Shard:
    """Read "K/N", or "auto/N": then K is the number of this job of an array, counted from 1.

    `base` is the number of the array's first job, where it isn't the scheduler's usual one. N is always said: a
    scheduler's own count is that of the jobs sent now, and changes when some are sent again. Raises UsageError where K
    is not from 1 to N, and where no scheduler, or more than one, tells the job its number.
    """
    match = re.fullmatch(r"auto/(\d{1,18})", text)
    if match is None:
        if base is not None:
            raise UsageError("base: it goes with shard auto/N")
        return Shard.parse(text)
    scheduler, number = _number_of_job(environment)
    first = scheduler.base if base is None else base
    part, count = number - first + 1, int(match[1])
    if not 1 <= part <= count:
        raise UsageError(
            f"shard: this is job {number} of an array of {scheduler.name} ({scheduler.variable}) that begins with "
            f"{first}, so part {part}, and there are the parts 1 to {count}: the array is {first}-{first + count - 1}, "
            "or --base says what it begins with"
        )
    return Shard(part, count)


def _number_of_job(environment: Mapping[str, str]) -> tuple[Scheduler, int]:
    told = [s for s in SCHEDULERS if environment.get(s.variable) not in (None, "", NO_ARRAY.get(s.variable))]
    found = [(s, _whole(s, environment[s.variable])) for s in told]
    if CONDOR.variable in environment:
        found.append((CONDOR, _process(environment[CONDOR.variable])))
    if not found:
        known = ", ".join(s.variable for s in SCHEDULERS)
        raise UsageError(f"shard: auto is for jobs of arrays, and no scheduler tells this one its number ({known})")
    if len(found) > 1:
        names = " and ".join(s.variable for s, _ in found)
        raise UsageError(f"shard: {names} each tell a number: give it as K/N")
    return found[0]


def _whole(scheduler: Scheduler, text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text):
        raise UsageError(f"shard: {scheduler.variable} is {text!r}, not a number of a job")
    return int(text)


def _process(path: str) -> int:
    """The number in HTCondor's description of a job."""
    try:
        with open(Path(path), encoding="utf-8", errors="replace") as file:
            match = re.search(r"(?mi)^ProcId\s*=\s*(\d{1,18})\s*$", file.read(MOST_OF_AN_AD))
    except OSError as error:
        raise UsageError(f"shard: {path}, which {CONDOR.variable} names: {(error.strerror or '').lower()}") from None
    if match is None:
        raise UsageError(f"shard: {path}, which {CONDOR.variable} names, has no ProcId")
    return int(match[1])
