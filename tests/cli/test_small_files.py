"""Small outputs of every command: whole or not there, on a full disk and after a kill, and the next try works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import limits
from tests.cli.running import Ran, run, run_well
from tests.recipe.configurations import RECTANGLE

LIMITED = f"""
import sys
from deepbench_fast.cli import main
{limits.of_file_sizes("int(sys.argv.pop(1))")}
main()
"""
OUTPUTS = {
    "init": lambda data, out: ("init", "star", "-o", out / "star.yaml"),
    "schema": lambda data, out: ("schema", "-o", out / "schema.json"),
    "convert": lambda data, out: ("convert", data.parent / "old.yaml", "-o", out / "new.yaml"),
    "show": lambda data, out: ("show", data, 0, "-o", out / "one.png"),
    "preview": lambda data, out: ("preview", data, "-o", out / "sheet.png"),
    "ladder": lambda data, out: ("ladder", "galaxies", out, "--axis", "noise", "--rungs", 2),
    "picture": lambda data, out: (
        *("ladder", "galaxies", data.parent / "rungs", "--axis", "noise", "--rungs", 2),
        *("--picture", out / "rungs.png"),
    ),
    **{
        format: lambda data, out, format=format: ("export", data, out / "exported", "--format", format)
        for format in ("npy", "png", "jpeg", "fits", "csv", "parquet")
    },
}
LARGE = ("npy", "fits", "parquet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five noisy galaxies, with a configuration of DeepBench's and a ladder beside; not to be changed."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "old.yaml").write_text(RECTANGLE)
    run_well("generate", "galaxies", folder / "five.h5", "-n", 5)
    run_well("ladder", "galaxies", folder / "rungs", "--axis", "noise", "--rungs", 2)
    return folder / "five.h5"


def run_limited(size: int, *arguments: object) -> Ran:
    """Run a command that can write no file beyond `size` bytes."""
    command = [sys.executable, "-c", LIMITED, str(size), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="needs limits of resources")
@pytest.mark.parametrize(("name", "room"), [*((name, 40) for name in OUTPUTS), *((name, 3000) for name in LARGE)])
def test_no_room_leaves_nothing_in_the_way(data: Path, tmp_path: Path, name: str, room: int) -> None:
    arguments = OUTPUTS[name]
    (tmp_path / "short").mkdir()
    (tmp_path / "roomy").mkdir()
    ran = run_limited(room, *arguments(data, tmp_path / "short"))
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "can't be written" in ran.err
    assert {*files(tmp_path / "short")} <= {"exported/export.json"}
    run_well(*arguments(data, tmp_path / "short"))
    run_well(*arguments(data, tmp_path / "roomy"))
    assert files(tmp_path / "short") == files(tmp_path / "roomy")


def test_an_export_goes_on_from_any_beginning_of_its_description(data: Path, tmp_path: Path) -> None:
    run_well("export", data, tmp_path / "whole", "--format", "npy")
    whole = files(tmp_path / "whole")
    text = whole["export.json"].replace(b'"complete": true ', b'"complete": false')
    (tmp_path / "cut").mkdir()
    for left in (b"", text[:1], text[:100], text[:-1], text[:100].ljust(len(text), b"\0")):
        (tmp_path / "cut" / "export.json").write_bytes(left)
        run_well("export", data, tmp_path / "cut", "--format", "npy")
        assert files(tmp_path / "cut") == whole


def test_a_ladder_goes_on_after_any_of_its_files(tmp_path: Path) -> None:
    def ladder(folder: Path) -> tuple[object, ...]:
        return "ladder", "galaxies", folder, "--axis", "noise", "--rungs", 3

    run_well(*ladder(tmp_path / "whole"))
    whole = files(tmp_path / "whole")
    order = ["ladder.yaml", *sorted(name for name in whole if name != "ladder.yaml")]
    for number in range(len(order)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in order[:number]:
            (folder / name).write_bytes(whole[name])
        run_well(*ladder(folder))
        assert files(folder) == whole


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    code = "import sys; from deepbench_fast.values.atomic import temporary_beside; from pathlib import Path;"
    code += "temporary_beside(Path(sys.argv[1])).write_text('half')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "star.yaml")], check=True)
    assert len(files(tmp_path)) == 1
    run_well("init", "star", "-o", tmp_path / "star.yaml")
    assert {*files(tmp_path)} == {"star.yaml"}


@pytest.mark.parametrize("command", ["init", "schema", "convert"])
def test_existing_files_are_kept(data: Path, tmp_path: Path, command: str) -> None:
    arguments = OUTPUTS[command](data, tmp_path)
    run_well(*arguments)
    before = files(tmp_path)
    ran = run(*arguments)
    assert (ran.status, files(tmp_path)) == (1, before)
    assert "exists" in ran.err


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/null"])
def test_pipes_and_devices_are_written_to(place: str) -> None:
    command = [sys.executable, "-m", "deepbench_fast.cli", "init", "star", "-o", place]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ("" if place == "/dev/null" else run_well("init", "star").out)


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "star", "-"),
        ("merge", "a.h5", "-"),
        ("extend", "a.h5", "-n", 1, "-o", "-"),
        ("reshard", "a.h5", "--parts", 1, "-o", "-"),
        ("index", "-o", "-"),
        ("preview", "star", "-o", "-"),
        ("show", "a.h5", 0, "-o", "-"),
        ("posterior", "task-galaxy", 0, "--plot", "-"),
        ("calibrate", "task-galaxy", "-o", "-"),
        ("ladder", "star", "lad", "--axis", "noise", "--picture", "-"),
    ],
)
def test_text_alone_is_printed(arguments: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dataset or a picture is no text: "-" made a file of this name."""
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert ran.status == 2
    assert "only text is printed: name a file" in ran.err
    assert not list(tmp_path.iterdir())
