"""Blocks that threads bring are each written once, one at a time, and nobody waits for the disk who could render."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.run.engines.writing import Rendered, Writing
from deepbench_fast.store import direct
from deepbench_fast.store.direct import Writer


class Target:
    """A file of numbers that may be slow, and may change its mind about who shall wait."""

    def __init__(self, waits: str) -> None:
        self.written: list[int] = []
        self.writers: set[str] = set()
        self.go = threading.Event()
        self._waits, self._asked = waits, 0
        self._one = threading.Lock()

    @property
    def waits(self) -> bool:
        self._asked += 1
        return self._waits == "always" or (self._waits == "at times" and self._asked % 3 == 0)

    def write(self, block: int, /) -> None:
        assert self._one.acquire(blocking=False), "two at a time"
        self.go.wait(60)
        self.writers.add(threading.current_thread().name)
        if block < 0:
            self._one.release()
            raise OSError(block)
        self.written.append(block)
        self._one.release()


@pytest.mark.parametrize("waits", ["never", "always", "at times"])
def test_each_block_is_written_once(waits: str) -> None:
    target, told, freed = Target(waits), [], []
    target.go.set()
    errors: list[BaseException] = []
    writing: Writing[int] = Writing(target, errors.append)
    blocks = [n if n % 100 else -n - 1 for n in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda n: writing.put(Rendered(n, lambda: told.append(n), lambda: freed.append(n))), blocks, chunksize=1
            )
        )
    writing.wait()
    assert sorted(target.written) == sorted(told) == [n for n in range(2000) if n % 100]
    assert sorted(freed) == sorted(blocks)
    assert len(errors) == 20


def test_a_thread_of_its_own_waits_for_the_disk() -> None:
    """Whoever brings a block is free before it is written."""
    target = Target("always")
    writing: Writing[int] = Writing(target, lambda error: None)
    for number in range(3):
        writing.put(Rendered(number, lambda: None, lambda: None))
    assert not target.written
    target.go.set()
    writing.wait()
    assert target.written == [0, 1, 2]
    assert target.writers == {"fill-waits"}


def test_where_no_thread_can_be_started_it_is_written_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    target, freed = Target("always"), []
    target.go.set()
    writing: Writing[int] = Writing(target, lambda error: None)

    def refused(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    for number in range(3):
        writing.put(Rendered(number, lambda: None, lambda: freed.append(0)))
    writing.wait()
    assert target.written == [0, 1, 2]
    assert len(freed) == 3


@pytest.mark.parametrize("threads", [1, 3])
def test_files_are_the_same_past_the_systems_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    recipe = Recipe.builtin("many-shapes").with_overrides({"samples": 1000})
    through = generate(recipe, tmp_path / "through.h5", threads=threads)
    runs: list[int] = []
    write_direct = Writer._write_direct

    def counted(self: Writer, data: memoryview, offset: int) -> None:
        runs.append(len(data))
        write_direct(self, data, offset)

    monkeypatch.setattr(Writer, "_write_direct", counted)
    monkeypatch.setattr(Writer, "waits", property(lambda self: self._ways._direct_cost < np.inf))
    monkeypatch.setattr(direct, "LEAST_BYTES", 10_000)
    past = generate(recipe, tmp_path / "past.h5", threads=threads)
    assert past.digest == through.digest
    assert (tmp_path / "past.h5").read_bytes() == (tmp_path / "through.h5").read_bytes()
    assert runs
