from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import generate
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.recipe import Recipe
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.run.estimate import (
    EXACT_UP_TO,
    drift_warnings,
    estimate,
    expected_rows,
    outside_warnings,
)
from deepbench_fast.values.distributions import Poisson


def galaxies(**parameters: object) -> Recipe:
    return Recipe.of_kind("galaxy").with_overrides({f"catalogues.galaxy.galaxy.{k}": v for k, v in parameters.items()})


def test_rows_of_small_datasets_are_counted() -> None:
    plan = make_plan(galaxies(count={"poisson": 3}))
    rows, exact = expected_rows(plan)
    assert exact
    assert rows.tolist() == [len(draw(plan, 0, plan.samples).objects["galaxy"])]


def test_rows_of_large_datasets_are_extrapolated() -> None:
    plan = make_plan(galaxies(count={"poisson": 3}).with_overrides({"samples": 10**12}))
    rows, exact = expected_rows(plan)
    assert not exact
    assert rows[0] == pytest.approx(3e12, rel=0.01)
    assert EXACT_UP_TO < 10**12
    assert Poisson(3).support[0] == 0


def test_ingredients_are_every_value_once() -> None:
    found = estimate(galaxies(n=1.0, x=14), seconds=0)
    keys = [ingredient.key for ingredient in [*found.random, *found.fixed]]
    assert len(set(keys)) == len(keys)
    assert {i.key for i in found.fixed} == {"galaxy.galaxy.count", "galaxy.galaxy.n", "galaxy.galaxy.x"}
    assert {i.key for i in found.random} == {
        f"galaxy.galaxy.{p}" for p in ("y", "amplitude", "r_eff", "ellip", "theta")
    }
    assert [i.unit for i in found.random if i.key.endswith("r_eff")] == ["pix"]


def test_shares_and_sizes() -> None:
    found = estimate(Recipe.of_kind("galaxy"), threads=1, seconds=0)
    assert found.shares == {"galaxy": 1.0}
    assert found.bytes["images"] == 1000 * 28 * 28 * 4
    assert found.threads == 1
    assert found.seconds * found.samples_per_second == pytest.approx(1000)


def test_the_size_is_that_of_the_file(tmp_path: Path) -> None:
    """Its last chunks are whole, and it keeps the columns of tables."""
    (tmp_path / "prior.csv").write_text("r\n" + "2\n3\n" * 50_000)
    table = {"table": {"file": str(tmp_path / "prior.csv"), "column": "r"}}
    extras = {"samples": 335, "extras": ["clean", "masks"], "noise": [{"gaussian": {"sigma": 0.1}}]}
    followed = bodies(bodies=4, softening=0.5)
    for recipe in (galaxies(), galaxies().with_overrides(extras), galaxies(r_eff=table), followed):
        made = tmp_path / "made.h5"
        generate(recipe, made, overwrite=True)
        assert 0 <= made.stat().st_size - estimate(recipe, threads=1, seconds=0).total_bytes < 2e4


def test_objects_outside_of_the_image() -> None:
    assert not list(outside_warnings(make_plan(galaxies(x={"uniform": [-0.5, 27.5]}))))
    (warning,) = outside_warnings(make_plan(galaxies(x={"uniform": [27.5, 28]})))
    assert "galaxy.galaxy: 100 %" in warning
    (warning,) = outside_warnings(make_plan(galaxies(y={"uniform": [-0.5, 55.5]})))
    share = int(warning.removeprefix("galaxy.galaxy: ").partition("%")[0])
    assert share == pytest.approx(50, abs=8)
    assert "28x28" in warning


def bodies(**parameters: object) -> Recipe:
    return Recipe.of_kind("n_body").with_overrides({f"catalogues.n_body.n_body.{k}": v for k, v in parameters.items()})


def test_series_have_ingredients_and_axes_but_no_image_warnings() -> None:
    found = estimate(bodies(form="figure_eight").with_overrides({"samples": 4, "series.stop": 1}), threads=1, seconds=0)
    keys = [ingredient.key for ingredient in [*found.random, *found.fixed]]
    assert len(set(keys)) == len(keys)
    assert {"n_body.n_body.solver", "n_body.n_body.tolerance", "n_body.n_body.dimensions", "n_body.n_body.mass"} <= set(
        keys
    )
    assert not any(".body." in key for key in keys)
    assert found.series is not None
    assert (found.series["stop"], found.series["steps"], found.series["time_unit"]) == (1.0, 100, "")
    assert found.warnings == []
    assert estimate(Recipe.of_kind("galaxy"), threads=1, seconds=0).series is None


def drifts(recipe: Recipe) -> list[str]:
    """What is told when kernels are compiled, as `estimate` has them: else compiling may take all the time there is."""
    plan = make_plan(recipe)
    Renderer(plan).render(draw(plan, 0, 1))
    return list(drift_warnings(plan))


def test_drift_is_told_with_its_share() -> None:
    """A figure eight in steps of 0.2 drifts; its energy is kept in steps of 0.002."""
    loose = {"form": "figure_eight", "solver": "leapfrog", "tolerance": 1e9}
    assert not drifts(bodies(**loose, step=0.002))
    (warning,) = drifts(bodies(**loose, step=0.2))
    assert warning.startswith("n_body.n_body: ")
    assert "100 % of the samples (256 of 256)" in warning
    assert not drifts(Recipe.of_kind("pendulum"))


def test_only_the_entry_that_drifts_is_named() -> None:
    text = """
catalogues:
  rough: {objects: [n_body: {form: figure_eight, solver: leapfrog, tolerance: 1.0e+9, step: 0.2}]}
  fine: {objects: [n_body: {form: figure_eight}]}
"""
    (warning,) = drifts(Recipe.from_yaml(text))
    assert warning.startswith("rough.n_body: ")
    assert "(128 of 128)" in warning


def test_grids_tables_and_noise_on_targets_are_named(tmp_path: Path) -> None:
    (tmp_path / "prior.csv").write_text("r\n2\n3\n")
    table = {"table": {"file": str(tmp_path / "prior.csv"), "column": "r", "order": "rows"}}
    recipe = galaxies(r_eff=table, n={"grid": [1, 2, 3]}).set(
        "targets", [{"galaxy.theta": {"noise": {"normal": [0, 1]}}}]
    )
    found = estimate(recipe, seconds=0)
    named = {ingredient.key: (ingredient.distribution, ingredient.unit) for ingredient in found.random}
    assert named["galaxy.galaxy.r_eff"] == (f"table {tmp_path / 'prior.csv'}, column r, in order", "pix")
    assert named["galaxy.galaxy.n"] == ("grid [1, 2, 3]", "")
    assert named["targets.galaxy.theta.noise"] == ("normal [0, 1]", "rad")
    assert any("1000 members are no whole multiple of the 3 combinations" in line for line in found.warnings)
