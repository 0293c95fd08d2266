"""Tasks, by the names and shapes of sbibm."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, samples
from deepbench_fast.tasks import get_available_tasks, get_task
from tests.test_golden import GOLDEN

NAMES = {"star", "galaxy", "galaxy-ccd", "lens", "pendulum", "n-body", "two-galaxies"}
SIZES = {"star": (6, 784), "galaxy": (7, 784), "galaxy-ccd": (5, 400), "lens": (7, 784)} | {
    "pendulum": (4, 24),
    "n-body": (4, 52),
    "two-galaxies": (8, 784),
}


def test_there_are_seven_tasks() -> None:
    assert set(get_available_tasks()) == NAMES
    assert all(f"task-{name}" in GOLDEN for name in NAMES)
    assert get_task("task-star").name == "star"
    with pytest.raises(UsageError, match="did you mean 'galaxy'"):
        get_task("galaxi")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_task_knows_its_parameters(name: str) -> None:
    task = get_task(name)
    prior = task.get_prior_dist()
    assert prior.names == task.names == tuple(task.get_labels_parameters())
    assert (task.dim_parameters, task.dim_data) == SIZES[name]


def test_observations_are_the_first_samples_of_a_dataset_of_their_own() -> None:
    task = get_task("pendulum")
    recipe = Recipe.builtin("task-pendulum")
    batch = samples(recipe.set("seed", "observations"), 0, 10)
    for number in (1, 10):
        x, theta = task.get_observation(number), task.get_true_parameters(number)
        assert (x.shape, theta.shape) == ((1, 24), (1, 4))
        np.testing.assert_array_equal(task.unflatten_data(x)[0], batch["series"][number - 1])
        np.testing.assert_array_equal(theta[0], batch.targets[number - 1])
    assert (samples(recipe, 0, 1)["series"] != batch["series"][:1]).any()
    np.testing.assert_array_equal(task.flatten_data(batch["series"]), batch["series"].reshape(10, -1))
    for number in (0, 11, "1"):
        with pytest.raises(UsageError, match="numbered 1 to 10"):
            task.get_observation(number)  # type: ignore[arg-type]


def test_prior_and_simulator_give_new_draws_in_each_call() -> None:
    task = get_task("pendulum")
    prior, simulate = task.get_prior(), task.get_simulator(max_calls=8)
    theta = prior(4)
    assert theta.shape == (4, 4)
    assert prior().shape == (1, 4)
    assert (prior(4) != theta).all()
    np.testing.assert_array_equal(task.get_prior()(4), theta)
    x = simulate(theta)
    assert x.shape == (4, 24)
    assert (simulate(theta) != x).all()
    np.testing.assert_array_equal(task.get_simulator()(theta), x)
    single = task.get_simulator()
    np.testing.assert_array_equal(np.concatenate([single(row) for row in theta]), x)
    with pytest.raises(UsageError, match="budget is 8 calls, 8 of which are made"):
        simulate(theta[0])
    with pytest.raises(UsageError, match=r"shape \(count, 4\), not \(1, 3\)"):
        single(np.ones(3))


def test_tensors_on_request() -> None:
    torch = pytest.importorskip("torch")
    task = get_task("pendulum", tensors=True)
    theta = task.get_prior()(3)
    for given in (theta, task.get_simulator()(theta), task.get_observation(1), task.get_true_parameters(1)):
        assert isinstance(given, torch.Tensor)
        assert given.dtype == torch.float32
    assert task.unflatten_data(task.get_observation(1)).shape == (1, 24, 1)
