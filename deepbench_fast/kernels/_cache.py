"""Compiled kernels, kept between processes.

One file per function and signature, in a sub-directory (a build) for all else that decides about machine code: the
sources of all kernels, Python, Numba, LLVM, NumPy, the CPU, the width of vectors and Numba's settings. Numba's own
cache is not used: it does not see changes in functions that a kernel calls, fails on read-only installations, and can
be torn by two processes that write at once.

A file that can't be read, is damaged or belongs to something else is a miss; one that can't be written is done without.
So is everything here under a Numba that differs inside: its private modules are imported where they are used.

What is read runs as code (it is unpickled and linked): so it is a miss, too, and said once, where anybody but this user
and root can have written it. The checksum tells damage, not intent.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import pickle
import re
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
import platformdirs

from deepbench_fast.kernels import _turns, compiling
from deepbench_fast.kernels._compilers import near_constants
from deepbench_fast.kernels._fingerprint import NotReproducibleError, fingerprint
from deepbench_fast.kernels._owned import ForeignError, make_own_folder, read_own, write_own
from deepbench_fast.kernels._width import vector_bits

LOGGER = logging.getLogger("deepbench_fast")

DIRECTORY_VARIABLE = "DEEPBENCH_FAST_CACHE_DIR"
BUILDS_KEPT = 4
UNUSED_SECONDS = 3600.0

_FORMAT = "deepbench-fast kernels 1"
_CHECKSUM_BYTES = 32
_UNIQUE_MARK = "#"

# Numba's settings that change machine code and are not part of its description of the CPU.
_SETTINGS = (
    "OPT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "BOUNDSCHECK",
    "DEBUGINFO_DEFAULT",
    "EXTEND_VARIABLE_LIFETIMES",
    "ENABLE_PROFILING",
    "DISABLE_INTEL_SVML",
    "USING_SVML",
    "LLVM_REFPRUNE_PASS",
    "LLVM_REFPRUNE_FLAGS",
    "DEBUG_NRT",
)

_unwritable: set[Path] = set()
_said: set[str] = set()


def cache_directory() -> Path | None:
    """Directory of compiled kernels: `kernels` in DEEPBENCH_FAST_CACHE_DIR or else in the user's cache directory.

    None where there is no such directory, or where this process has failed to write to it.
    """
    directory = _chosen_directory()
    return None if directory in _unwritable else directory


def _chosen_directory() -> Path | None:
    try:
        chosen = os.environ.get(DIRECTORY_VARIABLE) or platformdirs.user_cache_dir("deepbench-fast", appauthor=False)
        return Path(chosen).expanduser().absolute() / "kernels"
    except RuntimeError:  # There is no home directory.
        return None


class KernelCache:
    """The compiled overloads of one function on disk, with the methods that Numba's dispatcher calls."""

    def __init__(self, dispatcher: Any) -> None:
        self._function = dispatcher.py_func
        self._options = dispatcher.targetoptions
        self._waited_for: list[Path] = []  # by other processes, while this one compiles
        self._qualname = self._function.__qualname__.partition(_UNIQUE_MARK)[0]
        self._name = f"{self._function.__module__}.{self._qualname}"

    @property
    def cache_path(self) -> str | None:
        directory = cache_directory()
        return None if directory is None else str(directory)

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return the kept compilation for `signature`, or None: then the dispatcher compiles."""
        try:
            self.make_symbols_unique()
            directory = _chosen_directory()
            if directory is None:
                return None
            path, key = self._file(directory, signature, target_context.codegen())
            found = self._kept(path, key, signature, target_context)
            if found is None and directory not in _unwritable and not compiling.is_refused():
                _make_build(directory, path.parent)
                mine = _turns.take(path)
                self._waited_for.append(path)
                if not mine:
                    found = self._kept(path, key, signature, target_context)
                    if found is not None:
                        self.give_up()
            if found is not None:
                return found
        except Exception as error:
            LOGGER.debug("%s compiles: %s", self._name, error)
        compiling.begun(self._name.replace("deepbench_fast.kernels.", ""))
        return None

    def _kept(self, path: Path, key: bytes, signature: Any, target_context: Any) -> Any:
        try:
            return _read(path, key, signature, target_context)
        except ForeignError as error:
            _say_once("foreign", "compiled kernels are not taken from the cache, and compile again: %s", error)
        except Exception as error:
            LOGGER.debug("%s compiles: %s", self._name, error)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep the compilation `result` of `signature`, if that is possible."""
        try:
            directory = _chosen_directory()
            if directory is None:
                _report("there is no home directory")
            elif directory not in _unwritable:
                path, key = self._file(directory, signature, result.codegen)
                try:
                    if not result.library.has_dynamic_globals:
                        _write(directory, path, key, result)
                finally:
                    self.give_up()
        except NotReproducibleError as error:
            LOGGER.debug("%s is not kept: %s", self._name, error)
        except Exception as error:
            _report(str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}")

    def give_up(self) -> None:
        """Let other processes compile what this one could not."""
        while self._waited_for:
            _turns.done(self._waited_for.pop())

    def enable(self) -> None:
        """Do nothing: the dispatcher's switch belongs to Numba's own cache."""

    def disable(self) -> None:
        """Do nothing: the dispatcher's switch belongs to Numba's own cache."""

    def flush(self) -> None:
        """Do nothing: a recompilation replaces the files."""

    def _file(self, directory: Path, signature: Any, codegen: Any) -> tuple[Path, bytes]:
        """File for `signature`, and the key that the file's checksum covers."""
        arguments, result = _argument_and_result_types(signature)
        types = repr(([str(kind) for kind in arguments], str(result)))
        if " at 0x" in types:
            raise NotReproducibleError(f"the type {types} names an address")
        content = (self._name, fingerprint(self._function), sorted(self._options.items()), types)
        key = hashlib.blake2b(repr(content).encode(), digest_size=16)
        stem = re.sub(r"[^\w.]", "", self._name.replace("deepbench_fast.kernels.", ""))[-80:]
        return _build(directory, codegen) / f"{stem}-{key.hexdigest()}", key.digest()

    def make_symbols_unique(self) -> None:
        """Give a function made by another function a name of its own.

        Numba tells such siblings apart by a number that starts again in each process; machine code from another process
        would be linked with a sibling that has the same number here.
        """
        if "<locals>" in self._qualname:
            self._function.__qualname__ = f"{self._qualname}{_UNIQUE_MARK}{fingerprint(self._function)}"


