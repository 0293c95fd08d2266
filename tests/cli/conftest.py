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


@pytest.fixture(scope="session")
def pendulums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pendulums, angle and x with measurement noise, gravity with noise of its own; not to be changed."""
    path = tmp_path_factory.mktemp("pendulums") / "pendulums.h5"
    noise = "noise=[{gaussian: {x: 0.3, angle: 0.1}}]"
    changes = ("series.outputs=[angle, x]", noise, "parameter_noise.gravity=0.05")
    run_well("generate", "pendulum", path, "-n", "6", *(part for change in changes for part in ("--set", change)))
    return path
