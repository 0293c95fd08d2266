"""`show`: one sample, with everything that a file says of it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import columns, grouped, print_json, value_text

if TYPE_CHECKING:
    from deepbench_fast.record import Record


@click.command(cls=Command, example=f"{PROGRAM} show sky.h5 17 -o sample.png")
@click.argument("file")
@click.argument("index", type=int)
@click.option("-o", "--output", metavar="PNG", help="Write the picture to this file instead of the terminal.")
@json_option
def command(file: str, index: int, output: str | None, as_json: bool) -> None:
    """Show sample INDEX (from 0) of FILE: label, split, parameters with units, targets, picture."""
    from deepbench_fast.record import read_record

    record = read_record(file, index)
    if output is not None:
        from deepbench_fast.preview import save_picture

        save_picture(record.image, output, shapes=record.shapes_alone)
        click.echo(f"picture in {output}", err=True)
    if as_json:
        print_json(_data(record))
        return
    click.echo(_text(record))
    if output is None:
        from deepbench_fast.cli.picture import picture

        drawn = picture(record.image, sys.stdout.isatty(), shapes=record.shapes_alone)
        click.echo(f"\n{drawn}")


def _data(record: Record) -> dict[str, Any]:
    data = asdict(record)
    return {**data, "image": {"shape": list(record.image.shape), "dtype": record.image.dtype.name}}


def _text(record: Record) -> str:
    number = "" if record.index == record.number else f" (number {grouped(record.number)} of the whole dataset)"
    facts = [
        ("sample", f"{record.index}{number}"),
        ("catalogue", record.catalogue),
        ("split", record.split),
        ("member", str(record.member)),
        *((name, value_text(v.value, v.unit)) for name, v in record.levels.items()),
    ]
    parts = [columns(facts)]
    if record.targets:
        targets = [(name, value_text(v.value, v.unit)) for name, v in record.targets.items()]
        parts.append("Targets\n" + columns(targets, "  "))
    for placed in record.objects:
        parameters = [(name, value_text(v.value, v.unit)) for name, v in placed.parameters.items()]
        mask = "" if placed.mask is None else f", {placed.mask} in the mask"
        parts.append(f"{placed.entry}, {placed.kind} {placed.slot}{mask}\n" + columns(parameters, "  "))
    return "\n\n".join(parts)
