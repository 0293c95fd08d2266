from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.errors import UsageError
from deepbench_fast.values.distributions import Grid
from tests.values.distributions.laws import MEMBERS, draws


def test_members_go_through_the_values() -> None:
    values = (3.0, 1.0, 2.5)
    np.testing.assert_array_equal(draws(Grid(values)), np.array(values)[MEMBERS % 3])
    assert Grid(values).possible == values


@pytest.mark.parametrize("values", [(1.0, 2.0, 6.0), (-1e308, 1e308, 0.0), (5.0,)])
def test_moments(values: tuple[float, ...]) -> None:
    law, scaled = Grid(values), np.array(values) / max(values)
    assert law.expectation / max(values) == pytest.approx(scaled.mean(), rel=1e-14)
    assert law.standard_deviation / max(values) == pytest.approx(scaled.std(), rel=1e-14)


def test_what_goes_by_the_member_has_no_density() -> None:
    with pytest.raises(UsageError, match=r"grid \[1, 2\] has no density"):
        Grid((1, 2)).log_density(np.ones(1))
    with pytest.raises(UsageError, match=r"grid \[1, 2\] has no quantiles"):
        Grid((1, 2)).quantile(np.ones(1))
