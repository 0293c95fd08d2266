"""Commands in processes of their own that start at once: forks of one that has everything loaded.

The campaign runs under the library of `tests/preload.py`, which makes a child's calls fail as asked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepbench_fast.cli.streams import prepare_streams
from tests.preload import compile_library, compiler

LIBRARY = "CAMPAIGN_LIBRARY"
SECONDS_AT_MOST = 120.0
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Failure:
    """What the library does: see `tests/preload.py`."""

    calls: str
    at: str
    how: str

    def environment(self, inside: Path, log: Path | None) -> dict[str, str]:
        """As the variables that the library reads."""
        told = {} if log is None else {"FAIL_LOG": str(log)}
        return {"FAIL_IN": f"{inside}/", "FAIL_CALLS": self.calls, "FAIL_AT": self.at, "FAIL_WITH": self.how, **told}


@dataclass(frozen=True)
class Ended:
    """Exit status (negative: the signal), what was printed, processor time, and the most memory in bytes."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int

    @property
    def is_one_error(self) -> bool:
        """Whether it ended with one line that says what went wrong, below warnings if there are any, and no more."""
        *before, last = self.err.splitlines() or [""]
        unexpected = "(unexpected" in last or "--debug" in last or len(last) > LONGEST_MESSAGE
        warned = all(line.startswith("Warning: ") or not line.startswith(("Error", "Trace")) for line in before)
        return self.status in (1, 2) and last.startswith("Error: ") and warned and not unexpected

    @property
    def is_usage(self) -> bool:
        """Whether a command that was given nothing printed its help."""
        return self.status == 2 and self.err.startswith("Usage: ")

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.status == -signal.SIGKILL


def under_the_library(module: str) -> None:
    """Start the program again with the library preloaded, once; to be called before anything else."""
    if LIBRARY in os.environ:
        return
    if compiler() is None:
        sys.exit("this campaign needs Linux and a C compiler")
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the campaign
    with tempfile.TemporaryDirectory() as folder:
        library = str(compile_library(Path(folder)))
        environment = {**os.environ, LIBRARY: library, "LD_PRELOAD": library}
        sys.exit(subprocess.run([sys.executable, "-m", module, *sys.argv[1:]], env=environment, check=False).returncode)


class Child:
    """A command of the package that runs in `folder`, from its first moment."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        failure: Failure | None = None,
        log: Path | None = None,
        before: Callable[[], object] = lambda: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._out, self._err = (tempfile.TemporaryFile() for _ in "oe")  # noqa: SIM115
        self.process = os.fork()
        if not self.process:
            variables = {} if failure is None else failure.environment(folder, log)
            self._run(arguments, folder, {**variables, **(environment or {})}, before)

    def wait(self, seconds: float = SECONDS_AT_MOST) -> Ended:
        """Wait for its end. After so many seconds it is killed, and that is an error."""
        until = time.monotonic() + seconds
        while True:
            number, status, used = os.wait4(self.process, os.WNOHANG)
            if number:
                seconds, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
                return Ended(os.waitstatus_to_exitcode(status), _text(self._out), _text(self._err), seconds, memory)
            if time.monotonic() > until:
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)
                raise TimeoutError(f"no end after {seconds} s")
            time.sleep(0.001)

    def wait_until_stopped(self) -> bool:
        """Wait until it stops itself, or ends: whether it stopped."""
        while True:
            state = os.waitid(os.P_PID, self.process, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            return state is not None and state.si_code == os.CLD_STOPPED

    def send(self, number: int) -> None:
        """Send a signal; nothing happens where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, number)

    def _run(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str], before: Callable[[], object]
    ) -> None:
        status = 70
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(self._out.fileno(), 1)
            os.dup2(self._err.fileno(), 2)
            os.chdir(folder)
            before()
            os.environ.update(environment)
            prepare_streams()  # as the program does
            status = call(arguments)
        finally:
            os._exit(status)


def run(arguments: Sequence[str], folder: Path, failure: Failure | None = None, log: Path | None = None) -> Ended:
    """Run a command of the package in `folder` to its end."""
    return Child(arguments, folder, failure, log).wait()


def call(arguments: Sequence[str]) -> int:
    """Run a command of the package in this process; its exit status."""
    from deepbench_fast.cli.group import group

    try:
        group.main(list(arguments))
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return end.code if isinstance(end.code, int) else 1


def run_here(arguments: Sequence[str], folder: Path) -> None:
    """Run a command of the package in `folder`, in this process: later children have what it loads."""
    kept, here, nothing = (os.dup(1), os.dup(2)), os.getcwd(), os.open(os.devnull, os.O_WRONLY)
    os.chdir(folder)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        status = call(arguments)
    finally:
        os.chdir(here)
        for descriptor, old in zip((1, 2), kept, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
        os.close(nothing)
    if status:
        raise RuntimeError(f"{' '.join(arguments)}: status {status}")


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder of one's own, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        yield Path(folder).resolve()


def copied(template: Path, place: Path) -> Path:
    """A new copy of a folder."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place, symlinks=True)
    return place


def tree(folder: Path) -> dict[str, bytes | None]:
    """Path → bytes of each file below a folder; None: a folder."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def _text(file: object) -> str:
    with file as opened:  # type: ignore[attr-defined]
        opened.seek(0)
        return opened.read().decode(errors="replace")
