"""Compiled kernels, kept between processes."""

from __future__ import annotations

import enum
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from deepbench_fast.kernels import _cache, _turns
from deepbench_fast.kernels._jit import cache_directory, kernel
from tests.kernels.keeping import SCRIPT, double, halve, hits, kept_files, run_script, shifted

SOURCES = Path(_cache.__file__).parent


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the two kernels of the script; not to be changed."""
    folder = tmp_path_factory.mktemp("filled")
    run_script(SCRIPT, folder)
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(filled, tmp_path / "cache")


# ---- between processes


def test_second_process_loads_what_the_first_compiled(tmp_path: Path) -> None:
    first, second = (run_script(SCRIPT, tmp_path) for _ in range(2))
    kept = tmp_path / "kernels"
    assert first.stdout == f"8.0 2.0 0 {kept}\n"
    assert second.stdout == f"8.0 2.0 2 {kept}\n"
    assert first.stderr == second.stderr == ""
    assert len(kept_files(kept)) == 2
    for setting in ({"NUMBA_CPU_NAME": "generic"}, {"NUMBA_OPT": "1"}):
        assert run_script(SCRIPT, tmp_path, **setting).stdout == f"8.0 2.0 0 {kept}\n"
    assert len(list(kept.iterdir())) == 3


def test_processes_that_start_at_once_all_work(tmp_path: Path) -> None:
    environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate()[0].split() for process in processes]
    assert all(output[:2] == ["8.0", "2.0"] for output in outputs)
    assert sum(int(output[2]) for output in outputs) == 4  # each kernel is compiled by one, and loaded by the others
    assert len(kept_files(tmp_path / "kernels")) == 2  # and no locks


def test_a_lock_that_a_killed_process_left_holds_nobody_up(cache: Path) -> None:
    for path in kept_files(cache / "kernels"):
        path.rename(path.with_name(f"{path.name}.lock"))
    assert run_script(SCRIPT, cache).stdout.startswith("8.0 2.0 0 ")
    assert [path.suffix for path in kept_files(cache / "kernels")].count(".lock") == 0


def test_locks_of_processes_that_are_gone_are_swept_and_no_others(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "build").mkdir()
    left, held = (tmp_path / "build" / name for name in ("left.lock", "held.lock"))
    left.touch()
    with held.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _turns.sweep(tmp_path)
        assert not left.exists()
        assert held.exists()
    _turns.sweep(tmp_path)
    assert not held.exists()


def test_kernels_are_read_where_new_ones_cannot_be_written(cache: Path) -> None:
    double_file, _ = kept_files(cache / "kernels")
    double_file.unlink()
    double_file.mkdir()
    run = run_script(SCRIPT, cache)
    assert run.stdout == "8.0 2.0 1 None\n"
    assert run.stderr.count("\n") == 1


def test_unwritable_directory_is_done_without_and_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = run_script(SCRIPT, tmp_path / "file" / "below")
    assert run.stdout == "8.0 2.0 0 None\n"
    assert run.stderr.count("\n") == 1
    assert "can't be kept" in run.stderr
    assert "Not a directory" in run.stderr


def test_unknown_home_is_done_without_and_said_once(tmp_path: Path) -> None:
    unknown_user = """
import pwd

def getpwuid(uid):
    raise KeyError(uid)

pwd.getpwuid = getpwuid
"""
    command = [sys.executable, "-c", unknown_user + SCRIPT]
    run = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "8.0 2.0 0 None\n"
    assert run.stderr.count("\n") == 1
    assert "no home directory" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_home_variable_is_no_hindrance(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout.split()[:3], run.stderr) == (["8.0", "2.0", "0"], "")


# `inner` is too long to be inlined, so `outer` refers to it by the name that Numba gives it in this process.
SIBLINGS = """
import sys
from deepbench_fast.kernels._jit import kernel

def inner_of(radius):
    @kernel
    def inner(x):
        total = x
        for i in range(radius):
            total = (total * x + radius) % 1.7
            for j in range(i):
                if total < 1.0 and j % 3 == 1:
                    total = total / (1.0 + x * x) + (total - x) * (total + 0.5) / (total * total + 2.0)
                elif total > 1.5:
                    total = total * 0.25 + (total * total + x) / (3.0 + total * x * x * total)
                else:
                    total = total * 0.75 + radius / (4.0 + total * total)
        return total
    return inner

