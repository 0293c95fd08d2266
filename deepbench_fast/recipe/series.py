"""Series in a recipe: the time axis and the outputs, and what must hold between the systems that move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from deepbench_fast.values import checks, schemas
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.fields import Takes, takes, whole
from deepbench_fast.values.model import Model
from deepbench_fast.values.number_text import brief

MAX_STEPS = 1_000_000
MAX_VALUES = 2**27
LATEST = 1e12
BESIDE_TIMES = "can't stand beside times: give one of them"
MOMENT = schemas.any_of(schemas.number(0.0, LATEST), schemas.WRITTEN)
AXIS = ("start", "stop", "steps")


def _moment(value: object) -> float:
    moment = checks.number(value)
    if not 0 <= moment <= LATEST:
        raise Invalid(
            f"must be from 0 to {brief(LATEST)}: the parameters are the state at time 0; not {checks.quote(value)}"
        )
    return moment


@takes(
    "Ascending times instead of start, stop and steps.",
    schemas.any_of(schemas.list_of(MOMENT, 1), schemas.NULL),
)
def _times(value: object) -> tuple[float, ...] | None:
    if value is None:
        return None
    times: list[float] = []
    last = -1.0
    for position, item in enumerate(checks.sequence(value, "a list of times, e.g. [0, 0.5, 2]")):
        if type(item) is float and last < item <= LATEST and item >= 0:  # nearly all of very many
            last = item + 0.0
            times.append(last)
            continue
        with within(position):
            times.append(last := _moment(item))
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

    start: Annotated[float, Takes(_moment, "First time [s]; the parameters are the state at time 0.", MOMENT)] = 0.0
    stop: Annotated[float, Takes(_moment, "Last time [s], included.", MOMENT)] = 10.0
    steps: Annotated[int, whole(1, MAX_STEPS, "Number of times.")] = 100
    times: Annotated[tuple[float, ...] | None, _times] = None
    outputs: Annotated[tuple[str, ...], Takes(_outputs, "Columns of the series. Default: those of the kinds.")] = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """A series from its plain data; raises `Invalid`."""
        if isinstance(value, Mapping) and value.get("times") is not None:
            for key in AXIS:
                if key in value:
                    raise Invalid(BESIDE_TIMES, (key,))
        return super().parse(value)

    def _check(self) -> None:
        if self.times is not None:
            for key in AXIS:
                if getattr(self, key) != Series.fields()[key].default:
                    raise Invalid(BESIDE_TIMES, (key,))
        elif self.steps > 1 and self.start >= self.stop:
            start, stop = checks.plain(self.start), checks.plain(self.stop)
            raise Invalid(f"must be later than start, {start}, not {stop}", ("stop",))

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
