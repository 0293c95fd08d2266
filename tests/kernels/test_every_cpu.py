"""The bits of kernels are the same on a processor without extensions as on this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN_CPU = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


def modules() -> list[str]:
    """The modules of these tests that hash what their kernels make."""
    paths = (path for path in Path(__file__).parent.rglob("*.py") if "\ndef fingerprint() " in path.read_text("utf-8"))
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)


def fingerprints() -> dict[str, str]:
    return {module: import_module(module).fingerprint() for module in modules()}


@pytest.mark.thorough
@pytest.mark.long
def test_bits_do_not_depend_on_the_cpu() -> None:
    command = [sys.executable, "-m", "tests.kernels.test_every_cpu"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | PLAIN_CPU, stdout=subprocess.PIPE) as elsewhere:
        here = fingerprints()
        assert elsewhere.stdout is not None
        there = json.load(elsewhere.stdout)
    assert len(here) >= 16
    assert there == here


if __name__ == "__main__":
    print(json.dumps(fingerprints()))
