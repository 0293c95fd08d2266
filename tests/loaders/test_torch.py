"""Batches as tensors, PyTorch's own DataLoader over a dataset, ranks of torch.distributed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, generate, open_dataset, samples, stream
from tests.recipes import mixed

torch = pytest.importorskip("torch")

from deepbench_fast.torch import Loader, TorchDataset  # noqa: E402

SAMPLES = 90
EXTRAS = ("clean", "mask", "variance")


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return mixed().with_overrides({"samples": SAMPLES, "extras": ["clean", "masks", "variance"]})


@pytest.fixture(scope="module")
def path(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("torch") / "mixed.h5"
    generate(recipe, path)
    return path


def test_batches_are_those_of_the_stream(recipe: Recipe, path: Path) -> None:
    for source in (recipe, path):
        for tensors, arrays in zip(
            Loader(source, 16, seed=3, extras=EXTRAS), stream(source, 16, seed=3, extras=EXTRAS), strict=True
        ):
            assert list(tensors) == list(arrays)
            for name, tensor in tensors.items():
                expected = arrays[name].astype(np.float32) if arrays[name].dtype.kind == "f" else arrays[name]
                np.testing.assert_array_equal(tensor.numpy(), expected)
            assert tensors["image"].dtype == tensors["target"].dtype == torch.float32
            assert tensors["label"].dtype == torch.int64
            assert tensors["mask"].dtype == torch.int32


@pytest.mark.parametrize("wrong", [[True, False], np.ones(SAMPLES, bool), [1.5], ["3"], [[1, 2]], [2**70]])
def test_a_dataset_takes_numbers_alone(recipe: Recipe, path: Path, wrong: Any) -> None:
    """`Subset(dataset, mask)` asks for the samples True and False: these are not 1 and 0."""
    for dataset in (TorchDataset(path), TorchDataset(recipe), open_dataset(path)):
        with pytest.raises(IndexError, match="samples are chosen by a list of whole numbers, not "):
            dataset.__getitems__(wrong)
        with pytest.raises(IndexError, match="samples -91 to 0 of 90"):
            dataset.__getitems__([0, -SAMPLES - 1])
        assert [int(item["index"]) for item in dataset.__getitems__([torch.tensor(3), np.uint8(4), -1])] == [3, 4, 89]
    with pytest.raises(IndexError):
        TorchDataset(path)[wrong[0]]


@pytest.mark.parametrize("error", [IndexError, StopIteration])
def test_errors_of_a_transform_are_not_the_end(path: Path, error: type[Exception]) -> None:
    def fails(item: dict[str, Any]) -> None:
        if item["index"] == 3:
            raise error("of the transform")

    with pytest.raises((error, RuntimeError)):
        list(TorchDataset(path, transform=fails))
    assert len(list(TorchDataset(path))) == SAMPLES


def test_type_and_channels(path: Path) -> None:
    batch = next(iter(Loader(path, 8, dtype=torch.float64, channels=True, extras=("mask",))))
    assert batch["image"].shape[:2] == batch["mask"].shape[:2] == (8, 1)
    assert batch["image"].dtype == batch["target"].dtype == torch.float64
    assert batch["target"].ndim == 2
    for wrong in (torch.int64, "float32"):
        with pytest.raises(UsageError, match="dtype: must be a floating-point type of torch"):
            Loader(path, 8, dtype=wrong)


def test_masks_of_many_objects_keep_their_numbers(tmp_path: Path) -> None:
    text = (
        "image: {shape: [240, 240]}\nextras: [masks]\ncatalogues: {c: {objects: [{star: {count: 40000, gamma: 0.5}}]}}"
    )
    recipe = Recipe.from_yaml(text).with_overrides({"samples": 1})
    mask = next(iter(Loader(recipe, 1, extras=["mask"])))["mask"]
    np.testing.assert_array_equal(mask.numpy(), samples(recipe, 0, 1)["masks"])
    assert mask.max() > 32_767


@pytest.mark.skipif(torch.cuda.is_available(), reason="memory can be pinned here")
def test_it_says_what_it_is(path: Path) -> None:
    assert repr(TorchDataset(path, split="train")).startswith("<TorchDataset of ")
    assert "samples of image (" in repr(TorchDataset(path, split="train"))


def test_nothing_to_pin_for(path: Path) -> None:
    with pytest.raises(UsageError, match="pin_memory: PyTorch finds no accelerator"):
        Loader(path, 8, pin_memory=True)


def test_states_are_exchanged_with_the_stream(path: Path, recipe: Recipe) -> None:
    one, other = Loader(path, 16, seed=8), stream(recipe, 16)
    coming = iter(one)
    next(coming)
    other.load_state_dict(one.state_dict())
    for tensors, arrays in zip(coming, other, strict=True):
        assert tensors["index"].tolist() == arrays["index"].tolist()


def test_a_batch_owns_its_memory(path: Path) -> None:
    batches = list(Loader(path, 16, shuffle=False))
    for number, batch in enumerate(batches):
        batch["image"].fill_(number)
    assert [float(batch["image"].mean()) for batch in batches] == list(range(len(batches)))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_pytorchs_own_loader(recipe: Recipe, path: Path, workers: int, start: str) -> None:
    for source in (path, recipe):
        dataset = TorchDataset(source, channels=True)
        context = start if workers else None
        loaded = torch.utils.data.DataLoader(
            dataset, batch_size=30, num_workers=workers, multiprocessing_context=context, shuffle=False
        )
        expected = Loader(source, 30, shuffle=False, channels=True)
        for batch, other in zip(loaded, expected, strict=True):
            assert set(batch) == set(other)
            for name in batch:
                np.testing.assert_array_equal(batch[name].numpy(), other[name].numpy())


def test_items_of_a_dataset(path: Path) -> None:
    dataset = TorchDataset(path, transform=lambda item: item["image"] + 1)
    assert len(dataset) == SAMPLES
    plain = TorchDataset(path)
    assert torch.equal(dataset[3], plain[3]["image"] + 1)
    assert plain[-1]["index"] == SAMPLES - 1
    with pytest.raises(IndexError, match="samples 90 to 90 of 90"):
        plain[SAMPLES]
    assert len(list(plain)) == SAMPLES


RANKS = """
import sys, torch.distributed as dist
from deepbench_fast.torch import Loader
dist.init_process_group("gloo", init_method=f"file://{sys.argv[2]}", rank=int(sys.argv[3]), world_size=2)
for batch in Loader(sys.argv[1], 30, seed=6):
    print(*batch["index"].tolist(), flush=True)
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this PyTorch can't run several ranks")
def test_ranks_of_torch_distributed(path: Path, tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", RANKS, str(path), str(tmp_path / "meet"), str(rank)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    shares = [process.communicate(timeout=300)[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    found = [f"{one} {other}" for one, other in zip(*shares, strict=True)]
    assert found == [" ".join(map(str, batch["index"].tolist())) for batch in Loader(path, 30, seed=6)]


def test_nothing_of_torch_is_loaded_without_its_door() -> None:
    code = "import sys, deepbench_fast; deepbench_fast.stream; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_learns(recipe: Recipe) -> None:
    """A training loop as the guide has it: the loss falls."""
    torch.manual_seed(0)
    recipe = Recipe.builtin("galaxies").with_overrides({"samples": 2048, "targets": ["galaxy.r_eff"]})
    network: Any = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(28 * 28, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
    )
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    loader = Loader(recipe, 128, channels=True, fresh=True)
    for _ in range(3):
        total = 0.0
        for batch in loader:
            loss = torch.nn.functional.mse_loss(network(batch["image"].asinh()), batch["target"])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
        losses.append(total / len(loader))
    assert losses[-1] < 0.7 * losses[0]
