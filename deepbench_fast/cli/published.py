"""What commands say of a dataset whose recipe is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deepbench_fast.store.stored import Summary


def tell_published(output: str, summary: Summary) -> None:
    """Say on standard error which published dataset a file is, if it is one."""
    from deepbench_fast.run.published import published_dataset

    published = published_dataset(summary)
    if published is not None and published.digest == summary.digest:
        click.echo(f"{output}: the published dataset {published.name}", err=True)


def published_digest(summary: Summary) -> str | None:
    """The digest that is published of a whole file's recipe; None where none is."""
    from deepbench_fast.run.published import published_dataset

    published = published_dataset(summary)
    return None if published is None else published.digest
