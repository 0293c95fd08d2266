"""A file's structure is what its recipe says, or every reader says in one line where it differs, and reads nothing."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import FileError, Recipe, generate, index_parts, open_dataset, verify
from deepbench_fast.store.header import table_digest
from deepbench_fast.store.stored import open_header
from tests.cli.running import run

TEXT = """
samples: 12
image: {shape: [8, 8]}
splits: {train: 0.5, test: 0.5}
catalogues:
  a: {objects: [star: {name: star}]}
  b: {objects: [star: {name: star}, galaxy]}
"""
DATASETS = ("recipe", "chunks", "images", "targets", "samples", "objects/star", "objects/galaxy")
NUMBERS = DATASETS[1:]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    generate(Recipe.from_yaml(TEXT), folder / "good.h5")
    with h5py.File(folder / "good.h5") as file, h5py.File(folder / "other.h5", "w") as other:
        for name in file:
            file.copy(name, other)
    return folder / "good.h5"


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Path:
    shutil.copy(good.with_name("other.h5"), tmp_path / "other.h5")
    return Path(shutil.copy(good, tmp_path / "copy.h5"))


def check_refused(path: Path, words: str) -> None:
    """Every reader refuses it in the same short line."""
    for reader in (open_dataset, verify, open_header):
        with pytest.raises(FileError, match=words) as caught:
            reader(path)
        assert len(str(caught.value)) <= 500
        assert str(caught.value).isprintable()
    for command in (("info", path), ("show", path, 0), ("export", path, path.with_name("out"), "--format", "npy")):
        ran = run(*command)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("Error: ")
        assert ran.err.count("\n") == 1
    assert not path.with_name("out").exists()


def replaced_by(make: Callable[[Any, str, Any], None]) -> Callable[[Any, str], None]:
    """A change of a file that stores a dataset anew, its attributes kept."""

    def change(file: Any, name: str) -> None:
        old = file[name]
        attributes = dict(old.attrs)
        file.move(name, "moved")
        make(file, name, file["moved"])
        if name in file and isinstance(file.get(name, getlink=True), h5py.HardLink):
            file[name].attrs.update(attributes)
        del file["moved"]

    return change


def soft(file: Any, name: str) -> None:
    file.move(name, "kept")
    file[name] = h5py.SoftLink("/kept")


def to_itself(file: Any, name: str) -> None:
    del file[name]
    file[name] = h5py.SoftLink(f"/{name}")


def other_file(file: Any, name: str) -> None:
    del file[name]
    file[name] = h5py.ExternalLink("other.h5", name)


def group(file: Any, name: str) -> None:
    del file[name]
    file.create_group(name)


@replaced_by
def raw(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, old.shape, old.dtype, external=[("other.h5", 0, max(1, old.nbytes))])


@replaced_by
def virtual(file: Any, name: str, old: Any) -> None:
    layout = h5py.VirtualLayout(old.shape, old.dtype)
    layout[...] = h5py.VirtualSource("other.h5", name, old.shape, old.dtype)
    file.create_virtual_dataset(name, layout)


@replaced_by
def of_itself(file: Any, name: str, old: Any) -> None:
    layout = h5py.VirtualLayout(old.shape, old.dtype)
    layout[...] = h5py.VirtualSource(".", name, old.shape, old.dtype)
    file.create_virtual_dataset(name, layout)


@replaced_by
def of_terabytes(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, (2**40, *old.shape[1:]), old.dtype, chunks=(1000, *old.shape[1:]))


@replaced_by
def of_packed_terabytes(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, (2**40, *old.shape[1:]), old.dtype, chunks=(1000, *old.shape[1:]), compression="gzip")


@replaced_by
def never_written(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, old.shape, old.dtype, chunks=old.shape)


@replaced_by
def in_huge_chunks(file: Any, name: str, old: Any) -> None:
    shape = (None, *old.shape[1:])
    file.create_dataset(name, data=old[:], dtype=old.dtype, chunks=(4096, *old.shape[1:]), maxshape=shape)


@replaced_by
def texts(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, old.shape, h5py.string_dtype())


@replaced_by
def one_axis_more(file: Any, name: str, old: Any) -> None:
    file.create_dataset(name, data=np.zeros((*old.shape, 2), old.dtype))


LINKS = "is a link to elsewhere"
CHANGES: dict[str, tuple[Callable[[Any, str], None], str, tuple[str, ...]]] = {
    "a soft link": (soft, LINKS, DATASETS),
    "a link to itself": (to_itself, LINKS, DATASETS),
    "a link to another file": (other_file, LINKS, DATASETS),
    "a group": (group, "is missing", DATASETS),
    "numbers in another file": (raw, "lie in another file", NUMBERS),
    "numbers of other datasets": (virtual, "is a virtual dataset", NUMBERS),
    "numbers of itself": (of_itself, "is a virtual dataset", NUMBERS),
    "terabytes": (of_terabytes, "bytes, of which 0 are stored", NUMBERS),
    "packed terabytes": (of_packed_terabytes, "parts of /.* are not there", NUMBERS),
    "never written": (never_written, "of which 0 are stored", NUMBERS),
    "huge chunks": (in_huge_chunks, "chunks that are larger than itself", NUMBERS),
    "texts": (texts, "other columns|another type|of which 0 are stored", NUMBERS),
    "an axis more": (one_axis_more, "other columns|another type|has the shape", NUMBERS),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_dataset_is_what_it_should_be(copy: Path, change: str) -> None:
    make, words, names = CHANGES[change]
    for name in names:
        path = Path(shutil.copy(copy, copy.with_name("case.h5")))
        with h5py.File(path, "r+") as file:
            make(file, name)
        check_refused(path, f"({words})")


def test_a_link_instead_of_the_group_of_objects(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        del file["objects"]
        file["objects"] = h5py.ExternalLink("other.h5", "objects")
    check_refused(copy, "/objects is a link to elsewhere")


@pytest.mark.parametrize("options", [{"compression": "gzip"}, {"compression": "lzf", "shuffle": True}, {}])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_file_that_was_packed_is_read(good: Path, tmp_path: Path, options: dict[str, Any], libver: str) -> None:
    path = tmp_path / "packed.h5"
    with h5py.File(good) as source, h5py.File(path, "w", libver=libver, userblock_size=512) as target:
        target.attrs.update(dict(source.attrs))
        for name in DATASETS:
            old = source[name]
            chunked = {**options, "chunks": (5, *old.shape[1:])} if old.shape and len(old) > 5 else {}
            target.create_dataset(name, data=old[()], dtype=old.dtype, **chunked)
            target[name].attrs.update(dict(old.attrs))
    assert open_dataset(path).summary == open_dataset(good).summary
    assert verify(path).same
    assert all(np.array_equal(a, b) for a, b in zip(open_dataset(path).images, open_dataset(good).images, strict=True))


LIMITED = """
import resource, sys
import deepbench_fast.store.stored as stored
from deepbench_fast import FileError
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 2**28, held + 2**28))
try:
    stored.open_header(sys.argv[1])
