from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deepbench_fast import generate
from deepbench_fast.kernels.cpus import usable_cpus
from tests.recipes import mixed

BYTECODE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Where Python writes no bytecode, the hundreds of programs that tests start would each compile all sources."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        config.stash[BYTECODE] = os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="bytecode-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if BYTECODE in config.stash:
        shutil.rmtree(config.stash[BYTECODE])


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker for each CPU; none for single files, and where output shall be seen (`-s`), which workers swallow."""
    files = all(Path(argument.partition("::")[0]).is_file() for argument in config.args)
    return 0 if files or config.option.capture == "no" or usable_cpus() == 1 else usable_cpus()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: of the last one the other workers would wait for the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def mixed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of `mixed()`: 3000 samples; not to be changed."""
    path = tmp_path_factory.mktemp("mixed") / "mixed.h5"
    generate(mixed(), path, threads=2)
    return path
