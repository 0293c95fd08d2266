"""A recipe worked out: streams, shares, columns, chunk boundaries. Pure arithmetic: no pixels, no files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.objects.registry import Kind, kind
from deepbench_fast.programs import Column, Programs, compile_programs
from deepbench_fast.recipe.distributions import Distribution, Offset, Scaled
from deepbench_fast.recipe.model import Catalogue, Entry, Recipe
from deepbench_fast.shares import exact_shares
from deepbench_fast.streams import MAX_MEMBERS, seed_key, stream_numbers

CHUNK_BYTES = 2**20
ORDER_STREAM = "order"
IDENTITY = ("sample", "entry", "slot")
PIXEL_STREAMS = ("noise.gaussian", "noise.poisson", "noise.ccd.photons", "noise.ccd.readings")
NOISE_SNR = Parameter("noise_snr", "", "signal-to-noise ratio of a matched filter", 0.0, math.inf)
FOUND_SIGMA = Parameter("sigma", "", "standard deviation", 0.0, math.inf)


@dataclass(frozen=True)
class PlannedEntry:
    """An entry of a catalogue, numbered through the whole recipe."""

    number: int
    catalogue: int
    label: str
    entry: Entry
    kind: Kind


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
    def shape(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        return self.recipe.image.shape

    @property
    def chunk(self) -> int:
        """Samples in a chunk: about 1 MiB of float32, from the sample's shape alone."""
        return max(1, CHUNK_BYTES // (4 * math.prod(self.shape)))

    @property
    def chunks(self) -> int:
        """Number of chunks of the whole dataset."""
        return -(-self.samples // self.chunk)

    @cached_property
    def arrays(self) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Datasets with one row a sample: name → (shape of a row, dtype)."""
        data = np.dtype(self.recipe.image.dtype).newbyteorder("<")
        extras = {"clean": data, "masks": np.dtype("<u2"), "variance": np.dtype("<f4")}
        arrays = {"images": (self.shape, data)}
        arrays |= {name: (self.shape, dtype) for name, dtype in extras.items() if name in self.recipe.extras}
        return {**arrays, "targets": ((len(self.targets),), np.dtype("<f8"))}

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
    def sample_units(self) -> dict[str, str]:
        """Units of `sample_columns`."""
        return {name: p.unit for name, p in self.sample_parameters.items()}

    @cached_property
    def sample_ranges(self) -> dict[str, tuple[float, float]]:
        """Valid ranges of `sample_columns`."""
        return {name: (p.low, p.high) for name, p in self.sample_parameters.items()}

    def table_dtype(self, kind: Kind) -> np.dtype[Any]:
        """Columns of `/objects/<kind>`: 8 bytes each, no padding."""
        parameters = [(p.name, "<i8" if p.integer else "<f8") for p in kind.parameters]
        return np.dtype([*((name, "<i8") for name in IDENTITY), *parameters])

    @cached_property
    def entry_first(self) -> npt.NDArray[np.int64]:
        """Number of each catalogue's first entry, and one past the last."""
        counts = [sum(e.catalogue == c for e in self.entries) for c in range(len(self.catalogues))]
        return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

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
            for stream in PIXEL_STREAMS
        }

    @cached_property
    def counts(self) -> Programs:
        """One group an entry: how many objects it has in a sample."""
        return compile_programs([[Column(f"{e.label}/count", 0, e.entry.count)] for e in self.entries], self.streams)

    @cached_property
    def sample_programs(self) -> Programs:
        """One group a catalogue: the noise and PSF parameters, columns after `member`."""
        groups = [
            [
                Column(p.stream, self.sample_columns.index(p.column), p.distribution)
                for p in sample_parameters(self.recipe, name)
            ]
            for name in self.catalogues
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
                [entry_columns(e) if e.kind is kind else [] for e in self.entries],
                self.streams,
            )
            for kind in self.kinds
        }


