"""`plan`: what a recipe would make, without making it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option, recipe_options, threads_option
from deepbench_fast.cli.source import load_source
from deepbench_fast.cli.words import byte_size, columns, counted, duration, grouped, print_json, rate, series_facts
from deepbench_fast.values.number_text import brief, percent

if TYPE_CHECKING:
    from deepbench_fast.run.cutoff import Cutoff
    from deepbench_fast.run.estimate import Estimate, Ingredient


# A disk that slows the work by more than so much is said to.
WORTH_TELLING = 1.1


@click.command(cls=Command, example=f"{PROGRAM} plan galaxies -n 1e6 --size 64x64")
@click.argument("source")
@recipe_options
@threads_option
@json_option
def command(
    source: str,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Say what SOURCE would make: shapes, bytes, time, what is random and what is fixed.

    The time is measured on the spot, on samples from all over the dataset that are made and written to a temporary file
    (at most 256 MiB) for up to two seconds; where that is too short for a few samples, it is a lower bound. Compiling
    kernels for the first time and a slower disk come on top; where the disk counts, the time without it is told too.
    """
    recipe = load_source(source, samples, seed, size, assignments)
    from deepbench_fast.run.estimate import estimate

    found = estimate(recipe, threads=threads)
    if as_json:
        print_json(found.as_json())
        return
    click.echo(_text(found))
    for warning in found.warnings:
        click.echo(f"Warning: {warning}", err=True)


def _text(found: Estimate) -> str:
    about = "" if found.rows_exact else "about "
    facts = [
        ("name", found.name),
        ("seed", str(found.seed)),
        ("samples", grouped(found.samples)),
        ("chunks", f"{grouped(found.chunks)} of {counted(found.chunk_samples, 'sample')}"),
        ("size", f"{about}{byte_size(found.total_bytes)}"),
        ("time", _time(found)),
    ]
    if found.cutoff is not None:
        facts.append(("cutoff", _cutoff(found.cutoff)))
    if found.series is not None:
        facts += series_facts(found.series)
    data = [
        (
            f"/{name}",
            " × ".join(grouped(n) for n in (found.samples, *array["shape"])),
            array["dtype"],
            byte_size(found.bytes[name]),
        )
        for name, array in found.arrays.items()
    ]
    data += [
        (
            f"/{name}",
            f"{about if name != 'samples' else ''}{counted(rows, 'row')}",
            "table",
            byte_size(found.bytes[name]),
        )
        for name, rows in found.rows.items()
    ]
    shares = [(name, percent(share)) for name, share in found.shares.items()]
    parts = [columns(facts), "Data\n" + columns(data, "  "), "Catalogues\n" + columns(shares, "  ")]
    for title, ingredients in (("Random", found.random), ("Fixed", found.fixed)):
        if ingredients:
            parts.append(f"{title}\n" + columns([_row(ingredient) for ingredient in ingredients], "  "))
    if found.levels:
        parts.append("Recorded for each sample\n" + "\n".join(f"  {name}" for name in found.levels))
    return "\n\n".join(parts)


def _cutoff(found: Cutoff) -> str:
    """What a cutoff would save, and cost."""
    saved = f"would draw objects on {percent(found.share, 2)} of the pixels"
    return (
        f"image.cutoff={brief(found.value)}, a hundredth of the noise, {saved}; none changes by more than it an object"
    )


def _time(found: Estimate) -> str:
    """How long it takes, on how many threads, and what the disk must take."""
    speed = f"{rate(found.samples_per_second)} samples a second on {found.threads} thread"
    speed += "s" if found.threads > 1 else ""
    if found.at_least:
        return f"at least {duration(found.seconds)} (at most {speed})"
    disk = byte_size(round(sum(found.bytes.values()) / found.seconds))
    computing = f"; computing alone {duration(found.seconds_computing)}" if _waits_for_disk(found) else ""
    return f"about {duration(found.seconds)} ({speed}), if the disk takes {disk} a second{computing}"


def _waits_for_disk(found: Estimate) -> bool:
    return found.seconds > WORTH_TELLING * found.seconds_computing


def _row(ingredient: Ingredient) -> tuple[str, str, str]:
    return ingredient.key, ingredient.distribution, ingredient.unit
