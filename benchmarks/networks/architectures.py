"""The networks: our small one, and torchvision's ResNets."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from deepbench_fast.errors import UsageError
from deepbench_fast.loaders.trained.network import SmallNetwork


class Coloured(nn.Module):  # type: ignore[misc, unused-ignore]
    """A network for colour pictures, as it is, given images of one channel: asinh, normalised, three times the same."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.normalised = nn.BatchNorm2d(1)
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(self.normalised(torch.asinh(images)).expand(-1, 3, -1, -1))
        return logits


def _residual(name: str) -> Callable[[int], nn.Module]:
    def build(classes: int) -> nn.Module:
        try:
            from torchvision import models
        except ModuleNotFoundError:
            raise UsageError(f"{name} needs torchvision: pip install 'deepbench-fast[networks]'") from None
        return Coloured(getattr(models, name)(num_classes=classes))

    return build


NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "small": SmallNetwork,
    "resnet18": _residual("resnet18"),
    "resnet50": _residual("resnet50"),
}
"""Name → what builds the network for a number of classes."""
