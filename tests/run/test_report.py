"""A dataset on one page."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from scipy.stats import spearmanr

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.run.report.card import card
from deepbench_fast.run.report.contents import BLOCK, BLOCKS, CHECKED, checks, fullest, looked_at, populations, stages
from deepbench_fast.run.report.correlations import correlations
from deepbench_fast.run.report.croissant import croissant
from deepbench_fast.run.report.loading import loading
from deepbench_fast.run.report.page import report
from deepbench_fast.values.number_text import grouped
from tests.cli.running import run, run_well
from tests.recipes import mixed, noisy_pendulums
from tests.run.test_dataset_html import Tags


@pytest.fixture(scope="module")
def page(mixed_file: Path) -> str:
    return report(mixed_file)


def test_it_says_what_the_dataset_is(page: str, mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    tags = Tags()
    tags.void += ("meta", "br")
    tags.feed(page.partition("<body>")[2].partition("</body>")[0])
    assert not tags.open
    summary = data.summary
    for words in (summary.digest, summary.recipe_hash, grouped(summary.samples), *data.catalogues, *data.splits):
        assert str(words) in page
    for title in (
        "Classes and splits",
        "Checks",
        "Samples",
        "One sample through its stages",
        "Recipe",
        "How to cite it",
    ):
        assert f"<h2>{title}</h2>" in page
    assert "every bit: as it should be" in page
    assert len(page) < 3_000_000


def test_of_many_classes_the_first_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture takes a quarter of a second: with 3,000 classes the page took longer than anybody waits."""
    star = {"x": 4, "y": 4, "amplitude": 1, "alpha": 3, "gamma": {"uniform": [1, 2]}}
    classes = {f"c{k}": {"objects": [{"star": star}]} for k in range(5)}
    generate(Recipe(samples=60, image={"shape": [9, 9]}, catalogues=classes, targets=["brightness"]), tmp_path / "a.h5")
    whole = report(tmp_path / "a.h5")
    monkeypatch.setattr("deepbench_fast.run.report.page.MOST_PICTURES", 2)
    part = report(tmp_path / "a.h5")
    assert whole.count("<img") - part.count("<img") == 2 * 3
    assert part.count("<p>… and 3 more.</p>") == 2
    assert "more." not in whole


