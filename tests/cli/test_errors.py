"""Wrong input of every sort: one line on standard error, nothing on standard output, exit status 1 or 2."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from deepbench_fast.cli.signals import interrupt_in
from tests.cli.running import COMMAND, Ran, heed_interrupts, run, run_apart

WRONG_USAGE = [
    (["generat"], "generate"),
    (["help"], "deepbench-fast --help"),
    (["help", "generate"], "deepbench-fast generate --help"),
    (["galaxies", "generate", "x.h5"], "the command comes first: deepbench-fast generate galaxies …"),
    (["generate", "x.h5", "galaxies"], "x.h5: a recipe comes first"),
    (["generate"], "SOURCE"),
    (["generate", "galaxy"], "OUT.h5"),
    (["generate", "galxy", "x.h5"], "galaxy"),
    (["generate", "qqq", "x.h5"], "galaxies"),
    (["generate", "nope.yaml", "x.h5"], "nope.yaml"),
    (["generate", "./nope", "x.h5"], "./nope"),
    (["generate", ".", "x.h5"], "no built-in recipe"),
    (["generate", "./", "x.h5"], "./"),
    (["generate", "other.h5", "x.h5"], "info --recipe"),
    (["generate", "galaxy", "x.h5", "-n", "0"], "'0'"),
    (["generate", "galaxy", "x.h5", "-n", "-1"], "'-1'"),
    (["generate", "galaxy", "x.h5", "-n", "abc"], "'abc'"),
    (["generate", "galaxy", "x.h5", "-n", "1.5"], "'1.5'"),
    (["generate", "galaxy", "x.h5", "-n", "9" * 5000], "-n"),
    (["generate", "galaxy", "x.h5", "-n", "1e30"], "samples"),
    (["generate", "galaxy", "x.h5", "--seed", "-3"], "seed"),
    (["generate", "galaxy", "x.h5", "--seed", ""], "seed"),
    (["generate", "galaxy", "x.h5", "--size", "64x"], "64x64"),
    (["generate", "galaxy", "x.h5", "--size", "0x64"], "64x64"),
    (["generate", "galaxy", "x.h5", "--size", "axb"], "64x64"),
    (["generate", "galaxy", "x.h5", "--size", "99999x9"], "image.shape"),
    (["generate", "galaxy", "x.h5", "--set", "image.sampling"], "KEY=VALUE"),
    (["generate", "galaxy", "x.h5", "--set", "=3"], "KEY=VALUE"),
    (["generate", "galaxy", "x.h5", "--set", "image.sampling=sharp"], "integrate"),
    (["generate", "galaxy", "x.h5", "--set", "imag.sampling=center"], "image"),
    (["generate", "galaxy", "x.h5", "--set", "catalogues.galaxy.galaxy.ellipp=0"], "ellip"),
    (["generate", "galaxy", "x.h5", "--set", "catalogues.galaxy.galaxy.n={uniform: [1"], "YAML"),
    (["generate", "galaxy", "x.h5", "--set", "catalogues.galaxy.galaxy.n=50"], "catalogues.galaxy.galaxy.n"),
    (["generate", "galaxy", "x.h5", "--threads", "0"], "--threads"),
    (["generate", "galaxy", "x.h5", "--shard", "4/3"], "4/3"),
    (["generate", "galaxy", "x.h5", "--shard", "first"], "first"),
    (["generate", "galaxy", "x.h5", "--resume", "--overwrite"], "--overwrite"),
    (["generate", "galaxy", "x.h5", "--sed", "3"], "--seed"),
    (["generate", "galaxy", "x.h5", "-n"], "(deepbench-fast generate --help says more)"),
    (["plan", "galxy"], "galaxy"),
    (["describe", "galxy"], "galaxy"),
    (["describe", "galaxy", "--size", "8x"], "64x64"),
    (["list", "more"], "more"),
    (["show", "x.h5", "first"], "first"),
    (["preview", "galaxy"], "--output"),
    (["preview", "galaxy", "-o", "x.png", "--count", "0"], "'0'"),
    (["preview", "galaxy", "-o", "x.png", "--count", "1e6"], "1000000"),
    (["preview", "galaxy", "-o", "x.jpg"], "PNG"),
    (["preview", "galaxy", "-o", "x.png", "--show", "mask"], "masks"),
    (["preview", "galxy", "-o", "x.png"], "galaxy"),
    (["preview", "galaxy", "-o", "x.png", "--show", "series"], "images, not series"),
    (["preview", "pendulum", "-o", "x.png", "--show", "masks"], "masks"),
    (["preview", "pendulum", "-o", "x.png", "--show", "variance"], "variance"),
    (["preview", "pendulum", "-o", "x.png", "--size", "8x8"], "image"),
    (["preview", "pendulum", "-o", "x.jpg"], "PNG"),
    (["describe", "pendulum", "--size", "8x8"], "--size is for kinds that make images"),
    (["plan", "pendulum", "--set", "series.outputs=[position]"], "series.outputs"),
    (["preview", "x.h5", "-o", "x.png", "--seed", "3"], "--seed"),
    (["verify", "x.h5", "--regenerate", "some"], "some"),
]

FAILURES = [
    (["info", "missing.h5"], "missing.h5: no such file"),
    (["info", "."], "."),
    (["info", "text.h5"], "text.h5: not an HDF5 file"),
    (["info", "other.h5"], "other.h5: not a dataset"),
    (["info", "--recipe", "text.h5"], "text.h5"),
    (["show", "text.h5", "0"], "text.h5"),
    (["show", "unfinished.h5", "0"], "unfinished"),
    (["preview", "missing.h5", "-o", "x.png"], "missing.h5"),
    (["preview", "unfinished.h5", "-o", "x.png"], "unfinished"),
    (["preview", "galaxy", "-n", "1", "-o", "nowhere/x.png"], "nowhere/x.png"),
    (["preview", "galaxy", "-n", "1", "-o", "."], "directory"),
    (["verify", "text.h5"], "text.h5"),
    (["verify", "unfinished.h5"], "not finished"),
    (["generate", "galaxy", "folder"], "directory"),
    (["generate", "galaxy", "nowhere/x.h5"], "nowhere"),
    (["generate", "galaxy", "text.h5"], "--overwrite"),
    (["generate", "galaxy", "text.h5", "--resume"], "text.h5"),
    (["generate", "galaxy", "unfinished.h5", "--resume"], "another recipe"),
]


def joined(value: object) -> str:
    return " ".join(value)[:60] if isinstance(value, list) else ""


@pytest.fixture
def directory(tmp_path: Path, galaxies: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a text file, an HDF5 file of somebody else, and an unfinished dataset."""
    monkeypatch.chdir(tmp_path)
    Path("text.h5").write_text("name: galaxy\n", encoding="utf-8")
    Path("folder").mkdir()
    h5py.File("other.h5", "w").close()
    shutil.copy(galaxies, "unfinished.h5")
    with h5py.File("unfinished.h5", "r+") as file:
        chunks = file["chunks"][:]
        chunks["done"][1] = 0
        file["chunks"][:] = chunks
    return tmp_path


