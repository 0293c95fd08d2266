"""Warnings of the package as lines on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def warnings_below() -> Iterator[None]:
    """Print what is warned of inside, each line once, after the block, so that it stands below what that prints."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for message in dict.fromkeys(str(warning.message) for warning in found):
                click.echo(f"Warning: {message}", err=True)
