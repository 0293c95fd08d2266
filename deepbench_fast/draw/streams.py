"""Addresses of random numbers: the key of a seed and the numbers of named streams.

Every draw is Philox4x32-10 of a counter `[block, stream, member, member high bits | turn]` under a key
(`kernels/philox.py`); this module gives the parts of that address that come from text.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError

STREAM_VERSION = "deepbench-fast stream 1"
MAX_MEMBERS = 2**48
MAX_OBJECTS = 2**16 - 1


def seed_key(seed: int | str) -> npt.NDArray[np.uint32]:
    """Philox key of a seed: the first 8 bytes of BLAKE2b over the stream version and the seed's text, little-endian.

    The integer 42 and the text "42" give the same key.
    """
    digest = blake2b(f"{STREAM_VERSION}\0{seed}".encode()).digest()
    return np.frombuffer(digest[:8], dtype="<u4").astype(np.uint32)


def stream_number(name: str) -> int:
    """Number of the stream called `name`: the first 4 bytes of BLAKE2b over it, little-endian."""
    return int.from_bytes(blake2b(name.encode()).digest()[:4], "little")


def stream_numbers(names: Iterable[str]) -> dict[str, int]:
    """Numbers of all streams of a recipe. Raises UsageError where two names share a number (about 1 in 2**32 pairs)."""
    numbers: dict[str, int] = {}
    names_by_number: dict[int, str] = {}
    for name in names:
        number = stream_number(name)
        other = names_by_number.setdefault(number, name)
        if other != name:
            raise UsageError(f"streams {other!r} and {name!r} share a number: rename one of the catalogues or entries")
        numbers[name] = number
    return numbers
