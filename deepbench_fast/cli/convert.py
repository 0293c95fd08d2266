"""`convert`: a configuration for DeepBench to a recipe."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.text_file import print_or_write


@click.command(cls=Command, example=f"{PROGRAM} convert config.yaml -o recipe.yaml")
@click.argument("config", metavar="CONFIG.yaml")
@click.option("-o", "--output", metavar="FILE", help="The recipe to write; by default it is printed.")
@click.option("--overwrite", is_flag=True, help="Replace an existing FILE.")
def command(config: str, output: str | None, overwrite: bool) -> None:
    """Write the recipe of a configuration for DeepBench 0.2.3.

    CONFIG.yaml is what DeepBench's Collection reads: object_type shape, sky, astro or physics. Comments in the recipe
    say where the meaning differs, since DeepBench's faults are not imitated. What no recipe can say is an error that
    names the key.
    """
    from deepbench_fast.authoring.deepbench import convert

    recipe = convert(config)
    print_or_write(
        recipe,
        output,
        f"'{PROGRAM} generate {output} OUT.h5' makes the dataset",
        exists="exists; --overwrite replaces it",
        overwrite=overwrite,
    )
