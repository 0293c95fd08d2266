"""`init`: a commented recipe to start from."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.source import unknown_name
from deepbench_fast.cli.text_file import print_or_write
from deepbench_fast.errors import UsageError


@click.command(cls=Command, example=f"{PROGRAM} init galaxy -o mine.yaml")
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="The recipe to write; by default it is printed.")
def command(name: str, output: str | None) -> None:
    """Print a commented recipe to start from.

    NAME is a built-in recipe or a kind of object: then every parameter stands at its default, with its unit, range and
    meaning, and examples of noise, PSF, splits and extras wait behind a #. An existing FILE is never replaced.
    """
    from deepbench_fast.authoring.starter import starter
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe import builtin_recipes

    if name not in builtin_recipes() and name not in kinds():
        raise UsageError(unknown_name(name))
    recipe = starter(name)
    print_or_write(recipe, output, f"'{PROGRAM} plan {output}' says what it makes", exists="exists: it is not replaced")