def outer_of(inner):
    @kernel
    def outer(x):
        total = 0.0
        for i in range(3):
            total += inner(x + i) + inner(x * i) * inner(x + 2 * i)
        return total
    return outer

def prepare(radius):
    return outer_of(inner_of(radius)) if sys.argv[3] == "outer" else inner_of(radius)

for radius in map(int, sys.argv[1].split(",")):
    prepare(radius)(2.0)
outer = outer_of(inner_of(int(sys.argv[2])))
print(outer(2.0) == outer.py_func(2.0), sum(outer.stats.cache_hits.values()))
"""


@pytest.mark.parametrize(("called", "earlier", "now"), [("inner", "3", "7,9,11,13"), ("outer", "8", "7,4")])
def test_functions_of_one_maker_keep_apart(tmp_path: Path, called: str, earlier: str, now: str) -> None:
    """Whether Python called the siblings, or a kernel: of 4 and 5 the code is so long that LLVM inlines it nowhere."""

    def run(before: str, radius: str) -> str:
        command = [sys.executable, "-c", SIBLINGS, before, radius, called]
        environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run(earlier, "5") == "True 0\n"
    assert run(now, "5") == "True 1\n"


# ---- files


def test_equal_function_is_loaded_and_other_one_is_not(directory: Path) -> None:
    first, again, other = kernel(double), kernel(double), kernel(halve)
    assert (first(1.0), again(1.0), other(1.0)) == (8.0, 8.0, 2.0)
    assert (hits(first), hits(again), hits(other)) == (0, 1, 0)
    assert len(kept_files(directory)) == 2


def truncate(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path: Path, other: Path) -> None:
    shutil.copy(other, path)


@pytest.mark.parametrize("damage", [truncate, empty, flip, swap])
def test_damaged_file_is_a_miss_and_gets_replaced(directory: Path, damage: Any) -> None:
    kernel(double)(1.0)
    kernel(halve)(1.0)
    path, other = kept_files(directory)
    assert "double" in path.name
    damage(path, other)
    miss, hit = kernel(double), kernel(double)
    assert (miss(1.0), hit(1.0)) == (8.0, 8.0)
    assert (hits(miss), hits(hit)) == (0, 1)


def test_valid_file_that_holds_something_else_is_a_miss(directory: Path) -> None:
    kernel(double)(1.0)
    (path,) = kept_files(directory)
    key = bytes.fromhex(path.name.rpartition("-")[2])
    payload = b"no pickle"
    path.write_bytes(_cache._checksum(key, payload) + payload)
    miss = kernel(double)
    assert (miss(1.0), hits(miss)) == (8.0, 0)


def first_field(table: Any) -> Any:
    return table[0]["x"]


def literal_power(x: float, n: int) -> float:
    numba.literally(n)
    return x**n


def length(pair: Any) -> Any:
    return pair[0] + pair[1].shape[0]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (first_field, [(np.ones(2, [("sample", "i8"), ("x", "f8")]),), (np.ones(2, [("x", "f4"), ("y", "f4")]),)]),
        (literal_power, [(3.0, 2), (3.0, 4)]),
        (length, [((1, np.zeros(3)),), ((1.5, np.zeros((4, 2), np.float32)),)]),
    ],
)
def test_each_signature_has_a_file(directory: Path, function: Any, arguments: list[tuple[Any, ...]]) -> None:
    for expected_hits in (0, len(arguments)):
        dispatcher = kernel(function)
        for example in arguments:
            assert dispatcher(*example) == function(*example)
        assert hits(dispatcher) == expected_hits
    assert len(kept_files(directory)) == len(arguments)


def same(value: Any) -> Any:
    return value


def test_types_of_one_name_are_not_mistaken_for_each_other(directory: Path) -> None:
    for members in ({"HEAVY": 7}, {"LIGHT": 7}):
        weight = enum.IntEnum("Weight", members)  # type: ignore[misc]
        assert type(kernel(same)(weight(7))) is weight


def call_with(function: Any, x: float) -> Any:
    return function(x)


def test_function_as_argument_is_not_kept(directory: Path) -> None:
    assert kernel(call_with)(shifted, 1.0) == 4.0
    assert kept_files(directory) == []


def test_error_in_kernel_reaches_python_from_the_cache(directory: Path) -> None:
    def positive(x: float) -> float:
        if x < 0.0:
            raise ValueError("negative")
        return x

    kernel(positive)(1.0)
    again = kernel(positive)
    with pytest.raises(ValueError, match="negative"):
        again(-1.0)
    assert hits(again) == 1


def test_old_builds_are_pruned(tmp_path: Path) -> None:
    ages = {
        "a" * 32: 10.0,
        "b" * 32: 20.0,
        "c" * 32: 1e5,
        "d" * 32: 2e5,
        "e" * 32: 3e5,
        "f" * 32: 30.0,
        "not ours": 9e9,
    }
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - age))
    _cache.prune(tmp_path)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "b", "c", "f", "n"]
    os.utime(tmp_path / ("c" * 32))
    (tmp_path / ("0" * 32)).mkdir()
    _cache.prune(tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def test_cache_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path))
    assert cache_directory() == tmp_path / "kernels"
    monkeypatch.delenv("DEEPBENCH_FAST_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "deepbench-fast" in str(cache_directory())


def test_sources_digest_sees_every_file(tmp_path: Path) -> None:
    copy = shutil.copytree(SOURCES, tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    original = _cache.sources_digest(copy)
    assert original == _cache.sources_digest(copy)
    seen = {original}
    (copy / "_jit.py").write_text((copy / "_jit.py").read_text() + "\n")
    seen.add(_cache.sources_digest(copy))
    (copy / "light" / "new.py").touch()
    seen.add(_cache.sources_digest(copy))
    (copy / "light" / "new.py").rename(copy / "new.py")
    seen.add(_cache.sources_digest(copy))
    assert len(seen) == 4


# ---- what others can have written


class Harm:
    """What runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def open_the_folder(path: Path) -> None:
    path.parent.chmod(0o777)


