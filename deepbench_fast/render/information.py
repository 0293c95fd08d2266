"""What samples are expected to be, how that changes with their parameters, and how well it tells these.

All in float64, from the definitions of the kinds. The Fisher information of parameters theta is the mean of the products
of the slopes of ln p(x | theta); its inverse bounds the covariance of every unbiased estimate (Cramer 1946, Rao 1945).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.free_parameters import WHAT, Free, free_parameters
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.tables import Tables
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels._jit import plain_python
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.oversample import LENGTH, PLACES, in_sub_pixels
from deepbench_fast.values import checks
from deepbench_fast.values.distributions import Derived, Scaled

Floats = npt.NDArray[np.float64]

MOST_TABLES = 64
"""Tables that are kept, one for each variance of the read-out."""

SIGMA, SNR = "noise_gaussian_sigma", "noise_gaussian_snr"


class Part(NamedTuple):
    """Numbers of samples that have one law: light (T, n), its slopes (T, P, n), the law (T, 5) and its slopes (T, 5, P).
    """

    light: Floats
    slopes: Floats
    law: Floats
    law_slopes: Floats


@dataclass(frozen=True)
class Source:
    """An entry, and which of its columns change with which parameters: number of the column, place, chain of columns."""

    entry: PlannedEntry
    directions: tuple[tuple[int, int, tuple[str, ...]], ...]


class Expected:
    """What the samples of one catalogue are without noise, and its slopes along the parameters called `names`.

    Tables of other catalogues' samples give no sense. Raises UsageError, in one line, where there are no slopes.
    """

    def __init__(self, plan: Plan, catalogue: int, names: Sequence[str]) -> None:
        self.plan, self.catalogue, self.names = plan, catalogue, tuple(names)
        possible = free_parameters(plan, catalogue)
        self.free: dict[str, Free] = {
            name: possible[checks.known(name, possible, WHAT)] for name in self.names
        }
        self.entries = [e for e in plan.entries if e.catalogue == catalogue]
        _check_plan(plan, self.entries)
        for free in self.free.values():
            if free.declared.integer:
                raise UsageError(f"{free.name} is a whole number: nothing changes with it by small steps")
        self.sources = [Source(entry, tuple(self._directions(entry))) for entry in self.entries]
        self._scene = LightScene(plan)

    def _directions(self, entry: PlannedEntry) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        numbers = {name: number for number, name in enumerate(float_columns(entry.kind))}
        for place, free in enumerate(self.free.values()):
            if free.entry is entry:
                for chain in _chains(entry, free.column, {f.column for f in self.free.values() if f.entry is entry}):
                    yield numbers[chain[-1]], place, chain

    def mean(self, tables: Tables) -> Floats:
        """The samples without noise, float64 (T, ...)."""
        still = [Source(source.entry, ()) for source in self.sources]
        return self._scene.slopes(tables, still)[0].reshape(len(tables.samples), *self.plan.shape)

    def parts(self, tables: Tables, slopes: bool = True) -> list[Part]:
        """The samples, their slopes along the parameters, and the laws of their noise; without `slopes` these are empty.
        """
        free = list(self.free.values()) if slopes else []
        sources = self.sources if slopes else [Source(source.entry, ()) for source in self.sources]
        light, along = self._scene.slopes(tables, sources, free)
        return [self._part(tables.samples, light, along, len(free))]

    def _part(self, samples: npt.NDArray[Any], light: Floats, along: Floats, count: int) -> Part:
        chain = self.plan.effects
        rows = effect_rows(self.plan, samples, Stage.NOISE)
        level, snr = self._level(rows, light)
        rows = rows._replace(columns={**rows.columns, **level})
        by_column = chain.law_slopes(rows) if count else {}
        law_slopes = np.zeros((len(samples), 5, count))
        for place, free in enumerate(list(self.free.values())[:count]):
            if free.entry is None and free.column in by_column:
                law_slopes[:, :, place] = np.stack(by_column[free.column], axis=1)
            elif free.column == SNR and snr is not None:
                law_slopes[:, 4, place] = -2.0 * level[SIGMA] ** 2 / snr
        if snr is not None and count:
            law_slopes[:, 4] += np.where(np.isnan(snr), 0.0, 2.0 / snr**2)[:, None] * _products(along, light)
        return Part(light, along, np.stack(chain.law(rows), axis=1), law_slopes)

    def _level(self, rows: Rows, light: Floats) -> tuple[dict[str, Floats], Floats | None]:
        """The sigma that a signal-to-noise ratio stands for."""
        if SNR not in rows.columns:
            return {}, None
        snr = rows.columns[SNR]
        sigma = np.sqrt(_products(light[:, None], light)[:, 0]) / snr
        return {SIGMA: np.where(np.isnan(snr), rows.columns[SIGMA], sigma)}, snr


def _products(rows: Floats, image: Floats) -> Floats:
    """Sums of products over the pixels in a fixed order, (T, P)."""
    from deepbench_fast.kernels.derivatives.pixels import add_products

    out = np.zeros(rows.shape[:2])
    add_products(np.ascontiguousarray(rows), image, out)
    return out


def _check_plan(plan: Plan, entries: Sequence[PlannedEntry]) -> None:
    image = plan.recipe.image
    if plain_python():
        raise UsageError("derivatives need Numba's compiler, which NUMBA_DISABLE_JIT switches off")
    if plan.is_series:
        raise UsageError(f"{plan.recipe.name} is a recipe of series, whose derivatives aren't known")
    for entry in entries:
        if entry.kind.layer == "shape":
            raise UsageError(f"{entry.entry.name} is a shape: pixels don't change smoothly with its edges")
    if image.dtype != "float32":
        raise UsageError(f"image.dtype {image.dtype}: pixels that are rounded to whole numbers have no density")
    if image.sampling != "center":
        raise UsageError("image.sampling integrate: derivatives are those of light at the pixels' centres")


def float_columns(kind: Kind) -> list[str]:
    """The columns of a kind's table that have slopes, in order."""
    return [parameter.name for parameter in kind.columns if not parameter.integer]


