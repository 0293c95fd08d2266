"""Errors that a user can act on: one line each, with the exit status of the command that meets them."""

from __future__ import annotations

MOST_CHARACTERS = 500

ESCAPED_BYTES = frozenset(map(chr, range(0xDCA0, 0xDD00)))
"""What bytes of file names become that no character stands for."""


class DeepbenchFastError(Exception):
    """Base of every error that the package raises on purpose; its text is one line of at most 500 characters."""

    exit_status = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class UsageError(DeepbenchFastError, ValueError):
    """What was asked for can't be done as asked: a wrong option, name, range or recipe."""

    exit_status = 2


class RecipeError(UsageError):
    """A recipe, or a value set from outside, is not valid.

    `key` is the dotted address of the offending key; `source` and `line` say where it stands, if it stands in a file.
    """

    def __init__(self, problem: str, *, key: str = "", source: str | None = None, line: int | None = None) -> None:
        self.problem, self.key, self.source, self.line = problem, key, source, line
        where = "" if source is None else f"{source}:{line}: " if line is not None else f"{source}: "
        super().__init__(where + (f"{key}: " if key else "") + problem)


class FileError(DeepbenchFastError, OSError):
    """A file is missing, incomplete, of another schema, in use, or there is no room for it."""


class InUseError(FileError):
    """Another process is filling the file."""


class MismatchError(DeepbenchFastError):
    """Data differ from what they should be: a digest, a regenerated sample, a recipe that is resumed."""


class AccuracyWarning(UserWarning):
    """Data were made as asked, but some of them are less accurate than they look."""


class DigestWarning(UserWarning):
    """Data of a published recipe were made, and they aren't the published ones."""


class LockWarning(UserWarning):
    """A file system has no locks, so nothing keeps two processes from filling one file."""


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, which a terminal shows as it is; of a long one beginning and end, with … for the rest.

    Bytes of names that are no UTF-8 stay, but for those that control a terminal.
    """
    line = " ".join(text.split())
    if len(line) > most:
        end = most // 3
        line = f"{line[: most - end - 1]}…{line[-end:]}"
    if not line.isprintable():
        line = "".join(c if c.isprintable() or c in ESCAPED_BYTES else "\N{REPLACEMENT CHARACTER}" for c in line)
    return line
