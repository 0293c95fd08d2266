"""Settings of the image that shapes and light make together: size, overlap, coverage, dtype."""

from __future__ import annotations

from typing import Any

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Catalogue, Entry, Image, Recipe


def of_kinds(*kinds: str, **image: Any) -> Recipe:
    objects = tuple(Entry(kind=name) for name in kinds)
    return Recipe(catalogues={"c": Catalogue(objects=objects)}, image=Image(**image))


@pytest.mark.parametrize(
    ("kinds", "shape"),
    [
        (("star",), (28, 28)),
        (("galaxy", "spiral_galaxy", "lens"), (28, 28)),
        (("circle",), (256, 256)),
        (("star", "line"), (256, 256)),
        ((), (28, 28)),
    ],
)
def test_an_image_without_a_shape_takes_that_of_its_kinds(kinds: tuple[str, ...], shape: tuple[int, int]) -> None:
    recipe = of_kinds(*kinds)
    assert recipe.image.shape == shape
    assert of_kinds(*kinds, sampling="integrate").image.shape == shape
    assert of_kinds(*kinds, shape=(9, 7)).image.shape == (9, 7)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
    assert recipe.set("samples", 5).image.shape == shape


def test_a_kind_alone_has_its_own_size() -> None:
    assert Recipe.of_kind("arc").image.shape == (256, 256)
    assert Recipe.of_kind("lens").image.shape == (28, 28)
    assert Recipe.of_kind("arc") == Recipe.from_yaml("{name: arc, catalogues: {arc: {objects: [arc]}}}")


def test_shapes_unite_with_sharp_edges_by_default() -> None:
    image = Recipe.of_kind("circle").image
    assert (image.overlap, image.coverage, image.dtype) == ("union", False, "float32")


@pytest.mark.parametrize("overlap", ["union", "xor", "add"])
@pytest.mark.parametrize("coverage", [True, False])
def test_shapes_overlap_in_three_ways(overlap: str, coverage: bool) -> None:
    recipe = of_kinds("circle", "star", overlap=overlap, coverage=coverage)
    assert (recipe.image.overlap, recipe.image.coverage) == (overlap, coverage)


@pytest.mark.parametrize("amplitude", [2, 0, {"uniform": [0, 1]}, {"choice": [1, 2]}])
def test_xor_is_of_ones(amplitude: object) -> None:
    recipe = of_kinds("star", "circle").set("catalogues.c.circle.amplitude", amplitude)
    recipe.set("image.overlap", "add")
    with pytest.raises(RecipeError, match=r"must be 1 with image\.overlap xor, not") as caught:
        recipe.set("image.overlap", "xor")
    assert caught.value.key == "catalogues.c.circle.amplitude"


def test_xor_leaves_light_alone() -> None:
    of_kinds("star", overlap="xor").set("catalogues.c.star.amplitude", 7)


@pytest.mark.parametrize("amplitude", [0, 1, 255, {"integers": [0, 255]}, {"choice": [1, 7]}])
@pytest.mark.parametrize("overlap", ["union", "add"])
def test_bytes_hold_whole_amplitudes(amplitude: object, overlap: str) -> None:
    recipe = of_kinds("circle", "line", dtype="uint8", overlap=overlap).set("catalogues.c.circle.amplitude", amplitude)
    assert recipe.image.dtype == "uint8"


@pytest.mark.parametrize(
    ("amplitude", "words"),
    [
        (256, "must be a whole number from 0 to 255, not 256"),
        (0.5, "must be a whole number from 0 to 255, not 0.5"),
        ({"uniform": [0, 1]}, "gives other numbers too"),
        ({"poisson": 200}, "reaches from 0 to"),
        ({"offset": {"from": "radius", "by": 1}}, "must be a whole number"),
    ],
)
def test_bytes_hold_no_other_amplitudes(amplitude: object, words: str) -> None:
    recipe = of_kinds("star", "circle").set("catalogues.c.circle.amplitude", amplitude)
    with pytest.raises(RecipeError, match=words) as caught:
        recipe.set("catalogues.c.objects", [{"circle": {"amplitude": amplitude}}]).set("image.dtype", "uint8")
    assert caught.value.key == "catalogues.c.circle.amplitude"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"catalogues.c.objects": ["circle", "galaxy"]}, "galaxy is light"),
        ({"noise": [{"gaussian": {"sigma": 1}}]}, "noise makes fractions"),
        ({"catalogues.c.noise": [{"poisson": {"level": 1}}]}, "noise makes fractions"),
        ({"psf": {"gaussian": {"sigma": 1}}}, "a PSF makes fractions"),
        ({"image.coverage": True}, "coverage makes fractions"),
    ],
)
def test_bytes_hold_sharp_shapes_only(change: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=f"must be float32: {words}") as caught:
        of_kinds("circle").with_overrides(change).set("image.dtype", "uint8")
    assert caught.value.key == "image.dtype"


def test_noise_that_no_catalogue_has_is_no_hindrance() -> None:
    text = "{noise: [gaussian: {sigma: 1}], image: {dtype: uint8}, catalogues: {c: {objects: [arc], noise: []}}}"
    assert Recipe.from_yaml(text).image.dtype == "uint8"