def _chains(entry: PlannedEntry, column: str, named: set[str]) -> Iterator[tuple[str, ...]]:
    """A column, and those that follow from it: each with the columns between."""
    yield (column,)
    for name, drawn in entry.distributions.items():
        if isinstance(drawn, Derived) and drawn.parameter == column and name not in named:
            for chain in _chains(entry, name, named):
                yield column, *chain


def _chain_factors(entry: PlannedEntry, chain: tuple[str, ...], table: npt.NDArray[Any]) -> Floats:
    """How much the last column of a chain changes with its first one: 1 for sums, the factor for products."""
    factors = np.ones(len(table))
    for base, name in zip(chain, chain[1:], strict=False):
        drawn = entry.distributions[name]
        if isinstance(drawn, Scaled):
            factors *= table[name] / table[base] if drawn.is_random else drawn.part.support[0]
    return factors


class LightScene:
    """Images of light in float64, blurred, and their slopes; each sample has the margin of its own PSF."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.factor = plan.recipe.image.oversample
        self.shape = (self.factor * plan.shape[0], self.factor * plan.shape[1])

    def slopes(
        self, tables: Tables, sources: Sequence[Source], free: Sequence[Free] = ()
    ) -> tuple[Floats, Floats]:
        """Images (T, pixels) and their slopes along parameters (T, P, pixels)."""
        count = len(tables.samples)
        if self.factor == 1 and not self.plan.effects.psfs:
            return self._canvas(tables, sources, len(free), 0, np.arange(count), count)
        fine = np.zeros((count, 1 + len(free), self.shape[0] * self.shape[1]))
        rows = self._psf_rows(tables.samples)
        for pad, part in self._by_pad(rows, count):
            fine[part] = self._blurred(tables, sources, free, rows.part(part) if rows.columns else rows, pad, part)
        images = fine.reshape(count, 1 + len(free), *self.shape)
        middle = self.factor // 2
        images = np.ascontiguousarray(images[:, :, middle :: self.factor, middle :: self.factor])
        images = images.reshape(count, 1 + len(free), -1)
        return np.ascontiguousarray(images[:, 0]), np.ascontiguousarray(images[:, 1:])

    def _psf_rows(self, samples: npt.NDArray[Any]) -> Rows:
        """Widths in sub-pixels."""
        rows = effect_rows(self.plan, samples, Stage.PSF)
        scales = {name: self.factor if self.plan.sample_units[name] == LENGTH else 1 for name in rows.columns}
        return rows._replace(columns={name: scales[name] * column for name, column in rows.columns.items()})

    def _by_pad(self, rows: Rows, count: int) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """The samples that need the same margin, margin by margin."""
        chain = self.plan.effects
        one = np.arange(count)
        pads = np.zeros(count, np.int64)
        if chain.psfs:
            pads[:] = [chain.reach(rows.part(one[k : k + 1]), max(self.shape)) for k in range(count)]
        for pad in np.unique(pads).tolist():
            yield pad, np.flatnonzero(pads == pad)

    def _blurred(
        self,
        tables: Tables,
        sources: Sequence[Source],
        free: Sequence[Free],
        rows: Rows,
        pad: int,
        part: npt.NDArray[np.int64],
    ) -> Floats:
        """Fine images and their slopes, (samples of the part, 1 + P, sub-pixels)."""
        height, width = self.shape
        place = np.full(len(tables.samples), -1)
        place[part] = np.arange(len(part))
        light, slopes = self._canvas(tables, sources, len(free), pad, place, len(part))
        canvas = np.concatenate([light[:, None], slopes], axis=1)
        if not self.plan.effects.psfs:
            return canvas
        out = np.zeros((len(part), 1 + len(free), height * width))
        columns = {free_one.column: 1 + number for number, free_one in enumerate(free) if free_one.entry is None}
        for k in range(len(part)):
            here = {name: float(column[k]) for name, column in rows.columns.items()}
            blur_one(canvas[k], (height, width, pad), here, columns, out[k])
            for name, number in columns.items():
                if name in here and self.plan.sample_units[name] == LENGTH:
                    out[k, number] *= self.factor
        return out

    def _canvas(
        self, tables: Tables, sources: Sequence[Source], count: int, pad: int, place: npt.NDArray[np.int64], samples: int
    ) -> tuple[Floats, Floats]:
        """Light on the padded canvas, (samples, sub-pixels), and its slopes, (samples, P, sub-pixels)."""
        height, width = self.shape[0] + 2 * pad, self.shape[1] + 2 * pad
        light = np.zeros((samples, height * width))
        slopes = np.zeros((samples, count, height * width))
        rows, columns = np.divmod(np.arange(height * width), width)
        fine = (columns - pad).astype(np.float64), (rows - pad).astype(np.float64)
        for source in sources:
            kind = source.entry.kind
            table = tables.objects[kind.name]
            table = table[table["entry"] == source.entry.number]
            table = table[place[table["sample"] - tables.first] >= 0]
            table["sample"] = place[table["sample"] - tables.first]
            own = bool(kind.fingerprint)
            at = tuple((f - 0.5 * (self.factor - 1)) / self.factor for f in fine) if own else fine
            drawn = table if own else in_sub_pixels(kind, table, self.factor)
            mean, derive = _kernels(kind.profile_function(), own)
            if not source.directions:
                mean(drawn, 0, *at, light)
                continue
            names = float_columns(kind)
            factors = np.stack([_chain_factors(source.entry, chain, table) for _, _, chain in source.directions], axis=1)
            if not own:
                factors *= [self.factor if _is_place(kind, names[number]) else 1 for number, _, _ in source.directions]
            wanted, places = (np.array(column, np.int64) for column in list(zip(*source.directions, strict=True))[:2])
            derive(drawn, 0, *at, wanted, places, factors, light, slopes)
        return light, slopes


def _is_place(kind: Kind, column: str) -> bool:
    """Whether a column is in pixels, which sub-pixels are more of."""
    return column in PLACES or kind.parameter(column).unit == LENGTH


@cache
def _kernels(profile: Callable[..., float], own: bool) -> tuple[Any, Any]:
    from deepbench_fast.kernels.derivatives.light import light_kernels

    return light_kernels(profile, own)


def blur_one(
    canvas: Floats, frame: tuple[int, int, int], widths: Mapping[str, float], places: Mapping[str, int], out: Floats
) -> None:
    """Blur an image and its slopes (1 + P, canvas) into `out` (1 + P, pixels); NaN widths are those of no PSF.

    `places` says where slopes along widths stand.
    """
    from deepbench_fast.kernels.derivatives import psf
    from deepbench_fast.kernels.psf.gaussian import gaussian_weights
    from deepbench_fast.kernels.psf.moffat import moffat_radius

    sigma = widths.get("psf_gaussian_sigma", math.nan)
    gamma, alpha = widths.get("psf_moffat_gamma", math.nan), widths.get("psf_moffat_alpha", math.nan)
    height, width, pad = frame
    if sigma > 0.0:
        weights = gaussian_weights(sigma)
        psf.add_separable(canvas, frame, weights, weights, out)
        if "psf_gaussian_sigma" in places:
            changed, to = psf.gaussian_slopes(sigma), out[places["psf_gaussian_sigma"]][None]
            psf.add_separable(canvas[:1], frame, changed, weights, to)
            psf.add_separable(canvas[:1], frame, weights, changed, to)
    elif gamma > 0.0:
        by_name = dict(zip(("", "psf_moffat_gamma", "psf_moffat_alpha"), psf.moffat_slopes(
            gamma, alpha, moffat_radius(gamma, alpha, max(height, width))
        ), strict=True))
        psf.add_transformed(canvas, frame, by_name[""], out)
        for name, place in places.items():
            if name in by_name:
                psf.add_transformed(canvas[:1], frame, by_name[name], out[place][None])
    else:
        images = canvas.reshape(len(canvas), height + 2 * pad, width + 2 * pad)
        out += images[:, pad : pad + height, pad : pad + width].reshape(out.shape)


def add_scores(part: Part, pixels: Floats, out: Floats) -> None:
    """Add the slopes of ln p(pixels), (T, n), along the parameters to `out`, (T, P)."""
    from deepbench_fast.kernels.derivatives.pixels import add_normal_score, add_score

    counted = (part.law[:, 0] > 0.0) | (part.law[:, 2] > 0.0)
    for chosen, kernel in ((~counted, add_normal_score), (counted, add_score)):
        if chosen.any():
            found = np.zeros((int(chosen.sum()), out.shape[1]))
            kernel(pixels[chosen], *(array[chosen] for array in (part.light, part.law, part.slopes, part.law_slopes)), found)
            out[chosen] += found


class Weights:
    """Fisher information of pixels; the tables that counts need are made once."""

    def __init__(self) -> None:
        self._tables: dict[float, tuple[int, Floats]] = {}

    def add(self, part: Part, out: Floats) -> None:
        """Add the information of a part to `out`, (T, P, P)."""
        from deepbench_fast.kernels.derivatives.pixels import add_information, add_information_of_law

        counted = (part.law[:, 0] > 0.0) | (part.law[:, 2] > 0.0)
        free = (part.law_slopes != 0.0).any(axis=(1, 2))
        if not counted.any():
            add_information(part.slopes, 1.0 / part.law[:, 4:], out)
        for t in np.flatnonzero(counted | free).tolist():
            products = self._products(part.law[t], part.light[t])
            if counted[t]:
                add_information(part.slopes[t : t + 1], np.ascontiguousarray(products[None, :, 0, 0]), out[t : t + 1])
            elif counted.any():
                add_information(part.slopes[t : t + 1], 1.0 / part.law[t : t + 1, 4:], out[t : t + 1])
            if free[t]:
                add_information_of_law(products, part.slopes[t], part.law_slopes[t], out[t])

    def _products(self, law: Floats, light: Floats) -> Floats:
        """Mean products of the scores of a sample's pixels, (pixels or 1, 6, 6)."""
        from deepbench_fast.kernels.derivatives import pixels

        gain, sky, level, _, variance = law.tolist()
        if gain > 0.0 and level > 0.0 and gain != 1.0:
            raise UsageError("the information of ccd noise with a gain beside poisson noise isn't known")
        if gain == 0.0 and level == 0.0:
            products = np.zeros((1, pixels.NUMBERS, pixels.NUMBERS))
            for one in (pixels.LIGHT, pixels.SHIFT):
                products[0, one, [pixels.LIGHT, pixels.SHIFT]] = 1.0 / variance
            products[0, pixels.VARIANCE, pixels.VARIANCE] = 0.5 / variance**2
            return products
        photons = np.maximum(gain * (light + sky), 0.0) if gain > 0.0 else np.zeros(1)
        unit = gain if gain > 0.0 else 1.0
        mean = photons + level
        first, nodes = self._nodes(unit * unit * variance, *pixels.reach_of(mean))
        products = np.empty((len(mean), pixels.NUMBERS, pixels.NUMBERS))
        pixels.information_of_counts(mean, unit, gain > 0.0, photons, first, nodes, products)
        return products

    def _nodes(self, variance: float, first: int, stop: int) -> tuple[int, Floats]:
        """Nodes for this variance of the read-out, in counts; those that are known are kept."""
        from deepbench_fast.kernels.derivatives.pixels import fill_nodes

        known_first, known = self._tables.get(variance, (first, np.empty((0, 4, 4))))
        low, high = min(first, known_first), max(stop, known_first + len(known))
        nodes = np.empty((high - low, 4, 4))
        start = known_first - low
        nodes[start : start + len(known)] = known
        for one, end in ((0, start), (start + len(known), high - low)):
            fill_nodes(variance, low + one, nodes[one:end])
        if len(self._tables) >= MOST_TABLES:
            self._tables = {}
        self._tables[variance] = low, nodes
        return low, nodes


def bounds(information: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The inverses of matrices (T, P, P), NaN where one has none, and the ranks (T,)."""
    from deepbench_fast.kernels.derivatives.pixels import invert

    inverse, rank = np.empty_like(information), np.empty(len(information), np.int64)
    for t, one in enumerate(information):
        rank[t] = invert(one, inverse[t])
    return inverse, rank
