"""Parquet: shards of samples that pyarrow, pandas and Hugging Face's `datasets` load, tables of objects beside.

`data/<split>-00000-of-00007.parquet` has one row a sample: its number, the image as a list of lists of fixed sizes (the
shape is part of the type and stands in the field's metadata), extras likewise, `label` (a class for `datasets`), the
columns of the table of samples, and `target`, a list of fixed size (with noise on targets also `target_true` and
`target_sigma`), `fisher` and `crlb` where the recipe asks for them. `objects/<kind>.parquet` has one row an object,
`time.parquet` the times of series. Units stand in the fields' metadata. A dataset without splits is called `train`, as
`datasets` calls it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter, PictureOptions
from deepbench_fast.exports.source import Block, Source
from deepbench_fast.exports.tables import ONE_ROW, with_names
from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.render.batch import singular
from deepbench_fast.values.optional import not_loaded

PART_BYTES = 2**28
COMPRESSION = "snappy"
TIME = "time.parquet"
ONLY_SPLIT = "train"
SPLIT, ALL = re.compile(r"\w+(\.\w+)*"), "all"
"""Names of splits that `datasets` takes, and one that it keeps for itself."""


class ParquetExporter(Exporter):
    """`data/<split>-<part>-of-<parts>.parquet` and `objects/<kind>.parquet`."""

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise not_loaded(error, "parquet", "pyarrow") from None
        chosen = source.splits if source.split is None else (source.splits[source.split],)
        refused = [name for name in chosen if name == ALL or not SPLIT.fullmatch(name)] if source.has_splits else []
        if refused:
            named = ", ".join(refused)
            self.warnings.append(f"load_dataset of Hugging Face's datasets takes no split {named}; other readers do")

    @property
    def passes(self) -> int:
        return 1 + len(self.source.kinds)

    def write(self, directory: Directory, advance: Advance) -> None:
        for (first, stop), names in _shards(self.source).items():
            wanted = {split: name for split, name in names.items() if not directory.has(name)}
            if wanted:
                self._write_samples(directory, wanted, first, stop)
            advance(Block(self.source, first, stop).rows)
        if self.source.is_series and not directory.has(TIME):
            times = _table([_column("time", self.source.time, unit=self.source.time_unit)])
            with _writer(directory, TIME, times.schema) as writer:
                writer.write_table(times)
        for kind in self.source.kinds:
            name = f"objects/{kind}.parquet"
            if directory.has(name):
                advance(self.source.stop)
            else:
                self._write_objects(directory, name, kind, advance)

    def _write_samples(self, directory: Directory, names: dict[int, str], first: int, stop: int) -> None:
        """The shards that a run of chunks gives, one for each split."""
        with ExitStack() as stack:
            writers: dict[int, Any] = {}
            for block in self.source.blocks(first, stop):
                rows = _samples(block)
                for split, name in names.items():
                    chosen = rows.filter(np.equal(block.samples["split"], split))
                    if split not in writers:
                        writers[split] = stack.enter_context(_writer(directory, name, rows.schema))
                    if len(chosen):
                        writers[split].write_table(chosen, row_group_size=len(chosen))

    def _write_objects(self, directory: Directory, name: str, kind: str, advance: Advance) -> None:
        table = f"objects/{kind}"
        empty = _table(_columns(self.source, table, self.source.stored.read(table, 0, 0)))
        with _writer(directory, name, empty.schema) as writer:
            for block in self.source.blocks():
                rows = block.objects(kind)
                if rows.size:
                    writer.write_table(_table(_columns(self.source, table, rows)))
                advance(block.rows)


def _shards(source: Source) -> dict[tuple[int, int], dict[int, str]]:
    """Run of chunks → split → name of the shard of its samples there; none is empty."""
    splits = source.splits if source.has_splits else (ONLY_SPLIT,)
    shards: dict[tuple[int, int], dict[int, str]] = {run: {} for run in source.parts(PART_BYTES)}
    for number, split in enumerate(splits):
        runs = [run for run in shards if source.split_counts[run[0] : run[1], number].any()]
        for part, run in enumerate(runs):
            shards[run][number] = f"data/{split}-{part:05d}-of-{len(runs):05d}.parquet"
    return shards


@contextmanager
def _writer(directory: Directory, name: str, schema: Any) -> Iterator[Any]:
    from pyarrow.parquet import ParquetWriter

    text = [field.name for field in schema if str(field.type) == "string"]
    with (
        directory.new(name) as path,
        ParquetWriter(path, schema, compression=COMPRESSION, use_dictionary=text) as writer,
    ):
        yield writer


def _samples(block: Block) -> Any:
    """One row a sample as an Arrow table, its labels described for `datasets`."""
    source = block.source
    columns = [_column("sample", block.numbers)]
    for name in source.arrays:
        if name not in ONE_ROW:
            about = {"outputs": json.dumps(source.outputs)} if source.is_series else {}
            columns.append(_column(singular(name), block.array(name), **about))
    columns.append(_column("label", block.samples["catalogue"].astype(np.int64)))
    columns += _columns(source, "samples", block.samples)
    for name in source.target_arrays:
        columns.append(_column(singular(name), block.array(name), names=json.dumps(source.targets)))
    for name in INFORMATION:
        if name in source.arrays:
            columns.append(_column(name, block.array(name), names=json.dumps(source.information)))
    classes = {"label": {"names": list(source.catalogues), "_type": "ClassLabel"}}
    return _table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": classes}})})


def _columns(source: Source, table: str, rows: npt.NDArray[Any]) -> list[tuple[Any, Any]]:
    """The columns of one of the file's tables."""
    named = zip(source.units(table).items(), with_names(rows, source.labels(table)), strict=True)
    return [_column(name, values, unit=unit) for (name, unit), values in named]


def _column(name: str, values: npt.NDArray[Any], **about: str) -> tuple[Any, Any]:
    """An Arrow field with its unit, shape and what else is said about it, and its values."""
    import pyarrow

    if values.ndim > 1:
        about["shape"] = json.dumps(values.shape[1:])
    array = fixed_size_lists(values)
    return pyarrow.field(name, array.type, metadata={k: v for k, v in about.items() if v} or None), array


def _table(columns: list[tuple[Any, Any]]) -> Any:
    import pyarrow

    fields, arrays = zip(*columns, strict=True)
    return pyarrow.table(list(arrays), schema=pyarrow.schema(fields))


def fixed_size_lists(values: npt.NDArray[Any]) -> Any:
    """An Arrow array of numbers or text; of lists of lists of fixed sizes where it has more than one axis."""
    import pyarrow

    array = pyarrow.array(np.ascontiguousarray(values).reshape(-1))
    for size in values.shape[:0:-1]:
        array = pyarrow.FixedSizeListArray.from_arrays(array, size)
    return array
