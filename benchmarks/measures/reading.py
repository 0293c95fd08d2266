"""Random reads of 28×28 images from a file in the page cache: ours against h5py's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import h5py
import numpy as np

from benchmarks.places import folder
from benchmarks.scenes import galaxies
from benchmarks.table import Row, rate
from deepbench_fast import generate, open_dataset
from deepbench_fast.run.benchmark.timing import Action, Effort, compare

BATCH = 256


def measure(effort: Effort) -> Iterator[Row]:
    """Images a second; each side reads the same random samples, one by one or in batches."""
    samples = effort.samples(200_000)
    with folder("disk") as disk:
        path = disk / "galaxies.h5"
        generate(galaxies(samples), path)
        dataset = open_dataset(path)
        order = np.random.default_rng(0).integers(samples, size=effort.samples(10_000)).tolist()
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        with h5py.File(path) as default, h5py.File(path, rdcc_nbytes=0) as uncached:
            sides: dict[str, Action] = {
                "one by one": partial(read_one_by_one, dataset, order),
                "batches": lambda: [dataset.__getitems__(batch) for batch in batches],
                "default": partial(read_one_by_one, default["images"], order),
                "uncached": partial(read_one_by_one, uncached["images"], order),
            }
            rounds = compare(sides, effort)
    rates = {side: rate(len(order) / rounds.median(side)) for side in sides}
    names = {"one by one": "`Dataset[i]`", "batches": f"`Dataset.__getitems__`, batches of {BATCH}"}
    peers = {"default": "h5py", "uncached": "h5py, rdcc_nbytes=0"}
    for ours, name in names.items():
        for peer, peer_name in peers.items():
            row = f"random reads of 28×28 images, {name}"
            yield Row(row, rates[ours], f"{peer_name} {rates[peer]}", rounds.ratio(peer, ours))


def read_one_by_one(images: Any, order: list[int]) -> list[Any]:
    return [images[i] for i in order]
