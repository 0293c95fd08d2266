"""Reference posteriors: those that are published, how they are kept, and the gate that they passed.

`python -m tests.tasks.test_references NAME ...` prints lines of `deepbench_fast/tasks/published.py` for these tasks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast.errors import AccuracyWarning, DigestWarning
from deepbench_fast.inference import weighted
from deepbench_fast.kernels._cache import DIRECTORY_VARIABLE
from deepbench_fast.tasks import published, references
from deepbench_fast.tasks.task import OBSERVATIONS, get_available_tasks, get_task
from tests.tasks.gate import FILE, passes, row

GATE = json.loads(FILE.read_text())
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "tasks.md"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of references of the test's own."""
    monkeypatch.setattr(references, "_folder", lambda: tmp_path / "references")
    return tmp_path / "references"


def test_every_task_has_its_published_references() -> None:
    assert set(published.REFERENCES) == set(get_available_tasks())
    assert all(len(set(digests)) == OBSERVATIONS for digests in published.REFERENCES.values())


def test_a_reference_is_the_published_one_and_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made, read again, and made again where the file is damaged."""
    task = get_task("pendulum")
    draws = task.get_reference(1)
    assert draws.digest == published.REFERENCES["pendulum"][0]
    assert (draws.effective >= 20_000, draws.pareto_k < 0.5) == (True, True)
    assert task.get_reference_posterior_samples(1).shape == (10_000, 4)
    (file,) = kept.iterdir()
    again = get_task("pendulum").get_reference(1)
    np.testing.assert_array_equal(again.samples, draws.samples)
    assert again.log_evidence == draws.log_evidence
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    for damaged in (bytes(content), content[:1000], b"", b"{}\n", b"[1]\n" + content):
        file.write_bytes(damaged)
        assert references._read(file) is None
    monkeypatch.setitem(published.REFERENCES, "pendulum", ("0" * 32,) * OBSERVATIONS)
    references._write(file, draws)
    with pytest.warns(DigestWarning, match="pendulum, observation 1, isn't the published one"):
        get_task("pendulum").get_reference(1)


def test_many_may_write_at_once(kept: Path) -> None:
    draws = get_task("pendulum").posterior.sample(np.zeros(24), 100, effective=200)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: references._write(kept / "one", draws), range(40)))
    assert [file.name for file in kept.iterdir()] == ["one"]
    found = references._read(kept / "one")
    assert found is not None
    assert found.digest == draws.digest


def test_what_is_worth_too_little_is_not_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the warning comes each time."""
    exact, x = get_task("pendulum").posterior, np.zeros(24)
    with monkeypatch.context() as few:
        few.setattr(weighted, "MOST_DRAWS", 4096)
        for _ in range(2):
            with pytest.warns(AccuracyWarning, match="8192 draws are worth"):
                poor = references.kept_draws(exact, x, 100, effective=10_000)
        assert not kept.exists()
    references._write(kept / exact.identity(x, 100, 10_000), poor)
    assert references.kept_draws(exact, x, 100, effective=10_000).effective >= 10_000


def test_every_gate_was_passed() -> None:
    """By the references that are published now."""
    for name, found in GATE.items():
        task, number = name.split()
        assert found["digest"] == published.REFERENCES[task][int(number) - 1]
        assert passes(name, found), name
        assert found.get("shifted", 1.0) > 0.52
        assert row(name, found) in PAGE.read_text()
    assert {name.split()[0] for name, found in GATE.items() if "shifted" in found} == set(get_available_tasks())


@pytest.mark.slow
@pytest.mark.parametrize("name", get_available_tasks())
def test_all_references_are_the_published_ones(name: str, kept: Path) -> None:
    assert (
        line(name)
        == f'    "{name}": ({", ".join(f"{d!r}".replace(chr(39), chr(34)) for d in published.REFERENCES[name])}),'
    )


@pytest.mark.slow
def test_references_are_the_same_on_another_cpu(tmp_path: Path) -> None:
    made = "t(n).get_reference(1).digest for n in ('star', 'n-body')"
    code = f"from deepbench_fast.tasks import get_task as t; print(*({made}))"
    settings = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", DIRECTORY_VARIABLE: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [published.REFERENCES[name][0] for name in ("star", "n-body")]


def line(name: str) -> str:
    task = get_task(name)
    found = []
    for number in range(1, OBSERVATIONS + 1):
        draws = task.get_reference(number)
        words = f"effective {draws.effective:.0f} of {draws.draws}, k {draws.pareto_k:.2f}, modes {draws.modes}"
        print(f"{name} {number}: {words}, ln p(x) {draws.log_evidence:.2f}", file=sys.stderr, flush=True)
        found.append(f'"{draws.digest}"')
    return f'    "{name}": ({", ".join(found)}),'


if __name__ == "__main__":
    for name in sys.argv[1:] or get_available_tasks():
        print(line(name), flush=True)
