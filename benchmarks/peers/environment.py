"""Virtual environments for peers that can't live beside what we need, or that no one should need for us.

DeepBench 0.2.3 needs older releases of NumPy and astropy; the loaders of `loading_peer.py` pull in some 7 GB, UFig 3.
Each is made on first use, kept in the user's cache directory, found again afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdirs import user_cache_dir

DEEPBENCH = "deepbench==0.2.3"
# DeepBench asks for Python 3.10; its pins (NumPy < 2, astropy < 6, scikit-image < 0.24) have no wheels after 3.12.
OLDEST, NEWEST = (3, 10), (3, 12)
LOADERS = (  # litdata needs torchvision, whose release belongs to one of torch
    "torch==2.14.1",
    "torchvision==0.29.1",
    "h5py==3.16.0",
    "webdataset==1.0.2",
    "litdata==0.2.76",
    "mosaicml-streaming==0.13.0",
    "datasets==4.8.5",
    "grain==0.2.18",
)
UFIG = ("ufig==1.2.1",)  # it brings TensorFlow
INSTALL_LIMIT_S = 1800


class PeerUnavailableError(Exception):
    """The environment can't be made here; the text says why."""


def deepbench_python() -> Path:
    """Interpreter of an environment that holds DeepBench; makes the environment if there is none.

    Raises `PeerUnavailableError` where no suitable Python is found or the installation fails.
    """
    base = suitable_python([sys.executable, "python3.12", "python3.11", "python3.10"])
    return python_with(DEEPBENCH.replace("==", "-"), ["h5py", DEEPBENCH], base)


def loaders_python() -> Path:
    """Interpreter of an environment that holds the loaders; makes it, and raises, as `deepbench_python` does."""
    return python_with("loaders", LOADERS, sys.executable)


def ufig_python() -> Path:
    """Interpreter of an environment that holds UFig; makes it, and raises, as `deepbench_python` does."""
    return python_with("ufig", UFIG, sys.executable)


def python_with(name: str, packages: Sequence[str], base: str) -> Path:
    """Interpreter of the environment of this name, which holds these packages."""
    environment = Path(user_cache_dir("deepbench-fast")) / "peers" / f"{name}-python{python_version(base)}"
    if not works(interpreter(environment), packages):
        make(environment, base, packages)
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


def works(python: Path, packages: Sequence[str]) -> bool:
    """Whether that interpreter exists and has these packages, in the version of those that are pinned."""
    names = [package.partition("==")[0] for package in packages]
    question = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    found = output([str(python), "-c", question, *names]).split()
    wanted = [package.partition("==")[2] for package in packages]
    return len(found) == len(wanted) and all(w in ("", f) for w, f in zip(wanted, found, strict=True))


def make(environment: Path, base: str, packages: Sequence[str]) -> None:
    """Build the environment beside its final place and rename it, so that nobody meets a half-built one."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.parent, ignore_cleanup_errors=True) as scratch:
        built = Path(scratch) / "built"
        try:
            run([base, "-m", "venv", str(built)])
            run([str(interpreter(built)), "-m", "pip", "install", "--quiet", *packages])
        except subprocess.CalledProcessError as error:
            last_line = ((error.stderr or error.stdout).strip().splitlines() or ["no message"])[-1]
            raise PeerUnavailableError(f"no environment for {', '.join(packages)}: {last_line}") from error
        except subprocess.TimeoutExpired as error:
            raise PeerUnavailableError(f"no environment for {', '.join(packages)}: over {INSTALL_LIMIT_S} s") from error
        move_into_place(built, environment, packages)


def move_into_place(built: Path, environment: Path, packages: Sequence[str]) -> None:
    """Rename; where another run was faster its environment is kept, a broken one is replaced."""
    try:
        os.rename(built, environment)
    except OSError:
        if works(interpreter(environment), packages):
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
