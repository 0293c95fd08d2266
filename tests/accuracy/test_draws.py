"""Every distribution at every corner of what it takes: quantiles against mpmath and scipy, bounds always kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy import stats

from deepbench_fast.draw.programs import Column, compile_programs
from deepbench_fast.kernels import elementary, elementary32
from deepbench_fast.kernels.random import columns as draw
from deepbench_fast.kernels.random.samplers import normal_cdf, normal_quantile, poisson_quantile
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import (
    Alone,
    Choice,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Poisson,
    Uniform,
    loguniform,
)
from tests.accuracy.stated import Worst, campaign
from tests.kernels.loops import Array, loop, ulp_error
from tests.values.distributions.laws import ENDS, STREAM, UNIFORMS
from tests.values.distributions.laws import draws as draws_of


def quantiles(distribution: Alone, uniforms: list[float] | None = None) -> Array:
    """Draws of members 0, 1, ..., or the values at some uniforms."""
    if uniforms is None:
        return draws_of(distribution)
    programs = compile_programs([[Column("stream", 0, distribution)]], {"stream": STREAM})
    found = np.empty(len(uniforms))
    _at(programs.rows, np.array(uniforms), programs.values, programs.cumulative, found)
    return found


@draw.kernel
def _at(rows: Array, uniforms: Array, values: Array, cumulative: Array, found: Array) -> None:
    for i in range(uniforms.size):
        found[i] = draw.quantile(rows[0], uniforms[i], i, 0, values, cumulative)


def anywhere(rng: np.random.Generator, decades: float) -> float:
    """A number of either sign, of any size, or 0."""
    size = 10.0 ** rng.uniform(-decades, decades)
    return float(rng.choice([-size, size, size, 0.0]))


def kept(distribution: Alone) -> Array:
    """Draws, all of which lie within the support, as do the values at the ends of the uniforms."""
    low, high = distribution.support
    values = quantiles(distribution)
    for found in (values, quantiles(distribution, list(ENDS))):
        assert np.isfinite(found).all()
        assert ((found >= low) & (found <= high)).all(), distribution
    return values


@campaign(150, 2_000)
def test_uniform(draws: int) -> None:
    rng, worst = np.random.default_rng(1), Worst("Uniform")
    for _ in range(draws):
        low = anywhere(rng, 300.0)
        high = rng.choice([anywhere(rng, 300.0), np.nextafter(low, np.inf), low * (1.0 + 1e-9), low])
        low, high = min(low, high), max(low, high)
        size = max(abs(low), abs(high), 1e-300)
        with mpmath.workdps(700):
            for value, u in zip(kept(Uniform(low, high)), UNIFORMS, strict=True):
                exact = mpmath.mpf(low) + (mpmath.mpf(high) - mpmath.mpf(low)) * mpmath.mpf(u)
                worst.see(float(abs(exact - mpmath.mpf(float(value))) / size), low=low, high=high)
    worst.check()


@campaign(60, 1_000)
def test_loguniform(draws: int) -> None:
    rng, worst = np.random.default_rng(2), Worst("Loguniform")
    ends = [loguniform.SMALLEST, loguniform.LARGEST, 1.0]
    for _ in range(draws):
        low, high = sorted(float(rng.choice([10.0 ** rng.uniform(-300.0, 300.0), *ends])) for _ in range(2))
        with mpmath.workdps(40):
            for value, u in zip(kept(LogUniform(low, high)), UNIFORMS, strict=True):
                exact = mpmath.mpf(low) * (mpmath.mpf(high) / mpmath.mpf(low)) ** mpmath.mpf(u)
                worst.see(float(abs(mpmath.mpf(float(value)) / exact - 1)), low=low, high=high)
    worst.check()


def exact_normal(normal: Normal, u: float) -> mpmath.mpf:
    """The value whose probability within the bounds is u, in standard deviations from the mean: by bisection."""
    mean, sigma = mpmath.mpf(normal.mean), mpmath.mpf(normal.sigma)
    low = -mpmath.inf if normal.low is None else (mpmath.mpf(normal.low) - mean) / sigma
    high = mpmath.inf if normal.high is None else (mpmath.mpf(normal.high) - mean) / sigma
    # The upper tail is the lower one in a mirror, where probabilities keep their digits.
    mirrored = low > 0
    if mirrored:
        low, high, part = -high, -low, 1 - mpmath.mpf(u)
    else:
        part = mpmath.mpf(u)
    first, last = mpmath.ncdf(low), mpmath.ncdf(high)
    wanted = first + (last - first) * part
    z = mpmath.mpf(stats.norm.ppf(float(wanted)) if wanted < 0.5 else -stats.norm.ppf(float(1 - wanted)))
    for _ in range(4):
        z -= (mpmath.ncdf(z) - wanted) / mpmath.npdf(z)
    return -z if mirrored else z


@campaign(60, 1_000)
def test_normal(draws: int) -> None:
    """Bounds on either side of the mean, far in either tail, near each other, or none."""
    rng, worst = np.random.default_rng(3), Worst("Normal, truncated or not")
    for _ in range(draws):
        mean, sigma = anywhere(rng, 10.0), float(10.0 ** rng.uniform(-10.0, 10.0))
        a = float(rng.choice([rng.uniform(-8.0, 8.0), 7.999, 0.0, -7.999]))
        b = a + float(rng.choice([rng.uniform(0.0, 10.0), 10.0 ** rng.uniform(-5.0, 0.0)]))
        bounds = [
            (None, None),
            (mean + a * sigma, None),
            (None, mean + a * sigma),
            (mean + a * sigma, mean + b * sigma),
        ]
        try:
            normal = Normal(mean, sigma, *bounds[rng.integers(4)])
        except Invalid:
            continue  # where b is in the tail, or both are too near
        values = kept(normal)
        with mpmath.workdps(40):
            for value, u in zip(values[:10], UNIFORMS[:10], strict=True):
                exact = mpmath.mpf(mean) + mpmath.mpf(sigma) * exact_normal(normal, u)
                error = abs(mpmath.mpf(float(value)) - exact) / max(abs(mpmath.mpf(mean)), mpmath.mpf(sigma))
                worst.see(float(error), **vars(normal))
    worst.check()


@pytest.mark.parametrize("low", [-3.0, 0.0, 1e-3, 1.0, 5.0, 7.9, 8.0])
def test_the_tail_of_a_tail_is_within_the_support(low: float) -> None:
    """A truncated tail reaches farther than what is not truncated: up to 11.6 standard deviations."""
    for sign in (1.0, -1.0):
        normal = Normal(0.0, 1.0, low, None) if sign > 0 else Normal(0.0, 1.0, None, -low)
        value = quantiles(normal, [ENDS[1] if sign > 0 else ENDS[0]])[0]
        farthest = normal.support[1] if sign > 0 else -normal.support[0]
        assert sign * value <= farthest < sign * value + 0.4


@campaign(60, 2_000)
def test_counts(draws: int) -> None:
    """Poisson counts and whole numbers are the exact quantiles."""
    rng, worst = np.random.default_rng(4), Worst("Poisson and integers")
    for _ in range(draws):
        mean = float(rng.choice([10.0 ** rng.uniform(-12.0, 6.0), 0.0, 9.999999, 10.0, 100.0, 1e6]))
        exact = stats.poisson.ppf(UNIFORMS, mean) if mean > 0 else np.zeros(len(UNIFORMS))
        worst.see(float(np.max(np.abs(kept(Poisson(mean)) - exact))), mean=mean)
        low, high = sorted(
            int(rng.choice([rng.integers(-(2**31) + 1, 2**31), -(2**31) + 1, 2**31 - 1, 0])) for _ in range(2)
        )
        whole = [low + int(mpmath.floor(mpmath.mpf(u) * (high - low + 1))) for u in UNIFORMS]
        worst.see(float(np.max(np.abs(kept(Integers(low, high)) - whole))), low=low, high=high)
    worst.check()


def test_choices_and_grids_give_their_values() -> None:
    values = (1e300, -1e300, 5e-324, 0.0)
    for weights in (None, (1.0, 5e-324, 1e300, 0.0), (0.0, 0.0, 5e-324, 0.0)):
        choice = Choice(values, weights)
        assert set(kept(choice).tolist()) <= set(choice.possible)
        assert set(quantiles(choice, list(ENDS)).tolist()) <= set(choice.possible)
    assert set(kept(Grid(values)).tolist()) == set(values)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Uniform(-1e308, 1e308), "too far apart"),
        (lambda: LogUniform(1e-310, 1.0), "from 1e-300 to 1e"),
        (lambda: LogUniform(1.0, 1.7e308), "from 1e-300 to 1e"),
        (lambda: Normal(0.0, 1e308), "must be smaller"),
        (lambda: Normal(1.75e308, 1e307), "must be smaller"),
        (lambda: Normal(0.0, 1.0, 0.0, 1e-9), "use uniform"),
        (lambda: Normal(0.0, 1.0, 8.5, 9.0), "within 8 sigma"),
    ],
)
def test_what_float64_cannot_draw_is_refused(make: Callable[[], Alone], problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        make()


@campaign(400, 10_000)
def test_normal_quantile_and_cdf(draws: int) -> None:
    rng, worst = np.random.default_rng(5), Worst("Normal quantile and distribution function")
    p, x = 10.0 ** rng.uniform(-300.0, np.log10(0.49), draws), rng.uniform(-37.0, 37.0, draws)
    z, found = np.empty_like(p), np.empty_like(x)
    loop(normal_quantile)(p, z)
    loop(normal_cdf)(x, found)
    with mpmath.workdps(40):
        for i in range(draws):
            # Where the quantile's own value has the probability asked for, but for a step of Newton's.
            at = mpmath.mpf(float(z[i]))
            step = (mpmath.ncdf(at) - mpmath.mpf(float(p[i]))) / mpmath.npdf(at)
            worst.see(float(abs(step / at)), quantile=p[i])
            exact = mpmath.ncdf(mpmath.mpf(float(x[i])))
            worst.see(float(abs(mpmath.mpf(float(found[i])) / exact - 1)), distribution_function=x[i])
    worst.check()


@campaign(3_000, 300_000)
def test_poisson_quantile(draws: int) -> None:
    """Up to the largest mean that is exact, and at the uniforms' ends."""
    rng, worst = np.random.default_rng(6), Worst("Poisson quantile")
    u = np.where(rng.random(draws) < 0.2, rng.choice(ENDS, draws), rng.integers(0, 2**52, draws) * 2.0**-52 + 2.0**-53)
    mean = 10.0 ** rng.uniform(-6.0, 9.0, draws)
    found = np.empty(draws)
    loop(poisson_quantile, 2)(u, mean, found)
    # A step of the distribution function lies within 1e-12 of u itself where the neighbour is as right.
    wrong = (stats.poisson.cdf(found, mean) < u * (1.0 - 1e-12)) & (
        stats.poisson.sf(found, mean) > (1.0 - u) * (1 + 1e-9)
    )
    lower = np.maximum(found - 1.0, 0.0)
    wrong |= (
        (found > 0)
        & (stats.poisson.cdf(lower, mean) > u * (1.0 + 1e-12))
        & (stats.poisson.sf(lower, mean) < (1.0 - u) * (1.0 - 1e-9))
    )
    worst.see(float(wrong.sum()), first=float(mean[wrong.argmax()]))
    worst.check()


