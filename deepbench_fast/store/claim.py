"""Who fills a file: one process, which holds its lock; and whether the file is the one that it may go on with.

A file is laid out under a temporary name, locked, and only then called `<target>.part`, if nothing else is. Whoever
would replace, finish or remove a `.part` holds its lock, and has seen after locking that the name is still that file's.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store.create import SOFTWARE, check_space, create_file
from deepbench_fast.store.file_bytes import is_named, lock_file, read_at, share_lock, sync_and_forget
from deepbench_fast.store.format import UNFINISHED
from deepbench_fast.store.header import Header
from deepbench_fast.store.location import Location
from deepbench_fast.store.stored import open_header
from deepbench_fast.values.atomic import publish, sync_folder, temporary_beside

BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Job:
    """The samples `first` to `stop - 1` of a plan as the file `target`, and what becomes of what is there already.

    `resume` goes on with an unfinished file and keeps a finished one; `overwrite` replaces. With both, an unfinished
    file is gone on with and replaces `target` at the end. `software` made the samples, and `rows[chunk, kind]` are the
    numbers of objects where they are known without drawing.
    """

    target: Path
    plan: Plan
    first: int
    stop: int
    threads: int
    resume: bool
    overwrite: bool
    software: str = SOFTWARE
    rows: npt.NDArray[np.int64] | None = field(default=None, compare=False)

    @property
    def unfinished(self) -> Path:
        """What the file is called while it is filled."""
        return self.target.with_name(self.target.name + UNFINISHED)

    def is_done(self) -> bool:
        """Whether the file is there and stays. Raises FileError where it is in the way, MismatchError where it is of
        another recipe or range."""
        if not self.target.exists():
            return False
        if self.resume and not (self.overwrite and self.unfinished.exists()):
            with suppress(*((FileError, MismatchError) if self.overwrite else ())):
                self._check_finished()
                return True
        if not self.overwrite:
            raise FileError(
                f"{self.target} exists: --overwrite replaces it, --resume keeps it if it is the same dataset"
            )
        return False

    def _check_finished(self) -> None:
        header = check_same(self.target, self.plan, self.first, self.stop)
        if self.overwrite and header.attributes["software"] != self.software:
            raise MismatchError(f"{self.target} was made by {header.attributes['software']}")
        if not header.complete:
            raise FileError(
                f"{self.target} is not finished: --resume goes on with it if it is renamed to {self.unfinished.name}, "
                "--overwrite starts again"
            )


@contextmanager
def claimed(job: Job) -> Iterator[int | None]:
    """A locked descriptor of the job's unfinished file, whole from its first moment; None where another process began
    or finished the file meanwhile.

    Raises FileError where another process fills it, where it is there and may neither be gone on with nor replaced, and
    where it can't be created.
    """
    descriptor = _claim(job)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def finish(descriptor: int, job: Job) -> None:
    """Give the filled file its final name, under which anyone can read it at once.

    Raises FileError where something else has that name meanwhile, or another process took the unfinished file.
    """
    os.fsync(descriptor)
    share_lock(descriptor)
    try:
        if not is_named(job.unfinished, descriptor):
            raise FileNotFoundError
        publish(job.unfinished, job.target, overwrite=job.overwrite)
    except (FileExistsError, FileNotFoundError) as error:
        if is_named(job.target, descriptor):  # finished by a process that took it while the lock changed
            return
        if isinstance(error, FileNotFoundError):
            raise FileError(f"{job.unfinished}: another process replaced this file while it was filled") from None
        if not job.is_done():
            raise
        job.unfinished.unlink(missing_ok=True)
    sync_folder(job.target.parent)


def drop_superfluous(job: Job) -> None:
    """Remove an unfinished file that nobody fills where the finished one has all of it: after a kill it may be another
    name of that, and where the job keeps a finished file, whatever was begun of the same dataset."""
    with suppress(OSError, MismatchError):  # one of both isn't there, is busy or is something else
        job.target.stat()
        descriptor = lock_file(job.unfinished, create=False)
        try:
            if is_named(job.target, descriptor) or _is_kept_instead(job, descriptor):
                job.unfinished.unlink()
        finally:
            os.close(descriptor)


def _claim(job: Job) -> int | None:
    try:
        descriptor = lock_file(job.unfinished, create=False)
    except FileNotFoundError:
        return _begin(job, replace=False)
    try:
        if not (job.resume or job.overwrite):
            raise FileError(f"{job.unfinished} exists: --resume continues it, --overwrite starts again")
        if job.resume and not _is_hollow(descriptor):
            _check_resumable(job)
            sync_and_forget(descriptor)  # what is hashed again comes from the disk
            return descriptor
        begun = _begin(job, replace=True)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return begun


def _is_kept_instead(job: Job, descriptor: int) -> bool:
    """Whether the job keeps the finished file; raises where the unfinished one isn't of the same dataset."""
    if job.overwrite or not job.is_done():
        return False
    if not _is_hollow(descriptor):
        _check_resumable(job)
    return True


