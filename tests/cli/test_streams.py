"""Standard streams: code pages that aren't UTF-8, closed ones, full disks, and pipes that nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deepbench_fast.cli.streams import PLAIN
from tests.cli.running import COMMAND, run_well

PAGES = ("cp1252", "cp437", "gbk")
DATA = ("init galaxies", "describe galaxies", "schema", "info bodies.h5 --json")
WORDS = ("plan galaxies", "info bodies.h5", "show bodies.h5 0", "describe n_body", "list", "generate --help")
needs_shell = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bodies.h5`; not to be changed."""
    folder = tmp_path_factory.mktemp("streams")
    run_well("generate", "n-body", folder / "bodies.h5", "-n", 3)
    return folder


def printed(folder: Path, arguments: str, page: str) -> bytes:
    """What a command writes to standard output on a machine with this code page."""
    environment = {**os.environ, "PYTHONIOENCODING": page, "PYTHONUTF8": "0"}
    command = [*COMMAND, *arguments.split()]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_on_every_code_page(folder: Path, page: str) -> None:
    texts = [printed(folder, arguments, page).decode(page) for arguments in WORDS]
    assert all(len(text) > 200 for text in texts)
    assert not any("?" in line for text in texts for line in text.splitlines() if set(line) & {"x", "|", "│"})


@pytest.mark.parametrize("arguments", DATA)
def test_data_are_utf8_on_every_code_page(folder: Path, arguments: str) -> None:
    wanted = run_well(*arguments.replace("bodies.h5", str(folder / "bodies.h5")).split()).out
    (json.loads if wanted.startswith("{") else yaml.safe_load)(wanted)
    assert [printed(folder, arguments, page).decode("utf-8") for page in PAGES[1:]] == [wanted] * 2


def test_a_redirected_recipe_can_be_read_back(folder: Path, tmp_path: Path) -> None:
    text = printed(folder, "init galaxies", "gbk").decode("utf-8")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # as PowerShell writes them
        (tmp_path / "mine.yaml").write_bytes(text.encode(encoding))
        run_well("plan", tmp_path / "mine.yaml")


def test_names_that_no_code_page_has_are_printed_as_they_are(tmp_path: Path) -> None:
    """A folder whose name is not UTF-8."""
    name = os.fsdecode(b"caf\xe9")
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("the file system takes UTF-8 alone")
    arguments = [*COMMAND, "ladder", "galaxies", name, "--axis", "noise", "--rungs", "2"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"caf\xe9/")
    done = subprocess.run([*COMMAND, "info", f"{name}/none.h5"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith(b"Error: caf\xe9/none.h5")


def test_what_stands_in_for_a_letter_is_ascii() -> None:
    assert all(letter > 127 > plain for letter, plain in PLAIN.items())


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = f"{sys.executable} -m deepbench_fast.cli {command}"
    return subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


@needs_shell
def test_closed_streams_change_no_file(tmp_path: Path) -> None:
    """Else the file would have the number of a closed stream, and what is written to that, in it."""
    ends = ("", "2>&-", ">&-", "<&- >&- 2>&-")
    for number, end in enumerate(ends):
        done = shell(f"generate star {number}.h5 -n 5 {end}", tmp_path)
        assert done.returncode == 0, done.stderr
    assert len({(tmp_path / f"{number}.h5").read_bytes() for number in range(len(ends))}) == 1


@needs_shell
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("schema >&-", 0),
        ("--help 2>&- >&-", 0),
        ("init star <&-", 0),
        ("info none.h5 2>&-", None),
        ("info none.h5 2>&- >&-", None),
        ("info none.h5 2>/dev/full", None),
        ("nonsense 2>&-", 2),
        ("schema >/dev/full", 1),
        ("list >/dev/full", 1),
        ("--help >/dev/full", 1),
    ],
)
def test_closed_and_full_streams(tmp_path: Path, command: str, status: int | None) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    done = shell(command, tmp_path)
    assert done.returncode == (shell("info none.h5", tmp_path).returncode if status is None else status)
    assert len(done.stderr.splitlines()) == (1 if command.endswith(">/dev/full") and status == 1 else 0)


@needs_shell
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_pipe_that_nobody_reads(tmp_path: Path, stream: str) -> None:
    """A program that reads no more of the data is told by the status; one that reads no more messages stops nothing."""
    reader, writer = os.pipe()
    os.close(reader)
    command = ["schema"] if stream == "stdout" else ["generate", "star", "star.h5", "-n", "5"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    done = subprocess.run([*COMMAND, *command], cwd=tmp_path, text=True, check=False, **streams)
    os.close(writer)
    assert done.returncode == (1 if stream == "stdout" else 0)
    assert not done.stderr
    assert stream == "stdout" or (tmp_path / "star.h5").exists()
