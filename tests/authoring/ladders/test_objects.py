"""Fewer objects are the first of more."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast import ladder
from deepbench_fast.authoring.ladders import rung_axes
from deepbench_fast.authoring.ladders.objects import fewer
from deepbench_fast.values.distributions import Constant, Distribution, Integers, Poisson
from tests.recipe.ladder.rungs import SCENES, assert_equal_bits, drawn, read


def test_fewer_objects_are_the_first_of_more() -> None:
    made = drawn(ladder(read(SCENES), "objects", 4))
    for easy, hard in pairwise(made):
        for column in ("catalogue", "split", "member", "noise_gaussian_sigma", "psf_gaussian_sigma"):
            assert_equal_bits(easy.tables.samples[column], hard.tables.samples[column])
        for kind in ("star", "galaxy"):
            less, more = easy.tables.objects[kind], hard.tables.objects[kind]
            assert len(less) < len(more)
            assert_equal_bits(less, chosen(more, less))
            assert first_slots(less)
    rows = made[0].tables.objects["galaxy"]
    assert rows["slot"].max() == 0
    pairs = made[0].tables.objects["star"]["entry"] == 1
    assert np.bincount(made[0].tables.objects["star"]["sample"][pairs]).max() == 1


def chosen(more: npt.NDArray[np.void], less: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """The rows of one table that have the names of those of another."""
    rows = {name: row for row, name in enumerate(more[["sample", "entry", "slot"]].tolist())}
    return more[[rows[name] for name in less[["sample", "entry", "slot"]].tolist()]]


def first_slots(table: npt.NDArray[np.void]) -> bool:
    """Whether the objects of every entry of a sample are numbered 0, 1, 2 …"""
    follows = (table["sample"][1:] == table["sample"][:-1]) & (table["entry"][1:] == table["entry"][:-1])
    return bool((table["slot"][1:] == np.where(follows, table["slot"][:-1] + 1, 0)).all() and table["slot"][0] == 0)


QUIET = settings(derandomize=True, database=None, deadline=None, max_examples=50)


COUNTS = st.one_of(
    st.builds(lambda a, b: Integers(min(a, b), max(a, b)), st.integers(0, 20), st.integers(0, 20)),
    st.builds(Poisson, st.floats(0, 40)),
    st.builds(Constant, st.integers(0, 30).map(float)),
)


def quantile(count: Distribution, u: float) -> float:
    match count:
        case Integers(low=low, high=high):
            return float(scipy.stats.randint.ppf(u, low, high + 1))
        case Poisson(mean=mean):
            return float(scipy.stats.poisson.ppf(u, mean)) if mean > 0 else 0.0
    return count.support[0]


@QUIET
@given(COUNTS, st.integers(2, 9), st.floats(0.001, 0.999))
def test_counts_never_fall_from_rung_to_rung(count: Distribution, rungs: int, u: float) -> None:
    counts = [quantile(fewer(count, Fraction(r, rungs - 1)), u) for r in range(rungs)]
    assert counts == sorted(counts)
    assert counts[-1] == quantile(count, u)
    if not isinstance(count, Poisson):
        assert counts[0] == min(1, counts[-1]) or (count.support[0] == 0 and counts[0] <= 1)


@pytest.mark.parametrize(
    ("count", "words"), [("3", "one"), ("{integers: [1, 4]}", "one"), ("{integers: [0, 4]}", "≈ one")]
)
def test_none_or_one_is_not_one(count: str, words: str) -> None:
    rungs = ladder(read(f"{{catalogues: {{a: {{objects: [star: {{count: {count}}}]}}}}}}"), "objects", 2)
    assert rung_axes(rungs, "objects")[0] == {"objects": f"{words} object each"}
