"""How a network is trained: optimiser, rates, epochs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

BATCH = 64


@dataclass(frozen=True)
class Schedule:
    """Batches of 64 for so many epochs. `rate` is the learning rate: of a cycle the highest, else the only one."""

    optimiser: str
    rate: float
    weight_decay: float
    epochs: int
    is_cycle: bool
    is_turned: bool

    def optimiser_of(self, network: torch.nn.Module) -> torch.optim.Optimizer:
        kind: type[torch.optim.Optimizer] = getattr(torch.optim, self.optimiser)
        return kind(network.parameters(), lr=self.rate, weight_decay=self.weight_decay)  # type: ignore[call-arg, unused-ignore]

    def rates_of(self, optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
        """Rates by step: one cycle (Smith & Topin 2019), or always the same."""
        if self.is_cycle:
            return torch.optim.lr_scheduler.OneCycleLR(optimiser, self.rate, total_steps=steps)
        return torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0, total_iters=0)


SCHEDULES = {
    "small": Schedule("AdamW", 5e-3, 0.01, epochs=20, is_cycle=True, is_turned=True),
    "residual": Schedule("AdamW", 1e-3, 0.01, epochs=10, is_cycle=True, is_turned=True),
    "draft": Schedule("SGD", 0.524, 0.00125, epochs=10, is_cycle=False, is_turned=False),
}
"""`draft` has the batch size, learning rate and weight decay that DeepBench's draft of 2022 states."""

OF_NETWORK = {"small": "small", "resnet18": "residual", "resnet50": "residual"}
"""The schedule that works, by network."""


def turned(images: torch.Tensor, seed: int, step: int) -> torch.Tensor:
    """A batch in one of its eight orientations, which depends on seed and step alone. No class knows up or left."""
    way = int(torch.randint(8, (1,), generator=torch.Generator().manual_seed(seed * 2**32 + step)))
    images = images.flip(2) if way & 1 else images
    images = images.flip(3) if way & 2 else images
    return images.transpose(2, 3).contiguous() if way & 4 else images
