"""Trainings that are killed go on as if they had not been; the command writes a row; every network learns a batch."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.errors import MismatchError, UsageError

torch = pytest.importorskip("torch")

from benchmarks.networks import dial, train  # noqa: E402
from benchmarks.networks.architectures import NETWORKS  # noqa: E402
from benchmarks.networks.places import POINTS  # noqa: E402
from benchmarks.networks.schedules import OF_NETWORK, SCHEDULES, turned  # noqa: E402
from benchmarks.networks.table import WANTED  # noqa: E402
from benchmarks.networks.training import Training  # noqa: E402
from deepbench_fast.loaders.trained.weights import weights_hash  # noqa: E402

SCHEDULE = replace(SCHEDULES["small"], epochs=3)
BATCHES = 5
"""Of an epoch of 360 samples."""

ONE_TRAINING = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import torch
from benchmarks.networks.schedules import SCHEDULES
from benchmarks.networks.training import Training
from deepbench_fast.loaders.trained.weights import weights_hash

data, checkpoint, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

class Killed(Training):
    def _save(self):
        super()._save()
        if self.step == last:
            os.kill(os.getpid(), signal.SIGKILL)

torch.set_num_threads(1)
training = Killed(data, "small", replace(SCHEDULES["small"], epochs=3), seed=7, checkpoint=checkpoint)
training.run(every=0)
print(weights_hash(training.network), training.curve)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("networks") / "data.h5"
    generate(Recipe.builtin("networks-geometry").with_overrides({"samples": 600, "size": (16, 16)}), path)
    return path


def one_training(data: Path, checkpoint: Path, last: int = 0) -> subprocess.CompletedProcess[str]:
    """A training in a process of its own, which is killed after the checkpoint of a step."""
    arguments = [sys.executable, "-c", ONE_TRAINING, str(data), str(checkpoint), str(last)]
    return subprocess.run(arguments, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def whole(data: Path) -> str:
    """What a training that nobody killed says at its end."""
    done = one_training(data, data.with_name("whole.pt"))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("last", [2, BATCHES, BATCHES + 3, 3 * BATCHES])
def test_a_killed_training_ends_with_the_same_weights(data: Path, whole: str, tmp_path: Path, last: int) -> None:
    """Killed early, between epochs, in the middle of one, and after the last step."""
    assert one_training(data, tmp_path / "killed.pt", last).returncode == -signal.SIGKILL
    assert torch.load(tmp_path / "killed.pt", weights_only=True)["step"] == last
    assert one_training(data, tmp_path / "killed.pt").stdout == whole


def test_another_training_is_not_gone_on_with(data: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    Training(data, "small", replace(SCHEDULE, epochs=1), seed=0, checkpoint=checkpoint).run()
    for other in (
        Training(data, "small", replace(SCHEDULE, epochs=1), seed=1, checkpoint=checkpoint),
        Training(data, "small", SCHEDULE, seed=0, checkpoint=checkpoint),
        Training(data, "small", replace(SCHEDULE, epochs=1, rate=1e-4), seed=0, checkpoint=checkpoint),
    ):
        with pytest.raises(MismatchError, match=r"checkpoint\.pt: is of small"):
            other.run()


def test_it_learns(data: Path) -> None:
    training = Training(data, "small", replace(SCHEDULES["small"], epochs=8), seed=0)
    training.run()
    losses = [point["train_loss"] for point in training.curve]
    assert losses[-1] < 0.9 * losses[0]
    result = training.result()
    assert (result["tested"], len(result["curve"])) == (120, 8)
    assert sum(map(sum, result["confusion"])) == 120


def test_the_command_writes_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["networks-geometry", "small", "--epochs", "1", "--size", "12x12", "--seed", "3"]
    arguments += ["--device", "cpu", "--runs", str(tmp_path / "runs"), "--rows", str(tmp_path / "rows")]
    train.main(arguments)
    (path,) = (tmp_path / "rows").iterdir()
    assert path.name == "networks-geometry-small-12x12-seed-3-epochs-1.json"
    row = json.loads(path.read_text())
    recipe = Recipe.builtin("networks-geometry").with_overrides({"size": (12, 12)})
    assert row["recipe_hash"] == recipe.hash()
    assert (row["seed"], row["size"], row["tested"]) == (3, [12, 12], 2000)
    assert f"accuracy {100 * row['accuracy']:.2f} % of 2000" in capsys.readouterr().out
    again = torch.load(tmp_path / "runs" / path.stem / "checkpoint.pt", weights_only=True)
    network = NETWORKS["small"](5)
    network.load_state_dict(again["network"])
    assert weights_hash(network) == row["weights_hash"]
    train.main(arguments)  # is done already: the same row
    assert json.loads(path.read_text()) == row


def test_rows_have_the_names_that_the_table_looks_for() -> None:
    for wanted in WANTED:
        assert train.row_name(wanted.recipe, wanted.network, wanted.schedule, None) == wanted.name


def test_batches_are_turned_by_seed_and_step() -> None:
    images = torch.arange(2 * 9.0).reshape(2, 1, 3, 3)
    found = {tuple(turned(images, 5, step).flatten().tolist()) for step in range(100)}
    flips = [images, images.flip(2), images.flip(3), images.flip(2).flip(3)]
    assert found == {tuple(way.flatten().tolist()) for flip in flips for way in (flip, flip.transpose(2, 3))}
    assert torch.equal(turned(images, 5, 3), turned(images, 5, 3))


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_learn_a_batch(name: str) -> None:
    if name != "small":
        pytest.importorskip("torchvision")
    torch.manual_seed(0)
    network = NETWORKS[name](3)
    optimiser = SCHEDULES[OF_NETWORK[name]].optimiser_of(network)
    images, labels = torch.rand(6, 1, 32, 32), torch.tensor([0, 1, 2, 0, 1, 2])
    losses = []
    for _ in range(6):
        logits = network(images)
        assert logits.shape == (6, 3)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_a_network_of_torchvision_without_it() -> None:
    if find_spec("torchvision"):
        pytest.skip("torchvision is installed")
    with pytest.raises(UsageError, match="resnet18 needs torchvision: pip install"):
        NETWORKS["resnet18"](3)


def test_every_rung_of_the_dial_has_its_point() -> None:
    points = json.loads(POINTS.read_text())
    assert not [(dial_.axis, number) for dial_, number, *_ in dial.missing(points)]


def test_equal_data_are_not_trained_on_twice(data: Path) -> None:
    """The top rungs of several ladders are one dataset under several names."""
    recipe = Recipe.builtin("networks-geometry").with_overrides({"samples": 600, "size": (16, 16)})
    digest = generate(recipe, data, resume=True).digest
    known = {"digest": digest, "accuracy": 0.123, **dict.fromkeys(dial.KEPT[1:], 0)}
    renamed = recipe.set("name", "another")
    assert dial.reached(renamed, [known]) == {**known, "recipe_hash": renamed.hash()}
