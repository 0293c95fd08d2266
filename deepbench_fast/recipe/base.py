"""The base of the recipe's types: frozen, no unknown keys, errors in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid
from deepbench_fast.recipe.distributions import Distribution, parse_distribution

Drawn = Annotated[Distribution, PlainValidator(parse_distribution)]
"""A field that takes a distribution, or the plain data of one."""


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