def _rows(job: Job) -> npt.NDArray[np.int64]:
    """Rows of each kind in each chunk."""
    if job.rows is not None:
        return job.rows
    from deepbench_fast.draw.tables import rows_per_chunk  # imports Numba, which files of known rows don't need

    return rows_per_chunk(job.plan, job.first, job.stop, job.threads)


def _begin(job: Job, replace: bool) -> int | None:
    """Lay the file out; `replace` where the lock of the unfinished file is held. None where another one began first."""
    check_space(job.unfinished, job.plan, job.stop - job.first)
    temporary = temporary_beside(job.unfinished)
    descriptor, begun = lock_file(temporary), False
    try:
        rows = _rows(job)
        create_file(temporary, job.plan, job.first, job.stop, rows, job.software)
        with suppress(FileExistsError):
            publish(temporary, job.unfinished, overwrite=replace)
            if job.overwrite or not job.target.exists():
                begun = is_named(job.unfinished, descriptor)
            else:  # finished since its absence was seen
                job.unfinished.unlink()
    finally:
        temporary.unlink(missing_ok=True)
        if not begun:
            os.close(descriptor)
    return descriptor if begun else None


def _is_hollow(descriptor: int) -> bool:
    """Whether the file holds nothing but zeros, as a power cut may leave one: then no sample is lost with it."""
    size = os.fstat(descriptor).st_size
    blocks = range(0, size, BLOCK_BYTES)
    return not any(read_at(descriptor, min(BLOCK_BYTES, size - start), start).strip(b"\0") for start in blocks)


def check_same(path: Location, plan: Plan, first: int, stop: int) -> Header:
    """Raise MismatchError, with the difference, where `path` holds another recipe or another range."""
    header = open_header(path)
    if header.attributes["recipe_hash"] != plan.recipe.hash():
        change = difference(header.recipe_text, plan.recipe.to_yaml())
        raise MismatchError(f"{path} was made from another recipe: {change}")
    if (header.attributes["first"], header.attributes["samples"]) != (first, stop - first):
        raise MismatchError(f"{path} holds another range of the dataset")
    return header


def _check_resumable(job: Job) -> None:
    """Raise MismatchError where the unfinished file can't be gone on with, FileError where it is damaged."""
    path = job.unfinished
    try:
        header = check_same(path, job.plan, job.first, job.stop)
    except FileError as error:
        raise FileError(f"{error}; --overwrite starts again") from None
    if header.attributes["software"] != job.software:
        raise MismatchError(
            f"{path} was begun by {header.attributes['software']}, this is {job.software}: finish it with that "
            "version, or start again with --overwrite"
        )


def check_index(path: Location, plan: Plan) -> None:
    """Raise where an index over shards would replace something else than an index over the same dataset."""
    if check_same(path, plan, 0, plan.samples).shards is None:
        raise FileError(f"{path} exists as one file: --overwrite replaces it by an index over shards")


def difference(old: str, new: str) -> str:
    """The first line in which two recipes differ."""
    for was, now in itertools.zip_longest(old.splitlines(), new.splitlines(), fillvalue=""):
        if was != now:
            return f"it says {was.strip()!r}, now it would be {now.strip()!r}"
    return "the texts are equal, the hashes are not"
