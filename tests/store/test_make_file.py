"""What lies under the name of a dataset, and isn't a file, is left as it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deepbench_fast import FileError, Recipe, extend, generate, merge

WAYS = ({}, {"resume": True}, {"overwrite": True}, {"resume": True, "overwrite": True})


def star() -> Recipe:
    return Recipe.of_kind("star").with_overrides({"samples": 20})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    generate(star(), tmp_path / "source.h5")
    return tmp_path / "source.h5"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("name", ["made.h5", "made.h5.part"])
@pytest.mark.parametrize("options", WAYS, ids=" ".join)
def test_what_is_no_file_is_not_replaced(name: str, options: dict[str, bool], source: Path, tmp_path: Path) -> None:
    """A pipe here, as /dev/null would be for root."""
    os.mkfifo(tmp_path / name)
    path = tmp_path / "made.h5"
    for write in (
        lambda: generate(star(), path, **options),
        lambda: merge(source, path, **options),
        lambda: extend(source, 3, path, **options),
    ):
        with pytest.raises(FileError, match=f"{name}: not a regular file$"):
            write()
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)
    assert sorted(file.name for file in tmp_path.iterdir()) == [name, "source.h5"]


@pytest.mark.parametrize("options", WAYS, ids=" ".join)
def test_a_link_that_leads_to_itself_is_refused_at_once(options: dict[str, bool], tmp_path: Path) -> None:
    """Nothing is made that couldn't get its name."""
    path = tmp_path / "made.h5"
    path.symlink_to(path)
    with pytest.raises(FileError, match=r"made\.h5: can't be written: Too many levels of symbolic links$"):
        generate(star(), path, **options)
    assert [file.name for file in tmp_path.iterdir()] == ["made.h5"]


@pytest.mark.parametrize("options", [{}, {"overwrite": True}], ids=" ".join)
def test_a_link_to_nothing_gives_way(options: dict[str, bool], tmp_path: Path) -> None:
    path = tmp_path / "made.h5"
    path.symlink_to(tmp_path / "nothing.h5")
    generate(star(), path, **options)
    assert path.is_file()
