"""Parts as tasks on a Dask scheduler, which hands them to its workers and sends them again where a worker is lost.

Workers write parts to a file system that all of them and the client share; only numbers of samples come back. Who
starts again goes on: finished parts are kept, and what a lost worker began is continued.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.errors import DeepbenchFastError, FileError, InUseError, MismatchError, UsageError
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.run.engines.threads import Progress
from deepbench_fast.store.create import SOFTWARE
from deepbench_fast.store.folder import folder_of
from deepbench_fast.store.location import Location, Url
from deepbench_fast.store.parts import survey
from deepbench_fast.store.read import summarise
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.stored import Summary
from deepbench_fast.store.write_index import write_index
from deepbench_fast.values import checks
from deepbench_fast.values.optional import not_loaded

if TYPE_CHECKING:
    import distributed

PART_BYTES = 4e9
FEWEST_PARTS = 64
TASKS_OF_A_THREAD = 2
TRIES = 2
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_FOR_A_SCHEDULER = 10

Make = Callable[..., Summary]


def usual_parts(plan: Plan) -> int:
    """In how many parts a dataset is made: by its size alone, so that a later run finds those of an earlier one."""
    return max(1, min(plan.chunks, max(FEWEST_PARTS, int(plan.samples * plan.sample_bytes / PART_BYTES))))


def generate_on(
    client: distributed.Client,
    make: Make,
    recipe: Recipe,
    path: Location,
    *,
    shards: int | None,
    scratch: str | os.PathLike[str] | None,
    resume: bool,
    overwrite: bool,
    progress: Progress | None,
) -> Summary:
    """Make the parts of a dataset by `make` on a client's workers, and then their index `path`.

    Raises FileError where parts are there and may neither be kept (`resume`) nor replaced (`overwrite`), MismatchError
    where a worker has another version of this package, and what the workers raise.
    """
    whole, plan = path if isinstance(path, Url) else Path(os.path.abspath(path)), make_plan(recipe)
    count = usual_parts(plan) if shards is None else checks.integer("shards", shards)
    if not 1 <= count <= max(1, plan.chunks):
        raise UsageError(f"shards: {count} is not from 1 to {plan.chunks}, the number of chunks of this dataset")
    if not (resume or overwrite):
        _check_nothing_there(whole)
    if progress is not None:
        progress.start(plan.samples, 0)
    for samples in _results(client, partial(make, scratch=scratch), recipe, whole, count, overwrite):
        if progress is not None:
            progress.advance(samples)
    write_index(
        survey(whole, [Shard(number, count).path(whole) for number in range(1, count + 1)]), overwrite=overwrite
    )
    return summarise(whole)


def _results(
    client: distributed.Client, make: Make, recipe: Recipe, whole: Location, count: int, overwrite: bool
) -> Iterator[int]:
    """Numbers of samples of the parts as they are finished; few tasks are on the scheduler at a time."""
    from distributed import as_completed

    left = iter(range(1, count + 1))

    def submit(number: int) -> Any:
        shard = Shard(number, count)
        arguments = (make, recipe, str(whole), str(shard), overwrite, SOFTWARE)
        return client.submit(_make_part, *arguments, key=None, pure=False, retries=TRIES)

    def most() -> int:
        return max(4, TASKS_OF_A_THREAD * int(sum(client.nthreads().values())))

    names: dict[Any, int] = {}
    waiting = as_completed([])
    try:
        while True:
            while len(names) < most() and (number := next(left, None)) is not None:
                future = submit(number)
                names[future] = number
                waiting.add(future)
            if not names:
                return
            future = next(waiting)
            number = names.pop(future)
            yield _result(future, whole, Shard(number, count))
    finally:
        client.cancel(list(names), force=True)


def _result(future: Any, whole: Location, shard: Shard) -> int:
    try:
        return int(future.result())
    except DeepbenchFastError:
        raise
    except Exception as error:  # a lost scheduler, a worker that dies of every try
        words = " ".join(str(error).split()) or type(error).__name__
        raise FileError(f"{whole}: shard {shard}: {words[:200]}; --resume goes on with what is done") from error


def _make_part(make: Make, recipe: Recipe, path: str, shard: str, overwrite: bool, software: str) -> int:
    """Make a part on a worker; the number of its samples."""
    from distributed import get_worker

    if software != SOFTWARE:
        raise MismatchError(f"a worker has {SOFTWARE}, the client {software}: they need the same version")
    threads = max(1, usable_cpus() // max(1, get_worker().state.nthreads))
    while True:
        try:
            made = make(recipe, path, shard=shard, threads=threads, resume=True, overwrite=overwrite)
            return int(made.samples)
        except InUseError:  # by a worker whose client was lost: what it makes is kept
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _check_nothing_there(whole: Location) -> None:
    names = folder_of(whole).names(whole.stem)
    found = min((name for name in names if name == whole.name or name.startswith(f"{whole.stem}.shard-")), default=None)
    if found is not None:
        raise FileError(f"{whole.with_name(found)} exists: --resume goes on with the parts that are there")


@contextmanager
def connected(address: str) -> Iterator[distributed.Client]:
    """A client of the scheduler at an address, or of N processes of this machine: "local:N".

    Raises UsageError where Dask can't be loaded or there is no scheduler.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise not_loaded(error, "--dask", "distributed") from None
    kind, _, number = address.partition(":")
    if kind == "local":
        if not number.isdecimal() or not 1 <= int(number) <= 10_000:
            raise UsageError(f"dask: {address!r} is neither local:N nor the address of a scheduler")
        options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
        with LocalCluster(n_workers=int(number), **options) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=SECONDS_FOR_A_SCHEDULER)
    except (OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise UsageError(f"dask: there is no scheduler at {address!r}: {words[:200]}") from None
    with client:
        yield client
