"""Series in a recipe: the time axis and the outputs, and what must hold between the systems that move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, model_validator

from deepbench_fast.objects.dynamics import Dynamics
from deepbench_fast.objects.registry import kind
from deepbench_fast.recipe import checks
from deepbench_fast.recipe.base import Model
from deepbench_fast.recipe.checks import Invalid, Path, within
from deepbench_fast.recipe.distributions import Offset, Scaled
from deepbench_fast.recipe.effects import GaussianNoise, OutputNoise, check_alone
from deepbench_fast.recipe.extras import CLEAN

if TYPE_CHECKING:
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.recipe.model import Recipe

MAX_STEPS = 1_000_000
MAX_VALUES = 2**27
LATEST = 1e12
AXIS = ("start", "stop", "steps")


def _moment(value: object) -> float:
    moment = checks.number(value)
    if not 0 <= moment <= LATEST:
        raise Invalid(
            f"must be from 0 to {LATEST:g}: the parameters are the state at time 0; not {checks.quote(value)}"
        )
    return moment


def _times(value: object) -> tuple[float, ...] | None:
    if value is None:
        return None
    times: list[float] = []
    for position, item in enumerate(checks.sequence(value, "a list of times, e.g. [0, 0.5, 2]")):
        with within(position):
            times.append(_moment(item))
            if len(times) > 1 and times[-1] <= times[-2]:
                raise Invalid(
                    f"must be later than the time before, {checks.plain(times[-2])}, not {checks.quote(item)}"
                )
    if not times:
        raise Invalid("must hold at least one time")
    return tuple(times)


def _outputs(value: object) -> tuple[str, ...]:
    outputs: list[str] = []
    for position, item in enumerate(checks.sequence(value, "a list, e.g. [x]")):
        with within(position):
            if item in outputs:
                raise Invalid(f"'{item}' stands twice")
            outputs.append(checks.text(item))
    if not outputs:
        raise Invalid("must hold at least one output")
    return tuple(outputs)


class Series(Model):
    """The time axis of a series and what stands in its columns.

    `steps` moments from `start` to `stop`, both included, equally far apart; or any ascending `times`. Pendulums count
    seconds. The parameters of a system are its state at time 0, also where the first moment is later. Without
    `outputs` those that the kinds have by default.
    """

    start: Annotated[float, PlainValidator(_moment)] = 0.0
    stop: Annotated[float, PlainValidator(_moment)] = 10.0
    steps: Annotated[int, PlainValidator(lambda value: checks.whole_number(value, 1, MAX_STEPS))] = 100
    times: Annotated[tuple[float, ...] | None, PlainValidator(_times)] = None
    outputs: Annotated[tuple[str, ...], PlainValidator(_outputs)] = ()

    @model_validator(mode="after")
    def _check(self) -> Series:
        if self.times is not None:
            for key in AXIS:
                if key in self.model_fields_set:
                    raise Invalid("can't stand beside times: give one of them", (key,))
        elif self.steps > 1 and self.start >= self.stop:
            start, stop = checks.plain(self.start), checks.plain(self.stop)
            raise Invalid(f"must be later than start, {start}, not {stop}", ("stop",))
        return self

    @property
    def moments(self) -> tuple[float, ...]:
        """The times of the outputs."""
        if self.times is not None:
            return self.times
        if self.steps == 1:
            return (self.start,)
        last = self.steps - 1
        return (*(self.start + (self.stop - self.start) * i / last for i in range(last)), self.stop)

    @property
    def end(self) -> float:
        """The last of the times."""
        if self.times is not None:
            return self.times[-1]
        return self.start if self.steps == 1 else self.stop

    def data(self) -> dict[str, Any]:
        """The plain data of the series."""
        if self.times is not None:
            return {"times": [checks.plain(time) for time in self.times], "outputs": list(self.outputs)}
        axis = {"start": checks.plain(self.start), "stop": checks.plain(self.stop), "steps": self.steps}
        return {**axis, "outputs": list(self.outputs)}


def moves(entry: Entry) -> bool:
    """Whether the entry is a system that moves in time."""
    return kind(entry.kind).dynamics is not None


def dynamics_of(entry: Entry) -> Dynamics:
    """Outputs, solvers and options of a system that moves in time."""
    found = kind(entry.kind).dynamics
    assert found is not None
    return found


def is_series(recipe: Recipe) -> bool:
    """Whether the samples are series; raises `Invalid` where some are images and others series."""
    sorts: dict[bool, str] = {}
    for name, catalogue in recipe.catalogues.items():
        for entry in catalogue.objects:
            sorts.setdefault(moves(entry), f"{name} ({entry.kind})")
    if len(sorts) > 1:
        height, width = recipe.image.shape
        steps = (recipe.series or Series()).steps
        raise Invalid(
            f"one dataset has one sample shape, but {sorts[False]} makes images of {height}×{width} pixels and "
            f"{sorts[True]} series of {steps} steps: put them into recipes of their own",
            ("catalogues",),
        )
    return True in sorts or (not sorts and recipe.series is not None)


def default_outputs(recipe: Recipe) -> tuple[str, ...]:
    """The outputs where a recipe is silent: those of its kinds, or what all of them have."""
    found = [dynamics_of(entry) for c in recipe.catalogues.values() for entry in c.objects]
    defaults = {dynamics.default_outputs for dynamics in found}
    return defaults.pop() if len(defaults) == 1 else ("kinetic", "potential", "energy")


def output_columns(entry: Entry, outputs: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Columns of a series: name, unit, and the output that they belong to."""
    dynamics = dynamics_of(entry)
    columns = []
    for name in outputs:
        output = dynamics.outputs[name]
        axes = output.axes[: entry.dimensions or len(output.axes)]
        names = [f"{axis}{part}" for part in range(parts_of(entry)) for axis in axes] if axes else [name]
        columns += [(column, output.unit, name) for column in names]
    return columns


