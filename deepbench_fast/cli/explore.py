"""`explore`: a page with a slider for every value of a recipe."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import recipe_options
from deepbench_fast.cli.source import is_dataset, load_source
from deepbench_fast.errors import UsageError

FIRST = "sky"
"""What is explored where nothing is said."""


@click.command(cls=Command, example=f"{PROGRAM} explore galaxy --size 256x256")
@click.argument("source", required=False, default=FIRST, metavar="[FILE|SOURCE]")
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", default=0, help="Port of the page; by default a free one."
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open no browser.")
@recipe_options
def command(
    source: str,
    port: int,
    no_browser: bool,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Explore a recipe in the browser: a slider for every value, and a sample that follows while it moves.

    FILE|SOURCE is a recipe, a built-in recipe or a kind, or a dataset, whose recipe is explored; without one it is
    "sky". The page shows the sample with its twin without noise, the noise, masks and a histogram, or its curves; adds
    and removes objects, noise and PSF; and has the recipe's text to copy and to save: `generate` makes the same pixels
    of it. It is served to this machine alone until Ctrl-C, at an address with a token, and asks for nothing elsewhere.
    """
    from deepbench_fast.run.explore.explorer import Explorer

    if is_dataset(source):
        if samples or seed is not None or size or assignments:
            raise UsageError(f"{source} is a finished dataset: -n, --seed, --size and --set are for recipes")
        from deepbench_fast.run.dataset import open_dataset

        recipe = open_dataset(source).recipe
    else:
        recipe = load_source(source, samples, seed, size, assignments)
    explorer = Explorer(recipe, source)
    if not no_browser:
        click.echo("Ctrl-C ends it.", err=True)
    explorer.serve(port=port, browser=not no_browser, told=click.echo)
