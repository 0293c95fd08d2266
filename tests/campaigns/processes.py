"""Several processes at once, stopped, killed and started again: on one output, one set of shards, one cache.

Cases: output/SEED/N, shards/SEED/N and cache/SEED/N (new processes that compile kernels into an empty cache: slow).
All end with success or with one line; once nobody is killed any more there is the same file, and nothing else.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from tests.campaigns.children import Child, Ended, scratch, under_the_library
from tests.campaigns.harness import Campaign, Tried, check, main
from tests.campaigns.jobs import Jobs, Prepared, jobs
from tests.kernels.keeping import SCRIPT

WAYS = ((), ("--resume",), ("--overwrite",), ("--resume",))
EXPECTED = ("another process", " exists: ", "nothing is there", "no index is written")
CACHE_EVERY = 200


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Endless; the cache now and then."""
    for number in count():
        yield from (f"{name}/{seed}/{number}" for name in of if name != "cache" or number % CACHE_EVERY == 0)


def attempt(prepared: Jobs, case: str) -> Tried:
    """Start two to five processes at once, disturb them, and look at what comes of it."""
    kind, rng = case.split("/")[0], random.Random(case)
    if kind == "cache":
        return _cache(rng)
    job = prepared["images" if kind == "output" else "all-shards"]
    check(len(job.calls) > 0, "no call writes")
    folder = job.copy()
    for made in folder.glob("o.shard-*"):
        if rng.random() < 0.7:
            made.unlink()
    children = []
    for _ in range(rng.randint(2, 5)):
        shard = () if kind == "output" else ("--shard", f"{rng.randint(1, 3)}/3")
        children.append(Child((*job.job.command[:5], *shard, *rng.choice(WAYS)), folder))
        time.sleep(rng.choice([0, 0, rng.uniform(0, job.seconds)]))
    ended = _disturbed(children, rng, job.seconds)
    for one in ended:
        known = one.is_one_error and any(words in one.err for words in EXPECTED)
        check(one.was_killed or one.status == 0 or known, one)
    job.check_finished_names(folder)
    if kind == "shards":
        _requeue(job, folder)
    job.go_on(folder)
    return Tried("some killed" if any(one.was_killed for one in ended) else "none killed")


def _disturbed(children: list[Child], rng: random.Random, seconds: float) -> list[Ended]:
    """Stop, continue and kill some of them at some moments."""
    for child in children:
        what = rng.choice(["", "", "stop", "kill"])
        time.sleep(rng.uniform(0, seconds / 3))
        if what == "kill":
            child.send(signal.SIGKILL)
        elif what == "stop":
            child.send(signal.SIGSTOP)
    time.sleep(rng.uniform(0, seconds))
    for child in children:
        child.send(signal.SIGCONT)
    return [child.wait() for child in children]


def _requeue(job: Prepared, folder: Path) -> None:
    """Start the job of each shard again, all at once, as a queue does."""
    children = [Child((*job.job.command[:5], "--shard", f"{k}/3", "--resume"), folder) for k in (1, 2, 3)]
    for child in children:
        ended = child.wait()
        check(ended.status == 0, ended)


def _cache(rng: random.Random) -> Tried:
    """New processes that compile into one empty cache, of which some are killed, and one more that finds it filled."""
    with scratch() as folder:
        environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(folder)}
        command = [sys.executable, "-c", SCRIPT]
        started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        time.sleep(rng.uniform(0.5, 3))
        started[0].kill()
        said = [process.communicate()[0] for process in started]
        check(all(text.startswith("8.0 2.0 ") for text in said[1:]), said)
        last = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
        check(last == f"8.0 2.0 2 {folder / 'kernels'}\n", last)
    return Tried("caches")


if __name__ == "__main__":
    under_the_library("tests.campaigns.processes")
    with jobs() as found:
        main(Campaign("processes", ["output", "shards", "cache"], cases, partial(attempt, found), tries=1000))
