"""Flipped bits and cut tails anywhere in finished files: an error, or found by `verify`, or harmless.

Cases: FILE/WHAT/SEED/N. "bit" flips one, "bits" some, "byte" puts another byte, "zeros" loses a run of bytes, "cut"
loses the end, "tail" makes the end zeros. Whatever `verify` calls good must read as it was written.
"""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from tests.campaigns.harness import Campaign, Lost, Tried, check, main, numbered

DAMAGES = ("bit", "bits", "byte", "zeros", "cut", "tail")
RECIPES = {
    "images": "{samples: 4, image: {shape: [8, 8]}, noise: [poisson: {level: 5}], extras: [clean, masks], "
    "catalogues: {a: {objects: [star]}, b: {objects: [galaxy]}}}",
    "series": "{samples: 5, series: {steps: 7}, catalogues: {a: {objects: [pendulum]}}}",
    "index": "{samples: 6, image: {shape: [8, 8]}, splits: {train: 0.5, test: 0.5}, "
    "catalogues: {a: {objects: [star: {count: 3}]}}}",
}
FILES = tuple(RECIPES)


@cache
def templates() -> Path:
    """A folder with the files as they should be."""
    from deepbench_fast import Recipe, generate, index_parts

    folder = Path(tempfile.mkdtemp(prefix="flips-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, text in RECIPES.items():
        for shard in ("1/2", "2/2") if name == "index" else (None,):
            generate(Recipe.from_yaml(text), folder / f"{name}.h5", threads=1, shard=shard)
    index_parts(folder / "index.h5")
    return folder


@cache
def expected(name: str) -> str:
    """All that a reader may return of the file as it should be."""
    return everything(templates() / f"{name}.h5")


def everything(path: Path) -> str:
    """All that a reader may return."""
    from deepbench_fast import open_dataset

    dataset = open_dataset(path)
    arrays = [(name, array.tobytes()) for name, array in dataset[:].items()]
    kinds = dataset.stored.header.kinds
    tables = [dataset.samples, *(dataset.objects(kind) for kind in kinds)]
    columns = [(n, str(t[n].unit), np.asarray(t[n]).tobytes()) for t in tables for n in t.colnames]
    splits = {name: len(dataset.split(name)) for name in dataset.splits}
    time = dataset.time.tobytes() if dataset.is_series else b""
    facts = (dataset.catalogues, splits, dataset.target_names, dataset.outputs, time)
    return repr((arrays, columns, facts, dataset.summary, dataset.recipe))


def damaged(data: bytes, what: str, rng: random.Random) -> bytes:
    """The bytes with something wrong."""
    out = bytearray(data)
    for _ in range(rng.randint(2, 40) if what == "bits" else 1):
        at = rng.randrange(len(out))
        if what in ("bit", "bits"):
            out[at] ^= 1 << rng.randrange(8)
        elif what == "byte":
            out[at] = rng.choice((0, 255, rng.randrange(256)))
    start, size = rng.randrange(len(out)), rng.choice((1, 8, 64, 512, 4096))
    if what == "zeros":
        out[start : start + size] = bytes(len(out[start : start + size]))
    elif what == "tail":
        out[start:] = bytes(len(out) - start)
    return bytes(out[:start] if what == "cut" else out)


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Cases without end."""
    return numbered(seed, [f"{name}/{what}" for name in of for what in DAMAGES])


def attempt(case: str) -> Tried:
    """Damage a file, and read it."""
    from deepbench_fast import verify
    from deepbench_fast.errors import DeepbenchFastError

    name, what, *_ = case.split("/")
    rng = random.Random(case)
    with tempfile.TemporaryDirectory(prefix="flips-") as folder:
        for file in templates().glob(f"{name}*"):
            shutil.copy(file, folder)
        victim = rng.choice(sorted(Path(folder).iterdir()))
        good = victim.read_bytes()
        bad = damaged(good, what, rng)
        victim.write_bytes(bad)
        path = Path(folder) / f"{name}.h5"
        try:
            same = verify(path, "all").same
            read = everything(path)
        except DeepbenchFastError as error:
            check(len(str(error)) <= 500 and "\n" not in str(error), f"the message is {error}")
            return Tried("refused")
        except Exception as error:
            raise Lost(f"{type(error).__name__}: {error}") from error
        if not same:
            return Tried("found by verify")
        check(read == expected(name), "reads otherwise, and verify finds nothing")
        return Tried("harmless" if bad != good else "no damage")


CAMPAIGN = Campaign("flips", FILES, cases, attempt, 600)


if __name__ == "__main__":
    main(CAMPAIGN)
