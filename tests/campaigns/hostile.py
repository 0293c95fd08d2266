"""Files made to harm: every reader gives what is in them or one line, in little time and memory, and writes nothing
outside and nothing of other files.

Cases: FILE/SEED/N: one of a few datasets with one to three things wrong, made by the seed and the number.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.campaigns.harness import Campaign, Tried, check, main, numbered
from tests.campaigns.readers import COMMANDS, command, everything, in_a_process, load_all

SECRET = b"hunter2-hunter2-"
FILES = ("images", "series", "index", "own", "old", "packed")
IMAGES = """
name: hostile
samples: 12
image: {shape: [8, 8]}
noise: [poisson: {level: 5}]
splits: {train: 0.5, test: 0.5}
extras: [clean, masks, variance]
targets: [star.x, catalogue]
catalogues:
  stars: {objects: [star: {name: star}]}
  both: {objects: [star: {name: star}, galaxy: {count: 2}]}
"""
SERIES = "{name: hostile, samples: 6, series: {steps: 5}, catalogues: {a: {objects: [pendulum]}}}"
OWN = """
import sys
from deepbench_fast import Recipe, generate, light_kind, parameter

@light_kind("blob", parameters=[parameter("radius", "pix", low=0.1, high=100, default=3)])
def blob(dx, dy, row):
    return 1.0 / (1.0 + (dx * dx + dy * dy) / (row.radius * row.radius))

