"""Laws whose values are listed."""

from __future__ import annotations

from collections.abc import Sequence

from deepbench_fast.values import checks
from deepbench_fast.values.checks import within
from deepbench_fast.values.distributions.distribution import Alone, Floats
from deepbench_fast.values.number_text import brief

_MOST_SHOWN = 8


class Listed(Alone):
    """A law of the values in a list, each with a share of the draws."""

    def _shares(self) -> tuple[Floats, Floats]:
        """The values, and the part of the draws that each gets; by default equal ones."""
        import numpy as np

        values = np.array(self.possible)
        return values, np.full(len(values), 1.0 / len(values))

    @property
    def support(self) -> tuple[float, float]:
        values = self.possible or (0.0,)
        return min(values), max(values)

    @property
    def is_integer(self) -> bool:
        return all(value.is_integer() for value in self.possible or ())

    @property
    def expectation(self) -> float:
        low, half, mean, _ = self._moments()
        return low + half * mean + half * mean

    @property
    def standard_deviation(self) -> float:
        _, half, _, deviation = self._moments()
        return half * (2.0 * deviation)

    def _moments(self) -> tuple[float, float, float, float]:
        """The lowest value, half the width of all, and mean and standard deviation of these moved to [0, 1].

        Sums run from the first value to the last, so that they are the same on every machine.
        """
        import numpy as np

        values, shares = self._shares()
        low, high = float(values.min()), float(values.max())
        half = 0.5 * high - 0.5 * low
        if half == 0.0:
            return low, 0.0, 0.0, 0.0
        z = (0.5 * values - 0.5 * low) / half
        mean = float(np.cumsum(shares * z)[-1])
        return low, half, mean, float(np.sqrt(np.cumsum(shares * (z - mean) * (z - mean))[-1]))

    def __str__(self) -> str:
        """Of many values their number and range: a message stays one line that can be read."""
        values = self.possible or ()
        if len(values) <= _MOST_SHOWN:
            return super().__str__()
        return f"{self.form} of {len(values)} values from {brief(min(values))} to {brief(max(values))}"


def numbers(given: Sequence[object]) -> tuple[float, ...]:
    """The numbers of a list; raises `Invalid` with the position of what is none."""
    found = []
    for position, value in enumerate(given):
        with within(position):
            found.append(checks.number(value))
    return tuple(found)
