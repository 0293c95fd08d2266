"""A recipe worked out: streams, shares, columns, chunk boundaries. Pure arithmetic: no pixels, no files."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import IDENTITY, PlannedEntry, entry_columns, grid_strides, plan_entries, streams_below
from deepbench_fast.draw.programs import Column, Programs, compile_programs
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.draw.streams import MAX_MEMBERS, seed_key, stream_numbers
from deepbench_fast.effects.chain import Chain, pixel_streams
from deepbench_fast.effects.effect import Stage
from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.recipe.extras import CLEAN, CRLB, FISHER, MASKS, VARIANCE
from deepbench_fast.recipe.information import information_units
from deepbench_fast.recipe.parameter_noise import Absolute, noisy_parameters
from deepbench_fast.recipe.recipe import Recipe, checked_recipe
from deepbench_fast.recipe.systems import dynamics_of, output_columns
from deepbench_fast.values.distributions import Alone, Derived, Distribution
from deepbench_fast.values.distributions.varied import Varied
from deepbench_fast.values.parameter import Parameter
from deepbench_fast.values.shares import exact_shares

CHUNK_BYTES = 2**20
ORDER_STREAM = "order"
NOMINAL = "_nominal"
TRUE, SIGMA = "targets_true", "targets_sigma"
MOST_KEPT = 64
RANK = Parameter("fisher_rank", "", "rank of the Fisher information: how many directions it tells", 0.0, math.inf)
MOST_NUMBERED = 2**16 - 1
"""Numbers that a mask's uint16 has for the objects of a sample, beside 0."""


