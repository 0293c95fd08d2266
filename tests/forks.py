"""Commands in forks of one process, which has loaded what they need: processes of their own, without the time that
loading takes. For tests of what a command does, not of how it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SERVER = r"""
import json, os, sys
from importlib import import_module
import deepbench_fast

for module in ("cli.group", "cli.generate", "cli.export", "cli.index", "run.generate", "exports.formats"):
    import_module(f"deepbench_fast.{module}")

deepbench_fast.samples(deepbench_fast.Recipe.of_kind("star"), 0, 1)  # kernels, too

for line in sys.stdin:
    given = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.update(given["environment"])
        os.chdir(given["folder"])
        for descriptor, name in ((0, os.devnull), (1, given["out"]), (2, given["err"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), descriptor)
        sys.argv = ["deepbench-fast", *given["arguments"]]
        from deepbench_fast.cli import main

        main()
        sys.exit()
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Commands:
    """A process that is forked for each command."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder

    def run(
        self, *arguments: object, folder: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `deepbench-fast ARGUMENTS` in a folder, with some more variables; what it prints is kept apart."""
        streams = {name: self.folder / name for name in ("out", "err")}
        for path in streams.values():
            path.write_bytes(b"")
        words = [str(argument) for argument in arguments]
        given = {"arguments": words, "folder": str(folder), "environment": dict(environment or {})}
        given |= {name: str(path) for name, path in streams.items()}
        print(json.dumps(given), file=self.process.stdin, flush=True)
        assert self.process.stdout is not None
        status = int(self.process.stdout.readline())
        return subprocess.CompletedProcess(words, status, *(path.read_text() for path in streams.values()))


@contextmanager
def commands(folder: Path, **environment: str) -> Iterator[Commands]:
    """Commands of a process with these variables besides those of this one; `folder` is for what they print."""
    given = {**os.environ, **environment}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Commands(process, folder)
