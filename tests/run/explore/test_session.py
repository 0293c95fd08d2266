"""What a page is told: rows of every recipe, pictures of the sample, and changes that keep everything else."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples
from deepbench_fast.authoring.ladders import ladder
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.load import builtin_recipes
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.run.explore.frames import LARGEST, Frame, image_frame
from deepbench_fast.run.explore.session import Session

R_EFF = "catalogues.galaxy.galaxy.r_eff"


def galaxy() -> Recipe:
    """Galaxies of 28×28 pixels in noise."""
    return Recipe.of_kind("galaxy").with_overrides({"noise": [{"gaussian": {"sigma": 0.1}}], "samples": 20})


def asked(session: Session, do: str, **request: Any) -> Frame:
    """The answer to a request that can be carried out."""
    frame = session.answer({"do": do, **request})
    assert "error" not in frame.header, frame.header
    json.dumps(frame.header, allow_nan=False)
    return frame


def rows_of(frame: Frame) -> dict[str, dict[str, Any]]:
    return {row["address"]: row for section in frame.header["state"]["sections"] for row in section["rows"]}


def plane(frame: Frame, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A plane in the order of the image's rows."""
    header = frame.header["frame"]
    number = [plane["name"] for plane in header["planes"]].index(name)
    return np.frombuffer(frame.buffers[number], np.uint8).reshape(header["shape"])[::-1]


def series_of(frame: Frame) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The last of a series frame's arrays: the values as they are measured."""
    header = frame.header["frame"]
    return np.frombuffer(frame.buffers[-1], np.float32).reshape(header["moments"], header["columns"])


@pytest.mark.parametrize("name", [name for name in builtin_recipes() if name != "wide-field"])
def test_every_recipe_is_shown_with_its_values_in_reach(name: str) -> None:
    recipe = Recipe.builtin(name)
    if recipe.series is None:
        recipe = recipe.with_overrides({"size": [28, 28]})
    frame = asked(Session(recipe), "show", sample=1)
    rows = rows_of(frame)
    for row in rows.values():
        if row["form"] == "slider":
            assert row["low"] < row["high"]
            assert row["value"] is None or row["low"] <= row["value"] <= row["high"], row
            assert all(0.0 <= density <= 1.0 for density in row["density"])
    state = frame.header["state"]
    for entry in recipe.resolved().catalogues[state["catalogue"]].objects:
        for parameter, law in entry.parameters.items():
            row = rows[f"catalogues.{state['catalogue']}.{entry.name}.{parameter}"]
            assert row["fixed"] is not law.is_random


@pytest.mark.parametrize("name", kinds())
def test_every_kind_can_be_added_drawn_and_removed(name: str) -> None:
    first = "pendulum" if kinds()[name].dynamics else "circle"
    recipe = Recipe.of_kind(first)
    session = Session(recipe.with_overrides({"size": [28, 28]}) if recipe.series is None else recipe)
    state = asked(session, "add", catalogue=first, kind=name).header["state"]
    entries = [section["entry"] for section in state["sections"] if section["entry"]]
    if recipe.series is not None:
        assert entries == [name]
        return
    assert entries == [first, name if name != first else f"{name}.2"]
    assert len(rows_of(asked(session, "show"))) > len(rows_of(asked(session, "remove", catalogue=first, entry=first)))


def test_a_moved_slider_fixes_its_value_and_keeps_all_others() -> None:
    session = Session(galaxy())
    before = rows_of(asked(session, "show", sample=3))
    after = rows_of(asked(session, "set", address=R_EFF, value=4.25))
    assert before[R_EFF]["fixed"] is False
    assert {**after[R_EFF], "density": (), "meaning": ""} == {
        **before[R_EFF],
        "density": (),
        "meaning": "",
        "value": 4.25,
        "law": "4.25",
        "fixed": True,
        "drawable": True,
    }
    for address, row in before.items():
        assert address == R_EFF or row == after[address]
    assert session.recipe == galaxy().set(R_EFF, 4.25)


def test_what_is_shown_is_the_sample_that_the_text_makes(tmp_path: Path) -> None:
    session = Session(galaxy())
    asked(session, "show", sample=3)
    frame = asked(session, "set", address=R_EFF, value=4.25)
    text = asked(session, "text").header["text"]
    (tmp_path / "saved.yaml").write_text(text, encoding="utf-8")
    recipe = Recipe.load(tmp_path / "saved.yaml")
    generate(recipe, tmp_path / "saved.h5")
    image = open_dataset(tmp_path / "saved.h5")[3]["image"]
    assert np.array_equal(image, samples(session.recipe, 3, 4)["images"][0])
    made = Simulator(recipe.with_overrides({"extras": ["clean", "masks"]})).batch(3, 4)
    again = image_frame(image, made["clean"][0], made["mask"][0], shapes=False, stretch=None, noisy=True)
    assert frame.buffers == again.buffers


