"""`info`: what a file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.text_file import print_or_write
from deepbench_fast.cli.words import columns, counted, grouped, print_json, series_facts

if TYPE_CHECKING:
    from deepbench_fast.store.counts import Counts
    from deepbench_fast.store.stored import Stored, Summary


@click.command(cls=Command, example=f"{PROGRAM} info sky.h5 --json")
@click.argument("file")
@click.option("--recipe", "print_recipe", is_flag=True, help="Print the recipe that makes this file, nothing else.")
@click.option("-o", "--output", metavar="RECIPE.yaml", help="With --recipe: the file to write it to.")
@click.option("--bundle", metavar="DIR", help="With --recipe: a new folder for it and the tables that it draws from.")
@json_option
def command(file: str, print_recipe: bool, output: str | None, bundle: str | None, as_json: bool) -> None:
    """Say what FILE holds, whether it is complete, and its digest."""
    from deepbench_fast.store.counts import MOST_COUNTED, counts
    from deepbench_fast.store.index import open_stored
    from deepbench_fast.store.stored import open_header

    if (output is not None or bundle is not None) and not print_recipe:
        raise click.UsageError("-o and --bundle go with --recipe")
    if as_json and print_recipe:
        raise click.UsageError("--recipe gives YAML, and goes without --json")
    if bundle is not None:
        if output is not None:
            raise click.UsageError(f"--bundle writes the recipe into {bundle}, and goes without -o")
        _write_bundle(file, bundle)
        return
    if print_recipe:
        text = open_header(file).recipe_text  # that an index has, also where parts are missing
        if output is not None and Path(output).is_file() and Path(output).read_bytes() == text.encode():
            click.echo(f"{output}: there already", err=True)  # so that the command for a missing part can be repeated
            return
        then = f"'{PROGRAM} plan {output}' says what it makes"
        print_or_write(text, output, then, exists="exists: it is not replaced")
        return
    with open_stored(file) as stored:
        summary = stored.summary()
        series = _axes(stored) if stored.is_series else None
        found = counts(stored, MOST_COUNTED) if summary.complete else None
    if as_json:
        more: dict[str, Any] = {} if series is None else {"series": series}
        more |= {} if found is None else {"classes": found.as_json(), "samples_counted": found.counted}
        print_json({**summary.as_json(), **more})
    else:
        click.echo("\n\n".join(_parts(summary, series, found)))


def _write_bundle(file: str, folder: str) -> None:
    from deepbench_fast.run.bundle import write_bundle

    recipe, *tables = write_bundle(file, folder)
    click.echo(
        f"{recipe}: written, with {counted(len(tables), 'table')}; '{PROGRAM} generate {recipe} OUT.h5' makes it",
        err=True,
    )


def _axes(stored: Stored) -> dict[str, Any]:
    """Time and outputs of the series in a file."""
    time = stored.header.time
    assert time is not None
    return {
        "start": float(time[0]),
        "stop": float(time[-1]),
        "steps": len(time),
        "time_unit": stored.header.described["time"]["unit"],
        "outputs": [{"name": name, "unit": unit} for name, unit in stored.outputs.items()],
    }


def _parts(summary: Summary, series: dict[str, Any] | None, found: Counts | None) -> Iterator[str]:
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
        *([] if series is None else series_facts(series)),
    ]
    arrays = [(f"/{name}", " × ".join(map(grouped, a["shape"])), a["dtype"]) for name, a in summary.arrays.items()]
    tables = [
        (f"/{name}", counted(table["rows"], "row"), ", ".join(table["columns"]))
        for name, table in summary.tables.items()
    ]
    yield columns(facts)
    yield columns([*arrays, *tables])
    if found is not None:
        yield _classes(found, summary.samples)


def _classes(found: Counts, samples: int) -> str:
    """Numbers of samples: a row a class, a column a split, and the sums where there are several."""
    rows = [("class", *found.splits)]
    rows += [(name, *map(grouped, row)) for name, row in zip(found.classes, found.numbers.tolist(), strict=True)]
    if len(found.splits) > 1:
        sums = ["all", *map(grouped, found.numbers.sum(axis=1).tolist())]
        rows = [(*row, last) for row, last in zip(rows, sums, strict=True)]
    if len(found.classes) > 1:
        total = found.numbers.sum(axis=0).tolist()
        total += [sum(total)] if len(found.splits) > 1 else []
        rows.append(("all", *map(grouped, total)))
    part = "" if found.counted == samples else f"\nof the first {counted(found.counted, 'sample')}"
    return f"{columns(rows)}{part}"
