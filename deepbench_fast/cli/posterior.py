"""`posterior`: reference draws from a posterior."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import NewFile
from deepbench_fast.cli.words import columns, grouped, print_json, value_text


@click.command(cls=Command, example=f"{PROGRAM} posterior task-star 1 -o samples.h5 --plot corner.png")
@click.argument("source", metavar="TASK|FILE")
@click.argument("index", type=int)
@click.option("-o", "--output", type=NewFile(), metavar="SAMPLES.h5", help="The file of samples to write.")
@click.option("--plot", type=NewFile(), metavar="PICTURE", help="Draw the samples in pairs: .png, .pdf or .svg.")
@click.option("--overwrite", is_flag=True, help="Replace SAMPLES.h5 where it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(source: str, index: int, output: str | None, plot: str | None, overwrite: bool, as_json: bool) -> None:
    """Draw from the exact posterior of all parameters of a sample.

    TASK is a task's name, INDEX its observation, 1 to 10; FILE is a dataset, INDEX a sample of it, from 0. The 10,000
    draws are independent of the machine, are made by defensive importance sampling when they are first asked for, and
    are kept in the user's cache. SAMPLES.h5 holds /samples (1, 10000, P), /truth (1, P), /names.
    """
    from deepbench_fast.tasks import PosteriorSamples, posterior

    if output is not None:
        PosteriorSamples.check_place(output, overwrite=overwrite)
    if plot is not None:
        from deepbench_fast.pictures.contact_sheet import check_picture

        check_picture(plot)
    found, draws = posterior(source, index)
    if output is not None:
        found.write(output, overwrite=overwrite)
        click.echo(f"{output}: written; 'coverage' judges files like it", err=True)
    if plot is not None:
        from deepbench_fast.pictures.contact_sheet import save_figure
        from deepbench_fast.pictures.corner import corner_plot

        save_figure(corner_plot(found.samples[0], found.names, found.truth[0]), plot)
        click.echo(f"{plot}: drawn", err=True)
    mean, deviation = found.samples[0].mean(axis=0), found.samples[0].std(axis=0)
    rows = list(zip(found.names, found.truth[0].tolist(), mean.tolist(), deviation.tolist(), strict=True))
    facts = {
        "digest": draws.digest,
        "effective": draws.effective,
        "pareto_k": draws.pareto_k,
        "log_evidence": draws.log_evidence,
        "draws": draws.draws,
    }
    if as_json:
        parameters = {name: {"truth": t, "mean": m, "deviation": d} for name, t, m, d in rows}
        print_json({**facts, "parameters": parameters})
        return
    table = [[name, *(f"{number:.5g}" for number in numbers)] for name, *numbers in rows]
    click.echo(columns([["parameter", "truth", "mean", "deviation"], *table]))
    click.echo(
        f"\n{grouped(draws.draws)} weighted draws, worth {grouped(round(draws.effective))}; Pareto k "
        f"{draws.pareto_k:.2f}; ln p(x) {value_text(round(draws.log_evidence, 3))}; digest {draws.digest}"
    )
