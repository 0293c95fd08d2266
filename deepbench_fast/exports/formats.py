"""`export`: a dataset in another format, streamed into a directory that can be resumed."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Protocol

from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Exporter, PictureOptions
from deepbench_fast.exports.source import Source
from deepbench_fast.store.location import local_path
from deepbench_fast.values import checks
from deepbench_fast.values.file_names import check_distinct

FORMATS = {
    "npy": ("npy", "NpyExporter"),
    "png": ("pictures", "PictureExporter"),
    "jpeg": ("pictures", "JpegExporter"),
    "fits": ("fits", "FitsExporter"),
    "csv": ("tables", "CsvExporter"),
    "parquet": ("parquet", "ParquetExporter"),
}
"""Format → its module in this package, and the class that writes it."""

MOST = 2**63 - 1


class Progress(Protocol):
    """Is told how far it is, in rows of the dataset, each counted once for each file that it goes to."""

    def start(self, total: int, done: int) -> None: ...

    def advance(self, number: int) -> None: ...


@dataclass(frozen=True)
class Exported:
    """What `export` did: samples selected, files written now, files that were there, how values became grey levels;
    and warnings, of classes that a split has no sample of and of names that readers refuse."""

    directory: str
    format: str
    samples: int
    written: int
    kept: int
    settings: dict[str, Any]
    warnings: list[str]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `export --json` prints it."""
        return asdict(self)


def export(
    path: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    format: str,
    *,
    split: str | None = None,
    count: int | None = None,
    low: float | None = None,
    high: float | None = None,
    stretch: str | None = None,
    stretch_a: float | None = None,
    bits: int | None = None,
    quality: int | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the dataset at `path` (a finished file, a shard, an index over shards) into `directory` in another format.

    `format` is one of npy, png, jpeg, fits, csv, parquet; the modules of this package say what each writes. `split` and
    `count` select the samples of a split and the first ones. For pictures are `low`, `high` (values that become black
    and white), `stretch`, `bits` (8 or 16; JPEG has 8) and `quality` (JPEG, 1 to 100). The directory is made if it
    isn't there; finished files in it are kept, so the same call goes on where an earlier one stopped.

    A grey level is y (2^bits - 1), rounded, with x = (value - low) / (high - low) from 0 to 1 and, by `stretch`, y = x
    (linear), sqrt(x), log(a x + 1) / log(a + 1) (log) or asinh(x / a) / asinh(1 / a) (asinh); `stretch_a` is a. Shapes
    alone are linear by default, else it is asinh with a of 4 standard deviations of the noise, at least 0.01. Row 0 of
    an image is the top row of its picture.

    Raises FileError where `path` can't be read or is unfinished, or the directory holds something else or is in use;
    MismatchError where it holds an export of another dataset, selection or settings; UsageError for wrong values.
    """
    with checks.within("format"):
        format = checks.known(format, FORMATS, "format")
    count = None if count is None else checks.whole_argument("count", count, 1, MOST)
    options = PictureOptions(low, high, stretch, stretch_a, bits, quality)
    source = Source(path, split, count)
    try:
        exporter = _exporter(format)(source, format, options)
        same = {"format": format, **_selection(source, split), **exporter.settings, **_names(source)}
        target = Directory(local_path(directory), same, _origin(source))
        try:
            check_distinct((*source.splits, *source.kinds), target.path)
            if progress is not None:
                progress.start(exporter.passes * source.stop, 0)
            exporter.write(target, (lambda rows: None) if progress is None else progress.advance)
            target.finish()
        finally:
            target.close()
        made, there = target.written, target.kept
        return Exported(os.fspath(directory), format, source.samples, made, there, exporter.settings, exporter.warnings)
    finally:
        source.close()


def _exporter(format: str) -> type[Exporter]:
    module, name = FORMATS[format]
    found: type[Exporter] = getattr(import_module(f"deepbench_fast.exports.{module}"), name)
    return found


def _selection(source: Source, split: str | None) -> dict[str, Any]:
    """Which samples an export has."""
    return {"digest": source.summary.digest, "split": split, "samples": source.samples}


def _names(source: Source) -> dict[str, Any]:
    """What stands in the files or explains them, and a digest doesn't tell: names by label, columns of targets, outputs
    and information, units."""
    summary = source.summary
    tables = ["samples", *(f"objects/{kind}" for kind in source.kinds)]
    units = {table: {column: unit for column, unit in source.units(table).items() if unit} for table in tables}
    names = {
        "name": summary.name,
        "seed": summary.seed,
        "first": summary.first,
        "total": summary.total,
        "catalogues": source.catalogues,
        "splits": source.splits,
        "targets": source.targets,
        "units": units,
    }
    if source.information:
        names["information"] = source.information
    if source.is_series:
        names |= {"outputs": source.outputs, "time_unit": source.time_unit}
    return names


def _origin(source: Source) -> dict[str, Any]:
    """Where the dataset is from."""
    return {"recipe_hash": source.summary.recipe_hash, "software": source.summary.software}
