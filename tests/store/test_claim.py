"""One process fills a file: starts at the same time, kills and failures at any moment, file systems without locks."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store.file_bytes import lock_file
from tests import limits
from tests.cli.running import COMMAND
from tests.forks import Commands, commands
from tests.preload import failing_calls
from tests.recipes import mixed
from tests.store.test_index import by_another_version

RECIPE = "{version: 1, name: r, samples: 4, image: {shape: [8, 8]}, catalogues: {a: {objects: [star]}}}"
NAMING_CALLS = "fsync flock link rename unlink"
CALLS = "pwrite fsync flock link rename unlink"

DRIVER = r"""
import json, os, signal, sys
import deepbench_fast as d
from deepbench_fast.errors import DeepbenchFastError

recipe = d.Recipe.from_yaml(sys.argv[1])
calls, failure, cases = json.loads(sys.argv[2])

class Stop:
    def start(self, total, done):
        raise InterruptedError

def outcome(how, progress=None):
    try:
        return d.generate(recipe, "o.h5", threads=1, progress=progress, **how).digest
    except DeepbenchFastError as error:
        return f"{type(error).__name__}: {error}"

def run(state, first, second, number):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.environ.update(FAIL_IN="o.h5", FAIL_CALLS=calls, FAIL_AT=str(number), FAIL_WITH=failure)
        os.write(writer, outcome(first).encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, os.WUNTRACED)
    met = None
    if os.WIFSTOPPED(status):
        met = outcome(second)
        os.kill(child, signal.SIGCONT)
        os.waitpid(child, 0)
    with os.fdopen(reader) as file:
        said = file.read()
    between = sorted(os.listdir())
    again = outcome({"resume": True})
    return {"case": (state, first, second, number), "said": said, "met": met, "between": between, "again": again,
            "after": sorted(os.listdir())}

digest = outcome({})
found = []
for state, first, second in cases:
    for number in range(1, 100):
        if state != "finished":
            os.unlink("o.h5")
        if state == "begun":
            outcome({}, Stop())
        found.append(run(state, first, second, number))
        if found[-1]["said"] == digest and found[-1]["met"] is None:
            break  # there are not so many calls
print(json.dumps([digest, found]))
"""


def explore(library: Path, folder: Path, calls: str, failure: object, cases: list[Any]) -> tuple[str, list[Any]]:
    """Generate a file as each case says (what is there before, options, options of another process) with the failure at
    the first call, then at the second, and so on until all have been met, and each time resume it afterwards."""
    given = json.dumps([calls, str(failure), cases])
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER, RECIPE, given],
        cwd=folder,
        env={**os.environ, "LD_PRELOAD": str(library), "FAIL_NO_SYNC": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    digest, found = json.loads(ran.stdout)
    for run in found:
        assert (run["again"], run["after"]) == (digest, ["o.h5"]), run
    return digest, found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return failing_calls(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def failing(library: Path) -> Iterator[Commands]:
    """Commands whose calls of the system fail where the variables of tests/preload.py say so."""
    with commands(library.parent, LD_PRELOAD=str(library)) as found:
        yield found


STARTS: list[tuple[str, dict[str, bool]]] = [
    ("", {}),
    ("", {"resume": True}),
    ("begun", {"resume": True}),
    ("begun", {"overwrite": True}),
    ("finished", {"overwrite": True}),
]


def test_killed_before_any_call_it_goes_on_and_nothing_is_left(library: Path, tmp_path: Path) -> None:
    cases = [(state, how, None) for state, how in STARTS]
    _, found = explore(library, tmp_path, CALLS, "kill", cases)
    assert len(found) > 5 * 15
    for run in found:
        temporary = [name for name in run["between"] if name.endswith(".new")]
        assert len(temporary) <= 1, run


def test_stopped_at_any_call_while_another_process_starts(library: Path, tmp_path: Path) -> None:
    others: list[dict[str, bool]] = [{}, {"resume": True}, {"overwrite": True}]
    cases = [(state, how, other) for state, how in STARTS for other in others]
    digest, found = explore(library, tmp_path, NAMING_CALLS, "stop", cases)
    for run in found:
        for said in (run["said"], run["met"] or digest):
            assert said == digest or "another process" in said or " exists: " in said, run
        assert digest in (run["said"], run["met"]), run
        assert run["between"] == ["o.h5"], run


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_any_write_that_fails_is_one_error_and_what_is_done_stays(library: Path, tmp_path: Path, number: int) -> None:
    cases = [(state, how, None) for state, how in STARTS]
    digest, found = explore(library, tmp_path, "pwrite fsync", number, cases)
    for run in found:
        if run["said"] != digest:
            assert run["said"].startswith("FileError: o.h5: "), run
            assert os.strerror(number) in run["said"], run
        assert set(run["between"]) <= {"o.h5", "o.h5.part"}, run
        if run["case"][0] != "begun":
            assert ("o.h5.part" in run["between"]) == ("--resume" in run["said"]), run


def start_stopped(library: Path, folder: Path, call: str, number: int, *how: str) -> subprocess.Popen[str]:
    """A process that stops before one call of the system."""
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    fails = {"FAIL_IN": "o.h5.part", "FAIL_CALLS": call, "FAIL_AT": str(number), "FAIL_WITH": "stop"}
    command = [*COMMAND, "generate", "./r.yaml", "o.h5", *how]
    variables = {**os.environ, "LD_PRELOAD": str(library), **fails}
    process = subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.PIPE, text=True)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    return process


def go_on(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit status and last line of standard error of a stopped process."""
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate()
    return process.returncode, said.splitlines()[-1]


