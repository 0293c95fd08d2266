"""What happens to the scene: the point spread function that blurs it and the noise on its pixels.

The order is always the same, whatever the order in the recipe: scene, PSF, then the noise: first `ccd`, which acts on
the light, then `poisson`, then `gaussian`, which add to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Constant, Derived, Distribution, parse_distribution
from deepbench_fast.values.model import Drawn, Model
from deepbench_fast.values.parameter import FLAG, Parameter

LARGEST = 1e30
MOST_COUNTS = 1e9
LEAST_SNR = 1e-3
LEAST_GAIN = 1e-9
WIDEST = 100.0


def _flag(name: str, meaning: str) -> Parameter:
    return Parameter(name, "", meaning, 0.0, 1.0, integer=True, only=FLAG)


def _parse_flag(value: object) -> Constant:
    """The constant 1 from true, 0 from false."""
    return value if isinstance(value, Constant) else Constant(float(checks.boolean(value)))


Flag = Annotated[Constant, _parse_flag]
"""A field that takes true or false; in tables it is 1 or 0."""


OrNothing = Annotated[Distribution | None, parse_distribution]
"""A field that takes a distribution, or isn't given."""


class _Effect(Model):
    """A model of noise or blur; its parameters are drawn once per sample."""

    name: ClassVar[str]
    possible: ClassVar[tuple[Parameter, ...]]

    @property
    def declared(self) -> tuple[Parameter, ...]:
        """The parameters that are given: columns of `/samples`."""
        return tuple(parameter for parameter in self.possible if getattr(self, parameter.name) is not None)

    def parameters(self) -> dict[str, Distribution]:
        """The distribution of each parameter."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.declared}

    def _check(self) -> None:
        for parameter in self.declared:
            with within(parameter.name):
                check_alone(parameter, getattr(self, parameter.name))


class GaussianNoise(_Effect):
    """Adds to each pixel a normal deviate of mean 0 and standard deviation sigma; after all other noise.

    In a series it is added to every output. Instead of `sigma` a recipe of images may give `snr`, the signal-to-noise
    ratio of the matched filter: sigma is then sqrt(sum of the squares of the clean image) / snr, for each sample.
    """

    name: ClassVar[str] = "gaussian"
    possible: ClassVar[tuple[Parameter, ...]] = (
        Parameter("sigma", "", "standard deviation", 0.0, LARGEST),
        Parameter("snr", "", "signal-to-noise ratio of the matched filter", LEAST_SNR, MOST_COUNTS),
    )

    sigma: OrNothing = None
    snr: OrNothing = None

    def _check(self) -> None:
        super()._check()
        if self.sigma is None and self.snr is None:
            raise Invalid("needs its sigma or its snr")
        if self.sigma is not None and self.snr is not None:
            raise Invalid("has sigma and snr: give one of them", ("snr",))


class OutputNoise(_Effect):
    """Adds to outputs of a series normal deviates of mean 0, with a standard deviation for each output."""

    name: ClassVar[str] = "gaussian"
    possible: ClassVar[tuple[Parameter, ...]] = tuple(
        Parameter(output, "", f"standard deviation of {output}", 0.0, LARGEST)
        for output in ("angle", "velocity", "x", "y", "momentum", "force", "kinetic", "potential", "energy", "position")
    )

    angle: OrNothing = None
    velocity: OrNothing = None
    x: OrNothing = None
    y: OrNothing = None
    momentum: OrNothing = None
    force: OrNothing = None
    kinetic: OrNothing = None
    potential: OrNothing = None
    energy: OrNothing = None
    position: OrNothing = None


class PoissonNoise(_Effect):
    """Adds to each pixel a Poisson deviate of mean `level`: a background; before Gaussian noise.

    `subtract` takes the mean away again, so that only the scatter stays.
    """

    name: ClassVar[str] = "poisson"
    possible: ClassVar[tuple[Parameter, ...]] = (
        Parameter("level", "", "mean of the background in each pixel", 0.0, MOST_COUNTS),
        _flag("subtract", "whether the mean is subtracted"),
    )

    level: Drawn
    subtract: Flag = Constant(0.0)


class CcdNoise(_Effect):
    """Photon and read-out noise of a detector, on the light itself; before all other noise (Howell 2006).

    The image is in ADU. N ~ Poisson(max(0, gain * (S + sky))) electrons; the pixel is N / gain + Normal(0, read_noise /
    gain), less the sky with `subtract_sky`. Its variance is (S + sky) / gain + (read_noise / gain)^2. A gain of 0 means
    no photon noise, and a read noise in ADU. At most 2^50 electrons are counted.
    """

    name: ClassVar[str] = "ccd"
    possible: ClassVar[tuple[Parameter, ...]] = (
        Parameter("sky", "adu", "level of the sky in each pixel", 0.0, MOST_COUNTS),
        Parameter("gain", "electron / adu", "electrons for one unit of the image; 0: no photon noise", 0.0, 1e6),
        Parameter("read_noise", "electron", "standard deviation of the read-out", 0.0, MOST_COUNTS),
        _flag("subtract_sky", "whether the sky's level is subtracted"),
    )

    sky: Drawn
    gain: Drawn
    read_noise: Drawn
    subtract_sky: Flag = Constant(0.0)

    def _check(self) -> None:
        super()._check()
        for value in self.gain.possible or self.gain.support:
            if 0.0 < value < LEAST_GAIN:
                raise Invalid(f"must be 0 or {LEAST_GAIN:g} and more, not {checks.plain(value)}", ("gain",))


class GaussianPsf(_Effect):
    """Blurs with a Gaussian of standard deviation sigma, in pixels; 0 leaves the scene as it is.

    Right to 1e-3 of the peak on scenes that pixels resolve. For sigma < 0.6 the weights dip below 0, by at most 0.6 %.
    """

    name: ClassVar[str] = "gaussian"
    possible: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", "pix", "standard deviation", 0.0, WIDEST),)

    sigma: Drawn

    @property
    def widest(self) -> float:
        """The largest width that is drawn, in pixels."""
        return self.sigma.support[1]


class MoffatPsf(_Effect):
    """Blurs with a Moffat profile, (alpha - 1) / (pi gamma^2) (1 + r^2 / gamma^2)^-alpha (Moffat 1969).

    Its light is 1 over the infinite plane. It reaches so far that at most 1e-4 of its light lies beyond, but no further
    than the longer side of the frame; the rest is gone.
    """

    name: ClassVar[str] = "moffat"
    possible: ClassVar[tuple[Parameter, ...]] = (
        Parameter("gamma", "pix", "core width", 0.5, WIDEST),
        Parameter("alpha", "", "steepness of the wings", 1.0, 20.0, low_open=True),
    )

    gamma: Drawn
    alpha: Drawn

    @property
    def widest(self) -> float:
        """The largest width that is drawn, in pixels."""
        return self.gamma.support[1]


Noise: TypeAlias = GaussianNoise | OutputNoise | PoissonNoise | CcdNoise
Psf: TypeAlias = GaussianPsf | MoffatPsf

NOISES: dict[str, type[Noise]] = {model.name: model for model in (GaussianNoise, PoissonNoise, CcdNoise)}
PSFS: dict[str, type[Psf]] = {model.name: model for model in (GaussianPsf, MoffatPsf)}


def check_alone(parameter: Parameter, distribution: Distribution) -> None:
    """Check a parameter that stands alone, with no other one of the same object to be derived from."""
    if isinstance(distribution, Derived):
        raise Invalid(f"can't be {distribution.noun}: there is no other parameter to start from")
    parameter.check(distribution)


def parse_noises(value: object) -> tuple[Noise, ...]:
    """Noise models from a list of one-key mappings, at most one of each model; nothing means no noise."""
    noises: list[Noise] = []
    for position, item in enumerate([] if value is None else checks.sequence(value, "a list, e.g. [{gaussian: ...}]")):
        with within(position):
            noise = item if isinstance(item, Noise) else _parse_noise(item)
            if noise.name in {other.name for other in noises}:
                raise Invalid("stands twice: noise of one model can stand once in a list", (noise.name,))
            noises.append(noise)
    return tuple(noises)


def _parse_noise(value: object) -> Noise:
    of_output = {parameter.name for parameter in OutputNoise.possible}
    inner = next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else None
    parameters = set(inner) if isinstance(inner, dict) else set()
    named = bool(of_output & parameters)
    if named and "sigma" in parameters:
        raise Invalid("stands for all outputs; give it, or a value for each output", ("gaussian", "sigma"))
    noise: Noise = _parse({**NOISES, "gaussian": OutputNoise} if named else NOISES, value, "noise model")
    return noise


def parse_psf(value: object) -> Psf | None:
    """A PSF from a one-key mapping; nothing means no blur."""
    psf: Psf | None = value if value is None or isinstance(value, Psf) else _parse(PSFS, value, "PSF")
    return psf


def effect_data(effect: Noise | Psf) -> dict[str, object]:
    """The plain data of a noise model or PSF."""
    given = {parameter: effect.parameters()[parameter.name] for parameter in effect.declared}
    return {
        effect.name: {
            parameter.name: drawn.support == (1.0, 1.0) if parameter.is_flag else drawn.to_yaml_data()
            for parameter, drawn in given.items()
        }
    }


def _parse(models: Mapping[str, type[Model]], value: object, what: str) -> Any:
    model, parameters = checks.single(value, f"one {what} with its parameters ({', '.join(models)})")
    with within(model):
        return models[checks.known(model, models, what)].parse(parameters)
