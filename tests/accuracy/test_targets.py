"""The standard deviation of the noise on targets, for every law over its whole range, against mpmath."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from deepbench_fast.values.distributions import (
    Alone,
    Choice,
    Integers,
    LogUniform,
    Normal,
    Poisson,
    Uniform,
)
from deepbench_fast.values.distributions.numeric import Numeric
from tests.accuracy.stated import Worst, campaign
from tests.oracles import spread

CORNERS: list[Alone] = [
    *(Uniform(*bounds) for bounds in ((0, 0), (-1e300, 1e300), (1, 1 + 2**-50), (-1e-300, 1e-300))),
    *(LogUniform(*bounds) for bounds in ((1, 1), (1, 1 + 2**-50), (1e-300, 1e300), (1, 3), (1, np.nextafter(3, 4)))),
    *(Normal(mean, sigma) for mean, sigma in ((0, 0), (1e300, 1e-300), (0, 1e300), (-5, 1e-9))),
    *(Normal(0, 1, low, high) for low, high in ((8, None), (None, -8), (8, 8 + 2e-6), (-8, 8), (0, 2e-6), (7, 8))),
    *(Normal(1, 0.1, low, high) for low, high in ((1, 1), (1.8, None), (0.3, 0.3 + 2e-7), (-1e9, 1e9), (None, 1))),
    Normal(2, 0, 1, 3),
    *(Integers(*bounds) for bounds in ((3, 3), (0, 1), (-(2**31) + 1, 2**31 - 1))),
    *(Poisson(mean) for mean in (0, 1e-300, 1e6)),
    *(Choice(values) for values in ((2.0,), (1e8, 1e8 + 1e-6), (-1e308, 1e308), (5.0, 5.0))),
    Choice((0.0, 1.0, 2.0), (1e-12, 1.0, 0.0)),
]


def expected(law: Alone) -> float:
    match law:
        case Normal(sigma=0):
            return 0.0
        case Numeric():
            return float(getattr(spread, law.form)(**law.numbers))
        case Choice(values=values, weights=weights):
            return spread.choice(values, weights)
    raise AssertionError(law)


def _uniform(rng: np.random.Generator) -> Alone:
    low = rng.normal() * 10 ** rng.uniform(-9, 9)
    return Uniform(low, low + 10 ** rng.uniform(-9, 9))


def _loguniform(rng: np.random.Generator) -> Alone:
    low = 10 ** rng.uniform(-30, 30)
    return LogUniform(low, low * (1 + 10 ** rng.uniform(-13, 12)))


def _normal(rng: np.random.Generator) -> Alone:
    mean, sigma = rng.normal() * 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-3, 3)
    low, high = mean + sigma * rng.uniform(-8, 8), mean + sigma * rng.uniform(-8, 8)
    if rng.random() < 0.3:
        high = low + sigma * 10 ** rng.uniform(-5.5, 1)
    low, high = min(low, high), max(low, high)
    return Normal(mean, sigma, *((low, high), (low, None), (None, high), (None, None))[rng.integers(4)])


def _integers(rng: np.random.Generator) -> Alone:
    low, high = sorted(int(x) for x in rng.integers(-(2 ** rng.integers(1, 31)), 2 ** rng.integers(1, 31), 2))
    return Integers(low, high)


def _poisson(rng: np.random.Generator) -> Alone:
    return Poisson(10 ** rng.uniform(-9, 6))


def _choice(rng: np.random.Generator) -> Alone:
    values = rng.normal(size=rng.integers(1, 9)) * 10 ** rng.uniform(-5, 5) + rng.normal()
    return Choice(tuple(values), None if rng.random() < 0.5 else tuple(rng.uniform(0.01, 1, values.size)))


MAKERS: list[Callable[[np.random.Generator], Alone]] = [
    _uniform,
    _loguniform,
    _normal,
    _integers,
    _poisson,
    _choice,
]


def _laws(draws: int) -> Iterator[Alone]:
    yield from CORNERS
    rng = np.random.default_rng(8)
    for number in range(draws):
        yield MAKERS[number % len(MAKERS)](rng)


@campaign(few=600, many=60_000)
def test_standard_deviations(draws: int) -> None:
    laws = list(_laws(draws))
    worst = Worst("Standard deviation of noise on targets")
    for law in laws:
        found, true = law.standard_deviation, expected(law)
        worst.see(abs(found / true - 1) if true else abs(found), law=law)
    worst.check()


@pytest.mark.parametrize("law", [Normal(0, 1, -1, 2), Choice((1.0, 5.0)), LogUniform(1, 40)], ids=str)
def test_the_oracle_is_that_of_many_draws(law: Any) -> None:
    rng = np.random.default_rng(1)
    match law:
        case LogUniform(low=low, high=high):
            draws = np.exp(rng.uniform(np.log(low), np.log(high), 400_000))
        case Choice(values=values):
            draws = rng.choice(values, 400_000)
        case _:
            draws = rng.normal(size=1_000_000)
            draws = draws[(draws >= law.low) & (draws <= law.high)]
    assert draws.std() == pytest.approx(expected(law), rel=5e-3)
