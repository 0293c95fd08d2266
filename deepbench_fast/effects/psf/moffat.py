"""The Moffat PSF."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from deepbench_fast.effects.effect import WIDEST, Psf, Rows
from deepbench_fast.values.model import Drawn
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kernels.backend import Backend


class MoffatPsf(Psf):
    """Blurs with a Moffat profile, (alpha - 1) / (pi gamma^2) (1 + r^2 / gamma^2)^-alpha (Moffat 1969).

    Its light is 1 over the infinite plane. It reaches so far that at most 1e-4 of its light lies beyond, but no further
    than the longer side of the frame; the rest is gone.
    """

    name: ClassVar[str] = "moffat"
    blurred_by: ClassVar[str] = "psf.moffat:moffat_blur"
    sources: ClassVar[tuple[str, ...]] = ("moffat1969",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("gamma", "pix", "core width", 0.5, WIDEST),
        Parameter("alpha", "", "steepness of the wings", 1.0, 20.0, low_open=True),
    )

    gamma: Drawn
    alpha: Drawn

    @property
    def widest(self) -> float:
        return self.gamma.support[1]

    @classmethod
    def reach(cls, rows: Rows, side: int, kernel: Backend) -> int:
        return int(kernel("psf.moffat:widest_moffat")(rows.columns["gamma"], rows.columns["alpha"], side))
