"""Calls that write fail, disks get full, files and folders go while they are filled: one line, and no half state.

Cases: JOB/ERROR/N: the N-th call fails so; JOB/ERROR/N+: so do all from then on; JOB/half/N: a write writes half.
At the N-th call the process is stopped, and JOB/full/N: the disk gets full; JOB/read-only/N: the disk can be read only;
JOB/removed/N: all that the job made is removed. JOB/cut/SEED/N: at some moment the file that it fills loses its second
half. JOB/limit/N: no file may be larger than N bytes. Those of disks need a user who may mount.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.campaigns.children import Child, Ended, Failure, copied, tree, under_the_library
from tests.campaigns.harness import Campaign, Tried, check, main, rounds
from tests.campaigns.jobs import JOBS, Jobs, Prepared, jobs
from tests.preload import CALLS

ERRORS = {"ENOSPC": errno.ENOSPC, "EDQUOT": errno.EDQUOT, "EIO": errno.EIO}
NEEDS_ROOM = "open write pwrite ftruncate fallocate fsync syncfs link rename mkdir"
STOPPED = ("full", "read-only", "removed")
SOME = 20
DISK_BYTES = 40 * 2**20


def cases(prepared: Jobs, seed: int, of: Sequence[str]) -> Iterator[str]:
    """Each call of each job with one failure, then with another, and so on; and other harm to each job."""
    groups = []
    for job in of:
        for number, call in enumerate(prepared[job].calls, 1):
            failing = [f"{job}/{error}/{number}{on}" for error in ERRORS for on in ("", "+")]
            failing += [f"{job}/half/{number}"] * call.endswith("write")
            groups.append(failing + [f"{job}/{what}/{number}" for what in STOPPED])
        largest = max(len(content or b"") for content in prepared[job].end.values())
        groups.append([f"{job}/limit/{random.Random(f'{seed}/{job}/{k}').randrange(largest)}" for k in range(SOME)])
        groups.append([f"{job}/cut/{seed}/{k}" for k in range(SOME) if is_filled(prepared[job])])
    yield from rounds(groups, seed)


def attempt(prepared: Jobs, case: str) -> Tried:
    """Run a job that fails, look at what it left, and go on."""
    name, what, at, *_ = case.split("/")
    job = prepared[name]
    check(len(job.calls) > 0, "no call writes")
    rng = random.Random(case)
    way = rng.randrange(2)
    if what in ("full", "read-only"):
        return _on_a_disk(job, what, at, way)
    folder = job.copy()
    if what == "limit":
        ended = Child(job.job.command, folder, before=lambda: _limit(int(at))).wait()
    elif what == "removed":
        ended = _stopped(job, folder, at, lambda: _remove(job, folder))
    elif what == "cut":
        child = Child(job.job.command, folder)
        time.sleep(rng.uniform(0, job.seconds))
        _cut(child, folder)
        ended, way = child.wait(), 1  # there is nothing to resume
    else:
        calls = CALLS if what in ("EIO", "half") else NEEDS_ROOM
        how = "half" if what == "half" else str(ERRORS[what])
        ended = Child(job.job.command, folder, Failure(calls, at, how)).wait()
        check(what != "half" or ended.status == 0, f"half a write fails: {ended}")
    return _judged(job, folder, ended, way)


def _judged(job: Prepared, folder: Path, ended: Ended, way: int) -> Tried:
    check(ended.status == 0 or ended.is_one_error, f"not one line: {ended}")
    job.check_finished_names(folder)
    job.go_on(folder, way)
    return Tried("one line" if ended.status else "done")


def _stopped(job: Prepared, folder: Path, at: str, meanwhile: Callable[[], object]) -> Ended:
    """Run the job, and do something while it is stopped before a call."""
    child = Child(job.job.command, folder, Failure(CALLS, at, "stop"))
    if child.wait_until_stopped():
        meanwhile()
        child.send(signal.SIGCONT)
    return child.wait()


def _on_a_disk(job: Prepared, what: str, at: str, way: int) -> Tried:
    """The job on a disk of its own, which gets full, or readable only, at a call, and is as it was afterwards."""
    with _disk(job.folder / "disk") as disk:
        if disk is None:
            return Tried("not possible here")
        folder = copied(job.start, disk / "work")
        full = disk / "full"
        ended = _stopped(job, folder, at, lambda: _fill(full) if what == "full" else _remount(disk, "ro"))
        if what == "full":
            full.unlink(missing_ok=True)
        else:
            _remount(disk, "rw")
        return _judged(job, folder, ended, way)


@contextmanager
def _disk(point: Path) -> Iterator[Path | None]:
    """A small file system, None where that may not be."""
    point.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(point)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield point
    finally:
        subprocess.run(["umount", str(point)], check=True)


def _remount(point: Path, how: str) -> None:
    """Let the disk be readable only, which the system refuses while a file is open for writing, or writable again."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(point)], capture_output=True, check=False)


def _fill(path: Path) -> None:
    """Take all room that the disk has."""
    with open(path, "wb", buffering=0) as file:
        for size in (2**20, 4096):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def _limit(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it
    sys.dont_write_bytecode = True  # a part of it would be taken for the whole
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _remove(job: Prepared, folder: Path) -> None:
    """Remove all that the job made."""
    for name in sorted(tree(folder).keys() - tree(job.start).keys(), reverse=True):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _cut(child: Child, folder: Path) -> None:
    """Stop the process, cut what it fills by half, and let it go on."""
    child.send(signal.SIGSTOP)
    if child.wait_until_stopped():
        for path in folder.rglob("*.h5.part"):
            os.truncate(path, path.stat().st_size // 2)
        child.send(signal.SIGCONT)


def is_filled(job: Prepared) -> bool:
    """Whether the job is one that fills a dataset."""
    return job.job.command[0] == "generate"


if __name__ == "__main__":
    under_the_library("tests.campaigns.failures")
    with jobs() as found:
        main(Campaign("failures", list(JOBS), partial(cases, found), partial(attempt, found), tries=3000))
