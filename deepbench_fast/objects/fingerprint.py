"""A hash of a user's function: changed code, a changed helper or a changed constant is another version of its kind."""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from deepbench_fast.errors import UsageError

OURS = "deepbench_fast."


def fingerprint(function: Callable[..., Any], more: object = ()) -> str:
    """BLAKE2b (128 bits, in hexadecimal) of a function's source, of what it uses beside it, and of `more`.

    Decorators play no part. Raises UsageError where the source isn't there.
    """
    texts = [*_sources(function, set()), repr(more)]
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


def _sources(function: Callable[..., Any], known: set[Callable[..., Any]]) -> Iterator[str]:
    known.add(function)
    yield _source(function)
    used = inspect.getclosurevars(function)
    for name, value in sorted({**used.globals, **used.nonlocals}.items()):
        value = getattr(value, "py_func", value)
        if inspect.isfunction(value):
            if value not in known and not value.__module__.startswith(OURS):
                yield from _sources(value, known)
        elif hasattr(value, "tobytes"):
            yield f"{name}: {value.dtype} {value.shape} {value.tobytes().hex()}"
        elif isinstance(value, bool | int | float | tuple):
            yield f"{name} = {value!r}"


def _source(function: Callable[..., Any]) -> str:
    """The source from `def` on: a kind's defaults stand in its decorator, and data don't depend on them."""
    try:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    except (OSError, SyntaxError):
        raise UsageError(f"{function.__name__}: its source isn't there to be hashed; put it into a file") from None
    start = next((number for number, line in enumerate(lines) if line.startswith("def ")), 0)
    return "\n".join(line.rstrip() for line in lines[start:])
