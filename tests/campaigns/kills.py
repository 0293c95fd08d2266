"""kill -9 before and in the middle of every call that writes, and at random moments: going on gives the same bytes.

Cases: JOB/before/N and JOB/torn/N (the N-th call; a torn write is done by half), JOB/moment/SEED/N.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial

from tests.campaigns.children import Child, Failure, run, under_the_library
from tests.campaigns.harness import Campaign, Tried, check, main, numbered, rounds
from tests.campaigns.jobs import JOBS, Jobs, jobs
from tests.preload import CALLS

THREADS = ("--threads", "2")
MOMENTS = 25  # of each job


def cases(prepared: Jobs, seed: int, of: Sequence[str]) -> Iterator[str]:
    """Each call and a moment of each job, then what is left of both; then moments, without end."""
    groups = [[f"{job}/moment/{seed}/{number}" for number in range(MOMENTS)] for job in of]
    for job in of:
        for number, call in enumerate(prepared[job].calls, 1):
            groups.append([f"{job}/before/{number}"] + [f"{job}/torn/{number}"] * call.endswith("write"))
    yield from rounds(groups, seed)
    yield from numbered(seed, [f"{job}/more" for job in of])


def attempt(prepared: Jobs, case: str) -> Tried:
    """Kill a job, look at what it left, and go on."""
    name, how, at, *_ = case.split("/")
    job = prepared[name]
    rng = random.Random(case)
    check(len(job.calls) > 0, "no call writes")
    folder = job.copy()
    if how in ("moment", "more"):
        child = Child((*job.job.command, *THREADS[: 2 * ("--threads" in job.job.command)]), folder)
        time.sleep(rng.uniform(0, job.seconds))
        child.send(signal.SIGKILL)
        ended = child.wait()
    else:
        ended = run(job.job.command, folder, Failure(CALLS, at, "kill" if how == "before" else "torn"))
        check(ended.was_killed, f"was not killed: {ended}")
    check(ended.was_killed or ended.status == 0, ended)
    job.check_finished_names(folder)
    job.go_on(folder, rng.randrange(2))
    return Tried("killed" if ended.was_killed else "done before")


if __name__ == "__main__":
    under_the_library("tests.campaigns.kills")
    with jobs() as found:
        main(Campaign("kills", list(JOBS), partial(cases, found), partial(attempt, found), tries=4000))
