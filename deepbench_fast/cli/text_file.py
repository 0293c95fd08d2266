"""Data in text form for standard output or for a file: UTF-8, whatever the code page of the machine."""

from __future__ import annotations

import sys

import click


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
    from deepbench_fast.values.atomic import write_errors, write_whole

    with write_errors(output, exists):
        write_whole(output, _utf8(text), overwrite=overwrite)
    click.echo(f"{output}: written; {then}", err=True)


def check_output(output: str) -> None:
    """Raise what `print_or_write` would raise for a file that may be there already, before its text is made."""
    from deepbench_fast.values.atomic import check_place, write_errors

    if output != "-":
        with write_errors(output):
            check_place(output, overwrite=True)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
