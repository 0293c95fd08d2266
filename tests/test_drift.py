from __future__ import annotations

import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import AccuracyWarning, Recipe, generate, open_dataset
from deepbench_fast import drift as module
from deepbench_fast.drift import drifted, integrated_kinds, warn_of_drift
from deepbench_fast.plan import make_plan


def figure_eight(step: float) -> Recipe:
    entry = {"form": "figure_eight", "solver": "leapfrog", "step": step, "tolerance": 1e9}
    changes = {f"catalogues.n_body.n_body.{name}": value for name, value in entry.items()}
    return Recipe.of_kind("n_body").with_overrides({**changes, "samples": 5, "series.stop": 4, "series.steps": 5})


def test_drifts_that_are_no_numbers_are_too_large() -> None:
    np.testing.assert_array_equal(
        drifted(np.array([0.0, 1e-3, 1.1e-3, np.inf, np.nan])), [False, False, True, True, True]
    )


def test_only_bodies_record_their_drift() -> None:
    assert [kind.name for kind in integrated_kinds(make_plan(figure_eight(0.1)))] == ["n_body"]
    assert not integrated_kinds(make_plan(Recipe.of_kind("pendulum")))
    assert not integrated_kinds(make_plan(Recipe.of_kind("galaxy")))


def test_generate_warns_once_where_its_caller_stands(tmp_path: Path) -> None:
    with pytest.warns(AccuracyWarning, match=r"in 5 of 5 samples of n_body; the column energy_drift") as caught:
        generate(figure_eight(0.2), tmp_path / "rough.h5")
    assert [Path(warning.filename).name for warning in caught] == ["test_drift.py"]
    assert (open_dataset(tmp_path / "rough.h5").objects("n_body")["energy_drift"] > 1e-3).all()


def test_nothing_is_said_of_good_steps(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generate(figure_eight(0.005), tmp_path / "fine.h5")


def test_rows_are_read_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(figure_eight(0.005), tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "r+") as file:
        rows = file["objects/n_body"][:]
        rows["energy_drift"] = [0.0, np.nan, 1e-3, 2e-3, 0.0]
        file["objects/n_body"][:] = rows
    for size in (1, 2, 5, 6):
        monkeypatch.setattr(module, "ROWS_READ", size)
        with pytest.warns(AccuracyWarning, match="in 2 of 5 samples"):
            warn_of_drift(tmp_path / "x.h5", make_plan(figure_eight(0.005)))
