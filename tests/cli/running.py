"""Running the command: in this process where that is enough, in one of its own for signals and pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner

from deepbench_fast.cli.group import group

COMMAND = [sys.executable, "-m", "deepbench_fast.cli"]


@dataclass(frozen=True)
class Ran:
    """Exit status, standard output and standard error of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object) -> Ran:
    """Run the command in this process."""
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    return Ran(result.exit_code, result.stdout, result.stderr)


def run_well(*arguments: object) -> Ran:
    """Run the command in this process; it must succeed."""
    ran = run(*arguments)
    assert ran.status == 0, ran.err
    return ran


def run_apart(*arguments: object, **options: Any) -> Ran:
    """Run the command in a process of its own."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **options)
    return Ran(done.returncode, done.stdout, done.stderr)


def heed_interrupts() -> None:
    """Undo what a shell does to the jobs that it starts in the background: they ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
