"""Files that are there whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import pytest

from deepbench_fast.errors import FileError
from deepbench_fast.values import atomic


def test_a_file_is_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    atomic.write_whole(tmp_path / "a.txt", b"abc")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"abc"


def test_a_file_that_exists_stays_without_overwrite(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        atomic.write_whole(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    atomic.write_whole(tmp_path / "a.txt", b"new", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_only_hdf5_takes_the_place_of_hdf5(tmp_path: Path) -> None:
    dataset = tmp_path / "a.h5"
    for content in (b"old", b"new"):
        with h5py.File(made := io.BytesIO(), "w") as file:
            file.attrs["content"] = content
        atomic.write_whole(dataset, made.getvalue(), overwrite=True)
    (tmp_path / "link.html").symlink_to(dataset)
    for path in (dataset, tmp_path / "link.html"):
        with pytest.raises(FileExistsError, match="HDF5"):
            atomic.write_whole(path, b"<html>", overwrite=True)
    assert dataset.read_bytes() == made.getvalue()


def test_a_place_is_checked_before_the_work(tmp_path: Path) -> None:
    h5py.File(tmp_path / "a.h5", "w").close()
    atomic.check_place(tmp_path / "new")
    atomic.check_place(tmp_path / "a.h5", overwrite=True, hdf5=True)
    atomic.check_place(os.devnull)
    for name, settings, error in (
        ("a.h5", {}, FileExistsError),
        ("a.h5", {"overwrite": True}, FileExistsError),
        ("", {"overwrite": True}, IsADirectoryError),
        ("none/a", {}, FileNotFoundError),
        ("a.h5/b", {}, NotADirectoryError),
    ):
        with pytest.raises(error) as raised:
            atomic.check_place(tmp_path / name, **settings)
        assert str(tmp_path / name) in str(raised.value)
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    def write() -> None:
        with atomic.whole_file(tmp_path / "a.txt") as place:
            place.write_bytes(b"mine")
            (tmp_path / "a.txt").write_bytes(b"another's")

    with pytest.raises(FileExistsError):
        write()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"another's"
    (tmp_path / "a.txt").unlink()
    told = atomic.write_errors(tmp_path / "a.txt", "exists; --overwrite replaces it")
    with pytest.raises(FileError, match=r"a\.txt exists; --overwrite replaces it$"), told:
        write()


def test_a_failed_block_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic.whole_file(tmp_path / "a.txt") as place:
            place.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not list(tmp_path.iterdir())


def test_errors_name_the_file_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        atomic.write_whole(tmp_path / "nowhere" / "a.txt", b"a")
    assert caught.value.filename == str(tmp_path / "nowhere" / "a.txt")


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    atomic.write_whole(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_not_a_file_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    atomic.write_whole(tmp_path / "pipe", b"abc")
    reader.join()
    assert received == [b"abc"]
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_names_differ_between_threads_of_a_process(tmp_path: Path) -> None:
    assert len({atomic.temporary_beside(tmp_path / "a") for _ in range(100)}) == 100


def test_what_a_killed_process_left_is_removed_and_a_living_one_is_not(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from deepbench_fast.values import atomic\n"
    code += "p = atomic.temporary_beside(Path(sys.argv[1])); p.write_bytes(b'half'); print(p, flush=True)\n"
    code += "time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a.h5")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        unlike = tmp_path / "b.h5.host-1-0123abcd.new"
        unlike.write_bytes(b"")
        atomic.remove_stale(tmp_path / "a.h5")
        assert left.exists()
        other.send_signal(signal.SIGKILL)
        other.wait()
    atomic.temporary_beside(tmp_path / "a.h5")
    assert not left.exists()
    assert unlike.exists()


def test_another_container_of_the_same_host_name_leaves_the_living_alone(tmp_path: Path) -> None:
    apart = ["unshare", "--pid", "--fork", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], capture_output=True).returncode:
        pytest.skip("processes can't be given numbers of their own here")
    living = atomic.temporary_beside(tmp_path / "a.h5")
    living.write_bytes(b"half")
    code = "import sys; from pathlib import Path; from deepbench_fast.values import atomic; "
    code += "atomic.remove_stale(Path(sys.argv[1]))"
    subprocess.run([*apart, sys.executable, "-c", code, str(tmp_path / "a.h5")], check=True)
    assert living.exists()


def test_those_of_other_hosts_go_after_a_day(tmp_path: Path) -> None:
    new, old = (tmp_path / f"a.h5.other-host-1-0123abc{digit}.new" for digit in "de")
    new.write_bytes(b"")
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    atomic.remove_stale(tmp_path / "a.h5")
    assert new.exists()
    assert not old.exists()