def check_one_line(ran: Ran, status: int, *words: str) -> None:
    assert ran.status == status, ran.err
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1
    assert "unexpected;" not in ran.err
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(("arguments", "word"), WRONG_USAGE, ids=joined)
def test_wrong_usage(arguments: list[str], word: str, directory: Path) -> None:
    before = set(directory.iterdir())
    check_one_line(run(*arguments), 2, word)
    assert set(directory.iterdir()) == before


@pytest.mark.parametrize(("arguments", "word"), FAILURES, ids=joined)
def test_failure(arguments: list[str], word: str, directory: Path) -> None:
    before = set(directory.iterdir())
    check_one_line(run(*arguments), 1, word)
    assert set(directory.iterdir()) == before


@pytest.mark.parametrize("index", ["700", "123456789012345678901234567890"])
def test_index_out_of_range(index: str, galaxies: Path) -> None:
    check_one_line(run("show", galaxies, index), 2, index, "700")


def test_series_have_no_masks(pendulums: Path, tmp_path: Path) -> None:
    for show in ("masks", "variance"):
        ran = run("preview", pendulums, "-o", tmp_path / "x.png", "--show", show)
        check_one_line(ran, 2, f"have no {show}", "series or clean")
    check_one_line(run("show", pendulums, 6), 2, "no sample 6")
    check_one_line(run("show", pendulums, 0, "-o", tmp_path / "x.gif"), 2, "PNG")


