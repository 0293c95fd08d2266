"""Weights of networks in .npz files, which hold arrays and plain text and so run nothing when they are read."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from deepbench_fast.loaders.trained.network import SmallNetwork
from deepbench_fast.values import checks
from deepbench_fast.values.atomic import write_whole

FOLDER = Path(__file__).parent
FACTS = "facts"
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Reference:
    """A network that was trained on the train split of a built-in recipe.

    `network` gives a logit for each of the `classes`; `accuracy` is the share of the recipe's test split that it finds.
    `recipe_hash` and `digest` name the recipe and the data, `weights_hash` the weights, `seed` is that of the training.
    """

    network: torch.nn.Module
    recipe: str
    classes: tuple[str, ...]
    accuracy: float
    recipe_hash: str
    digest: str
    seed: int
    weights_hash: str


def load_reference(name: str) -> Reference:
    """The small network that was trained on the built-in recipe `name`, ready to be used (in evaluation mode).

    Raises UsageError where no network ships for it.
    """
    with checks.within("name"):
        checks.known(name, references(), "reference network")
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    facts = json.loads(str(arrays.pop(FACTS)))
    network = SmallNetwork(len(facts["classes"]))
    network.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
    network.eval()
    return Reference(network, **{**facts, "classes": tuple(facts["classes"])}, weights_hash=weights_hash(network))


def references() -> list[str]:
    """The built-in recipes that a network ships for."""
    return sorted(path.stem for path in FOLDER.glob("*.npz"))


def save_reference(path: str | os.PathLike[str], network: torch.nn.Module, facts: Mapping[str, Any]) -> None:
    """Write a network's weights, and what `load_reference` says of it, as one file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{FACTS: np.array(json.dumps(facts))}, **weights(network))
    write_whole(path, file.getvalue(), overwrite=True)


def weights(network: torch.nn.Module) -> Arrays:
    """All that a trained network holds, by name: parameters and the statistics of batches."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}


def weights_hash(network: torch.nn.Module) -> str:
    """BLAKE2b (128 bits, in hexadecimal) over names, shapes, types and bytes of the weights, in little-endian order."""
    found = blake2b(digest_size=16)
    for name, array in weights(network).items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        found.update(f"{name}\0{array.shape}\0{little.dtype.str}\0".encode() + little.tobytes())
    return found.hexdigest()
