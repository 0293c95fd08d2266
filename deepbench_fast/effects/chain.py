"""Effects one after the other: PSFs on a canvas, then noise in the order of its rank, and what is known of that."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.effects.effect import Effect, Noise, Rows, Stage
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.effects.noise.outputs import OutputNoise
from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.kernels.backend import Backend, cpu
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.values.parameter import Parameter

REACHED_SNR = Parameter(
    "noise_snr", "", "signal-to-noise ratio of a matched filter: sqrt(sum of S^2 / variance)", 0.0, math.inf
)

# Pixels whose variance is held at a time, 512 KiB; a multiple of the kernels' LANES.
STRETCH = 2**16
LANES = 32

Images = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


def pixel_streams() -> tuple[str, ...]:
    """The streams of all noise on pixels."""
    return tuple(stream for model in NOISES.values() for stream in model.streams)


class Chain:
    """The effects of a dataset, those that have some of the `columns` of `/samples`.

    Tables are rows with these columns, by their names there; images are float32 (T, pixels).
    """

    def __init__(self, columns: Collection[str], kernel: Backend = cpu) -> None:
        self.kernel = kernel
        self._columns: dict[type[Effect], dict[str, str]] = {}
        models: list[type[Effect]] = [*NOISES.values(), OutputNoise, *PSFS.values()]
        for model in models:
            prefix = model.column("")
            self._columns[model] = {name.removeprefix(prefix): name for name in columns if name.startswith(prefix)}
        present = sorted((model for model in NOISES.values() if self._columns[model]), key=lambda model: model.rank)
        self.noises: list[type[Noise]] = present
        self._finding = [model for model in present if model.found(self._columns[model])]
        self.psfs = [model for model in PSFS.values() if self._columns[model]]
        self.blurs_by_rows = bool(self.psfs) and all(model.by_rows for model in self.psfs)
        self.adds_by_parts = bool(self.noises) and all(model.by_parts for model in self.noises)

    def _rows(self, model: type[Effect], table: Rows) -> Rows:
        """The columns of one effect by the names of its parameters."""
        columns = {own: table.columns[name] for own, name in self._columns[model].items() if name in table.columns}
        return table._replace(columns=columns)

    def found(self) -> dict[str, Parameter]:
        """Columns that only rendering tells, beside those that are drawn."""
        found = {model.column(p.name): p for model in self.noises for p in model.found(self._columns[model])}
        return {**found, REACHED_SNR.name: REACHED_SNR} if self.noises else {}

    def find(self, light: Images, table: Rows, variance: Images | None = None) -> dict[str, Floats]:
        """The columns that only rendering tells, from the noise-free images S, and the variance of each pixel's noise.

        `noise_snr` is the ratio that all noise together leaves to a matched filter, sqrt(sum of S² / variance), with
        each pixel's own variance.
        """
        found: dict[str, Floats] = {}
        for model in self._finding:
            own = model.find(light, self._rows(model, table), self.kernel)
            found |= {model.column(name): column for name, column in own.items()}
        if self.noises:
            table = table._replace(columns={**table.columns, **found}) if found else table
            found[REACHED_SNR.name] = self._weigh(light, table, variance)
        elif variance is not None:
            variance[:] = 0.0
        return found

    def forget(self, table: Rows) -> dict[str, Floats]:
        """The columns that only rendering tells as they were before."""
        found: dict[str, Floats] = {}
        for model in self._finding:
            own = model.forget(self._rows(model, table))
            found |= {model.column(name): column for name, column in own.items()}
        return {**found, REACHED_SNR.name: np.full(len(table.members), np.nan)} if self.noises else {}

    def _weigh(self, light: Images, table: Rows, out: Images | None) -> Floats:
        """The ratio of a matched filter, and the variance."""
        varies = self._varies(table)
        if varies is None:
            return self._weigh_even(light, table, out)
        if varies.all():
            return self._weigh_uneven(light, table, out)
        ratio = self._weigh_even(light, table, out)
        if varies.any():
            part = None if out is None else out[varies]
            ratio[varies] = self._weigh_uneven(light[varies], table.part(varies), part)
            if out is not None:
                out[varies] = part
        return ratio

    def _weigh_even(self, light: Images, table: Rows, out: Images | None) -> Floats:
        """Where all pixels have one variance."""
        ratio = np.empty(len(light))
        variance = self._variance(np.zeros((len(light), 1), np.float32), table)
        if out is not None:
            out[:] = variance
        if not variance.all():
            variance[self._absent(table)] = np.nan
        self.kernel("noise.variance:even_snr")(light, variance[:, 0], ratio)
        return ratio

    def _weigh_uneven(self, light: Images, table: Rows, out: Images | None) -> Floats:
        """Where each pixel has its own."""
        ratio, partial = np.empty(len(light)), np.zeros((len(light), LANES))
        for samples, pixels in _parts(*light.shape):
            variance = self._variance(light[samples, pixels], table.part(samples))
            self.kernel("noise.variance:add_squared_ratios")(light[samples, pixels], variance, partial[samples])
            if out is not None:
                out[samples, pixels] = variance
        self.kernel("noise.variance:root_of_sum")(partial, ratio)
        return ratio

    def _variance(self, light: Images, table: Rows) -> Floats:
        """In float64, from the highest rank down: in another order it would round otherwise."""
        variance = np.zeros(light.shape)
        for model in reversed(self.noises):
            model.add_variance(light, self._rows(model, table), variance, self.kernel)
        return variance

    def _varies(self, table: Rows) -> npt.NDArray[np.bool_] | None:
        """Whether the variance follows the light, sample by sample; None where it never does."""
        varies = [model.varies(self._rows(model, table)) for model in self.noises if model.of_light]
        return np.any(varies, axis=0) if varies else None

    def _absent(self, table: Rows) -> npt.NDArray[np.bool_]:
        """Which samples have no noise at all."""
        first, *others = [self._rows(model, table).absent() for model in self.noises]
        for absent in others:
            first &= absent
        return first

    def add_noise(self, pixels: Images, table: Rows) -> None:
        """Give the pixels their noise, in place."""
        for model in self.noises:
            model.apply(pixels, self._rows(model, table), self.kernel)

    def add_output_noise(self, series: npt.NDArray[np.float64], outputs: Sequence[str], table: Rows) -> None:
        """Give series (T, steps, columns) their noise, in place; each column belongs to one of the `outputs`."""
        if self._columns[OutputNoise]:
            OutputNoise.apply_to(series, outputs, self._rows(OutputNoise, table), self.kernel)

    def law(self, table: Rows) -> PixelLaw:
        """How pixels are distributed, given the clean image; raises UsageError where that isn't known of a model."""
        law = PixelLaw.of(len(table.members))
        for model in self.noises:
            law = law.and_then(model.law(self._rows(model, table)))
        return law

    def law_slopes(self, table: Rows) -> dict[str, PixelLaw]:
        """How the numbers of `law` change with the columns of `/samples`, by their names."""
        found: dict[str, PixelLaw] = {}
        for model in self.noises:
            slopes = model.law_slopes(self._rows(model, table))
            found |= {model.column(name): law for name, law in slopes.items()}
        return found

    def reach(self, table: Rows, side: int) -> int:
        """How far the widest PSF of all samples spreads light, in pixels; `side` is the frame's longer side."""
        if not self.psfs:
            return 0
        return max(model.reach(self._rows(model, table), side, self.kernel) for model in self.psfs)

    def blur(self, canvas: Images, frame: tuple[int, int, int], table: Rows, out: Images, stop: Stop) -> None:
        """Blur canvases and cut out the frame (height, width, pad)."""
        if not self.psfs:
            self.kernel("psf.gaussian:crop")(canvas, frame, out)
            return
        first, *others = self.psfs
        first.blur(canvas, frame, self._rows(first, table), out, self.kernel, stop)
        for model in others:  # catalogues differ in their PSF
            rows = self._rows(model, table)
            chosen = np.flatnonzero(~rows.absent())
            part = np.empty((chosen.size, out.shape[1]), np.float32)
            model.blur(canvas[chosen], frame, rows.part(chosen), part, self.kernel, stop)
            out[chosen] = part


def _parts(samples: int, pixels: int) -> Iterator[tuple[slice, slice]]:
    """Parts of images that are contiguous and have a stretch of pixels at most."""
    at_once = max(1, STRETCH // pixels)
    for first in range(0, samples, at_once):
        for start in range(0, pixels, STRETCH):
            yield slice(first, first + at_once), slice(start, start + STRETCH)


def log_likelihood(
    pixels: npt.NDArray[np.floating], clean: npt.NDArray[np.floating], samples: npt.NDArray[Any]
) -> Floats:
    """ln of the density of noisy images, (T, ...), given their clean twins and their rows of `/samples`, (T,).

    All noise of a sample counts together. Raises UsageError for a model of which the law isn't known.
    """
    names = samples.dtype.names or ()
    columns = {name: np.asarray(samples[name], np.float64) for name in names if name.startswith(f"{Stage.NOISE}_")}
    table = Rows(columns, {}, np.asarray(samples["member"]), np.zeros(2, np.uint32))
    return Chain(columns).law(table).log_likelihood(pixels, clean)
