from __future__ import annotations

from hashlib import blake2b

import pytest

from deepbench_fast.draw import streams
from deepbench_fast.errors import UsageError


def test_seed_as_number_and_as_text_are_one_key() -> None:
    assert streams.seed_key(42).tolist() == streams.seed_key("42").tolist()
    assert streams.seed_key(42).tolist() != streams.seed_key(43).tolist()


def test_key_is_the_start_of_the_hash() -> None:
    digest = blake2b(b"deepbench-fast stream 1\x00" + b"7").digest()
    assert streams.seed_key(7).tobytes() == digest[:8]


def test_stream_number_is_the_start_of_the_hash_of_its_name() -> None:
    assert streams.stream_number("galaxies/galaxy/r_eff") == int.from_bytes(
        blake2b(b"galaxies/galaxy/r_eff").digest()[:4], "little"
    )


def test_names_that_share_a_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "stream_number", len)
    assert streams.stream_numbers(["a", "bb", "a"]) == {"a": 1, "bb": 2}
    with pytest.raises(UsageError, match=r"'a/x' and 'b/y'"):
        streams.stream_numbers(["a/x", "b/y"])
