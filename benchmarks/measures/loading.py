"""Batches for training: ours beside other loaders, each in a process of its own; made on the fly; what a step waits.

FFCV is not among them: its last release, of 2023, comes as source that doesn't build without the headers of OpenCV and
TurboJPEG. By its design (threads of the training process fill preallocated batches) it is the nearest to ours.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import chain, islice, repeat
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers import environment
from benchmarks.places import folder
from benchmarks.processes import in_fresh_process
from benchmarks.scenes import galaxies
from benchmarks.table import Row, duration, rate, unavailable
from deepbench_fast import Recipe, generate, open_dataset, samples
from deepbench_fast.run.benchmark.timing import Effort, Stopwatch, interleave

PEER = Path(environment.__file__).with_name("loading_peer.py")
THREADS = 2
STATUS = Path("/proc/self/status")
SETTLED_S = 0.5
"""Before each turn: workers of the side before go on for a while and make batches ahead."""
FIRST_STEPS = 12
"""Of a training loop, not counted: the first batch has a figure of its own, the ninth loads the order's kernel."""


class Case(NamedTuple):
    """Images of one size, and the batches that they come in."""

    size: int
    batch: int
    samples: int

    def __str__(self) -> str:
        return f"{self.size}×{self.size}, batch {self.batch}"


class Side(NamedTuple):
    """Another loader, how many worker processes (Grain: threads) it has, and how many times as fast we shall be."""

    name: str
    workers: int = 0
    goal: float | None = None

    def __str__(self) -> str:
        helpers = "threads" if self.name == "Grain" else "workers"
        return f"{self.name}, {self.workers} {helpers}" if self.workers else self.name


CASES = (Case(28, 256, 50_000), Case(256, 64, 2_500))
OURS = Side("deepbench_fast")
PEERS = (
    Side("memmap", goal=0.9),
    Side("h5py"),
    Side("h5py one by one"),
    Side("DataLoader"),
    Side("DataLoader", 2),
    *(
        Side(name, workers, 10)
        for name in ("WebDataset", "litdata", "streaming", "datasets", "Grain")
        for workers in (0, 2)
    ),
)


def measure(effort: Effort) -> Iterator[Row]:
    if find_spec("torch") is None:
        yield unavailable("batches for training", "PyTorch isn't installed")
        return
    with folder("disk") as disk:
        for case in CASES:
            place = disk / str(case.size)
            recipe = write(case, place, effort)
            yield from stored(case, place, effort)
            yield made_on_the_fly(case, recipe, effort)
        yield from first_batches(disk / "28" / "data.h5")
        yield from memory_added(disk)
        yield waiting(disk / "28" / "data.h5", effort)


def write(case: Case, place: Path, effort: Effort) -> Recipe:
    """The same samples as a dataset and as plain arrays."""
    recipe = galaxies(max(effort.samples(case.samples), 20 * case.batch), size=case.size)
    place.mkdir()
    generate(recipe, place / "data.h5")
    data = open_dataset(place / "data.h5")
    np.save(place / "images.npy", data.images)
    np.save(place / "labels.npy", data.stored.labels(np.arange(len(data))))
    return recipe


def stored(case: Case, place: Path, effort: Effort) -> Iterator[Row]:
    """Shuffled batches of a file in the page cache; only the side whose turn it is does anything."""
    what = f"stored, shuffled, {case}"
    try:
        python = environment.loaders_python()
    except environment.PeerUnavailableError as error:
        yield unavailable(f"{what}, vs other loaders", error)
        return
    with ExitStack() as stack:
        sides: dict[str, Stopwatch] = {}
        for side in (OURS, *PEERS):
            interpreter = sys.executable if side in (OURS, PEERS[0]) else str(python)
            try:
                each = stack.enter_context(process(interpreter, side, case, place))
                sides[str(side)] = lasting(each, effort.seconds)
            except RuntimeError as error:
                yield unavailable(f"{what}, vs {side}", error)
        rounds = interleave(sides, effort.rounds)
    ours = rate(case.batch / rounds.median(str(OURS)))
    for side in PEERS:
        if str(side) in rounds:
            peer = f"{side} {rate(case.batch / rounds.median(str(side)))}"
            yield Row(what, ours, peer, rounds.ratio(str(side), str(OURS)), side.goal)


