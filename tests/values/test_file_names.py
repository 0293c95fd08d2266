"""Names that become files: what is refused on every system, and what only elsewhere."""

from __future__ import annotations

import random
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from deepbench_fast.errors import FileError
from deepbench_fast.values.file_names import check_distinct, file_name, folds_case, relative_name

GOOD = ["stars", "0-stars", "a.b", "_", "my sky (1)", "Ünïcode", "nullable", "con-1", "x" * 255, "..a", "a..b", ".part"]
NOWHERE = ["", ".", "..", "a/b", "/a", "a\\b", "a\0b", "a\nb", "\x1b[2J", "a\u202eb", "x" * 256, "ü" * 128, "\ud800"]
NOT_ON_WINDOWS = ["a.", "a ", "a:b", "a*", "a?", 'a"b', "<a>", "a|b", "con", "NUL", "nul.txt", "com1", "Lpt9.h5", "aux"]


@pytest.mark.parametrize("name", GOOD)
def test_good_names(name: str) -> None:
    assert file_name(name) == file_name(name, portable=False) == name


@pytest.mark.parametrize("name", NOWHERE)
def test_names_that_are_none(name: str) -> None:
    for portable in (True, False):
        with pytest.raises(FileError, match="can't be the name of a file") as caught:
            file_name(name, portable=portable)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", NOT_ON_WINDOWS)
def test_names_that_are_none_on_windows(name: str) -> None:
    with pytest.raises(FileError):
        file_name(name)


def test_whatever_passes_lies_in_its_folder() -> None:
    chance, passed = random.Random(1), 0
    for _ in range(20_000):
        name = "".join(chance.choices("ab./\\:~- \0\n", k=chance.randrange(6)))
        try:
            relative_name(name)
        except FileError:
            continue
        passed += 1
        for path in (PurePosixPath("/folder", name), PureWindowsPath("C:/folder", name)):
            assert path.parts[: len(path.parts) - 1 - name.count("/")] == path.parents[name.count("/")].parts
            assert ".." not in path.parts
            assert path.is_relative_to("/folder" if path.as_posix().startswith("/") else "C:/folder")
    assert passed > 500


def test_names_that_differ_in_case_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "Names"
    folder.mkdir()
    folds = folds_case(folder)
    check_distinct(["a", "b", "a"], folder)
    if folds:
        with pytest.raises(FileError, match="can't hold both 'Train' and 'train'"):
            check_distinct(["Train", "train"], folder)
    else:
        check_distinct(["Train", "train"], folder)
        (tmp_path / "nAMES").symlink_to(folder)  # as a file system that folds case would have it
        with pytest.raises(FileError, match="can't hold both 'Train' and 'train'"):
            check_distinct(["Train", "train"], folder)
