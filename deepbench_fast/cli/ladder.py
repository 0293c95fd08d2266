"""`ladder`: recipes of rising difficulty, and their datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from deepbench_fast.cli.arguments import OneOf
from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option, recipe_options, threads_option
from deepbench_fast.cli.rungs import finish, rung_options
from deepbench_fast.cli.source import load_source


@click.command(cls=Command, example=f"{PROGRAM} ladder galaxies harder --axis noise --rungs 5 --generate")
@click.argument("source")
@click.argument("directory", metavar="DIR")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    required=True,
    type=OneOf("noise", "objects", "classes", "balance", "spread"),
    metavar="AXIS",
    help="noise, objects, classes, balance or spread; several move together.",
)
@click.option("--rungs", type=int, required=True, metavar="K", help="Number of recipes; the last is SOURCE itself.")
@click.option("--imbalance", metavar="1:2:4", help="Weights that the axis balance ends at, if not the recipe's own.")
@rung_options
@recipe_options
@threads_option
@json_option
@click.pass_obj
def command(
    arguments: Sequence[str],
    /,
    source: str,
    directory: str,
    axes: tuple[str, ...],
    rungs: int,
    imbalance: str | None,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
    **options: Any,
) -> None:
    """Write recipes from easy to hard that share their draws.

    DIR gets one recipe a rung, easiest first, and ladder.yaml, which says what each of them is. Member k of a catalogue
    is the same on all rungs, but for what the axis changes: the noise from none to the recipe's, the objects from one
    to all, the classes from two to all, the balance from equal weights to the recipe's, the spread of parameters from
    narrow to the recipe's. The same command again goes on where it was stopped.
    """
    recipe = load_source(source, samples, seed, size, assignments)
    from deepbench_fast.authoring.ladders import ladder, rung_axes

    found = ladder(recipe, axes, rungs, imbalance=imbalance)
    labels = rung_axes(found, axes)
    head = {"ladder": found[0].name.rpartition("-rung-")[0], "axes": list(labels[0])}
    finish(arguments, found, labels, head, source, directory, **options)
