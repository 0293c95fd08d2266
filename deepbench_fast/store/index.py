"""Opens what is stored: a file or an index over parts, on this machine or at a URL."""

from __future__ import annotations

from deepbench_fast.store.location import AnyPath, Url, located
from deepbench_fast.store.stored import Stored, StoredFile
from deepbench_fast.store.stored_index import PROGRAM, StoredIndex, open_file

__all__ = ["PROGRAM", "open_stored"]


def open_stored(path: AnyPath, *, missing: bool = False) -> Stored:
    """Open a file, or an index over parts. Raises FileError where one can't be read or isn't what it says; where parts
    may be `missing`, only when these are read.

    At a URL parts are looked at when they are read.
    """
    place = located(path)
    if isinstance(place, Url):
        from deepbench_fast.store.remote.index import open_remote

        return open_remote(place, missing=missing)
    assert not isinstance(path, Url)
    found = open_file(path)
    return found if isinstance(found, StoredFile) else StoredIndex(path, found, missing=missing)
