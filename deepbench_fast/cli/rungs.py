"""What commands share that write recipes which belong together: their picture, their datasets, what is printed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from deepbench_fast.cli.group import resumed_by
from deepbench_fast.cli.options import Count, NewFile, origin_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.warned import warnings_below
from deepbench_fast.cli.words import columns, counted, duration, print_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.pictures.contact_sheet import Origin
    from deepbench_fast.recipe.recipe import Recipe

F = TypeVar("F", bound=Callable[..., Any])


def rung_options(function: F) -> F:
    """Add the options of what becomes of the rungs: `wanted`, `picture`, `origin` and `members`."""
    for decorate in (
        click.option("--members", type=Count(), default=4, show_default=True, help="Rows of the picture."),
        origin_option,
        click.option("--picture", type=NewFile(), metavar="PNG", help="Draw the same members on all rungs."),
        click.option("--generate", "wanted", is_flag=True, help="Make the datasets too; finished ones are kept."),
    ):
        function = decorate(function)
    return function


def finish(
    arguments: Sequence[str],
    rungs: Sequence[Recipe],
    labels: Sequence[Mapping[str, str]],
    head: Mapping[str, object],
    source: str,
    directory: str,
    *,
    wanted: bool,
    picture: str | None,
    origin: Origin,
    members: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Write the rungs, draw them, make their datasets, and print what they are; see `write_rungs` for `head`."""
    from deepbench_fast.authoring.ladders.ladder_files import read_index, write_rungs

    if picture is not None:
        from deepbench_fast.pictures.contact_sheet import check_picture

        check_picture(picture)
    words = [list(label.values()) for label in labels]
    figure = None if picture is None else _draw(rungs, words, members, origin)
    paths = write_rungs(rungs, labels, head, directory, beside=os.path.dirname(source))
    what = next(iter(head))
    if picture is not None and figure is not None:
        from deepbench_fast.pictures.contact_sheet import save_figure

        save_figure(figure, picture)
        click.echo(f"{picture}: drawn", err=True)
    if wanted:
        with resumed_by(arguments), warnings_below():
            _generate(paths, threads, what)
    if as_json:
        print_json(read_index(directory, what))
        return
    rows = [
        (str(path), counted(rung.samples, "sample"), ", ".join(word))
        for path, rung, word in zip(paths, rungs, words, strict=True)
    ]
    click.echo(columns(rows))


def _draw(rungs: Sequence[Recipe], labels: Sequence[Sequence[str]], members: int, origin: Origin) -> Figure:
    from deepbench_fast.pictures.ladder_sheet import ladder_sheet

    return ladder_sheet(rungs, labels, members, origin=origin)


def _generate(paths: Sequence[Path], threads: int | None, what: str) -> None:
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
        work = f"{counted(progress.made, 'sample')} in {duration(time.perf_counter() - began)}"
        click.echo(f"{output}: {work if progress.made else 'was complete'}", err=True)
        record_dataset(path.parent, path, output, summary.digest or "", what)


def _check_rungs(recipes: Sequence[Recipe]) -> None:
    """Raise UsageError before the first rung is made where a later one can't be."""
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.store.limits import check_fits

    for recipe in recipes:
        plan = make_plan(recipe)
        plan.check_grids()
        check_fits(plan)
