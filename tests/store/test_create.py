"""Laying out a file where the disk fails: one line, exit status 1, nothing left, and never a dataset of zeros."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import FileError
from deepbench_fast.store import create
from tests import limits
from tests.cli.running import COMMAND
from tests.forks import Commands, commands
from tests.preload import failing_calls

RECIPE = "{samples: 4, image: {shape: [8, 8]}, catalogues: {a: {objects: [star]}}}"


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands whose calls of the system fail where the variables of tests/preload.py say so."""
    folder = tmp_path_factory.mktemp("library")
    with commands(folder, LD_PRELOAD=str(failing_calls(folder))) as found:
        yield found


def generate_apart(failing: Commands, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    return failing.run("generate", "./r.yaml", "o.h5", "--threads", "1", folder=folder, environment=environment)


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_write_that_fails_while_the_file_is_laid_out(
    failing: Commands, tmp_path: Path, call: int, number: int
) -> None:
    ran = generate_apart(failing, tmp_path, FAIL_IN="o.h5.part", FAIL_AT=str(call), FAIL_WITH=str(number))
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.splitlines()[-1].startswith("Error: o.h5: ")
    assert os.strerror(number) in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["r.yaml"]


@pytest.mark.parametrize("call", [1, 2])
def test_a_write_that_is_lost_without_a_word(failing: Commands, tmp_path: Path, call: int) -> None:
    ran = generate_apart(failing, tmp_path, FAIL_IN="o.h5.part", FAIL_AT=str(call), FAIL_WITH="0")
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: o.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["r.yaml"]


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    code = f"{limits.of_file_sizes(4096)}; import runpy;"
    code += "sys.argv[1:] = ['generate', 'galaxies', 'o.h5', '-n', '4']; runpy.run_module('deepbench_fast.cli')"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Error: o.h5: " in ran.stderr
    assert os.strerror(errno.EFBIG) in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_back_is_compared(tmp_path: Path) -> None:
    plan = make_plan(Recipe.from_yaml(RECIPE))
    path, rows = tmp_path / "o.h5", np.array([[4]])
    create.create_file(path, plan, 0, 4, rows)
    chunks = create.chunk_table(plan, 0, 4, rows)
    planned = create.schema.root_attributes(plan, 0, 4, create.SOFTWARE)
    create._check_created(path, planned, chunks)
    with pytest.raises(FileError, match="does not read back"):
        create._check_created(path, planned, create.chunk_table(plan, 0, 4, np.array([[5]])))


def test_places_are_aligned_and_nothing_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    generate(Recipe.builtin("sky").with_overrides({"samples": 20, "size": (32, 32)}), path)
    with h5py.File(path) as file:
        names = ("images", "targets", "samples", "objects/star", "objects/galaxy", "chunks")
        for dataset in map(file.__getitem__, names):
            place = dataset.id.get_offset() or dataset.id.get_chunk_info(0).byte_offset
            assert place % 64 == 0
            assert dataset.id.get_create_plist().get_fill_time() == h5py.h5d.FILL_TIME_NEVER


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mounts")
def test_a_mount_point_that_is_not_utf8(tmp_path: Path) -> None:
    point = os.fsencode(tmp_path) + b"/\xff\xfe mount"
    os.mkdir(point)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", point], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("may not mount")
    try:
        assert create._is_in_memory(Path(os.fsdecode(point)) / "o.h5")
        assert not create._is_in_memory(tmp_path / "o.h5") or create._is_in_memory(tmp_path)
        path = tmp_path / "o.h5"
        generate(Recipe.from_yaml(RECIPE), path)
        assert len(open_dataset(path)) == 4
        full = generate_in(point)
        assert full.returncode == 1
        assert b"Error: " in full.stderr
        assert b"Traceback" not in full.stderr
        assert os.listdir(point) == []
    finally:
        subprocess.run(["umount", point], check=True)


def generate_in(folder: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "generate", "galaxies", "o.h5", "-n", "10000"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)
