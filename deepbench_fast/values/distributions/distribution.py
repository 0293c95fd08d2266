"""What all laws share. A law is a frozen class in a file of its own, which holds all that is to be known of it.

In a recipe a law is a number (a constant) or a mapping with one key, its form, e.g. `{uniform: [0.5, 4]}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from deepbench_fast.errors import UsageError
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.exact import way
from deepbench_fast.values.number_text import data_text
from deepbench_fast.values.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.kernels.random import program

Floats: TypeAlias = "npt.NDArray[np.float64]"
Options: TypeAlias = "program.Options"

MANY = 100
"""Values that are too many to name."""


class Base:
    """What is drawn, or not: its values and how it writes itself."""

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that can be drawn."""
        raise NotImplementedError

    @property
    def is_random(self) -> bool:
        """Whether two draws can differ."""
        low, high = self.support
        return low < high

    @property
    def is_integer(self) -> bool:
        """Whether every value is a whole number."""
        return not self.is_random and self.support[0].is_integer()

    @property
    def absent(self) -> bool:
        """Whether nothing can be drawn, because a table is not there."""
        return False

    def between(self, other: Base, fraction: Fraction) -> Self:
        """What lies `fraction` of the way to another; raises `Invalid` where there is nothing between the two."""
        raise Invalid(f"between {self} and {other} there is nothing")

    def to_yaml_data(self) -> object:
        """The plain data that a recipe writes, and reads as this again."""
        raise NotImplementedError

    def __str__(self) -> str:
        data = self.to_yaml_data()
        if isinstance(data, dict):
            form, arguments = next(iter(data.items()))
            return f"{form} {data_text(arguments)}"
        return data_text(data)


class Distribution(Base):
    """A law that a parameter is drawn from: `Alone`, or `Derived` from another parameter of the same object.

    What a law has not (a density, a narrower twin) it refuses with an error that names it.
    """

    form: ClassVar[str] = ""
    as_given: ClassVar[tuple[str, ...]] = ()
    """Keys whose values are none of the parameter's, or in its unit as they stand: units convert no text there."""

    is_ratio: ClassVar[bool] = False
    """Whether its values are multiples of another parameter, without a unit."""

    remedy: ClassVar[str] = ""
    """What helps where it reaches beyond a parameter's range: the end of an error's line."""

    @classmethod
    def parse(cls, arguments: object) -> Self:
        """From what a recipe writes under the form; raises `Invalid`."""
        raise NotImplementedError

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        """JSON Schema of what a recipe writes under the form; `number` is that of a number of the law."""
        raise NotImplementedError

    @property
    def own(self) -> Alone:
        """What is drawn for itself, before another parameter comes in."""
        raise NotImplementedError

    @property
    def possible(self) -> Sequence[float] | None:
        """All values that can be drawn, or None where these are too many to name or depend on another parameter."""
        return None

    def fill(self, row: Any, options: Options) -> None:
        """Write into a row of `kernels.random.program.PROGRAM`, of zeros between infinite bounds, how it is drawn."""
        raise NotImplementedError

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Distribution:
        """The law about its median, `fraction` as wide at every quantile; raises `Invalid` where there is none.

        It is random. `whole` says that the parameter holds whole numbers.
        """
        raise NotImplementedError

    def scaled(self, factor: Fraction) -> Alone:
        """The law of `factor` times the value, at every quantile; raises `Invalid` where there is none."""
        raise Invalid(f"{self} can't be scaled")

    def thinned(self, fraction: Fraction) -> Alone:
        """A count that is at most 1 at fraction 0, or 1 on average, and this one at fraction 1.

        It is random. At no quantile does a smaller fraction give more. Raises `Invalid` where there is none.
        """
        raise Invalid(f"{self} can't be thinned")