def test_misspelled_key_names_file_line_and_the_right_key(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("catalogues:\n  a:\n    objects:\n      - galaxy: {r_ef: 3}\n", encoding="utf-8")
    check_one_line(run("plan", recipe), 2, f"{recipe}:4:", "r_ef", "r_eff")


def test_damaged_chunk_is_named(galaxies: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.h5"
    shutil.copy(galaxies, damaged)
    with h5py.File(damaged, "r+") as file:
        file["images"][400, 0, 0] = 1e3
    check_one_line(run("verify", damaged), 1, "1 of 3 chunks", "digest", ": 1")
    ran = run("verify", damaged, "--json")
    assert ran.status == 1
    assert ran.json["wrong_digest"] == [1]
    assert ran.json["same"] is False


def test_debug_shows_where() -> None:
    ran = run("describe", "galxy", "--debug")
    assert ran.status == 2
    assert "Traceback" in ran.err
    assert ran.err.splitlines()[-1].startswith("Error: ")


def test_unexpected_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepbench_fast.kinds.registry.kinds", fail)
    check_one_line(run("list"), 1, "No space left on device", "--debug")


@pytest.mark.skipif(not hasattr(os, "pipe"), reason="needs pipes")
def test_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, "describe", "sky"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 1


def test_exit_status_of_the_process() -> None:
    check_one_line(run_apart("describe", "galxy"), 2, "galaxy")


DROPPED = """
import signal, sys, time, weakref
from deepbench_fast.cli.signals import heed_signals
from deepbench_fast.kernels.leaving import number_of

class Thing:
    pass

thing = Thing()
watch = weakref.ref(thing, lambda _: signal.raise_signal(int(sys.argv[1])))
heed_signals()
try:
    del thing
    time.sleep(30)
except KeyboardInterrupt as interrupt:
    print(number_of(interrupt).name)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_weak_reference_dies_is_not_lost(number: signal.Signals) -> None:
    command = [sys.executable, "-c", DROPPED, str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=heed_interrupts)
    assert (done.stdout, done.stderr) == (f"{number.name}\n", "")


STOPPED_WITHIN = {
    "exec": "exec(RAISE)",
    "a class": "class Thing:\n    one = cached_property(None)",
}
"""Where libraries are, while they are loaded, when a signal arrives: Python makes something else of it there."""


@pytest.mark.parametrize("where", STOPPED_WITHIN)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_told_wherever_it_arrives(number: signal.Signals, where: str, tmp_path: Path) -> None:
    kinds = f"""
RAISE = "import signal; signal.raise_signal({int(number)})"

class cached_property:
    def __init__(self, function):
        pass

    def __set_name__(self, owner, name):
        exec(RAISE)

{STOPPED_WITHIN[where]}
"""
    (tmp_path / "kinds.py").write_text(kinds)
    ran = run_apart("--kinds", tmp_path / "kinds.py", "list", preexec_fn=heed_interrupts)
    assert (ran.status, ran.err) == (128 + number, f"Error: stopped by {number.name}\n")


def test_errors_in_a_circle_end() -> None:
    """As tornado's, of a server that closes the connection."""
    first, second = OSError("first"), OSError("second")
    first.__cause__, second.__context__ = second, first
    assert interrupt_in(first) is None
    second.__cause__ = KeyboardInterrupt()
    assert interrupt_in(first) is second.__cause__


LONG_WORK = [
    ("calibrate task-star --class none -o there.h5", "there.h5 exists; --overwrite replaces it"),
    ("calibrate task-star --class none -o nowhere/set.h5", "nowhere/set.h5: can't be written: No such file"),
    ("posterior task-star 99 -o there.h5", "there.h5 exists; --overwrite replaces it"),
    ("posterior task-star 99 --plot nowhere/corner.png", "nowhere/corner.png: can't be written: No such file"),
    ("posterior task-star 99 --plot corner.bmp", "corner.bmp: pictures are PNG, PDF or SVG"),
    ("posterior task-star 99 --plot picture.png", "picture.png: an HDF5 file stands there"),
    ("coverage missing.h5 --plot ranks.bmp", "ranks.bmp: pictures are PNG, PDF or SVG"),
    (
        "ladder galaxies rungs --axis noise --rungs 2 --picture nowhere/p.png",
        "nowhere/p.png: can't be written: No such file",
    ),
    ("preview missing.yaml -o nowhere/sheet.png", "nowhere/sheet.png: can't be written: No such file"),
    ("report missing.h5 --verify all -o nowhere/page.html", "nowhere/page.html: can't be written: No such file"),
    ("report missing.h5 --format html -o there.h5", "there.h5: an HDF5 file stands there"),
    ("report missing.h5 --checksum -o folder.json", "folder.json: can't be written: folder.json is a directory"),
]


@pytest.mark.parametrize(("line", "problem"), LONG_WORK)
def test_where_nothing_can_be_written_no_work_is_begun(
    line: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else is wrong in these lines would be told when the work begins."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.json").mkdir()
    for name in ("there.h5", "picture.png"):
        h5py.File(tmp_path / name, "w").close()
    before = sorted(tmp_path.iterdir())
    ran = run(*line.split())
    assert problem in ran.err
    assert ran.err.count("\n") == 1
    assert ran.status in (1, 2)
    assert sorted(tmp_path.iterdir()) == before
