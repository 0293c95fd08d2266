"""Networks that ship: they reach what they say on data made anew, and their files hold nothing but numbers and text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError

torch = pytest.importorskip("torch")

from deepbench_fast.loaders.trained.network import SmallNetwork  # noqa: E402
from deepbench_fast.loaders.trained.weights import FOLDER, references, save_reference, weights_hash  # noqa: E402
from deepbench_fast.torch import Loader, Reference, load_reference  # noqa: E402

NAMES = ("networks-geometry", "networks-objects", "networks-sky")
LARGEST = 1_000_000


def accuracy(reference: Reference, recipe: Recipe) -> float:
    right: list[torch.Tensor] = []
    for batch in Loader(recipe, 500, split="test", channels=True, shuffle=False, drop_last=False):
        with torch.no_grad():
            right.append(reference.network(batch["image"]).argmax(1) == batch["label"])
    return float(torch.cat(right).double().mean())


def test_one_ships_for_each_dataset() -> None:
    assert tuple(references()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_reaches_its_accuracy_on_data_made_anew(name: str) -> None:
    """On the test split, made on the fly; and on as many samples that nobody has seen, of another seed."""
    reference, recipe = load_reference(name), Recipe.builtin(name)
    assert accuracy(reference, recipe) == pytest.approx(reference.accuracy, abs=0.01)
    assert accuracy(reference, recipe.set("seed", "never seen")) == pytest.approx(reference.accuracy, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_the_recipe_that_ships(name: str) -> None:
    reference, recipe = load_reference(name), Recipe.builtin(name)
    assert (reference.recipe, reference.recipe_hash) == (name, recipe.hash())
    assert reference.classes == tuple(recipe.catalogues)
    assert not reference.network.training
    assert (FOLDER / f"{name}.npz").stat().st_size < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_files_hold_numbers_and_text_alone(name: str) -> None:
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        kinds = {key: file[key].dtype.kind for key in file.files}
    assert kinds.pop("facts") == "U"
    assert set(kinds.values()) <= {"f", "i"}


def test_what_is_saved_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    network = SmallNetwork(2).to(memory_format=torch.channels_last)
    facts = {"recipe": "mine", "classes": ["a", "b"], "accuracy": 0.5, "recipe_hash": "r", "digest": "d", "seed": 3}
    save_reference(tmp_path / "mine.npz", network, facts)
    monkeypatch.setattr("deepbench_fast.loaders.trained.weights.FOLDER", tmp_path)
    reference = load_reference("mine")
    assert json.loads(json.dumps({key: getattr(reference, key) for key in facts})) == facts
    assert reference.weights_hash == weights_hash(network)
    images = torch.rand(5, 1, 48, 40)
    with torch.no_grad():
        torch.testing.assert_close(reference.network(images), network.eval()(images))


def test_the_hash_is_of_every_weight() -> None:
    torch.manual_seed(1)
    network = SmallNetwork(3)
    found = {weights_hash(network)}
    for tensor in network.state_dict().values():
        tensor.view(-1)[-1:].add_(1)
        found.add(weights_hash(network))
    assert len(found) == len(network.state_dict()) + 1


def test_no_such_network() -> None:
    with pytest.raises(UsageError, match="unknown reference network 'networks-ski'; did you mean 'networks-sky'"):
        load_reference("networks-ski")
