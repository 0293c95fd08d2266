"""Fisher information and bounds through everything that makes, cuts, checks, reads and exports files."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits

from deepbench_fast import (
    FileError,
    export,
    extend,
    generate,
    index_parts,
    merge,
    open_dataset,
    reshard,
    samples,
    stream,
    verify,
)
from deepbench_fast.run.estimate import estimate
from tests.cli.running import run_well
from tests.recipes import informed

NAMES = ["star.x", "star.amplitude", "psf.gaussian.sigma", "noise.gaussian.sigma", "noise.ccd.sky"]
UNITS = ["pix", "", "pix", "", "adu"]
BOTH = ("fisher", "crlb")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 samples; not to be changed."""
    path = tmp_path_factory.mktemp("informed") / "informed.h5"
    generate(informed(), path, threads=2)
    return path


def test_files_hold_what_samples_have(file: Path) -> None:
    data, made = open_dataset(file), samples(informed(), 0, 60)
    with h5py.File(file) as raw:
        for name in BOTH:
            assert raw[name].dtype == "<f8"
            assert raw[name][:].tobytes() == made[name].tobytes()
            assert raw[name].attrs["names"].tolist() == NAMES
            assert raw[name].attrs["units"].tolist() == UNITS
        assert raw["samples"]["fisher_rank"].tolist() == made.tables.samples["fisher_rank"].tolist()
    assert data[5]["crlb"].tobytes() == made["crlb"][5].tobytes()
    assert data[[7, 3]]["fisher"].tobytes() == made["fisher"][[7, 3]].tobytes()
    assert data.recipe.extras.parameters == tuple(NAMES)


def test_plan_and_info_know_them(file: Path) -> None:
    found = estimate(informed(), threads=1, seconds=0.01)
    assert found.bytes["fisher"] == 60 * 25 * 8
    assert found.bytes["crlb"] == 60 * 5 * 8
    assert "fisher_rank" in found.levels
    assert "/fisher" in run_well("info", file).out


def test_verify_makes_them_again_and_finds_a_changed_one(file: Path, tmp_path: Path) -> None:
    assert verify(file, "all").same
    copy = shutil.copy(file, tmp_path / "changed.h5")
    with h5py.File(copy, "r+") as raw:
        raw["crlb"][4, 0] = 1.0
    report = verify(copy, "all")
    assert report.wrong_digest == report.wrong_data == [0]
    assert "sample 4: /crlb[4] [0]: 1.0, not" in str(report.differences[0])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("names", "the attribute names of /fisher is"),
        ("units", "the attribute units of /fisher is"),
        ("missing", "/fisher is missing"),
        ("shape", "/fisher has another type"),
    ],
)
def test_files_that_say_other_things_are_refused(name: str, words: str, file: Path, tmp_path: Path) -> None:
    copy = shutil.copy(file, tmp_path / "foreign.h5")
    with h5py.File(copy, "r+") as raw:
        if name in ("missing", "shape"):
            del raw["fisher"]
        if name == "shape":
            raw["fisher"] = np.zeros((60, 5))
        elif name != "missing":
            raw["fisher"].attrs[name] = NAMES[::-1]
    with pytest.raises(FileError, match=words):
        open_dataset(copy)


def test_parts_are_cut_and_joined_as_one_bit_for_bit(tmp_path: Path) -> None:
    """Two chunks; parts, an index, one file again, other parts, more samples."""
    recipe = informed(samples=20, size=[150, 160])
    generate(recipe, tmp_path / "whole.h5", threads=1)
    digest = open_dataset(tmp_path / "whole.h5").summary.digest
    assert len(open_dataset(tmp_path / "whole.h5").stored.header.chunks) == 2
    for number in (1, 2):
        generate(recipe, tmp_path / "cut.h5", shard=f"{number}/2", threads=1)
    assert index_parts(tmp_path / "cut.h5").digest == digest
    assert open_dataset(tmp_path / "cut.h5")[3]["crlb"].shape == (5,)
    assert merge(tmp_path / "cut.h5", tmp_path / "joined.h5").digest == digest
    reshard(tmp_path / "joined.h5", 2, tmp_path / "again.h5")
    assert index_parts(tmp_path / "again.h5").digest == digest
    generate(recipe.set("samples", 12), tmp_path / "short.h5", threads=2)
    assert extend(tmp_path / "short.h5", 8, tmp_path / "long.h5").digest == digest


def test_exports_have_them_with_their_names(file: Path, tmp_path: Path) -> None:
    data = open_dataset(file)[:]
    for format in ("npy", "csv", "fits"):
        export(file, tmp_path / format, format)
    for name in BOTH:
        assert np.load(tmp_path / "npy" / f"{name}.npy").tobytes() == data[name].tobytes()
    assert json.loads((tmp_path / "npy" / "export.json").read_text())["information"] == dict(
        zip(NAMES, UNITS, strict=True)
    )
    bounds, fisher = (
        list(csv.reader((tmp_path / "csv" / f"{name}.csv").read_text().splitlines())) for name in ("crlb", "fisher")
    )
    assert bounds[0] == ["sample", *NAMES]
    np.testing.assert_array_equal(np.array(bounds[1:], float)[:, 1:], data["crlb"])
    assert fisher[0][:4] == ["sample", "star.x*star.x", "star.amplitude*star.x", "star.amplitude*star.amplitude"]
    np.testing.assert_array_equal(np.array(fisher[1:], float)[:, 1:4], data["fisher"][:, [0, 1, 1], [0, 0, 1]])
    with fits.open(tmp_path / "fits" / "samples-00000.fits") as units:
        np.testing.assert_array_equal(units["FISHER"].data, data["fisher"])
        assert [units["FISHER"].header[f"PARAM{k}"] for k in range(1, 6)] == NAMES
        np.testing.assert_array_equal(units["CRLB"].data["star.x"], data["crlb"][:, 0])
        assert units["CRLB"].columns["star.x"].unit == "pix"


def test_parquet_has_them(file: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    export(file, tmp_path / "parquet", "parquet")
    table = parquet.read_table(tmp_path / "parquet" / "data" / "train-00000-of-00001.parquet")
    assert json.loads(table.schema.field("crlb").metadata[b"names"]) == dict(zip(NAMES, UNITS, strict=True))
    found = np.array(table["fisher"].to_pylist())
    np.testing.assert_array_equal(found, open_dataset(file)[:]["fisher"])


def test_xarray_names_their_axes(file: Path) -> None:
    pytest.importorskip("xarray")
    data = open_dataset(file)
    found = data.to_xarray()
    one = found["fisher"].sel(parameter="star.x", other_parameter="noise.ccd.sky")
    np.testing.assert_array_equal(one, data[:]["fisher"][:, 0, 4])
    np.testing.assert_array_equal(found["crlb"].sel(parameter="star.x"), data[:]["crlb"][:, 0])


def test_loaders_give_them_where_they_are_asked_for(file: Path) -> None:
    of_file, of_recipe = (
        next(iter(stream(source, 8, extras=["crlb"], shuffle=False))) for source in (file, informed())
    )
    assert "fisher" not in of_file
    assert of_file["crlb"].tobytes() == of_recipe["crlb"].tobytes() == open_dataset(file)[:8]["crlb"].tobytes()
