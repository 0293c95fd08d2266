from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.errors import UsageError
from deepbench_fast.values.distributions import Table
from deepbench_fast.values.distributions.distribution import MANY
from tests.values.distributions.laws import MEMBERS, UNIFORMS, Array, draws


def table(folder: Path, values: Array, order: str = "random") -> Table:
    file = folder / "own.csv"
    file.write_text("mass\n" + "\n".join(map(repr, values.tolist())), "utf-8")
    return Table(str(file), "mass", order=order)


@pytest.mark.parametrize("rows", [1, 2, 7, 5000])
def test_rows_are_equally_likely(tmp_path: Path, rows: int) -> None:
    values = np.random.default_rng(rows).normal(size=rows) * 1e3
    law = table(tmp_path, values)
    expected = values[np.floor(np.array(UNIFORMS) * rows).astype(int)]
    np.testing.assert_array_equal(draws(law), expected)
    np.testing.assert_array_equal(law.quantile(np.array(UNIFORMS)), expected)
    assert law.support == (values.min(), values.max())
    assert law.expectation == pytest.approx(values.mean(), rel=1e-11)
    assert law.standard_deviation == pytest.approx(values.std(), rel=1e-11)
    assert law.possible == (sorted(values) if rows < MANY else None)


def test_rows_in_order(tmp_path: Path) -> None:
    values = np.array([3.0, 1.0, 2.0])
    law = table(tmp_path, values, "rows")
    assert law.in_order
    np.testing.assert_array_equal(draws(law), values[MEMBERS % 3])


def test_it_has_no_density(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no density"):
        table(tmp_path, np.array([1.0, 2.0])).log_density(np.ones(1))
