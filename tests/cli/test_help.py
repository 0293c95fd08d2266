"""Help, version, and what is not imported for them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import deepbench_fast
from deepbench_fast.cli.group import COMMANDS
from tests.cli.running import run, run_apart, run_well

HEAVY = ["numba", "numpy", "h5py", "astropy", "matplotlib", "pydantic", "yaml", "tqdm"]
ROOT = Path(deepbench_fast.__file__).parent.parent


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import sys
from deepbench_fast.cli import main
sys.argv = ["deepbench-fast", *{arguments!r}]
try:
    main()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    text = run_well(name, "--help").out
    description, _, example = text.partition("Example:")
    assert len(description.split("Options:")[0].split("\n\n")[1].strip()) > 20
    assert example.strip().startswith(f"deepbench-fast {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_help_name_options_that_exist(name: str) -> None:
    text = run_well(name, "--help").out
    options, _, example = text.partition("Example:")
    for word in example.split():
        assert not word.startswith("-") or f"{word} " in options or f"{word}," in options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_guide(name: str) -> None:
    """On a page that somebody wrote."""
    if not (ROOT / "docs").exists():
        pytest.skip("the package is installed apart from its repository")
    pages = [ROOT / "README.md", *(page for page in (ROOT / "docs").rglob("*.md") if page.name != "commands.md")]
    assert any(re.search(rf"deepbench-fast {name}\b", page.read_text(encoding="utf-8")) for page in pages)


def test_group_lists_every_command_uncut() -> None:
    text = run_well("--help").out
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert "..." not in text.partition("Commands:")[2]
    assert "Example:" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_into_80_columns_uncut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run_well(name, "--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines[1:] if line.rstrip().endswith("...")]


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_h_is_help(arguments: list[str]) -> None:
    assert run_well(*arguments, "-h").out == run_well(*arguments, "--help").out


def test_the_package_runs_as_a_module() -> None:
    ran = [
        subprocess.run([sys.executable, "-m", name, "list", "--json"], capture_output=True, text=True, check=True)
        for name in ("deepbench_fast", "deepbench_fast.cli")
    ]
    assert ran[0].stdout == ran[1].stdout != ""


def test_version() -> None:
    assert run_well("--version").out.split()[-1] == deepbench_fast.__version__


def test_no_command_is_wrong_usage() -> None:
    ran = run()
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("Usage:")


def test_module_is_the_command() -> None:
    assert run_apart("--version").out == run_well("--version").out
