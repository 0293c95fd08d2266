"""What samples are expected to be without noise, how that changes with their parameters, and the law of the noise.

All in float64, from the definitions of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.free_parameters import WHAT, Free, free_parameters
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels._jit import plain_python
from deepbench_fast.render.body_slopes import BodyScene
from deepbench_fast.render.light_slopes import LightScene
from deepbench_fast.render.motion_slopes import MotionScene
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.sources import Source, chains, float_columns
from deepbench_fast.values import checks

Floats = npt.NDArray[np.float64]

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

    Tables of other catalogues' samples give no sense. `recipe.information` says of which recipes there are slopes.
    """

    def __init__(self, plan: Plan, catalogue: int, names: Sequence[str]) -> None:
        self.plan, self.catalogue, self.names = plan, catalogue, tuple(names)
        possible = free_parameters(plan, catalogue)
        self.free: dict[str, Free] = {name: possible[checks.known(name, possible, WHAT)] for name in self.names}
        self.entries = [e for e in plan.entries if e.catalogue == catalogue]
        if plain_python():
            raise UsageError("derivatives need Numba's compiler, which NUMBA_DISABLE_JIT switches off")
        self.sources = [Source(entry, tuple(self._directions(entry))) for entry in self.entries]
        self._scene = _scene(plan, catalogue)

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
        free_levels = any(free.entry is None for free in self.free.values())
        by_column = chain.law_slopes(rows) if count and free_levels else {}
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


def _scene(plan: Plan, catalogue: int) -> LightScene | MotionScene | BodyScene:
    if not plan.is_series:
        return LightScene(plan)
    bodies = any(entry.is_part for entry in plan.entries if entry.catalogue == catalogue)
    return BodyScene(plan, catalogue) if bodies else MotionScene(plan)


def _products(rows: Floats, image: Floats) -> Floats:
    """Sums of products over the pixels in a fixed order, (T, P)."""
    from deepbench_fast.kernels.derivatives.pixels import add_products

    out = np.zeros(rows.shape[:2])
    add_products(np.ascontiguousarray(rows), image, out)
    return out