def open_it_to_a_group(path: Path) -> None:
    path.parent.chmod(0o775)


def open_the_file(path: Path) -> None:
    path.chmod(0o664)


def give_the_folder_away(path: Path) -> None:
    os.chown(path.parent, 12345, 12345)


def give_the_file_away(path: Path) -> None:
    os.chown(path, 12345, 12345)


def put_a_pipe_there(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.skipif(os.name != "posix", reason="owners and modes")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (open_the_folder, "may be written by others"),
        (open_it_to_a_group, "may be written by others"),
        (open_the_file, "may be written by others"),
        (give_the_folder_away, "belongs to another user"),
        (give_the_file_away, "belongs to another user"),
        (put_a_pipe_there, "is not a regular file"),
    ],
)
def test_what_others_can_have_written_does_not_run(cache: Path, change: Any, words: str) -> None:
    if "away" in change.__name__ and os.geteuid():
        pytest.skip("only root gives files away")
    path, other = kept_files(cache / "kernels")
    other.unlink()
    payload = pickle.dumps((Harm(cache / "harmed"), ()))
    key = bytes.fromhex(path.name.rpartition("-")[2])
    path.write_bytes(_cache._checksum(key, payload) + payload)
    change(path)
    run = run_script(SCRIPT, cache)
    assert run.stdout == f"8.0 2.0 0 {cache / 'kernels'}\n"
    assert run.stderr.count("\n") == 1
    assert words in run.stderr
    assert not (cache / "harmed").exists()
    if change in (open_the_file, give_the_file_away, put_a_pipe_there):  # it was replaced
        again = run_script(SCRIPT, cache)
        assert (again.stdout, again.stderr) == (f"8.0 2.0 2 {cache / 'kernels'}\n", "")


@pytest.mark.skipif(os.name != "posix", reason="umask")
def test_what_is_written_is_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    open_to_all = "import os; os.umask(0)\n"
    run_script(open_to_all + SCRIPT, tmp_path)
    again = run_script(open_to_all + SCRIPT, tmp_path)
    assert (again.stdout, again.stderr) == (f"8.0 2.0 2 {tmp_path / 'kernels'}\n", "")
