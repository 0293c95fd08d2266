"""What servers answer: tried again where that may help, else an error of one line that names the URL."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from deepbench_fast import open_dataset, verify
from deepbench_fast.errors import DeepbenchFastError, FileError, UsageError
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote import transport
from deepbench_fast.store.remote.content import Content
from tests.cli.running import run
from tests.servers import Web


def fails(url: str, words: str, kind: type[DeepbenchFastError] = FileError) -> str:
    """Opening and verifying end in the same error, which names the URL."""
    for reader in (open_dataset, verify):
        with pytest.raises(kind, match=words) as caught:
            reader(url)
        assert str(caught.value).startswith(url.partition("?")[0].rpartition("/")[0])
    ran = run("info", url)
    assert ran.status == kind.exit_status
    assert ran.err.count("\n") == 1
    return str(caught.value)


def test_passing_faults_are_tried_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)
    web.answers = [503, 500, 429]
    assert len(open_dataset(web / "one.h5")) == 3000
    web.answers = [503] * transport.TRIES
    with pytest.raises(FileError, match=r"one.h5: the server answered 503"):
        open_dataset(web / "one.h5")


def test_what_no_try_mends(web: Web, folder: Path) -> None:
    fails(web / "nothing.h5", "nothing.h5: no such object")
    for status in (401, 403):
        web.answers = [status]
        with pytest.raises(FileError, match=f"one.h5: the server answered {status}"):
            open_dataset(web / "one.h5")
    web.ranges = False
    fails(web / "one.h5", "its server gives no ranges of bytes: download the file")


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fails(f"http://127.0.0.1:{port}/one.h5", "Cannot connect to host")


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiohttp waits for five minutes, and so it did four times."""
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(transport, "SILENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(FileError, match=r"one\.h5: .*[Tt]imeout"):
        open_dataset(f"http://127.0.0.1:{silent.getsockname()[1]}/one.h5")


def test_a_slow_answer_is_waited_for(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SILENCE", 5.0)
    web.pause = 0.05
    assert len(open_dataset(web / "one.h5")) == 3000


def test_what_is_no_dataset(web: Web, folder: Path) -> None:
    (folder / "empty.h5").touch()
    fails(web / "empty.h5", "it is empty")
    (folder / "text.h5").write_text("no HDF5 at all" * 100)
    fails(web / "text.h5", "not an HDF5 file")
    whole = (folder / "one.h5").read_bytes()
    (folder / "half.h5").write_bytes(whole[: len(whole) // 2])
    fails(web / "half.h5", "truncated: ")
    with h5py.File(folder / "other.h5", "w") as file:
        file["a"] = [1]
    fails(web / "other.h5", "not a dataset of schema")
    with h5py.File(folder / "one.h5") as source, h5py.File(folder / "small.h5", "w") as target:
        for name in source:
            source.copy(name, target)
        target.attrs.update(source.attrs)
        del target["images"]
        target.create_dataset("images", data=source["images"][:], chunks=(100, 16, 20), compression="gzip")
        target["images"].attrs.update(source["images"].attrs)
    fails(web / "small.h5", "stored compressed or in pieces: download it")


def test_no_such_protocol() -> None:
    pytest.importorskip("fsspec")
    fails("ftq://host/one.h5", "Protocol not known", UsageError)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://", "s3://bucket", "s3://bucket/", "s3:///one.h5"])
def test_no_object_is_named(url: str) -> None:
    pytest.importorskip("s3fs")
    fails(url, "it names no object, as ", UsageError)


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from deepbench_fast.cli import main
sys.argv[1:] = ["info", sys.argv[2]]
main()
"""


@pytest.mark.parametrize(
    ("package", "url", "wanted"),
    [
        ("fsspec", "s3://bucket/one.h5", "'deepbench-fast[remote]'"),
        ("s3fs", "s3://bucket/one.h5", "'deepbench-fast[remote]'"),
        ("aiohttp", "https://host/one.h5", "'deepbench-fast[remote]'"),
        ("gcsfs", "gs://bucket/one.h5", "gcsfs"),
        ("adlfs", "az://bucket/one.h5", "adlfs"),
    ],
)
def test_a_package_that_is_not_installed(package: str, url: str, wanted: str) -> None:
    pytest.importorskip("fsspec")
    ran = subprocess.run([sys.executable, "-c", WITHOUT, package, url], capture_output=True, text=True, check=False)
    place = url.removesuffix("one.h5")
    assert (ran.returncode, ran.stderr) == (2, f"Error: {place} needs {package}: pip install {wanted}\n")


def test_what_stands_after_the_name(web: Web) -> None:
    assert len(open_dataset(web / "one.h5?signature=1/2")) == 3000
    assert Content(Url(web / "one.h5?a=b")).size > 0


def test_damage_in_a_dataset(web: Web, folder: Path) -> None:
    with h5py.File(folder / "one.h5", "r+") as file:
        file["images"][1700] += 1
    assert verify(web / "one.h5").wrong_digest
