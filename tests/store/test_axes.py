"""The axes of a series as h5py, xarray and PyTables see them; xarray and PyTables read files of images too."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, index_parts

AXES = ("sample", "time", "output")
OUTPUTS = ["x", "velocity", "momentum"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series with as many samples as moments, as an index over two shards too, and images."""
    folder = tmp_path_factory.mktemp("axes")
    recipe = Recipe.of_kind("pendulum").with_overrides({"samples": 9, "series.steps": 9, "series.outputs": OUTPUTS})
    recipe = recipe.set("noise", [{"gaussian": {"x": 0.1}}]).set("extras", ["clean"])
    generate(recipe, folder / "series.h5")
    for part in (1, 2):
        generate(recipe, folder / "index.h5", shard=f"{part}/2")
    index_parts(folder / "index.h5")
    generate(Recipe.of_kind("star").set("samples", 9), folder / "images.h5")
    return folder


@pytest.mark.parametrize("name", ["series.h5", "index.h5"])
def test_every_axis_of_a_series_has_a_scale(folder: Path, name: str) -> None:
    with h5py.File(folder / name) as file:
        for data in (file["series"], file["clean"]):
            assert [dim.label for dim in data.dims] == [*AXES]
            assert [len(dim) for dim in data.dims] == [1, 1, 1]
            assert [dim[0] for dim in data.dims] == [file[axis] for axis in AXES]
            assert [len(file[axis]) for axis in AXES] == [*data.shape]
        assert [*file["output"].asstr()] == OUTPUTS
        assert file["sample"].id.get_storage_size() == 0
        assert np.isnan(file["sample"]).all()


@pytest.mark.parametrize("name", ["series.h5", "index.h5"])
def test_xarray_opens_series(folder: Path, name: str) -> None:
    found = labelled(folder / name)
    with h5py.File(folder / name) as file:
        values = file["series"][:]
    assert found == f"('sample', 'time', 'output') {values[:, :, 1].sum()} 9 ['x', 'velocity', 'momentum'] float64"


def test_xarray_opens_images(folder: Path) -> None:
    code = "data = xarray.open_dataset(sys.argv[1], engine='h5netcdf', phony_dims='sort'); print(data.images.shape)"
    assert alone("xarray", code, folder / "images.h5") == "(9, 28, 28)"


@pytest.mark.parametrize("name", ["series.h5", "index.h5", "images.h5"])
def test_pytables_lists_and_reads(folder: Path, name: str) -> None:
    import tables

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with h5py.File(folder / name) as file, tables.open_file(folder / name) as other:
            assert {node._v_name for node in other.list_nodes("/")} == set(file)
            np.testing.assert_array_equal(other.root.samples[:]["member"], file["samples"][:]["member"])
            array = "images" if name == "images.h5" else "series"
            np.testing.assert_array_equal(other.get_node(f"/{array}")[:], file[array][:])
            if array == "series":
                np.testing.assert_array_equal(other.root.time[:], file["time"][:])


def labelled(path: Path) -> str:
    """What xarray says of a series: dimensions, the sum of one output chosen by name, number of times, names."""
    lines = (
        "data = xarray.open_dataset(sys.argv[1], engine='h5netcdf', phony_dims='sort')",
        "one = float(data.series.sel(output='velocity').values.sum())",
        "print(data.series.dims, one, len(data.time), data.output.values.tolist(), data.time.dtype)",
    )
    return alone("xarray", "\n".join(lines), path)


def alone(module: str, code: str, path: Path) -> str:
    """The output of a process that knows the file by another library alone."""
    command = [sys.executable, "-W", "error", "-c", f"import sys, {module}\n{code}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
