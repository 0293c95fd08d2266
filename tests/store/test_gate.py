"""What a file says of itself is compared with its recipe; what is the user's own is left alone."""

from __future__ import annotations

import gc
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, verify
from deepbench_fast.errors import DeepbenchFastError, FileError
from deepbench_fast.store.stored import open_header
from tests.cli.running import run
from tests.recipes import noisy_pendulums


@pytest.fixture
def copy(mixed_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(mixed_file, tmp_path / "copy.h5"))


@pytest.fixture(scope="module")
def series_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("series") / "series.h5"
    generate(noisy_pendulums(), path)
    return path


def check_refused(path: Path, words: str) -> None:
    for reader in (open_dataset, verify, open_header):
        with pytest.raises(FileError, match=words) as caught:
            reader(path)
        assert "\n" not in str(caught.value)


def set_chunks(file: Any, column: str, number: int, value: int) -> None:
    chunks = file["chunks"][:]
    chunks[column][number] = value
    file["chunks"][:] = chunks


def replace(file: Any, name: str, **changes: Any) -> None:
    """Store a dataset anew, its attributes kept."""
    old = file[name]
    data, attributes = old[:], dict(old.attrs)
    dtype = changes.pop("dtype", old.dtype)
    del file[name]
    file.create_dataset(name, data=data[: changes.get("rows", len(data))].astype(dtype), dtype=dtype)
    file[name].attrs.update(attributes)


def renamed(dtype: np.dtype[Any], column: str, labels: dict[str, int]) -> np.dtype[Any]:
    fields = [(n, h5py.enum_dtype(labels, dtype[n].str) if n == column else dtype[n]) for n in dtype.names or ()]
    return np.dtype(fields)


DAMAGES: dict[str, tuple[Callable[[Any], None], str]] = {
    "a name": (lambda f: f.attrs.update(name="other"), "attribute name is 'other'"),
    "a seed": (lambda f: f.attrs.update(seed=8), "attribute seed is 8, by its recipe 7"),
    "samples": (lambda f: f.attrs.update(samples=2999), "/chunks does not hold the samples"),
    "first": (lambda f: f.attrs.update(first=1), "samples 1"),
    "total": (lambda f: f.attrs.update(total=3001), "attribute total is 3001, by its recipe 3000"),
    "no software": (lambda f: f.attrs.__delitem__("software"), "attribute software is nothing"),
    "a hash": (lambda f: f.attrs.update(recipe_hash="0" * 32), "recipe_hash names"),
    "another schema": (lambda f: f.attrs.update(schema="deepbench-fast/2"), "not a dataset of schema"),
    "a count": (lambda f: set_chunks(f, "count", 1, 7), "/chunks does not hold the samples"),
    "a first": (lambda f: set_chunks(f, "first", 2, 7), "/chunks does not hold the samples"),
    "rows": (lambda f: set_chunks(f, "rows_star", 0, 7), "/objects/star has the shape"),
    "negative rows": (lambda f: set_chunks(f, "rows_star", 0, -1), "negative number"),
    "done": (lambda f: set_chunks(f, "done", 0, 2), "neither done nor not"),
    "no images": (lambda f: f.__delitem__("images"), "/images is missing"),
    "no clean twin": (lambda f: f.__delitem__("clean"), "/clean is missing"),
    "no table": (lambda f: f.__delitem__("objects/star"), "/objects/star is missing"),
    "no chunks": (lambda f: f.__delitem__("chunks"), "damaged: /chunks is missing"),
    "no recipe": (lambda f: f.__delitem__("recipe"), "damaged: /recipe is missing"),
    "fewer images": (lambda f: replace(f, "images", rows=10), "/images has the shape"),
    "other images": (lambda f: replace(f, "images", dtype="<f8"), "/images has another type"),
    "a unit": (lambda f: f["objects/star"].attrs.update(units=["pix"] * 8), "attribute units of /objects/star"),
    "a header": (lambda f: f["samples"].attrs.__delitem__("__table_column_meta__"), "__table_column_meta__"),
    "a target": (lambda f: f["targets"].attrs.update(names=list("abcde")), "attribute names of /targets"),
    "a class": (
        lambda f: replace(f, "samples", dtype=renamed(f["samples"].dtype, "catalogue", {"stars": 1, "fields": 0})),
        "labels of /samples",
    ),
    "an entry": (
        lambda f: replace(f, "objects/galaxy", dtype=renamed(f["objects/galaxy"].dtype, "entry", {"a": 0})),
        "labels of /objects/galaxy",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_a_file_says_of_itself(copy: Path, name: str) -> None:
    damage, words = DAMAGES[name]
    with h5py.File(copy, "r+") as file:
        damage(file)
    check_refused(copy, words)


def test_a_recipe_that_is_cut_by_a_zero_byte(copy: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[data.rindex(b"ellip:") - 1] = 0
    copy.write_bytes(data)
    check_refused(copy, "its recipe can.t be read")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: f["time"].__setitem__(3, 9.0), "/time does not hold"),
        (lambda f: f["time"].attrs.update(unit="min"), "attribute unit of /time"),
        (lambda f: f["series"].attrs.update(outputs=["x", "angle", "y"]), "names of its outputs"),
        (lambda f: f["output"].__setitem__(0, "other"), "names of its outputs"),
        (lambda f: f["series"].attrs.update(units=["m", "m", "m"]), "attribute units of /series"),
    ],
)
def test_the_axes_of_series(series_file: Path, tmp_path: Path, damage: Callable[[Any], None], words: str) -> None:
    copy = Path(shutil.copy(series_file, tmp_path / "copy.h5"))
    with h5py.File(copy, "r+") as file:
        damage(file)
    check_refused(copy, words)


