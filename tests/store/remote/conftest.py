from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepbench_fast import generate, index_parts
from tests.recipes import mixed
from tests.servers import Web, web_server

PARTS = 3


@pytest.fixture(scope="session")
def parts_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index over the dataset of `mixed()` in three parts, m.h5; not to be changed."""
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    folder = tmp_path_factory.mktemp("parts")
    for number in range(1, PARTS + 1):
        generate(mixed(), folder / "m.h5", shard=f"{number}/{PARTS}", threads=1)
    index_parts(folder / "m.h5")
    return folder


@pytest.fixture
def folder(parts_made: Path, mixed_file: Path, tmp_path: Path) -> Path:
    """A copy of it, with the dataset as the single file one.h5."""
    shutil.copytree(parts_made, tmp_path, dirs_exist_ok=True)
    shutil.copy(mixed_file, tmp_path / "one.h5")
    return tmp_path


@pytest.fixture
def web(folder: Path) -> Iterator[Web]:
    """A web server of that folder."""
    with web_server(folder) as server:
        yield server
