"""Declarations of shapes against the table of default distributions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.distributions import Choice, Constant, Distribution, Integers, Offset, Uniform
from deepbench_fast.values.image import Image

WIDE = Image(shape=(101, 201))  # S = 101; frame fractions 0.25 and 0.75 of rows 0..100 and columns 0..200

CENTRE: dict[str, Distribution] = {"x": Uniform(50, 150), "y": Uniform(25, 75)}
SIDES: dict[str, Distribution] = {"width": Uniform(15.15, 50.5), "height": Uniform(15.15, 50.5)}
LINE_WIDTH: dict[str, Distribution] = {"line_width": Uniform(1, 5.05)}
FILL: dict[str, Distribution] = {"fill": Choice((0, 1))}
AMPLITUDE: dict[str, Distribution] = {"amplitude": Constant(1)}
DEFAULTS: dict[str, dict[str, Distribution]] = {
    "rectangle": {**CENTRE, **SIDES, "angle": Uniform(0, 180), **LINE_WIDTH, **FILL, **AMPLITUDE},
    "polygon": {
        **CENTRE,
        "radius": Uniform(15.15, 35.35),
        "vertices": Integers(3, 8),
        "angle": Uniform(0, 360),
        **LINE_WIDTH,
        **FILL,
        **AMPLITUDE,
    },
    "ellipse": {**CENTRE, **SIDES, "angle": Uniform(0, 180), **LINE_WIDTH, **FILL, **AMPLITUDE},
    "circle": {**CENTRE, "radius": Uniform(10.1, 30.3), **LINE_WIDTH, **FILL, **AMPLITUDE},
    "arc": {
        **CENTRE,
        "radius": Uniform(20.2, 40.4),
        "theta1": Uniform(0, 360),
        "theta2": Offset("theta1", Uniform(60, 300)),
        **LINE_WIDTH,
        **AMPLITUDE,
    },
    "line": {
        "x1": Uniform(20, 180),
        "y1": Uniform(10, 90),
        "x2": Uniform(20, 180),
        "y2": Uniform(10, 90),
        **LINE_WIDTH,
        **AMPLITUDE,
    },
}
UNITS = {"angle": "deg", "theta1": "deg", "theta2": "deg", "vertices": "", "fill": "", "amplitude": ""}


@pytest.mark.parametrize("name", DEFAULTS)
def test_parameters_units_and_defaults_are_the_published_ones(name: str) -> None:
    parameters = kind(name).parameters
    assert [parameter.name for parameter in parameters] == list(DEFAULTS[name])
    for parameter in parameters:
        assert parameter.unit == UNITS.get(parameter.name, "pix")
        assert parameter.integer == (parameter.name in ("vertices", "fill"))
        default, expected = parameter.default(WIDE), DEFAULTS[name][parameter.name]
        assert type(default) is type(expected)
        if isinstance(default, Choice | Offset):
            assert default == expected
        assert default.support == pytest.approx(expected.support, rel=1e-14)


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_lengths_stop_at_a_pixel(name: str) -> None:
    for parameter in kind(name).parameters:
        if parameter.name in ("width", "height", "radius", "line_width"):
            assert parameter.default(Image(shape=(2, 50))) == Uniform(1, 1)


@settings(derandomize=True, database=None, deadline=None)
@given(shape=st.tuples(st.integers(1, 16_384), st.integers(1, 16_384)), name=st.sampled_from(list(DEFAULTS)))
def test_defaults_are_valid_for_every_image(shape: tuple[int, int], name: str) -> None:
    Recipe.of_kind(name).with_overrides({"size": shape})


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_sharp_shapes_that_bytes_hold(name: str) -> None:
    Recipe.of_kind(name).with_overrides({"image.dtype": "uint8", "image.overlap": "xor"})


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("rectangle", "width", 0),
        ("rectangle", "height", -1),
        ("ellipse", "width", 1.01e6),
        ("polygon", "radius", 0),
        ("polygon", "vertices", 2),
        ("polygon", "vertices", 3.5),
        ("polygon", "vertices", {"uniform": [3, 4]}),
        ("circle", "line_width", 0),
        ("circle", "fill", 0.5),
        ("circle", "fill", -1),
        ("circle", "amplitude", -1),
        ("arc", "theta1", 1.01e6),
        ("line", "line_width", 0.99),
        ("line", "x1", 1.01e6),
    ],
)
def test_impossible_values_are_refused(name: str, parameter: str, value: object) -> None:
    entry = Entry(kind=name, parameters={parameter: value})  # type: ignore[dict-item]
    with pytest.raises(RecipeError, match="must be") as caught:
        Recipe(catalogues={"c": Catalogue(objects=(entry,))})
    assert caught.value.key.endswith(parameter)


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("rectangle", "x", -5000.5),
        ("rectangle", "width", 1e6),
        ("ellipse", "height", 1e-9),
        ("polygon", "vertices", 1000),
        ("polygon", "angle", -720),
        ("circle", "line_width", 1e6),
        ("circle", "line_width", 0.1),
        ("circle", "fill", 1),
        ("circle", "amplitude", 0),
        ("arc", "theta2", -90),
        ("line", "line_width", 1),
    ],
)
def test_extreme_values_are_possible(name: str, parameter: str, value: float) -> None:
    Recipe(catalogues={"c": Catalogue(objects=(Entry(kind=name, parameters={parameter: value}),))})


def test_yes_and_no_fill() -> None:
    for written, number in (("true", 1), ("false", 0), ("1", 1)):
        recipe = Recipe.from_yaml(f"catalogues: {{c: {{objects: [circle: {{fill: {written}}}]}}}}")
        assert recipe.catalogues["c"].objects[0].parameters == {"fill": Constant(number)}


def test_lines_thinner_than_a_pixel_need_coverage() -> None:
    recipe = Recipe.of_kind("line").set("image.coverage", True).set("catalogues.line.line.line_width", 0.3)
    with pytest.raises(RecipeError, match=r"1 pix or more: a thinner line has gaps; or set image\.coverage: true"):
        recipe.set("image.coverage", False)


def line(options: str = "", shape: str = "[40, 60]") -> Recipe:
    return Recipe.from_yaml(f"{{image: {{shape: {shape}}}, catalogues: {{c: {{objects: [line: {{{options}}}]}}}}}}")


@pytest.mark.parametrize(
    ("options", "shape", "length"),
    [
        ("", "[40, 60]", 8),
        ("", "[60, 40]", 8),
        ("", "[1, 1]", 0),
        ("", "[1, 2]", 0.2),
        ("amplitude: 2", "[40, 60]", 8),
        ("x1: 3", "[40, 60]", 0),
        ("y2: {uniform: [0, 40]}", "[40, 60]", 0),
        ("min_length: 3", "[40, 60]", 3),
        ("min_length: 0", "[40, 60]", 0),
        ("x1: 3, min_length: 3", "[40, 60]", 3),
    ],
)
def test_default_lines_are_not_too_short(options: str, shape: str, length: float) -> None:
    recipe = line(options, shape)
    (resolved,) = recipe.resolved().catalogues["c"].objects
    assert resolved.min_length == pytest.approx(length, rel=1e-15)
    again = Recipe.from_yaml(recipe.to_yaml())
    assert again == recipe.resolved() == again.resolved()


def test_the_shortest_line_scales_with_the_image() -> None:
    scaled = line().with_overrides({"size": (100, 200)})
    assert scaled.resolved().catalogues["c"].objects[0].min_length == 20


def test_only_lines_have_a_shortest_length() -> None:
    with pytest.raises(RecipeError, match="min_length: is no option of circle"):
        Entry(kind="circle", min_length=3)
    assert Recipe.of_kind("circle").resolved().catalogues["circle"].objects[0].min_length is None


@pytest.mark.parametrize(
    ("options", "longest"),
    [
        ("", math.hypot(0.8 * 39, 0.8 * 59)),
        ("x1: 0, y1: 0, x2: 3, y2: 4", 5),
        ("x1: {uniform: [0, 2]}, y1: 0, x2: {uniform: [1, 5]}, y2: 0", 5),
        ("x1: {uniform: [4, 5]}, y1: 0, x2: {uniform: [1, 2]}, y2: 0", 4),
        ("x2: {offset: {from: x1, by: {uniform: [-3, 1]}}}, y2: {offset: {from: y1, by: 4}}", 5),
        ("x1: {offset: {from: x2, by: 3}}, y2: {offset: {from: y1, by: {uniform: [0, 4]}}}", 5),
    ],
)
def test_a_length_that_no_draw_reaches_is_refused(options: str, longest: float) -> None:
    own = f"{options}, " if options else ""
    line(f"{own}min_length: {longest * (1 - 1e-12)}")
    with pytest.raises(RecipeError, match=f"must be at most {longest:.6g} pix") as caught:
        line(f"{own}min_length: {longest * (1 + 1e-12)}")
    assert caught.value.key == "catalogues.c.line.min_length"


def test_images_of_fixed_lines_need_nothing() -> None:
    assert line("x1: 1, y1: 1, x2: 1, y2: 1").resolved().catalogues["c"].objects[0].min_length == 0
