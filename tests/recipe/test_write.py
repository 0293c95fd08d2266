"""Recipe → text → recipe."""

from __future__ import annotations

import string
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.recipe import Recipe
from deepbench_fast.values.shares import fraction_data
from tests.recipe.test_recipe import SKY

names = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=8).filter(
    lambda name: name[0] not in ".-" and name not in ("weight", "objects", "noise", "psf", "count", "split")
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20),
    st.sampled_from(
        ["1e5", "007", "null", "~", "yes", "on", "12:30", "2024-01-01", "=", "<<", "a: b", "#x", "- x", "*a"]
    ),
)
ratios = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)


def interval(low: float, high: float) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(lambda pair: {"uniform": sorted(pair)})


stars = st.fixed_dictionaries(
    {},
    optional={
        "count": st.one_of(st.integers(0, 9), st.builds(lambda mean: {"poisson": mean}, st.floats(0, 9))),
        "x": interval(-1e3, 1e3),
        "gamma": interval(0.5, 9),
        "alpha": st.builds(lambda mean, low: {"normal": {"mean": mean, "sigma": 0.1, "low": low}}, *[st.just(2.5)] * 2),
        "amplitude": st.builds(lambda by: {"offset": {"from": "gamma", "by": by}}, st.floats(0, 1e6)),
        "y": st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3).map(lambda values: {"choice": values}),
    },
).map(lambda options: {"star": options})
galaxies = st.fixed_dictionaries({}, optional={"n": interval(0.5, 10), "theta": st.floats(-9, 9)}).map(
    lambda options: {"galaxy": options}
)
lines = st.fixed_dictionaries(
    {}, optional={"x1": interval(-9, 99), "min_length": st.just(0), "line_width": interval(1, 9)}
).map(lambda options: {"line": options})
rectangles = st.fixed_dictionaries(
    {}, optional={"fill": st.sampled_from([True, False, 0, {"choice": [0, 1]}]), "angle": interval(-360, 360)}
).map(lambda options: {"rectangle": options})
spirals = st.sampled_from([{}, {"form": "logarithmic", "pitch": 0.3}, {"form": "ringermacher_mead", "rm_n": 4}]).map(
    lambda options: {"spiral_galaxy": options}
)
lenses = st.builds(lambda of: {"lens": {"softening": {"scaled": {"by": "theta_e", "of": of}}}}, interval(0, 0.5))
objects = st.one_of(stars, galaxies, lines, rectangles, spirals, lenses, st.sampled_from(["star", "arc", "polygon"]))
noises = st.lists(
    st.one_of(
        interval(0, 1e3).map(lambda sigma: {"gaussian": {"sigma": sigma}}),
        interval(1e-3, 1e3).map(lambda snr: {"gaussian": {"snr": snr}}),
        st.builds(lambda level, off: {"poisson": {"level": level, "subtract": off}}, interval(0, 1e3), st.booleans()),
        st.builds(
            lambda sky, off: {"ccd": {"sky": sky, "gain": 2, "read_noise": 5, **off}}, interval(0, 9), st.just({})
        ),
    ),
    max_size=3,
    unique_by=lambda noise: next(iter(noise)),
)
psfs = st.one_of(
    st.none(),
    interval(0, 100).map(lambda sigma: {"gaussian": {"sigma": sigma}}),
    interval(0.5, 9).map(lambda gamma: {"moffat": {"gamma": gamma, "alpha": 3}}),
)
catalogues = st.fixed_dictionaries(
    {"objects": st.lists(objects, max_size=4)},
    optional={"weight": st.one_of(ratios.map(str), st.floats(1e-3, 1e3)), "noise": noises, "psf": psfs},
)
recipes = st.fixed_dictionaries(
    {"catalogues": st.dictionaries(names, catalogues, min_size=1, max_size=3)},
    optional={
        "name": texts,
        "seed": st.one_of(st.integers(0, 10**40), texts),
        "samples": st.integers(1, 2**48 - 1),
        "image": st.builds(
            lambda h, w, how, cover: {"shape": [h, w], "overlap": how, "coverage": cover},
            *[st.integers(1, 999)] * 2,
            st.sampled_from(["union", "xor", "add"]),
            st.booleans(),
        ),
        "noise": noises,
        "psf": psfs,
        "splits": st.tuples(names, names, ratios).map(lambda p: {p[0]: 1} if p[0] == p[1] else two(*p)),
        "extras": st.sampled_from(
            [["clean"], ["masks", "variance"], [{"masks": {"threshold": 0.1}}, "clean"], [{"masks": None}]]
        ),
    },
)


