"""The base of the recipe's types: frozen to the last mapping, no unknown keys, errors in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import Distribution, parse_distribution

Drawn = Annotated[Distribution, PlainValidator(parse_distribution)]
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


class Model(BaseModel):
    """A frozen type whose construction raises `Invalid`, with the path of the first problem in the order given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    if not TYPE_CHECKING:  # type checkers know the fields from the annotations

        def __init__(self, /, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise _first_problem(error, list(data), list(type(self).model_fields)) from None

    @classmethod
    def parse(cls, value: object) -> Any:
        """One of these from its plain data; raises `Invalid`."""
        if isinstance(value, cls):
            return value
        return cls(**checks.mapping(value, f"keys with values ({', '.join(cls.model_fields)})"))

    def checked(self) -> Self:
        """The same, built anew: raises `Invalid` where construction would, whatever this was made by."""
        defaults = {
            name: field.get_default(call_default_factory=True) for name, field in type(self).model_fields.items()
        }
        given = {
            name: value
            for name, value in self.__dict__.items()
            if (value is not None and name in self.model_fields_set) or value != defaults.get(name, ...)
        }
        return type(self)(**{name: _checked(value, name) for name, value in given.items()})


def _checked(value: Any, step: str | int) -> Any:
    with within(step):
        if isinstance(value, Model):
            return value.checked()
        if isinstance(value, Mapping):
            return {key: _checked(part, key) for key, part in value.items()}
        return tuple(_checked(part, position) for position, part in enumerate(value)) if type(value) is tuple else value


def _first_problem(error: ValidationError, given: list[str], fields: list[str]) -> Invalid:
    def position(problem: Mapping[str, Any]) -> int:
        step = problem["loc"][0] if problem["loc"] else None
        return given.index(step) if step in given else len(given)

    problem = min(error.errors(include_url=False), key=position)
    loc = tuple(problem["loc"])
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, Invalid):
        return Invalid(cause.problem, (*loc, *cause.path))
    if problem["type"] == "missing":
        return Invalid("is missing", loc)
    try:
        checks.known(str(loc[-1]), fields, "key")
    except Invalid as unknown:
        return Invalid(unknown.problem, loc)
    return Invalid(f"can't be {checks.quote(problem['input'])}", loc)
