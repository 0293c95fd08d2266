"""Where the benchmark's files are."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ROWS, RUNS, POINTS = HERE / "rows", HERE / "runs", HERE / "dial.json"
DOCS = HERE.parents[1] / "docs" / "studies"
PAGE, PICTURE, DIAL_PICTURE = DOCS / "networks.md", DOCS / "networks.png", DOCS / "networks-dial.png"
