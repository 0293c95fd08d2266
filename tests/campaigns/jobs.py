"""The jobs that campaigns interrupt: what writes files, what is there before, and how one goes on."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.campaigns.children import Failure, copied, run, run_here, scratch, tree
from tests.campaigns.harness import check
from tests.preload import CALLS

IMAGES = """
version: 1
name: images
seed: SEED
samples: 100
image: {shape: [64, 64]}
psf: {gaussian: {sigma: 0.8}}
noise: [{gaussian: {sigma: 0.1}}]
splits: {train: 0.7, test: 0.3}
targets: [catalogue, bright.amplitude]
catalogues:
  stars: {objects: [star: {name: bright, gamma: 2}]}
  fields: {objects: [star: {name: bright}, galaxy: {count: {integers: [0, 2]}}]}
"""
SERIES = """
version: 1
name: series
seed: 5
samples: 12
series: {outputs: [angle, x, y], stop: 5, steps: 4000}
splits: {train: 0.5, test: 0.5}
catalogues:
  quiet: {objects: [pendulum: {}]}
"""
RECIPES = {"images": IMAGES.replace("SEED", "1"), "other": IMAGES.replace("SEED", "2"), "series": SERIES}
FEW = ("-n", "6", "--size", "16x16")
UNFINISHED = re.compile(r"\.part$|\.new$")
GROWING = ("export.json", "ladder.yaml", "shift.yaml")
"""Files that say how far a job is: they change while it runs."""


@dataclass(frozen=True)
class Job:
    """A command; commands before it, of which `cut` ones end at their so manieth write; and commands that go on."""

    command: tuple[str, ...]
    go_on: tuple[tuple[str, ...], ...]
    before: tuple[tuple[str, ...], ...] = ()
    cut: int = 0


def _generate(*options: str, recipe: str = "images", output: str = "o.h5") -> tuple[str, ...]:
    return ("generate", f"./{recipe}.yaml", output, "--threads", "1", *options)


def _job(*options: str, before: tuple[tuple[str, ...], ...] = (), cut: int = 0, **names: str) -> Job:
    """A `generate`, which goes on with --resume or starts again with --overwrite."""
    bare = tuple(option for option in options if option not in ("--resume", "--overwrite"))
    resumes = ("--resume", "--overwrite") if "--overwrite" in options else ("--resume",)
    ways = (_generate(*bare, *resumes, **names), _generate(*bare, "--overwrite", **names))
    return Job(_generate(*options, **names), ways, before, cut)


def _again(*command: str, before: tuple[tuple[str, ...], ...] = ()) -> Job:
    """A command that goes on by being given again."""
    return Job(command, (command,), before)


def _recut(*command: str, before: tuple[tuple[str, ...], ...]) -> Job:
    """A command that makes datasets of datasets, and goes on as `generate` does."""
    return Job(command, ((*command, "--resume"), (*command, "--overwrite")), before)


def _shards(*numbers: int, recipe: str = "images") -> tuple[tuple[str, ...], ...]:
    return tuple(_generate("--shard", f"{number}/3", recipe=recipe) for number in numbers)


_MADE = (_generate(*FEW),)
_MADE_SERIES = (_generate("-n", "3", recipe="series"),)
JOBS = {
    "images": _job(),
    "series": _job(recipe="series"),
    "resume": _job("--resume", before=(_generate(),), cut=5),
    "overwrite": _job("--overwrite", before=(_generate(recipe="other"),)),
    "resume-overwrite": _job(
        "--resume", "--overwrite", before=(_generate(recipe="other"), _generate("--overwrite")), cut=5
    ),
    "shard": _job("--shard", "2/3"),
    "last-shard": _job("--shard", "3/3", before=_shards(1, 2)),
    "all-shards": _job("--shard", "1/3", "--resume", before=_shards(2, 3)),
    "index": _again("index", "-o", "o.h5", before=_shards(1, 2, 3)),
    "index-again": _again("index", "-o", "o.h5", before=(*_shards(1, 2, 3), ("index", "-o", "o.h5"))),
    "merge": _recut("merge", "o.h5", "w.h5", before=(*_shards(1, 2, 3), ("index", "-o", "o.h5"))),
    "extend": _recut("extend", "o.h5", "-n", "40", "-o", "w.h5", "--threads", "1", before=(_generate(),)),
    "reshard": _recut("reshard", "o.h5", "--parts", "2", "-o", "w.h5", before=(_generate(),)),
    "shard-again": _job("--shard", "2/3", "--overwrite", before=_shards(1, 2, 3)),
    "shard-of-another": _job("--shard", "2/3", "--overwrite", recipe="other", before=_shards(1, 2, 3)),
    **{
        f"export-{name}": _again("export", "o.h5", "out", "--format", name, before=_MADE)
        for name in ("npy", "png", "jpeg", "fits", "csv", "parquet")
    },
    **{
        f"export-series-{name}": _again("export", "o.h5", "out", "--format", name, before=_MADE_SERIES)
        for name in ("npy", "fits", "csv", "parquet")
    },
    "ladder": _again(
        *("ladder", "./images.yaml", "rungs", "--axis", "noise", "--rungs", "2", *FEW),
        *("--generate", "--threads", "1", "--picture", "rungs.png"),
    ),
    "shift": _again(
        *("shift", "./images.yaml", "rungs", "--axis", "noise", "--rungs", "2", "--set", "noise.gaussian.sigma=0.5"),
        *(*FEW, "--generate", "--threads", "1"),
    ),
    "calibrate": _again("calibrate", "task-star", "-n", "3", "-o", "set.h5", "--overwrite"),
    "report": _again("report", "o.h5", "-o", "card.md", before=_MADE),
    "schema": _again("schema", "-o", "schema.json", "--overwrite"),
    "preview": _again("preview", "./images.yaml", "-o", "one.png"),
}


@dataclass
class Prepared:
    """A job with the folders that it starts from and ends with."""

    name: str
    job: Job
    folder: Path
    seconds: float = 0.0
    """How long it takes; known when `log` is."""

    @cached_property
    def start(self) -> Path:
        """What is there before."""
        place = self.folder / f"{self.name}.start"
        place.mkdir()
        for recipe, text in RECIPES.items():
            (place / f"{recipe}.yaml").write_text(text, encoding="utf-8")
        for number, command in enumerate(self.job.before, 1):
            last = self.job.cut and number == len(self.job.before)
            ended = run(command, place, Failure("pwrite", str(self.job.cut), "kill") if last else None)
            check(ended.was_killed if last else ended.status == 0, (self.name, command, ended))
        return place

    @cached_property
    def end(self) -> dict[str, bytes | None]:
        """What is there afterwards if nothing happens."""
        place = copied(self.start, self.folder / f"{self.name}.end")
        run_here(self.job.command, place)  # so that its children find everything loaded
        return tree(place)

    @cached_property
    def calls(self) -> list[str]:
        """The calls that write, in order."""
        return [call.name for call in self.log]

    @cached_property
    def log(self) -> list[Call]:
        """The calls that write, with all that they write."""
        log, place = self.folder / f"{self.name}.log", self.copy()
        began = time.monotonic()
        ended = run(self.job.command, place, Failure(CALLS, "0", "pass"), log)
        self.seconds = time.monotonic() - began
        check(ended.status == 0, (self.name, ended))
        return list(read_log(log))

    def copy(self) -> Path:
        """A folder as it is before the job."""
        return copied(self.start, self.folder / "work")

    def check_finished_names(self, folder: Path) -> None:
        """Raise Lost where a name that isn't of something unfinished holds neither what was there nor what comes."""
        before = tree(self.start)
        for name, content in tree(folder).items():
            if UNFINISHED.search(name) or Path(name).name in GROWING:
                continue
            known = [held[name] for held in (before, self.end) if name in held]
            check(content in known, f"{name} holds something else" if known else f"{name} is left over")

    def check_end(self, folder: Path) -> None:
        """Raise Lost where the folder isn't as it is when nothing happens."""
        found = tree(folder)
        left, missing = sorted(found.keys() - self.end.keys()), sorted(self.end.keys() - found.keys())
        check(not left, f"left over: {left}")
        check(not missing, f"missing: {missing}")
        differ = [name for name, content in self.end.items() if found[name] != content]
        check(not differ, f"other bytes: {differ}")

    def go_on(self, folder: Path, way: int = 0) -> None:
        """Go on in one of the ways that the job has. Raises Lost unless all is there afterwards, and nothing else."""
        command = self.job.go_on[way % len(self.job.go_on)]
        ended = run(command, folder)
        if ended.status == 2 and "and nothing is there" in ended.err:  # a replacement that wasn't begun
            ended = run(tuple(option for option in command if option != "--resume"), folder)
        check(ended.status == 0, f"{' '.join(command)}: status {ended.status}: {ended.err}")
        self.check_end(folder)


class Jobs:
    """All jobs, each prepared when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._prepared = {name: Prepared(name, job, folder) for name, job in JOBS.items()}

    def __getitem__(self, name: str) -> Prepared:
        return self._prepared[name]


@contextmanager
def jobs() -> Iterator[Jobs]:
    """The jobs, in a folder that goes afterwards."""
    with scratch() as folder:
        run_here(("generate", "star", "loaded.h5", *FEW), folder)
        (folder / "loaded.h5").unlink()
        yield Jobs(folder)


class Call(NamedTuple):
    """A call that the library wrote down; `file` is the number of the file (0: there is none yet)."""

    name: str
    path: str
    other: str
    file: int
    offset: int
    size: int
    data: bytes


def read_log(path: Path) -> Iterator[Call]:
    """The calls that the library wrote down."""
    with open(path, "rb") as log:
        while line := log.readline():
            name, place, other, file, offset, size = os.fsdecode(line.rstrip(b"\n")).split("\t")
            data = log.read(int(size)) if name in ("write", "pwrite") else b""
            yield Call(name, place, other, int(file), int(offset), int(size), data)
