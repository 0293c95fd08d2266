"""`list`: built-in recipes and kinds."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import columns, print_json


@click.command(cls=Command, example=f"{PROGRAM} list")
@json_option
def command(as_json: bool) -> None:
    """List the built-in recipes and the kinds of objects."""
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe import builtin_recipes

    recipes, meanings = builtin_recipes(), {name: kind.meaning for name, kind in kinds().items()}
    if as_json:
        print_json({"recipes": recipes, "kinds": meanings})
        return
    rows = [*recipes.items(), *meanings.items()]
    lines = columns(rows, "  ").split("\n")
    click.echo("\n".join(["Recipes", *lines[: len(recipes)], "", "Kinds", *lines[len(recipes) :]]))
