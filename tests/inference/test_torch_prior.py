"""Priors as PyTorch's distributions, against the prior itself, PyTorch's own gradients, and what sbi asks of one."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

from deepbench_fast import Prior, Recipe

torch = pytest.importorskip("torch")

BOX = {"n": {"uniform": [1, 4]}, "r_eff": {"loguniform": [1, 3]}, "ellip": {"uniform": [0, 0.1]}}
WHOLE = {"x": {"normal": [4, 0.2]}, "y": {"normal": [4, 0.3]}}
ONE_SIDED = {
    "n": {"normal": {"mean": 2, "sigma": 0.1, "low": 1}},
    "x": {"normal": [4, 0.2]},
    "r_eff": {"uniform": [1, 2]},
}
DEPENDENT = {"n": {"uniform": [1, 3]}, "r_eff": {"scaled": {"by": "n", "of": {"loguniform": [1, 2]}}}}
SINGLE = {"n": {"choice": [1, 2.1, 4]}, "r_eff": {"choice": [1.3, 2]}}
ALL = [BOX, WHOLE, ONE_SIDED, DEPENDENT, SINGLE]


def prior_of(parameters: dict[str, object]) -> Prior:
    fixed = {"amplitude": 2, "x": 4, "y": 4, "n": 1, "r_eff": 1, "ellip": 0, "theta": 0}
    recipe = Recipe(image={"shape": [9, 9]}, catalogues={"a": {"objects": [{"galaxy": {**fixed, **parameters}}]}})
    return Prior(recipe, [f"galaxy.{name}" for name in parameters])


@pytest.mark.parametrize("parameters", ALL)
def test_it_is_the_prior(parameters: dict[str, object]) -> None:
    prior = prior_of(parameters)
    found = prior.as_torch()
    assert isinstance(found, torch.distributions.Distribution)
    assert (found.batch_shape, found.event_shape) == ((), (len(parameters),))
    drawn = found.sample((40, 5))
    assert (drawn.dtype, drawn.shape, drawn.device.type) == (torch.float32, (40, 5, len(parameters)), "cpu")
    density = found.log_prob(drawn)
    assert (density.dtype, density.shape) == (torch.float32, (40, 5))
    expected = prior.log_prob(drawn.reshape(200, -1).numpy()).reshape(40, 5)
    np.testing.assert_array_equal(density.numpy(), expected.astype(np.float32))
    assert np.isfinite(density.numpy()).all()
    assert found.support.check(drawn).all()
    assert found.sample().shape == found.event_shape
    assert found.log_prob(found.sample()).shape == ()
    assert found.sample((0,)).shape == (0, len(parameters))
    np.testing.assert_allclose(found.mean.numpy(), prior.mean, rtol=1e-6)
    np.testing.assert_allclose(found.stddev.numpy(), prior.std, rtol=1e-6)
    outside = drawn + 100
    if parameters is not WHOLE:
        assert not found.support.check(outside).any()
        assert torch.isneginf(found.log_prob(outside)).all()


def test_the_corners_are_within() -> None:
    for parameters in (BOX, DEPENDENT, SINGLE):
        prior = prior_of(parameters)
        corners = torch.as_tensor(prior.from_unit([[0.0] * len(prior.names), [1.0] * len(prior.names)])).float()
        assert torch.isfinite(prior.as_torch().log_prob(corners)).all()
        assert prior.as_torch().support.check(corners).all()


def test_the_support_is_no_box_where_one_depends_on_another() -> None:
    """A radius from n to 2 n: 1 is within for n = 1, and beyond for n = 3."""
    support = prior_of(DEPENDENT).as_torch().support
    assert support.check(torch.tensor([[1.0, 1.0], [3.0, 1.0], [3.0, 5.0]])).tolist() == [True, False, True]


def test_draws_follow_from_pytorchs_seed() -> None:
    found = prior_of(BOX).as_torch()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        one, other = found.sample((5,)), found.sample((5,))
        torch.manual_seed(3)
        again = found.sample((5,))
        copy = pickle.loads(pickle.dumps(found)).sample((5,))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(other, copy)


@pytest.mark.parametrize("parameters", [BOX, WHOLE, ONE_SIDED, DEPENDENT])
def test_gradients_are_those_of_near_points(parameters: dict[str, object]) -> None:
    prior = prior_of(parameters)
    values = torch.as_tensor(prior.from_unit(np.full((3, len(parameters)), [[0.3], [0.5], [0.8]]))).requires_grad_()
    assert torch.autograd.gradcheck(prior.as_torch().log_prob, values, eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("parameters", [BOX, ONE_SIDED, DEPENDENT])
def test_its_support_maps_to_all_numbers_and_back(parameters: dict[str, object]) -> None:
    found = prior_of(parameters).as_torch()
    transform = torch.distributions.biject_to(found.support)
    drawn = found.sample((20,))
    free = transform.inv(drawn)
    assert torch.isfinite(free).all()
    torch.testing.assert_close(transform(free), drawn, rtol=1e-4, atol=1e-4)
    assert transform.log_abs_det_jacobian(free, drawn).shape == (20,)


@pytest.mark.parametrize("parameters", ALL)
def test_sbi_takes_it_without_a_word(parameters: dict[str, object]) -> None:
    pytest.importorskip("sbi")
    from sbi.utils import mcmc_transform
    from sbi.utils.user_input_checks import process_prior

    prior = prior_of(parameters).as_torch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        processed, count, is_numpy = process_prior(prior)
        transform = mcmc_transform(processed)
    assert processed is prior
    assert (count, is_numpy) == (len(parameters), False)
    assert torch.isfinite(transform(prior.sample((9,)))).all()


def test_pytorch_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys; from deepbench_fast import Prior, Simulator; Prior; Simulator; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