def parts_of(entry: Entry) -> int:
    """The most parts that a system can have."""
    dynamics = dynamics_of(entry)
    return int(entry.parameters[dynamics.parts_count].support[1]) if dynamics.parts else 0


def check_series(recipe: Recipe) -> None:
    """Raise `Invalid` where a recipe of series asks for what only images have, or for samples of several shapes."""
    series = recipe.time
    if "image" in recipe.model_fields_set:
        raise Invalid("can't stand in a recipe of series: their shape follows from series", ("image",))
    for name, catalogue in recipe.catalogues.items():
        with within("catalogues", name, "objects"):
            entry = _only_system(catalogue.objects)
        _check_outputs(entry, series)
    for path, owner in _owners(recipe):
        if owner.psf is not None and owner.psf != "inherit":
            raise Invalid("blurs images; a series has none", (*path, "psf"))
        for position, noise in enumerate(owner.noise if isinstance(owner.noise, tuple) else ()):
            with within(*path, "noise", position, noise.name):
                _check_noise(noise, series)
    for position, extra in enumerate(recipe.extras):
        if extra != CLEAN:
            raise Invalid(f"'{extra}' is for images; a series can have {CLEAN}", ("extras", position))
    if "brightness" in recipe.targets:
        raise Invalid("'brightness' is for images", ("targets", recipe.targets.index("brightness")))
    shapes: dict[tuple[str, ...], str] = {}
    for name, catalogue in recipe.catalogues.items():
        entry = catalogue.objects[0].resolved(recipe.image)
        with within("catalogues", name, "objects", 0, entry.kind):
            _check_parts(entry)
            _check_fixed_size(entry, series)
        columns = tuple(column for column, _, _ in output_columns(entry, series.outputs))
        shapes.setdefault(columns, f"{name} ({entry.kind})")
    if len(shapes) > 1:
        raise Invalid(_different_columns(shapes, len(series.moments)), ("catalogues",))
    if len(series.moments) * len(next(iter(shapes))) > MAX_VALUES:
        raise Invalid(f"makes more than {MAX_VALUES} numbers of each sample", ("series", "steps"))


