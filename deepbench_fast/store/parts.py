"""Which parts of a dataset there are: from their rows, without opening them; what is missing, and what makes it."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.store.folder import Folder, folder_of
from deepbench_fast.store.index import PROGRAM, open_stored
from deepbench_fast.store.location import Location, check_named, recipe_beside
from deepbench_fast.store.rows import SUFFIX, Row, row_path
from deepbench_fast.store.shards import Shard
from deepbench_fast.values.number_text import counted

MOST_TOLD = 20


@dataclass(frozen=True)
class Survey:
    """The parts of one dataset beside `output`, in order, and what keeps them from being all of it.

    `missing` are ranges of samples (first, one past the last), `differing` says what is wrong with single files,
    `shards` are runs of parts to make (first number, last number) of `count`; `count` is 0 where the parts have other
    names than `generate --shard` gives them.
    """

    output: Location
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
        recipe = shlex.quote(recipe_beside(self.output))
        output, known = shlex.quote(f"{self.output}"), shlex.quote(f"{self.output.with_name(self.rows[0].file)}")
        yield "to make them:"
        yield f"  {PROGRAM} info {known} --recipe -o {recipe}"
        numbers = [number for first, last in self.shards for number in range(first, min(last, first + MOST_TOLD) + 1)]
        for number in numbers[:MOST_TOLD]:
            yield f"  {PROGRAM} generate {recipe} {output} --shard {number}/{self.count} --overwrite"
        if sum(last - first + 1 for first, last in self.shards) > 1:
            runs = ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self.shards)
            yield f"  as an array of jobs, of {self.count}: {runs}"

    def check_apart(self, path: Path) -> None:
        """Raise UsageError where a file to write is the index, a part or the row of one."""
        place, output = Path(os.path.realpath(path)), self.output
        if isinstance(output, Path) and place.parent == Path(os.path.realpath(output.parent)):
            parts = (output.with_name(row.file) for row in self.rows)
            if place.name in {output.name, *(own.name for part in parts for own in (part, row_path(part)))}:
                raise UsageError(f"{path}: a file of the dataset; name another one")

    def raise_unless_whole(self) -> None:
        """Raise MismatchError, in one line, where the parts are not the dataset."""
        if not self.is_whole:
            samples = sum(stop - first for first, stop in self.missing)
            lacks = (
                f"lacks {counted(samples, 'sample')}, in {counted(len(self.missing), 'range')}" if self.missing else ""
            )
            number = counted(len(self.differing), "file")
            differs = f"differs in {number} (the first: {self.differing[0]})" if self.differing else ""
            made = f"; to make: shards {self._runs()} of {self.count}" if self.shards else ""
            raise MismatchError(f"{self.output}: no index: it {' and '.join(filter(None, (lacks, differs)))}{made}")

    def _runs(self) -> str:
        shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in self.shards[:MOST_TOLD]]
        return ",".join(shown) + (",..." if len(self.shards) > MOST_TOLD else "")


def survey(output: Location, paths: Iterable[Location] = ()) -> Survey:
    """Look at parts: files of parts or of their rows, or folders with parts of `output`; by default the folder of
    `output`.

    Raises UsageError where `output` names no file, FileError where there are none, where one doesn't lie beside
    `output`, and where a row is damaged.
    """
    check_named(output)
    folder = folder_of(output)
    found = [(row, _problem(folder, row)) for row in _rows(output, folder, paths)]
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


def _rows(output: Location, folder: Folder, paths: Iterable[Location]) -> list[Row]:
    """Rows by the names of their files, each once."""
    names: list[str] = []
    for path in paths or (output.parent,):
        if not folder.holds(path):
            raise FileError(f"{path}: parts lie beside their index, in {output.parent}")
        names += _of_parts(folder, output) if folder.is_itself(path) else (path.name,)
    return list({row.file: row for row in folder.rows(names)}.values())


def _of_parts(folder: Folder, output: Location) -> Iterator[str]:
    """The rows of the parts of `output` in its folder, and parts without one."""
    names = folder.names(f"{output.stem}.shard-")
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)
        if (suffix == SUFFIX or (suffix == output.suffix and stem + SUFFIX not in names)) and Shard.of_name(name):
            yield name


def _problem(folder: Folder, row: Row) -> str:
    """Why the file that a row names is not there as it says; "" where it is."""
    try:
        size = folder.size(row.file)
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