def test_series_are_shown_as_the_text_makes_them() -> None:
    session = Session(Recipe.builtin("pendulums"))
    frame = asked(session, "show", sample=2)
    recipe = Recipe.from_yaml(asked(session, "text").header["text"])
    series = samples(recipe, 2, 3)["series"][0]
    assert np.array_equal(series_of(frame), series.astype(np.float32))
    assert frame.header["frame"]["moments"] == len(series)


def test_a_fixed_value_is_drawn_again_from_the_law_that_it_had() -> None:
    session = Session(galaxy().set(R_EFF, "{loguniform: [2, 6]}"))
    before = asked(session, "show")
    for value in (3.0, 5.0):
        asked(session, "set", address=R_EFF, value=value)
    assert asked(session, "draw", address=R_EFF).buffers == before.buffers
    assert session.recipe == galaxy().set(R_EFF, "{loguniform: [2, 6]}")


def test_one_that_was_fixed_from_the_start_is_drawn_as_its_kind_is() -> None:
    session = Session(galaxy().set(R_EFF, 3))
    row = rows_of(asked(session, "show"))[R_EFF]
    assert row["fixed"]
    assert row["drawable"]
    row = rows_of(asked(session, "draw", address=R_EFF))[R_EFF]
    assert row["law"] == "{uniform: [2.24, 7]}"


def test_laws_are_written_as_in_a_recipe() -> None:
    session = Session(galaxy())
    row = rows_of(asked(session, "set", address=R_EFF, text="{normal: {mean: 3, sigma: 0.1}}"))[R_EFF]
    assert row["law"] == "{normal: [3, 0.1]}"
    assert 2.6 < row["low"] < 2.8 < 3.2 < row["high"] < 3.4  # without its tails


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"do": "set", "address": R_EFF, "value": -1.0}, "must be from 0.001"),
        ({"do": "set", "address": R_EFF, "text": "{uniform: [2"}, "YAML"),
        ({"do": "set", "address": "galaxy.nothing", "value": 1}, "nothing"),
        ({"do": "recipe", "text": "version: 1\nname: x\ncatalogues: {a: {objects: [galaxi]}}\n"}, "galaxy"),
        ({"do": "start", "name": "galaxi"}, "galaxy"),
        ({"do": "remove", "catalogue": "galaxy", "entry": "galaxy"}, "add another one first"),
        ({"do": "class", "name": "stars"}, "stars"),
        ({"do": "stretch", "name": "cubic"}, "cubic"),
        ({"do": "ladder", "axis": "classes", "rungs": 5}, "axis classes"),
        ({"do": "draw", "address": "noise.gaussian.sigma"}, "noise.gaussian.sigma"),
        ({"do": "undo"}, "nothing to undo"),
        ({"do": "dance"}, "dance"),
        ({"do": "set", "address": R_EFF, "text": "{table: {file: none.csv, column: r}}"}, "none.csv"),
        ({"do": "set", "address": "image.shape", "text": "[16384, 16384"}, "YAML"),
    ],
)
def test_what_can_not_be_done_changes_nothing(request_: dict[str, Any], words: str) -> None:
    session = Session(galaxy())
    before = session.shown
    error = session.answer({**request_, "id": "a-1"}).header
    assert set(error) == {"id", "error"}
    assert words in error["error"]
    assert "\n" not in error["error"]
    assert session.shown == before


def test_what_can_not_be_drawn_changes_nothing() -> None:
    """The recipe is valid, but a sample has more objects than its masks have numbers."""
    recipe = Recipe.of_kind("circle").with_overrides({"size": [2, 2], "circle.count": 65_535})
    objects = [*recipe.catalogues["circle"].objects, {"circle": {"name": "more", "count": 0}}]
    session = Session(recipe.with_overrides({"catalogues.circle.objects": objects}))
    before = session.shown
    assert "error" in session.answer({"do": "set", "address": "catalogues.circle.more.count", "value": 1}).header
    assert session.shown == before


