"""What isn't of the type that a public name takes is told in one line, wherever it is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.utils.masked import Masked

from deepbench_fast import (
    Likelihood,
    Prior,
    Recipe,
    RecipeError,
    Simulator,
    UsageError,
    explore,
    generate,
    index_parts,
    ladder,
    merge,
    open_dataset,
    sample,
    samples,
    shift,
    stream,
    verify,
)
from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.run.benchmark.measure import benchmark
from deepbench_fast.tasks.calibrate import calibrate

TAKE_A_RECIPE: dict[str, Callable[[Any], object]] = {
    "Prior": Prior,
    "Likelihood": Likelihood,
    "Simulator": Simulator,
    "sample": lambda recipe: sample(recipe, 0),
    "ladder": lambda recipe: ladder(recipe, "noise", 3),
    "shift": lambda recipe: shift(recipe, "noise", 2, {"noise.gaussian.sigma": 2}),
    "explore": explore,
}


@pytest.mark.parametrize("name", TAKE_A_RECIPE)
def test_a_name_is_no_recipe(name: str) -> None:
    for given in ("galaxies", None, {"catalogues": {"a": {"objects": ["star"]}}}):
        with pytest.raises(UsageError, match=r"^a recipe is what Recipe\.load\(path\).* gives, not"):
            TAKE_A_RECIPE[name](given)


def test_names_of_what_ships_are_text() -> None:
    with pytest.raises(UsageError, match="must be the name of one built-in recipe, not nothing"):
        Recipe.builtin(None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be the name of one kind, not 3"):
        Recipe.of_kind(3)  # type: ignore[arg-type]


def test_a_text_of_yaml_is_no_file() -> None:
    for given in (None, b"catalogues: {}", {"catalogues": {}}):
        with pytest.raises(UsageError, match=r"^a text of YAML is read, not"):
            Recipe.from_yaml(given)  # type: ignore[arg-type]
    for given in ("fields.yaml", "/a folder/fields.yml\n"):
        with pytest.raises(UsageError, match=r"is the name of a file, which Recipe\.load reads$"):
            Recipe.from_yaml(given)


def test_addresses_are_text() -> None:
    recipe = Recipe.builtin("galaxies")
    with pytest.raises(RecipeError, match="the address of a key is text"):
        recipe.set(3, 4)  # type: ignore[arg-type]
    for given in (None, [("samples", 3)], {3: 4}):
        with pytest.raises(UsageError, match=r"^overrides: must be addresses with values"):
            recipe.with_overrides(given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"^values: must be addresses with values"):
        shift(recipe, "noise", 2, None)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match=r"^split: must be the name of one split, not nothing"):
        recipe.of_split(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [None, 3, b"a.h5", ["a.h5"], "", "a\0.h5"])
def test_a_file_has_a_name(given: Any) -> None:
    recipe = Recipe.builtin("galaxies")
    with pytest.raises(UsageError, match=r"^a recipe's file is named by a text or a Path, not"):
        Recipe.load(given)
    for take in (open_dataset, verify, lambda path: generate(recipe, path), lambda path: merge(path, ["a.h5"])):
        with pytest.raises(UsageError, match=r"^a file is named by a text or a Path, not"):
            take(given)


@pytest.mark.parametrize("given", [0, -1, 2.5, "two", [2], True, 10**6])
def test_threads_are_a_number(tmp_path: Path, given: Any) -> None:
    recipe, out = Recipe.builtin("task-galaxy"), tmp_path / "a.h5"
    for take in (
        lambda: generate(recipe, out, threads=given),
        lambda: Likelihood(recipe, threads=given),
        lambda: stream(recipe, 4, threads=given),
        lambda: benchmark(tmp_path, threads=given),
    ):
        with pytest.raises(UsageError, match=r"^threads: must be a whole number from 1 to 65536, not"):
            take()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [(1, 4), 2, b"1/4", "4/1"])
def test_a_shard_is_written_with_a_stroke(tmp_path: Path, given: Any) -> None:
    with pytest.raises(UsageError, match=r"^shard: .* is not K/N with K from 1 to N, such as 1/3$"):
        generate(Recipe.builtin("galaxies"), tmp_path / "a.h5", shard=given)


def test_numbers_are_told_by_their_names() -> None:
    recipe = Recipe.builtin("task-galaxy")
    with pytest.raises(UsageError, match=r"^count: must be a whole number from 1 to 1000000, not 0"):
        calibrate(recipe, 0)
    for name in ("count", "effective"):
        given: dict[str, Any] = {name: 0.5}
        with pytest.raises(UsageError, match=rf"^{name}: must be a whole number from"):
            Posterior(recipe).sample(samples(recipe, 0, 1)["images"][0], **given)


def test_where_a_stream_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe.builtin("galaxies")
    with pytest.raises(UsageError, match=r"^a state is what state_dict\(\) gives, not nothing"):
        stream(recipe, 4).load_state_dict(None)  # type: ignore[arg-type]
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(UsageError, match=r"^the variable WORLD_SIZE must be a whole number, not 'two'"):
        stream(recipe, 4)
    monkeypatch.setenv("WORLD_SIZE", "")
    assert stream(recipe, 4).world == 1


@pytest.mark.parametrize("given", [2.5, "two", None, True, [3]])
def test_numbers_are_whole(given: Any, tmp_path: Path) -> None:
    recipe = Recipe.of_kind("circle").with_overrides({"samples": 3, "size": (8, 8)})
    generate(recipe, tmp_path / "a.h5")
    dataset = open_dataset(tmp_path / "a.h5")
    takes: dict[str, Callable[[], object]] = {
        "rungs": lambda: ladder(recipe, "spread", given),
        "regenerate": lambda: verify(tmp_path / "a.h5", given),
        "count": lambda: dataset.first(given),
    }
    if isinstance(given, float):
        takes["index"] = lambda: dataset.plot(index=given)  # type: ignore[arg-type]
    for name, take in takes.items():
        with pytest.raises(UsageError, match=f"^{name}: "):
            take()


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    recipe = Recipe.of_kind("circle").with_overrides({"samples": 3, "size": (8, 8)})
    generate(recipe, tmp_path / "a.h5")
    assert len(ladder(recipe, "spread", np.int64(2))) == 2
    assert verify(tmp_path / "a.h5", np.int32(1)).regenerated == 1
    assert open_dataset(tmp_path / "a.h5").plot(index=np.int64(1))


def test_one_part_is_a_list_of_it(tmp_path: Path) -> None:
    recipe = Recipe.of_kind("circle").with_overrides({"samples": 3, "size": (8, 8)})
    generate(recipe, tmp_path / "a.h5")
    for part in (tmp_path / "a.h5", str(tmp_path / "a.h5")):
        assert index_parts(tmp_path / "i.h5", part).samples == 3


MASKS: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda values: np.ma.array(values, mask=np.asarray(values) == np.max(values)),
    "astropy": lambda values: Masked(values, mask=np.asarray(values) == np.max(values)),
}


@pytest.mark.parametrize("library", MASKS)
def test_masked_values_are_no_numbers(library: str) -> None:
    """What stands under a mask was taken for a value: of a table with gaps, of an image with bad pixels."""
    masked, recipe = MASKS[library], Recipe.builtin("galaxies")
    likelihood, prior = Likelihood(recipe), Prior(recipe)
    image = samples(recipe, 0, 1)["images"][0].astype(float)
    theta = np.full((1, len(likelihood.names)), 2.0)
    for take in (
        lambda: Simulator(recipe).given({"galaxy.r_eff": masked([2.0, 3.0])}, 1),
        lambda: Simulator(recipe).given(masked([[2.0, 3.0]]), 1, names=["galaxy.r_eff", "galaxy.n"]),
        lambda: prior.log_prob(masked(np.arange(len(prior.names))[None])),
        lambda: likelihood.log_likelihood(masked(image), theta),
        lambda: recipe.set("galaxy.r_eff", {"choice": masked([2.0, 3.0])}),
        lambda: recipe.set("galaxy.r_eff", {"grid": masked([2.0, 3.0])}),
    ):
        with pytest.raises(UsageError, match="masked values are no numbers: leave them out, or fill them"):
            take()
    unmasked = np.ma.array([2.0, 3.0], mask=False)
    assert len(Simulator(recipe).given({"galaxy.r_eff": unmasked}, 1)) == 2
