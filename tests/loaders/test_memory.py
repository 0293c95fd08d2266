"""Memory of batches: nobody's twice at a time, lent again when all its users are gone, and given up at the end."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections import deque

import numpy as np

from deepbench_fast.loaders.memory import LARGE, Memory

SHAPE, FLOAT = (LARGE // 4,), np.dtype(np.float32)


def place(array: np.ndarray) -> int:  # type: ignore[type-arg]
    return int(array.__array_interface__["data"][0])


def test_what_is_in_use_is_never_lent() -> None:
    memory = Memory(3)
    held = [memory.empty(SHAPE, FLOAT) for _ in range(10)]
    for number, array in enumerate(held):
        assert (array.shape, array.dtype) == (SHAPE, FLOAT)
        array[:] = number
    assert [float(array.min()) for array in held] == [float(array.max()) for array in held] == list(range(10))


def test_batches_of_small_images_are_large() -> None:
    assert LARGE <= 4 * 28 * 28 * 64


def test_a_view_keeps_it() -> None:
    memory = Memory(3)
    array = memory.empty(SHAPE, FLOAT)
    first = place(array)
    view = array[5:7].reshape(2, 1)
    del array
    other = memory.empty(SHAPE, FLOAT)
    assert place(other) != first
    del view
    assert place(memory.empty(SHAPE, FLOAT)) == first


def test_it_is_lent_again_for_the_same_shape_and_type() -> None:
    memory = Memory(3)
    first = place(memory.empty(SHAPE, FLOAT))
    assert memory.empty((2, *SHAPE), FLOAT).shape == (2, *SHAPE)
    assert memory.empty(SHAPE, np.dtype(np.int32)).dtype == np.int32
    assert place(memory.empty(SHAPE, FLOAT)) == first


def kept(memory: Memory) -> int:
    return sum(map(len, memory._free.values()))


def test_no_more_is_kept_than_told() -> None:
    memory = Memory(3)
    held = [memory.empty(SHAPE, FLOAT) for _ in range(10)]
    assert kept(memory) == 0
    held.clear()
    assert kept(memory) == 3


def test_small_arrays_are_not_kept() -> None:
    memory = Memory(3)
    memory.empty((10, 10), FLOAT)
    assert memory.empty((0, 10), FLOAT).shape == (0, 10)
    assert kept(memory) == 0


def test_nothing_is_kept_for_who_is_gone() -> None:
    memory = Memory(3)
    arrays = [memory.empty(SHAPE, FLOAT) for _ in range(2)]
    homes = [weakref.ref(home) for home in memory._free.values()]
    del memory
    gc.collect()
    arrays.pop()
    assert homes[0]() is None
    arrays[0][:] = 1  # still its user's


def test_a_pickled_one_is_empty() -> None:
    memory = Memory(3)
    memory.empty(SHAPE, FLOAT)
    assert kept(pickle.loads(pickle.dumps(memory))) == 0


def test_another_thread_may_take_the_last_one() -> None:
    """Two passes over a stream, in threads of their own, ask one memory."""

    class TakenMeanwhile(deque):  # type: ignore[type-arg]
        def __bool__(self) -> bool:
            return True

    memory = Memory(3)
    memory._free[SHAPE, FLOAT] = TakenMeanwhile()
    assert memory.empty(SHAPE, FLOAT).shape == SHAPE
