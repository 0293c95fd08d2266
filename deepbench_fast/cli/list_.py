"""`list`: built-in recipes and kinds."""

from __future__ import annotations

from dataclasses import asdict

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import byte_size, columns, grouped, print_json


@click.command(cls=Command, example=f"{PROGRAM} list")
@click.option("--published", is_flag=True, help="Recipes whose data a paper can cite, with size and digest.")
@json_option
def command(published: bool, as_json: bool) -> None:
    """List the built-in recipes and the kinds of objects."""
    if published:
        _print_published(as_json)
        return
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe import builtin_recipes

    recipes, meanings = builtin_recipes(), {name: kind.meaning for name, kind in kinds().items()}
    if as_json:
        print_json({"recipes": recipes, "kinds": meanings})
        return
    rows = [*recipes.items(), *meanings.items()]
    lines = columns(rows, "  ").split("\n")
    click.echo("\n".join(["Recipes", *lines[: len(recipes)], "", "Kinds", *lines[len(recipes) :]]))


def _print_published(as_json: bool) -> None:
    from deepbench_fast.recipe import Recipe
    from deepbench_fast.recipe.published import PUBLISHED

    if as_json:
        print_json({name: asdict(published) for name, published in PUBLISHED.items()})
        return
    rows = [("recipe", "samples", "size", "digest")]
    for name, published in PUBLISHED.items():
        rows.append((name, grouped(Recipe.builtin(name).samples), byte_size(published.bytes), published.digest))
    click.echo(columns(rows))
