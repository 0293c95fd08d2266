"""Simulators for simulation-based inference, against the datasets whose members they give."""

from __future__ import annotations

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deepbench_fast import Prior, Recipe, Simulator, UsageError, samples
from tests.recipes import mixed

RECIPE = Recipe(
    image={"shape": [9, 9]},
    noise=[{"gaussian": {"sigma": {"uniform": [0.1, 0.3]}}}],
    catalogues={"a": {"objects": [{"galaxy": {"x": 4, "y": 4, "ellip": {"uniform": [0, 0.95]}}}]}},
)
PRIOR = Prior(RECIPE, ["galaxy.n", "galaxy.ellip"])
THETA = PRIOR.sample(30, 8)
SIMULATOR = Simulator(RECIPE)


def test_simulations_are_members_however_batched() -> None:
    whole = SIMULATOR.for_sbi(PRIOR.names, 8)
    x = whole(THETA)
    np.testing.assert_array_equal(x, SIMULATOR.given(THETA, 8, names=PRIOR.names)["images"])
    np.testing.assert_array_equal(x, samples(RECIPE.set("seed", 8), 0, 30)["images"])
    parts = SIMULATOR.for_sbi(PRIOR.names, 8)
    made = [parts(THETA[:1]), parts(THETA[1:20]), parts(THETA[20:20]), *(parts(row)[None] for row in THETA[20:])]
    np.testing.assert_array_equal(np.concatenate(made), x)
    assert (whole.count, parts.count) == (30, 30)
    later = SIMULATOR.for_sbi(PRIOR.names, 8, first=12)
    np.testing.assert_array_equal(later(THETA[12:]), x[12:])


def test_each_call_has_noise_of_its_own() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, "text")
    assert len({simulator(THETA[0]).tobytes() for _ in range(20)}) == 20
    other = SIMULATOR.for_sbi(PRIOR.names, "other text")
    assert other(THETA[0]).tobytes() != SIMULATOR.for_sbi(PRIOR.names, "text")(THETA[0]).tobytes()


def test_parameters_that_can_not_be_give_nan() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, 8)
    x = simulator(THETA)
    wrong = THETA.copy()
    wrong[3, 0], wrong[4, 1], wrong[9], wrong[17, 0] = 1000, -0.1, np.nan, np.inf
    bad = np.isin(np.arange(30), [3, 4, 9, 17])
    found = SIMULATOR.for_sbi(PRIOR.names, 8)(wrong)
    np.testing.assert_array_equal(found[~bad], x[~bad])
    assert np.isnan(found[bad]).all()
    np.testing.assert_array_equal(SIMULATOR.possible(wrong, PRIOR.names), ~bad)
    none = SIMULATOR.for_sbi(PRIOR.names, 8)
    assert np.isnan(none(wrong[3])).all()
    assert none(wrong[bad]).shape == (4, 9, 9)
    np.testing.assert_array_equal(none(THETA[5:]), x[5:], err_msg="what can't be has a number all the same")


def test_or_raise_an_error() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, 8, invalid="error")
    simulator(THETA)
    with pytest.raises(UsageError, match=r"galaxy\.ellip must be from 0"):
        simulator(np.where([[False, True]], 2.0, THETA))


def test_float32_that_rounds_beyond_a_limit_stands_on_it() -> None:
    """0.01, a pendulum's least length in m, is less as float32."""
    narrow = np.array([[0.01]], np.float32)
    simulator = Simulator(Recipe.of_kind("pendulum"))
    one, other = (simulator.for_sbi(["pendulum.length"], 1)(theta) for theta in (narrow, np.array([[0.01]])))
    np.testing.assert_array_equal(one, other)
    assert not np.isnan(one).any()
    beyond = np.nextafter(narrow, np.float32(0))
    assert np.isnan(simulator.for_sbi(["pendulum.length"], 1)(beyond)).all()


def test_extras_stand_beside_x() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, 8, extras=["clean", "variance"])
    found = simulator(THETA)
    assert list(found) == ["x", "clean", "variance"]
    np.testing.assert_array_equal(found["x"], SIMULATOR.for_sbi(PRIOR.names, 8)(THETA))
    pull = (found["x"] - found["clean"]) / np.sqrt(found["variance"])
    assert abs(pull.std() - 1) < 0.05
    assert simulator(THETA[0])["clean"].shape == (9, 9)
    assert np.isnan(simulator([99.0, 0.1])["variance"]).all()


