"""Columns of the user's tables, kept in the file as `/tables/<hash>`, so that it can be made again anywhere.

They are no part of the digest, which tells what was drawn; the recipe has the hash of each.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.recipe.table_files import tables_of
from deepbench_fast.store.anywhere import with_hdf5
from deepbench_fast.store.file_image import create_group
from deepbench_fast.store.hdf5 import readable
from deepbench_fast.store.location import AnyPath
from deepbench_fast.store.raw_file import Damaged
from deepbench_fast.store.structure import Structure
from deepbench_fast.values.user_tables import known_columns

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

GROUP = "tables"
_HASH = re.compile("[0-9a-f]{32}")


def columns_of(recipe: Recipe) -> dict[str, npt.NDArray[np.float64]]:
    """Hash → numbers of the columns that a recipe draws from."""
    return known_columns(table["hash"] for table in tables_of(recipe))


def write_columns(file: Any, recipe: Recipe) -> None:
    """Store the columns in a new HDF5 file; nothing where there are none."""
    columns = columns_of(recipe)
    if columns:
        create_group(file, GROUP)
    for name, values in columns.items():
        file.create_dataset(f"{GROUP}/{name}", data=values.astype("<f8"), track_times=False)


def stored_column(path: AnyPath, name: str) -> npt.NDArray[np.float64] | None:
    """The numbers of a column in a file; None where it has none of this hash."""
    if not _HASH.fullmatch(name):
        return None
    try:
        return with_hdf5(path, partial(_column, path, name))
    except (Damaged, FileError):
        return None


def _column(path: AnyPath, name: str, file: Any) -> npt.NDArray[np.float64] | None:
    with readable(path):
        part = Structure(file).dataset(f"{GROUP}/{name}")
        return part.item[:] if len(part.shape) == 1 and part.dtype == "<f8" else None