def two(first: str, second: str, ratio: Fraction) -> dict[str, str]:
    share = ratio / (ratio + 1)
    return {first: str(share), second: str(1 - share)}


@settings(derandomize=True, database=None, deadline=None, max_examples=80)
@given(recipes)
def test_the_text_of_a_recipe_is_the_recipe(data: dict[str, Any]) -> None:
    recipe = Recipe(**data)
    text = recipe.to_yaml()
    again = Recipe.from_yaml(text)
    assert again == recipe.resolved()
    assert again.to_yaml() == text
    assert again.hash() == recipe.hash()
    assert len(yaml.safe_load(text)["catalogues"]) == len(recipe.catalogues)


def test_the_text_is_for_people_and_for_any_yaml_reader() -> None:
    text = Recipe.from_yaml(SKY).to_yaml()
    assert text.startswith("version: 1\nname: sky-survey\nseed: 42\nsamples: 100000\nimage:\n  shape: [64, 48]\n")
    data = yaml.safe_load(text)
    assert data["splits"] == {"train": 0.6, "validation": 0.2, "test": 0.2}
    assert data["catalogues"]["stars"]["objects"][0]["star"]["amplitude"] == {"loguniform": [1, 100]}
    assert set(data["catalogues"]["fields"]["objects"][2]["star"]) == {
        "name",
        "count",
        "x",
        "y",
        "amplitude",
        "gamma",
        "alpha",
    }


@pytest.mark.parametrize("value", [1e-5, 1e300, 5e-324, 0.1 + 0.2, 1e22, 123456789012345680.0])
def test_floats_keep_every_bit_for_any_yaml_reader(value: float) -> None:
    text = Recipe.of_kind("star").set("noise.gaussian.sigma", {"choice": [value % 1e30]}).to_yaml()
    assert yaml.safe_load(text)["noise"][0]["gaussian"]["sigma"]["choice"] == [value % 1e30]


@pytest.mark.parametrize(
    ("fraction", "data"),
    [
        (Fraction(1, 10), 0.1),
        (Fraction(3), 3),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 3 * 10**17), "1/300000000000000000"),
        (Fraction("0.12345678901234567890"), "1234567890123456789/10000000000000000000"),
    ],
)
def test_fractions_are_written_exactly(fraction: Fraction, data: object) -> None:
    assert fraction_data(fraction) == data


def test_every_default_stands_in_the_text() -> None:
    text = (
        "{image: {shape: [40, 50]}, noise: [poisson: {level: 1}], extras: [masks], catalogues: {c: {objects: [line]}}}"
    )
    data = yaml.safe_load(Recipe.from_yaml(text).to_yaml())
    assert data["image"] == {
        "shape": [40, 50],
        "dtype": "float32",
        "sampling": "center",
        "overlap": "union",
        "coverage": False,
    }
    assert data["noise"] == [{"poisson": {"level": 1, "subtract": False}}]
    assert data["extras"] == [{"masks": {"threshold": 0.1}}]
    assert data["catalogues"]["c"]["objects"][0]["line"]["min_length"] == 8


def test_the_hash_sees_what_changes_the_dataset_and_nothing_else() -> None:
    recipe = Recipe.from_yaml(SKY)
    same = (
        SKY.replace("gamma: 2.0", "gamma: 2").replace("weight: 1\n", "weight: 1.0  # one\n").replace("0.2}\n", ".2}\n")
    )
    assert same != SKY
    assert Recipe.from_yaml(same).hash() == recipe.hash() == recipe.resolved().hash()
    assert len(recipe.hash()) == 32
    others = {"samples": 1, "seed": 1, "size": (9, 9), "catalogues.fields.host.n": 2, "psf": None, "name": "other"}
    assert len({recipe.hash(), *(recipe.with_overrides({key: value}).hash() for key, value in others.items())}) == 7


def test_the_hash_of_a_recipe_is_the_same_for_ever() -> None:
    assert Recipe.of_kind("star").hash() == "aae0722f37a27225320dad01613ff65d"
