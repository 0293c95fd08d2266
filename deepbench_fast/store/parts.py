"""Which parts of a dataset there are: from their rows, without opening them; what is missing, and what makes it."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.errors import FileError, MismatchError
from deepbench_fast.store.index import PROGRAM, open_stored
from deepbench_fast.store.rows import SUFFIX, Row, read_row, row_of, row_path
from deepbench_fast.store.shards import Shard

MOST_TOLD = 20


@dataclass(frozen=True)
class Survey:
    """The parts of one dataset beside `output`, in order, and what keeps them from being all of it.

    `missing` are ranges of samples (first, one past the last), `differing` says what is wrong with single files,
    `shards` are runs of parts to make (first number, last number) of `count`; `count` is 0 where the parts have other
    names than `generate --shard` gives them.
    """

    output: Path
    plan: Plan
    software: str
    rows: tuple[Row, ...]
    missing: tuple[tuple[int, int], ...]
    differing: tuple[str, ...]
    shards: tuple[tuple[int, int], ...]
    count: int

    @property
    def is_whole(self) -> bool:
        """Whether the parts are the dataset."""
        return not (self.missing or self.differing)

    def told(self) -> Iterator[str]:
        """What is missing or differs, and the commands that make it, a line each."""
        yield from self.differing[:MOST_TOLD]
        if len(self.differing) > MOST_TOLD:
            yield f"and {len(self.differing) - MOST_TOLD} more that differ"
        for first, stop in self.missing[:MOST_TOLD]:
            yield f"missing: samples {first} to {stop - 1}"
        if len(self.missing) > MOST_TOLD:
            yield f"and {len(self.missing) - MOST_TOLD} more ranges that are missing"
        yield from self._commands()

    def _commands(self) -> Iterator[str]:
        if not self.shards:
            return
        recipe = shlex.quote(f"{self.output.with_suffix('.recipe.yaml')}")
        output, known = shlex.quote(f"{self.output}"), shlex.quote(f"{self.output.with_name(self.rows[0].file)}")
        yield "to make them:"
        yield f"  {PROGRAM} info {known} --recipe -o {recipe}"
        numbers = [number for first, last in self.shards for number in range(first, min(last, first + MOST_TOLD) + 1)]
        for number in numbers[:MOST_TOLD]:
            yield f"  {PROGRAM} generate {recipe} {output} --shard {number}/{self.count} --overwrite"
        if sum(last - first + 1 for first, last in self.shards) > 1:
            runs = ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self.shards)
            yield f"  as an array of jobs, of {self.count}: {runs}"

    def raise_unless_whole(self) -> None:
        """Raise MismatchError, in one line, where the parts are not the dataset."""
        if not self.is_whole:
            samples = sum(stop - first for first, stop in self.missing)
            told = f"{samples} samples are missing, in {len(self.missing)} ranges" if self.missing else ""
            wrong = f"{len(self.differing)} files differ (the first: {self.differing[0]})" if self.differing else ""
            made = f"; to make: shards {self._runs()} of {self.count}" if self.shards else ""
            raise MismatchError(f"{self.output}: no index: {' and '.join(filter(None, (told, wrong)))}{made}")

    def _runs(self) -> str:
        shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in self.shards[:MOST_TOLD]]
        return ",".join(shown) + (",..." if len(self.shards) > MOST_TOLD else "")


def survey(output: Path, paths: Iterable[Path] = ()) -> Survey:
    """Look at parts: files of parts or of their rows, or folders with parts of `output`; by default the folder of
    `output`.

    Raises FileError where there are none, where one doesn't lie beside `output`, and where a row is damaged.
    """
    rows = _rows(output, paths)
    found = [(row, _problem(output, row)) for row in rows]
    there = [row for row, problem in found if not problem]
    differing = [f"{row.file}: {problem}" for row, problem in found if problem]
    if not there:
        raise FileError(f"{output}: {differing[0] if differing else 'there are no parts of it'}")
    weights: Counter[tuple[str, str, str]] = Counter()
    for row in there:
        weights[row.of] += max(1, row.samples)
    ours = weights.most_common(1)[0][0]
    differing += [f"{row.file}: {_difference(row, ours)}" for row in there if row.of != ours]
    same = sorted((row for row in there if row.of == ours), key=_order)
    with open_stored(output.with_name(same[0].file)) as stored:
        plan = make_plan(stored.recipe)
    kept, missing, twice = _in_order(same, plan.samples)
    shards, count = _to_make(missing, kept, plan)
    return Survey(output, plan, ours[1], tuple(kept), tuple(missing), (*differing, *twice), tuple(shards), count)


def _rows(output: Path, paths: Iterable[Path]) -> list[Row]:
    """Rows by the names of their files, each once."""
    folder, rows = output.parent.resolve(), {}
    for path in paths or (output.parent,):
        if (path if path.is_dir() else path.parent).resolve() != folder:
            raise FileError(f"{path}: parts lie beside their index, in {output.parent}")
        for one in _in_folder(path, output) if path.is_dir() else (path,):
            row = _read(one)
            rows[row.file] = row
    return list(rows.values())


def _read(path: Path) -> Row:
    """The row in a file, or that of a part, which is read itself where it has none."""
    place = path if path.suffix == SUFFIX else row_path(path)
    if place != path and not place.exists():
        return row_of(path)
    row = read_row(place)
    if Path(row.file).stem != place.stem:
        raise FileError(f"{place}: it is the row of {row.file}; remove it if that part was renamed")
    return row


def _in_folder(folder: Path, output: Path) -> Iterator[Path]:
    """The rows of the parts of `output`, and parts without one."""
    start = f"{output.stem}.shard-"
    names = {entry.name for entry in os.scandir(folder) if entry.name.startswith(start)}
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)
        if (suffix == SUFFIX or (suffix == output.suffix and stem + SUFFIX not in names)) and Shard.of_name(name):
            yield folder / name


def _problem(output: Path, row: Row) -> str:
    """Why the file that a row names is not there as it says; "" where it is."""
    try:
        size = os.stat(output.with_name(row.file)).st_size
    except OSError as error:
        return "missing" if isinstance(error, FileNotFoundError) else str(error.strerror).lower()
    return "" if size == row.bytes else f"has {size} bytes, not the {row.bytes} that its row names"


def _difference(row: Row, ours: tuple[str, str, str]) -> str:
    if row.recipe_hash != ours[0]:
        return "made from another recipe than the others"
    return f"made by {row.software}, the others by {ours[1]}: parts of two versions don't mix"


def _order(row: Row) -> tuple[int, int, int]:
    shard = Shard.of_name(row.file)
    return row.first, row.stop, 0 if shard is None else shard.number


def _in_order(rows: Sequence[Row], total: int) -> tuple[list[Row], list[tuple[int, int]], list[str]]:
    """The rows that follow one another, the ranges between them, and what is wrong with the others."""
    kept: list[Row] = []
    missing, wrong, place = [], [], 0
    for row in rows:
        if row.samples and row.first < place:
            wrong.append(f"{row.file}: holds samples that {kept[-1].file} holds, too: name the parts that are meant")
            continue
        if row.first > place:
            missing.append((place, row.first))
        kept.append(row)
        place = max(place, row.stop)
    if place < total:
        missing.append((place, total))
    return kept, missing, wrong


def _to_make(missing: Sequence[tuple[int, int]], rows: Sequence[Row], plan: Plan) -> tuple[list[tuple[int, int]], int]:
    """The runs of parts that hold what is missing, and of how many they are."""
    counts: Counter[int] = Counter()
    for row in rows:
        shard = Shard.of_name(row.file)
        if shard is not None and shard.span(plan) == (row.first, row.stop):
            counts[shard.count] += 1
    if not counts:
        return [], 0
    count = counts.most_common(1)[0][0]
    runs: list[tuple[int, int]] = []
    for first, stop in missing:
        run = _holding(first, plan, count), _holding(stop - 1, plan, count)
        if runs and run[0] <= runs[-1][1] + 1:
            run = runs.pop()[0], run[1]
        runs.append(run)
    return runs, count


def _holding(sample: int, plan: Plan, count: int) -> int:
    """Number of the part, of `count`, that holds a sample: the first K with chunks·K // count > the sample's chunk."""
    return -(-(sample // plan.chunk + 1) * count // plan.chunks)
