"""Models of noise and blur: what they declare, and their plain data."""

from __future__ import annotations

import astropy.units
import pytest

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.effects.noise.ccd import CcdNoise
from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.noise.poisson import PoissonNoise
from deepbench_fast.effects.psf.gaussian import GaussianPsf
from deepbench_fast.effects.psf.moffat import MoffatPsf
from deepbench_fast.effects.registry import NOISES, PSFS, parse_noises, parse_psf
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.values.distributions import Constant, Uniform

EVERYTHING = """
noise:
  - ccd: {sky: {uniform: [5, 20]}, gain: 2, read_noise: 5, subtract_sky: true}
  - poisson: {level: 3}
  - gaussian: {snr: {loguniform: [10, 100]}}
psf: {moffat: {gamma: 1.5, alpha: {uniform: [2.5, 4]}}}
catalogues:
  all: {objects: [star]}
  some: {objects: [star], noise: [gaussian: {sigma: 0.1}], psf: {gaussian: {sigma: 1}}}
"""


def test_all_models_may_stand_together() -> None:
    recipe = Recipe.from_yaml(EVERYTHING)
    assert [noise.name for noise in recipe.noise] == ["ccd", "poisson", "gaussian"]
    ccd, poisson, gaussian = recipe.noise
    assert ccd.drawn == {
        "sky": Uniform(5, 20),
        "gain": Constant(2),
        "read_noise": Constant(5),
        "subtract_sky": Constant(1),
    }
    assert poisson.drawn == {"level": Constant(3), "subtract": Constant(0)}
    assert list(gaussian.drawn) == ["snr"]
    assert recipe.psf == MoffatPsf(gamma=1.5, alpha=Uniform(2.5, 4))


def test_parameters_are_columns_of_the_samples() -> None:
    recipe = Recipe.from_yaml(EVERYTHING)
    columns = [parameter.column for parameter in sample_parameters(recipe, "all")]
    assert columns == [
        "noise_ccd_sky",
        "noise_ccd_gain",
        "noise_ccd_read_noise",
        "noise_ccd_subtract_sky",
        "noise_poisson_level",
        "noise_poisson_subtract",
        "noise_gaussian_snr",
        "psf_moffat_gamma",
        "psf_moffat_alpha",
    ]
    own = ["noise_gaussian_sigma", "psf_gaussian_sigma"]
    found = ["noise_snr"]
    assert [parameter.column for parameter in sample_parameters(recipe, "some")] == own
    assert set(make_plan(recipe).sample_parameters) == {*columns, *own, *found}


@pytest.mark.parametrize("model", [*NOISES.values(), *PSFS.values()], ids=lambda model: model.__name__)
def test_units_are_those_of_astropy(model: type[GaussianNoise]) -> None:
    for parameter in model.parameters:
        assert astropy.units.Unit(parameter.unit).to_string() == parameter.unit


@pytest.mark.parametrize(
    "noise",
    [
        GaussianNoise(sigma=Uniform(0, 1)),
        GaussianNoise(snr=20),
        PoissonNoise(level=Uniform(0, 9)),
        PoissonNoise(level=1, subtract=True),
        CcdNoise(sky=10, gain=1.7, read_noise=5.2),
        CcdNoise(sky=10, gain=1.7, read_noise=5.2, subtract_sky=True),
    ],
)
def test_plain_data_give_the_noise_back(noise: GaussianNoise | PoissonNoise | CcdNoise) -> None:
    assert parse_noises([noise.data()]) == (noise,)
    assert parse_noises((noise,)) == (noise,)


@pytest.mark.parametrize("psf", [GaussianPsf(sigma=1), MoffatPsf(gamma=Uniform(1, 2), alpha=20)])
def test_plain_data_give_the_psf_back(psf: GaussianPsf | MoffatPsf) -> None:
    assert parse_psf(psf.data()) == psf


def test_yes_and_no_are_written_so() -> None:
    assert PoissonNoise(level=1).data() == {"poisson": {"level": 1, "subtract": False}}
    assert PoissonNoise(level=1, subtract=True).data() == {"poisson": {"level": 1, "subtract": True}}
    with pytest.raises(RecipeError, match=r"subtract: must be true or false, not 'no'"):
        PoissonNoise(level=1, subtract="no")
    with pytest.raises(RecipeError, match="subtract: must be 0 or 1, not 2"):
        PoissonNoise(level=1, subtract=Constant(2))


def test_gaussian_noise_has_a_sigma_or_a_signal_to_noise_ratio() -> None:
    with pytest.raises(RecipeError, match="needs its sigma or its snr"):
        GaussianNoise()
    with pytest.raises(RecipeError, match="snr: has sigma and snr: give one of them"):
        GaussianNoise(sigma=1, snr=1)
    with pytest.raises(RecipeError, match=r"snr: must be from 0\.001 to"):
        GaussianNoise(snr=Uniform(0, 10))
    with pytest.raises(RecipeError, match=r"sigma: must be a number or one distribution .*, not nothing"):
        GaussianNoise.parse({"sigma": None})
