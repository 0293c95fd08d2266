"""Grids and tables in whole pipelines: which member has which values, whatever the threads, ranges and files."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples, verify
from deepbench_fast.draw.grids import grid_warnings, row_warnings
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import MismatchError, RecipeError, UsageError
from deepbench_fast.run.estimate import estimate

SWEEP = """
samples: 72
image: {shape: [12, 12]}
noise: [{gaussian: {sigma: {grid: [0, 0.5]}}}]
psf: {gaussian: {sigma: {grid: [0.5, 1, 2]}}}
catalogues:
  a:
    objects:
      - star: {count: {grid: [0, 2]}, gamma: 1, alpha: {grid: [2, 3, 4]}}
      - galaxy: {n: {offset: {from: ellip, by: {grid: [1, 2]}}}, ellip: 0.5}
"""


def sweep() -> Recipe:
    return Recipe.from_yaml(SWEEP)


def chain(path: Path, rows: int = 40) -> np.ndarray:
    """A table whose columns belong together: n = 1 + r / 10."""
    r = 2 + np.arange(rows) * 0.1
    table = np.stack([r, 1 + r / 10], axis=1)
    np.savetxt(path, table, delimiter=",", header="r,n", fmt="%.17g")
    return table


def joint(path: Path, order: str = "random", count: object = 3, samples: int = 300) -> Recipe:
    columns = {
        "r_eff": {"table": {"file": str(path), "column": "r", "order": order}},
        "n": {"table": {"file": str(path), "column": "n", "order": order}},
    }
    entry = {"galaxy": {**columns, "count": count}}
    other = {"galaxy": {**columns, "name": "other"}}
    return Recipe(samples=samples, seed=5, image={"shape": [8, 8]}, catalogues={"a": {"objects": [entry, other]}})


def test_a_full_factorial_with_the_last_grid_fastest() -> None:
    got = samples(sweep(), 0, 72).tables
    order = np.argsort(got.samples["member"])
    stars, galaxies = got.objects["star"], got.objects["galaxy"]
    counts = np.bincount(stars["sample"], minlength=72)
    found = zip(
        counts[order],
        (galaxies["n"] - 0.5)[order],
        got.samples["noise_gaussian_sigma"][order],
        got.samples["psf_gaussian_sigma"][order],
        strict=True,
    )
    # The grid of alpha stands between those of count and n, and is not seen where there is no star.
    expected = [(c, n, s, p) for c, _, n, s, p in itertools.product([0, 2], [2, 3, 4], [1, 2], [0, 0.5], [0.5, 1, 2])]
    assert [tuple(map(float, row)) for row in found] == expected
    alphas = [2, 3, 4]
    members = got.samples["member"][stars["sample"]]
    assert (stars["alpha"] == np.array(alphas)[members // 12 % 3]).all()


def test_grids_begin_again_after_all_combinations() -> None:
    recipe = sweep().set("samples", 200)
    got = samples(recipe, 0, 200).tables.samples
    by_member = got["psf_gaussian_sigma"][np.argsort(got["member"])]
    assert by_member.tolist() == ([0.5, 1, 2] * 67)[:200]


def test_each_catalogue_has_its_own_sweep() -> None:
    text = """
samples: 30
noise: [{gaussian: {sigma: {grid: [1, 2, 3]}}}]
catalogues:
  a: {weight: 2, objects: [galaxy: {n: {grid: [1, 2]}}]}
  b: {objects: [galaxy]}
"""
    got = samples(Recipe.from_yaml(text), 0, 30).tables
    for label, sigmas in ((0, [1, 2, 3, 1, 2, 3]), (1, [1, 2, 3, 1, 2, 3])):
        own = got.samples[got.samples["catalogue"] == label]
        assert own["noise_gaussian_sigma"][np.argsort(own["member"])][:6].tolist() == sigmas
    a = got.samples["catalogue"] == 0
    assert got.objects["galaxy"]["n"][a][np.argsort(got.samples["member"][a])][:6].tolist() == [1, 1, 1, 2, 2, 2]


@pytest.mark.filterwarnings("ignore:positions may be wrong")
def test_systems_can_be_swept() -> None:
    text = """
