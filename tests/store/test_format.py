"""The file as others read it: h5py, astropy and PyTables alone."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import generate
from tests.recipes import mixed

READ_BY_H5PY_ALONE = """
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    images, table = f["images"], f["samples"]
    labels = h5py.check_enum_dtype(table.dtype["catalogue"])
    splits = h5py.check_enum_dtype(table.dtype["split"])
    print(images.shape, images.dtype, images.chunks, images.compression, labels, splits)
    print(list(f["objects/star"].attrs["units"]), f.attrs["schema"])
    print(images[5].sum() != 0, table[5]["member"] >= 0, "name: mixed" in f["recipe"].asstr()[()])
assert not any("deepbench" in m for m in sys.modules)
"""


def test_h5py_alone_reads_everything(mixed_file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_BY_H5PY_ALONE, str(mixed_file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "(3000, 16, 20) float32 (819, 16, 20) None {'fields': 1, 'stars': 0} {'test': 2, 'train': 0, 'validation': 1}",
        "['', '', '', 'pix', 'pix', '', 'pix', ''] deepbench-fast/1",
        "True True True",
    ]


def test_names_types_and_order(mixed_file: Path) -> None:
    with h5py.File(mixed_file) as file:
        assert set(file) == {"images", "clean", "targets", "samples", "objects", "chunks", "recipe"}
        assert set(file["objects"]) == {"star", "galaxy"}
        for kind in ("star", "galaxy"):
            table = file[f"objects/{kind}"]
            assert table.dtype.names[:3] == ("sample", "entry", "slot")
            assert table.dtype.itemsize == 8 * len(table.dtype.names)
            rows = table[:]
            order = np.lexsort((rows["slot"], rows["entry"], rows["sample"]))
            np.testing.assert_array_equal(order, np.arange(len(rows)))
            assert h5py.check_enum_dtype(table.dtype["entry"])["fields/star"] == 1
        assert list(file["targets"].attrs["names"])[:2] == ["catalogue", "count.star"]
        assert file["samples"].dtype.names == (
            "catalogue",
            "split",
            "member",
            "noise_gaussian_sigma",
            "noise_snr",
            "psf_gaussian_sigma",
        )
        chunks = file["chunks"][:]
        assert (chunks["done"] == 1).all()
        assert chunks["count"].sum() == 3000
        assert chunks["rows_star"].sum() == len(file["objects/star"])


def test_targets_are_those_of_the_tables(mixed_file: Path) -> None:
    with h5py.File(mixed_file) as file:
        targets, samples, stars = file["targets"][:], file["samples"][:], file["objects/star"][:]
        clean = file["clean"][:].astype(np.float64)
        galaxies = file["objects/galaxy"]["sample"]
    np.testing.assert_array_equal(targets[:, 0], samples["catalogue"])
    np.testing.assert_array_equal(targets[:, 1], np.bincount(stars["sample"], minlength=3000))
    np.testing.assert_array_equal(targets[:, 2], np.bincount(galaxies, minlength=3000))
    bright = stars[stars["entry"] == 0]
    np.testing.assert_array_equal(targets[bright["sample"], 3], bright["amplitude"])
    assert np.isnan(targets[samples["catalogue"] == 1, 3]).all()
    np.testing.assert_allclose(targets[:, 4], clean.sum(axis=(1, 2)), rtol=1e-12)


def test_astropy_reads_units(mixed_file: Path) -> None:
    from astropy import units as u
    from astropy.table import QTable

    table = QTable.read(mixed_file, path="objects/galaxy")
    assert table["r_eff"].unit == u.pix
    assert table["theta"].unit == u.rad
    assert QTable.read(mixed_file, path="samples")["psf_gaussian_sigma"].unit == u.pix


def test_pytables_opens_it(mixed_file: Path) -> None:
    tables = pytest.importorskip("tables")
    with warnings.catch_warnings():  # its own, about other libraries
        warnings.simplefilter("ignore")
        file = tables.open_file(str(mixed_file))
        try:
            assert file.root.images[7].shape == (16, 20)
            assert file.root.objects.star[0]["amplitude"] >= 1
            assert file.root.samples.nrows == 3000
        finally:
            file.close()


def test_equal_recipes_give_equal_files_at_any_time(tmp_path: Path) -> None:
    import time

    generate(mixed(samples=20), tmp_path / "a.h5")
    time.sleep(1.1)
    generate(mixed(samples=20), tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_recipe_in_the_file_makes_the_file_again(mixed_file: Path, tmp_path: Path) -> None:
    from deepbench_fast import Recipe

    with h5py.File(mixed_file) as file:
        text = file["recipe"].asstr()[()]
    generate(Recipe.from_yaml(text), tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == mixed_file.read_bytes()


def test_a_kind_may_have_no_objects_at_all(tmp_path: Path) -> None:
    recipe = mixed(samples=50).set("catalogues.fields.galaxy.count", 0)
    generate(recipe, tmp_path / "none.h5")
    with h5py.File(tmp_path / "none.h5") as file:
        assert file["objects/galaxy"].shape == (0,)
        assert (file["targets"][:, 2] == 0).all()
