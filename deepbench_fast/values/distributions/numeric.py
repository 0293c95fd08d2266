"""Laws that a few numbers define."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar, Self

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import Alone, Floats, Options, arguments_by_name
from deepbench_fast.values.distributions.exact import times, way
from deepbench_fast.values.schemas import Schema, any_of, list_of, mapping


class Numeric(Alone):
    """A law whose fields are its numbers; those with the default None may be left out.

    A recipe gives the others in a list (one alone without brackets), or all by name.
    """

    code: ClassVar[int]
    """Which quantile of `kernels.random.columns` draws it."""

    discrete: ClassVar[bool] = False
    """Whether all its values are whole numbers."""

    of_integers: ClassVar[bool] = False
    """Whether its own numbers are whole."""

    scale_family: ClassVar[bool] = True
    """Whether its multiples are of the same law, with each number times the factor."""

    def __post_init__(self) -> None:
        for name, value in self.numbers.items():
            with within(name):
                object.__setattr__(self, name, self._number(value))
        self.check()

    @staticmethod
    def _number(value: object) -> float:
        return checks.number(value)

    def check(self) -> None:
        """Raise `Invalid` where the numbers don't go together."""

    @classmethod
    @cache
    def required(cls) -> tuple[str, ...]:
        """The numbers that must be given, in the order in which a list gives them."""
        return tuple(field.name for field in fields(cls) if field.default is MISSING)  # type: ignore[arg-type]

    @classmethod
    @cache
    def optional(cls) -> tuple[str, ...]:
        """The numbers that can be left out."""
        return tuple(field.name for field in fields(cls) if field.default is None)  # type: ignore[arg-type]

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers that are given, by name."""
        given = {name: getattr(self, name) for name in self.required()}
        own = ((name, getattr(self, name)) for name in self.optional())
        return given | {name: value for name, value in own if value is not None}

    @classmethod
    def parse(cls, arguments: object) -> Self:
        return cls(**cls.arguments(arguments))

    @classmethod
    def arguments(cls, given: object) -> dict[str, Any]:
        """What a recipe gives for the numbers, by name."""
        names = cls.required()
        if isinstance(given, dict):
            return arguments_by_name(given, names, cls.optional())
        if len(names) == 1:
            return {names[0]: checks.number(given)}
        example = f"{_COUNTS.get(len(names), len(names))} numbers [{', '.join(names)}]"
        numbers = checks.sequence(given, example)
        if len(numbers) != len(names):
            raise Invalid(f"must be {example}, not {checks.quote(given)}")
        return dict(zip(names, numbers, strict=True))

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        names = cls.required()
        alone = number if len(names) == 1 else list_of(number, len(names), len(names))
        return any_of(alone, mapping(dict.fromkeys((*names, *cls.optional()), number), names))

    @classmethod
    def written(cls, numbers: Mapping[str, object]) -> object:
        """The plain data of the law with these numbers: a list where it can be one."""
        if tuple(numbers) != cls.required():
            return {cls.form: dict(numbers)}
        return {cls.form: [*numbers.values()] if len(numbers) > 1 else next(iter(numbers.values()))}

    def to_yaml_data(self) -> object:
        return self.written({name: checks.plain(value) for name, value in self.numbers.items()})

    @property
    def is_integer(self) -> bool:
        return self.discrete or super().is_integer

    @property
    def is_discrete(self) -> bool:
        return self.discrete or super().is_discrete

    def fill(self, row: Any, options: Options) -> None:
        self.fill_numbers(row, self.numbers)

    @classmethod
    def fill_numbers(cls, row: Any, numbers: Mapping[str, float]) -> None:
        """Write the code and the numbers into a row of a program, NaN for one that comes with each sample."""
        row["code"] = cls.code
        for name, value in numbers.items():
            row[name] = value

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """The standard deviation of what each of the rows draws that `fill` and `derive` have filled."""
        raise NotImplementedError

    @property
    def standard_deviation(self) -> float:
        return float(self.standard_deviations(self._rows())[0])

    def _rows(self) -> Any:
        from deepbench_fast.kernels.random.columns import derive
        from deepbench_fast.kernels.random.program import empty_programs

        rows = empty_programs(1)
        self.fill_numbers(rows[0], self.numbers)
        derive(rows)
        return rows

    def nearest(self, values: Floats) -> Floats:
        import numpy as np

        return super().nearest(np.rint(values) if self.discrete and self.is_random else values)

    def _between(self, other: Any, fraction: Fraction) -> Alone:
        one, another = self.numbers, other.numbers
        if one.keys() != another.keys():
            return super()._between(other, fraction)
        return type(self)(**{name: self._way(one[name], another[name], fraction) for name in one})

    @classmethod
    def _way(cls, start: float, end: float, fraction: Fraction) -> float:
        """What lies between two of the law's numbers."""
        return way(start, end, fraction)

    def scaled(self, factor: Fraction) -> Alone:
        if not self.scale_family:
            return super().scaled(factor)
        if factor == 0:
            return Constant(0.0)
        return type(self)(**{name: times(value, factor) for name, value in self.numbers.items()})


_COUNTS = {2: "two", 3: "three", 4: "four"}


@dataclass(frozen=True)
class Bounded(Numeric):
    """A law between two numbers, both included."""

    low: float
    high: float

    def check(self) -> None:
        if self.low > self.high:
            raise Invalid(f"low ({checks.plain(self.low)}) must not be above high ({checks.plain(self.high)})")

    @property
    def support(self) -> tuple[float, float]:
        return float(self.low), float(self.high)

    def at(self, value: float) -> Alone:
        return type(self)(value, value)

    def inside(self, values: Floats) -> Any:
        """Whether each value lies between the bounds."""
        return (values >= self.low) & (values <= self.high)
