"""`cite`: BibTeX of what a recipe or a dataset rests on."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.source import is_dataset, load_source


@click.command(cls=Command, example=f"{PROGRAM} cite galaxies > galaxies.bib")
@click.argument("source", metavar="FILE|SOURCE")
def command(source: str) -> None:
    """Print BibTeX of this software and of the works whose formulas and numbers SOURCE uses.

    Of a dataset FILE also an entry of its own, with seed, recipe hash and digest, by which anybody makes it again.
    """
    from deepbench_fast.run.citations import bibliography

    if not is_dataset(source):
        click.echo(bibliography(load_source(source)))
        return
    from deepbench_fast.store.index import open_stored

    with open_stored(source) as stored:
        click.echo(bibliography(stored.recipe, stored.summary() if stored.header.complete else None))