def test_stages_are_those_of_one_sample(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    place = fullest(data)
    objects = np.concatenate([data.objects(kind)["sample"] for kind in ("star", "galaxy")])
    assert np.bincount(objects)[place] == np.bincount(objects)[:CHECKED].max()
    found = stages(data, place)
    assert list(found) == ["scene", "clean", "masks", "variance"]
    scene, clean = found["scene"]["images"], found["clean"]["clean"]
    assert scene.max() > clean.max() > 0
    assert (found["clean"]["images"] != clean).any()


RELATED = """
samples: 400
image: {shape: [12, 12], sampling: integrate}
noise: [gaussian: {snr: {uniform: [10, 20]}}]
targets: [brightness, galaxy.n]
catalogues:
  related:
    objects:
      - galaxy:
          amplitude: {uniform: [1, 2]}
          n: {uniform: [1, 4]}
          r_eff: {offset: {from: n, by: {uniform: [1, 1.5]}}}
          x: 6
          y: 6
      - star: {count: {integers: [0, 2]}, amplitude: 1e-9}
"""


def test_correlations_are_those_of_ranks(tmp_path: Path) -> None:
    generate(Recipe.from_yaml(RELATED), tmp_path / "related.h5")
    data = open_dataset(tmp_path / "related.h5")
    (found,) = correlations(data, looked_at(data))
    assert found.names == [
        "noise_gaussian_sigma",
        "noise_gaussian_snr",
        "noise_snr",
        "galaxy.amplitude",
        "galaxy.r_eff",
        "galaxy.n",
        "galaxy.ellip",
        "galaxy.theta",
        "number of star",
        "target brightness",
        "target galaxy.n",
    ]
    galaxies = data.objects("galaxy")
    columns = {
        "galaxy.r_eff": galaxies["r_eff"].value,
        "galaxy.n": galaxies["n"],
        "target brightness": data.targets[:, 0],
    }
    counts = np.bincount(data.objects("star")["sample"], minlength=400)
    columns["number of star"] = counts
    for one, other in ((a, b) for a in columns for b in columns):
        expected = spearmanr(columns[one], columns[other]).statistic
        place = found.names.index(one), found.names.index(other)
        assert found.matrix[place] == pytest.approx(expected, abs=1e-12)
    assert found.strongest()[0][2] > 0.9
    assert ("galaxy.n", "target galaxy.n", 1.0) not in found.strongest()
    assert "What goes together" in report(tmp_path / "related.h5")


def test_correlations_of_a_part_are_those_of_its_samples(tmp_path: Path) -> None:
    recipe = Recipe.from_yaml(RELATED).with_overrides({"samples": 90})
    generate(recipe, tmp_path / "p.h5", shard="2/2")
    data = open_dataset(tmp_path / "p.shard-2-of-2.h5")
    if len(data):
        (found,) = correlations(data, looked_at(data))
        assert "number of star" in found.names


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_is_what_the_validator_takes(mixed_file: Path, tmp_path: Path) -> None:
    run_well("report", mixed_file, "-o", tmp_path / "set.json")
    run_well("report", mixed_file, "-o", tmp_path / "files", "--format", "croissant", "--checksum")
    for name in ("set.json", "files"):
        described = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert described["identifier"] == open_dataset(mixed_file).summary.digest
        samples = {field["name"]: field for field in described["recordSet"][-1]["field"]}
        assert samples["images"]["arrayShape"] == "16,20"
        assert "In order: catalogue, count.star" in samples["targets"]["description"]
        assert "In order" not in samples["images"]["description"] + samples["clean"]["description"]
    (file,) = described["distribution"]
    assert file["sha256"] == hashlib.sha256(mixed_file.read_bytes()).hexdigest()
    validator = pytest.importorskip("mlcroissant")
    for name in ("set.json", "files"):
        (tmp_path / name).rename(tmp_path / "valid.json")
        found = validator.Dataset(jsonld=str(tmp_path / "valid.json"))
        assert not list(found.metadata.ctx.issues.errors)
        assert [record["classes/name"] for record in found.records("classes")] == ["stars", "fields"]


def test_croissant_of_an_index_names_its_parts(tmp_path: Path) -> None:
    recipe = Recipe.of_kind("star").with_overrides({"samples": 400, "size": [12, 12]})
    for part in "12":
        generate(recipe, tmp_path / "star.h5", shard=f"{part}/2")
    run_well("index", "-o", tmp_path / "star.h5")
    described = json.loads(croissant(tmp_path / "star.h5"))
    assert described["distribution"][0]["includes"] == ["star.h5", "star.shard-1-of-2.h5", "star.shard-2-of-2.h5"]


def test_it_needs_no_network_and_runs_nothing(page: str) -> None:
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "url(" not in page


def test_values_are_those_of_the_tables(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    found = {p.title: {d.name: d for d in p.drawn} for p in populations(data, looked_at(data))}
    stars = data.objects("star")
    label = list(data.stored.header.labels["objects/star"]["entry"]).index("fields/star")
    own = stars[stars["entry"] == label]
    for name, drawn in found["fields: star"].items():
        np.testing.assert_array_equal(drawn.values, np.asarray(getattr(own[name], "value", own[name])))
    noise = next(drawn for title, drawn in found.items() if title.endswith("noise and PSF"))
    assert set(noise) == {"noise.gaussian.sigma", "psf.gaussian.sigma", "noise_snr"}


def test_of_many_samples_runs_spread_evenly_are_looked_at() -> None:
    class Many:
        def __len__(self) -> int:
            return 10**7

    runs = looked_at(Many())  # type: ignore[arg-type]
    assert len(runs) == BLOCKS
    assert (runs[0].start, runs[-1].stop) == (0, 10**7)
    assert {run.stop - run.start for run in runs} == {BLOCK}


def test_a_changed_pixel_is_told(tmp_path: Path) -> None:
    path = tmp_path / "star.h5"
    generate(Recipe.of_kind("star").with_overrides({"samples": 20}), path)
    with h5py.File(path, "r+") as file:
        file["images"][7, 3, 3] += 1
    for everything in (False, True):
        (check,) = checks(open_dataset(path), everything)
        assert not check.same
    assert "NOT what it should be" in report(path)


def test_series_and_a_card(tmp_path: Path) -> None:
    path = tmp_path / "swings.h5"
    generate(Recipe.builtin("pendulums").with_overrides({"samples": 12, "name": "swings | <b>"}), path)
    run_well("report", path, "-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in text
    assert "One sample through its stages" not in text
    run_well("report", path, "-o", tmp_path / "card.md", "--verify", "all")
    written = (tmp_path / "card.md").read_text(encoding="utf-8")
    front = yaml.safe_load(written.split("---\n")[1])
    assert front["size_categories"] == ["n<1K"]
    assert front["pretty_name"] == "swings | <b>"
    assert front["task_categories"] == ["time-series-forecasting"]
    assert "| class | train | validation | test |" in written or "| class | " in written
    assert "all samples made again from the recipe: as it should be" in written
    assert open_dataset(path).summary.digest in written


@pytest.mark.parametrize(
    ("recipe", "extras", "tasks"),
    [
        ("galaxies", [], ["other"]),
        ("shapes", [], ["image-classification"]),
        ("galaxies", ["clean", "masks"], ["image-segmentation", "image-to-image"]),
    ],
)
def test_a_card_says_what_the_dataset_can_teach(
    tmp_path: Path, recipe: str, extras: list[str], tasks: list[str]
) -> None:
    path = tmp_path / "few.h5"
    generate(Recipe.builtin(recipe).with_overrides({"samples": 4, "extras": extras, "size": [12, 12]}), path)
    text = card(path)
    assert yaml.safe_load(text.split("---\n")[1])["task_categories"] == tasks
    assert "](" not in text.partition("## How to cite it")[0]  # no link that leads nowhere


def test_a_part_without_samples_has_a_page(tmp_path: Path) -> None:
    """Where a dataset has fewer chunks than parts, some parts are empty."""
    for recipe in (mixed(), noisy_pendulums()):
        made = tmp_path / f"{recipe.name}.h5"
        generate(recipe, made, shard="1/1000")
        page = report(made.with_name(f"{recipe.name}.shard-1-of-1000.h5"))
        assert "Classes and splits" in page
        assert "One sample through its stages" not in page


def test_a_class_without_samples_is_no_obstacle(tmp_path: Path) -> None:
    rare = {"weight": "1/1000", "objects": ["star"]}
    recipe = Recipe(samples=20, targets=["brightness"], catalogues={"rare": rare, "common": {"objects": ["star"]}})
    generate(recipe, tmp_path / "rare.h5")
    assert set(open_dataset(tmp_path / "rare.h5")[:].labels.tolist()) == {1}
    assert "<h3>common</h3>" in (page := report(tmp_path / "rare.h5"))
    assert "target brightness" in page


def test_wrong_names(tmp_path: Path, mixed_file: Path) -> None:
    ran = run("report", mixed_file, "-o", tmp_path / "page.pdf")
    assert ran.status == 2
    assert "HTML, Markdown or JSON" in ran.err
    assert "--checksum goes with" in run("report", mixed_file, "-o", tmp_path / "page.md", "--checksum").err
    assert "--verify is for" in run("report", mixed_file, "-o", tmp_path / "page.json", "--verify", "all").err
    assert not list(tmp_path.iterdir())
    assert run("report", tmp_path / "none.h5", "-o", tmp_path / "page.html").status != 0


def test_a_form_and_a_name_that_contradict_each_other(tmp_path: Path, mixed_file: Path) -> None:
    for form, name, words in (
        ("croissant", "p.html", "no .html"),
        ("html", "p.md", "no .md"),
        ("md", "p.JSON", "no .json"),
    ):
        ran = run("report", mixed_file, "-o", tmp_path / name, "--format", form)
        assert (ran.status, words in ran.err) == (2, True)
    assert not list(tmp_path.iterdir())


def test_a_dataset_is_not_replaced_by_its_page(tmp_path: Path, mixed_file: Path) -> None:
    data = tmp_path / "data.h5"
    shutil.copy(mixed_file, data)
    (tmp_path / "page.html").symlink_to(data)
    for path, *options in ((data, "--format", "html"), (data, "--format", "croissant"), (tmp_path / "page.html",)):
        ran = run("report", data, "-o", path, *options)
        assert ran.status == 1
        assert f"{path}: an HDF5 file stands there" in ran.err
    assert data.read_bytes() == mixed_file.read_bytes()


@pytest.mark.parametrize("file", ["data.h5", """it's "q" {file} \\n ü.h5"""])
def test_the_ways_to_load_it_work(file: str, mixed_file: Path, tmp_path: Path) -> None:
    shutil.copy(mixed_file, tmp_path / file)
    programs = [program for title, program in loading(file) if title != "PyTorch"]
    subprocess.run([sys.executable, "-c", "\n".join(programs)], cwd=tmp_path, check=True, capture_output=True)


def test_croissant_of_odd_names(tmp_path: Path, mixed_file: Path) -> None:
    path = tmp_path / "[a] {b} *?.h5"
    shutil.copy(mixed_file, path)
    (file_set,) = json.loads(croissant(path))["distribution"]
    (pattern,) = file_set["includes"]
    assert fnmatch.fnmatchcase(path.name, pattern)
    assert not fnmatch.fnmatchcase("a {b} cd.h5", pattern)
    described = json.loads(croissant(path, checksum=True))
    (file,) = described["distribution"]
    assert file["contentUrl"] == path.name
    assert re.fullmatch(r"[\w%.]+", file["@id"])
    assert {field["source"]["fileObject"]["@id"] for field in described["recordSet"][-1]["field"]} == {file["@id"]}


def test_laws_stand_beside_what_was_drawn_from_them(tmp_path: Path) -> None:
    """Not beside what follows from more draws: positions of bodies, ends that are drawn again, noise on parameters."""
    recipes = {
        "bodies": Recipe.builtin("n-body"),
        "lines": Recipe.of_kind("line").with_overrides({"size": [48, 48]}),
        "pendulums": Recipe.builtin("pendulums").set("parameter_noise", {"length": 0.2}),
    }
    laws = {}
    for name, recipe in recipes.items():
        generate(recipe.with_overrides({"samples": 60}), tmp_path / f"{name}.h5")
        data = open_dataset(tmp_path / f"{name}.h5")
        for drawn in (drawn for population in populations(data, looked_at(data)) for drawn in population.drawn):
            laws[name, drawn.name] = drawn.law
            if drawn.law is not None:
                low, high = drawn.law.support
                assert low <= drawn.values.min(), drawn.name
                assert drawn.values.max() <= high, drawn.name
    without = {key for key, law in laws.items() if law is None}
    assert without == {
        *(("bodies", name) for name in ("x", "y", "vx", "vy")),
        *(("lines", name) for name in ("x1", "y1", "x2", "y2")),
    }
    assert {("bodies", "mass"), ("lines", "line_width"), ("pendulums", "length")} <= laws.keys()
