"""Who fills a file: one process, which holds its lock; and whether the file is the one that it may go on with."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepbench_fast.draw import rows_per_chunk
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.plan import Plan
from deepbench_fast.store.create import SOFTWARE, check_space, create_file
from deepbench_fast.store.gate import Header
from deepbench_fast.store.positioned import lock_file
from deepbench_fast.store.stored import open_header


@contextmanager
def claimed(unfinished: Path, plan: Plan, first: int, stop: int, threads: int, resume: bool) -> Iterator[int]:
    """A locked descriptor of the unfinished file, which is created (whole, then renamed) if it isn't to be resumed."""
    if resume and unfinished.exists():
        descriptor = lock_file(unfinished)
        try:
            _check_resumable(unfinished, plan, first, stop)
            yield descriptor
        finally:
            os.close(descriptor)
        return
    check_space(unfinished, plan, stop - first)
    fresh = unfinished.with_name(unfinished.name + ".new")
    held = lock_file(unfinished) if unfinished.exists() else None
    descriptor = lock_file(fresh)
    try:
        try:
            create_file(fresh, plan, first, stop, rows_per_chunk(plan, first, stop, threads))
            os.replace(fresh, unfinished)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        yield descriptor
    finally:
        os.close(descriptor)
        if held is not None:
            os.close(held)


def check_same(path: Path, plan: Plan, first: int, stop: int) -> Header:
    """Raise MismatchError, with the difference, where `path` holds another recipe or another range."""
    header = open_header(path)
    if header.attributes["recipe_hash"] != plan.recipe.hash():
        change = difference(header.recipe_text, plan.recipe.to_yaml())
        raise MismatchError(f"{path} was made from another recipe: {change}")
    if (header.attributes["first"], header.attributes["samples"]) != (first, stop - first):
        raise MismatchError(f"{path} holds another range of the dataset")
    return header


def _check_resumable(path: Path, plan: Plan, first: int, stop: int) -> None:
    """Raise MismatchError where the unfinished file `path` can't be gone on with, FileError where it is damaged."""
    try:
        header = check_same(path, plan, first, stop)
    except FileError as error:
        raise FileError(f"{error}; --overwrite starts again") from None
    if header.attributes["software"] != SOFTWARE:
        raise MismatchError(
            f"{path} was begun by {header.attributes['software']}, this is {SOFTWARE}: finish it with that version, or "
            "start again with --overwrite"
        )


def check_index(path: Path, plan: Plan) -> None:
    """Raise where an index over shards would replace something else than an index over the same dataset."""
    if check_same(path, plan, 0, plan.samples).shards is None:
        raise FileError(f"{path} exists as one file: --overwrite replaces it by an index over shards")


def difference(old: str, new: str) -> str:
    """The first line in which two recipes differ."""
    for was, now in itertools.zip_longest(old.splitlines(), new.splitlines(), fillvalue=""):
        if was != now:
            return f"it says {was.strip()!r}, now it would be {now.strip()!r}"
    return "the texts are equal, the hashes are not"
