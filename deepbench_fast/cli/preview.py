"""`preview`: a contact sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, origin_option, recipe_options
from deepbench_fast.cli.source import is_dataset, load_source
from deepbench_fast.errors import UsageError

if TYPE_CHECKING:
    from deepbench_fast.pictures.contact_sheet import Origin


@click.command(cls=Command, example=f"{PROGRAM} preview sky -o sky.png --count 12")
@click.argument("source", metavar="FILE|SOURCE")
@click.option("-o", "--output", metavar="PNG", required=True, help="The picture to write.")
@click.option("--count", type=Count(), default=25, show_default=True, help="Number of samples.")
@click.option("--columns", type=Count(), help="Samples in a row.")
@click.option(
    "--show",
    type=click.Choice(["images", "series", "clean", "masks", "variance"]),
    help="What to draw instead of the data: an extra must be in FILE; of a SOURCE it is made.",
)
@origin_option
@click.option("--by-catalogue", is_flag=True, help="Sort the samples by catalogue.")
@recipe_options
def command(
    source: str,
    output: str,
    count: int,
    columns: int | None,
    show: str | None,
    origin: Origin,
    by_catalogue: bool,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Draw the first samples of a dataset, with their labels, as a PNG.

    FILE|SOURCE is an .h5 file, or a recipe, built-in recipe or kind, whose samples are made on the fly. Each image has
    a scale of its own, logarithmic for light and linear for shapes; row 0 is at the bottom, as in FITS (exported
    pictures have it on top). Masks have a colour for each object. Series are drawn against time, noisy values as dots
    on the noise-free curve; of bodies that have positions the orbits, with a ring where they start.
    """
    from deepbench_fast.pictures.contact_sheet import MOST_IMAGES, contact_sheet, save_figure

    if is_dataset(source):
        if samples or seed is not None or size or assignments:
            raise UsageError(f"{source} is a finished dataset: -n, --seed, --size and --set are for recipes")
        from deepbench_fast.run.dataset import open_dataset

        batch = open_dataset(source)[: min(count, MOST_IMAGES)]
    else:
        from deepbench_fast.render.samples import samples as make_samples

        recipe = load_source(source, samples, seed, size, assignments)
        if show not in (None, "images", "series", *recipe.extras):
            recipe = recipe.with_overrides({"extras": [show]})
        batch = make_samples(recipe, 0, min(count, recipe.samples, MOST_IMAGES))
    figure = contact_sheet(
        batch, count, columns=columns, show=show or "images", by_catalogue=by_catalogue, origin=origin
    )
    save_figure(figure, output)
    what = "images" if batch.recipe.series is None else "series"
    click.echo(f"{len(batch)} {what} in {output}", err=True)
