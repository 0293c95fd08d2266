"""`preview`: a contact sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, NewFile, Places, look_options, origin_option, recipe_options
from deepbench_fast.cli.source import is_dataset, load_source
from deepbench_fast.errors import UsageError
from deepbench_fast.values.number_text import counted

if TYPE_CHECKING:
    from deepbench_fast.pictures.contact_sheet import Origin


@click.command(cls=Command, example=f"{PROGRAM} preview sky -o sky.png --count 12")
@click.argument("source", metavar="FILE|SOURCE")
@click.option(
    "-o", "--output", type=NewFile(), metavar="PICTURE", required=True, help="The picture to write: .png, .pdf or .svg."
)
@click.option("--index", type=Places(), metavar="I,J,K", help="These samples, counted from 0.")
@click.option("--class", "catalogue", metavar="NAME", help="Samples of one class alone.")
@click.option("--count", type=Count(), default=25, show_default=True, help="Number of samples.")
@click.option("--columns", type=Count(), help="Samples in a row.")
@click.option(
    "--show",
    type=click.Choice(["images", "series", "clean", "masks", "variance"]),
    help="What to draw instead of the data: an extra must be in FILE; of a SOURCE it is made.",
)
@origin_option
@look_options
@click.option(
    "--dpi", type=click.IntRange(10, 1200), metavar="N", help="Dots an inch of a PNG; by default 100, of series 200."
)
@click.option("--by-catalogue", is_flag=True, help="Sort the samples by catalogue.")
@recipe_options
def command(
    source: str,
    output: str,
    index: list[int] | None,
    catalogue: str | None,
    count: int,
    columns: int | None,
    show: str | None,
    origin: Origin,
    stretch: str | None,
    cmap: str | None,
    one_scale: bool,
    dpi: int | None,
    by_catalogue: bool,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Draw the first samples of a dataset, with their labels, as a picture.

    FILE|SOURCE is an .h5 file, or a recipe, built-in recipe or kind, whose samples are made on the fly. Above each
    stand its number and its class, of images up to two of its values, too. Each image has a scale of its own: linear
    for shapes, for light linear in the noise and logarithmic above it (asinh). Row 0 is at the bottom, as in FITS
    (exported pictures have it on top). Masks have a colour for each object. Series are drawn against time, noisy values
    as dots on the noise-free curve, and in gray what it would be without noise on the parameters; of bodies that have
    positions the orbits, with a ring where they start and a disc where they end. Between the moments curves are
    followed again, by the solver of the series.
    """
    from deepbench_fast.pictures.colours import Look
    from deepbench_fast.pictures.contact_sheet import MOST_IMAGES, check_picture, contact_sheet, save_figure

    if index is not None and (catalogue is not None or len(index) > MOST_IMAGES):
        raise UsageError(f"--index names up to {MOST_IMAGES} samples, and goes without --class")
    check_picture(output)
    look = Look(stretch, cmap, one_scale)
    count = count if index is None else len(index)
    most = min(count, MOST_IMAGES)
    if is_dataset(source):
        if samples or seed is not None or size or assignments:
            raise UsageError(f"{source} is a finished dataset: -n, --seed, --size and --set are for recipes")
        from deepbench_fast.run.dataset import open_dataset

        data = open_dataset(source)
        for place in index or ():
            if place >= len(data):
                raise UsageError(f"{source} has the samples 0 to {len(data) - 1}, not {place}")
        batch = data.first(most, catalogue) if index is None else data[index]
    else:
        from deepbench_fast.render.samples import first_of, samples_at
        from deepbench_fast.render.samples import samples as make_samples

        recipe = load_source(source, samples, seed, size, assignments)
        if show not in (None, "images", "series", *recipe.extras):
            recipe = recipe.with_overrides({"extras": [show]})
        if index is None and catalogue is None:
            batch = make_samples(recipe, 0, min(most, recipe.samples))
        else:
            batch = samples_at(recipe, first_of(recipe, str(catalogue), most) if index is None else index)
    figure = contact_sheet(
        batch, count, columns=columns, show=show or "images", by_catalogue=by_catalogue, origin=origin, look=look
    )
    save_figure(figure, output, dpi=dpi)
    what = "image" if batch.recipe.series is None else "series"
    click.echo(f"{counted(len(batch), what)} in {output}", err=True)
