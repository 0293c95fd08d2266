"""Datasets made on a disk of this machine and put into an object store: a part, then its row."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import FileError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.store.claim import check_same
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote.folder import check_writable, exists, put, remove, upload
from deepbench_fast.store.remote.transport import Lost
from deepbench_fast.store.rows import row_of, row_path
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.stored import Summary

Make = Callable[..., Summary]


def generate_to(
    url: Url,
    make: Make,
    recipe: Recipe,
    *,
    shard: str | Shard | None,
    scratch: str | os.PathLike[str] | None,
    resume: bool,
    overwrite: bool,
    summarise: Callable[[Url], Summary],
) -> Summary:
    """Make a dataset, or a part of it, by `make` in the folder `scratch`, and put it at a URL, where it shows when it
    is whole; of a part its row comes last. What was made is removed from `scratch` then; where something fails before,
    it stays, for `resume` to go on with. Without `scratch` it is made in a temporary folder.

    Raises FileError where an object is there and may neither be kept (`resume`) nor replaced (`overwrite`), and where
    it can't be put there; MismatchError where another dataset is there.
    """
    check_writable(url)
    part = Shard.parse(shard) if isinstance(shard, str) else shard
    target = url if part is None else part.path(url)
    if not overwrite and exists(target):
        return _kept(target, recipe, part, resume, summarise)
    with _folder(scratch) as folder:
        place = folder / target.name
        summary = make(recipe, folder / url.name, shard=part, resume=resume, overwrite=overwrite)
        try:
            _put(place, target, is_part=part is not None)
        except (FileNotFoundError, Lost):
            if place.exists():
                raise
            # a process that was started at the same time, in the same folder, was quicker
            return _kept(target, recipe, part, True, summarise)
    return summary


def _put(place: Path, target: Url, is_part: bool) -> None:
    """Put a file, and the row of a part after it, at their URLs, and remove them here."""
    row = row_path(place).read_bytes() if is_part else b""
    if is_part:
        remove(row_path(target))  # it must not outlive the part that it tells of
    upload(place, target)
    if is_part:
        put(row, row_path(target))
        row_path(place).unlink(missing_ok=True)
    place.unlink(missing_ok=True)


def _kept(
    target: Url, recipe: Recipe, part: Shard | None, resume: bool, summarise: Callable[[Url], Summary]
) -> Summary:
    """The object that is there, with its row."""
    if not resume:
        raise FileError(f"{target} exists: --overwrite replaces it, --resume keeps it if it is the same dataset")
    plan = make_plan(recipe)
    if not check_same(target, plan, *((0, plan.samples) if part is None else part.span(plan))).complete:
        raise FileError(f"{target} is not finished: --overwrite replaces it")
    if part is not None and not exists(row_path(target)):
        put(row_of(target).text().encode(), row_path(target))
    return summarise(target)


@contextmanager
def _folder(scratch: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The folder to make files in; a temporary one, which is removed, where none is named."""
    if scratch is not None:
        yield Path(scratch)
        return
    with tempfile.TemporaryDirectory(prefix="deepbench-fast-") as folder:
        yield Path(folder)
