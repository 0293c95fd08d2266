"""A Poisson background."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from deepbench_fast.effects.effect import MOST_COUNTS, NO, Flag, Noise, Rows, flag
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.values.model import Drawn
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.kernels.backend import Backend


class PoissonNoise(Noise):
    """Adds to each pixel a Poisson deviate of mean `level`: a background; before Gaussian noise.

    `subtract` takes the mean away again, so that only the scatter stays.
    """

    name: ClassVar[str] = "poisson"
    rank: ClassVar[int] = 20
    sources: ClassVar[tuple[str, ...]] = ("giles2016",)
    streams: ClassVar[tuple[str, ...]] = ("noise.poisson",)
    by_parts: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("level", "", "mean of the background in each pixel", 0.0, MOST_COUNTS),
        flag("subtract", "whether the mean is subtracted"),
    )

    level: Drawn
    subtract: Flag = NO

    @classmethod
    def apply(cls, pixels: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> None:
        import numpy as np

        subtract = (rows.columns["subtract"] == 1.0).astype(np.int64)
        add = kernel("noise.poisson:add_poisson")
        add(pixels, rows.columns["level"], subtract, rows.key, rows.streams["noise.poisson"], rows.members, rows.first)

    @classmethod
    def add_variance(
        cls, light: npt.NDArray[np.floating], rows: Rows, out: npt.NDArray[np.float64], kernel: Backend
    ) -> None:
        out += rows.number("level")[:, None]

    @classmethod
    def law(cls, rows: Rows) -> PixelLaw:
        """S + Poisson(level), less the level where it is subtracted."""
        import numpy as np

        level = rows.number("level")
        return PixelLaw.of(len(level), level=level, shift=np.where(rows.columns["subtract"] == 1.0, -level, 0.0))

    @classmethod
    def law_slopes(cls, rows: Rows) -> dict[str, PixelLaw]:
        import numpy as np

        there = np.where(rows.absent(), 0.0, 1.0)
        shift = np.where(rows.columns["subtract"] == 1.0, -there, 0.0)
        return {"level": PixelLaw.of(len(there), level=there, shift=shift)}

    def softened(self, fraction: Fraction) -> PoissonNoise:
        return self._scaled({"level": fraction**2})  # its variance
