"""NumPy: one memory-mappable `.npy` for each array, labels as numbers, tables as CSV beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter, PictureOptions
from deepbench_fast.exports.source import Block, Source
from deepbench_fast.exports.tables import ONE_ROW, tables, write_csv
from deepbench_fast.store.format import bytes_of

LABELS, TIME = "labels", "time"


class NpyExporter(Exporter):
    """`images.npy` or `series.npy` and `time.npy`; `labels.npy`, `targets.npy`; what the recipe's extras asked for.

    With noise on targets also `targets_true.npy` and `targets_sigma.npy`.
    """

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        self.tables = [table for table in tables(source) if table.name not in ONE_ROW]

    @property
    def passes(self) -> int:
        return len(self.source.arrays) + 1 + len(self.tables)

    def write(self, directory: Directory, advance: Advance) -> None:
        arrays = {**self.source.arrays, LABELS: ((), np.dtype("<i8"))}
        for name, (shape, dtype) in arrays.items():
            if directory.has(f"{name}.npy"):
                advance(self.source.stop)
            else:
                self._write(directory, name, shape, dtype.newbyteorder("<"), advance)
        if self.source.is_series and not directory.has(f"{TIME}.npy"):
            with directory.new(f"{TIME}.npy") as path, open(path, "wb") as file:
                np.save(file, self.source.time)
        write_csv(self.source, self.tables, directory, advance)

    def _write(
        self, directory: Directory, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], advance: Advance
    ) -> None:
        header = {"descr": dtype.str, "fortran_order": False, "shape": (self.source.samples, *shape)}
        with directory.new(f"{name}.npy") as path, open(path, "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for block in self.source.blocks():
                file.write(bytes_of(_rows(block, name).astype(dtype, copy=False)))
                advance(block.rows)


def _rows(block: Block, name: str) -> npt.NDArray[Any]:
    return block.samples["catalogue"] if name == LABELS else block.array(name)
