"""Texts without a checksum: where their heap is damaged, reading ends, and says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from deepbench_fast import open_dataset
from deepbench_fast.store.global_heap import HEADER, SIGNATURE, has_sound_heaps


def heaps(data: bytes) -> list[int]:
    places = []
    at = data.find(SIGNATURE)
    while at >= 0:
        places.append(at)
        at = data.find(SIGNATURE, at + 1)
    return places


def test_files_of_ours_and_of_others_are_sound(mixed_file: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["texts"] = [f"text {i}" * i for i in range(2000)]
        file.attrs["long"] = "x" * 60_000
    assert len(heaps((tmp_path / "other.h5").read_bytes())) > 2
    for path in (mixed_file, tmp_path / "other.h5"):
        with h5py.File(path) as file:
            assert has_sound_heaps(file)


@pytest.mark.parametrize("kept", [HEADER, HEADER + 8, HEADER + 100, 2000])
def test_a_heap_that_has_lost_its_end_is_not_read_for_ever(mixed_file: Path, tmp_path: Path, kept: int) -> None:
    data = bytearray(mixed_file.read_bytes())
    (heap, *_) = heaps(data)
    size = int.from_bytes(data[heap + 8 : heap + 16], "little")
    data[heap + kept : heap + size] = bytes(size - kept)
    path = tmp_path / "lost.h5"
    path.write_bytes(data)
    code = "import sys; import deepbench_fast, deepbench_fast.run.dataset as r\n"
    code += "try: r.open_dataset(sys.argv[1])\nexcept deepbench_fast.FileError as e: print(e)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == f"{path}: damaged: its texts are lost\n"


def test_a_text_that_looks_like_a_heap_is_none(mixed_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.h5"
    path.write_bytes(mixed_file.read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["mine"] = "GCOL " * 100
    assert len(open_dataset(path)) == 3000
