from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.objects.registry import Kind, kind, kinds


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
    with pytest.raises(UsageError, match=r"unknown kind 'galaxi'; did you mean 'galaxy'\? \(allowed: galaxy, star"):
        kind("galaxi")


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    assert kind("galaxy").parameter("r_eff").unit == "pix"
    with pytest.raises(RecipeError, match="did you mean 'r_eff'"):
        kind("galaxy").parameter("reff")


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_a_pickled_kind_is_the_same_object(found: Kind) -> None:
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize("name", list(kinds()))
@pytest.mark.parametrize("sampling", ["center", "integrate"])
def test_render_kernels_are_found(name: str, sampling: str) -> None:
    assert kind(name).render_kernel(sampling).__name__ == f"{name}_{sampling}"


def test_an_unknown_sampling_is_refused() -> None:
    with pytest.raises(RecipeError, match="did you mean 'center'"):
        kind("star").render_kernel("centre")


@pytest.mark.parametrize("first", ["objects.registry", "objects.astro", "recipe.distributions", "recipe.model"])
def test_any_module_can_be_imported_first(first: str) -> None:
    code = f"import deepbench_fast.{first}; from deepbench_fast.objects.registry import kinds; assert kinds()"
    subprocess.run([sys.executable, "-c", code], check=True)
