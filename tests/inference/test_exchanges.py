"""Objects that have each other's names, and are as likely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast import Likelihood, Prior, Recipe, Simulator
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.inference.exchanges import MOST_ORDERS, exchanges
from deepbench_fast.tasks.task import data_of

GALAXY: dict[str, Any] = {"x": {"uniform": [4, 12]}, "y": 7, "amplitude": {"uniform": [1, 2]}, "ellip": 0, "theta": 0}
STAR: dict[str, Any] = {"x": {"uniform": [4, 12]}, "y": 7, "amplitude": {"uniform": [1, 2]}}


def recipe_of(*objects: tuple[str, dict[str, Any]]) -> Recipe:
    entries = [{kind: {"name": f"object-{k}", **laws}} for k, (kind, laws) in enumerate(objects)]
    return Recipe.parse(
        {
            "name": "alike",
            "samples": 10,
            "image": {"shape": [16, 16]},
            "noise": [{"gaussian": {"sigma": {"uniform": [0.1, 0.2]}}}],
            "catalogues": {"all": {"objects": entries}},
        }
    )


def orders_of(recipe: Recipe) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    names = Likelihood(recipe).names
    return exchanges(make_plan(recipe), 0, names), names


CASES: dict[str, tuple[tuple[tuple[str, dict[str, Any]], ...], int]] = {
    "one": ((("galaxy", GALAXY),), 1),
    "two": ((("galaxy", GALAXY), ("galaxy", GALAXY)), 2),
    "three": ((("galaxy", GALAXY), ("galaxy", GALAXY), ("galaxy", GALAXY)), 6),
    "two of three": ((("galaxy", GALAXY), ("galaxy", GALAXY | {"y": 8}), ("galaxy", GALAXY)), 2),
    "another law": ((("galaxy", GALAXY), ("galaxy", GALAXY | {"x": {"uniform": [4, 11]}})), 1),
    "other kinds": ((("galaxy", GALAXY), ("star", STAR)), 1),
    "two groups": ((("star", STAR), ("galaxy", GALAXY), ("star", STAR), ("galaxy", GALAXY)), 4),
    "derived": ((("star", STAR | {"y": {"offset": {"from": "x", "by": {"uniform": [-1, 1]}}}}),) * 2, 2),
}


@pytest.mark.parametrize(("objects", "count"), CASES.values(), ids=CASES)
def test_orders_are_as_likely(objects: tuple[tuple[str, dict[str, Any]], ...], count: int) -> None:
    """Likelihood and prior of a sample's parameters are the same in each order, and no order stands twice."""
    recipe = recipe_of(*objects)
    orders, names = orders_of(recipe)
    assert len(np.unique(orders, axis=0)) == len(orders) == count - 1
    prior = Prior(recipe, names)
    theta = prior.sample(1, "here")
    x = data_of(Simulator(recipe).given(theta, "here", names=names)).reshape(1, 16, 16)
    for order in orders:
        assert sorted(order) == list(range(len(names)))
        assert (order != np.arange(len(names))).any()
        same, other = Likelihood(recipe).log_likelihood(x, theta), Likelihood(recipe).log_likelihood(x, theta[:, order])
        assert other == pytest.approx(same, rel=1e-9)
        assert prior.log_prob(theta[:, order]) == pytest.approx(prior.log_prob(theta), rel=1e-12)


def test_only_some_orders_of_many_objects() -> None:
    orders, _ = orders_of(recipe_of(*[("star", STAR)] * 7))
    assert len(orders) == MOST_ORDERS


def test_systems_that_move_have_numbers_of_their_own() -> None:
    orders, _ = orders_of(Recipe.builtin("task-n-body"))
    assert not len(orders)
