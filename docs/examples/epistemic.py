"""What a small network doesn't know for want of training images, beside what no network can know of a noisy one.

Run it with `pip install '.[torch]'`, then `python epistemic.py`: it draws `docs/how-to/epistemic.png`.
Networks that learn the mean of the posterior from more and more images are asked for the same galaxies; the exact
posterior of each says how far off the best possible answer is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sbi_galaxy import RECIPE, reference, summary_network
from torch import nn

from deepbench_fast import Likelihood, Prior, Recipe, Simulator

PICTURE = Path(__file__).parents[1] / "how-to" / "epistemic.png"
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)


def trained(x: torch.Tensor, theta: torch.Tensor, steps: int) -> nn.Module:
    """The network that predicts held-out images best, of those on the way of so many steps."""
    torch.manual_seed(1)
    network = nn.Sequential(summary_network(), nn.ReLU(), nn.Linear(16, theta.shape[1]))
    held = max(20, len(x) // 10)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)
    best, state = np.inf, network.state_dict()
    for step in range(steps):
        rows = torch.randint(held, len(x), (min(128, len(x) - held),))
        loss = nn.functional.mse_loss(network(x[rows]), theta[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 49:
            with torch.no_grad():
                found = float(nn.functional.mse_loss(network(x[:held]), theta[:held]))
            if found < best:
                best, state = found, {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(state)
    return network


def main(
    sizes: Sequence[int] = SIZES, steps: int = 1500, galaxies: int = 50, count: int = 1000, picture: Path = PICTURE
) -> dict[str, np.ndarray]:
    """Root mean squares over the galaxies, each parameter's, and the picture of them."""
    recipe = Recipe.from_yaml(RECIPE)
    prior, likelihood, simulator = Prior(recipe), Likelihood(recipe), Simulator(recipe)
    scale = torch.as_tensor(prior.std, dtype=torch.float32)
    theta = torch.as_tensor(prior.sample(max(sizes), "training"), dtype=torch.float32)
    x = simulator.for_sbi(prior.names, "training")(theta)
    true = prior.sample(galaxies, "asked")
    asked = simulator.for_sbi(prior.names, "asked")(true)
    exact = [reference(likelihood, prior, image, number, count) for number, image in enumerate(asked)]
    mean, width = (np.array([getattr(draws, of)(axis=0) for draws in exact]) for of in ("mean", "std"))
    from_truth, from_exact = [], []
    for size in sizes:
        network = trained(x[:size], theta[:size] / scale, steps)
        with torch.no_grad():
            answers = (network(torch.as_tensor(asked)) * scale).numpy()
        from_truth.append(_rms(answers - true))
        from_exact.append(_rms(answers - mean))
        print(f"{size} images: off the truth by {from_truth[-1]}, off the exact mean by {from_exact[-1]}", flush=True)
    print(f"exact posterior: width {_rms(width)}, its mean off the truth by {_rms(mean - true)}")
    found = {"truth": np.array(from_truth), "mean": np.array(from_exact), "width": _rms(width)}
    draw(prior.names, sizes, found, picture)
    return found


def _rms(values: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.sqrt((values**2).mean(axis=0))
    return found


def draw(names: Sequence[str], sizes: Sequence[int], found: dict[str, np.ndarray], picture: Path) -> None:
    """One panel a parameter, one below another, so that a phone's reader can read them."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    with rc_context({"font.size": 12, "legend.fontsize": 12}):
        figure = Figure(figsize=(5, 3 * len(names)), layout="constrained")
        for k, (name, axes) in enumerate(zip(names, figure.subplots(len(names), 1, sharex=True), strict=True)):
            axes.loglog(sizes, found["truth"][:, k], "o-", color="C0", label="network's error")
            mean, width = found["mean"][:, k], found["width"][k]
            axes.loglog(sizes, mean, "s:", color="C1", label="its distance from the exact mean: epistemic")
            axes.axhline(width, color="0.3", linestyle="--", label="width of the exact posterior: aleatoric")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter("")
            axes.set_title(name)
            axes.set_ylabel("root mean square")
        figure.axes[-1].set_xlabel("training images")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", frameon=False)
        figure.savefig(picture, dpi=100)


if __name__ == "__main__":
    main()
