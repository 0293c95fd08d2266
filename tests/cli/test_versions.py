"""`versions`: every line is there, and true of this process."""

from __future__ import annotations

import platform

import h5py
import numba
import numpy as np
import pytest

import deepbench_fast
from deepbench_fast.run.versions import PACKAGES
from tests.cli.running import run_well


def test_says_what_runs() -> None:
    found = run_well("versions", "--json").json
    assert found["deepbench_fast"] == deepbench_fast.__version__
    assert found["Python"].startswith(platform.python_version())
    assert found["HDF5"] == h5py.version.hdf5_version
    assert (found["numpy"], found["numba"]) == (np.__version__, numba.__version__)
    assert set(PACKAGES) < set(found)
    assert all(found.values())


def test_prints_a_line_each() -> None:
    lines = run_well("versions").out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["deepbench_fast", "Python"]
    assert len(lines) == len(run_well("versions", "--json").json)


def test_says_which_settings_are_given(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path / "cache"))
    found = run_well("versions", "--json").json
    assert found["compiled for"] == "generic"
    assert "NUMBA_CPU_NAME=generic" in found["environment"]
    assert found["kernel cache"] == f"{tmp_path / 'cache' / 'kernels'} (0 kernels, 0.0 MB)"
    assert not (tmp_path / "cache").exists()
