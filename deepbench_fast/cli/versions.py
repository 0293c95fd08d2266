"""`versions`: what a report of a fault should say of the machine."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import print_json


@click.command(cls=Command, example=f"{PROGRAM} versions")
@json_option
def command(as_json: bool) -> None:
    """Say what the program runs on: versions, CPU, limits, and where compiled kernels are kept.

    Paste it into a report of a fault. Nothing is compiled or written.
    """
    from deepbench_fast.run.versions import versions

    found = versions()
    if as_json:
        print_json(found)
        return
    width = max(map(len, found))
    for name, words in found.items():
        click.echo(f"{name:{width}}  {words}")
