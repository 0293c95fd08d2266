from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest

from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.psf.gaussian import GaussianPsf
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Catalogue, Entry, Image, Recipe
from deepbench_fast.values.distributions import Constant, Poisson, Uniform

SKY = """
version: 1
name: sky-survey
seed: 42
samples: 100_000
image: {shape: [64, 48], dtype: float32}
psf: {gaussian: {sigma: 0.7}}
noise:
  - gaussian: {sigma: {uniform: [0.0, 0.2]}}
splits: {train: 0.6, validation: 0.2, test: 0.2}
targets: [catalogue, count.star, count.galaxy]
extras: [clean]
catalogues:
  stars:
    weight: 1
    objects:
      - star: {amplitude: {loguniform: [1, 100]}, gamma: 2.0}
  fields:
    weight: 2
    objects:
      - star: {count: {poisson: 5}}
      - galaxy: {count: {integers: [1, 3]}, n: {uniform: [0.5, 4]}}
      - star
      - galaxy: {name: host}
"""


def test_a_recipe_is_read_completely() -> None:
    recipe = Recipe.from_yaml(SKY)
    assert (recipe.version, recipe.name, recipe.seed, recipe.samples) == (1, "sky-survey", 42, 100_000)
    assert recipe.image == Image(shape=(64, 48), dtype="float32", sampling="center")
    assert (recipe.image.height, recipe.image.width, recipe.image.size) == (64, 48, 48)
    assert recipe.psf == GaussianPsf(sigma=0.7)
    assert recipe.noise == (GaussianNoise(sigma=Uniform(0, 0.2)),)
    assert recipe.noise[0].drawn == {"sigma": Uniform(0, 0.2)}
    assert recipe.splits == {"train": Fraction(3, 5), "validation": Fraction(1, 5), "test": Fraction(1, 5)}
    assert recipe.targets == ("catalogue", "count.star", "count.galaxy")
    assert recipe.extras == ("clean",)
    assert list(recipe.catalogues) == ["stars", "fields"]
    fields = recipe.catalogues["fields"]
    assert fields.weight == 2
    assert [entry.name for entry in fields.objects] == ["star", "galaxy", "star.2", "host"]
    assert [entry.kind for entry in fields.objects] == ["star", "galaxy", "star", "galaxy"]
    assert fields.objects[0].count == Poisson(5)
    assert fields.objects[2].count == Constant(1)
    assert fields.objects[1].parameters == {"n": Uniform(0.5, 4)}


def test_what_is_not_said_has_defaults() -> None:
    recipe = Recipe.from_yaml("catalogues: {stars: {objects: [star]}}")
    assert (recipe.seed, recipe.samples, recipe.targets) == (0, 1000, ("catalogue",))
    assert (recipe.psf, recipe.noise, recipe.splits, recipe.extras) == (None, (), {}, ())
    assert recipe.image == Image(shape=(28, 28), dtype="float32", sampling="center")
    assert recipe.catalogues["stars"].weight == 1


def test_a_kind_alone_is_a_recipe() -> None:
    recipe = Recipe.of_kind("galaxy")
    assert recipe == Recipe.from_yaml("{name: galaxy, catalogues: {galaxy: {objects: [galaxy]}}}")
    with pytest.raises(RecipeError, match="did you mean 'galaxy'"):
        Recipe.of_kind("galxy")


def test_python_parts_and_plain_data_build_the_same() -> None:
    parts = Recipe(
        catalogues={
            "a": Catalogue(weight=Fraction(1, 3), objects=(Entry(kind="star", parameters={"gamma": Uniform(1, 2)}),))
        },
        noise=(GaussianNoise(sigma=Constant(0.1)),),
    )
    data = Recipe(
        catalogues={"a": {"weight": "1/3", "objects": [{"star": {"gamma": {"uniform": [1, 2]}}}]}},  # type: ignore[dict-item]
        noise=[{"gaussian": {"sigma": 0.1}}],  # type: ignore[arg-type]
    )
    assert parts == data


