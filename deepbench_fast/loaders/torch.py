"""Batches as tensors: the stream of `loaders.stream`, and a map-style dataset for PyTorch's own DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.loaders.sources import Fields, Source, chosen_fields, open_source
from deepbench_fast.loaders.stream import Batch, Empty, Stream
from deepbench_fast.render.batch import whole_numbers
from deepbench_fast.values.optional import not_loaded

try:
    import torch
except ImportError as error:
    raise not_loaded(error, "deepbench_fast.torch", "torch") from None

PLANES = ("image", "clean", "mask", "variance")
"""Fields that get an axis of channels."""

_INT16, _UINT16 = np.dtype(np.int16), np.dtype(np.uint16)


class Loader(Stream):
    """Batches for training, dictionaries of tensors: `image` or `series`, `label`, `target`, `index`.

    Threads of this process fill the batches' own tensors, a few ahead; no worker process copies anything. What `source`
    and the other arguments are, `deepbench_fast.stream` says; rank and world are those of `torch.distributed` where it
    runs. Floating-point fields come as `dtype`; `channels` gives images of shape (batch, 1, rows, columns);
    `pin_memory` allocates what a GPU copies fast. `state_dict` and `load_state_dict` are as torchdata's
    StatefulDataLoader and checkpoints expect them.
    """

    def __init__(
        self,
        source: object,
        batch_size: int,
        *,
        dtype: torch.dtype = torch.float32,
        channels: bool = False,
        pin_memory: bool = False,
        **options: Any,
    ) -> None:
        if pin_memory and not torch.cuda.is_available():
            raise UsageError("pin_memory: PyTorch finds no accelerator here that memory could be pinned for")
        self.dtype, self.channels, self.pin_memory = _floating(dtype), channels, pin_memory
        super().__init__(source, batch_size, **options)
        self._changes = _changes(self.fields, self.dtype, channels)

    def _place(self) -> tuple[int, int]:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return super()._place()

    def _allocate(self, count: int, empty: Empty) -> tuple[Batch, dict[str, npt.NDArray[Any]]]:
        return _pinned(self.fields, count) if self.pin_memory else _allocated(self.fields, count, empty)

    def _finished(self, batch: Batch) -> Batch:
        return _changed(batch, self._changes)


class TorchDataset(torch.utils.data.Dataset):  # type: ignore[type-arg, misc, unused-ignore]
    """A dataset or a recipe for `torch.utils.data.DataLoader`: item i is a dictionary of tensors.

    It may be pickled, so that workers of any start method have it; batches are read in one go. `transform` is called
    with each item. `source`, `split` and `extras` are as in `deepbench_fast.stream`, `dtype` and `channels` as in
    `Loader`. Loader is faster: it copies nothing between processes.
    """

    def __init__(
        self,
        source: object,
        *,
        split: str | None = None,
        extras: Iterable[str] = (),
        transform: Callable[[dict[str, torch.Tensor]], Any] | None = None,
        dtype: torch.dtype = torch.float32,
        channels: bool = False,
    ) -> None:
        self.source: Source = open_source(source, split)
        self.catalogues, self.target_names = self.source.catalogues, self.source.target_names
        self._fields = chosen_fields(self.source, extras)
        self._transform, self._changes = transform, _changes(self._fields, _floating(dtype), channels)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name} {shape}" for name, (shape, _) in self._fields.items())
        return f"<TorchDataset of {self.source}: {len(self)} samples of {fields}>"

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[Any]:
        """Sample by sample: without this, Python would take an IndexError of `transform` for the end."""
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int) -> Any:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Samples by their numbers, read together."""
        numbers = whole_numbers(list(indices), len(self))
        batch, arrays = _allocated(self._fields, numbers.size, np.empty)
        self.source.fill(numbers, arrays)
        batch = _changed(batch, self._changes)
        items = [{name: tensor[i] for name, tensor in batch.items()} for i in range(numbers.size)]
        return items if self._transform is None else [self._transform(item) for item in items]


def _allocated(fields: Fields, count: int, empty: Empty) -> tuple[Batch, dict[str, npt.NDArray[Any]]]:
    """Tensors, and the same memory as arrays."""
    arrays = {name: empty((count, *shape), dtype) for name, (shape, dtype) in fields.items()}
    return {name: torch.from_numpy(array.view(_same_size(array.dtype))) for name, array in arrays.items()}, arrays


def _pinned(fields: Fields, count: int) -> tuple[Batch, dict[str, npt.NDArray[Any]]]:
    tensors = {
        name: torch.empty((count, *shape), dtype=getattr(torch, _same_size(dtype).name), pin_memory=True)
        for name, (shape, dtype) in fields.items()
    }
    return dict(tensors), {name: tensor.numpy().view(fields[name][1]) for name, tensor in tensors.items()}


def _same_size(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A type that PyTorch has. It can't compute with uint16: masks are filled as int16, and made int32."""
    return _INT16 if dtype == _UINT16 else dtype


def _changes(fields: Fields, dtype: torch.dtype, channels: bool) -> dict[str, _Change]:
    """What is done to a batch's tensors before it is handed on, by their names. Each step gives the GIL up, and another
    thread may take it meanwhile: what stays as it is isn't among them."""
    found: dict[str, _Change] = {}
    for name, (_, own) in fields.items():
        narrow, plane = own == _UINT16, channels and name in PLANES
        wanted = dtype if own.kind == "f" and getattr(torch, own.name) != dtype else None
        if narrow or plane or wanted is not None:
            found[name] = _Change(narrow, wanted, plane)
    return found


class _Change(NamedTuple):
    """What is done to a tensor: int16 that stands for uint16 made int32, another type, an axis of channels."""

    narrow: bool
    dtype: torch.dtype | None
    plane: bool

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        if self.narrow:
            tensor = tensor.to(torch.int32) & 0xFFFF
        if self.dtype is not None:
            tensor = tensor.to(self.dtype)
        return tensor.unsqueeze(1) if self.plane else tensor


def _changed(batch: Batch, changes: dict[str, _Change]) -> Batch:
    for name, change in changes.items():
        batch[name] = change.of(batch[name])
    return batch


def _floating(dtype: torch.dtype) -> torch.dtype:
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise UsageError(f"dtype: must be a floating-point type of torch, not {dtype}")
    return dtype
