from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run_well


@pytest.fixture(scope="session")
def galaxies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """700 noisy galaxies in three chunks, made by the command; not to be changed."""
    path = tmp_path_factory.mktemp("galaxies") / "galaxies.h5"
    run_well("generate", "galaxies", path, "-n", "700", "--seed", "5")
    return path
