"""Light with a cutoff in samples: what may change, by how much, and what may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, RecipeError, generate, light_kind, parameter, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kinds import registry
from deepbench_fast.render.renderer import Renderer

FIELD = """
version: 1
name: field
samples: 6
image: {shape: [90, 110], sampling: integrate}
psf: {gaussian: {sigma: 1.2}}
extras: [clean, masks, variance]
targets: [brightness, count.star]
noise:
  - poisson: {level: 0.1}
catalogues:
  field:
    objects:
      - star:
          count: 12
          x: {uniform: [-9, 119]}
          y: {uniform: [-9, 99]}
          amplitude: {loguniform: [0.1, 100]}
          gamma: 1
      - galaxy: {count: 5, x: {uniform: [-9, 119]}, y: {uniform: [-9, 99]}, r_eff: {loguniform: [2, 9]}}
"""
OBJECTS = 17


def both(changes: dict[str, Any], cutoff: float, count: int = 3) -> tuple[Any, Any]:
    recipe = Recipe.from_yaml(FIELD).with_overrides(changes)
    return samples(recipe, 0, count), samples(recipe.set("image.cutoff", cutoff), 0, count)


@pytest.mark.parametrize("cutoff", [1e-5, 1e-3, 0.1])
@pytest.mark.parametrize(
    "changes", [{}, {"psf": {"moffat": {"gamma": 1.5, "alpha": 3}}}, {"psf": None}, {"image.oversample": 3}]
)
def test_no_pixel_changes_by_more_than_the_cutoff_an_object(changes: dict[str, Any], cutoff: float) -> None:
    uncut, cut = both(changes, cutoff)
    # Weights of a PSF are positive here, and sum up to 1; the rest is what float32 rounds.
    allowed = OBJECTS * cutoff + 4e-6 * uncut["clean"]
    assert (np.abs(cut["clean"] - uncut["clean"]) <= allowed).all()
    assert (cut["clean"] <= uncut["clean"] * (1 + 4e-6)).all()
    assert (cut["clean"] != uncut["clean"]).any()
    pixels = uncut["clean"][0].size
    assert (np.abs(cut["targets"][:, 0] - uncut["targets"][:, 0]) <= pixels * OBJECTS * cutoff + 1e-3).all()
    np.testing.assert_array_equal(cut["targets"][:, 1], uncut["targets"][:, 1])
    assert (np.abs(cut["variance"] - uncut["variance"]) <= allowed + 1e-5 * uncut["variance"]).all()
    assert cut.tables.objects["galaxy"].tobytes() == uncut.tables.objects["galaxy"].tobytes()


def test_masks_lose_only_pixels_below_the_cutoff() -> None:
    uncut, cut = both({"psf": None, "extras": ["clean", {"masks": {"threshold": 0}}]}, 0.01)
    kept = cut["masks"] > 0
    assert 0 < kept.sum() < (uncut["masks"] > 0).sum()
    np.testing.assert_array_equal(cut["masks"][kept], uncut["masks"][kept])
    assert (uncut["clean"][~kept & (uncut["masks"] > 0)] < OBJECTS * 0.01).all()


def test_a_sample_is_the_same_alone_and_with_threads() -> None:
    recipe = Recipe.from_yaml(FIELD).set("image.cutoff", 0.003)
    together, alone = samples(recipe, 0, 5), samples(recipe, 3, 4)
    np.testing.assert_array_equal(together["images"][3], alone["images"][0])
    plan = make_plan(recipe)
    tables = draw(plan, 3, 4)
    np.testing.assert_array_equal(Renderer(plan, threads=3).render(tables)["images"][0], alone["images"][0])


def test_a_file_has_the_same_bits_by_more_threads_than_samples(tmp_path: Any) -> None:
    recipe = Recipe.from_yaml(FIELD).with_overrides({"image.cutoff": 0.003, "samples": 2})
    digests = {generate(recipe, tmp_path / f"{threads}.h5", threads=threads).digest for threads in (1, 2, 5)}
    assert len(digests) == 1


def test_kinds_of_ones_own_are_evaluated_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})

    @light_kind("hill", parameters=[parameter("radius", low=1.0, high=99.0)])
    def hill(dx: float, dy: float, row: Any) -> float:
        return 1.0 / (1.0 + (dx * dx + dy * dy) / (row.radius * row.radius))

    recipe = Recipe.parse({"image": {"shape": [40, 50]}, "catalogues": {"c": {"objects": [{"hill": {"radius": 6}}]}}})
    uncut, cut = (samples(recipe.set("image.cutoff", value), 0, 2)["images"] for value in (0.0, 0.2))
    np.testing.assert_array_equal(cut, np.where(uncut >= np.float32(0.2), uncut, 0))
    assert 0 < (cut == 0).mean() < 1


def test_shapes_have_no_cutoff() -> None:
    recipe = Recipe.parse(
        {"image": {"shape": [20, 20]}, "catalogues": {"c": {"objects": [{"circle": {"fill": 1, "amplitude": 0.1}}]}}}
    )
    uncut, cut = (samples(recipe.set("image.cutoff", value), 0, 2)["images"] for value in (0.0, 0.5))
    np.testing.assert_array_equal(cut, uncut)


def test_the_default_is_not_written_and_changes_no_hash() -> None:
    recipe = Recipe.from_yaml(FIELD)
    assert "cutoff" not in recipe.to_yaml()
    assert recipe.set("image.cutoff", 0).hash() == recipe.hash()
    cut = recipe.set("image.cutoff", 0.25)
    assert "cutoff: 0.25" in cut.to_yaml()
    assert Recipe.from_yaml(cut.to_yaml()) == cut.resolved()
    assert cut.hash() != recipe.hash()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "must be a brightness from 0 to 1e20, not -1"),
        (1e21, "must be a brightness from 0 to 1e20"),
        ("3 deg", "must be a brightness, not '3 deg'"),
        (True, "must be a brightness, not true"),
        (float("nan"), "must be a finite number"),
        ({"uniform": [0, 1]}, "must be a brightness, not"),
    ],
)
def test_errors_name_the_key(value: object, words: str) -> None:
    with pytest.raises(RecipeError, match=r"image\.cutoff: ") as error:
        Recipe.from_yaml(FIELD).set("image.cutoff", value)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
