"""Data in text form for standard output or for a file: UTF-8, whatever the code page of the machine."""

from __future__ import annotations

import sys

import click

from deepbench_fast.errors import FileError


def print_text(text: str) -> None:
    """Print what other programs read: characters on a terminal, else UTF-8 (a surrogate as a \\u escape)."""
    click.echo(text if sys.stdout.isatty() else _utf8(text), nl=False)


def print_or_write(text: str, output: str | None, then: str, *, exists: str, overwrite: bool = False) -> None:
    """Print `text`, or write it to a file, whole or not at all, and say on standard error what comes `then`.

    The file "-" is standard output. Raises FileError where a file can't be written, with the words `exists` where it is
    there already.
    """
    if output is None or output == "-":
        print_text(text)
        return
    from deepbench_fast.values.atomic import write_whole

    try:
        write_whole(output, _utf8(text), overwrite=overwrite)
    except FileExistsError as error:
        raise FileError(f"{output}: {error.strerror}" if error.strerror else f"{output} {exists}") from None
    except OSError as error:
        raise FileError(f"{output}: can't be written: {error.strerror or error}") from None
    click.echo(f"{output}: written; {then}", err=True)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
