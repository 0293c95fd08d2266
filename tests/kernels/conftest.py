"""A cache directory of its own for each test that looks into it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kernels are kept during the test."""
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels"