samples: 6
catalogues: {a: {objects: [n_body: {bodies: {grid: [2, 3]}, mass: {grid: [1, 2, 4]}}]}}
series: {outputs: [energy], steps: 3}
"""
    tables = samples(Recipe.from_yaml(text), 0, 6).tables
    assert tables.objects["n_body"]["bodies"].tolist() == [2, 2, 2, 3, 3, 3]
    bodies = tables.objects["body"]
    assert [bodies["mass"][bodies["sample"] == i].tolist() for i in range(6)] == [
        [m] * b for b in (2, 3) for m in (1, 2, 4)
    ]


def test_too_few_samples_for_a_grid(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="samples: the grids of a have 72 combinations, and 71 samples hold only 71"):
        generate(sweep().set("samples", 71), tmp_path / "a.h5")
    text = "catalogues: {a: {weight: 2, objects: [galaxy: {n: {grid: [1, 2, 3]}}]}, b: {objects: [galaxy]}}"
    with pytest.raises(UsageError, match="at least 6 samples hold them all"):
        generate(Recipe.from_yaml(text).set("samples", 5), tmp_path / "a.h5")
    generate(Recipe.from_yaml(text).set("samples", 6), tmp_path / "a.h5")


def test_uneven_sweeps_are_warned_of() -> None:
    def warned(recipe: Recipe) -> list[str]:
        return list(grid_warnings(make_plan(recipe)))

    assert warned(sweep()) == []
    assert warned(Recipe.of_kind("galaxy").set("samples", 7)) == []
    (line,) = warned(sweep().set("samples", 100))
    assert line.startswith("a: 100 members are no whole multiple of the 72 combinations of its grids")
    assert line.endswith("144 samples are")
    text = "catalogues: {a: {weight: 2, objects: [galaxy: {n: {grid: [1, 2, 3]}}]}, b: {objects: [galaxy]}}"
    (line,) = warned(Recipe.from_yaml(text).set("samples", 10))
    assert line.endswith("18 samples are")
    assert warned(Recipe.from_yaml(text).set("samples", 18)) == []


def test_columns_of_a_table_are_drawn_together(tmp_path: Path) -> None:
    table = chain(tmp_path / "chain.csv")
    got = samples(joint(tmp_path / "chain.csv"), 0, 300).tables.objects["galaxy"]
    np.testing.assert_allclose(got["n"], 1 + got["r_eff"] / 10, rtol=1e-15)
    row = np.rint((got["r_eff"] - 2) * 10).astype(int)
    assert set(row) == set(range(len(table)))
    expected = len(got) / len(table)
    assert np.sum((np.bincount(row) - expected) ** 2 / expected) < 80  # chi squared of 39 degrees of freedom
    own = row[got["entry"] == 0].reshape(300, 3)
    other = row[got["entry"] == 1]
    for a, b in ((own[:, 0], own[:, 1]), (own[:, 1], own[:, 2]), (own[:, 0], other), (other[1:], other[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.2
        assert np.mean(a == b) < 0.1


def test_rows_in_order(tmp_path: Path) -> None:
    table = chain(tmp_path / "chain.csv", 7)
    got = samples(joint(tmp_path / "chain.csv", "rows", 3, 10), 0, 10).tables.objects["galaxy"]
    own = got[got["entry"] == 0]
    np.testing.assert_array_equal(own["r_eff"], table[np.arange(30) % 7, 0])
    np.testing.assert_array_equal(own["n"], table[np.arange(30) % 7, 1])
    np.testing.assert_array_equal(got["r_eff"][got["entry"] == 1], table[np.arange(10) % 7, 0])


def test_counts_noise_and_targets_come_from_tables(tmp_path: Path) -> None:
    path = tmp_path / "sky.csv"
    path.write_text("stars,sigma,level,dx,dy\n" + "".join(f"{i},{i / 10},{i / 5},{i},{-i}\n" for i in range(5)))

    def column(name: str) -> dict[str, object]:
        return {"table": {"file": str(path), "column": name}}

    recipe = Recipe(
        samples=200,
        image={"shape": [8, 8]},
        noise=[{"gaussian": {"sigma": column("sigma")}}, {"poisson": {"level": column("level")}}],
        targets=[{"galaxy.x": {"noise": column("dx")}}, {"galaxy.y": {"noise": column("dy")}}],
        catalogues={"a": {"objects": [{"star": {"count": column("stars")}}, {"galaxy": {"x": 4, "y": 4}}]}},
    )
    got = samples(recipe, 0, 200)
    np.testing.assert_allclose(
        got.tables.samples["noise_poisson_level"], 2 * got.tables.samples["noise_gaussian_sigma"]
    )
    np.testing.assert_array_equal(got["targets"].sum(axis=1), 8)
    assert set(got["targets"][:, 0]) == {4, 5, 6, 7, 8}
    assert set(np.bincount(got.tables.objects["star"]["sample"], minlength=200)) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("order", ["random", "rows"])
def test_threads_ranges_and_files_change_nothing(tmp_path: Path, order: str) -> None:
    chain(tmp_path / "chain.csv")
    recipe = joint(tmp_path / "chain.csv", order, samples=5000).set("noise.gaussian.sigma", "{grid: [0.1, 0.2, 0.3]}")
    one = generate(recipe, tmp_path / "one.h5", threads=1)
    assert generate(recipe, tmp_path / "two.h5", threads=2).digest == one.digest
    part = samples(recipe, 1234, 1300)
    data = open_dataset(tmp_path / "one.h5")
    np.testing.assert_array_equal(part["images"], np.stack([data[i]["image"] for i in range(1234, 1300)]))
    assert verify(tmp_path / "one.h5", "all").same
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "chain.csv", tmp_path / "elsewhere" / "prior.txt")
    moved = joint(tmp_path / "elsewhere" / "prior.txt", order, samples=5000)
    moved = moved.set("noise.gaussian.sigma", "{grid: [0.1, 0.2, 0.3]}")
    assert generate(moved, tmp_path / "moved.h5").digest == one.digest
    with h5py.File(tmp_path / "elsewhere" / "prior.h5", "w") as file:
        r = 2 + np.arange(40) * 0.1
        file["r"], file["n"] = r, 1 + r / 10
    assert (
        generate(
            joint(tmp_path / "elsewhere" / "prior.h5", order, samples=5000).set(
                "noise.gaussian.sigma", "{grid: [0.1, 0.2, 0.3]}"
            ),
            tmp_path / "hdf5.h5",
        ).digest
        == one.digest
    )


def test_the_recipe_in_the_file_runs_again(tmp_path: Path) -> None:
    chain(tmp_path / "chain.csv")
    recipe = joint(tmp_path / "chain.csv").set("image.sampling", "integrate")
    first = generate(recipe, tmp_path / "a.h5")
    data = open_dataset(tmp_path / "a.h5")
    again = data.recipe
    assert again == recipe.resolved()
    assert generate(again, tmp_path / "b.h5").digest == first.digest
    assert generate(again, tmp_path / "a.h5", resume=True).digest == first.digest
    swept = generate(sweep(), tmp_path / "c.h5")
    data = open_dataset(tmp_path / "c.h5")
    assert generate(data.recipe, tmp_path / "d.h5").digest == swept.digest


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a new process, which has read no table yet."""
    for cache in ("_known", "_read"):
        monkeypatch.setattr(f"deepbench_fast.values.user_tables.{cache}", {})


