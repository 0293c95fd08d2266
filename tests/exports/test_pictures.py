"""PNG and JPEG: folders, scale and orientation, read back by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbench_fast import generate
from deepbench_fast.errors import UsageError
from deepbench_fast.exports.formats import export
from deepbench_fast.recipe.recipe import Recipe
from tests.exports.reading import check_table, label_names, manifest, read_csv, rows_of_split, stored
from tests.recipes import mixed


def expected_name(path: Path, row: int) -> str:
    sample = stored(path, "samples")[row]
    split, catalogue = label_names(path, "samples", "split"), label_names(path, "samples", "catalogue")
    label = int(sample["catalogue"])
    return f"{split[int(sample['split'])]}/{label}-{catalogue[label]}/{row:04d}"


def grey(images: np.ndarray, low: float, high: float, levels: int) -> np.ndarray:
    exact = (images.astype(np.longdouble) - low) / (np.longdouble(high) - low) * levels
    return np.clip(np.floor(exact + np.longdouble(0.5)), 0, levels).astype(np.int64)


@pytest.mark.parametrize(("bits", "mode"), [(None, "L"), (16, "I;16")])
def test_every_picture_is_the_scaled_image(mixed_file: Path, tmp_path: Path, bits: int | None, mode: str) -> None:
    folder = tmp_path / "png"
    export(mixed_file, folder, "png", bits=bits, count=900, stretch="linear")
    said = manifest(folder)
    images, levels = stored(mixed_file, "images")[:900], 2 ** (bits or 8) - 1
    wanted = grey(images, said["low"], said["high"], levels)
    assert sum(1 for _ in folder.rglob("*.png")) == 900
    for row in range(0, 900, 7):
        with Image.open(folder / f"{expected_name(mixed_file, row)}.png") as picture:
            assert picture.mode == mode
            assert picture.size == (20, 16)  # row 0 of the array is the top row
            np.testing.assert_array_equal(np.asarray(picture), wanted[row])


def test_default_scale_is_recorded_and_the_same_for_every_split(mixed_file: Path, tmp_path: Path) -> None:
    for split in ("train", "test"):
        export(mixed_file, tmp_path / split, "png", split=split, count=20)
    keys = ("low", "high", "stretch", "stretch_a")
    first, second = ([manifest(tmp_path / s)[key] for key in keys] for s in ("train", "test"))
    assert first == second
    images = stored(mixed_file, "images")[:1000]
    assert np.mean(images > first[1]) == pytest.approx(0.001, abs=1e-5)
    assert first[0] == np.median(np.percentile(images, 1, axis=(1, 2), method="nearest"))
    assert first[2] == "asinh"


def test_given_scale(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "png", "png", low=-0.5, high=2.0, stretch="linear", count=5)
    with Image.open(tmp_path / "png" / f"{expected_name(mixed_file, 3)}.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), grey(stored(mixed_file, "images")[3], -0.5, 2.0, 255))


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_whole_numbers_are_seen(tmp_path: Path, format: str) -> None:
    """Shapes of 0 and 1 are black and white."""
    recipe = {"version": 1, "samples": 40, "image": {"shape": [16, 20], "dtype": "uint8"}}
    recipe["catalogues"] = {name: {"objects": [{name: {}}]} for name in ("circle", "rectangle")}
    generate(Recipe.parse(recipe), tmp_path / "bytes.h5")
    export(tmp_path / "bytes.h5", tmp_path / "out", format, **({"quality": 100} if format == "jpeg" else {}))
    assert [manifest(tmp_path / "out")[key] for key in ("low", "high", "stretch", "stretch_a")] == [
        0,
        1,
        "linear",
        None,
    ]
    images, names = stored(tmp_path / "bytes.h5", "images"), ("circle", "rectangle")
    assert images.max() == 1
    for row, label in enumerate(stored(tmp_path / "bytes.h5", "samples")["catalogue"].tolist()):
        suffix, error = ("png", 0) if format == "png" else ("jpg", 2)
        with Image.open(tmp_path / "out" / f"{label}-{names[label]}" / f"{row:02d}.{suffix}") as picture:
            np.testing.assert_allclose(np.asarray(picture), 255.0 * images[row], atol=error)


def test_folders_are_splits_and_classes_alone(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "png", "png", split="test")
    assert [p.name for p in (tmp_path / "png").iterdir() if p.is_dir()] == ["test"]
    assert {p.name for p in (tmp_path / "png" / "test").iterdir()} == {"0-stars", "1-fields"}
    rows = rows_of_split(mixed_file, "test")
    check_table(read_csv(tmp_path / "png" / "samples.csv"), mixed_file, "samples", rows)
    targets = read_csv(tmp_path / "png" / "targets.csv")
    assert [float(v) for v in targets["brightness"]] == stored(mixed_file, "targets")[rows, 4].tolist()


RARE = """
samples: 100
image: {shape: [16, 16]}
splits: {train: 0.9, test: 0.1}
catalogues:
  common_b: {weight: 48, objects: [{circle: {fill: 1}}]}
  common_c: {weight: 48, objects: [{rectangle: {fill: 1}}]}
  a_rare: {weight: 4, objects: [{polygon: {fill: 1}}]}
