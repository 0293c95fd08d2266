"""The commands that look: plan, list, describe, info, show, preview, verify, warmup."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from deepbench_fast import open_dataset
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.published import PUBLISHED
from tests.cli.running import run_well


def test_list_names_recipes_and_kinds() -> None:
    text = run_well("list").out
    for name in [*builtin_recipes(), *kinds()]:
        assert f"\n  {name} " in text
    data = run_well("list", "--json").json
    assert list(data["recipes"]) == list(builtin_recipes())
    assert list(data["kinds"]) == list(kinds())


def test_list_names_published_datasets() -> None:
    text = run_well("list", "--published").out
    data = run_well("list", "--published", "--json").json
    assert list(data) == list(PUBLISHED)
    for name, published in PUBLISHED.items():
        assert data[name] == asdict(published)
        assert re.search(rf"^{name} +[\d ]+ +[\d.]+ MB +{published.digest}$", text, re.MULTILINE)


IMAGES = [name for name, kind in kinds().items() if kind.dynamics is None]
SERIES = [name for name in kinds() if name not in IMAGES]


@pytest.mark.parametrize("name", IMAGES)
def test_describe_kind(name: str) -> None:
    kind, recipe = kinds()[name], Recipe.of_kind(name).with_overrides({"size": (48, 64)})
    text = run_well("describe", name, "--size", "48x64").out
    assert kind.meaning in text
    assert "48x64" in text
    assert f"layer    {kind.layer}: " in text
    assert all(form in text for form in kind.forms)
    data = run_well("describe", name, "--size", "48x64", "--json").json
    assert (data["layer"], data["options"]) == (kind.layer, list(kind.open_options))
    assert data["forms"] == {form: list(names) for form, names in kind.forms.items()}
    assert [p["name"] for p in data["parameters"]] == [p.name for p in kind.parameters]
    for parameter, described in zip(kind.parameters, data["parameters"], strict=True):
        assert described["default"] == str(parameter.default(recipe.image))
        assert parameter.meaning in text
        assert described["default"] in text


@pytest.mark.parametrize("name", SERIES)
def test_describe_kind_that_moves(name: str) -> None:
    kind = kinds()[name]
    assert kind.dynamics is not None
    text, data = run_well("describe", name).out, run_well("describe", name, "--json").json
    assert "layer            series: " in text
    assert "28x28" not in text
    assert "count" not in data["options"]
    assert "shape" not in data
    assert f"{kind.dynamics.solvers[0]} (default)" in text
    assert data["solvers"] == list(kind.dynamics.solvers)
    assert {o["name"]: o["unit"] for o in data["outputs"]} == {n: o.unit for n, o in kind.dynamics.outputs.items()}
    assert data["parameter_noise"] == list(kind.dynamics.noisy)
    assert (data["step"] or "", data["dimensions"]) == (kind.dynamics.words("step"), kind.dynamics.default_dimensions)
    found = {p["name"] for p in data["parameters"] if p["default"] == "found"}
    assert found == {p.name for p in kind.parameters if p.found}


@pytest.mark.parametrize("name", builtin_recipes())
def test_describe_recipe_prints_its_text(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(run_well("describe", name).out, encoding="utf-8")
    assert Recipe.load(copy).hash() == Recipe.builtin(name).hash()


def test_plan_tells_what_generate_makes(galaxies: Path) -> None:
    plan = run_well("plan", "galaxies", "-n", "700", "--seed", "5", "--json").json
    assert plan["rows_exact"]
    with h5py.File(galaxies) as file:
        for name, size in plan["bytes"].items():
            assert size == file[name].size * file[name].dtype.itemsize
        assert plan["rows"] == {"samples": 700, "objects/galaxy": len(file["objects/galaxy"])}
        assert plan["chunks"] == len(file["chunks"])
    assert plan["total_bytes"] <= galaxies.stat().st_size
    assert plan["samples_per_second"] * plan["seconds"] == pytest.approx(700)
    assert {i["key"]: i["distribution"] for i in plan["random"]}["galaxies.noise.gaussian.sigma"] == "uniform [0, 0.2]"
    assert {i["key"] for i in plan["fixed"]} == {"galaxies.galaxy.count"}


def test_plan_for_people() -> None:
    ran = run_well("plan", "galaxies", "-n", "1e9")
    for words in ("1 000 000 000", "× 28 × 28", " TB", "galaxies.galaxy.r_eff", "uniform [2, 7]", "pix"):
        assert words in ran.out
    assert ran.err.startswith("Warning: galaxies: sampling at pixel centres")
    assert ran.err.count("\n") == 1


def test_plan_names_forms_and_what_is_recorded() -> None:
    plan = run_well("plan", "morphology", "--size", "16x16", "-n", 30, "--json").json
    fixed = {i["key"]: i["distribution"] for i in plan["fixed"]}
    assert fixed["spirals.spiral_galaxy.form"] == "logarithmic"
    keys = {i["key"] for i in plan["random"]}
    assert "spirals.spiral_galaxy.pitch" in keys
    assert "spirals.spiral_galaxy.rm_b" not in keys
    assert {"noise_gaussian_sigma", "noise_gaussian_snr", "noise_snr"} < set(plan["levels"])
    lines = run_well("plan", "line", "--size", "32x40", "-n", 30).out
    assert "line.line.min_length  6.4" in lines
    assert "Recorded" not in lines


def test_show_of_a_form_with_masks(tmp_path: Path) -> None:
    file = tmp_path / "spirals.h5"
    noise = "noise=[{gaussian: {snr: 50}}]"
    run_well("generate", "spiral_galaxy", file, "-n", 2, "--set", "extras=[masks]", "--set", noise)
    shown = run_well("show", file, 1, "--json").json
    (spiral,) = shown["objects"]
    assert spiral["mask"] == open_dataset(file)[1]["mask"].max() == 1
    assert "pitch" in spiral["parameters"]
    assert not {"rm_scale", "rm_b", "rm_n"} & set(spiral["parameters"])
    assert shown["levels"]["noise_snr"]["value"] == pytest.approx(50)
    assert "spiral_galaxy 0, 1 in the mask" in run_well("show", file, 1).out


def test_plan_of_series() -> None:
    ran = run_well("plan", "pendulum", "--set", "series.outputs=[x, energy]", "-n", 50)
    for words in ("0 to 10 s, 100 steps", "x [m], energy [J]", "50 × 100 × 2  float64", "pendulum.pendulum.solver"):
        assert words in ran.out
    assert ran.err == ""
    data = run_well("plan", "n_body", "-n", 20, "--json").json
    assert data["series"]["outputs"][:3] == [{"name": name, "unit": ""} for name in ("x0", "y0", "x1")]
    assert data["rows"] == {"samples": 20, "objects/body": 60, "objects/n_body": 20}


def test_drift_is_a_warning_of_plan_and_generate(tmp_path: Path) -> None:
    options = (
        "-n",
        10,
        "--set",
        "catalogues.n_body.n_body.solver=leapfrog",
        "--set",
        "catalogues.n_body.n_body.step=0.1",
        "--set",
        "catalogues.n_body.n_body.tolerance=1e9",
    )
    planned = run_well("plan", "n_body", *options).err
    assert planned.startswith("Warning: n_body.n_body: the energy drifts")
    ran = run_well("generate", "n_body", tmp_path / "drift.h5", *options)
    assert "Warning: " in ran.err
    assert "of 10 samples of n_body" in ran.err
    assert len(ran.out.strip()) == 32
    found = (~(open_dataset(tmp_path / "drift.h5").objects("n_body")["energy_drift"] <= 1e-3)).sum()
    assert f"({found} of 10)" in planned
    assert f"in {found} of 10" in ran.err


def test_series_are_shown_and_described(pendulums: Path, tmp_path: Path) -> None:
    text = run_well("show", pendulums, 1).out
    row = open_dataset(pendulums).objects("pendulum")[1]
    assert f"{row['gravity_nominal'].value:.7g} m / s2" in text
    assert "angle [rad]" in text
    assert "time [s]" in text
    assert "phi_planet" not in text
    assert "\x1b" not in text
    data = run_well("show", pendulums, 1, "--json").json
    outputs = [{"name": "angle", "unit": "rad"}, {"name": "x", "unit": "m"}]
    assert data["series"] == {"shape": [100, 2], "dtype": "float64", "outputs": outputs}
    assert not {"image", "motion"} & set(data)
    assert "picture" in run_well("show", pendulums, 1, "-o", tmp_path / "one.png").err
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "angle [rad], x [m]" in run_well("info", pendulums).out
    described = run_well("info", pendulums, "--json").json["series"]
    assert described == {"start": 0.0, "stop": 10.0, "steps": 100, "time_unit": "s", "outputs": outputs}


def test_bodies_are_a_table(tmp_path: Path) -> None:
    run_well("generate", "n_body", tmp_path / "bodies.h5", "-n", 2)
    text = run_well("show", tmp_path / "bodies.h5", 1).out
    (head,) = [line.split() for line in text.splitlines() if line.startswith("  body ")]
    assert head == ["body", "mass", "x", "y", "vx", "vy"]
    parts = [o for o in run_well("show", tmp_path / "bodies.h5", 1, "--json").json["objects"] if o["kind"] == "body"]
    assert [part["slot"] for part in parts] == [0, 1, 2]
    assert all(f"{part['parameters']['mass']['value']:.7g}" in text for part in parts)


def test_preview_of_series_makes_the_noise_free_twin(pendulums: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "pendulums.yaml"
    recipe.write_text(run_well("info", "--recipe", pendulums).out, encoding="utf-8")
    for show in ("series", "clean"):
        pictures = []
        for number, extra in enumerate(((), ("--set", "extras=[clean]"))):
            path = tmp_path / f"{show}{number}.png"
            run_well("preview", recipe, *extra, "-o", path, "--count", 4, "--show", show)
            pictures.append(path.read_bytes())
        told = run_well("preview", pendulums, "-o", tmp_path / "file.png", "--count", 4, "--show", show).err
        assert told.startswith("4 series in ")
        pictures.append((tmp_path / "file.png").read_bytes())
        assert len(set(pictures)) == 1
    assert (tmp_path / "series0.png").read_bytes() != (tmp_path / "clean0.png").read_bytes()


def test_info(galaxies: Path) -> None:
    data = run_well("info", galaxies, "--json").json
    needed = "schema name seed samples first total complete digest recipe_hash arrays tables"
    assert set(needed.split()) <= set(data)
    assert (data["name"], data["seed"], data["samples"], data["complete"]) == ("galaxies", 5, 700, True)
    assert data["arrays"]["images"]["shape"] == [700, 28, 28]
    text = run_well("info", galaxies).out
    assert data["digest"] in text
    assert "700 × 28 × 28" in text


def test_info_counts_classes_and_splits(galaxies: Path) -> None:
    data = run_well("info", galaxies, "--json").json
    assert data["classes"] == open_dataset(galaxies).class_counts()
    assert data["samples_counted"] == 700
    rows = [line.split() for line in run_well("info", galaxies).out.splitlines()]
    counts = data["classes"]["galaxies"]
    assert rows[-2] == ["class", *counts, "all"]
    assert rows[-1] == ["galaxies", *map(str, counts.values()), "700"]


def test_recipe_of_info_makes_the_same_file(galaxies: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(run_well("info", "--recipe", galaxies).out, encoding="utf-8")
    run_well("generate", recipe, tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == galaxies.read_bytes()


@pytest.mark.parametrize("index", [0, 333, 334, 699])
def test_show(index: int, galaxies: Path) -> None:
    data = open_dataset(galaxies)
    row, sample = data.objects("galaxy")[index], data.samples[index]
    shown = run_well("show", galaxies, index, "--json").json
    assert (shown["index"], shown["number"], shown["member"]) == (index, index, int(sample["member"]))
    assert shown["catalogue"] == "galaxies"
    assert shown["split"] == data.splits[int(sample["split"])]
    assert shown["levels"]["noise_gaussian_sigma"]["value"] == float(sample["noise_gaussian_sigma"])
    (galaxy,) = shown["objects"]
    assert (galaxy["kind"], galaxy["entry"], galaxy["slot"]) == ("galaxy", "galaxies/galaxy", 0)
    assert galaxy["parameters"]["r_eff"] == {"value": float(row["r_eff"].value), "unit": "pix"}
    assert [target["value"] for target in shown["targets"].values()] == data[index]["target"].tolist()


def test_show_for_people(galaxies: Path) -> None:
    text = run_well("show", galaxies, 17).out
    row = open_dataset(galaxies).objects("galaxy")[17]
    assert f"{row['r_eff'].value:.7g} pix" in text
    facts, _, drawn = text.partition("\n\n\n")
    assert len(drawn.splitlines()) <= 29
    assert "@" in drawn
    assert "\x1b" not in text
    assert "Targets" in facts


def test_show_writes_a_picture(galaxies: Path, tmp_path: Path) -> None:
    ran = run_well("show", galaxies, 17, "-o", tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "@" not in ran.out


def test_preview_of_a_file_and_of_its_recipe_are_equal(galaxies: Path, tmp_path: Path) -> None:
    run_well("preview", galaxies, "-o", tmp_path / "file.png", "--count", 9)
    run_well("preview", "galaxies", "-n", 700, "--seed", 5, "-o", tmp_path / "recipe.png", "--count", 9)
    assert (tmp_path / "file.png").read_bytes() == (tmp_path / "recipe.png").read_bytes()


def test_preview_makes_the_extras_that_it_shows(tmp_path: Path) -> None:
    run_well("generate", "star", tmp_path / "masks.h5", "-n", 4, "--set", "extras=[masks]")
    run_well("preview", tmp_path / "masks.h5", "--show", "masks", "-o", tmp_path / "file.png")
    run_well("preview", "star", "-n", 4, "--show", "masks", "-o", tmp_path / "recipe.png")
    run_well("preview", "star", "-n", 4, "-o", tmp_path / "images.png")
    assert (tmp_path / "file.png").read_bytes() == (tmp_path / "recipe.png").read_bytes()
    assert (tmp_path / "file.png").read_bytes() != (tmp_path / "images.png").read_bytes()


def test_preview_by_catalogue(tmp_path: Path) -> None:
    command = "preview", "morphology", "-n", 6, "--size", "16x16"
    run_well(*command, "-o", tmp_path / "drawn.png")
    run_well(*command, "--by-catalogue", "-o", tmp_path / "sorted.png")
    assert (tmp_path / "drawn.png").read_bytes() != (tmp_path / "sorted.png").read_bytes()


DOT = "image: {shape: [9, 9]}\nsamples: 2\nnoise: [{gaussian: {sigma: 0.001}}]\n"
DOT += "catalogues: {dot: {objects: [{rectangle: {x: 4, y: 0, width: 3, height: 3, angle: 0, fill: 1}}]}}\n"


def test_figures_are_turned_and_exports_are_not(tmp_path: Path) -> None:
    """A dot in the first row: below in figures, above with --origin upper and in exported pictures."""
    (tmp_path / "dot.yaml").write_text(DOT)
    run_well("generate", tmp_path / "dot.yaml", tmp_path / "dot.h5")
    run_well("export", tmp_path / "dot.h5", tmp_path / "out", "--format", "png")
    assert np.asarray(Image.open(tmp_path / "out" / "0-dot" / "0.png"))[0, 4] > 200
    ladder = ("ladder", tmp_path / "dot.yaml", tmp_path / "rungs", "--axis", "noise", "--rungs", 2, "--members", 1)
    for command, option in (
        (("show", tmp_path / "dot.h5", 0), "-o"),
        (("preview", tmp_path / "dot.h5", "--count", 1), "-o"),
        (("preview", tmp_path / "dot.yaml", "--count", 1), "-o"),
        (ladder, "--picture"),
    ):
        pages = []
        for turned in ((), ("--origin", "lower"), ("--origin", "upper")):
            run_well(*command, option, tmp_path / "figure.png", *turned)
            pages.append(np.asarray(Image.open(tmp_path / "figure.png").convert("L"), int))
        default, lower, upper = pages
        assert (default == lower).all()
        rows = np.flatnonzero((lower != upper).any(axis=1))
        across = np.flatnonzero((lower != upper).any(axis=0))
        changed = slice(rows[0], rows[-1] + 1), slice(across[0], across[-1] + 1)  # no text beside it
        assert np.abs(lower[changed][::-1] - upper[changed]).mean() < 5
        assert (upper - lower)[rows[0] : rows[len(rows) // 2]].mean() > 0
    shown = [run_well("show", tmp_path / "dot.h5", 0, "--origin", o).out.splitlines()[-9:] for o in ("lower", "upper")]
    assert shown[0] == shown[1][::-1]


def test_preview_shows_no_more_than_there_are(tmp_path: Path) -> None:
    assert "3 images" in run_well("preview", "galaxy", "-n", 3, "-o", tmp_path / "few.png").err


def test_verify(galaxies: Path) -> None:
    assert run_well("verify", galaxies).out == f"{galaxies}: 3 chunks are what they should be\n"
    again = run_well("verify", galaxies, "--regenerate", 2).out
    assert again.endswith("3 chunks are what they should be, 2 generated again\n")
    report = run_well("verify", galaxies, "--regenerate", "all", "--json").json
    assert report["same"] is True
    assert (report["chunks"], report["regenerated"]) == (3, 3)


def test_warmup_says_where_kernels_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run_well("warmup", "--json")
    assert ran.json["kinds"] == list(kinds())
    assert ran.json["seconds"] > 0
    assert Path(ran.json["directory"]).is_dir()
    told = run_well("warmup")
    assert ran.json["directory"] in told.out
    parts = [line.partition(":")[0] for line in told.err.splitlines()]
    assert parts == ["PSFs, noise and extras", *kinds()]


def test_json_has_no_numbers_that_json_lacks(galaxies: Path) -> None:
    with h5py.File(galaxies) as file:
        assert np.isfinite(file["targets"][:]).all()
    assert "NaN" not in run_well("show", galaxies, 0, "--json").out
