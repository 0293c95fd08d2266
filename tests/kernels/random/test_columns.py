"""Draws against scipy's inverse CDFs at the same uniforms, which come from a Philox in plain integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from deepbench_fast.kernels.random import codes
from deepbench_fast.kernels.random import columns as draw
from deepbench_fast.kernels.random.program import PROGRAM
from tests.oracles.addresses import shuffled, uniform

KEY = (0x12345678, 0x9ABCDEF0)
PHILOX_KEY = np.array(KEY, np.uint32)
STREAM = 0xFEDCBA98
MEMBERS = np.concatenate([np.arange(300), 2**32 - 2 + np.arange(4), 2**48 - 4 + np.arange(4)]).astype(np.int64)
TURNS = np.arange(MEMBERS.size, dtype=np.int64) % 5
UNIFORMS = np.array([uniform(KEY, STREAM, int(m), int(t)) for m, t in zip(MEMBERS, TURNS, strict=True)])


def program(**fields: float) -> npt.NDArray[Any]:
    row = np.zeros(1, PROGRAM)
    row["stream"], row["base"], row["factor"], row["low"], row["high"] = STREAM, -1, -1, -np.inf, np.inf
    for name, value in fields.items():
        row[name] = value
    return row


def drawn(
    programs: npt.NDArray[Any], values: list[float] | None = None, cumulative: list[float] | None = None
) -> npt.NDArray[np.float64]:
    draw.derive(programs)
    floats = np.zeros((MEMBERS.size, programs["column"].max() + 1))
    draw.draw_columns(
        floats,
        floats.view(np.int64),
        np.zeros(MEMBERS.size, np.int64),
        MEMBERS,
        TURNS,
        programs,
        np.array([0, programs.size]),
        PHILOX_KEY,
        np.array(values or [0.0]),
        np.array(cumulative or [1.0]),
    )
    return floats


@pytest.mark.parametrize(
    ("fields", "oracle"),
    [
        ({"code": codes.UNIFORM, "low": -2, "high": 5}, stats.uniform(-2, 7)),
        ({"code": codes.LOGUNIFORM, "low": 0.01, "high": 300}, stats.loguniform(0.01, 300)),
        ({"code": codes.NORMAL, "mean": 3, "sigma": 0.5}, stats.norm(3, 0.5)),
        ({"code": codes.NORMAL, "mean": 0, "sigma": 2, "low": -1, "high": 5}, stats.truncnorm(-0.5, 2.5, 0, 2)),
        ({"code": codes.NORMAL, "mean": 0, "sigma": 1, "low": 6, "high": 9}, stats.truncnorm(6, 9)),
        ({"code": codes.NORMAL, "mean": 0, "sigma": 1, "low": -9, "high": -6}, stats.truncnorm(-9, -6)),
        ({"code": codes.POISSON, "mean": 4.2}, stats.poisson(4.2)),
        ({"code": codes.POISSON, "mean": 300}, stats.poisson(300)),
        ({"code": codes.INTEGERS, "low": -3, "high": 8}, stats.randint(-3, 9)),
    ],
)
def test_values_are_quantiles_of_the_uniform_at_the_address(fields: dict[str, float], oracle: Any) -> None:
    np.testing.assert_allclose(drawn(program(**fields))[:, 0], oracle.ppf(UNIFORMS), rtol=1e-12, atol=1e-13)


def test_constant() -> None:
    assert (drawn(program(code=codes.CONSTANT, low=2.5, high=2.5)) == 2.5).all()


def test_choice_takes_the_value_whose_share_holds_the_uniform() -> None:
    values, cumulative = [7.0, -1.0, 3.5], [0.2, 0.5, 1.0]
    got = drawn(program(code=codes.CHOICE, first=0, length=3), values, cumulative)[:, 0]
    np.testing.assert_array_equal(got, np.array(values)[np.searchsorted(cumulative, UNIFORMS, side="right")])


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 8, 9, 1000])
def test_choice_of_any_length_takes_the_first_share_above_the_uniform(length: int) -> None:
    weights = np.arange(length) % 3.0 + (length == 1)
    cumulative = (np.cumsum(weights) / weights.sum()).tolist()
    got = drawn(program(code=codes.CHOICE, first=0, length=length), np.arange(length + 0.0).tolist(), cumulative)[:, 0]
    np.testing.assert_array_equal(got, np.searchsorted(cumulative[:-1], UNIFORMS, side="right"))


def test_bounds_hold_where_the_range_is_a_point() -> None:
    for code in (codes.UNIFORM, codes.LOGUNIFORM):
        assert (drawn(program(code=code, low=0.3, high=0.3)) == 0.3).all()


def test_an_offset_adds_to_its_base_and_integers_are_stored_as_integers() -> None:
    programs = np.concatenate(
        [
            program(code=codes.UNIFORM, low=0, high=1, column=2),
            program(code=codes.UNIFORM, low=10, high=20, column=0, base=2),
            program(code=codes.INTEGERS, low=1, high=6, column=1, integer=1),
        ]
    )
    table = drawn(programs)
    np.testing.assert_allclose(table[:, 0], table[:, 2] + 10 + 10 * UNIFORMS, rtol=1e-14)
    np.testing.assert_array_equal(table.view(np.int64)[:, 1], 1 + np.floor(6 * UNIFORMS))


def test_a_scaled_value_multiplies_its_factor() -> None:
    programs = np.concatenate(
        [
            program(code=codes.UNIFORM, low=5, high=6, column=1),
            program(code=codes.UNIFORM, low=-0.5, high=0.5, column=0, factor=1),
        ]
    )
    table = drawn(programs)
    np.testing.assert_allclose(table[:, 0], table[:, 1] * (UNIFORMS - 0.5), rtol=1e-13)


def test_short_segments_are_drawn_again_by_the_next_attempt() -> None:
    streams, least = [11, 12, 13, 14], 0.8
    programs = np.concatenate(
        [program(code=codes.UNIFORM, low=0, high=1, column=c, stream=s) for c, s in enumerate(streams)]
        + [program(code=codes.UNIFORM, low=1, high=2, column=4, base=0, stream=15)]
    )
    draw.derive(programs)
    floats = np.zeros((MEMBERS.size, 5))
    where = np.zeros(MEMBERS.size, np.int64), MEMBERS, TURNS, programs, np.array([0, 5]), PHILOX_KEY
    choices = np.zeros(1), np.ones(1)
    draw.draw_columns(floats, floats.view(np.int64), *where, *choices)
    first = floats.copy()
    draw.redraw_short_segments(floats, floats.view(np.int64), *where, *choices, np.arange(4), np.array([least]))
    lengths = np.hypot(floats[:, 2] - floats[:, 0], floats[:, 3] - floats[:, 1])
    assert (lengths >= least).all()
    for row, (member, turn) in enumerate(zip(MEMBERS.tolist(), TURNS.tolist(), strict=True)):
        for attempt in range(1000):
            ends = [uniform(KEY, s, member, turn, attempt) for s in streams]
            if np.hypot(ends[2] - ends[0], ends[3] - ends[1]) >= least:
                break
        np.testing.assert_allclose(floats[row, :4], ends, rtol=1e-14)
        np.testing.assert_allclose(floats[row, 4], ends[0] + 1 + uniform(KEY, 15, member, turn, attempt), rtol=1e-14)
    assert (first != floats).any()


@pytest.mark.parametrize("shares", [[1], [1, 2], [3, 1, 1], [50, 49, 1]])
@pytest.mark.parametrize("first", [0, 1, 7, 99, 10**12])
def test_classes_follow_the_shuffled_strata(shares: list[int], first: int) -> None:
    size, count = sum(shares), 230
    catalogue, member = np.empty(count, np.int64), np.empty(count, np.int64)
    draw.assign_classes(first, np.array(shares), PHILOX_KEY, STREAM, catalogue, member)
    for i in range(count):
        stratum, position = divmod(first + i, size)
        order = shuffled(KEY, STREAM, stratum, shares)
        assert catalogue[i] == order[position]
        assert member[i] == stratum * shares[order[position]] + order[:position].count(order[position])


def test_members_of_a_class_are_numbered_without_gaps() -> None:
    catalogue, member = np.empty(10_000, np.int64), np.empty(10_000, np.int64)
    draw.assign_classes(0, np.array([2, 5, 1]), PHILOX_KEY, STREAM, catalogue, member)
    for c in range(3):
        np.testing.assert_array_equal(member[catalogue == c], np.arange((catalogue == c).sum()))


def test_splits_depend_on_the_member_alone() -> None:
    shares, streams = [3, 1, 1], [11, 22]
    rng = np.random.default_rng(5)
    catalogue = rng.integers(0, 2, 400)
    member = np.sort(rng.integers(0, 500, 400))
    split = np.empty(400, np.int32)
    draw.assign_splits(catalogue, member, np.array(shares), PHILOX_KEY, np.array(streams), split)
    for c, m, s in zip(catalogue.tolist(), member.tolist(), split.tolist(), strict=True):
        assert s == shuffled(KEY, streams[c], m // 5, shares)[m % 5]


def test_objects_are_listed_by_sample_entry_slot() -> None:
    catalogue = np.array([0, 1, 0], np.int64)
    member = np.array([10, 20, 11], np.int64)
    counts = np.array([[2, 1], [3, 0], [0, 1]], np.int64)
    entry_first, entry_kind = np.array([0, 2, 3]), np.array([0, 1, 0])
    rows = np.zeros((2, 2), np.int64)
    draw.count_rows(catalogue, counts, entry_first, entry_kind, 2, rows)
    assert rows.tolist() == [[5, 1], [0, 1]]
    identity, members = np.empty((5, 3), np.int64), np.empty(5, np.int64)
    draw.list_objects(100, catalogue, member, counts, entry_first, entry_kind, 0, identity, members)
    assert identity.tolist() == [[100, 0, 0], [100, 0, 1], [101, 2, 0], [101, 2, 1], [101, 2, 2]]
    assert members.tolist() == [10, 10, 20, 20, 20]
