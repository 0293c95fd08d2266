"""What an effect is: a model of blur or of noise, of which a sample has its own parameters.

A class holds all that is to be known of one. Its instances are what a recipe says, with a distribution for each
parameter; its class methods work on rows of `/samples`, where these were drawn or found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Self

from deepbench_fast.errors import UsageError
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Constant, Distribution, parse_distribution
from deepbench_fast.values.model import Model
from deepbench_fast.values.parameter import FLAG, Parameter, check_alone
from deepbench_fast.values.schemas import Schema, first_line, mapping

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deepbench_fast.effects.law import PixelLaw
    from deepbench_fast.kernels.backend import Backend
    from deepbench_fast.kernels.stopping import Stop

LARGEST = 1e30
MOST_COUNTS = 1e9
WIDEST = 100.0


def flag(name: str, meaning: str) -> Parameter:
    """A parameter that says yes or no."""
    return Parameter(name, "", meaning, 0.0, 1.0, integer=True, only=FLAG)


def _parse_flag(value: object) -> Constant:
    """The constant 1 from true, 0 from false."""
    return value if isinstance(value, Constant) else Constant(float(checks.boolean(value)))


Flag = Annotated[Constant, _parse_flag]
"""A field that takes true or false; in tables it is 1 or 0."""

NO = Constant(0.0)

OrNothing = Annotated[Distribution | None, parse_distribution]
"""A field that takes a distribution, or isn't given."""


class Stage(StrEnum):
    """When effects act: the key of a recipe that holds them, and the first word of their columns."""

    PSF = "psf"
    NOISE = "noise"


