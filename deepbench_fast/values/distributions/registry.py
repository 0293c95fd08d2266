"""All laws by their forms, and how a recipe says them."""

from __future__ import annotations

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import Distribution

FORMS: dict[str, type[Distribution]] = {}
"""Laws by the key with which a recipe names them."""


def register(*laws: type[Distribution]) -> None:
    """Let recipes name the laws by their forms."""
    FORMS.update((law.form, law) for law in laws)


def parse_distribution(value: object) -> Distribution:
    """A distribution from the plain data of a recipe; a distribution is returned as it is.

    Raises:
        Invalid: the data describe no distribution; its path leads to the offending value.
    """
    if isinstance(value, Distribution):
        return value
    wanted = f"a number or one distribution ({', '.join(FORMS)})"
    if not isinstance(value, dict):
        return Constant(checks.number(value, wanted))
    form, arguments = checks.single(value, wanted)
    with within(form):
        law = FORMS[checks.known(form, FORMS, "distribution")]
        try:
            return law.parse(arguments)
        except Invalid as invalid:
            raise Invalid(f"{form}: {named_problem(invalid)}", invalid.path) from None


def parse_distributions(value: object, wanted: str = "keys with values") -> dict[str, Distribution]:
    """Distributions by the names of what is drawn from them; raises `Invalid`, as `parse_distribution` does."""
    parsed = {}
    for name, drawn in checks.mapping(value, wanted).items():
        with within(name):
            parsed[name] = parse_distribution(drawn)
    return parsed


def named_problem(invalid: Invalid) -> str:
    """The problem with the name of its field in front, since an address ends at the parameter."""
    match invalid.path:
        case (str(field), str(), *_):  # a law in the place of a number
            return f"{field}: {invalid.problem}"
        case (str(field), *_):
            return f"{field} {invalid.problem}"
    return invalid.problem
