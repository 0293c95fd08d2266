"""The directory that an export fills: what it holds stands in `export.json`, and finished files are never made again.

A file is written under a temporary name and renamed when it is complete, so what bears its own name is finished. The
name is always the same, since the directory is locked for one process, and what was killed is written over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from deepbench_fast.atomic import sync
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store.file_bytes import lock_file, read_at, write_at
from deepbench_fast.store.format import UNFINISHED
from deepbench_fast.values.file_names import relative_name

MANIFEST = "export.json"
INCOMPLETE, COMPLETE = '"complete": false', '"complete": true '


class Directory:
    """A directory that belongs to one export, locked for this process until `close`.

    `same` must not change between runs: the dataset's digest, the format, the selection, the settings; `facts` are for
    the reader. Raises FileError where it holds something else or is in use, MismatchError where it holds an export of
    another dataset or with other settings.
    """

    def __init__(self, path: str | os.PathLike[str], same: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.written = self.kept = 0
        self._make()
        self._descriptor = lock_file(self.path / MANIFEST)
        try:
            self._claim(json.loads(json.dumps(dict(same))), facts)
        except BaseException:
            os.close(self._descriptor)
            raise

    def close(self) -> None:
        """Let other processes have it."""
        os.close(self._descriptor)

    def make_folder(self, name: str) -> None:
        """Make a folder, which may be there."""
        (self.path / relative_name(name)).mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        """Whether the file is finished; if so it is counted as kept."""
        try:
            finished = os.stat(f"{self.path}/{relative_name(name)}").st_size > 0
        except OSError:
            return False
        self.kept += finished
        return finished

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """A temporary path; what is written there is synced and gets its name at the end of the block."""
        with self._renamed(self.path / relative_name(name)) as (target, temporary):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            sync(temporary)
        self.written += 1

    def write_small(self, name: str, content: bytes) -> None:
        """Write a small file, without syncing it, in a folder that exists; for many files. Safe from threads."""
        with self._renamed(self.path / relative_name(name)) as (_, temporary), open(temporary, "wb") as file:
            file.write(content)

    @contextmanager
    def _renamed(self, target: Path) -> Iterator[tuple[Path, Path]]:
        """The file and its temporary name, which it has until the end of the block; FileError where that fails."""
        temporary = target.with_name(target.name + UNFINISHED)
        try:
            yield target, temporary
            os.replace(temporary, target)
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and not isinstance(error, FileError):  # that one is of the dataset
                raise FileError(f"{target}: can't be written: {error.strerror or error}") from error
            raise

    def finish(self) -> None:
        """Say in the manifest that all files are there."""
        self._describe(self._text.replace(INCOMPLETE, COMPLETE, 1))

    def _make(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise FileError(f"{self.path} is not a directory")
        if self.path.is_dir() and not (self.path / MANIFEST).exists() and any(self.path.iterdir()):
            raise FileError(f"{self.path} is not empty and holds no export: choose another directory")
        if not self.path.parent.is_dir():
            raise FileError(f"{self.path.parent}: no such directory")
        self.path.mkdir(exist_ok=True)

    def _claim(self, same: dict[str, Any], facts: Mapping[str, Any]) -> None:
        held = read_at(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        text = json.dumps({**same, "complete": False, **facts}, indent=2, ensure_ascii=False) + "\n"
        if text.encode().startswith(held.rstrip(b"\0")):  # nothing, or what a full disk or a kill left of it
            self._text = text
            self._describe(text)
            return
        self._text = held.decode(errors="replace").replace(COMPLETE, INCOMPLETE, 1)
        self._check(same)

    def _describe(self, text: str) -> None:
        try:
            write_at(self._descriptor, memoryview(text.encode()), 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise FileError(f"{self.path / MANIFEST}: can't be written: {error.strerror}") from error

    def _check(self, same: dict[str, Any]) -> None:
        try:
            held = json.loads(self._text)
            held["digest"]
        except (ValueError, TypeError, KeyError):
            raise FileError(f"{self.path / MANIFEST}: not the description of an export") from None
        for key, value in same.items():
            if held.get(key) != value:
                raise MismatchError(
                    f"{self.path} holds an export with {key} {_brief(held.get(key))}, not {_brief(value)}:"
                    " choose another directory"
                )


def _brief(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
