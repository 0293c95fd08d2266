"""Curves between the moments of a series, against SciPy's integrator and against what is stored."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from deepbench_fast import Recipe, samples
from deepbench_fast.pictures import fine_curves as module
from deepbench_fast.pictures.fine_curves import fine_curves, through
from deepbench_fast.pictures.series_panels import motions

BODIES = {"series.stop": 2, "series.steps": 9, "series.outputs": ["position", "velocity"]}


def bodies(**changes: object) -> Recipe:
    own = {f"catalogues.n_body.n_body.{key}": value for key, value in changes.items()}
    return Recipe.of_kind("n_body").with_overrides({**BODIES, **own})


def test_orbits_are_those_that_scipy_finds() -> None:
    batch = samples(bodies(softening=0.2), 0, 2)
    shown = motions(batch)
    for number, motion in enumerate(shown):
        own = batch.tables.objects["body"][3 * number : 3 * number + 3]
        place, speed = (np.stack([own[a], own[b]], axis=1) for a, b in (("x", "y"), ("vx", "vy")))

        def move(_: float, state: np.ndarray, mass: np.ndarray = own["mass"]) -> np.ndarray:
            at, velocity = state.reshape(2, 3, 2)
            apart = at[None] - at[:, None]
            cubed = ((apart**2).sum(axis=2) + 0.2**2) ** 1.5
            return np.array([velocity, (mass[None, :, None] * apart / cubed[:, :, None]).sum(axis=1)]).ravel()

        start = np.array([place, speed]).ravel()
        found = solve_ivp(move, (0, 2), start, "DOP853", motion.path_time, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(motion.path, found.y.T, rtol=0, atol=1e-7)
        assert 100 * len(motion.time) < len(motion.path_time) <= module.POINTS + 1


@pytest.mark.parametrize("solver", ["radau", "leapfrog"])
def test_curves_go_through_what_is_stored(solver: str) -> None:
    (motion,) = motions(samples(bodies(solver=solver), 0, 1))
    parts = (len(motion.path_time) - 1) // (len(motion.time) - 1)
    np.testing.assert_array_equal(motion.path_time[::parts], motion.time)
    np.testing.assert_allclose(motion.path[::parts], motion.curves, rtol=1e-12, atol=1e-14)


def test_another_curve_is_not_taken() -> None:
    stored = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    fine = np.array([[0.0, 1.0], [0.7, 1.0], [1.0, 1.0], [0.7, 1.0], [0.001, 1.0]])
    led = through(fine, stored)
    assert led is not None
    np.testing.assert_allclose(led[:, 0], [0, 0.7, 1, 0.6995, 0])
    assert through(fine + np.array([0.1, 0.0]), stored) is None
    assert through(fine, np.where(np.arange(3)[:, None] == 2, np.nan, stored)) is None


def test_what_takes_long_or_is_dense_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fine_curves(bodies().with_overrides({"series.steps": 1500}), np.array([0])) is None
    assert fine_curves(bodies().with_overrides({"series": {"times": [1]}}), np.array([0])) is None
    monkeypatch.setattr(module, "SECONDS", 0.0)
    slow = bodies(solver="leapfrog", step=1e-6, bodies=8)
    assert fine_curves(slow, np.array([0])) is None


def test_nominal_curves_are_those_without_noise_on_parameters() -> None:
    figure = Recipe.builtin("figure-pendulums")
    batch = samples(figure, 0, 6)
    shown = {motion.label: motion for motion in motions(batch)}
    for name in ("newton", "hamilton"):
        exact, scattered = shown[name], shown[f"{name}-parameters"]
        assert exact.nominal is None
        assert scattered.nominal is not None
        np.testing.assert_allclose(scattered.nominal, exact.path, atol=1e-6)
        assert np.abs(scattered.path - exact.path).max() > 0.5
        measured = shown[f"{name}-measured"]
        np.testing.assert_allclose(measured.path, exact.path, atol=1e-6)
        assert 0.3 < (measured.values - measured.curves).std() < 0.7
