"""An index at a URL names the part that isn't what it should be; never what nobody wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deepbench_fast import generate, open_dataset, verify
from deepbench_fast.errors import FileError
from tests.cli.running import run
from tests.recipes import mixed
from tests.servers import Web


def check_loud(web: Web, words: str) -> None:
    url = web / "m.shard-2-of-3.h5"
    for reader in (lambda data: data[:], lambda data: data[1500], lambda data: data[[3, 1500]]):
        with pytest.raises(FileError, match=words) as caught:
            reader(open_dataset(web / "m.h5"))
        assert str(caught.value).startswith(url)
        assert "--shard 2/3" in str(caught.value)
    report = verify(web / "m.h5", keep_going=True)
    assert report.unread
    assert len(report.unreadable) == 1
    ran = run("verify", web / "m.h5")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith(f"Error: {url}")
    assert len(open_dataset(web / "m.h5")[:100]) == 100  # the other parts are read


def test_a_missing_part(web: Web, folder: Path) -> None:
    (folder / "m.shard-2-of-3.h5").unlink()
    check_loud(web, "no such object, a part of ")


def test_a_truncated_part(web: Web, folder: Path) -> None:
    path = folder / "m.shard-2-of-3.h5"
    os.truncate(path, path.stat().st_size - 1)
    check_loud(web, "bytes, not ")


def test_a_part_of_other_samples(web: Web, folder: Path) -> None:
    generate(mixed(seed=8), folder / "other.h5", shard="2/3", threads=1)
    other = (folder / "other.shard-2-of-3.h5").read_bytes()
    size = (folder / "m.shard-2-of-3.h5").stat().st_size
    (folder / "m.shard-2-of-3.h5").write_bytes(other[:size].ljust(size, b"\0"))
    with pytest.raises(FileError, match=r"m.shard-2-of-3.h5: "):
        open_dataset(web / "m.h5")[1500]


def test_a_part_that_is_replaced_while_it_is_read(web: Web, folder: Path) -> None:
    data = open_dataset(web / "m.h5")
    data[1500]
    path = folder / "m.shard-2-of-3.h5"
    os.utime(path, ns=(5, 5))
    with pytest.raises(FileError, match=r"m.shard-2-of-3.h5: it was replaced by another object since it was opened"):
        data[:]


def test_an_index_without_offsets(web: Web, folder: Path) -> None:
    """As earlier versions wrote it: parts go through the gate."""
    import h5py
    from numpy.lib.recfunctions import drop_fields

    with h5py.File(folder / "m.h5", "r+") as file:
        table = file["shards"][:]
        del file["shards"]
        file["shards"] = drop_fields(table, [n for n in table.dtype.names if n.startswith("offset_")])
    assert open_dataset(web / "m.h5")[:].keys() == open_dataset(folder / "m.h5")[:].keys()
    assert (open_dataset(web / "m.h5").images == open_dataset(folder / "m.h5").images).all()
