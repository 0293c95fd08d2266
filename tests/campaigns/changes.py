"""One changed value in one row, with a digest to match, is named by `verify` with its sample.

Cases: DATASET/SEED/N. The value is of any column of any table, or of an array, and gets other bits.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from deepbench_fast import generate, verify
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.store.format import chunk_digest
from tests.campaigns.children import scratch
from tests.campaigns.harness import Campaign, Tried, check, main, numbered
from tests.campaigns.jobs import RECIPES
from tests.recipes import mixed


def recipes() -> dict[str, Recipe]:
    """Of images and of series; each of several chunks."""
    return {"images": mixed(samples=150, size=(64, 64)), "series": Recipe.from_yaml(RECIPES["series"])}


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Endless."""
    yield from numbered(seed, of)


def prepare(folder: Path) -> Path:
    """A file of each."""
    for name, recipe in recipes().items():
        generate(recipe, folder / f"{name}.h5")
    return folder


def attempt(folder: Path, case: str) -> Tried:
    """Change a value, and look for it."""
    name, rng = case.split("/")[0], random.Random(case)
    path = Path(shutil.copy(folder / f"{name}.h5", folder / "changed.h5"))
    with h5py.File(path, "r+") as file:
        where, row, column, sample = _change(file, rng)
        _sign(file)
    report = verify(path, "all")
    what = f"sample {sample}, /{where}[{row}] {column}"
    check(not report.wrong_digest, f"{what}: the campaign's digest is wrong")
    check(report.wrong_tables or report.wrong_data, f"{what}: not found")
    found = report.differences[0]
    check((found.sample, found.name, found.row, found.column) == (sample, where, row, column), f"{what}: named {found}")
    return Tried("found in an array" if column.startswith("[") else "found in a table")


def _change(file: Any, rng: random.Random) -> tuple[str, int, str, int]:
    """Give one value other bits: its table or array, row, column, and the number of its sample."""
    tables = ["samples", *(f"objects/{kind}" for kind in file["objects"])]
    where = rng.choice([*tables, *tables, *(name for name in ("images", "clean", "targets", "series") if name in file)])
    data = file[where][:]
    row = rng.randrange(len(data))
    if data.dtype.names is None:
        place = tuple(rng.randrange(size) for size in data.shape[1:])
        data[(row, *place)] = _other(data[(row, *place)], rng)
        file[where][row] = data[row]
        return where, row, f"[{', '.join(map(str, place))}]", row
    sample = row if where == "samples" else int(data["sample"][row])
    column = rng.choice(data.dtype.names)
    data[column][row] = _other(data[column][row], rng)
    file[where][row] = data[row]
    return where, row, column, sample


def _other(value: Any, rng: random.Random) -> Any:
    """The value with one other bit, or another number."""
    number = value.dtype.type(rng.choice([0.5, 2.0, 1e6, np.nan]) if value.dtype.kind == "f" else value)
    if rng.random() < 0.5 and number.tobytes() != value.tobytes():
        return number
    bits = bytearray(value.tobytes())
    bits[rng.randrange(len(bits))] ^= 1 << rng.randrange(8)
    return np.frombuffer(bytes(bits), value.dtype)[0]


def _sign(file: Any) -> None:
    """Give all chunks the digests that they have now."""
    chunks = file["chunks"][:]
    arrays = [name for name in ("images", "series", "clean", "masks", "variance", "targets") if name in file]
    kinds = sorted(file["objects"])
    start, rows = 0, dict.fromkeys(kinds, 0)
    for chunk in chunks:
        stop = start + chunk["count"]
        parts = [file[name][start:stop] for name in (*arrays, "samples")]
        for kind in kinds:
            parts.append(file[f"objects/{kind}"][rows[kind] : rows[kind] + chunk[f"rows_{kind}"]])
            rows[kind] += chunk[f"rows_{kind}"]
        chunk["digest"] = chunk_digest(parts)
        start = stop
    file["chunks"][:] = chunks


if __name__ == "__main__":
    with scratch() as place:
        main(Campaign("changes", list(recipes()), cases, partial(attempt, prepare(place)), tries=2000))
