"""`schema`: JSON Schema of recipes, for editors."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.words import print_json


@click.command(cls=Command, example=f"{PROGRAM} schema > recipe.schema.json")
def command() -> None:
    """Print the JSON Schema of recipes: keys, units, ranges and defaults.

    An editor that knows it completes and checks recipes while they are written. With --kinds before it, it holds your
    own kinds too.
    """
    from deepbench_fast.recipe.schema import json_schema

    print_json(json_schema())
