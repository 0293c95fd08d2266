"""How uncertain an ensemble of small networks says it is of a galaxy's brightness, beside how uncertain it should be.

Run it with `pip install '.[torch]'`, then `python deepuq.py`: it draws `docs/studies/deepuq.png`. The data
are those of the built-in recipe `deepuq`, with noise on the target or on the image, at three levels or those named.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from deepbench_fast import Recipe, samples
from deepbench_fast.inference.posterior import Posterior

PICTURE = Path(__file__).parents[1] / "studies" / "deepuq.png"
LEVELS = (0.01, 0.05, 0.10)
BRIGHT = 0.01
"""The largest amplitude: images are given to the networks in units of it."""
BETA = 0.5

LOOKS = (("o", "#0072b2"), ("s", "#d55e00"), ("^", "#009e73"))
"""Marker and colour of each level."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What an ensemble says of N galaxies, and what is true of them; each (N,)."""

    true: Floats
    mean: Floats
    aleatoric: Floats
    epistemic: Floats

    @property
    def error(self) -> Floats:
        return self.mean - self.true


def with_noise(on: str, level: float) -> Recipe:
    """`deepuq` with this scatter of each target, or of the sum of an image's pixels."""
    recipe = Recipe.builtin("deepuq")
    if on == "target":
        return recipe.set("targets.brightness.noise", f"{{normal: [0, {level}]}}")
    return recipe.set("targets", "[brightness]").set("noise.gaussian.sigma", level / 32)


def network() -> nn.Module:
    """An image to the mean and the logarithm of the variance of its target, in standard deviations of all targets."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 64),
        nn.ReLU(),
        nn.Linear(64, 2),
    )


def trained(x: torch.Tensor, y: torch.Tensor, epochs: int, seed: int) -> nn.Module:
    """By the negative log-likelihood of a normal, each sample's times its variance to the power of beta."""
    torch.manual_seed(seed)
    one = network()
    optimizer = torch.optim.AdamW(one.parameters(), weight_decay=0.01)
    size = min(64, len(x))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * (len(x) // size))
    for _ in range(epochs):
        for rows in torch.randperm(len(x))[: len(x) // size * size].split(size):
            mean, log_variance = one(x[rows]).T
            loss = 0.5 * ((y[rows] - mean) ** 2 * torch.exp(-log_variance) + log_variance)
            loss = (loss * torch.exp(BETA * log_variance).detach()).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return one.eval()


def answers(recipe: Recipe, members: int, epochs: int, train: int, test: int) -> Answers:
    """Train an ensemble on `train` galaxies, and ask it for `test` others."""

    def tensor(images: npt.NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(images[:, None] / BRIGHT)

    known = samples(recipe.of_split("train"), 0, train)
    asked = samples(recipe.of_split("validation"), 0, test)
    target = known["target"][:, 0]
    shift, scale = float(target.mean()), float(target.std())
    y = torch.from_numpy((target - shift) / scale).float()
    found = []
    for seed in range(members):
        one = trained(tensor(known["image"]), y, epochs, seed)
        with torch.no_grad():
            found.append(one(tensor(asked["image"])).double().numpy())
    mean, log_variance = np.moveaxis(np.array(found), 2, 0)
    true = asked["target_true" if "target_true" in asked.keys() else "target"][:, 0]  # noqa: SIM118
    return Answers(
        true.astype("f8"),
        shift + scale * mean.mean(axis=0),
        scale * np.sqrt(np.exp(log_variance).mean(axis=0)),
        scale * mean.std(axis=0),
    )


def exact_widths(recipe: Recipe, count: int) -> Floats:
    """Standard deviations of the brightness in the exact posteriors of the first images that were asked for."""
    posterior = Posterior(recipe)
    widths = []
    for image in samples(recipe.of_split("validation"), 0, count)["image"]:
        draws = posterior.sample(image, 2000, effective=2000).samples
        widths.append(posterior.likelihood.mean(draws).reshape(len(draws), -1).sum(axis=1).std())
    return np.array(widths)


def main(
    levels: Sequence[float] = LEVELS,
    members: int = 3,
    epochs: int = 20,
    train: int = 4500,
    test: int = 1000,
    exact: int = 15,
    picture: Path = PICTURE,
) -> None:
    """Print a line for each kind and level of noise; draw what is said of noise on the image beside what is right."""
    print("noise on  level  aleatoric (right)  over right            epistemic  error  pull  within 1 sigma")
    found: dict[float, tuple[Floats, Answers]] = {}
    for on in ("target", "image"):
        for level in levels:
            recipe = with_noise(on, level)
            said = answers(recipe, members, epochs, train, test)
            right = np.full(test, level) if on == "target" else exact_widths(recipe, exact)
            if on == "image":
                found[level] = right, said
            ratio = said.aleatoric[: len(right)] / right
            noise = np.random.default_rng(0).normal(0, level, test) if on == "target" else 0.0
            pull = (said.error + noise) / np.hypot(said.aleatoric, said.epistemic)
            print(
                f"{on:8}  {level:.2f}   {np.median(said.aleatoric):.4f} ({np.median(right):.4f})    "
                f"{np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})   "
                f"{np.median(said.epistemic):.4f}     {np.sqrt((said.error**2).mean()):.4f}  "
                f"{pull.std():4.2f}  {(abs(pull) < 1).mean():14.2f}",
                flush=True,
            )
    draw(found, picture)


def draw(found: dict[float, tuple[Floats, Answers]], picture: Path) -> None:
    """Of noise on the image: what is said beside the width of the exact posterior, galaxy by galaxy."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for (level, (right, said)), (marker, color) in zip(found.items(), LOOKS, strict=False):
        axes.plot(right, said.aleatoric[: len(right)], marker, ms=5, color=color, label=f"{level:.2f}")
        axes.axhline(level, color=color, lw=1, ls=":")
    axes.axline((0.01, 0.01), (0.02, 0.02), color="0.3", lw=1)
    axes.set(xlabel="width of the exact posterior", ylabel="aleatoric uncertainty, as said", xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    figure.legend(title="scatter of the sum of all pixels (dotted)", loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(picture, dpi=100)


if __name__ == "__main__":
    main([float(level) for level in sys.argv[1:]] or LEVELS)
