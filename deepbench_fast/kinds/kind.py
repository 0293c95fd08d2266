"""What a kind of object is: its parameters, forms and kernels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from deepbench_fast.errors import UsageError
from deepbench_fast.values import checks
from deepbench_fast.values.distributions import Distribution
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.values.image import Image

TILED = "deepbench_fast.kernels.light.tiles"
"""Where the kernels are that draw light tile by tile."""

Layer = Literal["shape", "light", "series"]
"""Shapes compose first, by the image's `overlap`; then light adds. A series is no layer of an image."""


@dataclass(frozen=True)
class Redraw:
    """The ends of a segment, drawn again by the next attempt while it is shorter than `min_length` pixels.

    `ends` names the parameters x1, y1, x2, y2. `default` gives the `min_length` of an entry that leaves all four to
    their defaults; where it sets one of them, the default is 0: nothing is drawn again.
    """

    ends: tuple[str, str, str, str]
    default: Callable[[Image], float]


Limit: TypeAlias = Callable[[Mapping[str, Any], Callable[[Any], Any]], Any]


@dataclass(frozen=True)
class Output:
    """A column, or columns, of a series: its unit, and the axes of one that each part of the system has."""

    unit: str
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Control:
    """How a solver's steps are controlled: the default step, None where it chooses its own, and the tolerance.

    The tolerance of a solver with a step is the energy drift above which a system is integrated again with half of it,
    which divides the drift by `gain`; that of one without the error of the acceleration that a step may make.
    """

    step: float | None
    tolerance: float
    least: float = 0.0
    most: float = math.inf
    gain: float = math.nan


