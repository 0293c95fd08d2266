"""The order of epochs: permutations that are uniform, independent of each other, and the same wherever they begin."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from deepbench_fast.kernels.random.order import epoch_order, shuffled


def order(
    size: int, epoch: int = 0, seed: int = 1, run: int = 1, window: int = 16, first: int = 0, count: int | None = None
) -> npt.NDArray[np.int64]:
    found = np.empty(size - first if count is None else count, np.int64)
    epoch_order(first, size, run, window, epoch, np.array([seed, 7], np.uint32), found)
    return found


@pytest.mark.parametrize("run", [1, 3, 64])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 16, 97, 100, 1000, 4097, 99_991])
def test_every_sample_once(size: int, run: int) -> None:
    for epoch in range(3):
        assert (np.sort(order(size, epoch, run=min(run, size))) == np.arange(size)).all()


@pytest.mark.parametrize("run", [1, 8])
def test_a_position_needs_no_other(run: int) -> None:
    whole = order(5000, 2, run=run)
    for first, count in ((0, 1), (127, 2), (128, 300), (4999, 1), (1234, 999)):
        assert (order(5000, 2, run=run, first=first, count=count) == whole[first : first + count]).all()


def test_trillions_of_samples() -> None:
    size = 10**12
    found = order(size, first=size // 3, count=100_000)
    assert len(np.unique(found)) == found.size
    assert 0 <= found.min() <= found.max() < size
    assert stats.kstest(found / size, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 4 / math.sqrt(found.size)


@pytest.mark.parametrize("size", [6, 20, 101])
def test_each_sample_stands_anywhere(size: int) -> None:
    """Over epochs every sample is as likely at every position."""
    epochs = 200 * size
    counts = np.zeros((size, size))
    for epoch in range(epochs):
        counts[np.arange(size), order(size, epoch)] += 1
    expected = epochs / size
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert stats.chi2.sf(chi2, (size - 1) ** 2) > 1e-4


@pytest.mark.parametrize("size", [30, 64])
def test_pairs_are_independent(size: int) -> None:
    """Two positions hold every pair of different samples equally often."""
    epochs = 40 * size * size
    for a, b in ((0, 1), (3, size - 1)):
        counts = np.zeros((size, size))
        for epoch in range(epochs):
            found = order(size, epoch)
            counts[found[a], found[b]] += 1
        pairs = counts[~np.eye(size, dtype=bool)]
        assert counts.trace() == 0
        expected = epochs / pairs.size
        assert stats.chi2.sf(((pairs - expected) ** 2 / expected).sum(), pairs.size - 1) > 1e-4


def test_all_permutations_of_a_few_samples_occur() -> None:
    seen = {tuple(order(5, epoch).tolist()) for epoch in range(6000)}
    assert seen == set(itertools.permutations(range(5)))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    """Where two orders agree at some positions, it is as often as chance lets them."""
    size = 10_000
    one = order(size)
    for other in (order(size, 1), order(size, seed=2), np.arange(size)):
        assert (one == other).sum() < 9  # a Poisson count of mean 1
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(size)


def test_runs_stay_near_each_other() -> None:
    size, run, window = 64_000, 100, 4
    found = order(size, run=run, window=window)
    blocks = {len(np.unique(part // run)) for part in found.reshape(-1, run * window)}
    assert blocks == {window}
    assert len(np.unique(found[: run * window] // run)) == window
    starts = np.array([part[0] // run for part in found.reshape(-1, run * window)])
    assert stats.kstest(starts / (size // run), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 257, 50_000, 2**31 + 7, 2**48])
@pytest.mark.parametrize("epoch", [0, 3, 2**31, 2**40])
def test_numpy_gives_the_order_that_the_kernel_gives(size: int, epoch: int) -> None:
    key = np.array([123456789, 4294967295], np.uint32)
    count = min(size, 300)
    for first in {0, size - count}:
        found = np.empty(count, np.int64)
        epoch_order(first, size, 1, 1024, epoch, key, found)
        np.testing.assert_array_equal(shuffled(first, count, size, epoch, key), found)