def test_recipes_are_frozen_and_picklable() -> None:
    recipe = Recipe.from_yaml(SKY)
    with pytest.raises(FrozenInstanceError):
        recipe.samples = 3  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(recipe)) == recipe


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("42", 42),
        ('"42"', 42),
        ("1e3", 1000),
        ("042", "042"),
        ("1_000", 1000),
        ("'1_000'", 1000),
        ("'1000.0'", 1000),
        ("'1e3'", 1000),
        ("'0.5'", "0.5"),
        ("'007'", "007"),
        ("2024-01-01", "2024-01-01"),
        ("on", "on"),
        ("12:30", "12:30"),
        (str(10**30), 10**30),
        ("'²'", "²"),
        ("'٤'", "٤"),
        ("'1e999'", "1e999"),
        ("'1e5 '", "1e5 "),
    ],
)
def test_seeds(text: str, seed: int | str) -> None:
    recipe = Recipe.from_yaml(f"{{seed: {text}, catalogues: {{a: {{objects: [star]}}}}}}")
    assert recipe.seed == seed
    assert type(recipe.seed) is type(seed)


def test_digits_in_quotes_are_the_same_seed() -> None:
    number, text = (
        Recipe.of_kind("star").with_overrides({"seed": 42}),
        Recipe.of_kind("star").with_overrides({"seed": "42"}),
    )
    assert number == text
    assert number.hash() == text.hash()


@pytest.mark.parametrize("samples", ["100_000", "1e5", "100000.0", "1.0E+5", "0.1e6"])
def test_samples_may_be_written_in_many_ways(samples: str) -> None:
    recipe = Recipe.from_yaml(f"{{samples: {samples}, catalogues: {{a: {{objects: [star]}}}}}}")
    assert recipe.samples == 100_000
    assert type(recipe.samples) is int


@pytest.mark.parametrize(
    ("splits", "fractions"),
    [
        ("{a: 0.1, b: 0.2, c: 0.7}", [Fraction(1, 10), Fraction(1, 5), Fraction(7, 10)]),
        ("{a: 1/3, b: 2/3}", [Fraction(1, 3), Fraction(2, 3)]),
        ("{a: 1}", [Fraction(1)]),
        ("{a: '1'}", [Fraction(1)]),
        ("{a: 1e-3, b: 0.999}", [Fraction(1, 1000), Fraction(999, 1000)]),
        ("{}", []),
    ],
)
def test_fractions_are_exact(splits: str, fractions: list[Fraction]) -> None:
    recipe = Recipe.from_yaml(f"{{splits: {splits}, catalogues: {{a: {{objects: [star]}}}}}}")
    assert list(recipe.splits.values()) == fractions
    assert Recipe.from_yaml(recipe.to_yaml()).splits == recipe.splits


def test_noise_and_psf_of_a_catalogue() -> None:
    recipe = Recipe.from_yaml(
        """
        noise: [gaussian: {sigma: 1}]
        psf: {gaussian: {sigma: 2}}
        catalogues:
          plain: {objects: [star]}
          own: {objects: [star], noise: [gaussian: {sigma: 3}], psf: {gaussian: {sigma: 4}}}
          none: {objects: [star], noise: [], psf: null}
        """
    )
    sigmas = {name: [noise.sigma for noise in recipe.noise_of(name)] for name in recipe.catalogues}
    assert sigmas == {"plain": [Constant(1)], "own": [Constant(3)], "none": []}
    assert [recipe.psf_of(name) for name in recipe.catalogues] == [GaussianPsf(sigma=2), GaussianPsf(sigma=4), None]
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()


