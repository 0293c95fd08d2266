"""Which parameters a simulation can be given, against the ranges as the kinds declare them."""

from __future__ import annotations

import numpy as np

from deepbench_fast import Recipe
from deepbench_fast.draw.free_parameters import free_parameters, possible_rows
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kinds.light.galaxy import NARROWEST_MEAN


def test_rows_that_can_be() -> None:
    """Each parameter within its range, and all together: pixels' means need an ellipse that is no line."""
    plan = make_plan(Recipe.of_kind("galaxy").set("image.sampling", "integrate"))
    free = free_parameters(plan, 0)
    generator = np.random.default_rng(3)
    r_eff, ellip = generator.uniform(-0.3, 2, 400), generator.uniform(-0.1, 1.1, 400)
    n = generator.choice([0.5, 4.0, 10.0, 10.1, np.nan, np.inf, 0.4], 400)
    low, high = free["galaxy.r_eff"].declared.low, free["galaxy.ellip"].declared.high
    alone = (r_eff >= low) & (ellip >= 0) & (ellip <= high) & (n >= 0.5) & (n <= 10)
    expected = alone & (r_eff * (1.0 - ellip) >= NARROWEST_MEAN)
    wanted = [free[f"galaxy.{name}"] for name in ("r_eff", "ellip", "n")]
    table = np.stack([r_eff, ellip, n], axis=1)
    np.testing.assert_array_equal(possible_rows(plan, wanted, table), expected)
    assert 40 < expected.sum() < alone.sum() - 10
    assert possible_rows(plan, wanted, table[:0]).shape == (0,)
    assert not possible_rows(plan, wanted, table[~expected]).any()


def test_rows_of_whole_numbers() -> None:
    plan = make_plan(Recipe.of_kind("polygon"))
    vertices = free_parameters(plan, 0)["polygon.vertices"]
    table = np.array([[2.0], [3.0], [3.5], [5.0], [1e9]])
    assert possible_rows(plan, [vertices], table).tolist() == [False, True, False, True, False]
