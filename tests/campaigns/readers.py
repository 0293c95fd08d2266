"""Every way to read a file, in a process with limits of memory and of time, and what came of it."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.campaigns.harness import check

SECONDS, SECONDS_OF_WAITING, MEMORY = 60, 120, 2**30  # of all readers of a file
LONGEST_MESSAGE = 500
FORMATS = ("npy", "csv", "png", "fits", "parquet", "jpeg")
COMMANDS: dict[str, tuple[str, ...]] = {
    "info": ("info", "FILE"),
    "json": ("info", "FILE", "--json"),
    "recipe": ("info", "FILE", "--recipe"),
    "show": ("show", "FILE", "1"),
    "verify": ("verify", "FILE"),
    "preview": ("preview", "FILE", "-o", "OUT/preview.png"),
    "card": ("report", "FILE", "-o", "OUT/card.md"),
    "page": ("report", "FILE", "-o", "OUT/page.html"),
    "croissant": ("report", "FILE", "-o", "OUT/croissant.json"),
    "merge": ("merge", "FILE", "OUT/merged.h5"),
    "extend": ("extend", "FILE", "-n", "2", "-o", "OUT/longer.h5"),
    "reshard": ("reshard", "FILE", "--parts", "2", "-o", "OUT/parts.h5"),
    **{format: ("export", "FILE", f"OUT/{format}", "--format", format) for format in FORMATS},
}


@dataclass(frozen=True)
class Ended:
    """Exit status (negative: the signal), standard output and error, processor seconds, and how much memory it took."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int

    def check(self) -> None:
        """Raise Lost unless it ended well, or in one line of our own, within its limits."""
        check(self.status in (0, 1, 2), f"ended with {self.status}: {self.err[-300:]}")
        lines = self.err.splitlines()
        if self.status:
            check(bool(lines) and lines[-1].startswith("Error: "), f"no error: {self.err[-300:]}")
            check("unexpected" not in lines[-1] and "--debug" not in lines[-1], f"unexpected: {lines[-1]}")
        check("Traceback" not in self.err, f"traceback: {self.err[-300:]}")
        check(all(len(line) <= LONGEST_MESSAGE for line in lines), f"a line of {max(map(len, lines), default=0)}")
        check("\x1b" not in self.out + self.err, "an escape sequence")
        check(self.memory < MEMORY, f"took {self.memory / 2**20:.0f} MiB")
        check(self.seconds < SECONDS, f"took {self.seconds:.0f} s")


def command(name: str, file: Path, out: Path) -> Callable[[], int]:
    """A reading command of the package."""

    def call() -> int:
        from deepbench_fast.cli.group import group

        words = [word.replace("FILE", str(file)).replace("OUT", str(out)) for word in COMMANDS[name]]
        try:
            group.main(words)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1

    return call


def everything(file: Path) -> Callable[[], int]:
    """All that Python may ask of a dataset: it answers, or raises an error of ours."""

    def call() -> int:
        from deepbench_fast import open_dataset
        from deepbench_fast.errors import DeepbenchFastError

        try:
            dataset = open_dataset(file, partial=True)
            whole = dataset.finished
            list(whole.catalogues), list(whole.splits), whole.summary, whole.target_names, whole.outputs
            for batch in (whole[:3], whole[-2:], whole[[0]] if len(whole) else whole[:0]):
                [array.tobytes() for _, array in batch.items() if hasattr(array, "tobytes")]
            if len(whole):
                whole[0], whole[len(whole) - 1], whole.__getitems__([0])
            whole.targets.sum(), repr(whole)
            for kind in whole.stored.header.kinds:
                len(whole.objects(kind))
            for split in whole.splits:
                len(whole.split(split))
        except DeepbenchFastError as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        return 0

    return call


def load_all() -> None:
    """Load here what readers load, so that their processes need not."""
    for module in (
        "astropy.io.fits",
        "astropy.table",
        "matplotlib.backends.backend_agg",
        "pyarrow.parquet",
        "PIL.Image",
        "deepbench_fast.pictures.contact_sheet",
        "deepbench_fast.run.recut",
        "deepbench_fast.run.report.page",
        "deepbench_fast.run.verify",
        "deepbench_fast.run.sample_record",
        *(f"deepbench_fast.cli.{name}" for name in ("info", "show", "verify", "preview", "report", "merge", "export")),
        *(f"deepbench_fast.exports.{name}" for name in ("npy", "tables", "pictures", "fits", "parquet")),
    ):
        import_module(module)


def in_a_process(calls: Mapping[str, Callable[[], int]], folder: Path) -> dict[str, Ended]:
    """Run them one after the other in a fork of this process, in `folder`, with its limits of memory and time."""
    held, resident, began = _memory_held(), _resident(), time.monotonic()
    child = os.fork()
    if not child:
        try:
            _limit(held)
            os.chdir(folder)
            for name, call in calls.items():
                _run(name, call)
        finally:
            os._exit(0)
    number = 0
    while not number:
        number, status, used = os.wait4(child, os.WNOHANG)
        if not number and time.monotonic() - began > SECONDS_OF_WAITING:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    ended = {}
    for name in calls:
        texts = {end: _text(folder / f"{name}.{end}") for end in ("stdout", "stderr", "status")}
        done = (
            texts["status"] or f"{os.waitstatus_to_exitcode(status)} {used.ru_utime + used.ru_stime} {used.ru_maxrss}"
        )
        code, seconds, most = done.split()
        grown = max(0, int(most) * 1024 - resident)
        ended[name] = Ended(int(code), texts["stdout"], texts["stderr"], float(seconds), grown)
        if not texts["status"]:  # the process ended here
            break
    return ended


def _run(name: str, call: Callable[[], int]) -> None:
    """Run one, and write what it printed, how it ended, its processor time and the most memory until then."""
    began, status = time.process_time(), 70
    for descriptor, end in ((1, "stdout"), (2, "stderr")):
        opened = os.open(f"{name}.{end}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdout, sys.stderr = (open(descriptor, "w", closefd=False) for descriptor in (1, 2))  # noqa: SIM115
    try:
        status = call()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    used = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(f"{name}.status").write_text(f"{status} {used[0]} {used[1]}")


def _limit(held: int) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_AS, (held + 2 * MEMORY, held + 2 * MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.exists() else ""


def _memory_held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
