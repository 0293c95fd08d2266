"""The posterior of a pendulum's length from one noisy series, by neural posterior estimation with sbi.

Run it with `pip install '.[torch]' sbi`, then `python sbi_posterior.py`. The recipe is the prior and the
simulator: `Prior.as_torch` is what sbi draws from and scores by, `Simulator.for_sbi` makes series of given lengths.
"""

from __future__ import annotations

import torch
from sbi.inference import NPE

from deepbench_fast import Prior, Recipe, Simulator

RECIPE = """
series: {start: 0, stop: 4, steps: 30, outputs: [x]}
noise: [{gaussian: {sigma: 0.2}}]
catalogues:
  pendulums:
    objects:
      - pendulum: {length: {uniform: [1, 4]}, angle: 0.6}
"""


def main(simulations: int = 2000, epochs: int = 200) -> torch.Tensor:
    """Train, and draw 1,000 lengths from the posterior of one series; the true length is 2.5 m."""
    torch.manual_seed(1)
    recipe = Recipe.from_yaml(RECIPE)
    names, prior = Prior(recipe).names, Prior(recipe).as_torch()
    series = Simulator(recipe).for_sbi(names, seed="training")
    lengths = prior.sample((simulations,))
    inference = NPE(prior=prior)
    inference.append_simulations(lengths, series(lengths).flatten(1))
    inference.train(max_num_epochs=epochs)
    observed = Simulator(recipe).for_sbi(names, seed="the observation")(torch.tensor([[2.5]]))
    drawn: torch.Tensor = inference.build_posterior().sample((1000,), x=observed.flatten(1))
    return drawn


if __name__ == "__main__":
    found = main()
    print(f"length {found.mean():.2f} ± {found.std():.2f} m; the truth is 2.5 m")
