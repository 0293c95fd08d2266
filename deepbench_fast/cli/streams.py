"""Standard streams that never fail for being closed, for a reader that is gone, or for a code page without a letter."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any

PLAIN = str.maketrans("×µé…→≈│─└●▀", "xue.>~|-+o#")
"""For code pages that lack them: characters that we print, and what reads alike in as many columns."""
PLAINLY = "deepbench_fast.plainly"


def prepare_streams() -> None:
    """Make standard output and error take every text, and standard error nobody's reading, without an exception.

    Closed ones lead to nowhere, also their descriptors: else the next file that is opened would get what is written to
    them.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    codecs.register_error(PLAINLY, _plainly)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = _carefree(sys.stderr or os.fdopen(2, "w", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAINLY)


def drop_unwritten() -> None:
    """Let go of what standard output doesn't take, which Python would try to write once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Carefree(io.FileIO):
    """A file whose writes never fail."""

    def write(self, data: Any) -> int:
        written = None
        with suppress(OSError):
            written = super().write(data)
        return memoryview(data).nbytes if written is None else written


def _carefree(stream: Any) -> Any:
    """The stream, writing without errors; a console of Windows stays what it is."""
    binary = getattr(stream, "buffer", None)
    if not isinstance(getattr(binary, "raw", binary), io.FileIO):
        return stream
    raw = _Carefree(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, line_buffering=True, write_through=True)


def _plainly(error: UnicodeError) -> tuple[bytes, int]:
    """Encodes what a code page lacks: bytes of file names as they are, else something that reads alike, or "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = (
        bytes((ord(letter) - 0xDC00,))
        if "\udc80" <= letter <= "\udcff"
        else letter.translate(PLAIN).encode(error.encoding, "replace")
        for letter in error.object[error.start : error.end]
    )
    return b"".join(found), error.end
