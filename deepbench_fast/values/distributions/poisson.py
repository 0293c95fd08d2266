"""The Poisson law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.distribution import Alone, Floats, where
from deepbench_fast.values.distributions.exact import exact
from deepbench_fast.values.distributions.numeric import Numeric

_LARGEST_MEAN = 1_000_000


@dataclass(frozen=True)
class Poisson(Numeric):
    """Counts 0, 1, 2 … with a mean between 0 and a million."""

    form = "poisson"
    code = codes.POISSON
    discrete = True
    scale_family = False
    remedy = "; use a smaller mean"

    mean: float

    def check(self) -> None:
        if not 0 <= self.mean <= _LARGEST_MEAN:
            raise Invalid(f"mean must be from 0 to {_LARGEST_MEAN}, not {checks.plain(self.mean)}")

    @property
    def support(self) -> tuple[float, float]:
        """The upper end lies above the quantile of 1 - 2^-53, the largest uniform of 52 bits."""
        return 0.0, float(math.ceil(self.mean + 9 * math.sqrt(self.mean) + 20)) if self.mean > 0 else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def expectation(self) -> float:
        return self.mean

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """The root of the mean."""
        import numpy as np

        found: Floats = np.sqrt(rows["mean"])
        return found

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        first, shares = self._shares()
        steps = np.searchsorted(np.cumsum(shares), u)
        return first + np.minimum(steps, len(shares) - 1.0)

    def _shares(self) -> tuple[int, Floats]:
        """The least count that is ever drawn, and the probabilities of this and those that follow.

        From the ratios of neighbours, up and down from the largest one.
        """
        import numpy as np

        mode, last = math.floor(self.mean), int(self.support[1])
        first = max(0, math.floor(self.mean - 9 * math.sqrt(self.mean) - 20))
        up = np.cumprod(self.mean / np.arange(mode + 1, last + 1))
        down = np.cumprod(np.arange(mode, first, -1) / self.mean) if mode > first else np.ones(0)
        weights = np.concatenate([down[::-1], [1.0], up])
        return first, weights / weights.sum()

    def _rank(self, values: Floats) -> Floats:
        import numpy as np

        first, shares = self._shares()
        with np.errstate(invalid="ignore"):
            places = np.nan_to_num(np.clip(values - first, 0, len(shares) - 1)).astype(int)
        found: Floats = (np.cumsum(shares) - 0.5 * shares)[places]
        return found

    def _log_density(self, values: Floats) -> Floats:
        import numpy as np

        from deepbench_fast.kernels.noise.likelihood import log_poisson

        whole = (values >= 0) & np.isfinite(values) & (values == np.floor(values))
        return where(whole, [log_poisson(count, self.mean) for count in np.where(whole, values, 0.0).tolist()])

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Alone:
        raise Invalid("a poisson has no narrower twin with the same mean; draw it from integers")

    def scaled(self, factor: Fraction) -> Alone:
        raise Invalid("a poisson level has no scaled twin; draw it from a uniform, loguniform, normal or choice")

    def thinned(self, fraction: Fraction) -> Poisson:
        most = exact(self.mean)
        one = min(Fraction(1), most)
        return Poisson(float(one + (most - one) * fraction))
