"""The README's examples, run as printed, in order, in one folder; and what it says of commands and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import ROOT, blocks, links, missing, packages_needed, run_page

README = ROOT / "README.md"


@pytest.mark.long
def test_every_block_runs_as_printed(tmp_path: Path) -> None:
    assert {block.language for block in blocks(README)} == {"bash", "yaml", "python"}
    assert all(block.file for block in blocks(README) if block.language == "yaml"), "a recipe without a file's name"
    run_page(README, tmp_path, leave_out=missing(packages_needed(README)))


def test_the_set_up_lines_stand_alone() -> None:
    lines = [line for line in README.read_text().splitlines() if "-m venv" in line]
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv && .venv/bin/pip install ") for line in lines)


@pytest.mark.parametrize("file", links(README), ids=str)
def test_links_and_pictures_exist(file: Path) -> None:
    assert file.exists()
