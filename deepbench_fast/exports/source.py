"""A dataset as the exporters read it: the selected samples in blocks of whole chunks, so that memory stays flat."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.render.batch import TARGETS
from deepbench_fast.store.format import DATA
from deepbench_fast.store.index import open_stored
from deepbench_fast.values.number_text import counted, grouped

BLOCK_BYTES = 2**24
WITHOUT_SPLITS = ("all",)


class Source:
    """A finished file, a shard, or an index over shards; of it a split, or the first `count` samples, or all.

    Rows are counted from the file's first sample, sample numbers from that of the whole dataset. It is open until
    `close`. Raises FileError where the file can't be read or is unfinished, UsageError where it has no such samples.
    """

    def __init__(self, path: str | os.PathLike[str], split: str | None = None, count: int | None = None) -> None:
        self.path = path
        self.stored = open_stored(path)
        self.summary = self.stored.summary()
        if not self.summary.complete:
            raise FileError(f"{path}: unfinished (generate --resume continues it)")
        self.first: int = self.summary.first
        self.kinds = self.stored.header.kinds
        self.chunks = self.stored.header.chunks
        self.edges = self.stored.edges
        self.splits = tuple(self.labels("samples")["split"])
        self.split = self._number_of(split)
        self.stop = self._stop(count)

    def close(self) -> None:
        """Close the file."""
        self.stored.close()

    @cached_property
    def arrays(self) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Arrays with a row a sample, the data first: name → (shape of a row, dtype)."""
        names = sorted(self.stored.header.arrays, key=lambda name: (name not in DATA, name))
        return {name: self.stored.header.types[name] for name in names}

    @cached_property
    def bytes(self) -> int:
        """Bytes of all arrays and tables."""
        header = self.stored.header
        rows = {name: math.prod(shape) * dtype.itemsize for name, (shape, dtype) in header.types.items()}
        return sum(header.rows(name) * size for name, size in rows.items())

    @property
    def catalogues(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.labels("samples")["catalogue"])

    @property
    def has_splits(self) -> bool:
        """Whether the recipe names splits."""
        return self.splits != WITHOUT_SPLITS

    @property
    def targets(self) -> dict[str, str]:
        """Names and units of the columns of `targets`."""
        return self.stored.targets

    @property
    def target_arrays(self) -> list[str]:
        """`targets`, and with noise on these their true values and its levels; none where there are no targets."""
        return [name for name in TARGETS if self.targets and name in self.arrays]

    @property
    def information(self) -> dict[str, str]:
        """Names and units of the parameters that `fisher` and `crlb` are of; none where there are neither."""
        return self.stored.information

    @property
    def is_series(self) -> bool:
        """Whether the samples are series, not images."""
        return self.stored.is_series

    @property
    def outputs(self) -> dict[str, str]:
        """Names and units of the columns of a series."""
        return self.stored.outputs

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """The times of a series' steps."""
        assert self.stored.header.time is not None
        return self.stored.header.time

    @property
    def time_unit(self) -> str:
        """Unit of a series' times ("" where catalogues differ)."""
        return str(self.stored.header.described["time"]["unit"])

    def units(self, table: str) -> dict[str, str]:
        """Units of the columns of a table ("" where a column has none)."""
        return self.stored.units(table)

    def labels(self, table: str) -> dict[str, dict[str, int]]:
        """Columns of a table that hold labels: column → label → number, by number."""
        return self.stored.header.labels[table]

    @cached_property
    def split_counts(self) -> npt.NDArray[np.int64]:
        """Selected samples in each chunk and split, shape (chunks, splits)."""
        counts = np.zeros((len(self.chunks), len(self.splits)), np.int64)
        for first, stop in self._chunk_runs(0, len(self.chunks), BLOCK_BYTES):
            start, end = self.edges[first], min(self.edges[stop], self._bound)
            if start < end:
                chunk = np.repeat(np.arange(first, stop), np.diff(self.edges[first : stop + 1]))[: end - start]
                np.add.at(counts, (chunk, self.stored.read("samples", start, end)["split"]), 1)
        if self.split is not None:
            counts[:, np.arange(len(self.splits)) != self.split] = 0
        return counts

    @cached_property
    def samples(self) -> int:
        """Number of selected samples."""
        return self.stop if self.split is None else int(self.split_counts.sum())

    def blocks(self, first: int = 0, stop: int | None = None) -> Iterator[Block]:
        """Runs of the chunks `first` to `stop - 1`, of about BLOCK_BYTES each, as far as samples are selected."""
        for start, end in self._chunk_runs(first, len(self.chunks) if stop is None else stop, BLOCK_BYTES):
            if self.edges[start] < self.stop:
                yield Block(self, start, end)

    def parts(self, size: int) -> list[tuple[int, int]]:
        """Runs of chunks, as (first, stop), with about `size` bytes each and at least one selected sample."""
        runs = self._chunk_runs(0, len(self.chunks), size)
        if self.split is None:
            return [run for run in runs if self.edges[run[0]] < self.stop]
        return [(first, stop) for first, stop in runs if self.split_counts[first:stop].any()]

    def _chunk_runs(self, first: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        longest = max(1, int(size * len(self.chunks) / max(1, self.bytes)))
        return ((start, min(start + longest, stop)) for start in range(first, stop, longest))

    def _number_of(self, split: str | None) -> int | None:
        if split is None:
            return None
        if split not in self.splits:
            names = ", ".join(self.splits) if self.has_splits else "none"
            raise UsageError(f"{self.path}: no split {split!r}; it has {names}")
        return self.splits.index(split)

    def _stop(self, count: int | None) -> int:
        """One past the last row that is looked at: the first `count` selected samples are before it."""
        self._bound = self.summary.samples
        if count is None:
            return self._bound
        if self.split is None:
            available, stop = self._bound, count
        else:
            counts = self.split_counts[:, self.split]
            available, stop = int(counts.sum()), 0
        if count > available:
            raise UsageError(f"{self.path}: asked for {counted(count, 'sample')}, of {grouped(available)}")
        if self.split is not None:
            stop = self._row_after(counts, count)
            del self.split_counts
        self._bound = stop
        return stop

    def _row_after(self, counts: npt.NDArray[np.int64], count: int) -> int:
        """One past the row of the `count`-th sample of the split."""
        before = np.concatenate(([0], np.cumsum(counts)))
        chunk = int(np.searchsorted(before, count)) - 1
        rows = self.stored.read("samples", int(self.edges[chunk]), int(self.edges[chunk + 1]))["split"]
        members = np.flatnonzero(rows == self.split)
        return int(self.edges[chunk] + members[count - 1 - before[chunk]] + 1)


@dataclass(frozen=True, eq=False)
class Block:
    """The selected samples in a run of chunks, read when they are asked for."""

    source: Source
    first_chunk: int
    stop_chunk: int

    @property
    def start(self) -> int:
        """Row of the first sample."""
        return int(self.source.edges[self.first_chunk])

    @property
    def stop(self) -> int:
        """Row after the last sample."""
        return int(min(self.source.edges[self.stop_chunk], self.source.stop))

    @property
    def rows(self) -> int:
        """How many rows it spans, selected or not."""
        return self.stop - self.start

    @cached_property
    def _every_sample(self) -> npt.NDArray[Any]:
        return self.source.stored.read("samples", self.start, self.stop)

    @cached_property
    def _selected(self) -> npt.NDArray[np.bool_] | slice:
        if self.source.split is None:
            return slice(None)
        chosen: npt.NDArray[np.bool_] = self._every_sample["split"] == self.source.split
        return chosen

    @cached_property
    def samples(self) -> npt.NDArray[Any]:
        """Rows of the table of samples."""
        rows: npt.NDArray[Any] = self._every_sample[self._selected]
        return rows

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Numbers of the samples in the whole dataset."""
        numbers: npt.NDArray[np.int64] = np.arange(self.start, self.stop, dtype=np.int64)[self._selected]
        return numbers + self.source.first

    def array(self, name: str) -> npt.NDArray[Any]:
        """Rows of an array, in the processor's byte order."""
        rows: npt.NDArray[Any] = self.source.stored.read(name, self.start, self.stop)[self._selected]
        return rows.astype(rows.dtype.newbyteorder("="), copy=False)

    def objects(self, kind: str) -> npt.NDArray[Any]:
        """Rows of the table of a kind's objects."""
        offsets = self.source.stored.row_offsets[kind]
        rows = self.source.stored.read(f"objects/{kind}", int(offsets[self.first_chunk]), int(offsets[self.stop_chunk]))
        place = rows["sample"] - (self.source.first + self.start)
        samples = self.source.edges[self.stop_chunk] - self.start
        if rows.size and not 0 <= place.min() <= place.max() < samples:
            raise FileError(f"{self.source.path}: damaged: /objects/{kind} has objects of samples that are elsewhere")
        if self.source.split is None:
            return rows[place < self.rows]
        chosen = np.zeros(samples, np.bool_)
        chosen[: self.rows] = self._selected
        kept: npt.NDArray[Any] = rows[chosen[place]]
        return kept
