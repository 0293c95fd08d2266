"""`export`: other formats, with the tables beside."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from deepbench_fast.cli.group import PROGRAM, Command, resumed_by
from deepbench_fast.cli.options import Count, json_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.warned import warnings_below
from deepbench_fast.cli.words import counted, duration, grouped, print_json
from deepbench_fast.store.location import local_path
from deepbench_fast.values.number_text import brief


@click.command(cls=Command, example=f"{PROGRAM} export sky.h5 sky-png --format png --split train")
@click.argument("file")
@click.argument("directory", metavar="DIR")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["npy", "png", "jpeg", "fits", "csv", "parquet"]),
    required=True,
    help="What to write; csv is the tables alone (and series).",
)
@click.option("--split", metavar="NAME", help="Only the samples of this split.")
@click.option("-n", "--count", type=Count(), metavar="N", help="Only the first N samples.")
@click.option("--low", type=float, metavar="VALUE", help="Pictures: the value that becomes black.")
@click.option("--high", type=float, metavar="VALUE", help="Pictures: the value that becomes white.")
@click.option(
    "--stretch",
    type=click.Choice(["asinh", "log", "sqrt", "linear"]),
    help="Pictures: how brightness rises from black to white; by default asinh for light, linear for shapes alone.",
)
@click.option("--stretch-a", type=float, metavar="A", help="The a of asinh (by default from the noise) or log (1000).")
@click.option(
    "--bits",
    type=int,
    metavar="8|16",
    help="Bits of a PNG's grey levels; 8 by default: torchvision reads no others.",
)
@click.option("--quality", type=int, metavar="1-100", help="Quality of JPEGs; 95 by default.")
@json_option
@click.pass_obj
def command(
    arguments: Sequence[str],
    file: str,
    directory: str,
    format_: str,
    split: str | None,
    count: int | None,
    low: float | None,
    high: float | None,
    stretch: str | None,
    stretch_a: float | None,
    bits: int | None,
    quality: int | None,
    as_json: bool,
) -> None:
    """Write the dataset FILE into the directory DIR in another format.

    The same command goes on where an earlier run was stopped. DIR/export.json says what DIR holds.

    Pictures keep the array's order, row 0 on top (figures have it at the bottom). All of a dataset have one scale,
    found from its first 1000 images, from fewer where these are large. Of each image 1 % of the pixels are darker than
    some value: black is the median of these values. White is the value that 0.1 % of all pixels exceed. Of whole
    numbers black is 0, white the largest. Pictures are in folders SPLIT/LABEL-CLASS, one of each class in each split,
    so that torchvision's ImageFolder finds the labels of FILE.
    """
    from deepbench_fast.exports.formats import export

    began = time.perf_counter()
    with resumed_by(arguments), warnings_below(), Progress("rows") as progress:
        done = export(
            file,
            local_path(directory),
            format_,
            split=split,
            count=count,
            low=low,
            high=high,
            stretch=stretch,
            stretch_a=stretch_a,
            bits=bits,
            quality=quality,
            progress=progress,
        )
    seconds = time.perf_counter() - began
    for warning in done.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if as_json:
        print_json({**done.as_json(), "seconds": seconds})
        return
    scale = _scale(done.settings) if "stretch" in done.settings else ""
    kept = f", {grouped(done.kept)} {'was' if done.kept == 1 else 'were'} there" if done.kept else ""
    work = f"{counted(done.samples, 'sample')}{scale}: {counted(done.written, 'file')} in {duration(seconds)}{kept}"
    click.echo(f"{directory}: {work}", err=True)


def _scale(settings: Mapping[str, Any]) -> str:
    a = settings["stretch_a"]
    stretch = settings["stretch"] if a is None else f"{settings['stretch']} (a = {brief(a, 3)})"
    return f", {stretch} from black {brief(settings['low'], 4)} to white {brief(settings['high'], 4)}"
