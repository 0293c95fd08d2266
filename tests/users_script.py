"""A script as a user writes it, with the type that a checker must see of each thing: for `tests/test_types.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

from deepbench_fast import (
    Batch,
    Dataset,
    Prior,
    Recipe,
    RecipeError,
    Simulator,
    export,
    generate,
    ladder,
    light_kind,
    open_dataset,
    parameter,
    sample,
    samples,
    simulate,
    verify,
)

YAML = """
version: 1
name: stars
seed: 1
samples: 40
image: {shape: [8, 8]}
splits: {train: 3/4, test: 1/4}
noise:
  - gaussian: {sigma: 0.1}
catalogues:
  stars:
    objects: [star]
"""


@light_kind("users_disc", parameters=[parameter("radius", "pix", low=0.0, default=2.0)])
def disc(dx: float, dy: float, row: Any) -> float:
    return 1.0 if dx * dx + dy * dy < row.radius * row.radius else 0.0


def flat(batch: Batch) -> npt.NDArray[Any]:
    images = assert_type(batch["image"], npt.NDArray[Any])
    return images.reshape(len(batch), -1)


def recipes() -> Recipe:
    try:
        Recipe.from_yaml("version: 1")
    except RecipeError as error:
        assert_type(error, RecipeError)
    stars = {"objects": ["star", {"galaxy": {"n": 1}}]}
    plain = Recipe(name="plain", image={"shape": [8, 8]}, catalogues={"stars": stars})
    assert_type(plain.set("samples", 3), Recipe)
    recipe = assert_type(Recipe.from_yaml(YAML), Recipe)
    assert_type(recipe.samples, int)
    assert_type(recipe.image.shape, tuple[int, int])
    assert_type(list(recipe.catalogues), list[str])
    assert_type(recipe.hash(), str)
    assert_type(recipe.of_split("train").with_overrides({"samples": 8}), Recipe)
    assert_type(ladder(recipe, "noise", 2), list[Recipe])
    return recipe


def files(recipe: Recipe, folder: Path) -> Dataset:
    made = generate(recipe, folder / "stars.h5", threads=1)
    assert_type(made.digest, str | None)
    dataset = assert_type(open_dataset(folder / "stars.h5"), Dataset)
    assert_type(dataset[0], dict[str, Any])
    assert_type(dataset[:4], Batch)
    assert_type(dataset[[3, 1]], Batch)
    assert_type(dataset.split("test"), Dataset)
    assert_type(dataset.images, npt.NDArray[Any])
    assert_type(dataset.catalogues, tuple[str, ...])
    assert_type(dataset.recipe, Recipe)
    assert_type(verify(folder / "stars.h5").same, bool)
    assert_type(export(folder / "stars.h5", folder / "pictures", "png", count=2).as_json(), dict[str, Any])
    for item in dataset:
        assert_type(item, dict[str, Any])
    return dataset


def batches(recipe: Recipe) -> Batch:
    batch = assert_type(samples(recipe, 0, 8), Batch)
    assert_type(sample(recipe, 0), dict[str, Any])
    assert_type(batch[0], dict[str, Any])
    assert_type(batch[2:4], Batch)
    assert_type(batch.labels, npt.NDArray[np.int64])
    assert_type(batch.targets, npt.NDArray[np.float64])
    assert_type(batch.tables.objects, Mapping[str, npt.NDArray[Any]])
    assert_type(dict(batch), dict[str, npt.NDArray[Any]])
    for item in batch:
        assert_type(item["label"], Any)
    return batch


def inference(recipe: Recipe) -> npt.NDArray[np.float64]:
    simulator = assert_type(Simulator(recipe, catalogue="stars"), Simulator)
    assert_type(simulator.batch(0, 4), Batch)
    prior = assert_type(Prior(recipe), Prior)
    assert_type(prior.names, tuple[str, ...])
    theta = assert_type(prior.sample(5, seed=3), npt.NDArray[np.float64])
    assert_type(simulator.given(theta, 7, names=prior.names), Batch)
    assert_type(simulate(recipe, {"star.gamma": [1.0, 2.0]}, seed=7), npt.NDArray[Any])
    return assert_type(prior.log_prob(theta), npt.NDArray[np.float64])


def main(folder: Path) -> None:
    recipe = recipes()
    dataset = files(recipe, folder)
    assert np.array_equal(flat(dataset[:8]), flat(batches(recipe)))
    assert np.isfinite(inference(recipe)).all()
    assert assert_type(disc(1.0, 1.0, SimpleNamespace(radius=2.0)), float) == 1.0