def test_undo_takes_back_all_moves_of_a_slider_at_once() -> None:
    session = Session(galaxy())
    before = asked(session, "show")
    assert before.header["undo"] is False
    for value in (3.0, 4.0, 5.0):
        frame = asked(session, "set", address=R_EFF, value=value)
    assert frame.header["undo"]
    asked(session, "noise", catalogue="galaxy", model="gaussian", on=False)
    asked(session, "undo")
    assert session.recipe == galaxy().set(R_EFF, 5)
    after = asked(session, "undo")
    assert after.buffers == before.buffers
    assert after.header["undo"] is False


def test_noise_and_psf_come_and_go() -> None:
    session = Session(galaxy())
    clean = plane(asked(session, "noise", catalogue="galaxy", model="gaussian", on=False), "image")
    names = [plane["name"] for plane in asked(session, "show").header["frame"]["planes"]]
    assert names == ["image", "masks"]
    blurred = asked(session, "psf", catalogue="galaxy", model="moffat")
    assert not np.array_equal(plane(blurred, "image"), clean)
    assert {"psf.moffat.gamma", "psf.moffat.alpha"} <= set(rows_of(blurred))
    for model in ("poisson", "ccd", "gaussian"):
        frame = asked(session, "noise", catalogue="galaxy", model=model, on=True)
    assert sorted(frame.header["state"]["noise"]) == ["ccd", "gaussian", "poisson"]
    without = asked(session, "psf", catalogue="galaxy", model="")
    assert without.header["state"]["psf"] == ""
    assert not [address for address in rows_of(without) if address.startswith("psf")]


def test_a_catalogue_changes_the_noise_that_is_its_own() -> None:
    recipe = Recipe.builtin("noisy-pendulums")
    session = Session(recipe)
    number = next(k for k in range(6) if asked(session, "show", sample=k).header["state"]["catalogue"] == "noiseless")
    asked(session, "show", sample=number)
    frame = asked(session, "noise", catalogue="noiseless", model="gaussian", on=True)
    address = "catalogues.noiseless.noise.gaussian.sigma"
    assert rows_of(frame)[address]["value"] == 0.1
    asked(session, "set", address=address, value=0.5)
    assert session.recipe.noise == recipe.noise
    assert session.recipe.noise_of("noiseless")[0].data() == {"gaussian": {"sigma": 0.5}}


def test_absolute_noise_on_a_parameter_stays_absolute() -> None:
    session = Session(Recipe.of_kind("pendulum").set("parameter_noise", "{length: {absolute: 0.1}}"))
    asked(session, "set", address="parameter_noise.length", value=0.2)
    assert session.recipe.parameter_noise["length"].to_yaml_data() == {"absolute": 0.2}


def test_targets_of_what_is_removed_go_with_it() -> None:
    session = Session(Recipe.builtin("sky").with_overrides({"size": [28, 28]}))
    asked(session, "remove", catalogue="fields", entry="galaxy")
    assert list(session.recipe.targets) == ["catalogue", "count.star"]


def test_another_form_has_parameters_of_its_own() -> None:
    session = Session(Recipe.of_kind("spiral_galaxy").set("spiral_galaxy.pitch", 0.3))
    address = "catalogues.spiral_galaxy.spiral_galaxy.form"
    rows = rows_of(asked(session, "option", address=address, text="ringermacher_mead"))
    assert rows[address]["value"] == "ringermacher_mead"
    assert "catalogues.spiral_galaxy.spiral_galaxy.rm_b" in rows
    assert "catalogues.spiral_galaxy.spiral_galaxy.pitch" not in rows


def test_the_next_sample_of_a_class() -> None:
    session = Session(Recipe.builtin("sky").with_overrides({"size": [28, 28], "samples": 30}))
    labels = samples(session.recipe, 0, 30).labels
    number = 0
    for _ in range(4):
        state = asked(session, "class", name="star-fields").header["state"]
        later = np.flatnonzero(labels[number + 1 :] == 1)
        assert state["sample"] == number + 1 + later[0]
        assert state["catalogue"] == "star-fields"
        number = state["sample"]


