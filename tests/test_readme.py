"""The README's examples, run as printed, in order, in one folder; and what it says of commands and files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Language and text of each block, without the two that set up an environment."""
    return [(language, text) for language, text in BLOCK.findall(README.read_text()) if "pip install" not in text]


def run(language: str, text: str, folder: Path) -> str:
    programs = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-W", "error", "-c"]}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*programs[language], text], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_block_runs_as_printed(tmp_path: Path) -> None:
    assert {language for language, _ in blocks()} == {"bash", "yaml", "python"}
    for language, text in blocks():
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", text)
            assert name, f"a recipe begins with its file's name: {text}"
            (tmp_path / name[1]).write_text(text)
        else:
            run(language, text, tmp_path)


def test_the_set_up_lines_stand_alone() -> None:
    lines = [line for line in README.read_text().splitlines() if "pip install" in line]
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv && ") for line in lines)


@pytest.mark.parametrize("name", re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text()))
def test_links_and_pictures_exist(name: str) -> None:
    assert (README.parent / name).exists()
