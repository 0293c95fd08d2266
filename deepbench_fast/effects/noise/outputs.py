"""Gaussian noise on the outputs of series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from deepbench_fast.effects.effect import LARGEST, Noise, OrNothing, Rows
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.kernels.backend import Backend


class OutputNoise(Noise):
    """Adds to outputs of a series normal deviates of mean 0, with a standard deviation for each output."""

    name: ClassVar[str] = "gaussian"
    rank: ClassVar[int] = 30
    sources: ClassVar[tuple[str, ...]] = ("box1958",)
    streams: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = tuple(
        Parameter(output, "", f"standard deviation of {output}", 0.0, LARGEST)
        for output in ("angle", "velocity", "x", "y", "momentum", "force", "kinetic", "potential", "energy", "position")
    )

    angle: OrNothing = None
    velocity: OrNothing = None
    x: OrNothing = None
    y: OrNothing = None
    momentum: OrNothing = None
    force: OrNothing = None
    kinetic: OrNothing = None
    potential: OrNothing = None
    energy: OrNothing = None
    position: OrNothing = None

    @classmethod
    def parse(cls, value: object) -> Self:
        if isinstance(value, dict) and "sigma" in value:
            raise Invalid("stands for all outputs; give it, or a value for each output", ("sigma",))
        return super().parse(value)

    @classmethod
    def apply_to(cls, series: npt.NDArray[np.float64], outputs: Sequence[str], rows: Rows, kernel: Backend) -> None:
        """Give series (T, steps, columns) their noise, in place; each column belongs to one of the `outputs`.

        Where a sample has a `sigma`, that of GaussianNoise, it is that of every column. `rows.streams["series"]` is
        (T, columns).
        """
        import numpy as np

        none = np.full(len(series), np.nan)
        of_all = rows.columns.get("sigma", none)
        sigma = np.empty((len(series), len(outputs)))
        for number, output in enumerate(outputs):
            sigma[:, number] = np.where(np.isnan(of_all), rows.columns.get(output, none), of_all)
        kernel("noise.outputs:add_measurement_noise")(series, sigma, rows.key, rows.streams["series"], rows.members)

    def check_outputs(self, outputs: Sequence[str]) -> None:
        for name in self.drawn:
            with within(name):
                checks.known(name, outputs, "output of this series")