def test_a_ladder_shows_the_same_member_on_every_rung() -> None:
    recipe = galaxy()
    session = Session(recipe)
    asked(session, "show", sample=3)
    frame = asked(session, "ladder", axis="noise", rungs=3)
    rungs = ladder(recipe, "noise", 3)
    images = [samples(rung, 3, 4)["images"][0] for rung in rungs]  # of one catalogue, members are samples
    assert frame.header["ladder"]["labels"] == ["no noise", "noise × 0.5", "noise × 1"]
    planes = [np.frombuffer(part, np.uint8).reshape(28, 28)[::-1] for part in frame.buffers]
    for image, painted in zip(images, planes, strict=True):
        order = np.argsort(image, axis=None, kind="stable")
        assert (np.diff(painted.ravel()[order].astype(int)) >= 0).all()
        assert (
            planes[0].ravel()[image.ravel() == images[0].ravel()] == painted.ravel()[image.ravel() == images[0].ravel()]
        ).all()
    asked(session, "rung", axis="noise", rungs=3, rung=1)
    assert session.recipe == rungs[1]


def test_a_ladder_of_series_has_curves() -> None:
    session = Session(Recipe.builtin("pendulums"))
    ladder_ = asked(session, "ladder", axis="spread", rungs=2).header["ladder"]
    assert ladder_["kind"] == "curves"
    assert [rung["kind"] for rung in ladder_["rungs"]] == ["series", "series"]


def test_bytes_follow_the_values() -> None:
    session = Session(galaxy())
    frame = asked(session, "show", sample=5)
    batch = Simulator(galaxy().with_overrides({"extras": ["clean", "masks"]})).batch(5, 6)
    noise = batch["image"][0] - batch["clean"][0]
    for name, values in (("image", batch["image"][0]), ("clean", batch["clean"][0]), ("noise", noise)):
        order = np.argsort(values, axis=None, kind="stable")
        assert (np.diff(plane(frame, name).ravel()[order].astype(int)) >= 0).all(), name
    assert np.array_equal(plane(frame, "masks"), batch["mask"][0])
    header = frame.header["frame"]
    assert [sum(bars) for bars in header["bars"]] == [28 * 28, 28 * 28]
    assert [float(tick) for tick in header["ticks"]] == sorted(float(tick) for tick in header["ticks"])
    assert math.isclose(float(header["ticks"][-1]), batch["image"].max(), rel_tol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 2), (1500, 1030)])
def test_images_of_any_shape_become_planes(shape: tuple[int, int]) -> None:
    image = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    frame = image_frame(image, image, np.zeros(shape, np.uint16), shapes=True, stretch="linear", noisy=False)
    by = frame.header["smaller"]
    assert by == -(-max(shape) // LARGEST)
    assert frame.header["shape"] == [max(side // by, 1) for side in shape]
    assert [len(part) for part in frame.buffers] == [math.prod(frame.header["shape"])] * 2
    painted = np.frombuffer(frame.buffers[0], np.uint8).reshape(frame.header["shape"])
    assert painted[-1, 0] <= painted[0, -1]  # row 0 at the bottom


def test_a_session_goes_on_where_something_unforeseen_happens(caplog: pytest.LogCaptureFixture) -> None:
    session = Session(galaxy())
    assert "KeyError" in session.answer({"do": "set"}).header["error"]
    assert "request set" in caplog.text
    asked(session, "show")


def test_the_second_of_a_kind_is_not_taken_for_the_first() -> None:
    session = Session(Recipe.of_kind("spiral_galaxy").with_overrides({"size": [28, 28]}))
    asked(session, "add", catalogue="spiral_galaxy", kind="spiral_galaxy")
    place = "catalogues.spiral_galaxy.spiral_galaxy.2"
    asked(session, "option", address=f"{place}.form", text="ringermacher_mead")
    forms = [entry.form for entry in session.recipe.catalogues["spiral_galaxy"].objects]
    assert forms == ["logarithmic", "ringermacher_mead"]
    asked(session, "set", address=f"{place}.rm_b", text="0.8")
    asked(session, "draw", address=f"{place}.rm_b")
    first, second = session.recipe.resolved().catalogues["spiral_galaxy"].objects
    assert "rm_b" not in first.parameters
    assert second.parameters["rm_b"].is_random


@pytest.mark.parametrize("text", ["a: b", "my # 1", "'q' \"r\"", "yes", "1e3", "[x", "ü 🌌", "- 7", "null"])
def test_texts_of_rows_read_back_as_they_are(text: str) -> None:
    session = Session(galaxy().with_overrides({"name": text, "seed": f"{text} "}))
    rows = rows_of(asked(session, "show"))
    before = session.recipe
    for address in ("name", "seed", "samples"):
        asked(session, "set", address=address, text=rows[address]["law"])
    assert session.recipe == before