def test_resolved_fills_every_parameter_in_the_order_of_the_kind() -> None:
    resolved = Recipe.from_yaml(SKY).resolved()
    for catalogue in resolved.catalogues.values():
        for entry in catalogue.objects:
            expected = {"star": "x y amplitude gamma alpha", "galaxy": "x y amplitude r_eff n ellip theta"}[entry.kind]
            assert " ".join(entry.parameters) == expected
    host = resolved.catalogues["fields"].objects[3]
    assert host.parameters["r_eff"] == Uniform(0.08 * 48, 0.25 * 48)
    assert host.parameters["x"] == Uniform(0.25 * 47, 0.75 * 47)
    assert host.parameters["y"] == Uniform(0.25 * 63, 0.75 * 63)
    assert resolved.resolved() == resolved


def test_another_size_scales_what_was_left_open() -> None:
    recipe = Recipe.from_yaml(SKY)
    by_name, by_address = recipe.with_overrides({"size": (100, 200)}), recipe.set("image.shape", "[100, 200]")
    assert by_name == by_address
    assert by_name.image.shape == (100, 200)
    galaxy = by_name.resolved().catalogues["fields"].objects[1].parameters
    assert galaxy["r_eff"] == Uniform(8, 25)
    assert galaxy["n"] == Uniform(0.5, 4)


def test_overrides_are_data_and_values_set_are_yaml() -> None:
    recipe = Recipe.of_kind("star")
    assert recipe.with_overrides({"samples": 3000, "seed": "true"}).seed == "true"
    assert recipe.set("samples", "3_000").samples == 3000
    with pytest.raises(RecipeError, match="seed: must be a whole number, 0 or above, or text, not true"):
        recipe.set("seed", "true")


def test_load_takes_overrides_and_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my sky.yaml"
    path.write_text("\ufeffcatalogues: {stars: {objects: [star]}}", encoding="utf-8")
    recipe = Recipe.load(path, {"samples": 5, "size": (8, 9), "catalogues.stars.star.gamma": 2})
    assert (recipe.name, recipe.samples, recipe.image.shape) == ("my sky", 5, (8, 9))
    assert recipe.catalogues["stars"].objects[0].parameters == {"gamma": Constant(2)}


def test_what_a_recipe_shows_of_itself_is_short() -> None:
    assert repr(Recipe.of_kind("star")) == "Recipe(name='star', seed=0, samples=1000, catalogues=['star'])"


BYTES_ALONE = {"image.dtype": "uint8", "noise": [], "psf": None}


@pytest.mark.parametrize("addresses", list(permutations(BYTES_ALONE)))
def test_values_that_need_each_other_are_replaced_in_any_order(addresses: tuple[str, ...]) -> None:
    recipe = Recipe.of_kind("circle").with_overrides(
        {"noise": [{"gaussian": {"sigma": 0.1}}], "psf": {"gaussian": {"sigma": 1}}}
    )
    changed = recipe.with_overrides({address: BYTES_ALONE[address] for address in addresses})
    assert (changed.image.dtype, changed.noise, changed.psf) == ("uint8", (), None)


def test_of_values_that_say_the_same_the_later_holds() -> None:
    noisy = Recipe.of_kind("circle").set("noise", "[{gaussian: {sigma: 0.1}}]")
    whole, part = ("image", {"shape": [20, 20], "dtype": "uint8"}), ("image.shape", [30, 30])
    assert noisy.with_changes([whole, part, ("noise", [])]).image.shape == (30, 30)
    assert noisy.with_changes([part, whole, ("noise", [])]).image.shape == (20, 20)
    assert noisy.with_changes([("samples", 7), ("image.dtype", "uint8"), ("samples", 8), ("noise", [])]).samples == 8


def test_the_first_value_that_no_order_makes_valid_is_told() -> None:
    shapes = Recipe.of_kind("circle")
    with pytest.raises(RecipeError, match="unknown key of image 'colour'") as told:
        shapes.with_overrides({"image.dtype": "uint8", "image.colour": 1, "image.overlap": "xor", "image.sheen": 2})
    assert told.value.key == "image.colour"
