from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import (
    AccuracyWarning,
    Recipe,
    Simulator,
    generate,
    open_dataset,
    sample,
    samples,
    simulate,
    verify,
)
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.render.drift import displaced, drifted, integrated_kinds
from deepbench_fast.run import energy_drift as module
from deepbench_fast.run.energy_drift import warn_of_drift
from deepbench_fast.run.estimate import estimate


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


CLOSE = {
    "series": {"start": 0, "stop": 12, "steps": 6, "outputs": ["energy"]},
    "catalogues": {"a": {"objects": [{"n_body": {"bodies": 8, "softening": 0.05}}]}},
}


def calls() -> dict[str, Callable[[Recipe, Path], object]]:
    return {
        "generate": lambda recipe, folder: generate(recipe, folder / "x.h5"),
        "samples": lambda recipe, folder: samples(recipe, 0, 4),
        "sample": lambda recipe, folder: sample(recipe, 0),
        "simulate": lambda recipe, folder: simulate(recipe, {"n_body.virial_ratio": 0.3}, seed=1),
        "Simulator": lambda recipe, folder: Simulator(recipe).batch(0, 4),
        "given": lambda recipe, folder: Simulator(recipe).given({"n_body.virial_ratio": 0.3}, 1),
    }


@pytest.mark.parametrize("name", calls())
def test_whatever_makes_samples_warns_where_its_caller_stands(name: str, tmp_path: Path) -> None:
    recipe = Recipe.parse({**CLOSE, "samples": 4})
    with pytest.warns(AccuracyWarning, match="positions may be wrong by more than 0.01 of the system's size") as caught:
        calls()[name](recipe, tmp_path)
    assert {Path(warning.filename).name for warning in caught} == {"test_drift.py"}


def test_an_estimate_warns_of_positions() -> None:
    found = estimate(Recipe.parse({**CLOSE, "samples": 4}), threads=1, seconds=0)
    assert any("positions may be wrong" in warning for warning in found.warnings)


def test_samples_in_memory_warn_of_their_energy() -> None:
    with pytest.warns(AccuracyWarning, match=r"^the energy drifts .* in 5 of 5 samples of n_body"):
        samples(figure_eight(0.2), 0, 5)


def test_positions_that_are_not_known_are_no_fault_and_those_that_no_number_tells_are() -> None:
    np.testing.assert_array_equal(displaced(np.array([np.nan, 0.0, 0.01, 0.02, np.inf])), [False] * 3 + [True] * 2)


def test_position_errors_are_those_of_the_solver_that_can_tell() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batches = {
            solver: samples(Recipe.builtin("n-body").set("catalogues.three-bodies.n_body.solver", solver), 0, 8)
            for solver in ("radau", "leapfrog", "rk4")
        }
    errors = {solver: batch.tables.objects["n_body"]["position_error"] for solver, batch in batches.items()}
    assert (errors["radau"] > 0).all()
    assert (errors["radau"] < 1e-6).all()
    assert np.isnan(errors["leapfrog"]).all()
    assert np.isnan(errors["rk4"]).all()


@pytest.mark.parametrize("solver", ["radau", "leapfrog", "rk4"])
def test_a_collision_ends_the_series_of_radau_alone(solver: str) -> None:
    """Two bodies at rest, without softening: the others step over their meeting, at the shortest step."""
    data = {"bodies": 2, "softening": 0.0, "virial_ratio": 0.0, "solver": solver}
    recipe = Recipe.parse({"catalogues": {"a": {"objects": [{"n_body": data}]}}})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = samples(recipe, 0, 3)
    assert any("the energy drifts" in str(warning.message) for warning in caught)
    assert np.isnan(found["series"]).any(axis=(1, 2)).all() == (solver == "radau")
    if solver != "radau":
        assert np.isfinite(found["series"]).all()
        assert (found.tables.objects["n_body"]["time_step"] == 0.002 / 2**8).all()


def as_of_the_first_release(path: Path) -> None:
    """Take from a file what files of the first release don't have."""
    with h5py.File(path, "r+") as file:
        table = file["objects/n_body"]
        rows, attributes = table[:], dict(table.attrs)
        kept = [name for name in rows.dtype.names if name != "position_error"]
        types = [(name, table.id.dtype[name]) for name in kept]
        old = np.empty(len(rows), types)
        for name in kept:
            old[name] = rows[name]
        del file["objects/n_body"]
        written = file.create_dataset("objects/n_body", data=old)
        place = rows.dtype.names.index("position_error")
        written.attrs["units"] = np.delete(attributes["units"], place)
        written.attrs["__table_column_meta__"] = np.delete(attributes["__table_column_meta__"], place + 1)
        del file.attrs["header_digest"]


def test_files_without_position_errors_are_read_as_before(tmp_path: Path) -> None:
    path, recipe = tmp_path / "old.h5", figure_eight(0.2)
    with pytest.warns(AccuracyWarning):
        generate(recipe, path)
    as_of_the_first_release(path)
    assert "position_error" not in open_dataset(path).objects("n_body").dtype.names
    with pytest.warns(AccuracyWarning, match="in 5 of 5 samples"):
        generate(recipe, path, resume=True)
    report = verify(path, "all")
    assert report.wrong_data == []
    assert report.wrong_tables == []
