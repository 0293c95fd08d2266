"""Lost power, imitated: only what was synced is sure to be there, of the rest any part in any order.

Cases: JOB/N/SEED/K: the power goes after the N-th call of the job that writes. The disk is a model that is told the
calls of a run: a write survives where its file was synced after it, a name where its folder was (or the whole file
system); of all other writes and names each survives or doesn't, at random. Names that aren't of something unfinished
must hold whole files then, and going on must give the same bytes. What is assumed: a rename is done or not, folders
survive.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.campaigns.children import under_the_library
from tests.campaigns.harness import Campaign, Tried, check, main, rounds
from tests.campaigns.jobs import JOBS, Call, Jobs, jobs

TIMES = 3  # for each call


@dataclass(eq=False)
class File:
    """A file's bytes on the disk, and what may or may not come there: (offset, bytes), or (size, None)."""

    held: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """All of it is on the disk."""
        self.held, self.pending = self._with(self.pending), []

    def after_power_cut(self, rng: random.Random) -> bytes:
        """What is there then."""
        kept = [one for one in self.pending if rng.random() < 0.5]
        rng.shuffle(kept)
        return self._with(kept)

    def _with(self, changes: list[tuple[int, bytes | None]]) -> bytes:
        data = bytearray(self.held)
        for place, new in changes:
            end = place + len(new or b"")
            if new is None and place < len(data):
                del data[place:]
            data.extend(bytes(max(0, end - len(data))))
            if new is not None:
                data[place:end] = new
        return bytes(data)


class Disk:
    """Files and names, as programs see them and as they are on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = {path: File(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
        self.held = dict(self.seen)
        self.pending: list[dict[Path, File | None]] = []
        self._numbers: dict[int, File] = {}

    def tell(self, call: Call) -> None:
        """A call that was made."""
        path, other = Path(call.path), Path(call.other)
        match call.name:
            case "open":
                if path not in self.seen:
                    self._name({path: File()})
                if call.other.endswith("/empty"):
                    self.seen[path].pending.append((0, None))
            case "write" | "pwrite":
                self._file(call).pending.append((call.offset, call.data))
            case "ftruncate":
                self._file(call).pending.append((call.size, None))
            case "link" if path in self.seen:
                self._name({other: self.seen[path]})
            case "rename" if path in self.seen:
                self._name({other: self.seen[path], path: None})
            case "unlink":
                self._name({path: None})
            case "fsync" if path.is_dir():
                self._sync_names([change for change in self.pending if all(name.parent == path for name in change)])
            case "fsync":
                self._file(call).sync()
            case "syncfs":
                for file in {*self.seen.values(), *self.held.values()}:
                    file.sync()
                self._sync_names(self.pending)

    def after_power_cut(self, rng: random.Random) -> dict[Path, bytes]:
        """Path → bytes of all files that are there then."""
        names = dict(self.held)
        for change in self.pending:
            if rng.random() < 0.5:
                _apply(change, names)
        contents: dict[File, bytes] = {}  # a file of two names has the same bytes under both
        return {path: contents.setdefault(file, file.after_power_cut(rng)) for path, file in names.items()}

    def _file(self, call: Call) -> File:
        """The file of a descriptor, whose name may have changed or gone since it was opened."""
        file = self.seen.get(Path(call.path)) or self._numbers[call.file]
        self._numbers[call.file] = file
        return file

    def _name(self, change: dict[Path, File | None]) -> None:
        _apply(change, self.seen)
        self.pending.append(change)

    def _sync_names(self, changes: list[dict[Path, File | None]]) -> None:
        for change in changes:
            _apply(change, self.held)
        self.pending = [change for change in self.pending if change not in changes]


def cases(prepared: Jobs, seed: int, of: Sequence[str]) -> Iterator[str]:
    """Each call of each job, then again, some times."""
    ends = [f"{job}/{number}" for job in of for number in range(1, len(prepared[job].calls) + 1)]
    yield from rounds([[f"{end}/{seed}/{time}" for time in range(TIMES)] for end in ends], seed)


def attempt(prepared: Jobs, case: str) -> Tried:
    """Let the power go, look at what is there, and go on."""
    name, number, *_ = case.split("/")
    job, rng = prepared[name], random.Random(case)
    check(len(job.calls) > 0, "no call writes")
    folder = job.copy()
    disk = Disk(folder)
    for call in job.log[: int(number)]:
        _make_folders(call, folder)
        disk.tell(call)
    _lay(disk.after_power_cut(rng), folder)
    job.check_finished_names(folder)
    job.go_on(folder, rng.randrange(2))
    return Tried("went on")


def _apply(change: dict[Path, File | None], names: dict[Path, File]) -> None:
    for path, file in change.items():
        names.pop(path, None)
        if file is not None:
            names[path] = file


def _make_folders(call: Call, folder: Path) -> None:
    if call.name == "mkdir":
        Path(call.path).mkdir(exist_ok=True)


def _lay(files: dict[Path, bytes], folder: Path) -> None:
    """Make the folder hold these files alone."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    under_the_library("tests.campaigns.power")
    with jobs() as found:
        main(Campaign("power", list(JOBS), partial(cases, found), partial(attempt, found), tries=4000))
