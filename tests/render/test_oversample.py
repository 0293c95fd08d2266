"""Drawing and blurring on a finer grid: the same scene, the same tables, nearer to the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast import (
    Recipe,
    RecipeError,
    Simulator,
    generate,
    light_kind,
    open_dataset,
    parameter,
    samples,
    verify,
)
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from tests.recipes import mixed

IMAGES = [kind for kind in kinds().values() if kind.dynamics is None]
# Inside of this radius, in pixels, the arms of spirals fade with the size of the pixels that are to resolve them.
FADING = 3.0


def of_kind(kind: Kind, image: dict[str, object], entry: dict[str, str], factor: int) -> Recipe:
    image = {"shape": [20, 24], **image, "oversample": factor}
    data = {"image": image, "catalogues": {kind.name: {"objects": [{kind.name: entry}]}}}
    recipe: Recipe = Recipe.parse(data)
    return recipe


@pytest.mark.parametrize("kind", IMAGES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("factor", [3, 5])
def test_every_kind_is_drawn_in_sub_pixels(kind: Kind, factor: int) -> None:
    for image, entry in kind.renderings():
        plain, finer = (samples(of_kind(kind, image, entry, n), 0, 12) for n in (1, factor))
        assert plain.tables.objects[kind.name].tobytes() == finer.tables.objects[kind.name].tobytes()
        assert plain.tables.samples.tobytes() == finer.tables.samples.tobytes()
        near = np.zeros(plain["image"].shape, bool)
        if kind.name == "spiral_galaxy":
            rows, columns = np.mgrid[:20, :24]
            table = plain.tables.objects[kind.name]
            x, y = (table[name][:, None, None] for name in ("x", "y"))
            near = np.hypot(rows - y, columns - x) < FADING
        scale = plain["image"].max()
        close = 1e-4 if image.get("sampling") == "integrate" else 1e-5
        close = 2e-3 if kind.name == "spiral_galaxy" else close
        np.testing.assert_allclose(finer["image"][~near] / scale, plain["image"][~near] / scale, rtol=0, atol=close)


def test_a_kind_of_ones_own_is_asked_in_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})

    @light_kind("blob", parameters=[parameter("radius", low=1.0, high=9.0, default={"uniform": [2, 4]})])
    def blob(dx: float, dy: float, row: Any) -> float:
        """A function that knows pixels: its core is one pixel wide whatever the radius."""
        r2 = dx * dx + dy * dy
        return 1.0 / (1.0 + r2) + (row.radius * row.radius - r2 if r2 < row.radius * row.radius else 0.0)

    kind = kinds()["blob"]
    for image, entry in kind.renderings():
        plain, finer = (samples(of_kind(kind, image, entry, n), 0, 12)["image"] for n in (1, 3))
        np.testing.assert_allclose(finer, plain, rtol=0.03 if image["sampling"] == "integrate" else 2e-6, atol=0.2)


def test_all_arrays_and_targets_are_those_of_the_pixels(tmp_path: Any) -> None:
    recipe = mixed().with_overrides({"samples": 40, "image.sampling": "integrate", "image.coverage": True})
    recipe = recipe.set("image.oversample", 3).set("extras", ["clean", "masks", "variance"])
    generate(recipe, tmp_path / "fine.h5")
    verify(tmp_path / "fine.h5", regenerate="all")
    dataset = open_dataset(tmp_path / "fine.h5")
    assert dataset.recipe.image.oversample == 3
    assert dataset.images.shape == (40, *recipe.image.shape)
    one = Simulator(dataset.recipe).batch(0, 40)
    np.testing.assert_array_equal(one["image"], dataset.images)
    assert one["mask"].max() > 0
    if "brightness" in recipe.targets:
        column = list(recipe.targets).index("brightness")
        np.testing.assert_allclose(one.targets[:, column], one["clean"].sum((1, 2)), rtol=1e-5)


def test_a_recipe_without_it_is_what_it_was() -> None:
    recipe = Recipe.builtin("sky")
    assert "oversample" not in recipe.to_yaml()
    assert recipe.set("image.oversample", 1).hash() == recipe.hash()
    finer = recipe.set("image.oversample", 3)
    assert finer.hash() != recipe.hash()
    assert Recipe.from_yaml(finer.to_yaml()).hash() == finer.hash()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image.oversample": 2}, "image.oversample: must be odd"),
        ({"image.oversample": 17}, "image.oversample: must be a whole number from 1 to 15, not 17"),
        ({"size": [6000, 20], "image.oversample": 3}, "image.oversample: 3 makes a grid of more than 16384"),
        (
            {"psf": {"gaussian": {"sigma": 40}}, "image.oversample": 3},
            "3 isn't needed where a PSF is 40 pix wide",
        ),
        ({"image.coverage": True, "image.oversample": 3}, "image.oversample: 3 needs sampling integrate and coverage"),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, object], words: str) -> None:
    recipe = Recipe.of_kind("star").set("catalogues.star.objects", ["star", "circle"])
    with pytest.raises(RecipeError, match=words):
        recipe.with_overrides(changes)
