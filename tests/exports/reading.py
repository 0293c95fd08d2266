"""Reading a dataset without the package, for comparison."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt


def stored(path: Path, name: str) -> Any:
    """An array or table of a dataset's file."""
    with h5py.File(path) as file:
        return file[name][:]


def label_names(path: Path, table: str, column: str) -> dict[int, str]:
    """Label of each number in a column."""
    with h5py.File(path) as file:
        return {number: name for name, number in h5py.check_enum_dtype(file[table].dtype[column]).items()}


def rows_of_split(path: Path, split: str) -> npt.NDArray[np.int64]:
    names = label_names(path, "samples", "split")
    return np.flatnonzero([names[number] == split for number in stored(path, "samples")["split"].tolist()])


def read_csv(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file as text."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: [row[k] for row in rows] for k, name in enumerate(header)}


def manifest(directory: Path) -> Any:
    return json.loads((directory / "export.json").read_text(encoding="utf-8"))


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def check_table(columns: dict[str, Any], path: Path, table: str, rows: npt.NDArray[Any]) -> None:
    """Check columns (numbers or text) against the rows of a dataset's table, to the bit, labels by name."""
    wanted = stored(path, table)[rows]
    for name in wanted.dtype.names:
        if h5py.check_enum_dtype(wanted.dtype[name]) is not None or name in ("catalogue", "split", "entry"):
            names = label_names(path, table, name)
            assert list(columns[name]) == [names[number] for number in wanted[name].tolist()], name
        else:
            values = np.array([float(value) for value in columns[name]])
            assert values.astype(wanted.dtype[name]).tobytes() == wanted[name].tobytes(), name
