"""Sides in processes of their own: what they answer, and that all make the same light."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.measures import peers
from deepbench_fast.run.benchmark.timing import QUICK

pytest.importorskip("jax")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peers")
    peers.prepare(folder, QUICK)
    return folder


def test_a_side_answers_in_seconds(place: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peers.sides", "normals", "ours", str(place), "1"]
    for wall in (True, False):
        with peers.process(command, wall) as (seconds, amount):
            assert amount > 1e5
            assert 0.0 < seconds(1) < seconds(50)


def test_a_side_that_is_missing_says_why(place: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peers.sides", "normals", "nobody", str(place), "1"]
    with pytest.raises(RuntimeError, match="nobody"), peers.process(command, True):
        pass