@pytest.mark.parametrize("how", [(), ("--resume",), ("--overwrite",)])
def test_who_lays_a_file_out_later_leaves_it_to_who_fills_it(library: Path, tmp_path: Path, how: tuple[str]) -> None:
    late = start_stopped(library, tmp_path, "link", 1, *how)  # before the file gets its name
    fills = start_stopped(library, tmp_path, "unlink", 1, *how)  # just after it
    assert go_on(late) == (1, "Error: o.h5.part: another process is filling this file")
    assert go_on(fills)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.h5", "r.yaml"]


class Stop:
    """A progress that ends the work before the first sample: the unfinished file is there, whole and empty."""

    def start(self, total: int, done: int) -> None:
        raise InterruptedError

    def advance(self, samples: int) -> None:
        raise NotImplementedError


def begin(path: Path, recipe: str = RECIPE) -> Path:
    with pytest.raises(FileError, match="--resume goes on"):
        generate(Recipe.from_yaml(recipe), path, progress=Stop())
    return path.with_name(path.name + ".part")


LARGE = "{version: 1, name: r, samples: 2000, image: {shape: [64, 64]}, catalogues: {a: {objects: [star]}}}"


def resume_apart(folder: Path, before: str = "pass") -> subprocess.CompletedProcess[str]:
    (folder / "r.yaml").write_text(LARGE, encoding="utf-8")
    code = (
        f"import runpy, sys; {before}; sys.argv[1:] = ['generate', './r.yaml', 'o.h5', '--resume', '--threads', '2'];"
    )
    command = [sys.executable, "-c", code + "runpy.run_module('deepbench_fast.cli')"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def check_fails_and_goes_on(folder: Path, ran: subprocess.CompletedProcess[str], reason: str) -> None:
    assert (ran.returncode, ran.stdout) == (1, "")
    last = ran.stderr.splitlines()[-1]
    assert last == f"Error: o.h5: can't be written: {reason}; o.h5.part keeps what is done, --resume goes on"
    assert "Traceback" not in ran.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["o.h5.part", "r.yaml"]


def check_finished(folder: Path, whole: Path) -> None:
    ran = resume_apart(folder)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "o.h5").read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["o.h5", "r.yaml"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "o.h5"
    generate(Recipe.from_yaml(LARGE), path)
    return path


@pytest.mark.skipif(os.name != "posix", reason="no such limit elsewhere")
def test_a_limit_on_the_size_of_files_while_it_is_filled(large: Path, tmp_path: Path) -> None:
    begin(tmp_path / "o.h5", LARGE)
    limited = resume_apart(tmp_path, limits.of_file_sizes(2**24))
    check_fails_and_goes_on(tmp_path, limited, os.strerror(errno.EFBIG))
    check_finished(tmp_path, large)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    point = tmp_path / "disk"
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(point)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        yield point
    finally:
        subprocess.run(["umount", str(point)], check=True)


def test_a_disk_that_gets_full_while_it_is_filled(large: Path, small_disk: Path, tmp_path: Path) -> None:
    begin(small_disk / "o.h5", LARGE)
    with open(small_disk / "others", "wb") as others:
        others.write(bytes(40 * 2**20))
    ran = resume_apart(small_disk)
    (small_disk / "others").unlink()
    check_fails_and_goes_on(small_disk, ran, os.strerror(errno.ENOSPC))
    check_finished(small_disk, large)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_one_warning(failing: Commands, tmp_path: Path, number: int) -> None:
    begin(tmp_path / "o.h5")
    for how in ("--overwrite", "--resume"):
        ran = run_failing(failing, tmp_path, ("flock", "every", number), "generate", "./r.yaml", "o.h5", how)
        assert ran.returncode == 0, ran.stderr
        warnings = [line for line in ran.stderr.splitlines() if "lock" in line.lower()]
        assert warnings == [warning(".", number)] if how == "--overwrite" else not warnings
    ran = run_failing(failing, tmp_path, ("flock", "every", number), "export", "o.h5", "o.h5-csv", "--format", "csv")
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (0, warning("o.h5-csv", number))
    assert len(open_dataset(tmp_path / "o.h5")) == 4


def test_a_file_system_without_links(failing: Commands, tmp_path: Path) -> None:
    fails = ("link", "every", errno.EPERM)
    for how, status in (([], 0), ([], 1), (["--resume"], 0), (["--overwrite"], 0)):
        ran = run_failing(failing, tmp_path, fails, "generate", "./r.yaml", "o.h5", *how)
        assert (ran.returncode, " exists" in ran.stderr) == (status, status == 1), ran.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["o.h5", "r.yaml"]
    assert len(open_dataset(tmp_path / "o.h5")) == 4


def warning(folder: str, number: int) -> str:
    reason = os.strerror(number)
    return f"Warning: {folder}: files can't be locked there ({reason}): let no two processes fill the same one"


def run_failing(
    failing: Commands, folder: Path, fails: tuple[str, str, int], *arguments: str
) -> subprocess.CompletedProcess[str]:
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    names = dict(zip(("FAIL_CALLS", "FAIL_AT", "FAIL_WITH"), map(str, fails), strict=True))
    return failing.run(*arguments, folder=folder, environment={"FAIL_IN": "o.h5", **names})


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EACCES])
def test_a_lock_that_another_process_holds(failing: Commands, tmp_path: Path, number: int) -> None:
    begin(tmp_path / "o.h5")
    for how in ("--resume", "--overwrite"):
        ran = run_failing(failing, tmp_path, ("flock", "every", number), "generate", "./r.yaml", "o.h5", how)
        assert (ran.returncode, ran.stderr) == (1, "Error: o.h5.part: another process is filling this file\n")


