"""`show`: one sample, with everything that a file says of it."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import NewFile, json_option, origin_option
from deepbench_fast.cli.words import columns, grouped, print_json, value_text

if TYPE_CHECKING:
    from deepbench_fast.pictures.contact_sheet import Origin
    from deepbench_fast.run.sample_record import Placed, Record


@click.command(cls=Command, example=f"{PROGRAM} show sky.h5 17 -o sample.png")
@click.argument("file")
@click.argument("index", type=int)
@click.option(
    "-o", "--output", type=NewFile(), metavar="PICTURE", help="Write it all as a picture: .png, .pdf or .svg."
)
@origin_option
@json_option
def command(file: str, index: int, output: str | None, origin: Origin, as_json: bool) -> None:
    """Show sample INDEX (from 0) of FILE: label, split, parameters with units, targets, and its picture or plot.

    Row 0 of a picture is at the bottom, as in FITS (exported pictures have it on top).
    """
    from deepbench_fast.run.sample_record import read_record

    record = read_record(file, index)
    if output is not None:
        _save(record, output, origin)
        click.echo(f"picture in {output}", err=True)
    if as_json:
        print_json(_data(record))
        return
    click.echo(_text(record))
    if output is None:
        click.echo(f"\n{_drawn(record, _in_colour(), origin)}")


def _in_colour() -> bool:
    """Whether the output is a terminal that has colours, and whose user wants them (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _save(record: Record, output: str, origin: Origin) -> None:
    from deepbench_fast.pictures.contact_sheet import described_picture, save_figure

    if record.motion is not None:
        from deepbench_fast.pictures.series_plots import sample_plot

        save_figure(sample_plot(record.motion), output)
    elif record.image is not None:
        figure = described_picture(record.image, _text(record), shapes=record.shapes_alone, origin=origin)
        save_figure(figure, output)


def _drawn(record: Record, colour: bool, origin: Origin) -> str:
    if record.motion is not None:
        from deepbench_fast.cli.curves import curves

        return curves(record.motion, colour)
    from deepbench_fast.cli.picture import picture

    if record.image is None:
        return ""
    return picture(record.image, colour, shapes=record.shapes_alone, origin=origin)


def _data(record: Record) -> dict[str, Any]:
    data = asdict(replace(record, image=None, motion=None))
    del data["image"], data["motion"]
    for placed in data["objects"]:
        del placed["is_part"]
    if record.motion is not None:
        values = record.motion.values
        outputs = [{"name": name, "unit": unit} for name, unit, _ in record.motion.columns]
        return {**data, "series": {"shape": list(values.shape), "dtype": values.dtype.name, "outputs": outputs}}
    image = record.image
    return data if image is None else {**data, "image": {"shape": list(image.shape), "dtype": image.dtype.name}}


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
        targets = [(name, value_text(v.value, v.unit), _noise_text(record, name)) for name, v in record.targets.items()]
        parts.append("Targets\n" + columns(targets, "  "))
    for placed in (placed for placed in record.objects if not placed.is_part):
        parameters = [(name, value_text(v.value, v.unit)) for name, v in placed.parameters.items()]
        mask = "" if placed.mask is None else f", {placed.mask} in the mask"
        parts.append(f"{placed.entry}, {placed.kind} {placed.slot}{mask}\n" + columns(parameters, "  "))
    systems = groupby((placed for placed in record.objects if placed.is_part), key=lambda placed: placed.entry)
    parts += [f"{entry}\n{_part_table(list(placed))}" for entry, placed in systems]
    return "\n\n".join(parts)


def _noise_text(record: Record, target: str) -> str:
    """What a noisy target is without its noise."""
    sigma = record.targets_sigma.get(target)
    if sigma is None or not sigma.value > 0:
        return ""
    return f"true {value_text(record.targets_true[target].value)}, sigma {value_text(sigma.value)}"


def _part_table(parts: list[Placed]) -> str:
    """The parts of a system, one line each."""
    first = parts[0]
    head = [first.kind, *(f"{name} [{v.unit}]" if v.unit else name for name, v in first.parameters.items())]
    rows = [[str(p.slot), *(value_text(v.value) for v in p.parameters.values())] for p in parts]
    return columns([head, *rows], "  ")
