from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import generate
from tests.recipes import mixed


@pytest.fixture(scope="session")
def mixed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of `mixed()`: 3000 samples; not to be changed."""
    path = tmp_path_factory.mktemp("mixed") / "mixed.h5"
    generate(mixed(), path, threads=2)
    return path
