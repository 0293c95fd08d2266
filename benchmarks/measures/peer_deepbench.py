"""Noisy images made and saved, by us and by DeepBench 0.2.3."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measures.pipeline import generate_seconds
from benchmarks.peers import environment
from benchmarks.places import folder
from benchmarks.scenes import SCENES
from benchmarks.table import Row, rate, unavailable
from deepbench_fast.run.benchmark.timing import Effort, Stopwatch, interleave

PEER = Path(environment.__file__).with_name("deepbench_peer.py")
THREADS = 2


class Case(NamedTuple):
    """A scene, the samples that each side makes in a round, how many times as fast we shall be, and the cutoff of ours.

    A cutoff of 0.001 is a hundredth of the median of the noise.
    """

    what: str
    scene: str
    psf: bool
    ours: int
    peer: int
    goal: float
    cutoff: float = 0.0


CASES = (
    Case("noisy galaxies 28×28, no PSF", "galaxies", False, 500_000, 2_000, 230),
    Case("noisy galaxies 28×28, PSF σ = 0.7", "galaxies", True, 500_000, 2_000, 220),
    Case("sky fields 256×256, PSF σ = 0.7", "fields", True, 5_000, 40, 60),
    Case("sky fields 256×256, PSF σ = 0.7, cutoff 0.001", "fields", True, 5_000, 40, 100, 0.001),
    Case("shapes 256×256", "shapes", False, 5_000, 40, 250),
)


def measure(effort: Effort) -> Iterator[Row]:
    """Samples a second, from the recipe to the file's last byte: ours on disk and in memory against theirs on disk."""
    try:
        python = environment.deepbench_python()
    except environment.PeerUnavailableError as error:
        yield unavailable("noisy images vs DeepBench", error)
        return
    for case in CASES:
        yield from compare_with_deepbench(case, python, effort)


def compare_with_deepbench(case: Case, python: Path, effort: Effort) -> Iterator[Row]:
    samples, peer_samples = effort.samples(case.ours), effort.samples(case.peer)
    recipe = SCENES[case.scene](samples, psf=case.psf).set("image.cutoff", case.cutoff)
    with folder("disk") as disk, folder("memory") as memory:
        sides: dict[str, Stopwatch] = {
            "disk": lambda: generate_seconds(recipe, disk, THREADS) / samples,
            "memory": lambda: generate_seconds(recipe, memory, THREADS) / samples,
            "peer": lambda: 1 / run_deepbench(python, case.scene, peer_samples, disk / "peer.h5", case.psf)["rate"],
        }
        rounds = interleave(sides, effort.rounds)
    peer = "DeepBench " + rate(1 / rounds.median("peer"))
    for place, goal in (("disk", case.goal), ("memory", None)):
        ours = rate(1 / rounds.median(place))
        yield Row(f"{case.what} → HDF5 in a file {in_place(place)}", ours, peer, rounds.ratio("peer", place), goal)


def run_deepbench(
    python: Path, scene: str, samples: int, path: Path, psf: bool = False, *, peer: Path = PEER
) -> dict[str, Any]:
    """DeepBench making and saving samples in a process of its own, timed by itself after a warm-up.

    `peer` is the script that has the scene; it runs in the file's folder, where DeepBench writes a log of its own.
    Gives {"samples", "seconds", "rate", "cpu_seconds"}.
    """
    options = ["--psf"] if psf else []
    command = [str(python), str(peer), scene, str(samples), str(path), *options]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=path.parent)
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


def in_place(place: str) -> str:
    return "on disk" if place == "disk" else "in memory"
