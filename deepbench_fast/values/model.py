"""The base of the recipe's types: frozen to the last mapping, no unknown keys, errors in plain words.

A type is a frozen dataclass whose annotations carry the check of each field, `samples: Annotated[int, check] = 1000`:
what `check` makes of a value is the field. A `fields.Takes` has its JSON Schema and its meaning beside it. Construction
runs the checks, by keyword, by `parse` and by `dataclasses.replace` alike, so that there is no unchecked object.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, ClassVar, NoReturn, Self, TypeVar, dataclass_transform

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Distribution, parse_distribution
from deepbench_fast.values.fields import Takes

Drawn = Annotated[Distribution, parse_distribution]
"""A field that takes a distribution, or the plain data of one."""

V = TypeVar("V")


class FrozenDict(dict[str, V]):
    """A dict that can't be changed, so that it can be hashed: the mappings of a recipe."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a recipe can't be changed in place; recipe.set(address, value) gives a changed one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


@dataclass(frozen=True)
class Field:
    """What a field takes, and what it is where it isn't given; without a default it must be."""

    takes: Takes
    default: Any

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is dataclasses.MISSING

    @property
    def description(self) -> str:
        """What it means, with its default where that is a plain value and the meaning doesn't say it."""
        meaning, default = self.takes.meaning, self.default
        if "Default:" in meaning or default == "" or not isinstance(default, bool | int | float | str | Fraction):
            return meaning
        words = str(default).lower() if isinstance(default, bool | str) else checks.plain(float(default))
        return f"{meaning} Default: {words}."


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model:
    """A frozen type whose construction raises `Invalid`, with the path of the first problem in the order given."""

    _fields: ClassVar[Mapping[str, Field]]

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(cls, init=False, repr="__repr__" not in vars(cls), frozen=True)

    def __init__(self, **given: Any) -> None:
        fields = self.fields()
        for name, value in given.items():
            with within(name):
                field = fields[checks.known(name, fields, "key", None if name in fields else self._elsewhere())]
                object.__setattr__(self, name, value if value is field.default else field.takes.check(value))
        for name, field in fields.items():
            if name not in given:
                if field.is_required:
                    raise Invalid("is missing", (name,))
                object.__setattr__(self, name, field.default)
        self._check()

    def _check(self) -> None:
        """Raise `Invalid` where the fields don't go together."""

    @classmethod
    def _elsewhere(cls) -> Mapping[str, str]:
        """Where keys belong that may be looked for here."""
        return {}

    @classmethod
    def fields(cls) -> Mapping[str, Field]:
        """The fields by their names, in the order of the class."""
        if "_fields" not in vars(cls):
            hints = typing.get_type_hints(cls, include_extras=True)
            own = dataclasses.fields(cls)  # type: ignore[arg-type]
            cls._fields = {field.name: Field(_takes(hints[field.name].__metadata__[0]), field.default) for field in own}
        return cls._fields

    @classmethod
    def parse(cls, value: object) -> Self:
        """One of these from its plain data; raises `Invalid`."""
        if isinstance(value, cls):
            return value
        fields = cls.fields()
        data = checks.mapping(value, f"keys with values ({', '.join(fields)})")
        for name, given in data.items():
            if given is None and name in fields:  # nothing is what isn't written, unless the field takes it
                with within(name):
                    fields[name].takes.check(None)
        return cls(**data)


def _takes(declared: Any) -> Takes:
    return declared if isinstance(declared, Takes) else Takes(declared)


def frozen(parse: Callable[[object], dict[str, V]]) -> Callable[[object], FrozenDict[V]]:
    """The check of a field whose mapping can't be changed."""

    def check(value: object) -> FrozenDict[V]:
        return FrozenDict(parse(value))

    return check
