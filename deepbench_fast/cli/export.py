"""`export`: other formats, with the tables beside."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, json_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.words import duration, grouped, print_json


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
@click.option("--bits", type=int, metavar="8|16", help="Bits of a PNG's grey levels; 8 by default.")
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
    bits: int | None,
    quality: int | None,
    as_json: bool,
) -> None:
    """Write the dataset FILE into the directory DIR in another format.

    The same command goes on where an earlier run was stopped. DIR/export.json says what DIR holds. Pictures have one
    scale for the whole dataset: without --low and --high, the 0.1th and 99.9th percentile of its first 1000 samples.
    """
    from deepbench_fast.exports.formats import export

    began = time.perf_counter()
    try:
        with Progress("rows") as progress:
            done = export(
                file,
                directory,
                format_,
                split=split,
                count=count,
                low=low,
                high=high,
                bits=bits,
                quality=quality,
                progress=progress,
            )
    except KeyboardInterrupt as stop:
        stop.add_note(f"to go on: {shlex.join([PROGRAM, *arguments])}")
        raise
    seconds = time.perf_counter() - began
    if as_json:
        print_json({**done.as_json(), "seconds": seconds})
        return
    scale = f", black {done.settings['low']:g}, white {done.settings['high']:g}" if "low" in done.settings else ""
    kept = f", {grouped(done.kept)} were there" if done.kept else ""
    work = f"{grouped(done.samples)} samples{scale}: {grouped(done.written)} files in {duration(seconds)}{kept}"
    click.echo(f"{directory}: {work}", err=True)
