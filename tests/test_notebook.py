"""The teaching notebook runs top to bottom, and its last numbers show what its text says."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.pages import ROOT, run

NOTEBOOK = ROOT / "docs" / "tutorials" / "teaching.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def program(cells: list[dict[str, Any]]) -> str:
    """The code cells in order, without the lines that only a notebook understands."""
    lines = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").splitlines()
    return "\n".join(line for line in lines if not line.startswith("%"))


def test_it_runs_and_shows_what_it_says(cells: list[dict[str, Any]], tmp_path: Path) -> None:
    printed = run("python", f"import tempfile\ntempfile.tempdir = {str(tmp_path)!r}\n{program(cells)}", tmp_path)
    found = re.findall(r"trained here (\S+), trained without noise (\S+)", printed)
    here, clean = ([float(pair[i]) for pair in found] for i in (0, 1))
    assert len(found) == 5
    assert here[0] == clean[0] > 0.95
    assert all(easier > harder + 0.03 for line in (here, clean) for easier, harder in pairwise(line))
    assert 1 / 3 < here[-1] < 0.65
    assert clean[-1] > here[-1] + 0.01


def test_it_holds_no_outputs(cells: list[dict[str, Any]]) -> None:
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_only_the_install_line_is_magic(cells: list[dict[str, Any]]) -> None:
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in cell["source"]]
    assert [line for line in lines if line.startswith(("%", "!"))] == ["%pip install --quiet ../.."]
