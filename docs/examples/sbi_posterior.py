"""The posterior of a pendulum's length from one noisy series, by neural posterior estimation with sbi.

Run it with `pip install sbi`, then `python sbi_posterior.py`. The recipe is the prior and the simulator: parameters are
drawn from it and scored by `Prior`, series for given parameters come from `simulate`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sbi.inference import NPE
from sbi.utils.user_input_checks import process_prior

from deepbench_fast import Prior, Recipe, simulate

RECIPE = """
series: {start: 0, stop: 4, steps: 30, outputs: [x]}
noise: [{gaussian: {sigma: 0.2}}]
catalogues:
  pendulums:
    objects:
      - pendulum: {length: {uniform: [1, 4]}, angle: 0.6}
"""


class TorchPrior:
    """A `Prior` as sbi wants one: tensors, and a seed of its own for every batch."""

    def __init__(self, prior: Prior) -> None:
        self.prior, self.batches = prior, 0

    def sample(self, shape: Any = ()) -> torch.Tensor:
        self.batches += 1
        count = int(np.prod(tuple(shape), dtype=int))
        drawn = torch.as_tensor(self.prior.sample(count, f"batch {self.batches}"), dtype=torch.float32)
        return drawn.reshape(*shape, len(self.prior.names))

    def log_prob(self, values: torch.Tensor) -> torch.Tensor:
        rows = values.reshape(-1, values.shape[-1]).double().numpy()
        return torch.as_tensor(self.prior.log_prob(rows), dtype=torch.float32).reshape(values.shape[:-1])


def main(simulations: int = 2000, epochs: int = 200) -> torch.Tensor:
    """Train, and draw 1,000 lengths from the posterior of one series; the true length is 2.5 m."""
    recipe = Recipe.from_yaml(RECIPE)
    prior = Prior(recipe)

    def series(lengths: np.ndarray, seed: str) -> torch.Tensor:
        given = dict(zip(prior.names, lengths.T, strict=True))
        return torch.as_tensor(simulate(recipe, given, seed)[:, :, 0], dtype=torch.float32)

    lengths = prior.sample(simulations, "training")
    torch_prior, *_ = process_prior(
        TorchPrior(prior), custom_prior_wrapper_kwargs={"lower_bound": torch.ones(1), "upper_bound": 4 * torch.ones(1)}
    )
    inference = NPE(prior=torch_prior)
    inference.append_simulations(torch.as_tensor(lengths, dtype=torch.float32), series(lengths, "training"))
    inference.train(max_num_epochs=epochs)
    posterior = inference.build_posterior()
    observed = series(np.array([[2.5]]), "the observation")
    drawn: torch.Tensor = posterior.sample((1000,), x=observed)
    return drawn


if __name__ == "__main__":
    found = main()
    print(f"length {found.mean():.2f} ± {found.std():.2f} m; the truth is 2.5 m")
