"""FITS: files of about 64 MB with an image cube and binary tables each, readable by every astronomical tool.

`samples-00000.fits`, `samples-00001.fits`, ... hold runs of samples. The primary array is the cube of images (NAXIS3 =
samples; the first row of an image is its lowest, as FITS has it and as our figures show it). The extensions are
the extras as cubes of the same shape, and binary tables SAMPLES, TARGETS (with noise on these also TARGETS_TRUE and
TARGETS_SIGMA), CRLB where the recipe asks for it, and one for each kind of object, with labels as text and units as
TUNITn. These are called by the kind in capitals, its name is KIND; where another part has that name, EXTVER is 2, 3,
... There is no WCS: coordinates are pixels. Series are a table SERIES, with the vector of all steps in one cell, and a
table TIME. FISHER is a cube of matrices, whose keys PARAM1, PARAM2, ... name the parameters.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter
from deepbench_fast.exports.source import Block
from deepbench_fast.exports.tables import ONE_ROW, TargetTable, tables, with_names
from deepbench_fast.recipe.extras import FISHER

PART_BYTES = 2**26
DIGITS = 5


class FitsExporter(Exporter):
    """`samples-<part>.fits`."""

    @property
    def passes(self) -> int:
        return 1

    def write(self, directory: Directory, advance: Advance) -> None:
        for number, (first, stop) in enumerate(self.source.parts(PART_BYTES)):
            block = Block(self.source, first, stop)
            name = f"samples-{number:0{DIGITS}d}.fits"
            if not directory.has(name):
                with directory.new(name) as path:
                    _units(block).writeto(path, overwrite=True)
            advance(block.rows)


def _units(block: Block) -> Any:
    """Header-data units of one file."""
    from astropy.io import fits

    source = block.source
    data = {name: block.array(name) for name in source.arrays if name not in ONE_ROW}
    primary = fits.PrimaryHDU(None if source.is_series else data.pop("images"))
    _describe(primary.header, block)
    units = [primary]
    if source.is_series:
        units += [_series(name, series, block) for name, series in data.items()]
        units.append(_table("TIME", {"time": source.time_unit}, [source.time]))
    else:
        primary.name = "IMAGES"
        units += [fits.ImageHDU(cube, name=name.upper()) for name, cube in data.items()]
    samples = with_names(block.samples, source.labels("samples"))
    units.append(_table("SAMPLES", {"sample": "", **source.units("samples")}, [block.numbers, *samples]))
    for one in tables(source):
        if isinstance(one, TargetTable):
            units.append(_table(one.name.upper(), one.units, one.columns(block)))
    if FISHER in source.arrays:
        named = {f"PARAM{number}": _ascii(name) for number, name in enumerate(source.information, 1)}
        units.append(fits.ImageHDU(block.array(FISHER), fits.Header(named), FISHER.upper()))
    for kind in source.kinds:
        name = f"objects/{kind}"
        rows = with_names(block.objects(kind), source.labels(name))
        units.append(_table(kind.upper(), source.units(name), rows))
        units[-1].header["KIND"] = (_ascii(kind), "kind of the objects")
    _number_versions(units)
    return fits.HDUList(units)


def _number_versions(units: list[Any]) -> None:
    """Tell apart by their versions what has the same name: FITS writes those of kinds in capitals."""
    seen: dict[str, int] = {}
    for unit in units:
        seen[unit.name] = seen.get(unit.name, 0) + 1
        if seen[unit.name] > 1:
            unit.ver = seen[unit.name]


def _series(name: str, series: npt.NDArray[np.float64], block: Block) -> Any:
    """A table with a column for each output."""
    units = {"sample": "", **block.source.outputs}
    return _table(name.upper(), units, [block.numbers, *np.moveaxis(series, -1, 0)])


def _describe(header: Any, block: Block) -> None:
    summary = block.source.summary
    header["DATASET"] = (_ascii(summary.name), "name of the dataset")
    header["SEED"] = (_ascii(summary.seed), "seed of its random numbers")
    header["DIGEST"] = (summary.digest, "digest of its data")
    header["SOFTWARE"] = (_ascii(summary.software), "what made it")
    header["TOTAL"] = (summary.total, "samples in the whole dataset")
    if block.numbers.size:
        header["FIRSTNUM"] = (int(block.numbers[0]), "number of the first sample here, from 0")


def _ascii(value: object) -> str:
    return str(value).encode("ascii", "replace").decode()


def _table(name: str, units: dict[str, str], columns: list[npt.NDArray[Any]]) -> Any:
    """A binary table; `units` has its columns in order."""
    from astropy.io import fits

    built = []
    for (column, unit), values in zip(units.items(), columns, strict=True):
        if values.dtype.kind == "U":
            values = np.char.encode(values, "ascii")
        built.append(fits.Column(column, _format(values), unit=fits_unit(unit), array=values))
    return fits.BinTableHDU.from_columns(built, name=name)


def _format(values: npt.NDArray[Any]) -> str:
    if values.dtype.kind == "S":
        return f"{max(1, values.dtype.itemsize)}A"
    repeat = "" if values.ndim == 1 else str(values.shape[1])
    return repeat + {"f8": "D", "f4": "E", "i8": "K", "i4": "J"}[values.dtype.str[1:]]


def fits_unit(unit: str) -> str | None:
    """A unit as FITS writes it; as it is where FITS has no such unit."""
    if not unit:
        return None
    from astropy import units

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(units.Unit(unit).to_string("fits"))
    except ValueError:
        return unit
