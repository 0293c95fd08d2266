"""`report`: what a dataset is, on one page."""

from __future__ import annotations

from pathlib import PurePath

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.text_file import check_output, print_or_write
from deepbench_fast.errors import UsageError

SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".json": "croissant", ".jsonld": "croissant"}
THEN = {
    "html": "any browser shows it",
    "md": "a dataset card",
    "croissant": "it goes beside the dataset, under any name",
}


@click.command(cls=Command, example=f"{PROGRAM} report sky.h5 -o sky.html")
@click.argument("file")
@click.option("-o", "--output", metavar="PAGE", required=True, help="The file to write: .html, .md or .json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(THEN)),
    help="HTML page, dataset card in Markdown, or Croissant metadata; by default what the name's suffix says.",
)
@click.option("--verify", type=click.Choice(["some", "all"]), help="What to check: by default some samples.")
@click.option("--checksum", is_flag=True, help="Croissant: with the SHA-256 of each file, which reads all of it.")
def command(file: str, output: str, form: str | None, verify: str | None, checksum: bool) -> None:
    """Write what the dataset FILE is as one HTML page, which needs no network, or for other programs.

    Classes and splits with counts, samples of each class, one sample through its stages, what is random beside its
    declared law, what goes together, checks, the recipe, how to load and how to cite it. Of very many samples it looks
    at some, and says so; --verify all checks all of them. A dataset card in Markdown has the fields of Hugging Face's;
    schema.org/Croissant metadata in JSON say where each array is.
    """
    suffix = PurePath(output).suffix.lower()
    said = SUFFIXES.get(suffix)
    if form and said and form != said:
        raise UsageError(f"{output}: --format {form} is no {suffix}; without it the name's suffix decides")
    form = form or said
    if form is None:
        raise UsageError(f"{output}: a report is HTML, Markdown or JSON; let the name end in .html, .md or .json")
    if form == "croissant" and verify is not None:
        raise UsageError("--verify is for pages; Croissant metadata has no checks, but --checksum")
    if checksum and form != "croissant":
        raise UsageError("--checksum goes with --format croissant; pages have the digest of the data")
    check_output(output)
    if form == "croissant":
        from deepbench_fast.run.report.croissant import croissant

        text = croissant(file, checksum=checksum)
    elif form == "html":
        from deepbench_fast.run.report.page import report

        text = report(file, everything=verify == "all")
    else:
        from deepbench_fast.run.report.card import card

        text = card(file, everything=verify == "all")
    print_or_write(text, output, THEN[form], exists="exists", overwrite=True)