@pytest.mark.parametrize("change", ["absent", "changed"])
def test_data_outlive_their_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    path = tmp_path / "chain.csv"
    chain(path)
    recipe = joint(path)
    generate(recipe, tmp_path / "a.h5")
    forget(monkeypatch)
    if change == "absent":
        path.unlink()
        words = "doesn't exist; nothing can be drawn without it"
    else:
        path.write_text("r,n\n1,2\n")
        words = "holds other numbers than those of hash .*; nothing can be drawn without it"
        with pytest.raises(MismatchError, match=r"was made from another recipe: it says .*hash"):
            generate(joint(path), tmp_path / "a.h5", resume=True)
        forget(monkeypatch)
    data = open_dataset(tmp_path / "a.h5")
    assert data[3]["image"].shape == (8, 8)
    assert len(data.objects("galaxy")) == 1200
    assert verify(tmp_path / "a.h5", "all").same  # the file keeps the columns that it was drawn from
    assert generate(data.recipe, tmp_path / "b.h5").digest == data.summary.digest
    text = data.recipe.to_yaml()
    forget(monkeypatch)
    with pytest.raises(UsageError, match=words) as caught:
        generate(Recipe.from_yaml(text), tmp_path / "c.h5")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("c.h5*"))


def test_recipes_of_absent_tables_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"table": {"file": "lost.csv", "column": "g", "hash": "0" * 32}}
    for parameters in ({"gravity": lost}, {"length": lost}, {"length": {"scaled": {"by": "mass", "of": lost}}}):
        Recipe(catalogues={"a": {"objects": [{"pendulum": parameters}]}})
    Recipe(catalogues={"a": {"objects": [{"lens": {"softening": lost}}]}})
    Recipe(noise=[{"gaussian": {"sigma": lost}}], catalogues={"a": {"objects": [{"star": {"count": lost}}]}})
    with pytest.raises(RecipeError, match="must be a number"):
        Recipe(catalogues={"a": {"objects": [{"pendulum": {"gravity": lost, "length": "long"}}]}})


def test_two_tables_of_an_entry_are_independent(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        chain(tmp_path / folder / "chain.csv")
    columns = {
        parameter: {"table": {"file": str(tmp_path / folder / "chain.csv"), "column": column}}
        for parameter, folder, column in (("r_eff", "a", "r"), ("n", "b", "n"))
    }
    recipe = Recipe(samples=500, image={"shape": [8, 8]}, catalogues={"a": {"objects": [{"galaxy": columns}]}})
    got = samples(recipe, 0, 500).tables.objects["galaxy"]
    assert abs(np.corrcoef(got["r_eff"], got["n"])[0, 1]) < 0.15


def test_rows_that_are_too_few_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("v\n" + "".join(f"{1 + row / 100}\n" for row in range(50)))
    rows = {"table": {"file": "t.csv", "column": "v", "order": "rows"}}

    def warnings(samples: int, **more: object) -> list[str]:
        galaxy = {"galaxy": {"n": rows, "r_eff": rows, **more}}
        noise = [{"gaussian": {"sigma": rows}}]
        return list(
            row_warnings(make_plan(Recipe(samples=samples, noise=noise, catalogues={"a": {"objects": [galaxy]}})))
        )

    assert warnings(50) == []
    assert warnings(51) == [
        f"{name} takes 51 rows in order, and t.csv has 50: they begin again, so that members share rows, also those of "
        "different splits"
        for name in ("a/galaxy", "a")
    ]
    assert [text[:27] for text in warnings(26, count=2)] == ["a/galaxy takes 52 rows in o"]
    stars = Recipe(samples=51, noise=[{"gaussian": {"sigma": rows}}], catalogues={"a": {"objects": ["star"]}})
    assert any("rows in order" in text for text in estimate(stars, seconds=0.01).warnings)
