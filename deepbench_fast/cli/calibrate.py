"""`calibrate`: a set to judge posteriors by."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from deepbench_fast.cli.group import PROGRAM, Command, resumed_by
from deepbench_fast.cli.options import Assignment, Count, NewFile, Seed
from deepbench_fast.cli.source import load_source


@click.command(cls=Command, example=f"{PROGRAM} calibrate task-star -n 500 --samples 200 -o set.h5")
@click.argument("recipe", metavar="RECIPE")
@click.option("-n", "--count", type=Count(), default=500, show_default=True, help="Number of simulated samples.")
@click.option("-o", "--output", type=NewFile(), metavar="SET.h5", required=True, help="The file to write.")
@click.option("--samples", type=Count(), help="Draws of each exact posterior to add; by default none.")
@click.option("--seed", type=Seed(), default="calibration", show_default=True, help="An integer or any text.")
@click.option("--class", "catalogue", metavar="NAME", help="The catalogue, where RECIPE has several.")
@click.option("--overwrite", is_flag=True, help="Replace SET.h5 where it exists.")
@click.option(
    "--set", "assignments", type=Assignment(), multiple=True, metavar="KEY=VALUE", help="Set a key of the recipe."
)
@click.pass_obj
def command(
    arguments: Sequence[str],
    /,
    recipe: str,
    count: int,
    output: str,
    samples: int | None,
    seed: int | str,
    catalogue: str | None,
    overwrite: bool,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Write a set for simulation-based calibration: parameters drawn from the prior, and a sample made with each.

    SET.h5 holds /truth (N, P), /x (N, numbers of a sample) and /names. Add /samples (N, S, P), S draws of your own
    posterior for each x, and give the file to 'coverage'. With --samples they are those of the exact posterior, each
    kept in the user's cache: the same command again goes on where it was stopped.
    """
    from deepbench_fast.tasks import PosteriorSamples, calibrate

    found = load_source(recipe, assignments=assignments)
    PosteriorSamples.check_place(output, overwrite=overwrite)

    def told(done: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {count} posteriors", err=True, nl=done == count)

    with resumed_by(arguments):
        made = calibrate(found, count, catalogue=catalogue, samples=samples or 0, seed=seed, keep=True, progress=told)
    made.write(output, overwrite=overwrite)
    then = "'coverage' judges it" if samples else "add /samples (N, S, P), and 'coverage' judges them"
    click.echo(f"{output}: written; {then}", err=True)
