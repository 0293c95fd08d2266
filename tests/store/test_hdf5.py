"""Why a file can't be opened: the system's reason, not "not an HDF5 file" for everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from deepbench_fast import open_dataset, verify
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.store.hdf5 import readable


def check(path: Path, words: str) -> None:
    for reader in (open_dataset, verify):
        with pytest.raises(FileError, match=words) as caught:
            reader(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_no_file_a_folder_an_empty_file_a_text(tmp_path: Path) -> None:
    (tmp_path / "empty.h5").write_bytes(b"")
    (tmp_path / "text.h5").write_text("hello", encoding="utf-8")
    (tmp_path / "nowhere.h5").symlink_to("gone.h5")
    check(tmp_path / "no.h5", "no such file")
    check(tmp_path / "nowhere.h5", "no such file")
    check(tmp_path, "is a directory")
    check(tmp_path / "empty.h5", "an empty file")
    check(tmp_path / "text.h5", "not an HDF5 file")
    check(tmp_path / "text.h5" / "below.h5", "not a directory")


def test_what_lies_in_place_of_a_dataset_is_named(mixed_file: Path, tmp_path: Path) -> None:
    for name in ("a[1].h5.part", "b.shard-2-of-3.h5"):
        shutil.copyfile(mixed_file, tmp_path / name)
    check(tmp_path / "a[1].h5", r"no such file, only the unfinished a\[1\]\.h5\.part: 'generate --resume'")
    check(tmp_path / "b.h5", "no such file, only parts of it: 'deepbench-fast index -o .*b.h5' makes them one dataset")
    check(tmp_path / "b", "no such file$")
    check(tmp_path / "?.h5", "no such file$")
    with pytest.raises(UsageError, match=r"^a file is named by a text or a Path, not ''$"):
        open_dataset("")


def test_a_file_that_was_copied_by_half(mixed_file: Path, tmp_path: Path) -> None:
    data = mixed_file.read_bytes()
    (tmp_path / "half.h5").write_bytes(data[: len(data) // 2])
    check(tmp_path / "half.h5", rf"truncated: {len(data) // 2} of its {len(data)} bytes are there")


def test_a_file_that_somebody_writes(mixed_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "locked.h5"
    path.write_bytes(mixed_file.read_bytes())
    code = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        check(path, "locked by another program")
        writer.communicate(b"")
    assert len(open_dataset(path)) == 3000


@pytest.mark.skipif(os.name != "posix", reason="rights are others' elsewhere")
def test_a_file_without_the_right_to_read(mixed_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "forbidden.h5"
    path.write_bytes(mixed_file.read_bytes())
    path.chmod(0)
    if os.geteuid() != 0:
        check(path, "permission denied")
        return
    for folder in (tmp_path, *tmp_path.parents):  # root may read everything, nobody may not
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    code = "import os, sys; import deepbench_fast, deepbench_fast.run.dataset as r; os.setuid(65534)\n"
    code += "try: r.open_dataset(sys.argv[1])\nexcept deepbench_fast.FileError as e: print(e)"
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{path}: permission denied\n"


def test_whatever_h5py_raises_is_one_error(tmp_path: Path) -> None:
    for error in (KeyError("x"), RuntimeError("a\nb"), ValueError(), IndexError("i"), OSError("o")):
        with pytest.raises(FileError, match=r"x\.h5: damaged \(") as caught, readable("x.h5"):
            raise error
        assert "\n" not in str(caught.value)
    h5py.File(tmp_path / "empty.h5", "w").close()
    check(tmp_path / "empty.h5", "not a dataset of schema")
