"""PyTorch: batches for training loops. Needs the extra `deepbench-fast[torch]`."""

from __future__ import annotations

from deepbench_fast.loaders.torch import Loader, TorchDataset

__all__ = ["Loader", "TorchDataset"]
