"""`ladder`: recipes of rising difficulty, and their datasets."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, json_option, origin_option, recipe_options, threads_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.source import load_source
from deepbench_fast.cli.warned import warnings_below
from deepbench_fast.cli.words import columns, duration, grouped, print_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.pictures.contact_sheet import Origin
    from deepbench_fast.recipe.recipe import Recipe


@click.command(cls=Command, example=f"{PROGRAM} ladder galaxies harder --axis noise --rungs 5 --generate")
@click.argument("source")
@click.argument("directory", metavar="DIR")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    required=True,
    metavar="AXIS",
    help="noise, objects, classes, balance or spread; several move together.",
)
@click.option("--rungs", type=int, required=True, metavar="K", help="Number of recipes; the last is SOURCE itself.")
@click.option("--imbalance", metavar="1:2:4", help="Weights that the axis balance ends at, if not the recipe's own.")
@click.option("--generate", "wanted", is_flag=True, help="Make the datasets too; finished ones are kept.")
@click.option("--picture", metavar="PNG", help="Draw the same members on all rungs.")
@origin_option
@click.option("--members", type=Count(), default=4, show_default=True, help="Rows of the picture.")
@recipe_options
@threads_option
@json_option
@click.pass_obj
def command(
    arguments: Sequence[str],
    source: str,
    directory: str,
    axes: tuple[str, ...],
    rungs: int,
    imbalance: str | None,
    wanted: bool,
    picture: str | None,
    origin: Origin,
    members: int,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Write recipes from easy to hard that share their draws.

    DIR gets one recipe a rung, easiest first, and ladder.yaml, which says what each of them is. Member k of a catalogue
    is the same on all rungs, but for what the axis changes: the noise from none to the recipe's, the objects from one
    to all, the classes from two to all, the balance from equal weights to the recipe's, the spread of parameters from
    narrow to the recipe's. The same command again goes on where it was stopped.
    """
    recipe = load_source(source, samples, seed, size, assignments)
    from deepbench_fast.authoring.ladders import ladder, rung_axes
    from deepbench_fast.authoring.ladders.ladder_files import read_index, write_ladder

    found = ladder(recipe, axes, rungs, imbalance=imbalance)
    labels = [list(words.values()) for words in rung_axes(found, axes)]
    figure = None if picture is None else _draw(found, labels, members, origin)
    paths = write_ladder(found, axes, directory, beside=os.path.dirname(source))
    if picture is not None and figure is not None:
        from deepbench_fast.pictures.contact_sheet import save_figure

        save_figure(figure, picture)
        click.echo(f"{picture}: drawn", err=True)
    if wanted:
        try:
            with warnings_below():
                _generate(paths, threads)
        except KeyboardInterrupt as stop:
            stop.add_note(f"to go on: {shlex.join([PROGRAM, *arguments])}")
            raise
    if as_json:
        print_json(read_index(directory))
        return
    rows = [
        (str(path), f"{grouped(rung.samples)} samples", ", ".join(words))
        for path, rung, words in zip(paths, found, labels, strict=True)
    ]
    click.echo(columns(rows))


def _draw(rungs: Sequence[Recipe], labels: Sequence[Sequence[str]], members: int, origin: Origin) -> Figure:
    from deepbench_fast.pictures.ladder_sheet import ladder_sheet

    return ladder_sheet(rungs, labels, members, origin=origin)


def _generate(paths: Sequence[Path], threads: int | None) -> None:
    from deepbench_fast.authoring.ladders.ladder_files import record_dataset
    from deepbench_fast.recipe.recipe import Recipe
    from deepbench_fast.run.generate import generate

    recipes = [Recipe.load(path) for path in paths]
    _check_rungs(recipes)
    for path, recipe in zip(paths, recipes, strict=True):
        output = path.with_suffix(".h5")
        began = time.perf_counter()
        with Progress() as progress:
            summary = generate(recipe, output, threads=threads, resume=True, progress=progress)
        work = f"{grouped(progress.made)} samples in {duration(time.perf_counter() - began)}"
        click.echo(f"{output}: {work if progress.made else 'was complete'}", err=True)
        record_dataset(path.parent, path, output, summary.digest or "")


def _check_rungs(recipes: Sequence[Recipe]) -> None:
    """Raise UsageError before the first rung is made where a later one can't be."""
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.store.limits import check_fits

    for recipe in recipes:
        plan = make_plan(recipe)
        plan.check_grids()
        check_fits(plan)