@dataclass(frozen=True)
class Target:
    """One column of `/targets`: its name, its unit, and where its value comes from."""

    name: str
    unit: str
    source: str  # "catalogue", "count", "parameter" or "brightness"
    kind: str = ""
    parameter: str = ""
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """What every later stage needs to know of a recipe; `recipe` is resolved (every default filled in)."""

    recipe: Recipe
    key: npt.NDArray[np.uint32]
    streams: Mapping[str, int]
    catalogues: tuple[str, ...]
    shares: npt.NDArray[np.int64]
    splits: tuple[str, ...]
    split_shares: npt.NDArray[np.int64]
    entries: tuple[PlannedEntry, ...]
    kinds: tuple[Kind, ...]
    sample_parameters: Mapping[str, Parameter]
    targets: tuple[Target, ...]

    @property
    def samples(self) -> int:
        """Number of samples in the whole dataset."""
        return self.recipe.samples

    @property
    def is_series(self) -> bool:
        """Whether the samples are series, not images."""
        return self.recipe.series is not None

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of an image; steps and columns of a series."""
        if not self.is_series:
            return self.recipe.image.shape
        return len(self.recipe.time.moments), len(self.output_columns)

    @property
    def sample_bytes(self) -> int:
        """Bytes of a sample as it is rendered: float32 pixels, float64 series."""
        return (8 if self.is_series else 4) * math.prod(self.shape)

    @property
    def chunk(self) -> int:
        """Samples in a chunk: about 1 MiB, from the sample's shape alone."""
        return max(1, CHUNK_BYTES // self.sample_bytes)

    @property
    def chunks(self) -> int:
        """Number of chunks of the whole dataset."""
        return -(-self.samples // self.chunk)

    @cached_property
    def arrays(self) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Datasets with one row a sample: name → (shape of a row, dtype)."""
        noisy = ("targets", *((TRUE, SIGMA) if self.recipe.targets.noise else ()))
        targets = dict.fromkeys(noisy, ((len(self.targets),), np.dtype("<f8")))
        name = "series" if self.is_series else "images"
        data = np.dtype("<f8" if self.is_series else self.recipe.image.dtype).newbyteorder("<")
        count = len(self.information)
        extras = {
            CLEAN: (self.shape, data),
            MASKS: (self.shape, np.dtype("<u2")),
            VARIANCE: (self.shape, np.dtype("<f4")),
            FISHER: ((count, count), np.dtype("<f8")),
            CRLB: ((count,), np.dtype("<f8")),
        }
        asked = {extra: array for extra, array in extras.items() if extra in self.recipe.extras}
        return {name: (self.shape, data), **asked, **targets}

    @cached_property
    def information(self) -> dict[str, str]:
        """The parameters that `/fisher` and `/crlb` are of, with their units; none where nothing asks for them."""
        return information_units(self.recipe) if self.recipe.extras.has_information else {}

    @cached_property
    def output_columns(self) -> list[tuple[str, str, str]]:
        """Columns of a series: name, unit ("" where catalogues differ), and the output that they belong to."""
        found = [output_columns(e.entry, self.recipe.time.outputs) for e in self.entries if not e.is_part]
        return [
            (name, unit if all(other[i][1] == unit for other in found) else "", output)
            for i, (name, unit, output) in enumerate(found[0])
        ]

    @property
    def time_unit(self) -> str:
        """Unit of the time axis of series ("" where catalogues differ)."""
        units = {dynamics_of(e.entry).time_unit for e in self.entries}
        return units.pop() if len(units) == 1 else ""

    @cached_property
    def samples_dtype(self) -> np.dtype[Any]:
        """Columns of `/samples`."""
        drawn = [(name, "<f8") for name in self.sample_columns]
        return np.dtype([("catalogue", "<i4"), ("split", "<i4"), ("member", "<i8"), *drawn])

    @cached_property
    def sample_columns(self) -> tuple[str, ...]:
        """Columns of `/samples` beside the sample's name: parameters of noise and PSF, drawn or found by rendering."""
        return tuple(self.sample_parameters)

    @cached_property
    def effects(self) -> Chain:
        """The PSFs and noise models that samples have."""
        return Chain(self.sample_columns)

    @cached_property
    def effect_columns(self) -> dict[Stage, list[str]]:
        """The `sample_columns` of each stage."""
        return {stage: [name for name in self.sample_columns if name.startswith(f"{stage}_")] for stage in Stage}

    @cached_property
    def sample_units(self) -> dict[str, str]:
        """Units of `sample_columns`."""
        return {name: p.unit for name, p in self.sample_parameters.items()}

    @cached_property
    def sample_ranges(self) -> dict[str, tuple[float, float]]:
        """Valid ranges of `sample_columns`."""
        return {name: (p.low, p.high) for name, p in self.sample_parameters.items()}

    def check_range(self, first: int, stop: int) -> tuple[int, int]:
        """Both as plain integers. Raises UsageError unless 0 <= first <= stop <= the most samples that there can be."""
        try:
            first, stop = operator.index(first), operator.index(stop)
        except TypeError:
            raise UsageError(f"samples {first!r} to {stop!r}: must be whole numbers") from None
        if not 0 <= first <= stop:
            raise UsageError(f"samples {first} to {stop}: not a range")
        if _members_needed(self.recipe, stop, self.split_shares) >= MAX_MEMBERS:
            raise UsageError(f"samples {first} to {stop}: more than a catalogue can hold (2**48 members)")
        return first, stop

    def table_dtype(self, kind: Kind) -> np.dtype[Any]:
        """Columns of `/objects/<kind>`: 8 bytes each, no padding."""
        return self._table_dtypes[kind.name]

    @cached_property
    def _table_dtypes(self) -> dict[str, np.dtype[Any]]:
        # Kept, since Numba knows the dtypes of tables that it has seen by the object.
        found = {}
        for kind in self.kinds:
            parameters = [(p.name, "<i8" if p.integer else "<f8") for p in kind.columns]
            nominal = [(f"{name}{NOMINAL}", "<f8") for name in self.noisy[kind.name]]
            found[kind.name] = np.dtype([*((name, "<i8") for name in IDENTITY), *parameters, *nominal])
        return found

    def table_units(self, kind: Kind) -> dict[str, str]:
        """Units of the parameters in `/objects/<kind>`."""
        units = {p.name: p.unit for p in kind.columns}
        return units | {f"{name}{NOMINAL}": units[name] for name in self.noisy[kind.name]}

    @cached_property
    def noisy(self) -> dict[str, tuple[str, ...]]:
        """Parameters of each kind that have noise of their own in some catalogue, and the products of these."""
        found: dict[str, set[str]] = {kind.name: set() for kind in self.kinds}
        for e in self.entries:
            if self.is_series and not e.is_part:
                found[e.kind.name] |= set(self.recipe.parameter_noise_of(self.catalogues[e.catalogue]))
        return {
            kind.name: tuple(
                p.name
                for p in kind.columns
                if p.name in found[kind.name] or (p.factors and set(p.factors) & found[kind.name])
            )
            for kind in self.kinds
        }

    @cached_property
    def absolutely_noisy(self) -> frozenset[str]:
        """Parameters whose noise is in their own unit, not relative to their value."""
        levels = [level for name in self.catalogues for level in self.recipe.parameter_noise_of(name).items()]
        return frozenset(name for name, level in levels if isinstance(level, Absolute))

    @cached_property
    def entry_first(self) -> npt.NDArray[np.int64]:
        """Number of each catalogue's first entry, and one past the last."""
        counts = np.bincount([e.catalogue for e in self.entries], minlength=len(self.catalogues))
        return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    @cached_property
    def most_entries(self) -> int:
        """The largest number of entries of a catalogue."""
        return int(np.diff(self.entry_first).max())

    @cached_property
    def may_outnumber_masks(self) -> bool:
        """Whether a sample can have more objects than its mask has numbers."""
        most = np.zeros(len(self.catalogues))
        for e in self.entries:
            most[e.catalogue] += e.count.support[1]
        return "masks" in self.arrays and bool(most.max() > MOST_NUMBERED)

    @cached_property
    def entry_kind(self) -> npt.NDArray[np.int64]:
        """Number of each entry's kind in `kinds`."""
        names = [k.name for k in self.kinds]
        return np.array([names.index(e.kind.name) for e in self.entries], np.int64)

    @cached_property
    def class_stream(self) -> int:
        return self.streams[ORDER_STREAM]

    @cached_property
    def split_streams(self) -> npt.NDArray[np.int64]:
        return np.array([self.streams[f"{name}/split"] for name in self.catalogues], np.int64)

    @cached_property
    def pixel_streams(self) -> dict[str, npt.NDArray[np.uint32]]:
        """Streams of pixel noise: name → its number in each catalogue."""
        return {
            stream: np.array([self.streams[f"{name}/{stream}"] for name in self.catalogues], np.uint32)
            for stream in pixel_streams()
        }

    @cached_property
    def output_streams(self) -> npt.NDArray[np.uint32]:
        """Streams of the measurement noise, shape (catalogues, columns of a series)."""
        columns = [_output_stream(name) for name, _, _ in self.output_columns]
        return np.array([[self.streams[f"{c}/{column}"] for column in columns] for c in self.catalogues], np.uint32)

    def parameter_noise_streams(self, kind: Kind, name: str) -> npt.NDArray[np.int64]:
        """Stream of the noise on a parameter for each entry of the recipe (0 for entries of other kinds)."""
        return np.array([self.streams.get(f"{e.label}/{name}.noise", 0) * (e.kind is kind) for e in self.entries])

    @cached_property
    def counts(self) -> Programs:
        """One group a catalogue, one column an entry: how many objects it has in a sample."""
        groups: list[list[Column]] = [[] for _ in self.catalogues]
        for e in self.entries:
            own, stride = groups[e.catalogue], self.grid_strides.get(e.count_stream, 1)
            own.append(Column(e.count_stream, len(own), e.count, integer=True, stride=stride))
        return compile_programs(groups, self.streams)

    @cached_property
    def grids(self) -> dict[str, tuple[dict[str, int], int]]:
        """For each catalogue: members for each step of its grids, by stream, and the number of all combinations."""
        distributions: dict[str, dict[str, Distribution]] = {name: {} for name in self.catalogues}
        for e in self.entries:
            drawn = distributions[self.catalogues[e.catalogue]]
            drawn[e.count_stream] = e.count
            drawn |= {e.streams[parameter]: own for parameter, own in e.distributions.items()}
        for name, drawn in distributions.items():
            drawn |= {p.stream: p.distribution for p in sample_parameters(self.recipe, name)}
        return {name: grid_strides(drawn) for name, drawn in distributions.items()}

    @cached_property
    def grid_strides(self) -> dict[str, int]:
        """Members for each step of each grid, by stream."""
        return {stream: stride for strides, _ in self.grids.values() for stream, stride in strides.items()}

    def members(self, catalogue: str) -> int:
        """The least number of members that a catalogue has in the whole dataset, of which a split is a part."""
        samples, total = self.samples, int(self.shares.sum())
        if self.recipe.split is not None:
            samples = math.ceil((samples + 1) / self.recipe.splits[self.recipe.split]) - 1
        return samples // total * int(self.shares[self.catalogues.index(catalogue)])

    def check_tables(self) -> None:
        """Raise UsageError where a table is absent, before anything is written."""
        # These need every table.
        _ = self.counts, self.sample_programs, self.target_programs, self.level_programs, self.object_programs

    def check_grids(self) -> None:
        """Raise UsageError where a catalogue has too few members for all combinations of its grids."""
        total = int(self.shares.sum())
        for name, (_, size) in self.grids.items():
            if size > 1 and size > self.members(name):
                least = -(-size // int(self.shares[self.catalogues.index(name)])) * total
                raise UsageError(
                    f"samples: the grids of {name} have {size} combinations, and {self.samples} samples hold only "
                    f"{self.members(name)} of its members; at least {least} samples hold them all"
                )

    @cached_property
    def sample_programs(self) -> Programs:
        """One group a catalogue: the noise and PSF parameters, columns of `/samples` in words of 8 bytes."""
        groups = [
            [
                Column(
                    p.stream,
                    2 + self.sample_columns.index(p.column),  # after catalogue and split, and member
                    p.distribution,
                    stride=self.grid_strides.get(p.stream, 1),
                )
                for p in sample_parameters(self.recipe, name)
            ]
            for name in self.catalogues
        ]
        return compile_programs(groups, self.streams)

    @cached_property
    def noisy_targets(self) -> tuple[int, ...]:
        """Columns of `/targets` that carry noise."""
        return tuple(number for number, name in enumerate(self.recipe.targets) if name in self.recipe.targets.noise)

    @cached_property
    def target_programs(self) -> Programs:
        """One group a catalogue: the noise on targets, the columns `noisy_targets`."""
        noise = [(number, self.recipe.targets[number]) for number in self.noisy_targets]
        return self._of_targets([(number, name, self.recipe.targets.noise[name]) for number, name in noise])

    @cached_property
    def target_deviations(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the noise on each of `noisy_targets`; NaN where its numbers depend on the sample."""
        laws = self._noise_on_targets
        return np.array([np.nan if isinstance(law, Varied) else law.standard_deviation for law in laws])

    @cached_property
    def varied_laws(self) -> dict[int, Varied]:
        """Noise on targets that depends on the sample, by its position among `noisy_targets`."""
        return {k: law for k, law in enumerate(self._noise_on_targets) if isinstance(law, Varied)}

    @property
    def _noise_on_targets(self) -> list[Alone | Varied]:
        return [self.recipe.targets.noise[self.recipe.targets[number]] for number in self.noisy_targets]

    @cached_property
    def levels(self) -> dict[tuple[int, str], str]:
        """Numbers of the noise on targets that are drawn for each sample.

        (position among `noisy_targets`, field of the law) → what its stream is called.
        """
        names = {k: self.recipe.targets[self.noisy_targets[k]] for k in self.varied_laws}
        return {(k, field): f"{names[k]}/{field}" for k, law in self.varied_laws.items() for field in law.drawn}

    @cached_property
    def level_programs(self) -> Programs:
        """One group a catalogue: the `levels`, a column each."""
        drawn = _drawn_for_targets(self.recipe)
        return self._of_targets([(number, name, drawn[name]) for number, name in enumerate(self.levels.values())])

    def _of_targets(self, columns: list[tuple[int, str, Distribution | Varied]]) -> Programs:
        groups = [
            [Column(streams[name], number, drawn) for number, name, drawn in columns]
            for streams in (_target_streams(self.recipe, catalogue) for catalogue in self.catalogues)
        ]
        return compile_programs(groups, self.streams)

    @cached_property
    def shortest_segments(self) -> npt.NDArray[np.float64]:
        """Length below which an entry's segments are drawn again, in pixels (0: never)."""
        return np.array([e.entry.min_length or 0.0 for e in self.entries])

    @cached_property
    def object_programs(self) -> dict[str, Programs]:
        """For each kind: one group an entry of the recipe (empty for entries of other kinds)."""
        return {
            kind.name: compile_programs(
                [entry_columns(e, self.grid_strides) if e.kind is kind else [] for e in self.entries],
                self.streams,
            )
            for kind in self.kinds
        }

    @cached_property
    def entries_of_kind(self) -> Counter[str]:
        """How many entries are of each kind, by its name."""
        return Counter(e.kind.name for e in self.entries)

    @cached_property
    def has_all_of_kind(self) -> dict[str, bool]:
        """Whether a target is a parameter of all objects of its kind, by the target's name."""
        return {
            target.name: all(e.number in target.entries for e in self.entries if e.kind.name == target.kind)
            for target in self.targets
        }

    @cached_property
    def supports(self) -> tuple[Mapping[str, tuple[float, float]] | None, ...]:
        """For each entry the smallest and the largest values; None where some depend on others."""
        return tuple(_supports(e.entry.parameters) for e in self.entries)

    def programs_beside(self, kind: Kind, given: frozenset[tuple[int | None, str]]) -> tuple[Programs, Programs]:
        """The programs of a kind but for columns of entries that are given, and those of what derives from others."""
        key = kind.name, given
        found = self._programs_beside.get(key)
        if found is None:
            names = self.table_dtype(kind).names or ()
            columns = {(entry, names.index(column)) for entry, column in given if entry is not None}
            programs = self.object_programs[kind.name].without(columns)
            found = programs, programs.derived()
            if len(self._programs_beside) < MOST_KEPT:
                self._programs_beside[key] = found
        return found

    @cached_property
    def _programs_beside(self) -> dict[tuple[str, frozenset[tuple[int | None, str]]], tuple[Programs, Programs]]:
        return {}


def make_plan(recipe: Recipe) -> Plan:
    """Work out `recipe`.

    Raises UsageError where its shares or streams can't be had, and for what is no recipe.
    """
    recipe = checked_recipe(recipe).resolved()
    catalogues = tuple(recipe.catalogues)
    shares = exact_shares({name: c.weight for name, c in recipe.catalogues.items()}, "catalogue weights")
    splits = tuple(recipe.splits) or ("all",)
    split_shares = exact_shares(recipe.splits, "splits") if recipe.splits else [1]
    if _members_needed(recipe, recipe.samples, split_shares) >= MAX_MEMBERS:
        raise UsageError(f"samples: {recipe.samples} is more than a catalogue can hold (2**48 members)")
    entries = tuple(plan_entries(recipe.catalogues))
    kinds = _kinds(entries)
    names = [ORDER_STREAM, *(name for catalogue in catalogues for name in _sample_streams(recipe, catalogue))]
    for e in entries:
        names += [*e.streams.values(), e.count_stream]
        noisy = noisy_parameters(e.entry) if recipe.series is not None and not e.is_part else []
        names += [f"{e.label}/{name}.noise" for name in noisy]
    if recipe.series is not None:
        columns = [name for name, _, _ in output_columns(entries[0].entry, recipe.series.outputs)]
        names += [f"{catalogue}/{_output_stream(column)}" for catalogue in catalogues for column in columns]
    names += [stream for catalogue in catalogues for stream in _target_streams(recipe, catalogue).values()]
    drawn = {p.column: p.declared for name in catalogues for p in sample_parameters(recipe, name)}
    found = {} if recipe.series is not None else Chain(drawn).found()
    if recipe.extras.has_information:
        found = {**found, RANK.name: RANK}
    named: dict[str, list[PlannedEntry]] = {}
    for e in entries:
        if not e.is_part:
            named.setdefault(e.entry.name, []).append(e)
    return Plan(
        recipe=recipe,
        key=seed_key(recipe.seed),
        streams=stream_numbers(names),
        catalogues=catalogues,
        shares=np.array(shares, np.int64),
        splits=splits,
        split_shares=np.array(split_shares, np.int64),
        entries=entries,
        kinds=kinds,
        sample_parameters=dict(sorted((drawn | found).items())),
        targets=tuple(_target(name, named) for name in recipe.targets),
    )


def _kinds(entries: Iterable[PlannedEntry]) -> tuple[Kind, ...]:
    """The kinds of all entries, by name. Raises UsageError for one that isn't what the recipe names any more."""
    found: dict[str, Kind] = {}
    for e in entries:
        first = found.setdefault(e.kind.name, e.kind)
        if first is not e.kind or (not e.is_part and e.entry.kernel != e.kind.fingerprint):
            raise UsageError(f"{e.kind.name}: declared again in the meantime")
    for kind in found.values():
        kind.check_unchanged()
    return tuple(found[name] for name in sorted(found))


def _supports(parameters: Mapping[str, Distribution]) -> Mapping[str, tuple[float, float]] | None:
    found = {}
    for name, drawn in parameters.items():
        if isinstance(drawn, Derived):
            return None
        found[name] = drawn.support
    return found


def _members_needed(recipe: Recipe, samples: int, split_shares: Iterable[int]) -> int:
    """Members that so many samples can take of one catalogue."""
    if recipe.split is None:
        return samples
    return math.ceil(samples / recipe.splits[recipe.split]) + int(sum(split_shares))


def _output_stream(column: str) -> str:
    return f"series.{column}"


def _drawn_for_targets(recipe: Recipe) -> dict[str, Distribution | Varied]:
    """What the noise on targets is drawn from, and what the numbers of such a law are."""
    found: dict[str, Distribution | Varied] = {}
    for name, drawn in recipe.targets.noise.items():
        found[name] = drawn
        if isinstance(drawn, Varied):
            found |= {f"{name}/{field}": number for field, number in drawn.drawn.items()}
    return found


def _target_streams(recipe: Recipe, catalogue: str) -> dict[str, str]:
    """Stream of the noise on each target that carries any, and of its numbers that are drawn."""
    owner, drawn = f"{catalogue}/noise on target", _drawn_for_targets(recipe)
    streams = streams_below(owner, {name: own for name, own in drawn.items() if not isinstance(own, Varied)})
    return {name: streams.get(name, f"{owner}/{name}") for name in drawn}


def _sample_streams(recipe: Recipe, catalogue: str) -> list[str]:
    pixels = pixel_streams() if recipe.series is None else ()
    names = [f"{catalogue}/{name}" for name in ("split", *pixels)]
    return [*names, *(p.stream for p in sample_parameters(recipe, catalogue))]


def _target(name: str, entries: Mapping[str, Sequence[PlannedEntry]]) -> Target:
    if name in ("catalogue", "brightness"):
        return Target(name, "", name)
    head, _, tail = name.rpartition(".")
    if head == "count":
        return Target(name, "", "count", kind=tail)
    named = entries[head]
    parameter = next(p for p in named[0].kind.columns if p.name == tail)
    return Target(name, parameter.unit, "parameter", named[0].kind.name, tail, tuple(e.number for e in named))
