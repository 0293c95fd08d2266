"""The posterior of a galaxy's shape, whatever its place, brightness and direction, by a network, beside the exact one.

Run it with `pip install '.[torch,inference]'`, then `python galaxy_posterior.py`: it draws
`docs/studies/galaxy-corner.png` and `galaxy-ranks.png`. The data are those of the task `galaxy`, whose exact posteriors
are known; what isn't asked for is drawn with the images and never shown to the network, which so learns the average.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from deepbench_fast import Prior, samples
from deepbench_fast.inference.calibration import c2st
from deepbench_fast.pictures.contact_sheet import save_figure
from deepbench_fast.pictures.coverage_plot import coverage_plot
from deepbench_fast.tasks import PosteriorSamples, Task, coverage, get_task

ASKED = ("galaxy.r_eff", "galaxy.n", "galaxy.ellip")
PARTS = 6
SHOWN = 2
EXACT, NETWORK, TRUTH = "0.1", "#d55e00", "#0072b2"
PICTURES = Path(__file__).parents[1] / "studies"

Floats = npt.NDArray[np.float64]


class PosteriorNetwork(nn.Module):
    """An image to a mixture of normals of P numbers, which stand for parameters as normal deviates of their prior."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.corner = size, torch.tril_indices(size, size, -1)
        self.embedding = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 128),
            nn.ReLU(),
        )
        self.head = nn.Linear(128, PARTS * (1 + 2 * size + self.corner.shape[1]))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logarithms of the weights (N, K), means (N, K, P), and Cholesky factors of the precisions (N, K, P, P)."""
        size = self.size
        out = self.head(self.embedding(torch.asinh(x)[:, None])).unflatten(1, (PARTS, -1))
        factor = torch.diag_embed(torch.exp(out[..., 1 + size : 1 + 2 * size]))
        factor[..., self.corner[0], self.corner[1]] = out[..., 1 + 2 * size :]
        return torch.log_softmax(out[..., 0], dim=1), out[..., 1 : 1 + size], factor

    def log_density(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        weight, mean, factor = self(x)
        off = (factor @ (z[:, None] - mean)[..., None])[..., 0]
        diagonal = torch.diagonal(factor, dim1=2, dim2=3)
        each = -0.5 * (off**2).sum(dim=2) + torch.log(diagonal).sum(dim=2) - 0.5 * self.size * math.log(2 * math.pi)
        return torch.logsumexp(weight + each, dim=1)

    def draw(self, x: torch.Tensor, count: int) -> torch.Tensor:
        """(N, count, P)"""
        weight, mean, factor = self(x)
        part = torch.multinomial(weight.exp(), count, replacement=True)
        row = torch.arange(len(x))[:, None]
        normal = torch.randn(len(x), count, self.size, 1)
        return mean[row, part] + torch.linalg.solve_triangular(factor[row, part], normal, upper=False)[..., 0]


class ShapePosterior:
    """p(r_eff, n, ellip | image), as a network has learned it from so many simulations of a task."""

    def __init__(self, task: Task, simulations: int, epochs: int) -> None:
        torch.manual_seed(1)
        self.prior = Prior(task.recipe, list(ASKED))
        self.network = PosteriorNetwork(len(ASKED))
        theta, images = truths_and_images(task, "train", simulations)
        x = torch.from_numpy(images)
        z = torch.special.ndtri(torch.from_numpy(self.prior.to_unit(theta).clip(1e-6, 1 - 1e-6))).float()
        optimizer = torch.optim.Adam(self.network.parameters())
        size = min(128, simulations)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * (simulations // size))
        for _ in range(epochs):
            for rows in torch.randperm(simulations)[: simulations // size * size].split(size):
                loss = -self.network.log_density(x[rows], z[rows]).mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
                optimizer.step()
                schedule.step()

    def draws(self, images: npt.NDArray[np.float32], count: int) -> Floats:
        """(N, count, P)"""
        with torch.no_grad():
            z = self.network.draw(torch.from_numpy(images), count).double()
        unit = torch.special.ndtr(z).numpy()
        return self.prior.from_unit(unit.reshape(-1, len(ASKED))).reshape(unit.shape)


def truths_and_images(task: Task, split: str, count: int) -> tuple[Floats, npt.NDArray[np.float32]]:
    """Of new members of a split: what is asked for, (count, P), and what is seen."""
    batch = samples(task.recipe.of_split(split), 0, count)
    asked = [batch.target_names.index(name) for name in ASKED]
    return batch["target"][:, asked].astype("f8"), batch["image"]


def main(
    simulations: int = 30_000,
    epochs: int = 15,
    posteriors: int = 300,
    observations: int = 5,
    count: int = 2000,
    pictures: Path = PICTURES,
) -> PosteriorSamples:
    """Train; hold the network against truths, all on average, then against exact posteriors, one by one."""
    task = get_task("galaxy")
    began = time.process_time()
    posterior = ShapePosterior(task, simulations, epochs)
    print(f"{simulations} simulations, trained in {time.process_time() - began:.0f} s", flush=True)

    truth, images = truths_and_images(task, "validation", posteriors)
    drawn = PosteriorSamples(posterior.draws(images, 200), truth, ASKED)
    judged = coverage(drawn)
    for name, within in judged.intervals.items():
        shares = ", ".join(f"{share:.2f}" for share in within)
        print(f"{name}: p of its ranks {judged.uniformity[name].p:.3f}; the central 50, 68, 95 % hold {shares}")
    print(f"TARP: p {judged.tarp.p:.3f}; calibrated, as far as {posteriors} tell: {judged.calibrated}", flush=True)
    curves = {**judged.uniformity, "TARP": judged.tarp}
    save_figure(coverage_plot(curves), str(pictures / "galaxy-ranks.png"))

    asked = [task.names.index(name) for name in ASKED]
    for number in range(1, observations + 1):
        exact = task.get_reference_posterior_samples(number)[:count, asked]
        found = posterior.draws(task.unflatten_data(task.get_observation(number)), count)[0]
        width, apart = found.std(axis=0) / exact.std(axis=0), (found - exact).mean(axis=0) / exact.std(axis=0)
        told = exact.std(axis=0) / posterior.prior.std
        print(
            f"observation {number}: width over exact {width.round(2)}, means apart {apart.round(2)} exact widths, "
            f"C2ST {c2st(found, exact):.2f}; exact width over prior's {told.round(2)}",
            flush=True,
        )
        if number == SHOWN:
            _corner(found, exact, task.get_true_parameters(number)[0, asked], pictures / "galaxy-corner.png")
    return drawn


def _corner(found: Floats, exact: Floats, true: Floats, picture: Path) -> None:
    """Contours that hold 39 and 86 % of each pair: told apart by their dashes also in print."""
    import corner
    from matplotlib.lines import Line2D

    both = np.concatenate([found, exact])
    ends = list(zip(*np.quantile(both, (0.001, 0.999), axis=0), strict=True))
    looks = {"exact": (exact, EXACT, "-"), "network": (found, NETWORK, "--")}
    figure = None
    for draws, color, dashes in looks.values():
        lines: dict[str, Any] = {
            "hist_kwargs": {"color": color, "ls": dashes},
            "contour_kwargs": {"linestyles": dashes},
        }
        options: dict[str, Any] = {"plot_datapoints": False, "plot_density": False, "levels": (0.39, 0.86)}
        options |= {"labels": list(ASKED), "range": ends, "bins": 25, "smooth": 1.0, "smooth1d": 1.0}
        options |= {"label_kwargs": {"fontsize": 16}, "labelpad": 0.04, "max_n_ticks": 4}
        figure = corner.corner(draws, fig=figure, color=color, **options, **lines)
    for axes in figure.axes:
        axes.tick_params(labelsize=13)
    for axes in figure.axes[:: len(ASKED) + 1]:
        axes.autoscale(axis="y")  # corner leaves room for the last histogram alone
        axes.set_ylim(bottom=0)
    corner.overplot_lines(figure, true, color=TRUTH, lw=1)
    shown = [Line2D([], [], color=color, ls=dashes, label=name) for name, (_, color, dashes) in looks.items()]
    shown.append(Line2D([], [], color=TRUTH, lw=1, label="truth"))
    figure.legend(handles=shown, loc="upper right", bbox_to_anchor=(0.95, 0.95), fontsize=16, frameon=False)
    figure.savefig(picture, dpi=90, bbox_inches="tight")


if __name__ == "__main__":
    main()
