"""A dataset's recipe with the tables that it draws from, in a folder: to be run again anywhere."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.recipe.load import read_text
from deepbench_fast.recipe.table_files import tables_in
from deepbench_fast.recipe.write import to_yaml
from deepbench_fast.store.stored import open_header
from deepbench_fast.store.user_columns import stored_column
from deepbench_fast.values.atomic import write_whole
from deepbench_fast.values.file_names import relative_name
from deepbench_fast.values.user_tables import HDF5_NAMES

RECIPE = "recipe.yaml"
FOLDER = "tables"
CSV_NAMES = (".csv", ".txt", ".dat", ".tsv")

Columns = dict[tuple[str, str], npt.NDArray[np.float64]]
"""The columns of a file by dataset ("" of a CSV) and name."""


def write_bundle(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> list[Path]:
    """Write the recipe in the dataset `path`, and the columns in it as the files that the recipe names, into a new or
    empty folder; what was written, the recipe first.

    The recipe is as it is, but for files that it names outside of its own folder: these come into `tables`. Raises
    FileError where the folder has something in it, can't be written, or the dataset lacks a column.
    """
    text = open_header(path).recipe_text
    data: Any = read_text(text).data
    files: dict[str, Columns] = {}
    names: dict[str, str] = {}
    for table in tables_in(data):
        name = names.setdefault(table["file"], _name(table["file"], names))
        values = stored_column(path, table["hash"])
        if values is None:
            raise FileError(f"{path}: has no numbers of {table['column']} of {table['file']}")
        files.setdefault(name, {})[table.get("dataset", ""), table["column"]] = values
        table["file"] = name
    moved = any(old != new for old, new in names.items())
    written = {RECIPE: (to_yaml(data) if moved else text).encode()}
    written |= {name: (_hdf5 if _is_hdf5(name) else _csv)(columns) for name, columns in files.items()}
    return _write_all(Path(folder), written)


def _write_all(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a new or empty folder, the first one last."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise FileError(f"{folder}: has something in it; a bundle needs a folder of its own")
        for name, content in reversed(list(files.items())):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, content)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{folder}: can't be written: {error.strerror or error}") from None
    return [folder / name for name in files]


def _name(file: str, taken: Mapping[str, str]) -> str:
    """What a file is called in the bundle: as in the recipe, where that lies beside it and is a table's name."""
    given = PurePosixPath(file.replace(os.sep, "/"))
    suffix = given.suffix.lower()
    hidden = any(part.startswith(".") for part in given.parts)
    if suffix in (*CSV_NAMES, *HDF5_NAMES) and not hidden and given.parts[0] != FOLDER:
        with suppress(FileError):
            return relative_name(file)
    stem, number = given.stem.strip(". ") or "table", len(taken) + 1
    return f"{FOLDER}/{number}-{stem}{'.h5' if suffix in HDF5_NAMES else '.csv'}"


def _is_hdf5(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in HDF5_NAMES


def _csv(columns: Columns) -> bytes:
    """Names, then rows whose digits give the numbers back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name for _, name in columns])
    writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))
    return text.getvalue().encode()


def _hdf5(columns: Columns) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for (dataset, name), values in columns.items():
            file.create_dataset(f"{dataset}/{name}", data=values, track_times=False)
    return buffer.getvalue()
