"""A virtual environment for DeepBench 0.2.3, which can't live beside NumPy 2 and astropy 6.

Made on first use, kept in the user's cache directory, found again afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_cache_dir

DEEPBENCH = "deepbench==0.2.3"
# DeepBench asks for Python 3.10; its pins (NumPy < 2, astropy < 6, scikit-image < 0.24) have no wheels after 3.12.
OLDEST, NEWEST = (3, 10), (3, 12)
INSTALL_LIMIT_S = 600


class PeerUnavailableError(Exception):
    """The environment can't be made here; the text says why."""


def deepbench_python() -> Path:
    """Interpreter of an environment that holds DeepBench; makes the environment if there is none.

    Raises `PeerUnavailableError` where no suitable Python is found or the installation fails.
    """
    home = Path(user_cache_dir("deepbench-fast")) / "peers"
    base = suitable_python([sys.executable, "python3.12", "python3.11", "python3.10"])
    environment = home / f"{DEEPBENCH.replace('==', '-')}-python{python_version(base)}"
    if not works(interpreter(environment)):
        make(environment, base)
    return interpreter(environment)


def suitable_python(candidates: Iterable[str]) -> str:
    """First of the candidates that runs and has a version for which DeepBench can be installed."""
    for candidate in candidates:
        version = python_version(candidate)
        if version and OLDEST <= tuple(map(int, version.split("."))) <= NEWEST:
            return candidate
    raise PeerUnavailableError(f"{DEEPBENCH} needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}, and none was found")


def python_version(python: str) -> str:
    """The version, as "3.11", of an interpreter; empty if it doesn't run (a version manager's shim, say)."""
    return output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def works(python: Path) -> bool:
    """Whether that interpreter exists and imports DeepBench in the right version."""
    question = "from importlib.metadata import version; import deepbench; print('deepbench==' + version('deepbench'))"
    return output([str(python), "-c", question]) == DEEPBENCH


def make(environment: Path, base: str) -> None:
    """Build the environment beside its final place and rename it, so that nobody meets a half-built one."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.parent, ignore_cleanup_errors=True) as scratch:
        built = Path(scratch) / "built"
        try:
            run([base, "-m", "venv", str(built)])
            run([str(interpreter(built)), "-m", "pip", "install", "--quiet", "h5py", DEEPBENCH])
        except subprocess.CalledProcessError as error:
            last_line = ((error.stderr or error.stdout).strip().splitlines() or ["no message"])[-1]
            raise PeerUnavailableError(f"no environment for {DEEPBENCH}: {last_line}") from error
        except subprocess.TimeoutExpired as error:
            raise PeerUnavailableError(f"no environment for {DEEPBENCH}: took over {INSTALL_LIMIT_S} s") from error
        move_into_place(built, environment)


def move_into_place(built: Path, environment: Path) -> None:
    """Rename; where another run was faster its environment is kept, a broken one is replaced."""
    try:
        os.rename(built, environment)
    except OSError:
        if works(interpreter(environment)):
            return
        shutil.rmtree(environment)
        os.rename(built, environment)


def interpreter(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def output(command: list[str]) -> str:
    """What a command prints; empty if it fails."""
    try:
        return run(command).strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def run(command: list[str]) -> str:
    # -I can't be asked of every command (venv, pip), so paths of the calling environment are taken out here.
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    completed = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        env=clean,
        stdin=subprocess.DEVNULL,
    )
    return completed.stdout