recipe = Recipe.of_kind("blob").with_overrides({"samples": 10, "size": (8, 8)})
generate(recipe, sys.argv[1])
"""
NAMES = ("../escaped", "..", "/tmp/escaped", "a/b", "a\\b", "", "\x1b[2Jx", "x" * 300, "con", "é", "a\nb", "nul.txt")
NUMBERS = (0, -1, 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63))
DTYPES = ("u1", "<f2", ">f8", "<i2", "<c16", "S3", "<f4", "<i8", "?")

Change = Callable[[Any, random.Random, Path], None]


def name_in(file: Any, rng: random.Random) -> str:
    """One of the datasets of a file."""
    found: list[str] = []

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(name)

    file.visititems(add)
    return rng.choice(sorted(found) or ["recipe"])


def replaced(file: Any, name: str) -> tuple[tuple[int, ...], Any, dict[str, Any]]:
    """Shape, type and attributes of a dataset that is then gone."""
    old = file[name]
    facts = old.shape, old.dtype, {key: old.attrs[key] for key in old.attrs if key not in ("DIMENSION_LIST", "CLASS")}
    del file[name]
    return facts


def make_link(file: Any, rng: random.Random, box: Path) -> None:
    name = name_in(file, rng)
    other = name_in(file, rng)
    if rng.random() < 0.3 and "/" in name:
        name = name.partition("/")[0]
    del file[name]
    file[name] = rng.choice(
        [
            h5py.SoftLink("/" + other),
            h5py.SoftLink("/" + name),
            h5py.SoftLink("/nowhere"),
            h5py.ExternalLink(str(box / "secret.h5"), name),
            h5py.ExternalLink("whole.h5", name),
            h5py.ExternalLink("whole.h5", "/"),
            h5py.ExternalLink("case.h5", name),
            h5py.ExternalLink("/dev/zero", "/"),
        ]
    )


def make_hard_link(file: Any, rng: random.Random, box: Path) -> None:
    name, other = name_in(file, rng), name_in(file, rng)
    if name != other:
        del file[name]
        file[name] = file[other]


def make_external(file: Any, rng: random.Random, box: Path) -> None:
    name = name_in(file, rng)
    shape, dtype, attributes = replaced(file, name)
    if not dtype.hasobject:
        source = rng.choice([str(box / "secret.raw"), "/dev/zero", "/proc/self/environ", "../secret.raw"])
        size = max(1, int(np.prod(shape)) * dtype.itemsize)
        file.create_dataset(name, shape, dtype, external=[(source, 0, size)])
        file[name].attrs.update(attributes)


def make_virtual(file: Any, rng: random.Random, box: Path) -> None:
    name = name_in(file, rng)
    shape, dtype, attributes = replaced(file, name)
    if dtype.hasobject or not shape:
        return
    layout = h5py.VirtualLayout(shape, dtype)
    layout[...] = h5py.VirtualSource(
        rng.choice([".", "case.h5", "whole.h5", str(box / "secret.h5")]), name, shape, dtype
    )
    file.create_virtual_dataset(name, layout)
    file[name].attrs.update(attributes)


def make_absurd(file: Any, rng: random.Random, box: Path) -> None:
    name = name_in(file, rng)
    shape, dtype, attributes = replaced(file, name)
    rest = tuple(shape[1:])
    rows = rng.choice([0, 1, 10**6, 2**31, 2**40, 2**44])
    dtype = rng.choice(DTYPES) if dtype.hasobject else dtype
    options: dict[str, Any] = {"chunks": (max(1, min(rows, rng.choice([1, 1000, 2**20]))), *rest)} if rows else {}
    if rows and rng.random() < 0.6:
        options["compression"] = rng.choice(["gzip", "lzf"])
    if rng.random() < 0.2:
        options["maxshape"] = (None, *rest)
        options["chunks"] = (2**16, *rest)
    file.create_dataset(name, (rows, *rest), dtype, **options)
    file[name].attrs.update(attributes)


def make_dtype(file: Any, rng: random.Random, box: Path) -> None:
    name = name_in(file, rng)
    shape, dtype, attributes = replaced(file, name)
    named = list(dtype.names or ())
    choices: list[Any] = [
        *DTYPES,
        h5py.string_dtype(),
        h5py.vlen_dtype("f8"),
        h5py.ref_dtype,
        h5py.enum_dtype({name[:60] or "e": 0 for name in NAMES[:2]}, "i4"),
        np.dtype([("a", "<f8", (1000,))]),
        np.dtype([("sample", "<i8"), ("x", h5py.string_dtype())]),
    ]
    if named:
        columns = [(n, dtype[n]) for n in named]
        rng.shuffle(columns)
        choices += [np.dtype(columns), np.dtype([(n, dtype[n]) for n in named[:-1]] or [("a", "i8")])] * 2
        choices += [np.dtype([(n if k else rng.choice(NAMES[:2]), t) for k, (n, t) in enumerate(columns)])]
    with suppress(TypeError, ValueError):
        file.create_dataset(name, shape, rng.choice(choices))
    if name in file:
        file[name].attrs.update(attributes)


def change_attribute(file: Any, rng: random.Random, box: Path) -> None:
    item = file if rng.random() < 0.6 else file[name_in(file, rng)]
    if not len(item.attrs):
        return
    name = rng.choice(sorted(item.attrs))
    value: Any = rng.choice(
        [
            *NAMES,
            *map(np.int64, NUMBERS),
            0.5,
            float("nan"),
            h5py.Empty("f8"),
            np.zeros(rng.choice([0, 3, 5000])),
            ["a", "b"],
            "x" * 60_000,
            np.array([b"abc"]),
            np.zeros(2, [("a", "i4")]),
        ]
    )
    with suppress(TypeError, OSError):
        item.attrs[name] = value


def drop(file: Any, rng: random.Random, box: Path) -> None:
    if rng.random() < 0.5:
        del file[name_in(file, rng)]
    else:
        del file.attrs[rng.choice(sorted(file.attrs))]


def change_labels(file: Any, rng: random.Random, box: Path) -> None:
    """Names that become folders and files."""
    name = rng.choice(["samples", name_in(file, rng)])
    old = file.get(name)
    if not isinstance(old, h5py.Dataset) or not old.dtype.names:
        return
    column = rng.choice(old.dtype.names[:2])
    labels = dict(zip(rng.sample(NAMES[:-2], rng.choice([1, 2])), rng.choice([(0, 1), (1, 0), (0, 99)]), strict=False))
    labels = {label: number for label, number in labels.items() if label}
    types = [
        (n, h5py.enum_dtype(labels, "<i4" if name == "samples" else "<i8") if n == column else old.dtype[n])
        for n in old.dtype.names
    ]
    data, attributes = old[:], dict(old.attrs)
    del file[name]
    file.create_dataset(name, data=data.astype(np.dtype(types)), dtype=np.dtype(types))
    file[name].attrs.update(attributes)


def change_data(file: Any, rng: random.Random, box: Path) -> None:
    """Numbers in tables that lead elsewhere; the digests are those of before."""
    name = rng.choice(["samples", "chunks", name_in(file, rng)])
    item = file.get(name)
    if isinstance(item, h5py.Dataset) and item.shape and item.size and not item.dtype.hasobject:
        rows = item[:]
        if rows.dtype.names:
            column = rng.choice(rows.dtype.names)
            if rows.dtype[column].kind == "S":
                rows[column][rng.randrange(len(rows))] = rng.choice(NAMES).encode()
            else:
                info = np.iinfo(rows.dtype[column]) if rows.dtype[column].kind in "iu" else None
                number = rng.choice(NUMBERS)
                number = min(max(number, int(info.min)), int(info.max)) if info else float(number)
                rows[column][rng.randrange(len(rows))] = number
        else:
            rows.reshape(-1)[rng.randrange(rows.size)] = (
                rng.choice([np.nan, np.inf, 0]) if rows.dtype.kind == "f" else 255
            )
        item[...] = rows


def change_recipe(file: Any, rng: random.Random, box: Path) -> None:
    """Another recipe, whose hash may be right."""
    if not isinstance(file.get("recipe"), h5py.Dataset):
        return
    text = str(file["recipe"].asstr()[()])
    evil = rng.choice([name for name in NAMES if name and "\n" not in name and "\x1b" not in name])
    text = rng.choice(
        [
            lambda: text.replace("stars", f"'{evil}'").replace("train", f"'{evil}'"),
            lambda: text.replace("hostile", f"'{evil}'"),
            lambda: text.replace("blob", f"'{evil}'").replace("star", f"'{evil}'"),
            lambda: text.replace("samples: 1", f"samples: 1{rng.choice(['0' * 6, '0' * 15, '0' * 18])}"),
            lambda: text.replace("steps: 5", f"steps: {10 ** rng.randrange(3, 13)}"),
            lambda: text.replace("[8, 8]", rng.choice(["[8, 800000]", "[60000, 60000]", "[1, 1]"])),
            lambda: "x: " * 3 + text,
            lambda: (
                "a: &a [x, x, x, x]\n"
                + "".join(f"a{k}: &a{k} [{', '.join(['*a' + (str(k - 1) if k else '')] * 9)}]\n" for k in range(12))
            ),
            lambda: "[" * 5000,
            lambda: "x" * rng.choice([0, 2**20 - 1, 2**21]),
            lambda: text.replace("uniform: [", "table: {file: /etc/passwd, column: root, hash: a}, x: ["),
            lambda: text[: rng.randrange(len(text))],
        ]
    )()
    del file["recipe"]
    file["recipe"] = text
    if rng.random() < 0.7:
        from deepbench_fast.recipe.load import read_text
        from deepbench_fast.recipe.write import hash_of_data

        with suppress(Exception):
            file.attrs["recipe_hash"] = hash_of_data(read_text(text).data)


def drop_digest(file: Any, rng: random.Random, box: Path) -> None:
    """As files of the first release are, so that fewer things are compared."""
    if "header_digest" in file.attrs:
        del file.attrs["header_digest"]


CHANGES: tuple[Change, ...] = (
    make_link,
    make_link,
    make_hard_link,
    make_external,
    make_virtual,
    make_absurd,
    make_absurd,
    make_dtype,
    change_attribute,
    change_attribute,
    drop,
    change_labels,
    change_labels,
    change_data,
    change_data,
    change_recipe,
    change_recipe,
)


def damage_bytes(path: Path, rng: random.Random) -> None:
    """Lengths and places of texts, of blocks and of chunks that lead elsewhere."""
    data = bytearray(path.read_bytes())
    heaps = [at for at in range(0, len(data) - 4, 8) if data[at : at + 4] == b"GCOL"]
    what = rng.randrange(5)
    if what < 3 and heaps:
        reference = struct.pack("<Q", rng.choice(heaps))
        places, at = [], data.find(reference)
        while at >= 0:
            places.append(at)
            at = data.find(reference, at + 1)
        for at in rng.sample(places, min(len(places), rng.choice([1, 1, 20]))):
            if what == 0 and at >= 4:
                struct.pack_into("<I", data, at - 4, rng.choice([1, 2**20, 2**31, 2**32 - 1]))
            elif what == 1:
                struct.pack_into("<Q", data, at, rng.choice([0, 8, len(data) - 4, 2**40, 2**63, rng.choice(heaps)]))
            elif at + 12 <= len(data):
                struct.pack_into("<I", data, at + 8, rng.choice([0, 1, 7, 2**31]))
    elif what == 3 and heaps:
        at = rng.choice(heaps)
        struct.pack_into("<Q", data, at + rng.choice([8, 24, 40]), rng.choice([0, 1, 16, 2**20, 2**63]))
    else:
        for _ in range(rng.choice([1, 3, 30])):
            data[rng.randrange(len(data))] = rng.choice([0, 255, rng.randrange(256)])
    path.write_bytes(data)


@cache
def templates() -> Path:
    """A folder with the files as they should be."""
    from deepbench_fast import Recipe, generate, index_parts
    from deepbench_fast.run.generate import generate as generate_part

    load_all()
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    images = Recipe.from_yaml(IMAGES)
    generate(images, folder / "images.h5", threads=1)
    generate(Recipe.from_yaml(SERIES), folder / "series.h5", threads=1)
    for number in (1, 2):
        generate_part(images, folder / "index.h5", threads=1, shard=f"{number}/2")
    index_parts(folder / "index.h5")
    (folder / "own.py").write_text(OWN)
    subprocess.run([sys.executable, folder / "own.py", folder / "own.h5"], check=True)
    for name, options in (("old", {"libver": "earliest"}), ("packed", {})):
        with h5py.File(folder / "images.h5") as source, h5py.File(folder / f"{name}.h5", "w", **options) as target:
            copy_plainly(source, target, "gzip" if name == "packed" else None)
    return folder


def copy_plainly(source: Any, target: Any, compression: str | None) -> None:
    """The same contents in another form of the file."""
    target.attrs.update(dict(source.attrs))

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            packed = (
                {"compression": compression, "chunks": item.shape} if compression and item.size and item.shape else {}
            )
            target.create_dataset(name, data=item[()], dtype=item.dtype, **packed)
            target[name].attrs.update(dict(item.attrs))

    source.visititems(add)


def make(case: str, box: Path) -> Path:
    """The hostile file of a case, in a box of its own with other files beside."""
    kind, *_ = case.split("/")
    rng = random.Random(case)
    inside = box / "in"
    inside.mkdir(parents=True)
    (box / "out").mkdir()
    path = inside / "case.h5"
    shutil.copy(templates() / f"{kind}.h5", path)
    shutil.copy(templates() / f"{kind}.h5", inside / "whole.h5")
    for number in (1, 2) if kind == "index" else ():
        name = f"index.shard-{number}-of-2.h5"
        shutil.copy(templates() / name, inside / name)
    (box / "secret.raw").write_bytes(SECRET * 20_000)
    with h5py.File(path) as good, h5py.File(box / "secret.h5", "w") as secret:
        copy_plainly(good, secret, None)
        for item in secret.values():
            if isinstance(item, h5py.Dataset) and item.shape and item.size and not item.dtype.hasobject:
                item[...] = np.frombuffer(SECRET * (item.nbytes // 16 + 1), item.dtype, item.size).reshape(item.shape)
    if rng.random() < 0.75:
        with h5py.File(path, "r+", libver="earliest" if kind == "old" else None) as file:
            for _ in range(rng.choice([1, 1, 2, 3])):
                # What a change before it has left can be in the way of the next one.
                with suppress(KeyError, OSError, ValueError, TypeError, RuntimeError, IndexError):
                    rng.choice(CHANGES)(file, rng, box)
            if rng.random() < 0.5:
                drop_digest(file, rng, box)
    if rng.random() < 0.35:
        damage_bytes(path, rng)
    special = rng.random()
    if special < 0.01:
        path.unlink()
        os.mkfifo(path)
    elif special < 0.02:
        path.unlink()
        path.mkdir()
    return path


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Cases without end."""
    return numbered(seed, of)


