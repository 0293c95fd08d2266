"""The same samples in other files: parts as one file, one file as parts, a file with further samples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.streams import MAX_MEMBERS
from deepbench_fast.errors import MismatchError, UsageError
from deepbench_fast.run.published import compared
from deepbench_fast.store.claim import Job
from deepbench_fast.store.copying import check_copyable, check_not_source, chunk_rows, copy_chunks
from deepbench_fast.store.create import SOFTWARE
from deepbench_fast.store.fill import PartFile
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.location import local_path, located
from deepbench_fast.store.make_file import make_file
from deepbench_fast.store.parts import survey
from deepbench_fast.store.read import summarise
from deepbench_fast.store.rows import write_row
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.stored import Stored, Summary
from deepbench_fast.store.write_index import write_index
from deepbench_fast.values import checks
from deepbench_fast.values.threads import threads_of

if TYPE_CHECKING:
    from deepbench_fast.run.engines.threads import Progress

FilePath = str | os.PathLike[str]


def index_parts(path: FilePath, parts: Sequence[FilePath] | FilePath = (), *, overwrite: bool = False) -> Summary:
    """Write `path`, the index over the parts that `generate(..., shard="K/N")` made beside it: it reads as one file.

    `parts` are files of parts or of their rows (.json), or their folder; by default those of `path`'s name. An index
    of the same dataset is replaced. Raises MismatchError where samples are missing or parts differ, FileError where a
    part doesn't lie beside `path`, or something else does under its name, unless `overwrite`. Warns with DigestWarning
    where a published recipe gave another digest than the published one.
    """
    parts = [parts] if isinstance(parts, str | os.PathLike) else parts
    write_index(survey(located(path), [located(part) for part in parts]), overwrite=overwrite)
    return compared(path)


def merge(
    source: FilePath, path: FilePath, *, resume: bool = False, overwrite: bool = False, progress: Progress | None = None
) -> Summary:
    """Write the parts of an index as the one file `path`: the same dataset, with the bytes of a file made at once.

    Copies bytes, of which the digests are kept: `verify` tells whether they are right. `resume` and `overwrite` are as
    in `generate`. Raises FileError and MismatchError as that, and where a part isn't what the index says; warns with
    DigestWarning as `index_parts` does.
    """
    with open_stored(source) as stored:
        plan = make_plan(stored.recipe)
        _copy(stored, plan, local_path(path), stored.first, stored.first + stored.samples, resume, overwrite, progress)
    return compared(path)


def reshard(
    source: FilePath,
    parts: int,
    path: FilePath | None = None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[Summary]:
    """Write a file, or an index, as `parts` parts with their rows, named after `path` (by default after the source).

    They are the files that `generate(..., shard="K/N")` makes; `index_parts` makes them one dataset again. Raises
    UsageError where there are fewer chunks than parts, FileError and MismatchError as `merge` does.
    """
    whole = local_path(source if path is None else path)
    with open_stored(source) as stored:
        plan = make_plan(stored.recipe)
        if (stored.first, stored.samples) != (0, plan.samples):
            raise UsageError(f"{source}: a part of a dataset; only a whole one can be cut")
        parts = checks.integer("parts", parts)
        if not 1 <= parts <= plan.chunks:
            raise UsageError(f"parts: {parts} is not from 1 to {plan.chunks}, the number of chunks of {source}")
        made = []
        for number in range(1, parts + 1):
            shard = Shard(number, parts)
            _copy(stored, plan, shard.path(whole), *shard.span(plan), resume, overwrite, progress, number == 1)
            write_row(shard.path(whole))
            made.append(summarise(shard.path(whole)))
    return made


def extend(
    source: FilePath,
    samples: int,
    path: FilePath,
    *,
    threads: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Write `path`: the dataset of `source` with so many further samples, the file that its recipe makes of the sum.

    Whole chunks are copied and hashed, a last one that is not full is made again; `source` stays as it is. Raises
    MismatchError where another version of this package made the source, UsageError where it is a part of a dataset.
    Warns with DigestWarning as `index_parts` does.
    """
    samples = checks.whole_argument("samples", samples, 1, MAX_MEMBERS)
    whole = local_path(path)
    with open_stored(source) as stored:
        old = make_plan(stored.recipe)
        if (stored.first, stored.samples) != (0, old.samples):
            raise UsageError(f"{source}: a part of a dataset; only a whole one can be extended")
        found = stored.header.attributes["software"]
        if found != SOFTWARE:
            raise MismatchError(f"{source} was made by {found}, this is {SOFTWARE}: extend it with that version")
        check_copyable(stored, old)
        check_not_source(stored, whole)
        plan = make_plan(stored.recipe.with_overrides({"samples": old.samples + samples}))
        plan.check_tables()
        plan.check_grids()
        job = Job(whole, plan, 0, plan.samples, threads_of(threads), resume, overwrite)

        from deepbench_fast.run.engines.threads import fill  # imports Numba, which copying doesn't need

        def filling(file: PartFile, job: Job) -> None:
            copy_chunks(stored, file, job, old.samples // old.chunk * old.chunk)
            fill(file, job.plan, job.threads, progress)

        make_file(job, filling)
    return compared(path)


def _copy(
    stored: Stored,
    plan: Plan,
    path: Path,
    first: int,
    stop: int,
    resume: bool,
    overwrite: bool,
    progress: Progress | None,
    starts: bool = True,
) -> None:
    """Write the samples `first` to `stop - 1` as a file."""
    check_copyable(stored, plan)
    check_not_source(stored, path)
    rows, software = chunk_rows(stored, first, stop), str(stored.header.attributes["software"])
    job = Job(path, plan, first, stop, 1, resume, overwrite, software, rows)
    if progress is not None and starts:
        progress.start(stored.samples, 0)
    make_file(job, partial(_filled, stored, progress))


def _filled(stored: Stored, progress: Progress | None, file: PartFile, job: Job) -> None:
    copy_chunks(stored, file, job, job.stop, None if progress is None else progress.advance)
