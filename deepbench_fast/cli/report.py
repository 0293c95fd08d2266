"""`report`: what a dataset is, on one page."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.text_file import print_or_write
from deepbench_fast.errors import UsageError


@click.command(cls=Command, example=f"{PROGRAM} report sky.h5 -o sky.html")
@click.argument("file")
@click.option("-o", "--output", metavar="PAGE", required=True, help="The page to write: .html or .md.")
@click.option("--verify", type=click.Choice(["some", "all"]), default="some", show_default=True, help="What to check.")
def command(file: str, output: str, verify: str) -> None:
    """Write what the dataset FILE is as one HTML page, which needs no network, or as a dataset card in Markdown.

    Classes and splits with counts, samples of each class, one sample through its stages, what is random beside its
    declared law, checks, the recipe, how to load and how to cite it. Of very many samples it looks at some, and says
    so; --verify all checks all of them.
    """
    everything = verify == "all"
    if output.endswith((".html", ".htm")):
        from deepbench_fast.run.report.page import report

        text = report(file, everything=everything)
    elif output.endswith(".md"):
        from deepbench_fast.run.report.card import card

        text = card(file, everything=everything)
    else:
        raise UsageError(f"{output}: a page is HTML or Markdown; let the name end in .html or .md")
    print_or_write(text, output, "any browser shows it", exists="exists", overwrite=True)
