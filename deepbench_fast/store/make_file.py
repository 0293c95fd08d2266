"""A job's file: claimed by one process, filled, and given its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from deepbench_fast.errors import FileError
from deepbench_fast.store.claim import Job, claimed, drop_superfluous, finish
from deepbench_fast.store.fill import PartFile
from deepbench_fast.values.atomic import remove_stale

Filling = Callable[[PartFile, Job], None]


def make_file(job: Job, filling: Filling) -> None:
    """Make the job's file, or go on with it: claim it, let `filling` fill it, give it its name.

    Raises FileError, which says how to go on where something is kept.
    """
    target = job.target
    try:
        if not target.parent.is_dir():
            raise FileError(f"{target.parent}: no such directory")
        if target.is_dir():
            raise FileError(f"{target} is a directory")
        for path in (target, job.unfinished):
            _check_regular(path)
        while not _is_made(job, filling):  # another process began or finished the file, and that decides
            pass
    except FileError:
        raise
    except OSError as error:
        how = "--resume --overwrite" if job.overwrite else "--resume"
        kept = f"; {job.unfinished} keeps what is done, {how} goes on" if os.path.exists(job.unfinished) else ""
        raise FileError(f"{target}: can't be written: {error.strerror or error}{kept}") from error


def _check_regular(path: Path) -> None:
    """/dev/null must not become a dataset. Raises OSError, too, as for a link that leads to itself."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FileError(f"{path}: not a regular file")


def _is_made(job: Job, filling: Filling) -> bool:
    """Make the file if it isn't there; False where another process was quicker."""
    remove_stale(job.unfinished)
    drop_superfluous(job)
    if job.is_done():
        return True
    with claimed(job) as descriptor:
        if descriptor is None:
            return False
        file = PartFile(job.unfinished, job.plan, descriptor)
        filling(file, job)
        file.check_size()
        finish(descriptor, job)
    return True
