"""Whether a file that was made of a published recipe is the published dataset."""

from __future__ import annotations

import warnings

from deepbench_fast.errors import DigestWarning
from deepbench_fast.recipe.published import Published, published_as
from deepbench_fast.store.location import AnyPath
from deepbench_fast.store.read import summarise
from deepbench_fast.store.stored import Summary


def published_dataset(summary: Summary) -> Published | None:
    """The published dataset that a whole file should be, by its recipe; None for other recipes and for parts."""
    is_whole = summary.complete and summary.samples == summary.total
    return published_as(summary.recipe_hash) if is_whole else None


def compared(path: AnyPath) -> Summary:
    """What a file is; warns with DigestWarning as `warn_of_difference` does."""
    summary = summarise(path)
    warn_of_difference(summary, stacklevel=4)
    return summary


def warn_of_difference(summary: Summary, *, stacklevel: int = 3) -> None:
    """Warn with DigestWarning where a file of a published recipe has another digest than the published one."""
    published = published_dataset(summary)
    if published is not None and published.digest != summary.digest:
        warnings.warn(
            f"{summary.name}: the digest {summary.digest} isn't the published one of {published.name}, "
            f"{published.digest}: another version of the package, or a fault",
            DigestWarning,
            stacklevel=stacklevel,
        )
