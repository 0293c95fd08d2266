"""`generate`: recipe → finished file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command, resumed_by
from deepbench_fast.cli.options import Count, NewFile, json_option, recipe_options, threads_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.published import published_digest, tell_published
from deepbench_fast.cli.source import load_source
from deepbench_fast.cli.warned import warnings_below
from deepbench_fast.cli.words import counted, duration, print_json, rate
from deepbench_fast.store.location import is_url

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe


@click.command(cls=Command, example=f"{PROGRAM} generate sky sky.h5 -n 100_000 --seed 42")
@click.argument("source")
@click.argument("output", type=NewFile(), metavar="OUT.h5")
@recipe_options
@threads_option
@click.option(
    "--shard", metavar="K/N", help="Make the K-th of N parts, as OUT.shard-K-of-N.h5; auto/N: K from the job array."
)
@click.option("--base", type=click.IntRange(0, 1), metavar="0|1", help="With auto: what the job array begins with.")
@click.option("--dask", metavar="ADDRESS|local:N", help="Make shards on a Dask scheduler's workers, then their index.")
@click.option("--shards", type=Count(), metavar="K", help="With --dask: how many shards; by default about 4 GB each.")
@click.option("--split", metavar="NAME", help="Make only the samples of one of the recipe's splits.")
@click.option("--scratch", metavar="DIR", help="For a URL: make the file in DIR; it is kept until uploaded.")
@click.option(
    "--resume", is_flag=True, help="Go on where an earlier run was stopped: start an absent file, keep a finished one."
)
@click.option("--overwrite", is_flag=True, help="Replace OUT.h5 if it exists (with --resume: go on, then replace).")
@json_option
@click.pass_obj
def command(
    arguments: Sequence[str],
    source: str,
    output: str,
    samples: int | None,
    seed: int | str | None,
    size: tuple[int, int] | None,
    assignments: tuple[tuple[str, str], ...],
    threads: int | None,
    shard: str | None,
    base: int | None,
    dask: str | None,
    shards: int | None,
    split: str | None,
    scratch: str | None,
    resume: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Generate the dataset that SOURCE describes into the file OUT.h5.

    At a URL (s3://bucket/name.h5) the file is made on a disk here and then uploaded.
    SOURCE is a recipe file (with a / or ending in .yaml), a built-in recipe or a kind of object. The digest of the
    data is the last line printed; that of an unchanged published recipe (`list --published`) is compared. What `plan`
    warns of is told first, as far as it can be told in an instant.
    """
    if shard is not None or base is not None:
        shard = _shard(shard, base)
    if resume and overwrite and dask is None and not is_url(output) and not _has_begun(output, shard):
        raise click.UsageError(f"--resume and --overwrite go on with a replacement of {output}, and nothing is there")
    recipe = load_source(source, samples, seed, size, assignments)
    recipe = recipe if split is None else recipe.of_split(split)
    from deepbench_fast.run.generate import generate

    began = time.perf_counter()
    again = [*(argument for argument in arguments if argument != "--resume"), "--resume"]
    with (
        resumed_by(again),
        warnings_below(),
        _client(dask, shards) as client,
        Progress(at_start=partial(_warn, recipe)) as progress,
    ):
        summary = generate(
            recipe,
            output,
            threads=threads,
            shard=shard,
            client=client,
            shards=shards,
            scratch=scratch,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    seconds = time.perf_counter() - began
    made = progress.made
    if as_json:
        speed = {"seconds": seconds, "samples_per_second": made / seconds}
        print_json({**summary.as_json(), **speed, "published_digest": published_digest(summary)})
        return
    work = f"{counted(made, 'sample')} in {duration(seconds)}, {rate(made / seconds)} a second"
    name = output if shard is None else f"{Path(output).name}, shard {shard}"
    click.echo(f"{name}: {work if made or not resume else 'was complete'}", err=True)
    tell_published(output, summary)
    click.echo(summary.digest)


def _warn(recipe: Recipe) -> None:
    """Say what `plan` warns of."""
    from deepbench_fast.run.beforehand import NOT_MEASURED, warnings_beforehand

    for warning in warnings_beforehand(recipe):
        click.echo(f"{'Note' if warning == NOT_MEASURED else 'Warning'}: {warning}", err=True)


def _shard(shard: str | None, base: int | None) -> str:
    """K/N."""
    from deepbench_fast.run.engines.job_arrays import shard_of_job

    if shard is None:
        raise click.UsageError("--base goes with --shard auto/N")
    return str(shard_of_job(shard, base))


def _client(address: str | None, shards: int | None) -> AbstractContextManager[Any]:
    """A client of a Dask scheduler; nothing where none was asked for."""
    if address is None:
        if shards is not None:
            raise click.UsageError("--shards goes with --dask; --shard K/N makes one part")
        return nullcontext()
    from deepbench_fast.run.engines.dask import connected

    return connected(address)


def _has_begun(output: str, shard: str | None) -> bool:
    """Whether the output is there, finished or not."""
    from deepbench_fast.store.format import UNFINISHED
    from deepbench_fast.store.shards import Shard

    path = Path(output) if shard is None else Shard.parse(shard).path(Path(output))
    return path.exists() or path.with_name(path.name + UNFINISHED).exists()