def attempt(case: str) -> Tried:
    """Give a hostile file to every reader."""
    with tempfile.TemporaryDirectory(prefix="hostile-box-") as folder:
        box = Path(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = make(case, box)
        before = tree(box)
        refused, seconds, memory = 0, 0.0, 0
        readers = {"python": everything(path)} | {name: command(name, path, box / "out") for name in COMMANDS}
        for name, ended in in_a_process(readers, box / "out").items():
            try:
                ended.check()
            except AssertionError as error:
                raise type(error)(f"{name}: {error}") from None
            check(SECRET not in (ended.out + ended.err).encode(), f"{name}: shows another file")
            refused += ended.status != 0
            seconds, memory = max(seconds, ended.seconds), max(memory, ended.memory)
        after = tree(box)
        changed = {name for name in before if before[name] != after.get(name)} | {n for n in after if n not in before}
        check(all(name.startswith("out/") for name in changed), f"wrote {sorted(changed)[:5]}")
        check(not (Path("/tmp/escaped")).exists() and not (box.parent / "escaped").exists(), "wrote outside")
        leaked = [n for n, content in after.items() if n.startswith("out/") and content and SECRET in content]
        check(not leaked, f"copied another file into {leaked[:3]}")
        end = "refused" if refused == len(readers) else "read" if not refused else "refused by some"
        return Tried(end, {"seconds": seconds, "MiB": memory / 2**20})


def tree(folder: Path) -> dict[str, bytes | None]:
    """Path → bytes of each file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


CAMPAIGN = Campaign("hostile", FILES, cases, attempt, 200)


if __name__ == "__main__":
    main(CAMPAIGN)
