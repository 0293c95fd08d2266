"""An entry of a catalogue: objects of one kind, how many, and what their parameters are drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe import names
from deepbench_fast.values import checks, schemas
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Constant, Distribution, Frame, parse_distributions
from deepbench_fast.values.fields import Takes, positive, takes, text
from deepbench_fast.values.image import Image
from deepbench_fast.values.model import Drawn, FrozenDict, Model, frozen
from deepbench_fast.values.parameter import Parameter


def _as_written(invalid: Invalid, *steps: str) -> Invalid:
    """With a path as in a recipe, where parameters stand beside options."""
    path = invalid.path[1:] if invalid.path[:1] == ("parameters",) else invalid.path
    return Invalid(invalid.problem, (*steps, *path))


def _placed(parameter: Parameter, drawn: Distribution, image: Image) -> Distribution:
    """What stands for a part of the frame in an image."""
    if not isinstance(drawn, Frame) or parameter.axis is None:
        return drawn
    return drawn.on(image.shape[parameter.axis])


@takes(
    "Ends closer than this [pix] are drawn again. Default: a fifth of the image, and 0 where an end is given.",
    schemas.any_of(schemas.number(0.0, math.inf), schemas.WRITTEN),
)
def _min_length(value: object) -> float:
    length = checks.number(value)
    if length < 0:
        raise Invalid(f"must be 0 or above, not {checks.quote(value)}")
    return length


NAME = Takes(
    names.entry_name,
    "Name of the entry. Default: the kind's.",
    {**schemas.NAME, "not": {"enum": list(names.RESERVED)}},
)


class Entry(Model):
    """Objects of one kind: how many in a sample, and the distributions of the parameters that are not left to defaults.

    An entry without a name gets one from its catalogue. `form` is one of the kind's forms, "" where it has none. Kinds
    with ends that are drawn again while they are too close (lines) have a `min_length` in pixels; None is the default.
    Systems that move have a `solver`, and some of them a number of `dimensions`, a `tolerance`, and with some solvers a
    `step`, the longest in time: see `Control`. `kernel` is the hash of a kind of the user's own.
    """

    kind: Annotated[str, checks.name]
    name: Annotated[str, NAME] = ""
    count: Drawn = Constant(1.0)
    form: Annotated[str, text("Form of the kind, which has parameters of its own.")] = ""
    min_length: Annotated[float | None, _min_length] = None
    kernel: Annotated[str, text("Hash of the kind of the user's own.")] = ""
    solver: Annotated[str, text("How the system is integrated.")] = ""
    dimensions: Annotated[int | None, Takes(checks.whole(2, 3), "Dimensions of space.", {"enum": [2, 3]})] = None
    step: Annotated[float | None, positive("Longest step in time.")] = None
    tolerance: Annotated[
        float | None,
        positive(
            "Of solvers that choose their steps: error of the acceleration in a step, relative. Others: energy drift "
            "above which the step is halved."
        ),
    ] = None
    parameters: Annotated[Mapping[str, Distribution], frozen(parse_distributions)] = FrozenDict()

    def _check(self) -> None:
        with within("kind"):
            declared = kind(self.kind)
        with within("count"):
            names.check_count(self.count)
        object.__setattr__(self, "form", names.form_of(declared, self.form))
        object.__setattr__(self, "solver", names.solver_of(declared, self.solver))
        if self.kernel not in ("", declared.fingerprint):
            ours = f"{declared.fingerprint}, as it is declared now" if declared.fingerprint else "ours"
            raise Invalid(f"names another version of {self.kind} than {ours}", ("kernel",))
        object.__setattr__(self, "kernel", declared.fingerprint)
        for option in ("min_length", "dimensions", "step", "tolerance"):
            if getattr(self, option) is not None and option not in declared.options:
                raise Invalid(f"is no option of {self.kind}", (option,))
        if declared.dynamics is not None:
            names.check_control(declared.dynamics, self.solver, self.step, self.tolerance)
        with within("parameters"):
            names.check_parameter_names(declared, self.form, self.parameters)
            names.check_positions(declared, self.parameters)

    @classmethod
    def parse(cls, value: object) -> Entry:
        """An entry from `star`, or from `{star: {count: 3, gamma: 2.0}}`."""
        if isinstance(value, Entry):
            return value
        wanted = "one kind with its parameters, e.g. star: {gamma: 2.0}"
        if isinstance(value, Mapping) and len(value) > 1 and None in value.values():
            wanted = "one kind, with its parameters further to the right, e.g. star: {gamma: 2.0}"
        name, options = (value, {}) if isinstance(value, str) else checks.single(value, wanted)
        with within(name):
            declared = kind(name)
            given = checks.mapping({} if options is None else options, "parameters with values")
            for option in given:
                with within(option):
                    names.check_option_name(declared, option)
            own = {option: given[option] for option in declared.options if option in given}
            parameters = {option: drawn for option, drawn in given.items() if option not in own}
            parameters.update(names.flags_as_numbers(declared, parameters))
            try:
                return cls(kind=name, parameters=parameters, **own)  # type: ignore[arg-type]
            except Invalid as invalid:
                raise _as_written(invalid) from None

    def given(self) -> dict[str, Any]:
        """What an entry of its kind is written with: options that are set, and parameters."""
        options = {name: getattr(self, name) for name in kind(self.kind).options}
        return {**{name: value for name, value in options.items() if value not in (None, "")}, **self.parameters}

    def resolved(self, image: Image) -> Entry:
        """The same with a distribution for every parameter of its form: in the kind's order, or as all were given."""
        declared = kind(self.kind)
        placed = {name: _placed(declared.parameter(name), drawn, image) for name, drawn in self.parameters.items()}
        given = {**declared.form_defaults.get(self.form, {}), **placed}
        found = {}
        for parameter in declared.parameters_of(self.form):
            with within(parameter.name):
                found[parameter.name] = given.get(parameter.name) or parameter.default(image)
        update: dict[str, Any] = {"parameters": placed if placed == found else found}
        if self.min_length is None and declared.redraw is not None:
            update["min_length"] = 0.0 if set(given) & set(declared.redraw.ends) else declared.redraw.default(image)
        if declared.dynamics is not None:
            control = declared.dynamics.controls.get(self.solver)
            update["step"] = self.step or (control and control.step)
            update["tolerance"] = self.tolerance or (control and control.tolerance)
            update["dimensions"] = self.dimensions or declared.dynamics.default_dimensions
        return self if all(getattr(self, name) == value for name, value in update.items()) else replace(self, **update)

    @property
    def occurs_once(self) -> bool:
        """Whether every sample of the catalogue holds exactly one object of this entry."""
        return self.count.support == (1.0, 1.0)
