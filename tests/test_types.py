"""What a type checker sees of the package where it is installed: a user's script, and every public name."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import deepbench_fast
from deepbench_fast.kinds import registry

SCRIPT = Path(__file__).with_name("users_script.py")


@pytest.fixture(scope="module")
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy says, strictly and without our settings, of the script and of each public name.

    Away from the repository, so that the package is found as an installed one, which needs its `py.typed`.
    """
    folder = tmp_path_factory.mktemp("user")
    (folder / SCRIPT.name).write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    shown = "".join(f"reveal_type(deepbench_fast.{name})\n" for name in deepbench_fast.__all__)
    (folder / "names.py").write_text(f"import deepbench_fast\n\n{shown}", encoding="utf-8")
    assert request.config.cache is not None
    kept = str(request.config.cache.mkdir("mypy"))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", kept, SCRIPT.name, "names.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_users_script_type_checks(checked: str) -> None:
    assert "Success: no issues found" in checked, checked


@pytest.mark.parametrize("name", deepbench_fast.__all__)
def test_every_public_name_has_a_type(name: str, checked: str) -> None:
    line = deepbench_fast.__all__.index(name) + 3
    shown = re.search(rf'^names\.py:{line}: note: Revealed type is "(.*)"$', checked, re.MULTILINE)
    assert shown is not None, checked
    assert shown[1] != "Any"


def test_the_users_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it tells the checker is what it gets: it may not promise types of things that are not there."""
    monkeypatch.setattr(registry, "_own", {})
    runpy.run_path(str(SCRIPT))["main"](tmp_path)
