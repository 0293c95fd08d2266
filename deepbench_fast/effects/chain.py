"""Effects one after the other: PSFs on a canvas, then noise in the order of its rank, and what is known of that.

Tables are rows with the columns of `/samples` by their names there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from deepbench_fast.effects.effect import Effect, Noise, Psf, Rows
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.effects.noise.outputs import OutputNoise
from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.kernels.backend import Backend
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.values.parameter import Parameter

REACHED_SNR = Parameter(
    "noise_snr", "", "signal-to-noise ratio of a matched filter: sqrt(sum of S^2 / variance)", 0.0, math.inf
)

# Pixels whose variance is held at a time, 512 KiB; a multiple of the kernels' LANES.
STRETCH = 2**16
LANES = 32

E = TypeVar("E", bound=Effect)
Images = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


def _present(models: Iterable[type[E]], columns: Collection[str]) -> list[type[E]]:
    """The models that some sample has."""
    return [model for model in models if any(name.startswith(model.column("")) for name in columns)]


def _noises(table: Rows) -> list[type[Noise]]:
    return sorted(_present(NOISES.values(), table.columns), key=lambda model: model.rank)


def pixel_streams() -> tuple[str, ...]:
    """The streams of all noise on pixels."""
    return tuple(stream for model in NOISES.values() for stream in model.streams)


def found_columns(drawn: Collection[str]) -> dict[str, Parameter]:
    """Columns of `/samples` that only rendering tells, beside those that are drawn."""
    found: dict[str, Parameter] = {}
    for model in _present(NOISES.values(), drawn):
        prefix = model.column("")
        given = [name.removeprefix(prefix) for name in drawn if name.startswith(prefix)]
        found |= {model.column(parameter.name): parameter for parameter in model.found(given)}
    return found | ({REACHED_SNR.name: REACHED_SNR} if _present(NOISES.values(), drawn) else {})


def find(light: Images, table: Rows, kernel: Backend) -> dict[str, Floats]:
    """The columns that only rendering tells, from the noise-free images S, (T, pixels).

    `noise_snr` is the ratio that all noise together leaves to a matched filter, sqrt(sum of S² / variance), with each
    pixel's own variance.
    """
    found: dict[str, Floats] = {}
    models = _noises(table)
    for model in models:
        own = model.find(light, table.of(model), kernel)
        found |= {model.column(name): column for name, column in own.items()}
    if models:
        table = table._replace(columns={**table.columns, **found})
        found[REACHED_SNR.name] = _matched_filter_snr(light, table, kernel)
    return found


def forget(table: Rows) -> dict[str, Floats]:
    """The columns that only rendering tells as they were before."""
    found: dict[str, Floats] = {}
    models = _noises(table)
    for model in models:
        found |= {model.column(name): column for name, column in model.forget(table.of(model)).items()}
    return found | ({REACHED_SNR.name: np.full(len(table.members), np.nan)} if models else {})


def add_noise(pixels: Images, table: Rows, kernel: Backend) -> None:
    """Give the pixels (T, pixels) their noise, in place."""
    for model in _noises(table):
        model.apply(pixels, table.of(model), kernel)


def add_output_noise(series: npt.NDArray[np.float64], outputs: Sequence[str], table: Rows, kernel: Backend) -> None:
    """Give series (T, steps, columns) their noise, in place; each column belongs to one of the `outputs`."""
    if _present([OutputNoise], table.columns):
        OutputNoise.apply_to(series, outputs, table.of(OutputNoise), kernel)


def expected_variance(light: Images, table: Rows, out: Images, kernel: Backend) -> None:
    """The variance of each pixel's noise, (T, pixels)."""
    if not _varies(table).any():
        out[:] = _constant_variance(table, kernel)
        return
    for samples, pixels in _parts(*light.shape):
        out[samples, pixels] = _variance(light[samples, pixels], table.part(samples), kernel)


def _varies(table: Rows) -> npt.NDArray[np.bool_]:
    """Whether the variance follows the light, sample by sample."""
    varies = np.zeros(len(table.members), np.bool_)
    for model in _noises(table):
        varies |= model.varies(table.of(model))
    return varies


def _variance(light: Images, table: Rows, kernel: Backend) -> Floats:
    """In float64, from the highest rank down: rounded otherwise, every image's variance would be another."""
    variance = np.zeros(light.shape)
    for model in reversed(_noises(table)):
        model.add_variance(light, table.of(model), variance, kernel)
    return variance


def _constant_variance(table: Rows, kernel: Backend) -> Floats:
    """That of samples whose variance does not follow the light, (T, 1)."""
    return _variance(np.zeros((len(table.members), 1), np.float32), table, kernel)


def _parts(samples: int, pixels: int) -> Iterator[tuple[slice, slice]]:
    """Parts of images that are contiguous and have a stretch of pixels at most."""
    at_once = max(1, STRETCH // pixels)
    for first in range(0, samples, at_once):
        for start in range(0, pixels, STRETCH):
            yield slice(first, first + at_once), slice(start, start + STRETCH)


def _matched_filter_snr(light: Images, table: Rows, kernel: Backend) -> Floats:
    varies = _varies(table)
    ratio = np.empty(len(light))
    if varies.all():
        _varying_snr(light, table, ratio, kernel)
        return ratio
    kernel("noise.variance:light_norm")(light, ratio)
    variance = _constant_variance(table, kernel)[:, 0]
    absent = ~np.any([table.of(model).present() for model in _noises(table)], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(ratio > 0.0, ratio / np.sqrt(variance), 0.0)
    ratio[absent] = np.nan
    if varies.any():
        chosen = np.flatnonzero(varies)
        part = np.empty(chosen.size)
        _varying_snr(light[chosen], table.part(chosen), part, kernel)
        ratio[chosen] = part
    return ratio


def _varying_snr(light: Images, table: Rows, out: Floats, kernel: Backend) -> None:
    """Where each pixel has a variance of its own."""
    partial = np.zeros((len(light), LANES))
    for samples, pixels in _parts(*light.shape):
        variance = _variance(light[samples, pixels], table.part(samples), kernel)
        kernel("noise.variance:add_squared_ratios")(light[samples, pixels], variance, partial[samples])
    kernel("noise.variance:root_of_sum")(partial, out)


def law(table: Rows) -> PixelLaw:
    """How pixels are distributed, given the clean image; raises UsageError for a model of which that isn't known."""
    found = PixelLaw.of(len(table.members))
    for model in _noises(table):
        found = found.and_then(model.law(table.of(model)))
    return found


def reach(table: Rows, side: int, kernel: Backend) -> int:
    """How far the widest PSF of all samples spreads light, in pixels; `side` is the frame's longer side."""
    return max((model.reach(table.of(model), side, kernel) for model in _psfs(table)), default=0)


def blur(canvas: Images, frame: tuple[int, int, int], table: Rows, out: Images, kernel: Backend, stop: Stop) -> None:
    """Blur canvases (T, pixels) and cut out the frame (height, width, pad)."""
    models = _psfs(table)
    if not models:
        kernel("psf.gaussian:crop")(canvas, frame, out)
        return
    models[0].blur(canvas, frame, table.of(models[0]), out, kernel, stop)
    for model in models[1:]:  # catalogues differ in their PSF
        rows = table.of(model)
        chosen = np.flatnonzero(rows.present())
        part = np.empty((chosen.size, out.shape[1]), np.float32)
        model.blur(canvas[chosen], frame, rows.part(chosen), part, kernel, stop)
        out[chosen] = part


def _psfs(table: Rows) -> list[type[Psf]]:
    return _present(PSFS.values(), table.columns)
