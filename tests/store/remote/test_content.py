"""Bytes of objects: kept up to a bound, asked for in few runs, and never other ones than those that were opened."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.errors import FileError
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote import content as module
from deepbench_fast.store.remote.content import BLOCK, CACHE, Blocks, Content, Key, blocks_of, fetch, gather
from tests.servers import Web, web_server

SIZE = 37 * BLOCK + 1234


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    pytest.importorskip("aiohttp")
    folder = tmp_path_factory.mktemp("content")
    values = np.random.default_rng(0).integers(0, 256, SIZE, dtype=np.uint8)
    (folder / "object").write_bytes(values.tobytes())
    return folder, values


@pytest.fixture
def web(data: tuple[Path, np.ndarray]) -> Iterator[Web]:
    with web_server(data[0]) as server:
        yield server


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of five blocks, and windows of three."""
    monkeypatch.setattr(CACHE, "most", 5 * BLOCK)
    monkeypatch.setattr(module, "WINDOW", 3 * BLOCK)


def test_runs_of_bytes(web: Web, data: tuple[Path, np.ndarray], small: None) -> None:
    content, values = Content(Url(web / "object")), data[1]
    random = np.random.default_rng(1)
    edges = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, SIZE - 1, SIZE]
    spans = [(a, b) for a in edges for b in edges if a <= b] + np.sort(random.integers(0, SIZE + 1, (40, 2))).tolist()
    for start, stop in spans:
        assert content.read_at(stop - start, start) == values[start:stop].tobytes()
        assert CACHE.bytes <= CACHE.most
    for start, size in ((-1, 5), (SIZE, 1), (SIZE - 4, 5)):
        with pytest.raises(FileError, match="it ends before"):
            content.read_at(size, start)


@pytest.mark.parametrize("size", [1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 4 * BLOCK + 5])
def test_rows_in_any_order(web: Web, data: tuple[Path, np.ndarray], small: None, size: int) -> None:
    content, values = Content(Url(web / "object")), data[1]
    offsets = np.random.default_rng(size).integers(0, SIZE - size + 1, 60)
    offsets[:2] = 0, SIZE - size
    out = np.zeros((len(offsets), size), np.uint8)
    gather(content, offsets, size, out)
    for at, row in zip(offsets.tolist(), out, strict=True):
        np.testing.assert_array_equal(row, values[at : at + size])
    for at in offsets.tolist():
        assert blocks_of(np.array([at]), size) == list(range(at // BLOCK, (at + size - 1) // BLOCK + 1))


def test_what_is_kept_has_a_bound() -> None:
    blocks = Blocks(1000)
    for number in range(50):
        blocks.put(Key(0, number), bytes(100 + number))
        assert blocks.bytes <= 1000
    assert blocks.get(Key(0, 49)) == bytes(149)
    assert blocks.get(Key(0, 0)) is None
    blocks.put(Key(0, 49), bytes(10))
    assert blocks.bytes == sum(len(blocks.get(Key(0, n)) or b"") for n in range(50))


def test_memory_while_much_is_read(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CACHE, "most", 16 * BLOCK)
    monkeypatch.setattr(module, "WINDOW", 16 * BLOCK)
    web.zeros = 400 * BLOCK
    content, out = Content(Url(web / "zeros")), np.ones(400 * BLOCK, np.uint8)
    content.read_at(1, 0)
    tracemalloc.start()
    content.read_into(out, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not out.any()
    # the cache, two windows of which one comes in, and what the server here sends
    assert peak < 16 * BLOCK + 5 * 16 * BLOCK


def test_neighbours_come_in_one_run(web: Web) -> None:
    content = Content(Url(web / "object"))
    assert content.size == SIZE
    web.asked.clear()
    fetch([(content, [2, 3, 5, 9, 30])])
    assert sorted(ask.partition("bytes=")[2] for ask in web.asked) == sorted(
        f"{a * BLOCK}-{b * BLOCK - 1}" for a, b in ((2, 6), (9, 10), (30, 31))
    )
    web.asked.clear()
    content.read_at(10, 10 * BLOCK)  # it follows one that was read
    content.read_at(BLOCK, 12 * BLOCK)
    assert len(web.asked) == 1


def test_a_replaced_object(web: Web, data: tuple[Path, np.ndarray]) -> None:
    path = data[0] / "object"
    content = Content(Url(web / "object"))
    content.read_at(10, 0)
    for change in (lambda: os.utime(path, ns=(1, 1)), lambda: path.write_bytes(bytes(SIZE - 1))):
        change()
        with pytest.raises(FileError, match=f"{web.address}object: it was replaced by another object"):
            content.read_at(10, 20 * BLOCK)
    path.write_bytes(data[1].tobytes())
    with pytest.raises(FileError, match=f"has {SIZE} bytes, not {SIZE + 1}"):
        Content(Url(web / "object"), SIZE + 1).read_at(1, 0)


def test_an_object_that_became_shorter(web: Web, data: tuple[Path, np.ndarray]) -> None:
    path = data[0] / "object"
    content = Content(Url(web / "object"))
    content.read_at(10, 0)
    path.write_bytes(bytes(10))
    with pytest.raises(FileError, match="it is empty, or shorter than it should be"):
        content.read_at(10, 20 * BLOCK)
    path.write_bytes(data[1].tobytes())


def test_other_bytes_than_were_asked_for(web: Web) -> None:
    content = Content(Url(web / "object"))
    assert content.size == SIZE
    web.moved = 1
    with pytest.raises(FileError, match=rf"object: its server gave other bytes than those from {5 * BLOCK} on"):
        content.read_at(10, 5 * BLOCK)


def test_fewer_bytes_than_were_asked_for(web: Web) -> None:
    content = Content(Url(web / "object"))
    content.read_at(10, 0)
    web.cut = 7
    with pytest.raises(FileError, match=rf"object: truncated: {BLOCK - 7} bytes came instead of {BLOCK}"):
        content.read_at(10, 20 * BLOCK)
