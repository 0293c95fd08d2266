"""FITS: cubes, tables and units, read back by astropy.io.fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import QTable, vstack

from deepbench_fast import Recipe, generate, light_kind, parameter
from deepbench_fast.exports.fits import fits_unit
from deepbench_fast.exports.formats import export
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.registry import kind, kinds
from tests.exports.reading import check_table, rows_of_split, stored
from tests.recipes import mixed


def native(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values).astype(values.dtype.newbyteorder("=")).tobytes()


def plain(table: QTable) -> dict[str, np.ndarray]:
    """Columns without units, text as text."""
    table.convert_bytestring_to_unicode()
    return {name: getattr(table[name], "value", table[name]) for name in table.colnames}


def test_one_file(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "fits", "fits")
    with fits.open(tmp_path / "fits" / "samples-00000.fits") as file:
        file.verify("exception")
        assert [unit.name for unit in file] == ["IMAGES", "CLEAN", "SAMPLES", "TARGETS", "GALAXY", "STAR"]
        for unit, name in (("IMAGES", "images"), ("CLEAN", "clean")):
            assert native(file[unit].data) == stored(mixed_file, name).tobytes()
        assert file[0].header["NAXIS1"] == 20
        assert not any(key.startswith(("CRVAL", "CTYPE", "CDELT", "WCSAXES")) for key in file[0].header)
        targets = np.stack([file["TARGETS"].data[name] for name in file["TARGETS"].columns.names[1:]], axis=-1)
        assert native(targets) == stored(mixed_file, "targets").tobytes()


def test_tables_have_units_and_names(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "fits", "fits")
    stars = QTable.read(tmp_path / "fits" / "samples-00000.fits", hdu="STAR")
    assert stars["x"].unit == units.pix
    check_table(plain(stars), mixed_file, "objects/star", slice(None))
    samples = QTable.read(tmp_path / "fits" / "samples-00000.fits", hdu="SAMPLES")
    assert samples["psf_gaussian_sigma"].unit == units.pix
    check_table(plain(samples), mixed_file, "samples", slice(None))


def test_many_files(mixed_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepbench_fast.exports.fits.PART_BYTES", 1)
    export(mixed_file, tmp_path / "fits", "fits", split="train", count=1500)
    paths = sorted((tmp_path / "fits").glob("*.fits"))
    rows = rows_of_split(mixed_file, "train")[:1500]
    assert len(paths) > 2
    assert native(np.concatenate([fits.getdata(p) for p in paths])) == stored(mixed_file, "images")[rows].tobytes()
    galaxies = vstack([QTable.read(path, hdu="GALAXY") for path in paths])
    wanted = stored(mixed_file, "objects/galaxy")
    np.testing.assert_array_equal(galaxies["r_eff"].value, wanted["r_eff"][np.isin(wanted["sample"], rows)])


def test_masks_of_unsigned_numbers(tmp_path: Path) -> None:
    generate(mixed(samples=20, extras=["masks", "variance"]), tmp_path / "masks.h5")
    export(tmp_path / "masks.h5", tmp_path / "fits", "fits")
    with fits.open(tmp_path / "fits" / "samples-00000.fits") as file:
        np.testing.assert_array_equal(file["MASKS"].data, stored(tmp_path / "masks.h5", "masks"))
        assert native(file["VARIANCE"].data) == stored(tmp_path / "masks.h5", "variance").tobytes()


def test_series(series_file: Path, tmp_path: Path) -> None:
    export(series_file, tmp_path / "fits", "fits")
    path = tmp_path / "fits" / "samples-00000.fits"
    table = QTable.read(path, hdu="SERIES")
    assert (table["x"].unit, table["angle"].unit) == (units.m, units.rad)
    series = np.stack([table["x"].value, table["angle"].value], axis=-1)
    assert native(series) == stored(series_file, "series").tobytes()
    time = QTable.read(path, hdu="TIME")["time"]
    assert time.unit == units.s
    assert native(time.value) == stored(series_file, "time").tobytes()


def test_names_that_fits_cannot_hold(tmp_path: Path) -> None:
    generate(mixed(samples=3, name="é" * 100, seed="ü"), tmp_path / "odd.h5")
    export(tmp_path / "odd.h5", tmp_path / "fits", "fits")
    header = fits.getheader(tmp_path / "fits" / "samples-00000.fits")
    assert header["DATASET"] == "?" * 100
    assert header["SEED"] == "?"


def test_kinds_whose_names_are_the_same_in_capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})
    for own in ("Star", "samples"):

        @light_kind(own, parameters=[parameter("amplitude", default=2)])
        def light(dx: float, dy: float, row: Any) -> Any:
            return row.amplitude / (1.0 + dx * dx + dy * dy)

    catalogues = {"all": {"objects": ["star", "samples", "Star"]}}
    generate(Recipe(samples=3, image={"shape": [8, 8]}, catalogues=catalogues), tmp_path / "own.h5")
    export(tmp_path / "own.h5", tmp_path / "fits", "fits")
    with fits.open(tmp_path / "fits" / "samples-00000.fits") as file:
        file.verify("exception")
        found = {unit.header["KIND"]: unit for unit in file if "KIND" in unit.header}
        for name, number in (("star", 2), ("samples", 2), ("Star", 1)):
            assert file[name.upper(), number] is found[name]
            check_table(plain(QTable(found[name].data)), tmp_path / "own.h5", f"objects/{name}", slice(None))


@pytest.mark.parametrize("name", kinds())
def test_units_of_every_kind_mean_the_same(name: str) -> None:
    for one in kind(name).parameters:
        written = fits_unit(one.unit)
        assert (written is None) == (one.unit == "")
        if written is not None:
            assert units.Unit(written, format="fits") == units.Unit(one.unit)
