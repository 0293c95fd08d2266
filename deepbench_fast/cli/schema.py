"""`schema`: JSON Schema of recipes, for editors."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.text_file import print_or_write
from deepbench_fast.cli.words import json_text


@click.command(cls=Command, example=f"{PROGRAM} schema -o recipe.schema.json")
@click.option("-o", "--output", metavar="FILE", help="The schema to write; by default it is printed.")
@click.option("--overwrite", is_flag=True, help="Replace an existing FILE.")
def command(output: str | None, overwrite: bool) -> None:
    """Print the JSON Schema of recipes: keys, units, ranges and defaults.

    An editor that knows it completes and checks recipes while they are written. With --kinds, it holds your
    own kinds too.
    """
    from deepbench_fast.recipe.json_schema import json_schema

    print_or_write(
        json_text(json_schema()),
        output,
        "give it to your editor for recipes",
        exists="exists; --overwrite replaces it",
        overwrite=overwrite,
    )
