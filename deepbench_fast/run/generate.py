"""Recipe → finished file: create, fill on threads, resume, shards."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.compiled import compile_kernels
from deepbench_fast.run.energy_drift import warn_of_drift
from deepbench_fast.run.engines.threads import Progress, fill
from deepbench_fast.run.published import warn_of_difference
from deepbench_fast.store.claim import Job
from deepbench_fast.store.fill import PartFile
from deepbench_fast.store.limits import check_fits
from deepbench_fast.store.location import AnyPath, Url, located
from deepbench_fast.store.make_file import make_file
from deepbench_fast.store.read import summarise
from deepbench_fast.store.rows import row_path, write_row
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.stored import Summary
from deepbench_fast.values.threads import threads_of

if TYPE_CHECKING:
    from distributed import Client


def generate(
    recipe: Recipe,
    path: AnyPath,
    *,
    threads: int | None = None,
    shard: str | Shard | None = None,
    client: Client | None = None,
    shards: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Generate the dataset that `recipe` describes into the HDF5 file `path`.

    The file is filled as `<path>.part` and renamed when it is complete. `threads` defaults to the CPUs that the process
    may use and changes no byte. `shard="K/N"` makes the K-th of N parts, as `<stem>.shard-K-of-N<suffix>`, and its row
    beside it (.json), from which `index_parts` makes `path`, that reads as the single file. `resume` starts an absent
    file, continues an unfinished one (chunks are hashed again first), and returns at once where it is finished.
    `overwrite` replaces `path`; with `resume`, too, an unfinished file is continued, not begun anew.

    With a `client` of `dask.distributed` its workers make the dataset in `shards` parts (by default of about 4 GB, at
    least 64 where it has so many chunks), and `path` is their index.

    Where `path` is the URL of an object store (s3://bucket/name.h5) the file is made in the folder `scratch`, by
    default a temporary one, and uploaded when it is complete, a part before its row; what is in `scratch` stays until
    then, for `resume`.

    Raises FileError (output exists, no room, in use, a failed write, after which what is done is kept), MismatchError
    (the file to resume is of another recipe) and UsageError. On SIGINT or SIGTERM in the main thread it raises
    KeyboardInterrupt and leaves a resumable file. Warns with AccuracyWarning where bodies did not keep their energy or
    may be elsewhere, with DigestWarning where a published recipe gave another digest than the published one, and with
    LockWarning where the file system has no locks, so that nothing keeps two processes from filling one file.
    """
    if client is not None:
        from deepbench_fast.run.engines.dask import generate_on

        if shard is not None or threads is not None:
            raise UsageError("shard, threads: Dask's workers make all shards, by as many threads as they have")
        summary = generate_on(
            client,
            generate,
            recipe,
            located(path),
            shards=shards,
            scratch=scratch,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
        warn_of_difference(summary)
        return summary
    if shards is not None:
        raise UsageError("shards: it goes with a client of Dask; shard='K/N' makes one part")
    workers = threads_of(threads)
    place = located(path)
    if isinstance(place, Url):
        from deepbench_fast.run.engines.uploads import generate_to

        return generate_to(
            place,
            partial(generate, threads=workers, progress=progress),
            recipe,
            shard=shard,
            scratch=scratch,
            resume=resume,
            overwrite=overwrite,
            summarise=summarise,
        )
    if scratch is not None:
        raise UsageError(f"scratch: it goes with the URL of an object store, and {path} is a file")
    plan = make_plan(recipe)
    plan.check_grids()
    check_fits(plan)
    compile_kernels(plan)  # a kind whose kernel can't be compiled fails before there is a file
    plan.check_tables()
    part = shard if shard is None or isinstance(shard, Shard) else Shard.parse(shard)
    target = place if part is None else part.path(place)
    first, stop = (0, plan.samples) if part is None else part.span(plan)
    named = target
    target = Path(os.path.realpath(target)) if os.path.islink(target) else target
    job = Job(target, plan, first, stop, workers, resume, overwrite)
    if part is not None and overwrite:
        with suppress(OSError):
            row_path(named).unlink()  # it must not outlive the part that it tells of
    make_file(job, partial(_fill, progress=progress))
    if part is not None:
        write_row(named)
    warn_of_drift(target, plan)
    summary = summarise(target)
    warn_of_difference(summary)
    return summary


def _fill(file: PartFile, job: Job, progress: Progress | None) -> None:
    fill(file, job.plan, job.threads, progress)