except FileError as error:
    print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux")
@pytest.mark.parametrize("libver", ["earliest", ("v110", "v110")])
def test_lengths_of_texts_are_not_believed(good: Path, tmp_path: Path, libver: Any) -> None:
    """Of the recipe, of attributes and of names of axes, which HDF5 would take 4 GiB for."""
    path = tmp_path / "long.h5"
    with h5py.File(good) as source, h5py.File(path, "w", libver=libver) as target:
        target.attrs.update(dict(source.attrs))
        for name in DATASETS:
            target.create_dataset(name, data=source[name][()], dtype=source[name].dtype)
            target[name].attrs.update(dict(source[name].attrs))
    data = path.read_bytes()
    with h5py.File(path) as file:
        places = [file["recipe"].id.get_offset()]
    if libver == "earliest":  # in later forms a checksum is before attributes
        heaps = [at for at in range(0, len(data), 8) if data[at : at + 4] == b"GCOL"]
        places += [
            at - 4 for heap in heaps for at in range(4, len(data)) if data[at : at + 8] == struct.pack("<Q", heap)
        ]
    refused = 0
    for at in places[:8]:
        damaged = bytearray(data)
        struct.pack_into("<I", damaged, at, 2**32 - 8)
        path.write_bytes(damaged)
        ran = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True)
        said = f"{path}: damaged: a text says that it has 4294967288 bytes\n"
        assert ran.stdout.count("\n") <= 1
        refused += ran.stdout == said  # of some attributes nothing is read
    assert refused >= min(5, len(places))


