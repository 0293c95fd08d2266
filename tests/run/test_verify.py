from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from deepbench_fast import open_dataset, verify
from deepbench_fast.errors import MismatchError, UsageError
from deepbench_fast.run.verify_report import Difference


@pytest.fixture
def copy(mixed_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(mixed_file, tmp_path / "copy.h5"))


def test_a_good_file(mixed_file: Path) -> None:
    report = verify(mixed_file, "all")
    assert report.same
    assert (report.chunks, report.regenerated) == (4, 4)
    assert verify(mixed_file, 2).regenerated == 2


@pytest.mark.parametrize("name", ["images", "clean", "targets", "samples", "objects/star", "objects/galaxy"])
def test_one_changed_byte_is_found_in_its_chunk(copy: Path, name: str) -> None:
    with h5py.File(copy, "r+") as file:
        row = (
            int(file["chunks"]["first"][2])
            if "objects" not in name
            else int(file["chunks"][f"rows_{name[8:]}"][:2].sum())
        )
        offset = file[name].id.get_offset() or file[name].id.get_chunk_info(0).byte_offset
        size = file[name].dtype.itemsize * int(__import__("math").prod(file[name].shape[1:]))
    data = bytearray(copy.read_bytes())
    data[offset + row * size + 5] ^= 1
    copy.write_bytes(data)
    report = verify(copy)
    assert report.wrong_digest == [2]
    with pytest.raises(MismatchError, match=r"1 of 4 chunks: bytes differ from their digest: 2"):
        open_dataset(copy).verify()
    again = verify(copy, "all")
    assert again.wrong_data == [2] or again.wrong_tables == [2]


def test_a_changed_parameter_with_a_digest_to_match_is_found_by_drawing(copy: Path) -> None:
    from deepbench_fast.store.format import chunk_digest

    with h5py.File(copy, "r+") as file:
        stars = file["objects/star"][:]
        stars["x"][0] += 1
        file["objects/star"][:] = stars
        chunk = file["chunks"][0]
        n, rows = chunk["count"], {kind: chunk[f"rows_{kind}"] for kind in ("galaxy", "star")}
        parts = [file[name][:n] for name in ("images", "clean", "targets", "samples")]
        parts += [file[f"objects/{kind}"][:r] for kind, r in rows.items()]
        chunk["digest"] = chunk_digest(parts)
        file["chunks"][0] = chunk
    assert verify(copy).same
    report = verify(copy, "all")
    assert (report.wrong_digest, report.wrong_data, report.wrong_tables) == ([], [0], [0])
    sample, x = int(stars["sample"][0]), stars["x"][0]
    assert report.differences == [Difference(sample, "objects/star", 0, "x", str(x), str(x - 1))]
    with pytest.raises(MismatchError, match=rf"the first: sample {sample}: /objects/star\[0\] x: {x}, not {x - 1}"):
        report.raise_if_different()


def test_wrong_number(mixed_file: Path) -> None:
    for wrong in (-1, "some"):
        with pytest.raises(UsageError, match="neither a number"):
            verify(mixed_file, wrong)
