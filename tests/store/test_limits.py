"""What just fits into a file is made, read and checked; one more is refused before there is a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import UsageError, generate, open_dataset, verify
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe import Recipe
from deepbench_fast.store.create import _create_dataset, with_enums
from deepbench_fast.store.file_image import FileImage, laid_out
from deepbench_fast.store.limits import MESSAGE_BYTES, _check_type, check_fits, type_bytes
from tests.cli.running import run

NAME = "n" * 59


def names(count: int) -> list[str]:
    """Names of 64 letters, the longest that there can be."""
    return [f"{NAME}{number:05d}" for number in range(count)]


def recipe(**data: Any) -> dict[str, Any]:
    return {"samples": 4, "image": {"shape": [2, 2]}, "catalogues": {"a": {"objects": [star()]}}, **data}


def star(**more: object) -> dict[str, Any]:
    return {"star": {"x": 0, "y": 0, "amplitude": 1, "gamma": 1, "alpha": 3, **more}}


def of_catalogues(count: int) -> dict[str, Any]:
    return recipe(samples=count, catalogues={name: {"objects": [star()]} for name in names(count)})


def of_entries(count: int) -> dict[str, Any]:
    return recipe(catalogues={"a": {"objects": [star(name=name) for name in names(count)]}})


def of_splits(count: int) -> dict[str, Any]:
    return recipe(samples=count, splits=dict.fromkeys(names(count), f"1/{count}"))


@pytest.mark.parametrize(("make", "what"), [(of_catalogues, "entries"), (of_entries, "entries"), (of_splits, "splits")])
def test_names_that_just_fit(make: Callable[[int], dict[str, Any]], what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"would have 1200 {what}: the first \d+ of them would fit") as refused:
        generate(Recipe(**make(1200)), tmp_path / "many.h5")
    most = int(re.findall(r"the first (\d+)", str(refused.value))[0])
    with pytest.raises(UsageError, match=f"the first {most} of them would fit"):
        generate(Recipe(**make(most + 1)), tmp_path / "more.h5")
    assert not list(tmp_path.iterdir())

    path = tmp_path / "most.h5"
    generate(Recipe(**make(most)), path)
    assert verify(path, "all").same
    data = open_dataset(path)
    assert most in (len(data.catalogues), len(data.splits), len(data.objects("star")) // len(data))
    assert data[len(data) - 1]["image"].shape == (2, 2)
    assert data.recipe.hash() == Recipe(**make(most)).hash()


def test_plan_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, make in (("splits", of_splits), ("classes", of_catalogues)):
        Path(f"{name}.yaml").write_text(Recipe(**make(1200)).to_yaml())
    for arguments in (
        "plan splits.yaml",
        "generate splits.yaml many.h5",
        "ladder classes.yaml rungs --axis classes --rungs 2 --generate",
    ):
        ran = run(*arguments.split())
        assert ran.status == 2
        assert ran.err.count("\n") == 1
        assert "HDF5 keeps at most 65535 bytes" in ran.err
    assert not list(tmp_path.rglob("*.h5*"))


def create(path: Path, columns: int, label: int, integer: str, size: int) -> None:
    """Create a table whose type has so many bytes: columns of floats, and one with names of so many letters."""
    plain = np.dtype([("entry", integer), *((f"column_{number}", "<f8") for number in range(columns))])
    room = size - type_bytes(plain, {"entry": {}}) - 100
    labels = {f"{number:0{label}d}": number for number in range(room // (label + 1 + plain["entry"].itemsize))}
    labels["a"] = len(labels)
    missing = size - type_bytes(plain, {"entry": labels})
    labels["a" * (1 + missing)] = labels.pop("a")
    assert type_bytes(plain, {"entry": labels}) == size
    with laid_out(FileImage()) as file:
        _create_dataset(file, "table", (3,), h5py.h5t.py_create(with_enums(plain, {"entry": labels}), logical=True))


@pytest.mark.parametrize("columns", [1, 6, 7, 28, 29, 700])
@pytest.mark.parametrize("label", [5, 64])
@pytest.mark.parametrize("integer", ["<i4", "<i8"])
def test_the_size_is_the_one_that_hdf5_counts(columns: int, label: int, integer: str, tmp_path: Path) -> None:
    create(tmp_path / "types.h5", columns, label, integer, MESSAGE_BYTES)
    with pytest.raises(ValueError, match="message is too large"):
        create(tmp_path / "types.h5", columns, label, integer, MESSAGE_BYTES + 1)


def test_columns_alone_can_be_too_many(tmp_path: Path) -> None:
    def table(columns: int) -> np.dtype[Any]:
        return np.dtype([(f"parameter_{number:05d}", "<f8") for number in range(columns)])

    most = next(n for n in range(1500, 3000) if type_bytes(table(n + 1), {}) > MESSAGE_BYTES)
    with laid_out(FileImage()) as file:
        _create_dataset(file, "table", (3,), h5py.h5t.py_create(table(most)))
        with pytest.raises(ValueError, match="message is too large"):
            _create_dataset(file, "other", (3,), h5py.h5t.py_create(table(most + 1)))
    _check_type("table", table(most), {})
    with pytest.raises(UsageError, match=f"would need .* more for its {most + 1} columns"):
        _check_type("table", table(most + 1), {})


def test_a_chunk_stays_below_four_gibibytes() -> None:
    parameters = ("x", "y", "amplitude", "gamma", "alpha")
    entries = [star(name=f"s{number}") for number in range(410)]
    targets = [f"s{number}.{parameter}" for number in range(410) for parameter in parameters]
    data = recipe(samples=2**18, image={"shape": [1, 1]}, catalogues={"a": {"objects": entries}})
    check_fits(make_plan(Recipe(**data, targets=targets[:2047])))
    with pytest.raises(
        UsageError, match="targets: a chunk of 262144 samples, each of 2048 float64, has 4294967296 bytes"
    ):
        check_fits(make_plan(Recipe(**data, targets=targets[:2048])))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"series": {"times": [k / 1000 for k in range(100_000)], "outputs": ["angle"]}},
            r"has 1\d{5} values .* at most 100000 are read",
        ),
        (
            {"series": {"times": [0.1234567890123 + k / 300 for k in range(60_000)], "outputs": ["angle"]}},
            "bytes with every default filled in; at most 1048576 are read",
        ),
    ],
)
def test_a_recipe_that_could_not_be_read_back(data: dict[str, Any], words: str, tmp_path: Path) -> None:
    long = Recipe(samples=1, catalogues={"a": {"objects": ["pendulum"]}}, **data)
    with pytest.raises(UsageError, match=words):
        generate(long, tmp_path / "long.h5")
    assert not list(tmp_path.iterdir())


def test_the_longest_recipe_is_read_back(tmp_path: Path) -> None:
    spare = 40
    times = [k / 1000 for k in range(100_000 - spare)]
    long = Recipe(samples=1, catalogues={"a": {"objects": ["pendulum"]}}, series={"times": times, "outputs": ["angle"]})
    generate(long, tmp_path / "long.h5")
    assert open_dataset(tmp_path / "long.h5").recipe.hash() == long.hash()