def test_what_is_the_users_own_is_left_alone(copy: Path, mixed_file: Path, tmp_path: Path) -> None:
    with h5py.File(copy, "r+") as file:
        file["runs/one/loss"] = [1.0, 0.5]
        file["masks"] = 3.0
        file["time"] = "noon"
        file["objects/mine"] = [1, 2, 3]
        file.create_group("objects/more")
        file.attrs["note"] = "mine"
        file["images"].attrs["note"] = "mine"
        file["alias"] = h5py.SoftLink("/nowhere")
    ours, plain = open_dataset(copy), open_dataset(mixed_file)
    assert ours.summary == plain.summary
    assert set(ours[0]) == set(plain[0])
    assert verify(copy, 1).same
    for format in ("npy", "csv", "parquet", "fits", "png"):
        ran = run("export", copy, tmp_path / format, "--format", format, "-n", "20")
        assert ran.status == 0, ran.err
    assert run("info", copy).out == run("info", mixed_file).out
    assert run("show", copy, "3").status == 0


def test_files_of_the_first_release_are_read(series_file: Path, mixed_file: Path, tmp_path: Path) -> None:
    for source in (series_file, mixed_file):
        path = Path(shutil.copy(source, tmp_path / source.name))
        with h5py.File(path, "r+") as file:
            del file.attrs["header_digest"]
            if "series" in file:
                del file["series"].attrs["DIMENSION_LIST"]
                del file["output"], file["sample"]
        assert open_dataset(path).summary == open_dataset(source).summary
        assert verify(path, "all").same


OWN_KIND = """
from deepbench_fast import Recipe, generate, light_kind, parameter

@light_kind("blob", parameters=[parameter("radius", "pix", low=0.1, high=100, default=3)])
def blob(dx, dy, row):
    return 1.0 / (1.0 + (dx * dx + dy * dy) / (row.radius * row.radius))

if __name__ == "__main__":
    generate(Recipe.of_kind("blob").set("samples", 10), "blob.h5")
"""


def test_a_file_whose_kinds_are_not_known_here(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(OWN_KIND, encoding="utf-8")
    subprocess.run([sys.executable, "kinds.py"], cwd=tmp_path, check=True)
    path = tmp_path / "blob.h5"
    gc.disable()  # the file is closed where it isn't used any more, not only where the collector runs
    assert len(open_dataset(path).objects("blob")) == 10
    with h5py.File(path, "r+"):
        gc.enable()
    assert verify(path).same
    with h5py.File(path, "r+") as file:
        file["objects/blob"].attrs["units"] = ["m"] * len(file["objects/blob"].attrs["units"])
    check_refused(path, "what it says of itself")
    with h5py.File(path, "r+") as file:
        set_chunks(file, "count", 0, 9)
    check_refused(path, "/chunks does not hold")


def everything(path: Path) -> str:
    """All that a reader may return."""
    dataset = open_dataset(path)
    arrays = [array.tobytes() for _, array in dataset[:].items()]
    tables = [dataset.samples, dataset.objects("star"), dataset.objects("galaxy")]
    columns = [(n, str(t[n].unit), np.asarray(t[n]).tobytes()) for t in tables for n in t.colnames]
    return repr((arrays, columns, dataset.summary, dataset.recipe, dataset.catalogues, dataset.target_names))


def flip_bits(path: Path, folder: Path, tries: int) -> int:
    """Flip single bits and read: an error of ours, or all that was written. The number of errors."""
    good, whole = path.read_bytes(), everything(path)
    chance, found = random.Random(1), 0
    for number in range(tries):
        data = bytearray(good)
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
        damaged = folder / f"{number}.h5"
        damaged.write_bytes(data)
        try:
            same = verify(damaged, "all").same
            read = everything(damaged)
        except DeepbenchFastError:
            found += 1
        else:
            assert same == (read == whole), f"bit {place}"
            found += not same
        damaged.unlink()
    return found


@pytest.mark.parametrize("tries", [300, pytest.param(5_000, marks=pytest.mark.slow)])
def test_single_bits(tmp_path: Path, tries: int) -> None:
    text = "{samples: 4, image: {shape: [8, 8]}, catalogues: {a: {objects: [star]}, b: {objects: [galaxy]}}}"
    generate(Recipe.from_yaml(text), tmp_path / "o.h5")
    assert flip_bits(tmp_path / "o.h5", tmp_path, tries) > tries // 20
