"""CSV: what the csv module and astropy read back, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from deepbench_fast.exports.formats import export
from tests.exports.reading import check_table, manifest, read_csv, stored


def test_tables_to_the_bit(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "csv", "csv")
    names = {path.name for path in (tmp_path / "csv").iterdir()}
    assert names == {"export.json", "samples.csv", "targets.csv", "objects-star.csv", "objects-galaxy.csv"}
    for table in ("samples", "objects/star", "objects/galaxy"):
        columns = read_csv(tmp_path / "csv" / f"{table.replace('/', '-')}.csv")
        check_table(columns, mixed_file, table, slice(None))
    targets = read_csv(tmp_path / "csv" / "targets.csv")
    assert list(targets) == ["sample", "catalogue", "count.star", "count.galaxy", "bright.amplitude", "brightness"]
    values = np.array(list(targets.values())[1:], np.float64).T
    assert np.ascontiguousarray(values).tobytes() == stored(mixed_file, "targets").tobytes()


def test_astropy_reads_the_same_types(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "csv", "csv")
    stars = Table.read(tmp_path / "csv" / "objects-star.csv", format="ascii.csv")
    wanted = stored(mixed_file, "objects/star")
    assert stars["sample"].dtype == np.int64
    np.testing.assert_array_equal(np.asarray(stars["amplitude"]), wanted["amplitude"])


def test_manifest_has_units_and_labels(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "csv", "csv", split="test")
    said = manifest(tmp_path / "csv")
    assert said["complete"] is True
    assert said["split"] == "test"
    assert said["samples"] == 600
    assert said["catalogues"] == ["stars", "fields"]
    assert said["units"]["objects/star"] == {"x": "pix", "y": "pix", "gamma": "pix"}
    assert list(said["targets"]) == ["catalogue", "count.star", "count.galaxy", "bright.amplitude", "brightness"]


def test_series_are_one_row_a_step(series_file: Path, tmp_path: Path) -> None:
    export(series_file, tmp_path / "csv", "csv")
    columns = {name: np.array(values, np.float64) for name, values in read_csv(tmp_path / "csv" / "series.csv").items()}
    assert list(columns) == ["sample", "time", "x", "angle"]
    series = np.stack([columns["x"], columns["angle"]], axis=-1).reshape(300, 20, 2)
    assert series.tobytes() == stored(series_file, "series").tobytes()
    np.testing.assert_array_equal(columns["time"].reshape(300, 20), [stored(series_file, "time")] * 300)
    np.testing.assert_array_equal(columns["sample"].reshape(300, 20)[:, 7], np.arange(300))
    assert manifest(tmp_path / "csv")["outputs"] == {"x": "m", "angle": "rad"}
    assert manifest(tmp_path / "csv")["time_unit"] == "s"
