"""`plan` of what takes minutes for one sample: it ends by itself, and at once where it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Processor time after which a plan of what is slow, which takes 5 s, is past its imports.
COMPUTES = 2.5
SLOW = [
    "n_body",
    "--set",
    "series.stop=100",
    "--set",
    "catalogues.n_body.n_body.solver=leapfrog",
    "--set",
    "catalogues.n_body.n_body.step=1e-6",
    "--set",
    "catalogues.n_body.n_body.bodies=8",
]


def wait_until_it_computes(process: subprocess.Popen[str]) -> None:
    """Long enough that it has imported everything: an interrupt in the middle of that is not what is tested."""
    seconds, path = 0.0, Path(f"/proc/{process.pid}/stat")
    if not path.exists():
        time.sleep(3.0)
        return
    while process.poll() is None and seconds < COMPUTES:
        time.sleep(0.05)
        fields = path.read_text().rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_plan_stops_when_asked_to(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "deepbench_fast.cli", "plan", *SLOW, "--threads", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until_it_computes(process)
    asked = time.monotonic()
    process.send_signal(number)
    try:
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
    assert time.monotonic() - asked < 5.0
    assert process.returncode == 128 + number
    assert error == f"Error: stopped by {number.name}\n"