def _argument_and_result_types(signature: Any) -> tuple[tuple[Any, ...], Any]:
    from numba.core import sigutils

    arguments, result = sigutils.normalize_signature(signature)  # type: ignore[no-untyped-call]
    return tuple(arguments), result


def sweep_locks() -> None:
    """Remove what processes left that ended while they compiled a kernel."""
    directory = cache_directory()
    if directory is not None:
        _turns.sweep(directory)


def _build(directory: Path, codegen: Any) -> Path:
    settings = tuple(repr(getattr(numba.config, name, None)) for name in _SETTINGS)
    return _used_build(directory, (*map(str, codegen.magic_tuple()), *settings))


@functools.cache
def _used_build(directory: Path, target: tuple[str, ...]) -> Path:
    """Sub-directory for kernels compiled under the present circumstances, marked as used now."""
    versions = (sys.implementation.name, sys.version, numba.__version__, llvmlite.__version__, np.__version__)
    circumstances = repr((_FORMAT, sources_digest(Path(__file__).parent), versions, target, vector_bits()))
    build = directory / hashlib.blake2b(circumstances.encode(), digest_size=16).hexdigest()
    with contextlib.suppress(OSError):
        os.utime(build)
    return build


def sources_digest(directory: Path) -> str:
    """Hash of the names and contents of all Python files below `directory`."""
    paths = sorted(directory.rglob("*.py"))
    if not paths:
        raise FileNotFoundError(f"there are no sources in {directory}")
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(directory).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _write(directory: Path, path: Path, key: bytes, result: Any) -> None:
    from numba.core import serialize

    content = (_external_symbols(result.library), result._reduce())
    payload: bytes = serialize.dumps(content)  # type: ignore[no-untyped-call]
    try:
        _make_build(directory, path.parent)
        _replace(path, _checksum(key, payload) + payload)
    except OSError:
        _unwritable.add(directory)
        raise


def _make_build(directory: Path, build: Path) -> None:
    if not build.is_dir():
        make_own_folder(build)
        prune(directory)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        write_own(temporary, content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _read(path: Path, key: bytes, signature: Any, target_context: Any) -> Any:
    from numba.core.compiler import CompileResult

    content = read_own(path)
    payload = content[_CHECKSUM_BYTES:]
    if content[:_CHECKSUM_BYTES] != _checksum(key, payload):
        raise ValueError(f"{path} is damaged")
    symbols, reduced = pickle.loads(payload)
    _provide(symbols, target_context)
    result = CompileResult._rebuild(near_constants(target_context), *reduced)  # type: ignore[no-untyped-call]
    if tuple(result.signature.args) != _argument_and_result_types(signature)[0]:
        raise ValueError(f"{path} holds another signature")
    return result


def _checksum(key: bytes, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, key=key, digest_size=_CHECKSUM_BYTES).digest()


def _external_symbols(library: Any) -> tuple[str, ...]:
    """Names outside the library that its machine code refers to."""
    module = library._final_module
    names = (
        value.name for values in (module.functions, module.global_variables) for value in values if value.is_declaration
    )
    return tuple(name for name in names if llvm.address_of_symbol(name) is not None)


def _provide(symbols: tuple[str, ...], target_context: Any) -> None:
    """Make `symbols` known to LLVM, which ends the process where it has to link an unknown one.

    Numba's runtime is all that kernels usually need; what Numba loads before it compiles takes ten times as long.
    """
    from numba.core.runtime.nrt import rtsys

    rtsys.initialize(target_context)
    if any(llvm.address_of_symbol(name) is None for name in symbols):
        target_context.refresh()
    missing = [name for name in symbols if llvm.address_of_symbol(name) is None]
    if missing:
        raise ValueError(f"unknown symbols {', '.join(missing)}")


def prune(directory: Path) -> None:
    """Remove the builds in `directory` beyond the last used ones, unless a process may still be at work with them."""
    with contextlib.suppress(OSError):
        builds = [path for path in directory.iterdir() if re.fullmatch("[0-9a-f]{32}", path.name)]
        age = {path: time.time() - path.stat().st_mtime for path in builds}
        for path in sorted(builds, key=age.__getitem__)[BUILDS_KEPT:]:
            if age[path] > UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _report(reason: str) -> None:
    """Say once in each process that kernels are not kept."""
    words = "compiled kernels can't be kept and compile again in each run (%s); %s can name another directory"
    _say_once("kept", words, reason, DIRECTORY_VARIABLE)


def _say_once(what: str, words: str, *values: object) -> None:
    if what not in _said:
        _said.add(what)
        LOGGER.warning(words, *values)
