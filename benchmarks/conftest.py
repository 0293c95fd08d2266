"""What the benchmarks share: whether this is a smoke run, and the peers they are compared with."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from benchmarks.measures import peer_deepbench
from benchmarks.peers import environment


class RunDeepbench(Protocol):
    """`scene` made `samples` times into `path` by DeepBench; gives {"samples", "seconds", "rate", "cpu_seconds"}."""

    def __call__(
        self, scene: str, samples: int, path: Path, *, psf: bool = False, peer: Path = peer_deepbench.PEER
    ) -> dict[str, Any]: ...


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    """True under `--benchmark-disable`: sizes are cut so that every benchmark runs once in a moment."""
    return bool(request.config.getoption("benchmark_disable"))


@pytest.fixture(scope="session")
def deepbench_python() -> Path:
    """Interpreter of the environment that holds DeepBench 0.2.3; skips where there can't be one."""
    try:
        return environment.deepbench_python()
    except environment.PeerUnavailableError as unavailable:
        pytest.skip(str(unavailable))


@pytest.fixture(scope="session")
def run_deepbench(deepbench_python: Path) -> RunDeepbench:
    """DeepBench making and saving samples in a process of its own, timed by itself after a warm-up."""

    return partial(peer_deepbench.run_deepbench, deepbench_python)