FUNCTIONS = {
    "exp": (elementary.exp, np.exp, (-700.0, 700.0)),
    "log": (elementary.log, np.log, None),
    "sin": (elementary.sin, np.sin, (-1e5, 1e5)),
    "cos": (elementary.cos, np.cos, (-1e5, 1e5)),
    "atan": (elementary.atan, np.arctan, (-1e6, 1e6)),
}


@campaign(100_000, 2_000_000)
def test_elementary_functions(draws: int) -> None:
    rng, worst = np.random.default_rng(7), Worst("Elementary functions, float64")
    for name, (function, exact, span) in FUNCTIONS.items():
        x = 10.0 ** rng.uniform(-300.0, 300.0, draws) if span is None else rng.uniform(*span, draws)
        if span is not None:
            x[::2] = rng.choice([-1.0, 1.0], x[::2].size) * 10.0 ** rng.uniform(-12.0, np.log10(span[1]), x[::2].size)
        found = np.empty_like(x)
        loop(function)(x, found)
        worst.see(ulp_error(found, exact(x.astype(np.longdouble))), function=name)
    worst.check()


@campaign(100_000, 2_000_000)
def test_elementary_functions_in_float32(draws: int) -> None:
    rng, worst = np.random.default_rng(8), Worst("Elementary functions, float32")
    for name, function, exact, x in (
        ("expf", elementary32.expf, np.exp, rng.uniform(-87.0, 88.0, draws)),
        ("logf", elementary32.logf, np.log, 10.0 ** rng.uniform(-37.0, 38.0, draws)),
    ):
        single = x.astype(np.float32)
        found = np.empty_like(single)
        loop(function)(single, found)
        worst.see(ulp_error(found, exact(single.astype(np.longdouble))), function=name)
    worst.check()


def test_uniforms_lie_in_the_open_interval() -> None:
    assert all(0.0 < low < high < 1.0 for low, high in pairwise(sorted({*ENDS, *UNIFORMS})))