def test_a_finished_file_is_usable_while_its_maker_still_holds_it(library: Path, tmp_path: Path) -> None:
    maker = start_stopped(library, tmp_path, "unlink", 3)  # of the name of the unfinished file
    assert len(open_dataset(tmp_path / "o.h5")) == 4
    with h5py.File(tmp_path / "o.h5") as file:
        assert file["images"].shape == (4, 8, 8)
    assert go_on(maker)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.h5", "r.yaml"]


class Replace(Stop):
    """A progress that puts another file in the place of the one that is filled."""

    def __init__(self, part: Path) -> None:
        self.part = part

    def start(self, total: int, done: int) -> None:
        self.part.with_name("other").write_bytes(b"other")
        self.part.with_name("other").replace(self.part)

    def advance(self, samples: int) -> None:
        return


def test_only_the_file_that_was_filled_gets_the_final_name(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    for how in ({}, {"overwrite": True}):
        with pytest.raises(FileError, match="another process replaced"):
            generate(Recipe.from_yaml(RECIPE), path, progress=Replace(tmp_path / "o.h5.part"), **how)
        assert [path.name for path in tmp_path.iterdir()] == ["o.h5.part"]
        (tmp_path / "o.h5.part").unlink()


class Cut(Stop):
    """A progress that cuts the file that is filled."""

    def __init__(self, part: Path) -> None:
        self.part = part

    def start(self, total: int, done: int) -> None:
        os.truncate(self.part, self.part.stat().st_size // 2)

    def advance(self, samples: int) -> None:
        return


def test_a_file_that_was_cut_is_not_finished(tmp_path: Path) -> None:
    path, recipe = tmp_path / "o.h5", Recipe.from_yaml(RECIPE)
    for how in ({}, {"overwrite": True}):
        with pytest.raises(FileError, match="cut this file while it was filled; --overwrite"):
            generate(recipe, path, progress=Cut(tmp_path / "o.h5.part"), **how)
    with pytest.raises(FileError, match="--overwrite starts again"):
        generate(recipe, path, resume=True)
    assert generate(recipe, path, overwrite=True).complete


def test_an_empty_unfinished_file_does_not_block(tmp_path: Path) -> None:
    recipe, part = Recipe.from_yaml(RECIPE), tmp_path / "o.h5.part"
    for content in (b"", bytes(3 * 2**20)):
        part.write_bytes(content)
        with pytest.raises(FileError, match="--resume continues it"):
            generate(recipe, tmp_path / "o.h5")
        generate(recipe, tmp_path / "o.h5", resume=True)
        assert [path.name for path in tmp_path.iterdir()] == ["o.h5"]
        (tmp_path / "o.h5").unlink()


def test_a_damaged_unfinished_file_is_left_to_its_owner(tmp_path: Path) -> None:
    part = begin(tmp_path / "o.h5")
    whole = part.read_bytes()
    for damaged in (whole[: len(whole) // 2], bytes(512) + whole[512:]):
        part.write_bytes(damaged)
        with pytest.raises(FileError, match="--overwrite starts again"):
            generate(Recipe.from_yaml(RECIPE), tmp_path / "o.h5", resume=True)
        assert part.read_bytes() == damaged


def test_an_unfinished_file_under_the_final_name_is_not_finished(tmp_path: Path) -> None:
    recipe, path = Recipe.from_yaml(RECIPE), tmp_path / "o.h5"
    begin(path).rename(path)
    with pytest.raises(FileError, match="not finished"):
        generate(recipe, path, resume=True)
    path.rename(tmp_path / "o.h5.part")
    assert generate(recipe, path, resume=True).complete


def test_a_replacement_that_was_stopped_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    other = Recipe.from_yaml(RECIPE).with_overrides({"seed": 5})
    digest = generate(other, path).digest
    with pytest.raises(FileError, match="--resume --overwrite goes on"):
        generate(Recipe.from_yaml(RECIPE), path, overwrite=True, progress=Stop())
    assert open_dataset(path).summary.digest == digest
    with pytest.raises(MismatchError):
        generate(Recipe.from_yaml(RECIPE), path, resume=True)
    made = generate(Recipe.from_yaml(RECIPE), path, resume=True, overwrite=True)
    assert made.seed != 5
    before = path.stat()
    assert generate(Recipe.from_yaml(RECIPE), path, resume=True, overwrite=True) == made
    assert path.stat() == before
    assert [path.name for path in tmp_path.iterdir()] == ["o.h5"]


def test_a_replacement_is_of_this_version(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    summary = generate(mixed(samples=50), path)
    by_another_version(path)
    assert generate(mixed(samples=50), path, resume=True).software == "deepbench_fast 9.9.9"
    assert generate(mixed(samples=50), path, resume=True, overwrite=True) == summary


def test_what_was_begun_of_another_dataset_stays(tmp_path: Path) -> None:
    path = tmp_path / "o.h5"
    part = begin(path)
    other = Recipe.from_yaml(RECIPE).with_overrides({"seed": 5})
    generate(other, tmp_path / "other.h5")
    (tmp_path / "other.h5").rename(path)
    generate(other, path, resume=True)
    assert part.exists()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link, real = tmp_path / "o.h5", tmp_path / "far" / "real.h5"
    link.symlink_to(real)
    generate(Recipe.from_yaml(RECIPE), link)
    generate(Recipe.from_yaml(RECIPE).with_overrides({"seed": 5}), link, overwrite=True)
    assert link.is_symlink()
    assert open_dataset(real).summary.seed == 5


def test_a_lock_is_of_the_file_that_has_the_name(tmp_path: Path) -> None:
    descriptor = lock_file(tmp_path / "a")
    try:
        with pytest.raises(FileError, match="another process"):
            lock_file(tmp_path / "a")
        (tmp_path / "a").rename(tmp_path / "b")
        other = lock_file(tmp_path / "a")
        os.close(other)
        with pytest.raises(FileNotFoundError):
            lock_file(tmp_path / "c", create=False)
    finally:
        os.close(descriptor)