"""


def numbered(folder: Path) -> tuple[list[str], dict[int, int]]:
    """Folders in alphabetical order, as torchvision's ImageFolder numbers classes; sample → number of its folder."""
    folders = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return folders, {
        int(path.stem): number for number, name in enumerate(folders) for path in (folder / name).iterdir()
    }


def test_folders_in_alphabetical_order_are_the_labels_of_the_file(tmp_path: Path) -> None:
    """Also in a split that has no sample of a class, and with more classes than digits."""
    many = {chr(ord("n") - k): {"objects": [{"circle": {}}]} for k in range(12)}
    rare = Recipe.from_yaml(RARE, source="rare.yaml")
    crowd = Recipe.parse({"version": 1, "samples": 60, "image": {"shape": [8, 8]}, "catalogues": many})
    warning = "split test has no sample of a_rare: a folder is there, and empty"
    for name, recipe, splits, warnings in (("rare", rare, ("train", "test"), [warning]), ("crowd", crowd, ("",), [])):
        generate(recipe, tmp_path / f"{name}.h5")
        done = export(tmp_path / f"{name}.h5", tmp_path / name, "png")
        found: dict[int, int] = {}
        for split in splits:
            folders, labels = numbered(tmp_path / name / split)
            assert folders == manifest(tmp_path / name)["classes"]
            found |= labels
        assert found == dict(enumerate(stored(tmp_path / f"{name}.h5", "samples")["catalogue"].tolist()))
        assert done.warnings == warnings


def test_only_folders_of_the_split_that_was_asked_for(tmp_path: Path) -> None:
    generate(Recipe.from_yaml(RARE, source="rare.yaml"), tmp_path / "rare.h5")
    assert export(tmp_path / "rare.h5", tmp_path / "test", "png", split="test").warnings
    assert {path.name for path in (tmp_path / "test").iterdir() if path.is_dir()} == {"test"}
    assert len([*(tmp_path / "test" / "test").iterdir()]) == 3
    assert not export(tmp_path / "rare.h5", tmp_path / "train", "png", split="train").warnings
    few = export(tmp_path / "rare.h5", tmp_path / "few", "png", count=1).warnings
    assert [warning.count(",") for warning in few] == [2, 3]  # one before "and empty"


def test_jpeg_is_close(mixed_file: Path, tmp_path: Path) -> None:
    errors = {}
    for quality in (40, 95):
        folder = tmp_path / str(quality)
        export(mixed_file, folder, "jpeg", quality=quality, count=50, stretch="linear")
        said, errors[quality] = manifest(folder), 0.0
        wanted = grey(stored(mixed_file, "images")[:50], said["low"], said["high"], 255)
        for row in range(50):
            with Image.open(folder / f"{expected_name(mixed_file, row)}.jpg") as picture:
                assert (picture.format, picture.mode) == ("JPEG", "L")
                errors[quality] += np.abs(np.asarray(picture) - wanted[row]).mean() / 50
    assert errors[95] < 3 < errors[40] * 3


def test_scale_of_a_constant_and_of_nearly_nothing(tmp_path: Path) -> None:
    empty = {"objects": [{"star": {"amplitude": 1e-30}}]}
    generate(mixed(samples=3, targets=["catalogue"], catalogues={"a": empty}, noise=[]), tmp_path / "dark.h5")
    export(tmp_path / "dark.h5", tmp_path / "png", "png")
    said = manifest(tmp_path / "png")
    assert said["low"] < said["high"]


def test_series_are_refused(series_file: Path, tmp_path: Path) -> None:
    for format in ("png", "jpeg"):
        with pytest.raises(UsageError, match="holds series"):
            export(series_file, tmp_path / "pictures", format)
    assert not (tmp_path / "pictures").exists()
