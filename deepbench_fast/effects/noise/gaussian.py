"""Gaussian noise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from deepbench_fast.effects.effect import LARGEST, MOST_COUNTS, Effect, Noise, OrNothing, Rows
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.effects.noise.outputs import OutputNoise
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.kernels.backend import Backend

LEAST_SNR = 1e-3
FOUND_SIGMA = Parameter("sigma", "", "standard deviation", 0.0, float("inf"))


class GaussianNoise(Noise):
    """Adds to each pixel a normal deviate of mean 0 and standard deviation sigma; after all other noise.

    In a series it is added to every output. Instead of `sigma` a recipe of images may give `snr`, the signal-to-noise
    ratio of the matched filter: sigma is then sqrt(sum of the squares of the clean image) / snr, for each sample.
    """

    name: ClassVar[str] = "gaussian"
    rank: ClassVar[int] = 30
    sources: ClassVar[tuple[str, ...]] = ("box1958",)
    streams: ClassVar[tuple[str, ...]] = ("noise.gaussian",)
    by_parts: ClassVar[bool] = True
    of_outputs: ClassVar[type[Effect] | None] = OutputNoise
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("sigma", "", "standard deviation", 0.0, LARGEST),
        Parameter("snr", "", "signal-to-noise ratio of the matched filter", LEAST_SNR, MOST_COUNTS),
    )
    alternatives: ClassVar[bool] = True

    sigma: OrNothing = None
    snr: OrNothing = None

    @classmethod
    def apply(cls, pixels: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> None:
        add = kernel("noise.gaussian:add_gaussian")
        add(pixels, rows.columns["sigma"], rows.key, rows.streams["noise.gaussian"], rows.members, rows.first)

    @classmethod
    def add_variance(
        cls, light: npt.NDArray[np.floating], rows: Rows, out: npt.NDArray[np.float64], kernel: Backend
    ) -> None:
        sigma = rows.number("sigma")
        out += (sigma * sigma)[:, None]

    @classmethod
    def law(cls, rows: Rows) -> PixelLaw:
        """S + Normal(0, sigma²)."""
        sigma = rows.number("sigma")
        return PixelLaw.of(len(sigma), variance=sigma * sigma)

    @classmethod
    def law_slopes(cls, rows: Rows) -> dict[str, PixelLaw]:
        sigma = rows.number("sigma")
        return {"sigma": PixelLaw.of(len(sigma), variance=2.0 * sigma)}

    @classmethod
    def found(cls, given: Collection[str]) -> tuple[Parameter, ...]:
        return (FOUND_SIGMA,) if "snr" in given else ()

    @classmethod
    def find(cls, light: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> dict[str, npt.NDArray[np.float64]]:
        """sigma = sqrt(sum of S²) / snr."""
        import numpy as np

        if "snr" not in rows.columns:
            return {}
        norm = np.empty(len(light))
        kernel("noise.variance:light_norm")(light, norm)
        snr = rows.columns["snr"]
        return {"sigma": np.where(np.isnan(snr), rows.columns["sigma"], norm / snr)}

    @classmethod
    def forget(cls, rows: Rows) -> dict[str, npt.NDArray[np.float64]]:
        import numpy as np

        if "snr" not in rows.columns:
            return {}
        return {"sigma": np.where(np.isnan(rows.columns["snr"]), rows.columns["sigma"], np.nan)}

    def check_outputs(self, outputs: Sequence[str]) -> None:
        if self.snr is not None:
            raise Invalid("is for images; noise of a series has sigma, or a value for each output", ("snr",))

    def most_variance(self, brightest: float) -> tuple[float, str]:
        return (0.0 if self.sigma is None else self.sigma.support[1] ** 2), "sigma"

    def softened(self, fraction: Fraction) -> GaussianNoise:
        if self.snr is None:
            return self._scaled({"sigma": fraction})
        if fraction == 0:
            self._scaled({"snr": Fraction(1)})  # raises where no rung could be made
            return GaussianNoise(sigma=Constant(0.0))
        return self._scaled({"snr": 1 / fraction})
