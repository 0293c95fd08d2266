"""Is the data what it says? Hashes every chunk again; renders samples again from the tables and compares bits."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.run.verify_report import Report
from deepbench_fast.store.format import chunk_digest
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.stored import Stored
from deepbench_fast.values import checks

if TYPE_CHECKING:
    from deepbench_fast.run.regenerate import Regenerator


def verify(
    path: str | os.PathLike[str],
    regenerate: int | str = 0,
    *,
    keep_going: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the file at `path`: all that it says of itself against its recipe, every chunk's digest, and for
    `regenerate` chunks (a number spread over the file, or "all") that drawing gives its tables and rendering its tables
    gives its data, bit for bit. Of an index every part is checked, many at a time.

    The first part of an index that is missing or isn't what it should be is an error; with `keep_going` all of them are
    in the report, with the command that makes each again. `progress` is told the number of chunks done. Raises
    FileError where the file can't be read or says of itself what isn't so, UsageError for a bad number.
    """
    with open_stored(path, missing=keep_going) as stored:
        return verify_stored(stored, regenerate, keep_going=keep_going, progress=progress)


def verify_stored(
    stored: Stored,
    regenerate: int | str = 0,
    *,
    keep_going: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """The same for a dataset that is open."""
    chunks = stored.header.chunks
    wanted = len(chunks) if regenerate == "all" else min(_number_of_chunks(regenerate), len(chunks))
    again = set(np.linspace(0, len(chunks) - 1, wanted).round().astype(int).tolist()) if wanted else set()
    plan = make_plan(stored.recipe) if again else None  # digests need no recipe
    report = Report(len(chunks), regenerated=len(again))
    stop, wrong = Stop(), set[str]()

    def check(part: npt.NDArray[np.int64]) -> None:
        regenerator = None if plan is None else _regenerator(stored, plan)
        for number in part.tolist():
            if stop.is_set():
                return
            try:
                found = _check_digest(stored, number, report)
                if regenerator is not None and found is not None and number in again:
                    regenerator.check(number, *found, report, stop)
            except FileError as error:
                if not keep_going:
                    raise
                report.unread.append(number)
                wrong.add(str(error))
            if progress is not None:
                progress(1)

    parts = np.array_split(np.arange(len(chunks)), usable_cpus())
    with ThreadPoolExecutor(len(parts)) as pool:
        try:
            list(pool.map(check, parts))
        finally:
            stop.set()
    report.unreadable.extend(sorted(wrong))
    for found in (report.unread, report.unfinished, report.wrong_digest, report.wrong_data, report.wrong_tables):
        found.sort()
    report.differences.sort(key=lambda difference: difference.sample)
    return report


def _regenerator(stored: Stored, plan: Plan) -> Regenerator:
    from deepbench_fast.run.regenerate import Regenerator  # imports Numba, which digests don't need

    return Regenerator(stored, plan)


def _check_digest(stored: Stored, number: int, report: Report) -> tuple[dict[str, npt.NDArray[Any]], Tables] | None:
    """Hash a chunk again; its arrays and tables, None where it isn't finished."""
    row = stored.header.chunks[number]
    if row["done"] != 1:
        report.unfinished.append(number)
        return None
    start, stop = stored.edges[number : number + 2].tolist()
    arrays = {name: stored.unchecked(name, start, stop) for name in stored.header.arrays}
    objects = {
        kind: stored.unchecked(f"objects/{kind}", *offsets[number : number + 2].tolist())
        for kind, offsets in stored.row_offsets.items()
    }
    tables = Tables(int(row["first"]), stored.unchecked("samples", start, stop), objects)
    if chunk_digest([*arrays.values(), tables.samples, *objects.values()]) != int(row["digest"]):
        report.wrong_digest.append(number)
    return arrays, tables


def _number_of_chunks(regenerate: object) -> int:
    try:
        return checks.whole_number(regenerate, 0, 2**63)
    except checks.Invalid:
        problem = f"regenerate: {checks.quote(regenerate)} is neither a number of chunks nor 'all'"
        raise UsageError(problem) from None