@dataclass(frozen=True)
class Dynamics:
    """Outputs, solvers and options of a kind whose samples are series.

    The first solver is the default. `equations` says where the equations of motion are: see `equations_of_motion`.
    `observe` says where the kernel is that makes the outputs of what the solvers give; without one they give outputs.
    `noisy` names the parameters that can have noise of their own, with the range
    outside of which they are drawn again; where its upper end follows from the used values of others, `limits` has it
    as a function of these and of a square root. `zeros` names what must be 0 for a solver. Systems with `parts`
    (bodies) have a table of these beside their own: `parts_count` names the parameter that counts them. `controls`, by
    solver, and `default_dimensions` are options of the kinds that have them.
    """

    outputs: Mapping[str, Output]
    default_outputs: tuple[str, ...]
    solvers: tuple[str, ...]
    equations: str
    observe: str = ""
    noisy: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    zeros: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Kind | None = None
    parts_count: str = ""
    time_unit: str = ""
    controls: Mapping[str, Control] = field(default_factory=dict)
    default_dimensions: int | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What an entry can say beside its parameters because it moves."""
        settings = {"step": self.defaults("step"), "tolerance": self.defaults("tolerance")}
        settings["dimensions"] = (
            {} if self.default_dimensions is None else {self.default_dimensions: list(self.solvers)}
        )
        return ("solver", *(name for name, default in settings.items() if default))

    def output_codes(self, names: Iterable[str]) -> list[int]:
        """The numbers by which kernels know these outputs."""
        order = list(self.outputs)
        return [order.index(name) for name in names]

    def defaults(self, option: str) -> dict[float, list[str]]:
        """The defaults of `step` or `tolerance`, and the solvers that have each of them."""
        found: dict[float, list[str]] = {}
        for solver, control in self.controls.items():
            default: float | None = getattr(control, option)
            if default is not None:
                found.setdefault(default, []).append(solver)
        return found

    def words(self, option: str) -> str:
        """The defaults of `step` or `tolerance` in words; empty where there are none."""
        return ", ".join(
            f"{brief(default)} ({', '.join(solvers)})" for default, solvers in self.defaults(option).items()
        )


class Setting(NamedTuple):
    """What of a recipe decides whether the parameters of a kind go together: the image, the last time of a series, and
    the form, solver and longest step of the entry."""

    image: Image
    end: float
    form: str
    solver: str
    step: float | None


@dataclass(frozen=True)
class Kind:
    """A kind of object: its parameters in the order of the table's columns, and its render kernels.

    `kernels` says for each rendering (see `rendering`) where its kernel is, as "module:function", so that naming a kind
    compiles nothing. `forms` names the parameters that only some forms of the kind have; the first form is the default,
    and `form_defaults` are defaults of a form that replace the parameters' own. `check`, if given, raises `Invalid`
    where parameters that are valid each for itself don't go together; it gets the setting and the support (smallest and
    largest value) of every parameter. `default_shape` is the image's (rows, columns) where a recipe is
    silent. `fingerprint` is the hash of a kind of the user's own. `dynamics` is what a system has that moves in time,
    None for objects of images. `profile` says where the definition of an object is: see `profile_function`;
    `edges`, `hiding` and `rays` where the functions are that its means over pixels need besides: see
    `mean_functions`; `lit` between which values of its parameters all of its light is seen; `reach` how far light
    reaches: see `tiled`.
    `sources` names the works that its formulas are from (see `run/references.bib`):
    under "" those of all its objects, else those of a form or a solver.
    """

    name: str
    meaning: str
    layer: Layer
    parameters: tuple[Parameter, ...]
    kernels: Mapping[str, str]
    default_shape: tuple[int, int] = (28, 28)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form_defaults: Mapping[str, Mapping[str, Distribution]] = field(default_factory=dict)
    fingerprint: str = ""
    redraw: Redraw | None = None
    dynamics: Dynamics | None = None
    check: Callable[[Setting, Mapping[str, tuple[float, float]]], None] | None = None
    profile: str = ""
    edges: str = ""
    hiding: str = ""
    rays: str = ""
    lit: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    reach: str = ""
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def options(self) -> tuple[str, ...]:
        """What an entry of this kind can say beside its parameters."""
        form = ("form",) if self.forms else ()
        min_length = ("min_length",) if self.redraw else ()
        own = ("kernel",) if self.fingerprint else ()
        return ("name", "count", *own, *form, *min_length, *(self.dynamics.options if self.dynamics else ()))

    @property
    def open_options(self) -> tuple[str, ...]:
        """The options that leave a choice: a system that moves is alone in its sample, its count can only be 1."""
        return tuple(option for option in self.options if option != "count" or self.dynamics is None)

    @property
    def columns(self) -> tuple[Parameter, ...]:
        """The parameters that stand in the kind's own table: not those that each of its parts has."""
        return tuple(parameter for parameter in self.parameters if not parameter.of_parts)

    def parameter(self, name: str) -> Parameter:
        """The parameter called `name`; raises RecipeError, with the nearest one, where there is none."""
        return self._named[checks.known(name, self._named, f"parameter of {self.name}")]

    @cached_property
    def _named(self) -> dict[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}

    def parameters_of(self, form: str) -> tuple[Parameter, ...]:
        """The parameters that objects of a form are given; their other columns are NaN, or 0 for whole numbers."""
        return self._given[form]

    @cached_property
    def _given(self) -> dict[str, tuple[Parameter, ...]]:
        found = {}
        for form in ("", *self.forms):
            others = {name for other, own in self.forms.items() if other != form for name in own}
            found[form] = tuple(p for p in self.parameters if p.name not in others and not p.found)
        return found

    def columns_of(self, form: str) -> tuple[Parameter, ...]:
        """The parameters that have a value in the table's rows of a form, given or found."""
        given = {parameter.name for parameter in self.parameters_of(form)}
        return tuple(p for p in self.columns if p.name in given or p.found or (p.factors and set(p.factors) <= given))

    def rendering(self, image: Image, form: str = "", solver: str = "") -> str:
        """The key of `kernels` for an image's settings and an entry's form or solver, e.g. "coverage" or "rk4"."""
        if self.dynamics is not None:
            return solver or self.dynamics.solvers[0]
        if self.layer == "shape":
            return "coverage" if image.coverage else "sharp"
        return f"{form}-{image.sampling}" if self.forms else image.sampling

    def renderings(self) -> list[tuple[dict[str, object], dict[str, str]]]:
        """Every way to render the kind: settings of an image and options of an entry that tell them apart."""
        forms: list[dict[str, str]] = [{"form": form} for form in self.forms] or [{}]
        if self.dynamics is not None:
            return [({}, {**form, "solver": solver}) for form in forms for solver in self.dynamics.solvers]
        shape = self.layer == "shape"
        name, values = ("coverage", (False, True)) if shape else ("sampling", ("center", "integrate"))
        return [({name: value}, form) for form in forms for value in values]

    def kernel(self, image: Image, form: str = "", solver: str = "") -> Callable[..., Any]:
        """The kernel that adds rows of this kind's table, all of one form, to a canvas, or that moves systems by one
        solver; imports Numba."""
        return _found(self.kernels[self.rendering(image, form, solver)])

    def tiled(self, image: Image, form: str = "") -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """How far light reaches (see `kernels.light.reach`), and the kernel that draws it tile by tile; None for a kind
        that is drawn on the whole frame."""
        if not self.reach:
            return None
        _, _, kernel = self.kernels[self.rendering(image, form)].partition(":")
        return _found(self.reach), _found(f"{TILED}:tiled_{kernel}")

    def profile_function(self) -> Callable[[float, float, Any], float]:
        """The definition of an object: brightness at an offset (dx, dy) from its centre, in pixels, in float64.

        The third argument is a row of the kind's table, or anything with its columns as attributes. The centre of what
        has ends, as lines do, is the middle between them. Imports Numba. Raises UsageError for a kind without one.
        """
        if not self.profile:
            raise UsageError(f"{self.name} has no profile: it is a {self.layer}")
        return _found(self.profile)

    def mean_functions(self) -> tuple[Any, Callable[..., Any] | None, Any]:
        """What integrates an object along the edges of pixels that don't resolve it; what says where points in a cell
        may miss its light; what integrates it along rays where no cells are enough: see
        `kernels.derivatives.pixel_means`; None where it needs none."""
        edges, hiding, rays = (_found(place) if place else None for place in (self.edges, self.hiding, self.rays))
        return edges, hiding, rays

    def equations_of_motion(self) -> Callable[..., Any]:
        """The definition of a system that moves: the rate of change of its state, an array like it, in float64.

        Arguments are the state, see `kernels.motion.equations`, a row of the kind's table or anything with its columns
        as attributes, and for systems with bodies the mass of each. Imports Numba. Raises UsageError for what doesn't
        move.
        """
        if self.dynamics is None:
            raise UsageError(f"{self.name} has no equations of motion: it is a {self.layer}")
        return _found(self.dynamics.equations)

    def observer(self) -> Callable[..., Any]:
        """The kernel that makes outputs of a system that moves from what its solvers give; imports Numba.

        Arguments are columns of the kind's table, then the solver's arrays, the outputs' codes, the rows of the series
        and the series. Raises UsageError for a kind without one.
        """
        if self.dynamics is None or not self.dynamics.observe:
            raise UsageError(f"{self.name} has no observer")
        return _found(self.dynamics.observe)

    def check_unchanged(self) -> None:
        """Raise UsageError where the kind isn't what its fingerprint says."""


def _found(place: str) -> Callable[..., Any]:
    module, _, function = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
