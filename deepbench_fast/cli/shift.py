"""`shift`: recipes from that of the training data to one that differs along an axis, and their datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from deepbench_fast.cli.arguments import OneOf
from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Assignment, Count, Seed, Size, json_option, threads_option
from deepbench_fast.cli.rungs import finish, rung_options
from deepbench_fast.cli.source import load_source


@click.command(cls=Command, example=f"{PROGRAM} shift galaxies cuspy --axis ood --rungs 3 --set galaxy.n=8")
@click.argument("source")
@click.argument("directory", metavar="DIR")
@click.option(
    "--axis",
    type=OneOf("noise", "psf", "covariate", "prevalence", "ood"),
    required=True,
    metavar="AXIS",
    help="noise, psf, covariate, prevalence or ood: which keys may change.",
)
@click.option("--rungs", type=int, required=True, metavar="K", help="Number of recipes, from SOURCE to the shift.")
@click.option(
    "--set",
    "assignments",
    type=Assignment(),
    multiple=True,
    required=True,
    metavar="KEY=VALUE",
    help="A key of the last recipe, e.g. noise.gaussian.sigma=0.5; may be repeated.",
)
@rung_options
@click.option("-n", "--samples", type=Count(), metavar="N", help="Number of samples: 1000, 100_000, 1e6.")
@click.option("--seed", type=Seed(), metavar="SEED", help="An integer or any text.")
@click.option("--size", type=Size(), metavar="ROWSxCOLUMNS", help="Size of the images in pixels.")
@threads_option
@json_option
@click.pass_obj
def command(
    arguments: Sequence[str],
    /,
    source: str,
    directory: str,
    axis: str,
    rungs: int,
    assignments: tuple[tuple[str, str], ...],
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    **options: Any,
) -> None:
    """Write recipes that shift away from SOURCE and share its draws.

    DIR gets one recipe a rung, SOURCE itself first and SOURCE with the values set last, and shift.yaml, which says what
    each of them is. Member k of a catalogue is the same on all rungs, but for what the axis changes: the noise, the
    PSF, what objects are drawn from within SOURCE's ranges (covariate) or beyond them (ood), or the classes' weights
    (prevalence). The same command again goes on where it was stopped.
    """
    recipe = load_source(source, samples, seed, size)
    from deepbench_fast.authoring.shifts import rung_labels, shift

    values = dict(assignments)
    found = shift(recipe, axis, rungs, values)
    head = {"shift": recipe.name, "axis": axis, "set": values}
    finish(arguments, found, rung_labels(axis, rungs), head, source, directory, **options)
