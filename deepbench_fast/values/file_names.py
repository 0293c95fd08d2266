"""Names that become names of files: catalogues, splits, kinds, parts of an index, rungs of a ladder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.values import checks

MOST_BYTES = 255

_SEPARATORS = re.compile(r"[/\\]")
_RESERVED = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def check_path(path: object, what: str) -> None:
    """Raise UsageError where it is neither a Path nor a text that can name a file; `what` says what it should name."""
    if not isinstance(path, (str, os.PathLike)) or path == "" or "\0" in str(path):
        raise UsageError(f"{what} is named by a text or a Path, not {checks.quote(path)}")


def file_name(name: str, *, portable: bool = True) -> str:
    """`name`, if it names one file in a folder: on every system where it shall be `portable`, else on this one.

    Raises FileError where it is empty, "." or "..", has more than 255 bytes, a separator or a control character; of
    portable names also where it ends in a dot or a space, has a character that Windows reserves, or is a device there.
    """
    size = len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))
    wrong = not 0 < size <= MOST_BYTES or name in (".", "..") or not name.isprintable() or _SEPARATORS.search(name)
    if wrong or ((portable or os.name == "nt") and _is_reserved(name)):
        raise FileError(f"{checks.quote(name)} can't be the name of a file")
    return name


def _is_reserved(name: str) -> bool:
    return name[-1] in ". " or bool(_RESERVED.search(name) or _DEVICE.fullmatch(name))


def relative_name(name: str) -> str:
    """A name with "/" between parts of which each names a file; raises FileError as `file_name` does."""
    for part in name.split("/"):
        file_name(part)
    return name


def check_distinct(names: Iterable[str], folder: Path) -> None:
    """Raise FileError where two names differ in the case of letters alone, and the folder doesn't tell case apart."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name and folds_case(folder):
            raise FileError(f"{folder} can't hold both {checks.quote(other)} and {checks.quote(name)}: it folds case")


def folds_case(folder: Path) -> bool:
    """Whether names in an existing folder mean the same in other case."""
    name = folder.resolve().name
    swapped = name.swapcase()
    if swapped == name:
        return False
    try:
        return folder.resolve().with_name(swapped).samefile(folder)
    except OSError:
        return False