class Alone(Distribution):
    """A law that needs no other parameter."""

    @property
    def in_order(self) -> bool:
        """Whether its values are rows that are taken one after the other, and not drawn."""
        return False

    @property
    def own(self) -> Alone:
        return self

    @property
    def possible(self) -> Sequence[float] | None:
        return None if self.is_random else self.support

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Alone:
        raise Invalid(f"{self} can't be narrowed")

    def between(self, other: Base, fraction: Fraction) -> Any:
        """The law whose numbers lie `fraction` of the way to the other's, and so its values at each quantile.

        Of a loguniform in the logarithm; of choices between the same values their weights go that way. Whole numbers
        are rounded, and values of a poisson, or of normals whose bounds cut off other parts, are near by alone. A
        number is of any form that its partner has. Raises `Invalid` for other pairs.
        """
        if self == other:
            return self
        if not isinstance(other, Alone):
            return super().between(other, fraction)
        start, end = self.support[0], other.support[0]
        if not self.is_random and not other.is_random:
            return self.at(way(start, end, fraction))
        one = self if self.is_random else other.at(start)
        another = other if other.is_random else self.at(end)
        return one._between(another, fraction) if type(one) is type(another) else super().between(other, fraction)

    def _between(self, other: Any, fraction: Fraction) -> Alone:
        """That between two laws of one form."""
        raise Invalid(f"between {self} and {other} there is nothing")

    def at(self, value: float) -> Alone:
        """A law of this form that has one value alone; raises `Invalid` where there is none."""
        raise Invalid(f"between {self} and {checks.plain(value)} there is nothing")

    @property
    def is_discrete(self) -> bool:
        """Whether single values have a probability."""
        return not self.is_random

    @property
    def expectation(self) -> float:
        """The mean of what is drawn."""
        raise UsageError(f"{self} has no mean")

    @property
    def standard_deviation(self) -> float:
        """The standard deviation of what is drawn: the same bits on every machine; relative error < 1e-13."""
        raise UsageError(f"{self} has no standard deviation")

    def quantile(self, u: Floats) -> Floats:
        """The value at each probability 0 < u < 1, by NumPy in float64: what the kernel's draws are tested against."""
        raise UsageError(f"{self} has no quantiles")

    def log_density(self, values: Floats) -> Floats:
        """Logarithm of the density at each value (of the probability, for discrete laws); -inf outside.

        Raises UsageError for a law that has none.
        """
        return self._log_density(values) if self.is_random else where(values == self.support[0], 0.0)

    def _log_density(self, values: Floats) -> Floats:
        """That of a law that is random."""
        raise UsageError(f"{self} has no density")

    @property
    def bounds(self) -> tuple[float, float]:
        """The ends of where it has a density, which may be infinite: no draw comes near."""
        return self.support

    def rank(self, values: Floats) -> Floats:
        """The probability at which `quantile` gives each value, of a discrete law the middle of all such.

        NaN for what is no value of the law. Raises UsageError for a law that has none.
        """
        import numpy as np

        found = self._rank(values) if self.is_random else np.full_like(values, 0.5)
        with np.errstate(invalid="ignore"):
            ranks: Floats = np.where(np.isneginf(self.log_density(values)), np.nan, np.clip(found, 0.0, 1.0))
        return ranks

    def _rank(self, values: Floats) -> Floats:
        """That of a law that is random, whatever for what is no value of it."""
        raise UsageError(f"{self} has no ranks")

    def slope(self, values: Floats) -> Floats:
        """The derivative of `log_density` at each value; 0 of a discrete law."""
        import numpy as np

        return np.zeros_like(values) if self.is_discrete else self._slope(values)

    def _slope(self, values: Floats) -> Floats:
        """That of a law with a density."""
        raise UsageError(f"{self} has no slope")

    def nearest(self, values: Floats) -> Floats:
        """The nearest value of the law."""
        import numpy as np

        return np.clip(values, *(self.bounds if self.is_random else self.support))

    def near(self, values: Floats, size: Floats, rounding: float) -> Floats:
        """The nearest values of the law in place of those that rounding of terms of this size alone keeps from them."""
        import numpy as np

        nearest = self.nearest(values)
        with np.errstate(invalid="ignore"):
            close = np.abs(values - nearest) <= rounding * np.maximum(size, np.abs(nearest))
        return np.where(close & np.isfinite(values), nearest, values)


def where(inside: npt.NDArray[np.bool_], value: Any) -> Floats:
    """The value inside, -inf outside."""
    import numpy as np

    found: Floats = np.where(inside, value, -np.inf)
    return found


def arguments_by_name(
    arguments: object, required: Sequence[str], optional: Sequence[str] = (), wanted: str = "keys with values"
) -> dict[str, Any]:
    """A mapping with these keys; raises `Invalid` for an unknown or a missing one."""
    given = checks.mapping(arguments, wanted)
    for name in given:
        checks.known(name, (*required, *optional), "key")
    for name in required:
        if name not in given:
            raise Invalid(f"lacks its {name}")
    for name in optional:
        if name in given and given[name] is None:
            raise Invalid("must be a number, not nothing", (name,))
    return given