def make_plan(recipe: Recipe) -> Plan:
    """Work out `recipe`. Raises UsageError where its shares or streams can't be had."""
    recipe = recipe.resolved()
    catalogues = tuple(recipe.catalogues)
    shares = exact_shares({name: c.weight for name, c in recipe.catalogues.items()}, "catalogue weights")
    splits = tuple(recipe.splits) or ("all",)
    split_shares = exact_shares(recipe.splits, "splits") if recipe.splits else [1]
    if recipe.samples >= MAX_MEMBERS:
        raise UsageError(f"samples: {recipe.samples} is more than a catalogue can hold (2**48 - 1)")
    entries = tuple(_entries(recipe.catalogues))
    names = [ORDER_STREAM, *(name for catalogue in catalogues for name in _sample_streams(recipe, catalogue))]
    for e in entries:
        names += [f"{e.label}/count", *(f"{e.label}/{p.name}" for p in e.kind.parameters)]
    drawn = {p.column: p.declared for name in catalogues for p in sample_parameters(recipe, name)}
    return Plan(
        recipe=recipe,
        key=seed_key(recipe.seed),
        streams=stream_numbers(names),
        catalogues=catalogues,
        shares=np.array(shares, np.int64),
        splits=splits,
        split_shares=np.array(split_shares, np.int64),
        entries=entries,
        kinds=tuple(sorted({e.kind.name: e.kind for e in entries}.values(), key=lambda k: k.name)),
        sample_parameters=dict(sorted((drawn | _found(drawn)).items())),
        targets=tuple(_target(name, entries) for name in recipe.targets),
    )


@dataclass(frozen=True)
class SampleParameter:
    """A parameter of the noise or the PSF of a catalogue: drawn once a sample, a column of `/samples`."""

    column: str
    stream: str
    declared: Parameter
    distribution: Distribution


def sample_parameters(recipe: Recipe, catalogue: str) -> list[SampleParameter]:
    """The parameters of a catalogue's noise models and PSF, e.g. the column `noise_gaussian_sigma`."""
    psf = recipe.psf_of(catalogue)
    models = [("noise", model) for model in recipe.noise_of(catalogue)] + ([("psf", psf)] if psf is not None else [])
    return [
        SampleParameter(
            column=f"{stage}_{model.name}_{parameter.name}",
            stream=f"{catalogue}/{stage}.{model.name}.{parameter.name}",
            declared=parameter,
            distribution=model.parameters()[parameter.name],
        )
        for stage, model in models
        for parameter in model.declared
    ]


def entry_columns(planned: PlannedEntry) -> list[Column]:
    """Columns of an entry in the order in which they are drawn: an offset after the parameter that it adds to."""
    numbers = {p.name: i + len(IDENTITY) for i, p in enumerate(planned.kind.parameters)}
    integers = {p.name for p in planned.kind.parameters if p.integer}
    distributions = planned.entry.parameters
    columns = []
    for name in sorted(distributions, key=lambda n: _depth(n, distributions)):
        distribution = distributions[name]
        base = numbers[distribution.parameter] if isinstance(distribution, Offset) else -1
        factor = numbers[distribution.parameter] if isinstance(distribution, Scaled) else -1
        stream = f"{planned.label}/{name}"
        columns.append(Column(stream, numbers[name], distribution, name in integers, base, factor))
    return columns


def segment_ends(kind: Kind) -> npt.NDArray[np.int64]:
    """Columns x1, y1, x2, y2 of a kind whose short segments are drawn again; empty for other kinds."""
    names = [*IDENTITY, *(p.name for p in kind.parameters)]
    return np.array([names.index(name) for name in (kind.redraw.ends if kind.redraw else ())], np.int64)


def _depth(name: str, distributions: Mapping[str, Distribution]) -> int:
    distribution = distributions[name]
    return 1 + _depth(distribution.parameter, distributions) if isinstance(distribution, Offset | Scaled) else 0


def _entries(catalogues: Mapping[str, Catalogue]) -> list[PlannedEntry]:
    planned: list[PlannedEntry] = []
    for number, (name, catalogue) in enumerate(catalogues.items()):
        for entry in catalogue.objects:
            planned.append(PlannedEntry(len(planned), number, f"{name}/{entry.name}", entry, kind(entry.kind)))
    return planned


def _sample_streams(recipe: Recipe, catalogue: str) -> list[str]:
    names = [f"{catalogue}/{name}" for name in ("split", *PIXEL_STREAMS)]
    return [*names, *(p.stream for p in sample_parameters(recipe, catalogue))]


def _found(drawn: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Columns of `/samples` that rendering fills in."""
    found = {"noise_gaussian_sigma": FOUND_SIGMA} if "noise_gaussian_snr" in drawn else {}
    return found | ({"noise_snr": NOISE_SNR} if any(name.startswith("noise_") for name in drawn) else {})


def _target(name: str, entries: tuple[PlannedEntry, ...]) -> Target:
    if name in ("catalogue", "brightness"):
        return Target(name, "", name)
    head, _, tail = name.rpartition(".")
    if head == "count":
        return Target(name, "", "count", kind=tail)
    named = [e for e in entries if e.entry.name == head]
    parameter = next(p for p in named[0].kind.parameters if p.name == tail)
    return Target(name, parameter.unit, "parameter", named[0].kind.name, tail, tuple(e.number for e in named))
