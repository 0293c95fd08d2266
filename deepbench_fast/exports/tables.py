"""CSV: the tables of samples, targets and objects, and the rows of series, with a header line of column names.

Numbers are written in the shortest form that reads back to the same bits, labels by name. Units stand in the manifest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter, PictureOptions
from deepbench_fast.exports.source import Block, Source
from deepbench_fast.recipe.extras import CRLB, FISHER, INFORMATION
from deepbench_fast.render.batch import TARGETS

ONE_ROW = (*TARGETS, *INFORMATION)
"""Arrays that tables hold in one row a sample, named column by column."""


@dataclass(frozen=True)
class Table:
    """One table of a dataset, cut into blocks: `units` has its columns in order; `name` is that of its file."""

    name: str
    units: dict[str, str]

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        """The block's rows, column by column, labels by name."""
        raise NotImplementedError


class SampleTable(Table):
    """Number, labels, levels of noise and PSF of each sample."""

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        return [block.numbers, *with_names(block.samples, block.source.labels("samples"))]


class TargetTable(Table):
    """Number and targets of each sample, or their true values, or the levels of their noise; or its bounds."""

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        return [block.numbers, *block.array(self.name).T]


class FisherTable(Table):
    """Number and Fisher information of each sample: what stands on the diagonal and below it, row by row."""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> Self:
        """The table for parameters with these units; "a*b" is the column of a and b."""
        names = list(parameters)
        below = {
            f"{a}*{b}": " ".join(f"({unit})^-1" for unit in (parameters[a], parameters[b]) if unit)
            for number, a in enumerate(names)
            for b in names[: number + 1]
        }
        return cls(FISHER, {"sample": "", **below})

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        values = block.array(self.name)
        rows, columns = np.tril_indices(values.shape[1])
        return [block.numbers, *values[:, rows, columns].T]


class ObjectTable(Table):
    """Every object of a kind."""

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        kind = self.name.removeprefix("objects-")
        return with_names(block.objects(kind), block.source.labels(f"objects/{kind}"))


class SeriesTable(Table):
    """One row for each step of each series, or of its noise-free twin: number of the sample, time, outputs."""

    def columns(self, block: Block) -> list[npt.NDArray[Any]]:
        series, times = block.array(self.name), block.source.time
        rows = series.reshape(-1, series.shape[-1])
        return [np.repeat(block.numbers, times.size), np.tile(times, len(series)), *rows.T]


def tables(source: Source) -> list[Table]:
    """The tables that go beside arrays and pictures."""
    return [
        SampleTable("samples", {"sample": "", **source.units("samples")}),
        *(TargetTable(name, {"sample": "", **source.targets}) for name in source.target_arrays),
        *([FisherTable.of(source.information)] if FISHER in source.arrays else []),
        *([TargetTable(CRLB, {"sample": "", **source.information})] if CRLB in source.arrays else []),
        *(ObjectTable(f"objects-{kind}", source.units(f"objects/{kind}")) for kind in source.kinds),
    ]


def with_names(rows: npt.NDArray[Any], labels: dict[str, dict[str, int]]) -> list[npt.NDArray[Any]]:
    """The columns of a table, with names instead of the numbers of labels."""
    names = {column: np.array(list(numbers)) for column, numbers in labels.items()}
    return [
        names[column][rows[column]] if column in names else np.ascontiguousarray(rows[column])
        for column in rows.dtype.names or ()
    ]


class CsvExporter(Exporter):
    """`samples.csv`, `targets.csv`, `objects-<kind>.csv`; of series also `series.csv` and `clean.csv`.

    With noise on targets also `targets_true.csv` and `targets_sigma.csv`; where the recipe asks for them, `fisher.csv`
    (on and below the diagonal, `a*b` for parameters a and b) and `crlb.csv`.
    """

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        self.tables = tables(source)
        if source.is_series:
            units = {"sample": "", "time": source.time_unit, **source.outputs}
            self.tables += [SeriesTable(name, units) for name in source.arrays if name not in ONE_ROW]

    @property
    def passes(self) -> int:
        return len(self.tables)

    def write(self, directory: Directory, advance: Advance) -> None:
        write_csv(self.source, self.tables, directory, advance)


def write_csv(source: Source, tables: Iterable[Table], directory: Directory, advance: Advance) -> None:
    """Write each table that isn't there yet to a file of its name."""
    for table in tables:
        name = f"{table.name}.csv"
        if directory.has(name):
            advance(source.stop)
            continue
        with directory.new(name) as path, open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.units)
            for block in source.blocks():
                writer.writerows(_rows(table.columns(block)))
                advance(block.rows)


def _rows(columns: list[npt.NDArray[Any]], at_once: int = 2**14) -> Iterator[tuple[Any, ...]]:
    """Rows of Python numbers: some at a time, since they take several times the columns' memory."""
    for start in range(0, len(columns[0]), at_once):
        yield from zip(*(column[start : start + at_once].tolist() for column in columns), strict=True)
