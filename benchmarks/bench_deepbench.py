"""The same noisy sky images made and saved by us and by DeepBench 0.2.3, in turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.measures.peer_deepbench import CASES, Case, compare_with_deepbench, run_deepbench
from benchmarks.measures.pipeline import generate_seconds
from benchmarks.scenes import SCENES
from benchmarks.table import Row
from deepbench_fast.run.benchmark.timing import Effort

EFFORT = Effort(rounds=5, seconds=0.0, scale=0.2)
SMOKE = Effort(rounds=1, seconds=0.0, scale=0.002)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.scene}{'-psf' * case.psf}")
def test_against_deepbench(
    benchmark: BenchmarkFixture, quick: bool, deepbench_python: Path, tmp_path: Path, case: Case
) -> None:
    """The timed side is ours; the ratio of both sides, run in turns, stands in `extra_info`."""
    effort = SMOKE if quick else EFFORT
    recipe = SCENES[case.scene](effort.samples(case.ours), psf=case.psf)
    benchmark.pedantic(generate_seconds, (recipe, tmp_path, 2), rounds=effort.rounds, warmup_rounds=1)
    rows: list[Row] = list(compare_with_deepbench(case, deepbench_python, effort))
    benchmark.extra_info |= {
        row.what: dict(zip(("ours", "peer", "ratio"), row.cells()[1:4], strict=True)) for row in rows
    }
    assert all(row.ratio for row in rows)


@pytest.mark.parametrize("psf", [False, True], ids=["plain", "psf"])
def test_deepbench_alone(
    benchmark: BenchmarkFixture, quick: bool, deepbench_python: Path, tmp_path: Path, psf: bool
) -> None:
    """DeepBench's process, imports included; its own figures stand in `extra_info`."""
    answer = benchmark.pedantic(
        run_deepbench, (deepbench_python, "galaxies", 5 if quick else 2000, tmp_path / "out.h5", psf), rounds=1
    )
    benchmark.extra_info |= answer
    assert answer["rate"] > 0
