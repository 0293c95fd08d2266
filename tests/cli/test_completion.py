"""Shell completion: what is offered, through click and in a real bash, and what is not imported for it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from deepbench_fast.authoring import ladders, shifts
from deepbench_fast.cli.group import COMMANDS, COMPLETION_VARIABLE, PROGRAM, group
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import builtin_recipes
from tests.cli.running import run, run_well

ROOT = Path(__file__).parents[2]
RING = ROOT / "docs" / "examples" / "ring.py"


def offered(*words: str) -> list[str]:
    """What follows the words, the last of which isn't complete."""
    *before, incomplete = words
    shell = ShellComplete(group, {}, PROGRAM, COMPLETION_VARIABLE)
    return [
        f"({item.type})" if item.type != "plain" else str(item.value)
        for item in shell.get_completions(before, incomplete)
    ]


def names(start: str) -> list[str]:
    return [name for name in (*builtin_recipes(), *kinds()) if name.startswith(start)]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files of several sorts."""
    for name in ("mine.yaml", "mine.h5", "mine.txt", "half.h5.part", "kinds.py", ".hidden.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "other.yml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_and_options() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("gen") == ["generate"]
    assert "--seed" in offered("generate", "--se")


def test_what_can_not_be_completed_is_no_error(directory: Path) -> None:
    """A command that isn't there; links that lead in a circle."""
    assert offered("generat", "x") == []
    assert offered("help", "gen") == ["generate"]
    (directory / "circle.h5").symlink_to("circle.h5")
    (directory / "linked").symlink_to("data")
    assert offered("info", "") == ["circle.h5", "half.h5.part", "mine.h5", "data/", "linked/"]


def test_what_may_be_left_out_stands_in_brackets_and_is_completed() -> None:
    commands = [group.get_command(click.Context(group), name) for name in COMMANDS]
    arguments = [p for command in commands if command for p in command.params if isinstance(p, click.Argument)]
    assert all(p.required != str(p.metavar).startswith("[") for p in arguments)
    assert offered("explore", "m") == [*names("m"), "mine.h5", "mine.yaml"]


@pytest.mark.parametrize("command", ["generate", "plan"])
def test_a_source_is_a_name_or_a_recipe_file(command: str) -> None:
    assert offered(command, "gal") == [*names("gal")]
    assert offered(command, "m") == [*names("m"), "mine.yaml"]
    assert set(offered(command, "")) == {*builtin_recipes(), *kinds(), "mine.yaml", "data/"}
    assert offered(command, "data/") == ["data/other.yml"]
    assert offered(command, f"{os.getcwd()}/mi") == [f"{os.getcwd()}/mine.yaml"]
    assert offered(command, "nowhere/x") == []


def test_a_lone_directory_is_left_to_the_shell() -> None:
    assert offered("generate", "dat") == ["(dir)"]


@pytest.mark.parametrize("command", ["info", "show", "verify"])
def test_a_file_is_a_dataset(command: str) -> None:
    assert offered(command, "") == ["half.h5.part", "mine.h5", "data/"]
    assert offered(command, "mi") == ["mine.h5"]


def test_a_preview_is_of_either() -> None:
    assert offered("preview", "mi") == [*names("mi"), "mine.h5", "mine.yaml"]


@pytest.mark.parametrize("command", ["describe", "init"])
def test_a_name_is_no_file(command: str) -> None:
    assert offered(command, "m") == names("m")
    assert offered(command, "galax") == ["galaxies", "galaxy"]


def test_axes() -> None:
    assert offered("ladder", "sky", "to", "--axis", "") == list(ladders.AXES)
    assert offered("ladder", "sky", "to", "--axis", "noise", "--axis", "s") == ["spread"]
    assert offered("shift", "sky", "to", "--axis", "") == list(shifts.AXES)


def test_files_of_options() -> None:
    assert offered("--kinds", "k") == ["kinds.py"]
    assert offered("init", "-o", "") == ["(file)"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_call_the_program(shell: str) -> None:
    script = run_well("completion", shell).out
    assert COMPLETION_VARIABLE in script
    assert PROGRAM in script
    assert "%(" not in script


def test_an_unknown_shell_is_one_line() -> None:
    ran = run("completion", "tcsh")
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


def in_bash(tmp_path: Path, *words: str) -> list[str]:
    """COMPREPLY of a bash that has sourced the script, with the program in its PATH; words are those that are meant."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / PROGRAM
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m deepbench_fast.cli "$@"\n')
    program.chmod(0o755)
    # Bash hands words on as they are typed.
    quoted = " ".join(shlex.quote(shlex.quote(word)) for word in (PROGRAM, *words))
    lines = [
        f'eval "$({PROGRAM} completion bash)"',
        "compopt() { :; }",
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}",
        f"{script_function()} {PROGRAM}",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(lines)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


def script_function() -> str:
    return "_deepbench_fast_completion"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(tmp_path: Path) -> None:
    assert in_bash(tmp_path, "generate", "mi") == [*names("mi"), "mine.yaml"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_kinds_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my kinds").mkdir()
    file = shutil.copy(RING, tmp_path / "my kinds" / "ring's.py")
    assert in_bash(tmp_path, "--kinds", str(file), "preview", "ri") == ["ring"]


def test_completing_imports_nothing_heavy() -> None:
    code = """
import sys
from deepbench_fast.cli.group import COMPLETION_VARIABLE, PROGRAM, group
from click.shell_completion import ShellComplete
assert ShellComplete(group, {}, PROGRAM, COMPLETION_VARIABLE).get_completions(["generate"], "gal")
print([name for name in ("numba", "astropy", "matplotlib", "h5py", "scipy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
