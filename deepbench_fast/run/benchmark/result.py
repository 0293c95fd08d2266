"""What a benchmark found, as data that can be kept, and beside what another one found."""

from __future__ import annotations

import datetime
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.kernels._width import vector_bits
from deepbench_fast.run.versions import versions

FORMAT = "deepbench-fast benchmark/1"
MOST_BYTES = 10**7
TOLD = (
    "deepbench_fast",
    "Python",
    "numpy",
    "numba",
    "llvmlite",
    "HDF5",
    "h5py",
    "torch",
    "system",
    "CPU",
    "CPUs",
    "compiled for",
)


@dataclass(frozen=True)
class Measure:
    """A rate, in `unit` a second: the median over rounds, the lowest and the highest.

    `share` is what a call takes at least, by what `limit` names (one after the other), of what it takes. `speedup` is
    the rate by that of one thread.
    """

    group: str
    name: str
    unit: str
    rate: float
    low: float
    high: float
    limit: str = ""
    share: float | None = None
    speedup: float | None = None


@dataclass(frozen=True)
class Result:
    """What was measured, and on what machine."""

    machine: dict[str, str]
    threads: int
    rounds: int
    measures: list[Measure]

    def as_json(self) -> dict[str, Any]:
        """Plain data: what `load_result` reads."""
        return {"format": FORMAT, **asdict(self)}

    def __getitem__(self, name: str) -> Measure:
        """The measure of this name. Raises KeyError."""
        return {measure.name: measure for measure in self.measures}[name]


def machine() -> dict[str, str]:
    """What rates depend on, a line each."""
    found = {name: words for name, words in versions().items() if name in TOLD}
    width = "LLVM's choice" if (bits := vector_bits()) is None else f"{bits} bits"
    return {"date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"), **found, "vectors": width}


@dataclass(frozen=True)
class Change:
    """A rate by that of another run, and the band in which it lies whatever round of either is taken."""

    measure: Measure
    ratio: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether no two rounds contradict it."""
        return not self.low <= 1.0 <= self.high


def changes(new: Result, old: Result) -> Iterator[Change]:
    """What both have measured, the new rate by the old one."""
    known = {measure.name: measure for measure in old.measures}
    for measure in new.measures:
        if (before := known.get(measure.name)) is not None and before.unit == measure.unit:
            yield Change(measure, measure.rate / before.rate, measure.low / before.high, measure.high / before.low)


def differences(new: Result, old: Result) -> dict[str, tuple[str, str]]:
    """What is another in the machine: what it was, and what it is."""
    both = {"threads": (str(old.threads), str(new.threads))}
    names = [name for name in {**old.machine, **new.machine} if name != "date"]
    both |= {name: (old.machine.get(name, "not told"), new.machine.get(name, "not told")) for name in names}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def load_result(path: str | os.PathLike[str]) -> Result:
    """What a benchmark printed as JSON. Raises FileError, UsageError."""
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None
    try:
        return _parsed(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path}: no result of a benchmark, which --json prints ({FORMAT})") from None


def _parsed(data: Mapping[str, Any]) -> Result:
    """Raises ValueError, KeyError or TypeError where it is something else."""
    if data["format"] != FORMAT:
        raise ValueError
    measures = [Measure(**measure) for measure in data["measures"]]
    rates = [rate for measure in measures for rate in (measure.low, measure.rate, measure.high)]
    words = [word for measure in measures for word in (measure.group, measure.name, measure.unit)]
    if not all(math.isfinite(rate) and rate > 0.0 for rate in rates) or not all(isinstance(w, str) for w in words):
        raise ValueError
    facts = {str(name): str(words) for name, words in dict(data["machine"]).items()}
    return Result(facts, int(data["threads"]), int(data["rounds"]), measures)
