"""`info`: what a file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import columns, grouped, print_json

if TYPE_CHECKING:
    from deepbench_fast.store.read import Summary


@click.command(cls=Command, example=f"{PROGRAM} info sky.h5 --json")
@click.argument("file")
@click.option("--recipe", "print_recipe", is_flag=True, help="Print the recipe that makes this file, nothing else.")
@json_option
def command(file: str, print_recipe: bool, as_json: bool) -> None:
    """Say what FILE holds, whether it is complete, and its digest."""
    from deepbench_fast.store.read import open_file, summarise

    if print_recipe:
        with open_file(file) as opened:
            click.echo(opened["recipe"].asstr()[()], nl=False)
        return
    summary = summarise(file)
    if as_json:
        print_json(summary.as_json())
    else:
        click.echo(_text(summary))


def _text(summary: Summary) -> str:
    span = f"numbers {summary.first} to {summary.first + summary.samples - 1}" if summary.samples else "an empty part"
    part = "" if summary.samples == summary.total else f" ({span} of {grouped(summary.total)})"
    facts = [
        ("name", summary.name),
        ("seed", str(summary.seed)),
        ("samples", f"{grouped(summary.samples)}{part}"),
        ("complete", "yes" if summary.complete else "no: generate --resume continues it"),
        ("digest", summary.digest or "none before it is complete"),
        ("recipe hash", summary.recipe_hash),
        ("schema", summary.schema),
        ("software", summary.software),
    ]
    arrays = [(f"/{name}", " × ".join(map(grouped, a["shape"])), a["dtype"]) for name, a in summary.arrays.items()]
    tables = [
        (f"/{name}", f"{grouped(table['rows'])} rows", ", ".join(table["columns"]))
        for name, table in summary.tables.items()
    ]
    return f"{columns(facts)}\n\n{columns([*arrays, *tables])}"