def test_whole_numbers_become_float32() -> None:
    recipe = Recipe.of_kind("rectangle").with_overrides({"image.shape": [20, 20], "image.dtype": "uint8"})
    x = Simulator(recipe).for_sbi(["rectangle.x", "rectangle.y"], 1)([[10.0, 10.0], [10.0, np.nan]])
    assert x.dtype == np.float32
    assert np.isnan(x[1]).all()
    assert not np.isnan(x[0]).any()


def test_a_copy_has_noise_of_its_own() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, 8)
    copies = [pickle.loads(pickle.dumps(simulator)) for _ in range(3)]
    nested = pickle.loads(pickle.dumps(copies[0]))
    made = [one(THETA[:2]).tobytes() for one in (simulator, *copies, nested)]
    assert len(set(made)) == 5
    again = SIMULATOR.for_sbi(PRIOR.names, 8)
    assert pickle.loads(pickle.dumps(again))(THETA[:2]).tobytes() == made[1]


def test_threads_share_it() -> None:
    simulator = SIMULATOR.for_sbi(PRIOR.names, 8)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(simulator, [THETA[0]] * 40))
    assert len({x.tobytes() for x in made}) == simulator.count == 40


def test_a_series_and_one_catalogue_of_several() -> None:
    recipe = Recipe.of_kind("pendulum")
    x = Simulator(recipe).for_sbi(["pendulum.length"], 1)([[1.0], [2.0]])
    assert x.shape == (2, recipe.time.steps, len(recipe.time.outputs))
    stars = Simulator(mixed(), catalogue="stars").for_sbi(["bright.amplitude"], 1)
    assert stars([[3.0]]).shape == (1, 16, 20)


@pytest.mark.parametrize(
    ("names", "options", "theta", "says"),
    [
        (["galaxy.m"], {}, None, "unknown parameter of the simulator 'galaxy.m'; did you mean 'galaxy.y'?"),
        (["galaxy.n", "galaxy.n"], {}, None, "names: one stands twice"),
        (["galaxy.n"], {"invalid": "drop"}, None, "invalid: must be nan or error, not 'drop'"),
        (["galaxy.n"], {"extras": ["cleann"]}, None, "did you mean 'clean'?"),
        (["galaxy.n"], {"first": -1}, None, "not a range"),
        (["galaxy.n"], {}, [[1.0, 2.0]], r"theta must have shape (count, 1), not (1, 2)"),
        (["galaxy.n"], {}, 1.0, r"theta must have shape (count, 1), not ()"),
        (["galaxy.n"], {}, "text", "theta must be numbers"),
    ],
)
def test_wrong_arguments(names: list[str], options: dict[str, object], theta: object, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        SIMULATOR.for_sbi(names, 1, **options)(theta)  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tensors_give_tensors() -> None:
    torch = pytest.importorskip("torch")
    x = SIMULATOR.for_sbi(PRIOR.names, 8)(THETA.astype(np.float32))
    for dtype in (torch.float32, torch.float64):
        found = SIMULATOR.for_sbi(PRIOR.names, 8)(torch.as_tensor(THETA, dtype=torch.float32).to(dtype))
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.numpy(), x)
    more = SIMULATOR.for_sbi(PRIOR.names, 8, extras=["clean"])(torch.as_tensor(THETA[0]))
    assert {name: tuple(value.shape) for name, value in more.items()} == {"x": (9, 9), "clean": (9, 9)}


@pytest.mark.filterwarnings("default")
def test_sbi_simulates_with_it() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("sbi")
    from sbi.inference import simulate_for_sbi
    from sbi.utils.user_input_checks import check_sbi_inputs, process_simulator

    prior = PRIOR.as_torch()
    theta, x = simulate_for_sbi(
        SIMULATOR.for_sbi(PRIOR.names, 8), prior, 30, simulation_batch_size=7, show_progress_bar=False
    )
    np.testing.assert_array_equal(x, SIMULATOR.for_sbi(PRIOR.names, 8)(theta.numpy()))
    processed = process_simulator(SIMULATOR.for_sbi(PRIOR.names, 8), prior, False)
    check_sbi_inputs(processed, prior)
    assert processed(torch.as_tensor(THETA)).shape == (30, 9, 9)
    assert "sbi" in sys.modules
