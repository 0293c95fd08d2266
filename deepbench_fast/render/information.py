"""What samples are expected to be, how that changes with their parameters, and how well it tells these.

All in float64, from the definitions of the kinds. The Fisher information of parameters theta is the mean of the
products of the slopes of ln p(x | theta); its inverse bounds the covariance of every unbiased estimate (Cramér
1946, Rao 1945).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.free_parameters import WHAT, Free, free_parameters
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.tables import Tables
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels._jit import plain_python
from deepbench_fast.render.light_slopes import LightScene
from deepbench_fast.render.motion_slopes import MotionScene
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.sources import Source, chains, float_columns
from deepbench_fast.values import checks

Floats = npt.NDArray[np.float64]

MOST_TABLES = 64
"""Tables that are kept, one for each variance of the read-out."""

NO_SLOPE = {("lens", "q"): 1.0}
"""Values of parameters, by kind, at which slopes along them aren't known: a round lens is 0 / 0 in its profile."""

GAUSSIAN = "noise_gaussian_"
SIGMA, SNR = f"{GAUSSIAN}sigma", f"{GAUSSIAN}snr"


class Part(NamedTuple):
    """Numbers of samples that have one law: light (T, n), slopes (T, P, n), the law (T, 5), its slopes (T, 5, P)."""

    light: Floats
    slopes: Floats
    law: Floats
    law_slopes: Floats


class Expected:
    """What the samples of one catalogue are without noise, and its slopes along the parameters called `names`.

    Tables of other catalogues' samples give no sense. Raises UsageError, in one line, where there are no slopes.
    """

    def __init__(self, plan: Plan, catalogue: int, names: Sequence[str]) -> None:
        self.plan, self.catalogue, self.names = plan, catalogue, tuple(names)
        possible = free_parameters(plan, catalogue)
        self.free: dict[str, Free] = {name: possible[checks.known(name, possible, WHAT)] for name in self.names}
        self.entries = [e for e in plan.entries if e.catalogue == catalogue]
        _check_plan(plan, self.entries)
        for free in self.free.values():
            if free.declared.integer:
                raise UsageError(f"{free.name} is a whole number: nothing changes with it by small steps")
        self.sources = [Source(entry, tuple(self._directions(entry))) for entry in self.entries]
        self._scene = MotionScene(plan) if plan.is_series else LightScene(plan)

    def _directions(self, entry: PlannedEntry) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        numbers = {name: number for number, name in enumerate(float_columns(entry.kind))}
        for place, free in enumerate(self.free.values()):
            if free.entry is entry:
                for chain in chains(entry, free.column, {f.column for f in self.free.values() if f.entry is entry}):
                    yield numbers[chain[-1]], place, chain

    def parts(self, tables: Tables, slopes: bool = True) -> list[Part]:
        """The samples, their slopes along the parameters if asked for, and the laws of their noise.

        An image is one part, a series one for each of its columns. They hold until the same thread asks again.
        """
        free = list(self.free.values()) if slopes else []
        sources = self.sources if slopes else [Source(source.entry, ()) for source in self.sources]
        light, along = self._scene.slopes(tables, sources, free)
        self._forget_unknown(tables, free, along)
        if not self.plan.is_series:
            return [self._part(tables.samples, light, along, len(free))]
        columns = zip(self.plan.output_columns, light, along, strict=True)
        return [self._column(tables.samples, output, one, slope, free) for (_, _, output), one, slope in columns]

    def _forget_unknown(self, tables: Tables, free: Sequence[Free], along: Floats) -> None:
        """Put NaN where a profile has no slope that is known."""
        for place, one in enumerate(free):
            if one.entry is not None and (one.entry.kind.name, one.column) in NO_SLOPE:
                rows = tables.objects[one.entry.kind.name]
                at = (rows["entry"] == one.entry.number) & (
                    rows[one.column] == NO_SLOPE[one.entry.kind.name, one.column]
                )
                along[rows["sample"][at] - tables.first, place] = np.nan

    def _column(
        self, samples: npt.NDArray[Any], output: str, light: Floats, along: Floats, free: Sequence[Free]
    ) -> Part:
        """A column of series, whose noise is that of its output or of all."""
        law, law_slopes = np.zeros((len(samples), 5)), np.zeros((len(samples), 5, len(free)))
        columns = effect_rows(self.plan, samples, Stage.NOISE).columns
        for name in (SIGMA, f"{GAUSSIAN}{output}"):
            sigma = columns.get(name)
            if sigma is not None and not np.isnan(sigma).all():
                law[:, 4] = sigma**2
                for place, one in enumerate(free):
                    law_slopes[:, 4, place] = 2.0 * sigma if one.column == name else law_slopes[:, 4, place]
        return Part(light, along, law, law_slopes)

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
        _check_series(plan, entries)
        return
    for entry in entries:
        if entry.kind.layer == "shape":
            raise UsageError(f"{entry.entry.name} is a shape: pixels don't change smoothly with its edges")
    if image.dtype != "float32":
        raise UsageError(f"image.dtype {image.dtype}: pixels that are rounded to whole numbers have no density")
    if image.sampling != "center":
        raise UsageError("image.sampling integrate: derivatives are those of light at the pixels' centres")


def _check_series(plan: Plan, entries: Sequence[PlannedEntry]) -> None:
    for entry in entries:
        if entry.kind.dynamics is not None and entry.kind.dynamics.parts is not None:
            raise UsageError(f"{entry.entry.name} is a system of bodies: its slopes aren't known")
        if plan.recipe.parameter_noise_of(plan.catalogues[entry.catalogue]):
            raise UsageError("parameter_noise is latent: samples scatter by what no parameter says")


def add_scores(part: Part, pixels: Floats, out: Floats) -> None:
    """Add the slopes of ln p(pixels), (T, n), along the parameters to `out`, (T, P)."""
    from deepbench_fast.kernels.derivatives.pixels import add_normal_score, add_score

    counted = (part.law[:, 0] > 0.0) | (part.law[:, 2] > 0.0)
    kernel: Any
    for chosen, kernel in ((~counted, add_normal_score), (counted, add_score)):
        if chosen.any():
            found = np.zeros((int(chosen.sum()), out.shape[1]))
            kernel(
                pixels[chosen],
                *(array[chosen] for array in (part.light, part.law, part.slopes, part.law_slopes)),
                found,
            )
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
