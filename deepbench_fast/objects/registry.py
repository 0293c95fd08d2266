"""Kinds by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.recipe import checks

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Image

Layer = Literal["shape", "light"]
"""Shapes compose first, by the image's `overlap`; then light adds."""


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
    compiles nothing. `forms` names the parameters that only some forms of the kind have; the first form is the default.
    `check`, if given, raises `Invalid` where parameters that are valid each for itself don't go together; it gets the
    image and the support (smallest and largest value) of every parameter. `default_shape` is the image's (rows,
    columns) where a recipe is silent.
    """

    name: str
    meaning: str
    layer: Layer
    parameters: tuple[Parameter, ...]
    kernels: Mapping[str, str]
    default_shape: tuple[int, int] = (28, 28)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redraw: Redraw | None = None
    check: Callable[[Image, Mapping[str, tuple[float, float]]], None] | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What an entry of this kind can say beside its parameters."""
        form = ("form",) if self.forms else ()
        min_length = ("min_length",) if self.redraw else ()
        return ("name", "count", *form, *min_length)

    def parameter(self, name: str) -> Parameter:
        """The parameter called `name`; raises RecipeError, with the nearest one, where there is none."""
        names = [parameter.name for parameter in self.parameters]
        return self.parameters[names.index(checks.known(name, names, f"parameter of {self.name}"))]

    def parameters_of(self, form: str) -> tuple[Parameter, ...]:
        """The parameters that objects of a form have; their other columns are NaN, or 0 for whole numbers."""
        others = {name for other, own in self.forms.items() if other != form for name in own}
        return tuple(parameter for parameter in self.parameters if parameter.name not in others)

    def rendering(self, image: Image, form: str = "") -> str:
        """The key of `kernels` for an image's settings and an entry's form, e.g. "coverage" or "integrate"."""
        if self.layer == "shape":
            return "coverage" if image.coverage else "sharp"
        return f"{form}-{image.sampling}" if self.forms else image.sampling

    def renderings(self) -> list[tuple[dict[str, object], str]]:
        """Every way to render the kind: settings of an image that tell them apart, and a form ("" for no forms)."""
        shape = self.layer == "shape"
        names, values = ("coverage", (False, True)) if shape else ("sampling", ("center", "integrate"))
        return [({names: value}, form) for form in self.forms or ("",) for value in values]

    def kernel(self, image: Image, form: str = "") -> Callable[..., Any]:
        """The kernel that adds rows of this kind's table, all of one form, to a canvas; imports Numba."""
        module, _, function = self.kernels[self.rendering(image, form)].partition(":")
        kernel: Callable[..., Any] = getattr(import_module(module), function)
        return kernel

    def __reduce__(self) -> tuple[Callable[[str], Kind], tuple[str]]:
        """Pickled by name: there is one object of each kind in a process."""
        return kind, (self.name,)


@cache
def _registered() -> dict[str, Kind]:
    from deepbench_fast.objects import astro, shapes  # they declare kinds, and so import this module

    return {kind.name: kind for kind in sorted((*astro.KINDS, *shapes.KINDS), key=lambda kind: kind.name)}


def kinds() -> dict[str, Kind]:
    """All kinds, sorted by name."""
    return dict(_registered())


def kind(name: str) -> Kind:
    """The kind called `name`; raises RecipeError, with the nearest name, where there is none."""
    return _registered()[checks.known(name, _registered(), "kind")]
