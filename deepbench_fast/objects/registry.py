"""Kinds by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from deepbench_fast.errors import UsageError
from deepbench_fast.objects.dynamics import Dynamics
from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid
from deepbench_fast.recipe.distributions import Distribution

if TYPE_CHECKING:
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.recipe.image import Image
    from deepbench_fast.recipe.model import Recipe

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


@dataclass(frozen=True)
class Kind:
    """A kind of object: its parameters in the order of the table's columns, and its render kernels.

    `kernels` says for each rendering (see `rendering`) where its kernel is, as "module:function", so that naming a kind
    compiles nothing. `forms` names the parameters that only some forms of the kind have; the first form is the default,
    and `form_defaults` are defaults of a form that replace the parameters' own. `check`, if given, raises `Invalid`
    where parameters that are valid each for itself don't go together; it gets the recipe, the entry and the support
    (smallest and largest value) of every parameter. `default_shape` is the image's (rows, columns) where a recipe is
    silent. `fingerprint` is the hash of a kind of the user's own. `dynamics` is what a system has that moves in time,
    None for objects of images.
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
    check: Callable[[Recipe, Entry, Mapping[str, tuple[float, float]]], None] | None = None

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
        names = [parameter.name for parameter in self.parameters]
        return self.parameters[names.index(checks.known(name, names, f"parameter of {self.name}"))]

    def parameters_of(self, form: str) -> tuple[Parameter, ...]:
        """The parameters that objects of a form are given; their other columns are NaN, or 0 for whole numbers."""
        others = {name for other, own in self.forms.items() if other != form for name in own}
        return tuple(p for p in self.parameters if p.name not in others and not p.found)

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
        module, _, function = self.kernels[self.rendering(image, form, solver)].partition(":")
        kernel: Callable[..., Any] = getattr(import_module(module), function)
        return kernel

    def check_unchanged(self) -> None:
        """Raise UsageError where the kind isn't what its fingerprint says."""

    def __reduce__(self) -> tuple[Callable[..., Kind], tuple[str, ...]]:
        """Pickled by name: there is one object of each kind in a process."""
        return _kind_or_part, (self.name,)


_own: dict[str, Kind] = {}


def register(declared: Kind) -> None:
    """Add a kind of the user's own, in place of one from the same place. Raises UsageError where the name is taken."""
    shipped, other = _shipped(), _own.get(declared.name, declared)
    parts = {k.dynamics.parts.name for k in shipped.values() if k.dynamics and k.dynamics.parts}
    same = other.fingerprint == declared.fingerprint or other.kernels == declared.kernels
    if declared.name in parts or declared.name in shipped or not same:
        raise UsageError(f"there is a kind called {declared.name} already")
    _own[declared.name] = declared
    _registered_so_far.append(declared.name)


_registered_so_far: list[str] = []


def registrations() -> int:
    """How many kinds were registered so far: after another one, another kind may stand behind a name."""
    return len(_registered_so_far)


def _registered() -> dict[str, Kind]:
    _load_installed()
    return dict(sorted({**_shipped(), **_own}.items()))


@cache
def _load_installed() -> tuple[str, ...]:
    from deepbench_fast.objects.custom import load_installed  # it registers kinds, and so imports this module

    return load_installed()


@cache
def _shipped() -> dict[str, Kind]:
    from deepbench_fast.objects import astro, physics, shapes  # they declare kinds, and so import this module

    declared = (*astro.KINDS, *shapes.KINDS, *physics.KINDS)
    return {kind.name: kind for kind in sorted(declared, key=lambda kind: kind.name)}


def kinds() -> dict[str, Kind]:
    """All kinds, sorted by name."""
    return _registered()


def kind(name: str) -> Kind:
    """The kind called `name`; raises RecipeError, with the nearest name, where there is none."""
    try:
        return _registered()[checks.known(name, _registered(), "kind")]
    except Invalid as unknown:
        raise Invalid(f"{unknown.problem}; {more_kinds()}") from None


def more_kinds() -> str:
    """What to say where a kind isn't known: how to bring one's own, and which installed ones can't be loaded."""
    return "; ".join(["--kinds FILE.py brings kinds of your own", *_load_installed()])


def _kind_or_part(name: str) -> Kind:
    parts = {k.dynamics.parts.name: k.dynamics.parts for k in _registered().values() if k.dynamics and k.dynamics.parts}
    return parts[name] if name in parts else kind(name)
