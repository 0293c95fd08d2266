"""A file of kinds that aren't known here: what its recipe doesn't tell must have the form that any dataset has."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from deepbench_fast.errors import RecipeError
from deepbench_fast.store.header import Header
from deepbench_fast.store.raw_file import Damaged
from deepbench_fast.values import checks

if TYPE_CHECKING:
    import numpy as np

    from deepbench_fast.store.header import Header

FIRST = {
    "samples": {"catalogue": "<i4", "split": "<i4", "member": "<i8"},
    "objects": dict.fromkeys(("sample", "entry", "slot"), "<i8"),
}
COLUMN_BYTES = 8
MOST_AXES = 3  # of a sample
MOST_OF_A_NAME = 200


def check_unknown(header: Header) -> None:
    """Raise Damaged unless tables begin with the columns that all have, others have 8 bytes, and names are names."""
    try:
        for kind in header.kinds:
            checks.name(kind)
        for name in () if header.shards is not None else header.tables:
            _check_table(name, header)
    except RecipeError as error:
        raise Damaged(f"a name in it is none: {error}") from None
    for name in header.arrays:
        _check_array(name, header)


def _check_table(name: str, header: Header) -> None:
    shape, dtype = header.types[name]
    first = FIRST[name.partition("/")[0]]
    columns = dtype.names or ()
    found = {column: dtype[column].str for column in columns[: len(first)]}
    rest = columns[len(first) :]
    if shape or found != first or any(not _is_number(dtype[c]) or dtype[c].itemsize != COLUMN_BYTES for c in rest):
        raise Damaged(f"/{name} has other columns")
    if dtype.itemsize != sum(dtype[column].itemsize for column in columns):
        raise Damaged(f"/{name} has gaps between its columns")
    labelled = ("catalogue", "split") if name == "samples" else ("entry",)
    labels = header.labels[name]
    if tuple(labels) != labelled or any(list(own.values()) != list(range(len(own))) for own in labels.values()):
        raise Damaged(f"/{name} has other labels")
    for label in chain.from_iterable(labels.values()):
        for part in label.split("/"):
            checks.name(part)
    _check_words(name, header.described[name]["units"], len(columns))


def _check_array(name: str, header: Header) -> None:
    shape, dtype = header.types[name]
    if not _is_number(dtype) or not 1 <= len(shape) <= MOST_AXES:
        raise Damaged(f"/{name} has another type")
    for key, words in header.described[name].items():
        _check_words(f"{name}: {key}", words, shape[-1])


def _check_words(where: str, words: Any, count: int) -> None:
    """Raise Damaged unless there are so many words that can be shown."""
    good = isinstance(words, list) and len(words) == count
    if not good or not all(isinstance(w, str) and w.isprintable() and len(w) <= MOST_OF_A_NAME for w in words):
        raise Damaged(f"/{where} is not described")


def _is_number(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "fiu" and dtype.itemsize <= COLUMN_BYTES