@contextmanager
def process(python: str, side: Side, case: Case, place: Path) -> Iterator[Callable[[int], float]]:
    """A side, ready in a process of its own: seconds that so many of its batches take."""
    command = [python, str(PEER), side.name, str(place), str(case.batch), str(side.workers)]
    with (
        open(place / "errors.txt", "w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as running,
    ):
        assert running.stdin is not None
        assert running.stdout is not None
        requests, answers = running.stdin, running.stdout

        def answer() -> str:
            line = answers.readline()
            if not line:
                errors.seek(0)
                raise RuntimeError((errors.read().strip().splitlines() or ["it ended"])[-1])
            return line

        def seconds(batches: int) -> float:
            print(batches, file=requests, flush=True)
            return float(answer())

        while answer().strip() != "ready":
            pass  # what the side itself prints while it prepares
        yield seconds
        requests.close()


def lasting(seconds: Callable[[int], float], least: float) -> Stopwatch:
    """Seconds of a batch, of as many as take so long."""
    batches = max(2, round(least / max(seconds(4) / 4, 1e-9)))

    def of_one() -> float:
        time.sleep(SETTLED_S)
        return seconds(batches) / batches

    return of_one


def made_on_the_fly(case: Case, recipe: Recipe, effort: Effort) -> Row:
    """Every batch of an epoch, by as many threads on both sides."""
    from deepbench_fast.torch import Loader

    count = len(recipe_starts := range(0, recipe.samples - case.batch + 1, case.batch))
    loader = Loader(recipe, case.batch, threads=THREADS)

    def ours() -> float:
        start = time.perf_counter()
        for _ in loader:
            pass
        return (time.perf_counter() - start) / count

    def plain() -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            for made in pool.map(lambda first: samples(recipe, first, first + case.batch), recipe_starts):
                del made
        return (time.perf_counter() - start) / count

    rounds = interleave({"ours": ours, "samples": plain}, effort.rounds)
    rates = {side: rate(case.batch / rounds.median(side)) for side in rounds}
    what = f"made on the fly, shuffled, {case}, {THREADS} threads"
    return Row(what, rates["ours"], f"samples() {rates['samples']}", rounds.ratio("samples", "ours"), 0.9)


def first_batches(path: Path) -> Iterator[Row]:
    """From an imported package to the first tensors, kernels in the cache; each in a new process."""
    for what, goal in (("stored", 0.05), ("made on the fly", 1.0)):
        seconds = median(in_fresh_process(first_batch_seconds, path, what == "stored") for _ in range(3))
        yield Row(f"first batch, {what}, 28×28", duration(seconds), "", seconds * 1e3, goal * 1e3, True, "ms")


def first_batch_seconds(path: Path, is_stored: bool) -> float:
    from deepbench_fast.torch import Loader

    start = time.perf_counter()
    next(iter(Loader(path if is_stored else galaxies(50_000), 256, threads=THREADS)))
    return time.perf_counter() - start


def memory_added(disk: Path) -> Iterator[Row]:
    """The most that an epoch adds to a process's own memory, in batches a thread."""
    for case in CASES:
        what = f"memory that an epoch adds, {case}, {THREADS} threads: batches a thread"
        if not STATUS.exists():
            yield unavailable(what, "no /proc")
            continue
        added = in_fresh_process(added_bytes, disk / str(case.size) / "data.h5", case.batch)
        batches = added / (4 * case.size**2 * case.batch) / THREADS
        yield Row(what, f"{added / 1e6:.1f} MB", "", batches, 4, True, "")


def added_bytes(path: Path, batch: int) -> int:
    """Two epochs; another loader has loaded all code before, its order's kernel too (9 MB, whatever is read)."""
    from deepbench_fast.loaders.order import CALLS_BEFORE_KERNEL
    from deepbench_fast.torch import Loader

    for _ in islice(Loader(path, 1, threads=1), CALLS_BEFORE_KERNEL + 2):
        pass
    loader = Loader(path, batch, threads=THREADS)
    before = most = own_bytes()
    for _ in range(2):
        for _ in loader:
            most = max(most, own_bytes())
    return most - before


def own_bytes() -> int:
    """Memory of this process that is no file's."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon"))
    return 1024 * int(line.split()[1])


def waiting(path: Path, effort: Effort) -> Row:
    """The share of a training loop in which it waits for the next batch."""
    share = in_fresh_process(waiting_share, path, max(3, effort.samples(200)))
    return Row(
        "time that training waits for batches: small CNN on CPUs, 28×28, batch 256", "", "", 100 * share, 2, True, "%"
    )


def waiting_share(path: Path, steps: int) -> float:
    import torch

    from deepbench_fast.torch import Loader

    network: Any = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(16, 32, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(), torch.nn.Linear(32, 4),
    )  # fmt: skip
    optimiser = torch.optim.Adam(network.parameters())
    loader = Loader(path, 256, channels=True, threads=THREADS)
    waited = total = 0.0
    asked = time.perf_counter()
    for step, batch in enumerate(islice(chain.from_iterable(repeat(loader)), FIRST_STEPS + steps)):
        ready = time.perf_counter()
        loss = torch.nn.functional.cross_entropy(network(batch["image"].asinh()), batch["label"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        ended = time.perf_counter()
        if step >= FIRST_STEPS:
            waited, total = waited + ready - asked, total + ended - asked
        asked = ended
    return waited / total
