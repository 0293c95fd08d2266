"""How a pixel is distributed around its light."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from deepbench_fast.kernels.backend import Backend, cpu

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class PixelLaw(NamedTuple):
    """The law of a pixel whose light is S, numbers of each sample, float64 (T,).

    pixel = L + M + shift + Normal(0, variance), with M ~ Poisson(level), and L = N / gain with N ~ Poisson(gain max(0,
    S + sky)) where gain > 0; else L = S.
    """

    gain: npt.NDArray[np.float64]
    sky: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]

    @classmethod
    def of(cls, samples: int, **numbers: npt.NDArray[np.float64]) -> Self:
        """The law with these numbers; others are 0, and of no numbers it is the light itself."""
        import numpy as np

        return cls(**{name: numbers.get(name, np.zeros(samples)) for name in cls._fields})

    def and_then(self, other: PixelLaw) -> PixelLaw:
        """The law of one noise on top of another one; at most one of them counts photons."""
        return PixelLaw(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def log_likelihood(
        self, pixels: npt.NDArray[np.floating], clean: npt.NDArray[np.floating], kernel: Backend = cpu
    ) -> npt.NDArray[np.float64]:
        """ln of the density of each sample's pixels, (T, ...), given its clean image: a sum over the pixels, (T,).

        Where no normal noise is in it, it is the probability of the counts that a pixel is made of; see
        `kernels.noise.likelihood`, also for its error.
        """
        import numpy as np

        count = len(self.gain)
        flat = [np.ascontiguousarray(images, np.float64).reshape(count, -1) for images in (pixels, clean)]
        out = np.empty(count)
        kernel("noise.likelihood:log_likelihood")(*flat, *map(np.ascontiguousarray, self), out)
        return out
