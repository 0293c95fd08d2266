"""`index`: parts of a dataset, made by many jobs, as one."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import NewFile, json_option
from deepbench_fast.cli.published import published_digest, tell_published
from deepbench_fast.cli.warned import warnings_below
from deepbench_fast.cli.words import counted, print_json


@click.command(cls=Command, example=f"{PROGRAM} index -o survey.h5")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "-o", "--output", type=NewFile(), metavar="OUT.h5", required=True, help="The index to write, beside the parts."
)
@click.option("--manifest", metavar="FILE.jsonl", help="Also write the parts' rows, a line of JSON each.")
@click.option("--kerchunk", metavar="FILE.json", help="Also write references by which Zarr and xarray read the parts.")
@click.option("--overwrite", is_flag=True, help="Replace whatever OUT.h5 is; an index of the same dataset always is.")
@json_option
def command(
    paths: tuple[str, ...], output: str, manifest: str | None, kerchunk: str | None, overwrite: bool, as_json: bool
) -> None:
    """Write OUT.h5, which reads the parts of a dataset as one file.

    PATH are parts, their rows (.json), or the folder they are in; by default the parts of OUT.h5's name beside it. They
    stay where they are, beside OUT.h5. Where samples are missing or parts differ, nothing is written: what is wrong and
    the commands that mend it are printed, exit status 1. The last line is the digest, that of the single file; that of
    an unchanged published recipe (`list --published`) is compared.
    """
    from deepbench_fast.run.published import warn_of_difference
    from deepbench_fast.store.location import local_path, located
    from deepbench_fast.store.parts import survey
    from deepbench_fast.store.read import summarise
    from deepbench_fast.store.references import write_references
    from deepbench_fast.store.write_index import write_index, write_manifest

    found = survey(located(output), [located(path) for path in paths])
    if not found.is_whole:
        for line in found.told():
            click.echo(line, err=True)
    others = [
        (write, local_path(path))
        for write, path in ((write_manifest, manifest), (write_references, kerchunk))
        if path is not None
    ]
    for _, path in others:
        found.check_apart(path)
    write_index(found, overwrite=overwrite)
    for write, path in others:
        write(found, path)
    summary = summarise(output)
    with warnings_below():
        warn_of_difference(summary)
    if as_json:
        facts = {"parts": len(found.rows), "published_digest": published_digest(summary)}
        print_json({**summary.as_json(), **facts})
        return
    click.echo(f"{output}: {counted(summary.samples, 'sample')} in {counted(len(found.rows), 'part')}", err=True)
    tell_published(output, summary)
    click.echo(summary.digest)
