"""The same bytes through the system's copy of a file and past it, and the quicker way as a rule."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Iterator
from math import inf
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.errors import FileError
from deepbench_fast.store import direct as module
from deepbench_fast.store.direct import BLOCK, LEAST_BYTES, PIECE_BYTES, READ_BYTES, Reader, Writer
from deepbench_fast.store.file_bytes import can_be_direct, read_at

fcntl = pytest.importorskip("fcntl")
MEMORY = Path("/dev/shm")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "bytes", os.O_RDWR | os.O_CREAT)
    if not can_be_direct(descriptor):
        pytest.skip("nothing is written past the copy here")
    yield descriptor
    os.close(descriptor)


def direct(descriptor: int) -> Writer:
    """One that always goes past the copy."""
    writer = Writer(descriptor)
    writer._ways._cost = inf
    return writer


def is_direct(descriptor: int) -> bool:
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT)


@pytest.mark.parametrize("seed", range(4))
def test_runs_at_any_offset_arrive(opened: int, seed: int) -> None:
    """Side by side and out of order, as threads bring them, of any length."""
    random = np.random.default_rng(seed)
    sizes = [LEAST_BYTES, *random.integers(1, 4 * LEAST_BYTES, 6).tolist(), 3 * PIECE_BYTES, 2 * BLOCK + LEAST_BYTES]
    edges = np.concatenate(([int(random.integers(0, 3 * BLOCK))], sizes)).cumsum().tolist()
    whole = bytes(edges[0]) + random.bytes(edges[-1] - edges[0])
    writer = direct(opened)
    for number in random.permutation(len(sizes)).tolist():
        start, stop = edges[number : number + 2]
        writer.write(memoryview(whole)[start:stop], start)
        assert not is_direct(opened)
    assert read_at(opened, len(whole), 0) == whole


def test_who_maps_the_file_sees_them(opened: int) -> None:
    """Also what the copy held before."""
    data = np.random.default_rng(0).bytes(LEAST_BYTES + BLOCK + 5)
    os.ftruncate(opened, len(data) + 7)
    with mmap.mmap(opened, len(data) + 7, prot=mmap.PROT_READ) as mapped:
        assert not mapped[:].strip(b"\0")
        direct(opened).write(memoryview(data), 7)
        assert mapped[7:] == data


@pytest.mark.parametrize("most", [100_000, BLOCK, 3 * BLOCK])
def test_less_may_be_written_than_was_given(opened: int, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(opened, bytes(data[:most]), offset))
    monkeypatch.setattr(module, "set_direct", lambda descriptor, direct: None)  # a disk takes no part of a block
    data = np.random.default_rng(0).bytes(2 * PIECE_BYTES + 77)
    direct(opened).write(memoryview(data), 3)
    assert read_at(opened, len(data), 3) == data


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_may_refuse(opened: int, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Then it isn't asked again."""
    pwrite, asked = os.pwrite, []

    def refusing(descriptor: int, data: memoryview, offset: int) -> int:
        if is_direct(descriptor):
            asked.append(offset)
            raise OSError(number, os.strerror(number))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", refusing)
    data = np.random.default_rng(0).bytes(2 * LEAST_BYTES)
    writer = direct(opened)
    for start in (0, len(data)):
        writer.write(memoryview(data), start)
    assert read_at(opened, 2 * len(data), 0) == 2 * data
    assert asked == [0]
    assert not writer.waits


def test_a_full_disk_is_an_error(opened: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: memoryview, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        direct(opened).write(memoryview(bytes(LEAST_BYTES)), 0)
    assert not is_direct(opened)


@pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory")
def test_files_in_memory() -> None:
    path = MEMORY / f"writer-{os.getpid()}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        data = np.random.default_rng(0).bytes(3 * LEAST_BYTES + 1)
        direct(descriptor).write(memoryview(data), 1)
        assert read_at(descriptor, len(data), 1) == data
    finally:
        os.close(descriptor)
        path.unlink()


@pytest.mark.parametrize("past", [False, True])
def test_any_bytes_are_read(opened: int, past: bool) -> None:
    """Up to the last of the file, which ends where no block does; beyond it is an error."""
    random = np.random.default_rng(0)
    whole = random.bytes(3 * READ_BYTES + 12345)
    os.pwrite(opened, whole, 0)
    reader = Reader()
    if past:
        reader._ways._cost = inf
    for size in (1, LEAST_BYTES, LEAST_BYTES + 1, READ_BYTES - 7, READ_BYTES):
        for offset in (0, 5, *random.integers(0, len(whole) - size, 4).tolist(), len(whole) - size):
            assert reader.read(opened, size, offset) == whole[offset : offset + size]
            assert not is_direct(opened)
        with pytest.raises(FileError, match="ends before"):
            reader.read(opened, size, len(whole) - size + 1)


class Machine:
    """Where a run of bytes takes so many seconds through the copy, and past it."""

    def __init__(self, descriptor: int, patch: pytest.MonkeyPatch, copy: float, past: float) -> None:
        self.copy, self.past, self.now = copy, past, 0.0
        self.writer = Writer(descriptor)
        patch.setattr(os, "pwrite", self._pwrite)
        patch.setattr(module.time, "perf_counter", lambda: self.now)
        patch.setattr("deepbench_fast.store.file_bytes.PIECE_BYTES", PIECE_BYTES)
        self._ways: list[bool] = []

    def share(self, runs: int) -> float:
        """Of so many runs, how many went past the copy."""
        self._ways.clear()
        for _ in range(runs):
            self.writer.write(memoryview(bytes(PIECE_BYTES)), 0)
        return float(np.mean(self._ways))

    def _pwrite(self, descriptor: int, data: memoryview, offset: int) -> int:
        self._ways.append(is_direct(descriptor))
        self.now += self.past if self._ways[-1] else self.copy
        return len(data)


@pytest.mark.parametrize(
    ("copy", "past", "expected"), [(3.0, 1.0, (0.9, 0.99)), (0.2, 1.0, (0, 0.02)), (0.9, 1.0, (0.0, 0.2))]
)
def test_the_quicker_way_is_the_rule(
    opened: int, monkeypatch: pytest.MonkeyPatch, copy: float, past: float, expected: tuple[float, float]
) -> None:
    """The other one is tried now and then."""
    assert expected[0] <= Machine(opened, monkeypatch, copy, past).share(1000) <= expected[1]


def test_it_changes_while_it_is_used(opened: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory is dear at first, then cheap, then dear."""
    machine = Machine(opened, monkeypatch, 3.0, 1.0)
    shares = []
    for machine.copy in (3.0, 0.2, 3.0):
        shares.append(machine.share(500))
    assert shares[0] > 0.9
    assert shares[1] < 0.2
    assert shares[2] > 0.8
