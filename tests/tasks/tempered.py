"""Another way to a posterior: tempered Markov chains of ensembles, which know neither modes nor slopes.

Walkers begin at draws from the prior, whose weight of the data grows from none to all; then ensembles at several
temperatures move by stretches (Goodman & Weare 2010) and differences (ter Braak 2006), and exchange walkers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast import Prior
from deepbench_fast.inference.posterior import Posterior

Floats = npt.NDArray[np.float64]

TEMPERATURES = 0.4 ** np.arange(4)
ENSEMBLES, WALKERS = 4, 48


class Chains(NamedTuple):
    """States at temperature 1, (steps, ensembles, walkers, P)."""

    states: Floats

    @property
    def samples(self) -> Floats:
        return self.states.reshape(-1, self.states.shape[-1])

    @property
    def r_hat(self) -> float:
        """Of both halves of each ensemble's states, as eight chains; the largest of all parameters (Gelman & Rubin)."""
        chains = _halves(self.states)
        within = chains.var(axis=0).mean(axis=0)
        between = chains.mean(axis=0).var(axis=0, ddof=1)
        return float(np.sqrt(1.0 + between / within).max())

    @property
    def effective(self) -> float:
        """The least of all parameters, from the time over which walkers forget where they were."""
        from emcee.autocorr import integrated_time

        steps, ensembles, walkers, size = self.states.shape
        times = integrated_time(self.states.reshape(steps, ensembles * walkers, size), quiet=True)
        return float(steps * ensembles * walkers / times.max())


def _halves(states: Floats) -> Floats:
    """(states of one, 2 ensembles, P)."""
    steps, ensembles, _, size = states.shape
    halves = [states[: steps // 2], states[steps // 2 : 2 * (steps // 2)]]
    return np.concatenate([half.swapaxes(1, 2).reshape(-1, ensembles, size) for half in halves], axis=1)


def tempered_chains(exact: Posterior, x: npt.NDArray[Any], steps: int, anneal: int, seed: int, thin: int = 1) -> Chains:
    """Every `thin`-th of `steps` states, after `anneal` states in which the data come in."""
    random = np.random.default_rng(seed)
    prior = Prior(exact.recipe, exact.names)
    data = np.asarray(x, np.float64).reshape(exact.likelihood.mean(prior.sample(1, 0)).shape[1:])
    levels, shape = len(TEMPERATURES), (ENSEMBLES, len(TEMPERATURES), WALKERS)
    states = prior.sample(int(np.prod(shape)), f"chains {seed}").reshape(*shape, -1)

    def densities(points: Floats) -> tuple[Floats, Floats]:
        flat = points.reshape(-1, points.shape[-1])
        own = prior.log_prob(flat)
        found = np.full(len(flat), -np.inf)
        inside = np.isfinite(own)
        if inside.any():
            found[inside] = exact.likelihood.log_likelihood(data, flat[inside])
        return own.reshape(points.shape[:-1]), found.reshape(points.shape[:-1])

    priors, likelihoods = densities(states)
    kept = []
    for step in range(anneal + steps):
        powers = (TEMPERATURES * min(1.0, 1e-4 ** (1.0 - step / max(1, anneal))))[None, :, None]
        order = random.permutation(WALKERS)
        for own, other in ((order[::2], order[1::2]), (order[1::2], order[::2])):
            tried, factor = _moved(states[:, :, own], states[:, :, other], random)
            new_priors, new_likelihoods = densities(tried)
            with np.errstate(invalid="ignore"):
                gain = factor + new_priors - priors[:, :, own] + powers * (new_likelihoods - likelihoods[:, :, own])
            taken = np.log(random.random(gain.shape)) < np.where(np.isfinite(new_likelihoods), gain, -np.inf)
            for array, new in ((states, tried), (priors, new_priors), (likelihoods, new_likelihoods)):
                part = array[:, :, own]
                part[taken] = new[taken]
                array[:, :, own] = part
        for level in range(levels - 1):
            difference = (powers[0, level, 0] - powers[0, level + 1, 0]) * (
                likelihoods[:, level + 1] - likelihoods[:, level]
            )
            swapped = np.log(random.random(difference.shape)) < difference
            for array in (states, priors, likelihoods):
                low, high = array[:, level].copy(), array[:, level + 1].copy()
                array[:, level][swapped], array[:, level + 1][swapped] = high[swapped], low[swapped]
            mixed = random.permutation(WALKERS)  # so that walkers meet others at the next exchange
            for array in (states, priors, likelihoods):
                array[:, level + 1] = array[:, level + 1, mixed]
        if step >= anneal and step % thin == 0:
            kept.append(states[:, 0].copy())
    return Chains(np.array(kept))


def _moved(own: Floats, others: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Half of the walkers tried by stretches, half by differences of two others, a tenth of these at full length."""
    ensembles, levels, count, size = own.shape
    at = np.ix_(range(ensembles), range(levels))
    one, two = (random.integers(count, size=(ensembles, levels, count)) for _ in range(2))
    first, second = (others[at[0][..., None], at[1][..., None], which] for which in (one, two))
    stretch = (1.0 + random.random((ensembles, levels, count))) ** 2 / 2.0
    stretched = first + stretch[..., None] * (own - first)
    long = random.random((ensembles, levels, count)) < 0.1
    length = np.where(long, 1.0, 1.7 / np.sqrt(2.0 * size)) * (1.0 + 0.1 * random.standard_normal(long.shape))
    shifted = own + length[..., None] * (first - second) + 1e-7 * random.standard_normal(own.shape)
    by_stretch = random.random((ensembles, levels, count)) < 0.5
    tried = np.where(by_stretch[..., None], stretched, shifted)
    return tried, np.where(by_stretch, (size - 1.0) * np.log(stretch), 0.0)
