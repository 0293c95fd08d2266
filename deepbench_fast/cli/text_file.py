"""Text for standard output or for a file."""

from __future__ import annotations

from pathlib import Path

import click

from deepbench_fast.errors import FileError


def print_or_write(text: str, output: str | None, then: str, *, exists: str, overwrite: bool = False) -> None:
    """Print `text`, or write it to a file and say on standard error what comes `then`.

    Raises FileError where it can't be written, with the words `exists` where the file is there already.
    """
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(output).open("w" if overwrite else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FileError(f"{output} {exists}") from None
    except OSError as error:
        raise FileError(f"{output}: can't be written: {error.strerror}") from None
    click.echo(f"{output}: written; {then}", err=True)
