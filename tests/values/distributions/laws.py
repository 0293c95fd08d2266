"""What every law must be: drawn, scored and summed up as an independent law says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.programs import Column, compile_programs
from deepbench_fast.kernels.random.columns import draw_columns
from deepbench_fast.values.distributions import Alone
from tests.oracles.addresses import uniform

Array = npt.NDArray[np.float64]

KEY = (0x12345678, 0x9ABCDEF0)
STREAM = 77
MEMBERS = np.arange(40, dtype=np.int64)
UNIFORMS = [uniform(KEY, STREAM, member, 0) for member in MEMBERS.tolist()]
"""What members 0, 1, ... are drawn from."""

ENDS = (2.0**-53, 1.0 - 2.0**-53)
"""The smallest and the largest uniform that a draw can get."""


def draws(law: Alone) -> Array:
    """Draws of members 0, 1, ..."""
    programs = compile_programs([[Column("stream", 0, law)]], {"stream": STREAM})
    table = np.zeros((MEMBERS.size, 1))
    where = np.zeros(MEMBERS.size, np.int64), MEMBERS, np.zeros(MEMBERS.size, np.int64)
    draw_columns(table, table.view(np.int64), *where, *programs.arguments(np.array(KEY, np.uint32)))
    return table[:, 0]


def check(law: Alone, oracle: Any, *, tolerance: float = 1e-9, moments: float = 1e-9) -> None:
    """Compare a law to SciPy's; tolerances are relative, of values to the size of the largest one."""
    u = np.array([*UNIFORMS, 0.001, 0.4567, 0.999])
    low, high = law.support
    values = law.quantile(u)
    size = max(abs(low), abs(high))
    np.testing.assert_allclose(values, oracle.ppf(u), rtol=tolerance, atol=tolerance * size, err_msg=str(law))
    np.testing.assert_allclose(draws(law), values[: MEMBERS.size], rtol=1e-12, atol=1e-13 * size, err_msg=str(law))
    ends = law.quantile(np.array(ENDS))
    assert ((low <= ends) & (ends <= high)).all(), law
    assert np.isfinite(law.log_density(law.quantile(np.array([0.0, 1.0])))).all(), law
    score = oracle.logpmf if law.is_discrete else oracle.logpdf
    np.testing.assert_allclose(law.log_density(values), score(values), rtol=tolerance, atol=tolerance, err_msg=str(law))
    first, last = oracle.support()  # infinite for a whole normal, whose draws are not
    step = 1e-9 * max(abs(low), abs(high))
    assert np.isneginf(law.log_density(np.array([first - step, last + step, np.nan, np.inf, -np.inf]))).all(), law
    check_ranks(law, oracle, values, tolerance)
    check_slopes(law, u)
    np.testing.assert_allclose(law.expectation, oracle.mean(), rtol=moments, atol=moments * size, err_msg=str(law))
    np.testing.assert_allclose(law.standard_deviation, oracle.std(), rtol=moments, err_msg=str(law))


def check_ranks(law: Alone, oracle: Any, values: Array, tolerance: float) -> None:
    """Each value's probability is SciPy's, of single values in the middle of theirs, and gives the value back."""
    ranks = law.rank(values)
    half = 0.5 * oracle.pmf(values) if law.is_discrete else 0.0
    expected = oracle.cdf(values) - half if law.is_random else np.full_like(values, 0.5)
    np.testing.assert_allclose(ranks, expected, rtol=tolerance, atol=max(tolerance, 1e-9), err_msg=str(law))
    size = max(map(abs, law.support))
    np.testing.assert_allclose(law.quantile(ranks), values, rtol=1e-7, atol=1e-7 * size, err_msg=str(law))
    first, last = oracle.support()
    outside = np.array([first - 1e-9 * size, last + 1e-9 * size, np.nan])
    assert np.isnan(law.rank(outside[~np.isinf(outside)])).all(), law
    if not law.is_discrete:
        ends = np.array([end for end in law.bounds if np.isfinite(end)])
        np.testing.assert_allclose(law.rank(ends), [float(end == law.bounds[1]) for end in ends], atol=1e-12)
    assert law.bounds == (first, last) or law.is_discrete, law


def check_slopes(law: Alone, u: Array) -> None:
    """The slope of the logarithm of the density is that of a straight line between near values."""
    if law.is_discrete:
        return
    low, middle, high = (law.quantile(np.sort(u)[1:-1] + step) for step in (-1e-4, 0.0, 1e-4))
    if (high - low).min() < 1e-7 * np.abs(middle).max():
        return  # rounding hides how it rises
    rise = (law.log_density(high) - law.log_density(low)) / (high - low)
    np.testing.assert_allclose(law.slope(middle), rise, rtol=1e-2, atol=1e-3 * np.abs(rise).max(), err_msg=str(law))


def check_many(make: Callable[[np.random.Generator], tuple[Alone, Any]], count: int = 60, **tolerances: float) -> None:
    """Compare laws with random parameters to theirs of SciPy."""
    generator = np.random.default_rng(12)
    for _ in range(count):
        check(*make(generator), **tolerances)


def check_certain(law: Alone, value: float) -> None:
    """A law of one value alone."""
    assert not law.is_random
    assert law.is_discrete
    assert law.support == (value, value)
    assert (draws(law) == value).all()
    assert (law.quantile(np.array([*ENDS, 0.5])) == value).all()
    found = law.log_density(np.array([np.nextafter(value, -np.inf), value, np.nextafter(value, np.inf), np.nan]))
    assert found.tolist() == [-np.inf, 0, -np.inf, -np.inf]
    assert (law.expectation, law.standard_deviation) == (value, 0)
