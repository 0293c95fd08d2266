"""Bytes at their offsets, whatever the system writes at once."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.store.file_bytes import PIECE_BYTES, read_at, write_at


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="written in another way")
@pytest.mark.parametrize("most", [PIECE_BYTES, 100_000])
def test_long_data_are_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Also where the system writes less than it was given."""
    asked: list[int] = []
    pwrite = os.pwrite

    def some(descriptor: int, data: memoryview, offset: int) -> int:
        asked.append(len(data))
        return pwrite(descriptor, data[:most], offset)

    monkeypatch.setattr(os, "pwrite", some)
    data = np.random.default_rng(0).bytes(2 * PIECE_BYTES + 77)
    descriptor = os.open(tmp_path / "bytes", os.O_RDWR | os.O_CREAT)
    try:
        write_at(descriptor, memoryview(data), 3)
        assert read_at(descriptor, len(data) + 3, 0) == bytes(3) + data
    finally:
        os.close(descriptor)
    assert max(asked) <= PIECE_BYTES
