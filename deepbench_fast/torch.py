"""PyTorch: batches for training loops, reference networks. Needs the extra `deepbench-fast[torch]`."""

from __future__ import annotations

from deepbench_fast.loaders.torch import Loader, TorchDataset  # the first of them, which says that PyTorch is missing
from deepbench_fast.loaders.trained.weights import Reference, load_reference

__all__ = ["Loader", "Reference", "TorchDataset", "load_reference"]
