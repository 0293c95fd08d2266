"""`coverage`: whether posterior samples are right."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import columns, counted, print_json


@click.command(cls=Command, example=f"{PROGRAM} coverage set.h5 --plot coverage.png")
@click.argument("file", metavar="SAMPLES.h5")
@click.option("--plot", metavar="PICTURE", help="Draw the ranks with their bands: .png, .pdf or .svg.")
@click.option("--reference", is_flag=True, help="C2ST against the exact posteriors of a task's observations.")
@json_option
def command(file: str, plot: str | None, reference: bool, as_json: bool) -> None:
    """Judge posterior samples by the truths beside them.

    SAMPLES.h5 holds /samples (N, S, P), /truth (N, P) and /names (P,), of N posteriors whose truths are drawn from the
    prior. Ranks of the truths are uniform for exact samples: p is the probability that exact ones are as far off, and
    'coverage' is how often the central intervals hold the truth. TARP tests regions around random points, all
    parameters together.
    """
    from deepbench_fast.tasks import coverage
    from deepbench_fast.tasks.coverage import LEVELS

    if plot is not None:
        from deepbench_fast.pictures.contact_sheet import check_picture

        check_picture(plot)
    found = coverage(file, reference=reference)
    curves = {**found.uniformity, "TARP": found.tarp}
    if plot is not None:
        from deepbench_fast.pictures.contact_sheet import save_figure
        from deepbench_fast.pictures.coverage_plot import coverage_plot

        save_figure(coverage_plot(curves), plot)
        click.echo(f"{plot}: drawn", err=True)
    if as_json:
        levels = [str(level) for level in LEVELS]
        print_json(
            {
                "posteriors": len(found.ranks),
                "samples": found.samples,
                "p": {name: curve.p for name, curve in curves.items()},
                "coverage": {name: dict(zip(levels, own, strict=True)) for name, own in found.intervals.items()},
                "calibrated": found.calibrated,
                "c2st": found.c2st,
            }
        )
        return
    table = [["parameter", "p", *(f"in {level:.0%}" for level in LEVELS)]]
    for name, curve in curves.items():
        own = found.intervals.get(name)
        table.append(
            [name, f"{curve.p:.3g}", *([""] * len(LEVELS) if own is None else [f"{part:.1%}" for part in own])]
        )
    click.echo(columns(table))
    verdict = "nothing tells them from exact ones" if found.calibrated else "they are not of the exact posterior"
    judged = f"{counted(len(found.ranks), 'posterior')}, {counted(found.samples, 'sample')} each"
    click.echo(f"\n{judged}: {verdict} (p {found.p:.2g} of all)")
    for number, accuracy in found.c2st.items():
        click.echo(f"observation {number}: C2ST {accuracy:.3f} (0.5: as the reference)")
