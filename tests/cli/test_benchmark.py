"""`benchmark`: all figures, a comparison, one line for an issue; nothing is left, also where it is stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from deepbench_fast.run.benchmark.result import load_result
from tests.cli.running import COMMAND, heed_interrupts, run, run_well

GROUPS = [
    "limits", "kernels", "effects", "draws", "samples made", "files written", "reading", "training batches"
]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command printed as JSON, in a folder that holds nothing else; not to be changed."""
    folder = tmp_path_factory.mktemp("benchmark")
    printed = run_well("benchmark", "--quick", "--dir", folder, "--threads", 2, "--json").out
    assert list(folder.iterdir()) == []
    (folder / "kept.json").write_text(printed)
    return folder / "kept.json"


def test_every_work_is_measured_beside_what_is_measured(kept: Path) -> None:
    found = load_result(kept)
    assert (found.threads, found.rounds) == (2, 3)
    assert sorted({measure.group for measure in found.measures}) == sorted(GROUPS)
    names = [measure.name for measure in found.measures]
    assert len(set(names)) == len(names) > 30
    for measure in found.measures:
        assert measure.low <= measure.rate <= measure.high
        assert (measure.share is None) == (not measure.limit)
        assert (measure.speedup is not None) == measure.name.endswith(", 2 threads")
        assert measure.share is None or measure.share > 0.0
    for name in ("galaxies written", "sky written, 2 threads", "256 at random", "stored, NumPy", "galaxy"):
        assert found[name].share is not None, name
    assert "CPU" in found.machine
    assert "date" in found.machine


def test_compares_with_an_earlier_run_on_one_thread(kept: Path, tmp_path: Path) -> None:
    old: dict[str, Any] = json.loads(kept.read_text())
    old["machine"]["CPU"] = "another CPU"
    old["measures"] = [
        {**measure, **{name: 1e-9 * measure[name] for name in ("rate", "low", "high")}}
        if measure["name"] == "galaxy"
        else measure
        for measure in old["measures"]
    ]
    (tmp_path / "old.json").write_text(json.dumps(old))
    out = run_well("benchmark", "--quick", "--threads", 1, "--dir", tmp_path, "--compare", tmp_path / "old.json").out
    lines = out.splitlines()
    assert lines[0].split() == ["threads", "2", "→", "1"]
    assert any(line.startswith("CPU") and "another CPU" in line for line in lines)
    (galaxy,) = (line for line in lines if line.startswith("galaxy "))
    assert galaxy.endswith("faster")
    assert not any("2 threads" in line for line in lines)
    assert lines[-1].startswith("deepbench-fast ")
    assert "galaxies written" in lines[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_bad_input_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    ran = run("benchmark", "--compare", tmp_path / "bad.json")
    assert (ran.status, ran.out) == (2, "")
    assert "bad.json: no result of a benchmark" in ran.err
    ran = run("benchmark", "--dir", tmp_path / "missing")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert run("benchmark", "--threads", "none").status == 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "made"), [(signal.SIGINT, "stored.h5"), (signal.SIGTERM, "limits")])
def test_stopped_it_leaves_nothing(number: signal.Signals, made: str, kept: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "benchmark", "--dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    while not list(tmp_path.glob(f"*/{made}")):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.005)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (128 + number, "")
    assert err.splitlines()[-1] == f"Error: stopped by {number.name}"
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
