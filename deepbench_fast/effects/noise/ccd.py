"""Noise of a CCD."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from deepbench_fast.effects.effect import MOST_COUNTS, NO, Flag, Noise, Rows, flag
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.model import Drawn
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.kernels.backend import Backend

LEAST_GAIN = 1e-9
MOST_ELECTRONS = 2.0**50
"""The most that are counted in a pixel."""

SMALLEST_DRAW = 2.0**-53
"""Share of its high end that a distribution from 0 gives at least, but for 0 itself."""


class CcdNoise(Noise):
    """Photon and read-out noise of a detector, on the light itself; before all other noise (Howell 2006).

    The image is in ADU. N ~ Poisson(max(0, gain * (S + sky))) electrons; the pixel is N / gain + Normal(0, read_noise /
    gain), less the sky with `subtract_sky`. Its variance is max(0, S + sky) / gain + (read_noise / gain)^2. A gain of 0
    means no photon noise, and a read noise in ADU. At most 2^50 electrons are counted.
    """

    name: ClassVar[str] = "ccd"
    rank: ClassVar[int] = 10
    of_light: ClassVar[bool] = True
    sources: ClassVar[tuple[str, ...]] = ("howell2006", "giles2016", "box1958")
    streams: ClassVar[tuple[str, ...]] = ("noise.ccd.photons", "noise.ccd.readings")
    by_parts: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("sky", "adu", "level of the sky in each pixel", 0.0, MOST_COUNTS),
        Parameter("gain", "electron / adu", "electrons for one unit of the image; 0: no photon noise", 0.0, 1e6),
        Parameter("read_noise", "electron", "standard deviation of the read-out", 0.0, MOST_COUNTS),
        flag("subtract_sky", "whether the sky's level is subtracted"),
    )

    sky: Drawn
    gain: Drawn
    read_noise: Drawn
    subtract_sky: Flag = NO

    def _check(self) -> None:
        super()._check()
        for value in self.gain.possible or self.gain.support:
            if 0.0 < value < LEAST_GAIN:
                raise Invalid(f"must be 0 or {brief(LEAST_GAIN)} and more, not {checks.plain(value)}", ("gain",))

    @classmethod
    def apply(cls, pixels: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> None:
        import numpy as np

        sky, gain, read_noise = (rows.columns[name] for name in ("sky", "gain", "read_noise"))
        subtract = (rows.columns["subtract_sky"] == 1.0).astype(np.int64)
        photons, readings = (rows.streams[name] for name in cls.streams)
        kernel("noise.ccd:apply_ccd")(
            pixels, sky, gain, read_noise, subtract, rows.key, photons, readings, rows.members, rows.first
        )

    @classmethod
    def varies(cls, rows: Rows) -> npt.NDArray[np.bool_]:
        return rows.columns["gain"] > 0.0

    @classmethod
    def add_variance(
        cls, light: npt.NDArray[np.floating], rows: Rows, out: npt.NDArray[np.float64], kernel: Backend
    ) -> None:
        sky, gain, read_noise = (rows.columns[name] for name in ("sky", "gain", "read_noise"))
        kernel("noise.variance:add_ccd_variance")(light, sky, gain, read_noise, out)

    @classmethod
    def law(cls, rows: Rows) -> PixelLaw:
        """N / gain + Normal(0, (read_noise / gain)²), less the sky where it is subtracted; N ~ Poisson(gain (S + sky)).

        Without photon noise S + sky + Normal(0, read_noise²).
        """
        import numpy as np

        sky, gain, read_noise = (rows.number(name) for name in ("sky", "gain", "read_noise"))
        counts = gain > 0.0
        reading = read_noise / np.where(counts, gain, 1.0)
        taken = np.where(rows.columns["subtract_sky"] == 1.0, -sky, 0.0)
        shift = np.where(counts, taken, sky + taken)
        return PixelLaw.of(
            len(gain), gain=gain, sky=np.where(counts, sky, 0.0), shift=shift, variance=reading * reading
        )

    @classmethod
    def law_slopes(cls, rows: Rows) -> dict[str, PixelLaw]:
        import numpy as np

        gain, read_noise = rows.number("gain"), rows.number("read_noise")
        counts, count = gain > 0.0, len(gain)
        there = np.where(rows.absent(), 0.0, 1.0)
        taken = np.where(rows.columns["subtract_sky"] == 1.0, -there, 0.0)
        unit = np.where(counts, gain, 1.0)
        slope = 2.0 * read_noise / (unit * unit)
        return {
            "sky": PixelLaw.of(count, sky=np.where(counts, there, 0.0), shift=np.where(counts, taken, there + taken)),
            "gain": PixelLaw.of(
                count, gain=np.where(counts, 1.0, 0.0), variance=np.where(counts, -slope * read_noise / unit, 0.0)
            ),
            "read_noise": PixelLaw.of(count, variance=slope),
        }

    def check_light(self, brightest: float, key: str) -> None:
        electrons = self.gain.support[1] * (brightest + self.sky.support[1])
        if electrons > MOST_ELECTRONS:
            light = f" with {key} up to {brief(brightest, 3)}" if key else ""
            raise Invalid(
                f"reaches {brief(electrons, 2)} electrons in a pixel{light}, but counts at most "
                f"{brief(MOST_ELECTRONS, 2)}; "
                "lower it",
                ("gain",),
            )

    def most_variance(self, brightest: float) -> tuple[float, str]:
        low, high = self.gain.support
        least = (low or high * SMALLEST_DRAW) or 1.0
        reading = self.read_noise.support[1] / least
        return reading * reading + (brightest + self.sky.support[1]) / least, "gain"

    def softened(self, fraction: Fraction) -> CcdNoise:
        """(S + sky) / gain + (read_noise / gain)^2 becomes fraction^2 times itself.

        A gain of 0 means no photon noise and a read noise in units of the image. A sky that is subtracted stays; one
        that isn't is a background, which falls like that of Poisson noise.
        """
        low, high = self.gain.support
        if low <= 0 < high:
            raise Invalid("must be above 0, or 0 in all samples: the unit of read_noise depends on it", ("gain",))
        kept = Fraction(1) if self.subtract_sky.value == 1.0 and fraction > 0 else fraction**2
        if low > 0 and fraction > 0:
            return self._scaled({"sky": kept, "gain": 1 / fraction**2, "read_noise": 1 / fraction})
        return self._scaled({"sky": kept, "gain": Fraction(0), "read_noise": fraction})
