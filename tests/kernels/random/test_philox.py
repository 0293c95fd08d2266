"""Philox4x32-10: the published vectors, a plain Python twin, statistics of neighbours, and packed machine code."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.random.philox import philox4x32
from tests.kernels import assembly

Words = npt.NDArray[np.uint32]

words = st.integers(0, 2**32 - 1)


@kernel
def fill(first: int, stream: np.uint32, key: Words, result: Words) -> None:
    """Words of consecutive blocks of one stream, a row for each of the four."""
    k0, k1 = key
    for i in range(result.shape[1]):
        w0, w1, w2, w3 = philox4x32(np.uint32(first + i), stream, np.uint32(0), np.uint32(0), k0, k1)
        result[0, i] = w0
        result[1, i] = w1
        result[2, i] = w2
        result[3, i] = w3


def blocks(count: int, first: int = 0, stream: int = 0, key: tuple[int, int] = (0, 0)) -> Words:
    result = np.empty((4, count), np.uint32)
    fill(first, np.uint32(stream), np.array(key, np.uint32), result)
    return result


def philox(*counter_and_key: int) -> tuple[int, ...]:
    return tuple(int(word) for word in philox4x32(*map(np.uint32, counter_and_key)))


def philox_in_integers(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, ...]:
    """The same function in Python's unbounded integers."""
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


@pytest.mark.parametrize(
    ("counter_and_key", "expected"),
    [
        ((0,) * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 6, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
        ((1, 0, 0, 0, 0, 0), "f8e4cca4 5cb200db b1a574eb 097eff67"),
        ((1, 2, 3, 4, 5, 6), "c0c839bc 889c87c5 61986739 2d4623d0"),
    ],
)
def test_known_answers(counter_and_key: tuple[int, ...], expected: str) -> None:
    assert " ".join(f"{word:08x}" for word in philox(*counter_and_key)) == expected


@settings(derandomize=True, deadline=None, database=None)
@given(st.tuples(words, words, words, words, words, words))
def test_equals_the_same_function_in_unbounded_integers(counter_and_key: tuple[int, ...]) -> None:
    assert philox(*counter_and_key) == philox_in_integers(*counter_and_key)


def test_a_loop_gives_the_words_of_single_calls_across_the_wrap_of_the_block_number() -> None:
    together = blocks(100, first=2**32 - 50, stream=9, key=(7, 8))
    singly = [philox((2**32 - 50 + i) % 2**32, 9, 0, 0, 7, 8) for i in range(100)]
    np.testing.assert_array_equal(together.T, singly)


def test_every_bit_is_set_half_of_the_time() -> None:
    result = blocks(1 << 16)
    bits = np.unpackbits(result.view(np.uint8), axis=1, bitorder="little").reshape(4, -1, 32)
    z = (bits.mean(axis=1) - 0.5) * 2 * np.sqrt(bits.shape[1])
    assert np.abs(z).max() < 5


def test_words_are_uniform() -> None:
    for word in blocks(1 << 17):
        assert stats.chisquare(np.bincount(word >> 22, minlength=1024)).pvalue > 1e-4


def test_neighbours_are_uncorrelated() -> None:
    """Words of one block, of adjacent blocks, of adjacent streams and of adjacent keys."""
    count = 1 << 16
    base = blocks(count) / 2.0**32
    neighbours = {
        "block": blocks(count, first=1),
        "stream": blocks(count, stream=1),
        "key 0": blocks(count, key=(1, 0)),
        "key 1": blocks(count, key=(0, 1)),
    }
    for name, other in neighbours.items():
        correlations = np.corrcoef(base, other / 2.0**32)
        np.fill_diagonal(correlations, 0.0)
        assert np.abs(correlations).max() * np.sqrt(count) < 5, name


def test_one_changed_bit_of_counter_or_key_changes_half_of_the_output() -> None:
    generator = np.random.default_rng(1)
    changed = []
    for place in range(6 * 32):
        address = [int(word) for word in generator.integers(0, 2**32, 6)]
        before = philox(*address)
        address[place // 32] ^= 1 << (place % 32)
        changed.append(sum((a ^ b).bit_count() for a, b in zip(before, philox(*address), strict=True)))
    assert min(changed) > 32
    assert max(changed) < 96
    assert np.mean(changed) == pytest.approx(64, abs=3)


def test_loops_over_blocks_compile_to_packed_multiplications() -> None:
    arguments: tuple[Any, ...] = (0, np.uint32(0), np.zeros(2, np.uint32), np.empty((4, 64), np.uint32))
    code = assembly.fresh(fill, *arguments)
    assert re.search(r"\tv?pmuludq\s|\tumull2?[.\t]", code)
    assert assembly.fma(code) == 0
