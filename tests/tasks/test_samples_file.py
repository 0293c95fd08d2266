"""Files of posterior samples: those that we write, those that others do, and those that aren't any."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import FileError, UsageError
from deepbench_fast.tasks import PosteriorSamples, coverage

RANDOM = np.random.default_rng(0)
SAMPLES, TRUTH = RANDOM.random((20, 30, 2)), RANDOM.random((20, 2))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    given = PosteriorSamples(SAMPLES, TRUTH, ("a", "b"), np.ones((20, 5)), "star", tuple(range(20)))
    given.write(path)
    found = PosteriorSamples.read(path)
    np.testing.assert_array_equal(found.samples, SAMPLES)
    np.testing.assert_array_equal(found.truth, TRUTH)
    assert (found.names, found.task, found.observations) == (("a", "b"), "star", given.observations)
    with pytest.raises(FileError, match="exists; --overwrite"):
        given.write(path)
    given.write(path, overwrite=True)
    with pytest.raises(FileError, match="can't be written"):
        given.write(tmp_path / "none" / "s.h5")
    assert coverage(path).names == ("a", "b")


@pytest.mark.parametrize("room", [100, 3000, 9000])
def test_a_disk_without_room_is_one_line_and_nothing_is_left(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(FileError, match=f"can't be written: {os.strerror(errno.EFBIG)}"):
            PosteriorSamples(SAMPLES, TRUTH, ("a", "b")).write(tmp_path / "s.h5")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def others(path: Path, arrays: dict[str, Any], names: Any = ("a", "b")) -> Path:
    """A file as somebody else writes it: names as an attribute."""
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        if names is not None:
            file.attrs["names"] = list(names)
    return path


def test_files_of_others_are_read(tmp_path: Path) -> None:
    path = others(tmp_path / "o.h5", {"samples": SAMPLES.astype("f4"), "truth": TRUTH.astype("f4")})
    found = PosteriorSamples.read(path)
    assert found.names == ("a", "b")
    assert found.samples.dtype == np.float64
    waiting = PosteriorSamples.read(others(tmp_path / "w.h5", {"truth": TRUTH}))
    with pytest.raises(UsageError, match=r"no samples yet: write /samples \(N, S, P\)"):
        coverage(waiting)
    with pytest.raises(UsageError, match="only samples of a task's observations have a reference"):
        coverage(found, reference=True)


@pytest.mark.parametrize(
    ("arrays", "names", "words"),
    [
        ({"samples": SAMPLES}, ("a", "b"), "lacks /truth"),
        ({"samples": SAMPLES, "truth": TRUTH}, None, "lacks /names"),
        ({"samples": SAMPLES, "truth": TRUTH}, ("a",), "1 names for 2 parameters"),
        ({"samples": SAMPLES[:3], "truth": TRUTH}, ("a", "b"), r"samples \(N, S, P\) are \(3, 30, 2\)"),
        ({"samples": SAMPLES[:, :, :1], "truth": TRUTH}, ("a", "b"), r"but truth \(N, P\) is \(20, 2\)"),
        ({"samples": SAMPLES[0], "truth": TRUTH}, ("a", "b"), r"/samples must have 3 axes, not the shape \(30, 2\)"),
        ({"samples": SAMPLES * np.nan, "truth": TRUTH}, ("a", "b"), "must be finite"),
        ({"samples": b"text", "truth": TRUTH}, ("a", "b"), "/samples must be numbers"),
        ({"samples": SAMPLES, "truth": TRUTH, "x": TRUTH[:4]}, ("a", "b"), "x has 4 rows for 20 truths"),
        ({"samples": SAMPLES, "truth": TRUTH, "observations": [1]}, ("a", "b"), "1 observations for 20 truths"),
        ({"samples": SAMPLES, "truth": TRUTH, "observations": b"one"}, ("a", "b"), "/observations must be numbers"),
        ({"samples": SAMPLES, "truth": 1.0}, ("a", "b"), r"/truth must have 2 axes, not the shape \(\)"),
        ({"truth": 1.0}, ("a", "b"), r"/truth must have 2 axes, not the shape \(\)"),
        ({"samples": SAMPLES[:0], "truth": TRUTH[:0]}, ("a", "b"), "there are no posteriors: N is 0"),
        ({"samples": SAMPLES[:, :, :0], "truth": TRUTH[:, :0]}, (), "there are no parameters: P is 0"),
        ({"samples": SAMPLES + 1j, "truth": TRUTH}, ("a", "b"), "/samples must be numbers, not complex"),
        ({"samples": SAMPLES, "truth": TRUTH}, ("a", "a"), "the name a stands twice"),
        ({"samples": SAMPLES, "truth": TRUTH}, (b"a", b"\xff"), "/names must be text"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, arrays: dict[str, Any], names: Any, words: str) -> None:
    path = others(tmp_path / "bad.h5", arrays, names)
    with pytest.raises(FileError, match=words) as caught:
        PosteriorSamples.read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        PosteriorSamples.read(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(FileError, match="no HDF5 file"):
        PosteriorSamples.read(tmp_path / "text.h5")


@pytest.mark.filterwarnings("ignore")
def test_arviz_takes_the_samples() -> None:
    pytest.importorskip("arviz")
    found = PosteriorSamples(SAMPLES, TRUTH, ("a", "b")).to_arviz(3)
    np.testing.assert_array_equal(found.posterior["b"].values, SAMPLES[3, None, :, 1])
    with pytest.raises(UsageError, match="numbered 0 to 19"):
        PosteriorSamples(SAMPLES, TRUTH, ("a", "b")).to_arviz(20)
