"""Ways to feed a training loop shuffled batches of stored images; prints how long they take.

Each runs in a process of its own, by the interpreter that has it (`environment.py`):

    python loading_peer.py litdata FOLDER 256 2

FOLDER holds `images.npy`, `labels.npy` and `data.h5`; what a side needs in its own format it writes there first, and
prints "ready". Then it reads numbers of batches, and prints for each the seconds that so many took, the first few of an
epoch not counted: workers that must start, and shards that must be opened, are left out.

Every side gives tensors of images and labels, or a side's own arrays where that is all it has, in an order that is new
in each epoch, with the settings that its documentation recommends. `workers` are those of sides that have any.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

FIRST, LAST = 5, 8
"""Batches of an epoch that are not counted: those made ahead come before the count, as many must be made within it."""

Epoch = Callable[[], Iterable[Any]]


def deepbench_fast_loader(folder: Path, batch: int, workers: int) -> Epoch:
    from deepbench_fast.torch import Loader

    loader = Loader(folder / "data.h5", batch, threads=2)
    return lambda: loader


def memmap(folder: Path, batch: int, workers: int) -> Epoch:
    """Images alone: the least that a batch can cost where it is read by NumPy."""
    import torch

    images = np.load(folder / "images.npy", mmap_mode="r")

    def epoch() -> Iterator[Any]:
        order = np.random.default_rng().permutation(len(images))
        for start in range(0, len(order) - batch + 1, batch):
            yield torch.from_numpy(images[order[start : start + batch]])

    return epoch


def h5py_batches(folder: Path, batch: int, workers: int) -> Epoch:
    """A batch in one call, which h5py wants in the file's order."""
    import h5py
    import torch

    file = h5py.File(folder / "data.h5")
    images, labels = file["images"], np.load(folder / "labels.npy")

    def epoch() -> Iterator[Any]:
        order = np.random.default_rng().permutation(len(labels))
        for start in range(0, len(order) - batch + 1, batch):
            numbers = np.sort(order[start : start + batch])
            yield torch.from_numpy(images[numbers]), torch.from_numpy(labels[numbers])

    return epoch


def h5py_one_by_one(folder: Path, batch: int, workers: int) -> Epoch:
    import h5py
    import torch

    file = h5py.File(folder / "data.h5")
    images, labels = file["images"], np.load(folder / "labels.npy")

    def epoch() -> Iterator[Any]:
        order = np.random.default_rng().permutation(len(labels))
        for start in range(0, len(order) - batch + 1, batch):
            numbers = order[start : start + batch]
            yield torch.from_numpy(np.stack([images[n] for n in numbers])), torch.from_numpy(labels[numbers])

    return epoch


class Mapped:
    """What most projects write: a map-style dataset over a memory map. Grain takes it as it is."""

    def __init__(self, folder: Path) -> None:
        self.images, self.labels = np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "labels.npy")

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return np.array(self.images[index]), int(self.labels[index])


def dataloader(folder: Path, batch: int, workers: int) -> Epoch:
    return in_dataloader(Mapped(folder), batch, workers, shuffle=True)


def in_dataloader(dataset: Any, batch: int, workers: int, **options: Any) -> Epoch:
    from torch.utils.data import DataLoader

    loader = DataLoader(
        dataset, batch_size=batch, num_workers=workers, drop_last=True, persistent_workers=workers > 0, **options
    )
    return lambda: loader


