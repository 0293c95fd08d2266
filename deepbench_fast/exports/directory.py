"""The directory that an export fills: what it holds stands in `export.json`, and finished files are never made again.

A file is written under a temporary name, synced, and renamed when it is complete, so what bears its own name is
finished, also after a power cut. The name is always the same, since the directory is locked for one process, and what
was killed is written over.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store.file_bytes import is_named, linux_function, lock_file, read_at, write_at
from deepbench_fast.store.format import UNFINISHED
from deepbench_fast.values.atomic import sync, sync_folder
from deepbench_fast.values.file_names import relative_name

MANIFEST = "export.json"
SMALL_FILES_AT_ONCE = 8192
INCOMPLETE, COMPLETE = '"complete": false', '"complete": true '


class Directory:
    """A directory that belongs to one export, locked for this process until `close`.

    `same` must not change between runs: the dataset's digest and names, the format, the selection, the settings;
    `facts` are for the reader. Raises FileError where it holds something else or is in use, MismatchError where it
    holds an export of another dataset or with other settings.
    """

    def __init__(self, path: str | os.PathLike[str], same: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.written = self.kept = 0
        self._waiting: list[Path] = []
        self._lock = threading.Lock()
        with _said(self.path):
            self._make()
        with _said(self.path / MANIFEST):
            self._descriptor = lock_file(self.path / MANIFEST)
        try:
            self._claim(json.loads(json.dumps(dict(same))), facts)
            sync_folder(self.path)  # without its manifest, nobody knows whose the files are
        except BaseException:
            os.close(self._descriptor)
            raise

    def close(self) -> None:
        """Let other processes have it; small files that are written get their names."""
        try:
            with suppress(FileError):  # it is said already, or the same will be said when one goes on
                self._name_small(0)
        finally:
            os.close(self._descriptor)

    def make_folder(self, name: str) -> None:
        """Make a folder, which may be there."""
        self._check_held()
        folder = self.path
        with _said(self.path / name):
            for part in Path(relative_name(name)).parts:
                folder /= part
                folder.mkdir(exist_ok=True)

    def has(self, name: str) -> bool:
        """Whether the file is finished; if so it is counted as kept."""
        try:
            found = os.stat(f"{self.path}/{relative_name(name)}")
        except OSError:
            return False
        finished = stat.S_ISREG(found.st_mode) and found.st_size > 0
        self.kept += finished
        return finished

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """A temporary path; what is written there is synced and gets its name at the end of the block."""
        parent = str(Path(name).parent)
        if parent != ".":
            self.make_folder(parent)
        target = self.path / relative_name(name)
        temporary = _temporary(target)
        with _said(target), _removed_on_failure(temporary):
            yield temporary
            sync(temporary)
            self._check_held()
            os.replace(temporary, target)
        self.written += 1

    def write_small(self, name: str, content: bytes) -> None:
        """Write a small file in a folder that exists; for many files, which are synced and get their names many at
        once. Safe from threads."""
        target = self.path / relative_name(name)
        with _said(target), _removed_on_failure(_temporary(target)):
            _temporary(target).write_bytes(content)
        with self._lock:
            self._waiting.append(target)
        self._name_small(SMALL_FILES_AT_ONCE)

    def finish(self) -> None:
        """Say in the manifest that all files are there."""
        self._name_small(0)
        self._check_held()
        self._sync(path for path in self.path.rglob("*") if path.is_dir())
        self._describe(self._text.replace(INCOMPLETE, COMPLETE, 1))

    def _name_small(self, least: int) -> None:
        """Sync the small files that wait, if there are at least so many, and give them their names."""
        with self._lock:
            if len(self._waiting) < max(1, least):
                return
            waiting, self._waiting = self._waiting, []
        temporaries = [_temporary(target) for target in waiting]
        with _said(waiting[0]), _removed_on_failure(*temporaries):
            self._sync(temporaries)
            self._check_held()
            for temporary, target in zip(temporaries, waiting, strict=True):
                os.replace(temporary, target)

    def _sync(self, paths: Iterable[Path]) -> None:
        """Wait until files, or the names in folders, are on the disk: where the system can, in one go."""
        sync_all = linux_function("syncfs")
        if sync_all is None or sync_all(self._descriptor):
            for path in paths:
                sync_folder(path) if path.is_dir() else sync(path)

    def _check_held(self) -> None:
        """Raise FileError where the manifest, and with it perhaps all that was written, is gone."""
        if not is_named(self.path / MANIFEST, self._descriptor):
            raise FileError(f"{self.path}: another process removed it while it was filled")

    def _make(self) -> None:
        if os.path.lexists(self.path) and not self.path.is_dir():
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
        with _said(self.path / MANIFEST):
            write_at(self._descriptor, memoryview(text.encode()), 0)
            os.fsync(self._descriptor)

    def _check(self, same: dict[str, Any]) -> None:
        try:
            held = json.loads(self._text)
            held["digest"]
        except (ValueError, TypeError, KeyError):
            raise FileError(f"{self.path / MANIFEST}: not the description of an export") from None
        for key, other, value in _differences(held, same):
            raise MismatchError(
                f"{self.path} holds an export with {key} {_brief(other)}, not {_brief(value)}: choose another directory"
            )


def _temporary(target: Path) -> Path:
    return target.with_name(target.name + UNFINISHED)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Turn an OSError inside into a FileError that names the path."""
    try:
        yield
    except FileError:  # of the dataset, or said already
        raise
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror or error}") from error


@contextmanager
def _removed_on_failure(*paths: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _differences(held: Mapping[str, Any], same: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Key, what is held and what there should be, of all that isn't the same; of mappings what differs in them."""
    for key, value in same.items():
        other = held.get(key)
        if other != value and isinstance(other, dict) and isinstance(value, dict):
            yield from _differences(other, dict.fromkeys(other) | value, f"{above}{key}.")
        elif other != value:
            yield f"{above}{key}", other, value


def _brief(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
