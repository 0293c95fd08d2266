"""Results made ahead: in order, by threads, no further ahead than told, also by the caller where it is quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from deepbench_fast.loaders import ahead
from deepbench_fast.loaders.ahead import AHEAD, Ahead

WAIT_S = 60


def counted(most: int, taken: list[int]) -> Iterator[int]:
    for number in range(most):
        taken.append(number)
        yield number


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("lend", [True, False])
@pytest.mark.parametrize("items", [0, 1, 7, 3000])
def test_all_come_in_order(threads: int, lend: bool, items: int) -> None:
    assert list(Ahead(lambda n: n * n, range(items), threads, lend=lend)) == [n * n for n in range(items)]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_are_ahead_than_told(threads: int) -> None:
    taken: list[int] = []
    for number, _ in enumerate(Ahead(lambda n: n, counted(100, taken), threads)):
        assert len(taken) <= number + AHEAD * threads
    assert taken == list(range(100))


def test_they_are_put_up_by_halves() -> None:
    """Threads are woken once for several results."""
    taken: list[int] = []
    ahead_of_each = [len(taken) for _ in Ahead(lambda n: n, counted(100, taken), 2)]
    assert len(set(ahead_of_each)) <= 1 + 100 / AHEAD


def test_so_many_are_made_at_once() -> None:
    """Three meet: each waits until all are being made."""
    together = threading.Barrier(3)
    made = Ahead(lambda _: together.wait(WAIT_S), range(9), 3, lend=False)
    assert sorted(made) == sorted([0, 1, 2] * 3)


def test_who_waits_for_quick_ones_makes_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only thread of the pool waits for the second result of the caller's own thread."""
    monkeypatch.setattr(ahead, "QUICK_S", float("inf"))
    own, makers, go_on = threading.get_ident(), list[int](), threading.Event()

    def make(number: int) -> int:
        if threading.get_ident() == own:
            makers.append(number)
            go_on.set()
        elif number > 0:
            assert go_on.wait(WAIT_S)
        return number

    assert list(Ahead(make, range(50), 1)) == list(range(50))
    assert makers


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_who_makes_some_is_one_of_the_threads(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """Once it is known that they are quick, one fewer stands beside the caller; a single one stays."""
    monkeypatch.setattr(ahead, "QUICK_S", float("inf"))
    at_once: list[int] = []
    lock, making = threading.Lock(), set[int]()

    def make(number: int) -> int:
        with lock:
            making.add(threading.get_ident())
            at_once.append(len(making))
        time.sleep(1e-4)
        with lock:
            making.discard(threading.get_ident())
        return number

    assert list(Ahead(make, range(400), threads)) == list(range(400))
    assert max(at_once[50:]) <= max(2, threads)


@pytest.mark.parametrize(("quick_s", "lend"), [(0.0, True), (float("inf"), False)])
def test_all_else_is_made_by_threads(monkeypatch: pytest.MonkeyPatch, quick_s: float, lend: bool) -> None:
    monkeypatch.setattr(ahead, "QUICK_S", quick_s)
    makers = set(Ahead(lambda _: threading.get_ident(), range(200), 2, lend=lend))
    assert threading.get_ident() not in makers


@pytest.mark.parametrize("quick_s", [0.0, float("inf")])
def test_an_error_comes_in_its_turn(monkeypatch: pytest.MonkeyPatch, quick_s: float) -> None:
    monkeypatch.setattr(ahead, "QUICK_S", quick_s)

    def make(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        return number

    coming = iter(Ahead(make, range(100), 2))
    assert [next(coming) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(coming)


def test_an_interrupt_of_a_thread_arrives() -> None:
    def make(number: int) -> int:
        if number == 3:
            raise KeyboardInterrupt
        return number

    with pytest.raises(KeyboardInterrupt):
        list(Ahead(make, range(20), 1, lend=False))


def test_nothing_more_is_begun_for_who_has_left() -> None:
    """Nor does who leaves wait for what is being made."""
    begun, second, go_on = list[int](), threading.Event(), threading.Event()

    def make(number: int) -> int:
        begun.append(number)
        if number == 1:
            second.set()
            assert go_on.wait(WAIT_S)
        return number

    coming = iter(Ahead(make, range(100), 1, lend=False))
    assert next(coming) == 0
    assert second.wait(WAIT_S)
    coming.close()  # type: ignore[attr-defined]
    go_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("batches"):
            thread.join(WAIT_S)
    assert begun == [0, 1]