def webdataset(folder: Path, batch: int, workers: int) -> Epoch:
    import webdataset as wds

    data, shards = Mapped(folder), folder / "tar"
    if not shards.exists():
        shards.mkdir()
        with wds.ShardWriter(f"{shards}/%04d.tar", maxcount=len(data) // 8, verbose=0) as writer:
            for number in range(len(data)):
                image, label = data[number]
                writer.write({"__key__": f"{number:09d}", "npy": image, "cls": label})
    urls = sorted(map(str, shards.glob("*.tar")))
    dataset = wds.WebDataset(urls, shardshuffle=len(urls), nodesplitter=None, empty_check=False)
    dataset = dataset.shuffle(1000).decode().to_tuple("npy", "cls").batched(batch, partial=False)
    loader = wds.WebLoader(dataset, batch_size=None, num_workers=workers, persistent_workers=workers > 0)
    return lambda: loader


def litdata(folder: Path, batch: int, workers: int) -> Epoch:
    from litdata import StreamingDataLoader, StreamingDataset
    from litdata.streaming.writer import BinaryWriter

    data, chunks = Mapped(folder), folder / "litdata"
    if not chunks.exists():
        writer = BinaryWriter(str(chunks), chunk_bytes="64MB")
        for number in range(len(data)):
            image, label = data[number]
            writer.add_item(number, {"image": image, "label": label})
        writer.done()
        writer.merge()
    dataset = StreamingDataset(str(chunks), shuffle=True, drop_last=True)
    loader = StreamingDataLoader(dataset, batch_size=batch, num_workers=workers, drop_last=True)
    return lambda: loader


def streaming(folder: Path, batch: int, workers: int) -> Epoch:
    from streaming import MDSWriter, StreamingDataset

    data, shards = Mapped(folder), folder / "mds"
    if not shards.exists():
        shape = ",".join(map(str, data.images.shape[1:]))
        with MDSWriter(out=str(shards), columns={"image": f"ndarray:float32:{shape}", "label": "int"}) as writer:
            for number in range(len(data)):
                image, label = data[number]
                writer.write({"image": image, "label": label})
    return in_dataloader(StreamingDataset(local=str(shards), shuffle=True, batch_size=batch), batch, workers)


def datasets(folder: Path, batch: int, workers: int) -> Epoch:
    from datasets import Array2D, Dataset, Features, Value, load_from_disk

    data, table = Mapped(folder), folder / "arrow"
    if not table.exists():
        features = Features({"image": Array2D(data.images.shape[1:], "float32"), "label": Value("int64")})
        columns = {"image": list(data.images), "label": data.labels}
        Dataset.from_dict(columns, features=features).save_to_disk(table)
    return in_dataloader(load_from_disk(table).with_format("torch"), batch, workers, shuffle=True)


def grain(folder: Path, batch: int, workers: int) -> Epoch:
    import grain.python as pygrain

    dataset = pygrain.MapDataset.source(Mapped(folder)).shuffle(seed=0).batch(batch, drop_remainder=True)
    options = pygrain.ReadOptions(num_threads=2, prefetch_buffer_size=4) if workers else pygrain.ReadOptions(0, 0)
    loader = dataset.to_iter_dataset(options)
    return lambda: loader


SIDES: dict[str, Callable[[Path, int, int], Epoch]] = {
    "deepbench_fast": deepbench_fast_loader,
    "memmap": memmap,
    "h5py": h5py_batches,
    "h5py one by one": h5py_one_by_one,
    "DataLoader": dataloader,
    "WebDataset": webdataset,
    "litdata": litdata,
    "streaming": streaming,
    "datasets": datasets,
    "Grain": grain,
}


def seconds(epoch: Epoch, batches: int, most: int) -> float:
    """Of so many batches, in as many epochs as it takes, `most` of each."""
    total = 0.0
    while batches > 0:
        coming = iter(epoch())
        for _ in islice(coming, FIRST):
            pass
        start, taken = time.perf_counter(), 0
        for _ in islice(coming, min(batches, most)):
            taken += 1
        total += time.perf_counter() - start
        batches -= taken
    return total


def main(side: str, folder: str, batch: str, workers: str) -> None:
    epoch = SIDES[side](Path(folder), int(batch), int(workers))
    for _ in islice(iter(epoch()), FIRST):
        pass
    most = len(np.load(Path(folder) / "labels.npy")) // int(batch) - FIRST - LAST
    print("ready", flush=True)
    for line in sys.stdin:
        print(seconds(epoch, int(line), most), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
