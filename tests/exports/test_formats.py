"""What holds for every format: stopping and going on, directories of something else, wrong values, flat memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import h5py
import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.exports.formats import FORMATS, export
from deepbench_fast.store.file_bytes import lock_file
from tests.exports.reading import contents, manifest
from tests.recipes import mixed

INSTALLED = [name for name in FORMATS if name != "parquet" or find_spec("pyarrow")]


class Progress:
    """Counts steps from 1; breaks off at `stop`; at those in `copies` it keeps what a kill would leave."""

    def __init__(self, stop: int = 0, folder: Path = Path(), copies: dict[int, Path] | None = None) -> None:
        self.stop, self.folder, self.copies = stop, folder, copies or {}
        self.steps, self.rows = 0, 0

    def start(self, total: int, done: int) -> None:
        self.total, self.rows = total, done

    def advance(self, number: int) -> None:
        self.steps += 1
        self.rows += number
        if self.steps in self.copies:
            shutil.copytree(self.folder, self.copies[self.steps])
        if self.steps == self.stop:
            raise KeyboardInterrupt


def changes(folder: Path) -> dict[Path, int]:
    """When each finished file was changed."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".json", ".part"))
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture
def _many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("fits", "parquet"):
        monkeypatch.setattr(f"deepbench_fast.exports.{module}.PART_BYTES", 1)


@pytest.mark.usefixtures("_many_files")
@pytest.mark.parametrize("format", INSTALLED)
def test_goes_on_where_it_was_killed(mixed_file: Path, tmp_path: Path, format: str) -> None:
    folder = tmp_path / "whole"
    copies = {step: tmp_path / str(step) for step in (1, 2, 4)}
    whole = export(mixed_file, folder, format, count=900, progress=Progress(folder=folder, copies=copies))
    for copy in filter(Path.exists, copies.values()):
        assert manifest(copy)["complete"] is False
        before = changes(copy)
        again = export(mixed_file, copy, format, count=900)
        assert (again.kept, again.kept + again.written) == (len(before), whole.written)
        assert before.items() <= changes(copy).items()
        assert contents(copy) == contents(folder)


