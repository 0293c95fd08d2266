"""The posterior of a noisy galaxy by neural posterior estimation with sbi, beside the exact one.

Run it with `pip install '.[torch]' sbi==0.27.0`, then `python sbi_galaxy.py`. The recipe is the prior and
the simulator; its exact likelihood gives the posterior that the network is measured by.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import nn

from deepbench_fast import Likelihood, Prior, Recipe, Simulator

RECIPE = """
name: one-galaxy
image: {shape: [28, 28]}
noise: [{gaussian: {sigma: 1}}]
catalogues:
  galaxies:
    objects:
      - galaxy: {x: 13.5, y: 13.5, theta: 0.5, amplitude: 1,
                 r_eff: {uniform: [2, 7]}, n: {uniform: [0.5, 2]}, ellip: {uniform: [0, 0.7]}}
"""


def summary_network() -> nn.Module:
    """Sixteen numbers that shall say of an image what there is to know of its galaxy."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 28)),
        nn.Conv2d(1, 8, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, 16),
    )


def trained(recipe: Recipe, simulations: int, epochs: int) -> Any:
    """sbi's posterior of any image, from so many simulations."""
    from sbi.inference import NPE
    from sbi.neural_nets import posterior_nn

    torch.manual_seed(1)
    prior, simulator = Prior(recipe), Simulator(recipe)
    theta = prior.as_torch().sample((simulations,))
    x = simulator.for_sbi(prior.names, seed="training")(theta)
    network = posterior_nn("maf", embedding_net=summary_network(), z_score_x="structured", num_transforms=3)
    inference = NPE(prior=prior.as_torch(), density_estimator=network, show_progress_bars=False)
    inference.append_simulations(theta, x)
    inference.train(training_batch_size=min(500, simulations // 4), learning_rate=1e-3, max_num_epochs=epochs)
    return inference.build_posterior()


def reference(likelihood: Likelihood, prior: Prior, x: np.ndarray, seed: int, count: int = 5000) -> np.ndarray:
    """Draws of the exact posterior, shape (count, parameters).

    By importance sampling from a normal that takes the posterior's mean and, twice as wide, its covariance, found from
    the prior in a few rounds; half of each round's points are of the prior, so that nothing is missed.
    """
    generator = np.random.default_rng(seed)
    mean, cover = prior.mean, np.diag(prior.std**2)
    for _ in range(6):
        near = generator.multivariate_normal(mean, cover, count)
        points = np.concatenate([near, prior.sample(count, f"{seed}")])
        points = points[np.isfinite(prior.log_prob(points))]
        offset = points - mean
        normal = -0.5 * (offset @ np.linalg.inv(cover) * offset).sum(axis=1)
        normal -= 0.5 * np.linalg.slogdet(2 * np.pi * cover)[1]
        log_prior = prior.log_prob(points)
        weight = likelihood.log_likelihood(x, points) + log_prior - np.logaddexp(normal, log_prior)
        weight = np.exp(weight - weight.max())
        weight /= weight.sum()
        mean = weight @ points
        cover = 4 * (weight * (points - mean).T) @ (points - mean)
    return points[generator.choice(len(points), count, p=weight)]


def main(simulations: int = 30_000, epochs: int = 40, observations: int = 20) -> np.ndarray:
    """Widths of the network's posteriors over those of the exact ones, shape (observations, parameters)."""
    recipe = Recipe.from_yaml(RECIPE)
    prior, likelihood = Prior(recipe), Likelihood(recipe)
    began = time.perf_counter()
    posterior = trained(recipe, simulations, epochs)
    print(f"{simulations} simulations, trained in {time.perf_counter() - began:.0f} s")
    true = prior.sample(observations, "observations")
    observed = Simulator(recipe).for_sbi(prior.names, seed="observations")(true)
    ratios, offsets = [], []
    for number, x in enumerate(observed):
        exact = reference(likelihood, prior, x, number)
        found = posterior.sample((5000,), x=torch.as_tensor(x[None]), show_progress_bars=False).numpy()
        ratios.append(found.std(axis=0) / exact.std(axis=0))
        offsets.append((found.mean(axis=0) - exact.mean(axis=0)) / exact.std(axis=0))
    for k, name in enumerate(prior.names):
        of_name, off = np.array(ratios)[:, k], np.array(offsets)[:, k]
        print(
            f"{name}: width over exact width, median {np.median(of_name):.2f}, largest {of_name.max():.2f}; means ",
            end="",
        )
        print(f"apart by {np.sqrt((off**2).mean()):.2f} exact widths")
    return np.array(ratios)


if __name__ == "__main__":
    main()