class Rows(NamedTuple):
    """Rows of `/samples` as effects see them, one a sample.

    `columns` are float64 (T,), NaN where a sample doesn't have the effect, by their names in `/samples` or, for one
    effect, by those of its parameters. `streams` are uint32 (T,) by name, `members` int64 (T,), `key` uint32 (2,): the
    address of each sample's random numbers, which only `apply` reads. `first` is the number of the pixel with which
    images begin, where they are parts of larger ones.
    """

    columns: Mapping[str, npt.NDArray[np.float64]]
    streams: Mapping[str, npt.NDArray[np.uint32]]
    members: npt.NDArray[np.int64]
    key: npt.NDArray[np.uint32]
    first: int = 0

    def part(self, samples: slice | npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Rows:
        """Those of some of the samples."""
        columns = {name: column[samples] for name, column in self.columns.items()}
        streams = {name: numbers[samples] for name, numbers in self.streams.items()}
        return self._replace(columns=columns, streams=streams, members=self.members[samples])

    def number(self, name: str) -> npt.NDArray[np.float64]:
        """A column with 0 in samples that don't have the effect."""
        import numpy as np

        return np.where(np.isnan(self.columns[name]), 0.0, self.columns[name])

    def absent(self) -> npt.NDArray[np.bool_]:
        """Which samples don't have the effect."""
        import numpy as np

        first, *others = self.columns.values()
        absent: npt.NDArray[np.bool_] = np.isnan(first)
        for column in others:
            absent &= np.isnan(column)
        return absent


class Effect(Model):
    """A model of noise or blur.

    `parameters` are drawn once a sample; those that are given are columns of `/samples`, "<stage>_<name>_<parameter>",
    so `name` has no underscore. `alternatives` says that a recipe gives one of them and no other.
    """

    stage: ClassVar[Stage]
    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    alternatives: ClassVar[bool] = False
    of_outputs: ClassVar[type[Effect] | None] = None
    sources: ClassVar[tuple[str, ...]] = ()
    """What the name stands for where a recipe of series gives a value for each output."""

    @property
    def drawn(self) -> dict[str, Distribution]:
        """The distributions of the parameters that are given."""
        values = {parameter.name: getattr(self, parameter.name) for parameter in self.parameters}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def parameter(cls, name: str) -> Parameter:
        """The parameter of this name."""
        return next(parameter for parameter in cls.parameters if parameter.name == name)

    @classmethod
    def column(cls, parameter: str) -> str:
        """Where a parameter stands in `/samples`."""
        return f"{cls.stage}_{cls.name}_{parameter}"

    def _check(self) -> None:
        for name, drawn in self.drawn.items():
            with within(name):
                check_alone(self.parameter(name), drawn)
        if self.alternatives:
            self._check_one()

    def _check_one(self) -> None:
        given = list(self.drawn)
        if not given:
            raise Invalid(f"needs its {' or its '.join(parameter.name for parameter in self.parameters)}")
        if len(given) > 1:
            raise Invalid(f"has {' and '.join(given)}: give one of them", (given[1],))

    def between(self, other: Effect, fraction: Fraction) -> Self:
        """The same with each parameter `fraction` of the way to another's; raises `Invalid` where that can't be."""
        one, another = self.drawn, other.drawn
        if type(self) is not type(other) or one.keys() != another.keys():
            raise Invalid(
                f"between {self.name} ({', '.join(one)}) and {other.name} ({', '.join(another)}) there is nothing"
            )
        changed = {}
        for name, drawn in one.items():
            with within(name):
                changed[name] = drawn if drawn == another[name] else self._between(name, drawn, another[name], fraction)
        return type(self)(**changed)

    def _between(self, name: str, one: Distribution, another: Distribution, fraction: Fraction) -> Distribution:
        if self.parameter(name).is_flag:
            raise Invalid("is true or false: between the two there is nothing")
        return one.between(another, fraction)

    def data(self) -> dict[str, object]:
        """The plain data that a recipe writes, and reads as this again."""
        return {
            self.name: {
                name: drawn.support == (1.0, 1.0) if self.parameter(name).is_flag else drawn.to_yaml_data()
                for name, drawn in self.drawn.items()
            }
        }

    @classmethod
    def schema(cls, drawn: Callable[[Parameter], Schema]) -> Schema:
        """JSON Schema of what a recipe writes below the name; `drawn` gives that of a parameter."""
        keys = {parameter.name: drawn(parameter) for parameter in cls.parameters}
        for parameter in cls.parameters:
            if parameter.is_flag:
                words = f"{keys[parameter.name]['description']}; default: false"
                keys[parameter.name] = {"type": "boolean", "description": words}
        required = [name for name, field in cls.fields().items() if field.is_required]
        most = {"maxProperties": 1} if cls.alternatives else {}
        return {**mapping(keys, required), "minProperties": 1, "description": first_line(cls), **most}


class Psf(Effect):
    """A point spread function."""

    stage: ClassVar[Stage] = Stage.PSF
    blurred_by: ClassVar[str]
    """The kernel of `blur`, which takes the columns of the parameters in their order."""

    by_rows: ClassVar[bool] = False
    """Whether some rows of a frame, blurred alone, come out the same to the bit."""

    @property
    def widest(self) -> float:
        """The largest width that is drawn, in pixels."""
        raise NotImplementedError

    @classmethod
    def reach(cls, rows: Rows, side: int, kernel: Backend) -> int:
        """How far light is spread by the widest of all samples, in pixels; `side` is the frame's longer side."""
        raise NotImplementedError

    @classmethod
    def blur(
        cls,
        canvas: npt.NDArray[np.float32],
        frame: tuple[int, int, int],
        rows: Rows,
        out: npt.NDArray[np.float32],
        kernel: Backend,
        stop: Stop,
    ) -> None:
        """Blur canvases (T, pixels) and cut out the frame (height, width, pad); a sample without PSF is cut out alone.

        Widths are those of the canvas's pixels. Where `stop` asks for an end, `out` is of no use.
        """
        columns = (rows.columns[parameter.name] for parameter in cls.parameters)
        kernel(cls.blurred_by)(canvas, frame, *columns, out, stop.flag)


class Noise(Effect):
    """A model of noise on pixels. Models act on a sample in the order of `rank`, whatever the order in the recipe.

    `streams` are addresses of its random numbers: changed, they change every sample of every recipe.
    """

    stage: ClassVar[Stage] = Stage.NOISE
    rank: ClassVar[int]
    of_light: ClassVar[bool] = False
    """Whether it follows the light, and with it its variance."""

    streams: ClassVar[tuple[str, ...]]
    by_parts: ClassVar[bool] = False
    """Whether a part of an image, the first pixel of which is a multiple of 4096, comes out the same to the bit."""

    @classmethod
    def apply(cls, pixels: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> None:
        """Give the pixels (T, pixels) their noise, in place; a sample without it keeps every bit."""
        raise NotImplementedError

    @classmethod
    def varies(cls, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether the variance follows the light, and so differs from pixel to pixel, for each sample."""
        import numpy as np

        return ~rows.absent() if cls.of_light else np.zeros(len(rows.members), np.bool_)

    @classmethod
    def add_variance(
        cls, light: npt.NDArray[np.floating], rows: Rows, out: npt.NDArray[np.float64], kernel: Backend
    ) -> None:
        """Add the variance of each pixel with this light S, (T, pixels), to `out`.

        `out` has one column where no sample's variance follows the light.
        """
        raise NotImplementedError

    @classmethod
    def law(cls, rows: Rows) -> PixelLaw:
        """How pixels are distributed, given the clean image; raises UsageError where that isn't known."""
        raise UsageError(f"noise {cls.name} has no likelihood")

    @classmethod
    def law_slopes(cls, rows: Rows) -> dict[str, PixelLaw]:
        """How the numbers of `law` change with each parameter: their derivatives, by the parameter's name."""
        raise UsageError(f"noise {cls.name} has no likelihood")

    @classmethod
    def log_likelihood(
        cls, pixels: npt.NDArray[np.floating], clean: npt.NDArray[np.floating], rows: Rows
    ) -> npt.NDArray[np.float64]:
        """ln of the density of each sample's pixels, (T, ...), that have this noise alone; see `PixelLaw`."""
        return cls.law(rows).log_likelihood(pixels, clean)

    @classmethod
    def found(cls, given: Collection[str]) -> tuple[Parameter, ...]:
        """Columns that only rendering tells, where these parameters are given."""
        return ()

    @classmethod
    def find(cls, light: npt.NDArray[np.float32], rows: Rows, kernel: Backend) -> dict[str, npt.NDArray[np.float64]]:
        """The columns that `found` names, from the clean images (T, pixels)."""
        return {}

    @classmethod
    def forget(cls, rows: Rows) -> dict[str, npt.NDArray[np.float64]]:
        """The columns that `found` names as they are before anything is rendered."""
        return {}

    def check_outputs(self, outputs: Sequence[str]) -> None:
        """Raise `Invalid` unless series with these outputs can have it."""

    def check_light(self, brightest: float, key: str) -> None:
        """Raise `Invalid` where it can't do justice to pixels as bright as this; `key` is the address of these."""

    def most_variance(self, brightest: float) -> tuple[float, str]:
        """The largest variance of pixels up to so bright, and the parameter that it is owed to."""
        return 0.0, ""

    def softened(self, fraction: Fraction) -> Noise:
        """The same with `fraction` times the scatter; raises `Invalid` where there is none.

        This one scales every parameter. The model stays at fraction 0, with what changes no bit.
        """
        return self._scaled({name: fraction for name in self.drawn if not self.parameter(name).is_flag})

    def _scaled(self, factors: Mapping[str, Fraction]) -> Self:
        """The same with parameters so many times as large."""
        changed = self.drawn
        for name, factor in factors.items():
            with within(name):
                changed[name] = changed[name].scaled(factor)
        return type(self).parse(changed)
