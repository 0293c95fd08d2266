from __future__ import annotations

import pickle
import subprocess
import sys

import astropy.units
import pytest

from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.image import Image


def test_kinds_are_sorted_by_name() -> None:
    assert list(kinds()) == sorted(kinds())
    assert {"galaxy", "star"} <= set(kinds())
    assert all(found.name == name for name, found in kinds().items())


def test_a_kind_is_one_object() -> None:
    assert kind("star") is kind("star") is kinds()["star"]


def test_the_answer_of_kinds_can_be_changed_without_harm() -> None:
    kinds().clear()
    assert "star" in kinds()


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown kind 'galaxi'; did you mean 'galaxy'\? \(allowed: .*galaxy, .*star"):
        kind("galaxi")


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    assert kind("galaxy").parameter("r_eff").unit == "pix"
    with pytest.raises(RecipeError, match="did you mean 'r_eff'"):
        kind("galaxy").parameter("reff")


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_a_pickled_kind_is_the_same_object(found: Kind) -> None:
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_every_rendering_has_a_kernel(found: Kind) -> None:
    names = set()
    for settings, options in found.renderings():
        image = Image(**settings)  # type: ignore[arg-type]
        names.add(found.rendering(image, **options))
        assert callable(found.kernel(image, **options))
    assert names == set(found.kernels)
    assert found.dynamics is not None or len(names) == len(found.renderings())


def test_kernels_are_chosen_by_what_they_render() -> None:
    galaxy, circle, spiral = (kind(name) for name in ("galaxy", "circle", "spiral_galaxy"))
    for coverage in (False, True):
        assert galaxy.rendering(Image(sampling="integrate", coverage=coverage)) == "integrate"
    for sampling in ("center", "integrate"):
        assert circle.rendering(Image(sampling=sampling)) == "sharp"
        assert circle.rendering(Image(sampling=sampling, coverage=True)) == "coverage"
    assert spiral.rendering(Image(sampling="integrate"), "ringermacher_mead") == "ringermacher_mead-integrate"
    kernel = galaxy.kernel(Image(sampling="integrate"))
    assert (kernel.__module__, kernel.__name__) == ("deepbench_fast.kernels.light.galaxy", "galaxy_integrate")


@pytest.mark.parametrize(
    ("name", "rendering", "place"),
    [
        ("circle", "sharp", "shapes.circle:circle"),
        ("line", "coverage", "shapes.line:line_coverage"),
        ("lens", "center", "light.lens:lens_center"),
        ("spiral_galaxy", "logarithmic-integrate", "light.spiral_galaxy:spiral_logarithmic_integrate"),
        ("spiral_galaxy", "ringermacher_mead-center", "light.spiral_galaxy:spiral_ringermacher_mead_center"),
    ],
)
def test_places_of_kernels(name: str, rendering: str, place: str) -> None:
    assert kind(name).kernels[rendering] == f"deepbench_fast.kernels.{place}"


def test_kinds_are_shapes_or_light() -> None:
    shapes = {name for name, found in kinds().items() if found.layer == "shape"}
    assert shapes == {"arc", "circle", "ellipse", "line", "polygon", "rectangle"}
    assert {found.default_shape for name, found in kinds().items() if name in shapes} == {(256, 256)}
    assert {found.default_shape for name, found in kinds().items() if name not in shapes} == {(28, 28)}


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_units_are_those_of_astropy(found: Kind) -> None:
    for parameter in found.parameters:
        assert astropy.units.Unit(parameter.unit).to_string() == parameter.unit


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_a_form_has_only_parameters_of_its_kind(found: Kind) -> None:
    names = [parameter.name for parameter in found.parameters]
    assert len(set(names)) == len(names)
    assert all(set(own) <= set(names) for own in found.forms.values())
    assert found.redraw is None or set(found.redraw.ends) <= set(names)
    assert not set(names) & {"sample", "entry", "slot", *found.options}


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_a_count_is_offered_where_it_can_be_chosen(found: Kind) -> None:
    data = {"catalogues": {"a": {"objects": [{found.name: {"count": 2}}]}}}
    if "count" in found.open_options:
        assert Recipe.parse(data)
    else:
        with pytest.raises(RecipeError, match="count: must be 1"):
            Recipe.parse(data)


@pytest.mark.parametrize(
    "first", ["kinds.registry", "kinds.light", "kinds.shapes", "values.distributions", "recipe.recipe"]
)
def test_any_module_can_be_imported_first(first: str) -> None:
    code = f"import deepbench_fast.{first}; from deepbench_fast.kinds.registry import kinds; assert kinds()"
    subprocess.run([sys.executable, "-c", code], check=True)