def check_no_series(recipe: Recipe) -> None:
    """Raise `Invalid` where a recipe of images asks for what only series have."""
    if recipe.series is not None:
        raise Invalid("is for systems that move; the objects of this recipe make images", ("series",))
    for path, owner in _owners(recipe):
        if owner.parameter_noise not in ("inherit", {}):
            raise Invalid("is for series", (*path, "parameter_noise"))
        for position, noise in enumerate(owner.noise if isinstance(owner.noise, tuple) else ()):
            if isinstance(noise, OutputNoise):
                name = noise.declared[0].name
                step: Path = (*path, "noise", position, noise.name, name)
                raise Invalid("is an output of series; noise on images has sigma or snr", step)


def _owners(recipe: Recipe) -> Iterator[tuple[Path, Any]]:
    yield (), recipe
    for name, catalogue in recipe.catalogues.items():
        yield ("catalogues", name), catalogue


def _check_noise(noise: object, series: Series) -> None:
    if isinstance(noise, OutputNoise):
        for parameter in noise.declared:
            with within(parameter.name):
                checks.known(parameter.name, series.outputs, "output of this series")
    elif not isinstance(noise, GaussianNoise):
        raise Invalid("is noise of images; a series can have gaussian")
    elif noise.snr is not None:
        raise Invalid("is for images; noise of a series has sigma, or a value for each output", ("snr",))


def _only_system(objects: tuple[Entry, ...]) -> Entry:
    if len(objects) != 1:
        raise Invalid(f"must hold one system, since a sample is its series; it holds {len(objects)}")
    (entry,) = objects
    if not entry.occurs_once:
        raise Invalid(f"must be 1: a sample is the series of one system, not {entry.count}", (0, entry.kind, "count"))
    return entry


def _different_columns(shapes: dict[tuple[str, ...], str], steps: int) -> str:
    (one, first), (other, second) = list(shapes.items())[:2]
    if len(one) != len(other):
        return (
            f"one dataset has one sample shape, but {first} makes series of {steps}×{len(one)} and {second} of "
            f"{steps}×{len(other)}"
        )
    mine, theirs = next((a, b) for a, b in zip(one, other, strict=True) if a != b)
    return f"the columns of one dataset mean the same, but {first} has {mine} where {second} has {theirs}"


def _check_outputs(entry: Entry, series: Series) -> None:
    for position, name in enumerate(series.outputs):
        with within("series", "outputs", position):
            checks.known(name, dynamics_of(entry).outputs, f"output of {entry.kind}")


def _check_parts(entry: Entry) -> None:
    """Raise `Invalid` where a parameter of a system and one of its parts, or their number, start from each other."""
    declared, counted_by = kind(entry.kind), dynamics_of(entry).parts_count
    of_parts = [parameter.name for parameter in declared.parameters if parameter.of_parts]
    for name, drawn in entry.parameters.items():
        with within(name):
            if name in (*of_parts, counted_by):
                check_alone(declared.parameter(name), drawn)
            elif isinstance(drawn, Offset | Scaled) and drawn.parameter in of_parts:
                raise Invalid(f"can't start from {drawn.parameter}, of which each part has its own")


def _check_fixed_size(entry: Entry, series: Series) -> None:
    """Raise `Invalid` where the number of columns would differ from sample to sample."""
    dynamics = dynamics_of(entry)
    for name in series.outputs:
        if dynamics.outputs[name].axes and entry.parameters[dynamics.parts_count].is_random:
            problem = f"must be one number where the outputs hold {name}: one dataset has one sample shape"
            raise Invalid(f"{problem}, not {entry.parameters[dynamics.parts_count]}", (dynamics.parts_count,))