def test_names_of_an_unknown_kind(tmp_path: Path) -> None:
    code = (
        "from deepbench_fast import Recipe, generate, light_kind, parameter\n"
        "blob = light_kind('blob', parameters=[parameter('r', 'pix', low=0.1, high=9, default=3)])\n"
        "blob(lambda dx, dy, row: 1.0 / (1.0 + (dx * dx + dy * dy) / (row.r * row.r)))\n"
        f"generate(Recipe.of_kind('blob').with_overrides({{'samples': 4, 'size': (8, 8)}}), {str(tmp_path / 'o.h5')!r})"
    )
    (tmp_path / "kind.py").write_text(code)
    subprocess.run([sys.executable, tmp_path / "kind.py"], check=True)
    assert len(open_dataset(tmp_path / "o.h5").objects("blob")) == 4

    def check(change: Callable[[Any], None], words: str) -> None:
        path = Path(shutil.copy(tmp_path / "o.h5", tmp_path / "case.h5"))
        with h5py.File(path, "r+") as file:
            del file.attrs["header_digest"]  # as files of the first release
            change(file)
        check_refused(path, words)

    def labelled(table: str, column: str, labels: dict[str, int]) -> Callable[[Any], None]:
        @replaced_by
        def change(file: Any, name: str, old: Any) -> None:
            types = [
                (n, h5py.enum_dtype(labels, old.dtype[n].str) if n == column else old.dtype[n]) for n in old.dtype.names
            ]
            file.create_dataset(name, data=old[:].astype(np.dtype(types)), dtype=np.dtype(types))

        return lambda file: change(file, table)

    def columns(*types: tuple[str, str]) -> Callable[[Any], None]:
        @replaced_by
        def change(file: Any, name: str, old: Any) -> None:
            file.create_dataset(name, data=np.zeros(old.shape, np.dtype(list(types))))

        return lambda file: change(file, "objects/blob")

    def renamed(file: Any) -> None:
        chunks = file["chunks"][:]
        chunks.dtype.names = tuple(name.replace("blob", "../blob") for name in chunks.dtype.names)
        del file["chunks"]
        file["chunks"] = chunks

    for evil in ("../a", "..", "a/../b", "\x1b[2J", "a\\b", "x" * 100):
        for column in ("catalogue", "split"):
            check(labelled("samples", column, {evil: 0}), "a name in it is none")
    check(labelled("samples", "catalogue", {"a": 1}), "/samples has other labels")
    check(labelled("objects/blob", "entry", {"a/../b": 0}), "a name in it is none")
    check(renamed, r"/objects/\.\. is missing")
    check(columns(("sample", "<i8"), ("slot", "<i8")), "/objects/blob has other columns")
    check(
        columns(("sample", "<i8"), ("entry", "<i8"), ("slot", "<i8"), ("r", "<f4")), "/objects/blob has other columns"
    )


def test_numbers_of_labels_that_are_none(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        rows = file["samples"][:]
        rows["catalogue"][3], rows["split"][4] = -1, 99
        file["samples"][:] = rows
    dataset = open_dataset(copy)
    readers = lambda: dataset[:].labels, lambda: dataset.samples, lambda: dataset.split("train"), lambda: dataset[3]
    for read in readers:
        with pytest.raises(FileError, match="/samples holds numbers of a catalogue that it has no name for"):
            read()
    for format in ("npy", "csv", "png", "fits", "parquet"):
        ran = run("export", copy, copy.with_name(format), "--format", format)
        assert ran.status == 1
        assert "/samples holds numbers of a" in ran.err
    assert verify(copy).wrong_digest == [0]


def test_an_index_that_names_itself(tmp_path: Path) -> None:
    for number in (1, 2):
        generate(Recipe.from_yaml(TEXT), tmp_path / "i.h5", shard=f"{number}/2")
    index_parts(tmp_path / "i.h5")
    names = ["i.h5", "../i.shard-1-of-2.h5", "/etc/passwd", "", "..", "a\x1bb"]
    for name in names:
        path = Path(shutil.copy(tmp_path / "i.h5", tmp_path / "case.h5"))
        with h5py.File(path, "r+") as file:
            shards = file["shards"][:]
            shards["file"][0] = name.replace("i.h5", "case.h5").encode()
            shards["bytes"][0] = path.stat().st_size
            file["shards"][:] = shards
            file["shards"].attrs.modify("table_digest", table_digest(file["shards"][:]))
        check_refused_index(path, "it is an index itself|names .*, no plain name")


def check_refused_index(path: Path, words: str) -> None:
    for reader in (open_dataset, verify):
        with pytest.raises(FileError, match=words) as caught:
            reader(path)
        assert str(caught.value).isprintable()


@pytest.mark.skipif(os.name != "posix", reason="pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.h5")
    check_refused(tmp_path / "pipe.h5", "not a regular file")
