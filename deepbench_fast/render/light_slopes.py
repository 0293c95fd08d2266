"""Images of light in float64 and their slopes along parameters: the definitions of the kinds, at pixels' centres or as
means over pixels, blurred by the PSF."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import Free
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.own import slopes_in_short
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.oversample import LENGTH, PLACES, in_sub_pixels
from deepbench_fast.render.sources import Floats, Source, chain_factors, float_columns


class LightScene:
    """Images of light in float64, blurred, and their slopes; each sample has the margin of its own PSF."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._scratch = local()
        self._found: dict[str, tuple[Any, Any]] = {}
        self.factor = plan.recipe.image.oversample
        self.shape = (self.factor * plan.shape[0], self.factor * plan.shape[1])
        self.means = plan.recipe.image.sampling == "integrate"

    def slopes(self, tables: Tables, sources: Sequence[Source], free: Sequence[Free] = ()) -> tuple[Floats, Floats]:
        """Images (T, pixels) and their slopes along parameters (T, P, pixels)."""
        count = len(tables.samples)
        if self.factor == 1 and not self.plan.effects.psfs:
            return self._canvas(tables, sources, len(free), 0, np.arange(count), count)
        fine = np.zeros((count, 1 + len(free), self.shape[0] * self.shape[1]))
        rows = self._psf_rows(tables.samples)
        for pad, part in self._by_pad(rows, count):
            fine[part] = self._blurred(tables, sources, free, rows.part(part) if rows.columns else rows, pad, part)
        images = self._in_pixels(fine.reshape(count, 1 + len(free), *self.shape))
        return np.ascontiguousarray(images[:, 0]), np.ascontiguousarray(images[:, 1:])

    def _in_pixels(self, fine: Floats) -> Floats:
        """Images (T, 1 + P, rows, columns of sub-pixels) as (T, 1 + P, pixels): their centres, or means row by row."""
        n = self.factor
        images = fine[:, :, n // 2 :: n, n // 2 :: n]
        if self.means:
            images = np.zeros(images.shape)
            for i in range(n):
                for j in range(n):
                    images += fine[:, :, i::n, j::n] / n**2
        return images.reshape(*fine.shape[:2], math.prod(self.plan.shape))

    def _kernels(self, kind: Kind) -> tuple[Any, Any]:
        if kind.name not in self._found:
            self._found[kind.name] = kernels_of(kind, self.means)
        return self._found[kind.name]

    def _zeros(self, name: str, *shape: int) -> Floats:
        """Scratch of the calling thread, which the next call writes over: fresh memory costs as much as the slopes."""
        kept = getattr(self._scratch, name, None)
        size = math.prod(shape)
        if kept is None or kept.size < size:
            kept = np.empty(size)
            setattr(self._scratch, name, kept)
        zeros: Floats = kept[:size].reshape(shape)
        zeros.fill(0.0)
        return zeros

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
        self,
        tables: Tables,
        sources: Sequence[Source],
        count: int,
        pad: int,
        place: npt.NDArray[np.int64],
        samples: int,
    ) -> tuple[Floats, Floats]:
        """Light on the padded canvas, (samples, sub-pixels), and its slopes, (samples, P, sub-pixels)."""
        height, width = self.shape[0] + 2 * pad, self.shape[1] + 2 * pad
        light = self._zeros("light", samples, height * width)
        slopes = self._zeros("slopes", samples, count, height * width)
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
            side = ((1.0 / self.factor if own else 1.0),) if self.means else ()
            mean, derive = self._kernels(kind)
            if not source.directions:
                with slopes_in_short(kind):
                    mean(drawn, 0, *at, *side, light)
                continue
            names = float_columns(kind)
            factors = np.stack([chain_factors(source.entry, chain, table) for _, _, chain in source.directions], axis=1)
            if not own:
                factors *= [self.factor if _is_place(kind, names[number]) else 1 for number, _, _ in source.directions]
            wanted, places = (np.array(column, np.int64) for column in list(zip(*source.directions, strict=True))[:2])
            with slopes_in_short(kind):
                derive(drawn, 0, *at, *side, wanted, places, factors, light, slopes)
        return light, slopes


def _is_place(kind: Kind, column: str) -> bool:
    """Whether a column is in pixels, which sub-pixels are more of."""
    return column in PLACES or kind.parameter(column).unit == LENGTH


def kernels_of(kind: Kind, means: bool) -> tuple[Any, Any]:
    """Kernels (mean, slopes) of a kind of light, at pixels' centres or as `means` over pixels."""
    profile, own = kind.profile_function(), bool(kind.fingerprint)
    if not means:
        return _center_kernels(profile, own)
    return _mean_kernels(profile, own, *kind.mean_functions(), tuple(kind.lit.items()))


@cache
def _center_kernels(profile: Callable[..., float], own: bool) -> tuple[Any, Any]:
    from deepbench_fast.kernels.derivatives.light import light_kernels

    return light_kernels(profile, own)


@cache
def _mean_kernels(
    profile: Callable[..., float],
    own: bool,
    edges: Any,
    may_hide: Any,
    rays: Any,
    lit: tuple[tuple[str, tuple[float, float]], ...],
) -> tuple[Any, Any]:
    from deepbench_fast.kernels.derivatives.pixel_means import mean_kernels

    return mean_kernels(profile, own, edges, may_hide, rays, dict(lit))


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
        by_name = dict(
            zip(
                ("", "psf_moffat_gamma", "psf_moffat_alpha"),
                psf.moffat_slopes(gamma, alpha, moffat_radius(gamma, alpha, max(height, width))),
                strict=True,
            )
        )
        psf.add_transformed(canvas, frame, by_name[""], out)
        for name, place in places.items():
            if name in by_name:
                psf.add_transformed(canvas[:1], frame, by_name[name], out[place][None])
    else:
        images = canvas.reshape(len(canvas), height + 2 * pad, width + 2 * pad)
        out += images[:, pad : pad + height, pad : pad + width].reshape(out.shape)
