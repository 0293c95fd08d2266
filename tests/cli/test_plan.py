"""`plan` of what takes minutes for one sample: it ends by itself, and at once where it is asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.cli.running import heed_interrupts

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


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_plan_stops_when_asked_to(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "deepbench_fast.cli", "plan", *SLOW, "--threads", "2"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    time.sleep(3.0)
    asked = time.monotonic()
    process.send_signal(number)
    try:
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
    assert time.monotonic() - asked < 5.0
    assert process.returncode == 128 + number
    assert error == f"Error: stopped by {number.name}\n"
