"""The command `explore` in a process of its own, and a browser that looks at its page."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.cli.running import COMMAND

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Served:
    """A page that is served: its address, and the process that serves it."""

    address: str
    process: subprocess.Popen[str]

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def query(self) -> str:
        return urlsplit(self.address).query


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    """The page of a source while it is needed."""
    command = [*COMMAND, "explore", *arguments, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), process.communicate()[1]
            yield Served(address, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def browser_path() -> str | None:
    """Where Chromium is."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
