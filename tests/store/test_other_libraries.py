"""A dataset as pandas and xarray have it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.errors import UsageError

pd = pytest.importorskip("pandas")
xr = pytest.importorskip("xarray")


def test_tables_are_frames_with_names_and_units(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    frame, table = dataset.to_pandas(), dataset.samples
    assert frame["catalogue"].tolist() == [dataset.catalogues[k] for k in table["catalogue"]]
    assert frame["split"].tolist() == [dataset.splits[k] for k in table["split"]]
    np.testing.assert_array_equal(frame["member"], table["member"])
    stars = dataset.to_pandas("objects/star")
    assert len(stars) == len(dataset.objects("star"))
    np.testing.assert_array_equal(stars["gamma"], dataset.objects("star")["gamma"].value)
    assert stars.attrs["units"]["gamma"] == "pix"
    assert set(stars["entry"]) <= {"stars/bright", "fields/star"}
    pd.testing.assert_frame_equal(stars, dataset.to_pandas("star"))
    part = dataset.split("test")
    assert len(part.to_pandas()) == len(part)


def test_a_table_that_is_none(mixed_file: Path) -> None:
    with pytest.raises(UsageError, match="no objects of kind 'lens'; it has"):
        open_dataset(mixed_file).to_pandas("objects/lens")


def test_images_have_named_axes(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    found = dataset.to_xarray()
    assert found["images"].dims == ("sample", "row", "column")
    np.testing.assert_array_equal(found["images"], dataset.images)
    np.testing.assert_array_equal(found["clean"][7], dataset[7]["clean"])
    assert found["target_name"].values.tolist() == list(dataset.target_names)
    np.testing.assert_array_equal(found["targets"], dataset.targets)
    assert found["catalogue"].values.tolist() == [dataset.catalogues[k] for k in dataset.samples["catalogue"]]
    assert found.attrs["digest"] == dataset.summary.digest


def test_series_have_times_and_outputs(tmp_path: Path) -> None:
    generate(Recipe.builtin("pendulums").with_overrides({"samples": 12, "extras": ["clean"]}), tmp_path / "p.h5")
    dataset = open_dataset(tmp_path / "p.h5")
    found = dataset.to_xarray()
    assert found["series"].dims == found["clean"].dims == ("sample", "time", "output")
    np.testing.assert_array_equal(found["series"].sel(output="x", sample=3), dataset[3]["series"][:, 0])
    np.testing.assert_array_equal(found["time"], dataset.time)
    assert found["time"].attrs["units"] == "s"


@pytest.mark.parametrize(("library", "call"), [("pandas", "to_pandas()"), ("xarray", "to_xarray()")])
def test_without_the_library_it_says_so(library: str, call: str, mixed_file: Path) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
from deepbench_fast import open_dataset
open_dataset(sys.argv[1]).{call}
"""
    done = subprocess.run([sys.executable, "-c", code, mixed_file], capture_output=True, text=True, check=False)
    assert f"UsageError: this needs {library}: pip install {library}" in done.stderr