@pytest.mark.parametrize("format", INSTALLED)
def test_interrupted_one_leaves_no_halves(mixed_file: Path, tmp_path: Path, format: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        export(mixed_file, tmp_path / "out", format, count=900, progress=Progress(stop=1))
    assert manifest(tmp_path / "out")["complete"] is False
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("format", INSTALLED)
def test_finished_one_is_left_alone(mixed_file: Path, tmp_path: Path, format: str) -> None:
    first = export(mixed_file, tmp_path / "out", format, count=100)
    before = changes(tmp_path / "out")
    progress = Progress()
    again = export(mixed_file, tmp_path / "out", format, count=100, progress=progress)
    assert (again.written, again.kept) == (0, first.written)
    assert progress.rows == progress.total
    assert before == changes(tmp_path / "out")


@pytest.mark.parametrize("format", INSTALLED)
@pytest.mark.parametrize("split", [None, "test"])
def test_progress_ends_at_its_total(mixed_file: Path, tmp_path: Path, format: str, split: str | None) -> None:
    progress = Progress()
    export(mixed_file, tmp_path / "out", format, split=split, count=400, progress=progress)
    assert progress.rows == progress.total


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_export_goes_on(mixed_file: Path, tmp_path: Path) -> None:
    code = "import sys; from deepbench_fast.exports.formats import export; export(*sys.argv[1:3], 'png', count=900)"
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", code, str(mixed_file), str(folder)])
    while process.poll() is None and sum(1 for _ in folder.rglob("*.png")) < 100:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sum(1 for _ in folder.rglob("*.png")) >= 100
    export(mixed_file, folder, "png", count=900)
    export(mixed_file, tmp_path / "whole", "png", count=900)
    assert contents(folder) == contents(tmp_path / "whole")


def test_other_dataset_selection_or_settings_are_refused(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "out", "png", split="test", count=30)
    before = contents(tmp_path / "out")
    generate(mixed(samples=30, seed=8), tmp_path / "other.h5")
    for path, format, options, word in (
        (tmp_path / "other.h5", "png", {"count": 4, "split": "test"}, "digest"),
        (mixed_file, "csv", {"split": "test", "count": 30}, "format"),
        (mixed_file, "png", {"split": "train", "count": 30}, 'split "test", not "train"'),
        (mixed_file, "png", {"split": "test", "count": 31}, "samples 30, not 31"),
        (mixed_file, "png", {"split": "test", "count": 30, "bits": 16}, "bits 8, not 16"),
        (mixed_file, "png", {"split": "test", "count": 30, "low": -9.0}, "low"),
        (mixed_file, "png", {"split": "test", "count": 30, "stretch": "log"}, 'stretch "asinh", not "log"'),
    ):
        with pytest.raises(MismatchError, match=word) as error:
            export(path, tmp_path / "out", format, **options)
        assert "\n" not in str(error.value)
        assert contents(tmp_path / "out") == before


SAME_DATA = """
name: one
samples: 4
image: {shape: [9, 9]}
splits: {train: 1}
targets: [circle.x]
catalogues:
  round:
    objects:
      - circle: {x: 4, y: 4, radius: 2, fill: 1, line_width: 1}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("train", "test", r'splits \["train"\], not \["test"\]'),
        ("round", "disc", r'catalogues \["round"\], not \["disc"\]'),
        ("circle.x", "circle.y", r'targets.circle.x "pix", not null'),
        ("one", "two", 'name "one", not "two"'),
    ],
)
def test_the_same_data_under_other_names_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    texts = (SAME_DATA, SAME_DATA.replace(old, new, 1))
    one, two = (generate(Recipe.from_yaml(text), tmp_path / f"{k}.h5").digest for k, text in enumerate(texts))
    assert one == two
    export(tmp_path / "0.h5", tmp_path / "out", "csv")
    with pytest.raises(MismatchError, match=words):
        export(tmp_path / "1.h5", tmp_path / "out", "csv")


def test_directories_of_something_else_are_refused(mixed_file: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "export.json").write_text("[1, 2", encoding="utf-8")
    (tmp_path / "link").symlink_to("nowhere")
    for folder, words in (
        ("link", "not a directory"),
        ("full", "not empty"),
        ("odd", "not the description of an export"),
        ("full/thesis.tex", "not a directory"),
        ("nowhere/out", "no such directory"),
    ):
        with pytest.raises(FileError, match=words):
            export(mixed_file, tmp_path / folder, "csv")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]


def test_a_folder_in_the_place_of_a_file_is_told(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "out", "csv", count=3)
    (tmp_path / "out" / "samples.csv").unlink()
    (tmp_path / "out" / "samples.csv").mkdir()
    with pytest.raises(FileError, match=r"samples\.csv: can't be written"):
        export(mixed_file, tmp_path / "out", "csv", count=3)


def test_directory_in_use_is_refused(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "out", "csv", count=3)
    descriptor = lock_file(tmp_path / "out" / "export.json")
    try:
        with pytest.raises(FileError, match="another process"):
            export(mixed_file, tmp_path / "out", "csv", count=3)
    finally:
        os.close(descriptor)
    export(mixed_file, tmp_path / "out", "csv", count=3)


@pytest.mark.parametrize(
    ("format", "options", "words"),
    [
        ("gif", {}, "npy, png, jpeg"),
        ("csv", {"split": "tset"}, "it has train, validation, test"),
        ("csv", {"count": 3001}, "asked for 3 001 samples, of 3 000"),
        ("csv", {"count": 601, "split": "test"}, "601 samples, of 600"),
        ("npy", {"low": 0.0}, "--low is not for npy"),
        ("png", {"quality": 50}, "--quality is not for png"),
        ("png", {"bits": 12}, "8 or 16"),
        ("jpeg", {"bits": 16}, "jpeg has 8"),
        ("jpeg", {"quality": 0}, "from 1 to 100"),
        ("png", {"low": 2.0, "high": 1.0}, "must be below white"),
        ("png", {"low": float("nan")}, "low: must be a finite number"),
        ("png", {"high": float("inf")}, "high: must be a finite number"),
        ("png", {"stretch": "cubic"}, "linear, sqrt, log, asinh"),
        ("png", {"stretch": "sqrt", "stretch_a": 0.1}, "is for log and asinh, not for sqrt"),
        ("jpeg", {"stretch": "asinh", "stretch_a": 0.0}, "from 1e-9"),
        ("jpeg", {"stretch_a": float("nan")}, "stretch_a: must be a finite number"),
        ("png", {"stretch_a": "x"}, "stretch_a: must be a number"),
        ("png", {"low": "0"}, "low: must be a number"),
        ("png", {"bits": "8"}, "bits: must be a whole number"),
        ("jpeg", {"quality": 95.5}, "quality: must be a whole number"),
        ("npy", {"count": 1.5}, "count: must be a whole number from 1"),
        ("npy", {"count": True}, "count: must be a whole number from 1"),
        ("npy", {"count": 0}, "count: must be a whole number from 1"),
        ("npz", {}, "format: unknown format 'npz'; did you mean 'npy'"),
        (["npy"], {}, "format: must be the name of one format"),
        ("fits", {"stretch_a": 1.0}, "--stretch-a is not for fits"),
    ],
)
def test_wrong_values(mixed_file: Path, tmp_path: Path, format: str, options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as error:
        export(mixed_file, tmp_path / "out", format, **options)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_unfinished_and_missing_files(mixed_file: Path, tmp_path: Path) -> None:
    shutil.copy(mixed_file, tmp_path / "mixed.h5")
    with h5py.File(tmp_path / "mixed.h5", "r+") as file:
        chunks = file["chunks"][:]
        chunks["done"][1] = 0
        file["chunks"][:] = chunks
    (tmp_path / "text.h5").write_text("text", encoding="utf-8")
    for path, words in (("mixed.h5", "unfinished"), ("missing.h5", "no such file"), ("text.h5", "not an HDF5 file")):
        with pytest.raises(FileError, match=words):
            export(tmp_path / path, tmp_path / "out", "csv")


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """49 MB of images."""
    path = tmp_path_factory.mktemp("large") / "large.h5"
    generate(mixed(samples=190, image={"shape": [256, 256]}, extras=[]), path)
    return path


@pytest.mark.parametrize("format", INSTALLED)
def test_memory_is_flat(large_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    for module in ("fits", "parquet"):
        monkeypatch.setattr(f"deepbench_fast.exports.{module}.PART_BYTES", 2**22)
    monkeypatch.setattr("deepbench_fast.exports.scale.BYTES_LOOKED_AT", 2**20)
    export(large_file, tmp_path / "first", format, count=10)  # imports
    tracemalloc.start()
    try:
        export(large_file, tmp_path / "out", format)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20e6
