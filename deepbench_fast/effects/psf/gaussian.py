"""The Gaussian PSF."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from deepbench_fast.effects.effect import WIDEST, Psf, Rows
from deepbench_fast.values.model import Drawn
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kernels.backend import Backend


class GaussianPsf(Psf):
    """Blurs with a Gaussian of standard deviation sigma, in pixels; 0 leaves the scene as it is.

    Right to 1e-3 of the peak on scenes that pixels resolve. For sigma < 0.6 the weights dip below 0, by at most 0.6 %.
    """

    name: ClassVar[str] = "gaussian"
    blurred_by: ClassVar[str] = "psf.gaussian:blur"
    by_rows: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", "pix", "standard deviation", 0.0, WIDEST),)

    sigma: Drawn

    @property
    def widest(self) -> float:
        return self.sigma.support[1]

    @classmethod
    def reach(cls, rows: Rows, side: int, kernel: Backend) -> int:
        return int(kernel("psf.gaussian:widest_gaussian")(rows.columns["sigma"]))
