"""PNG and JPEG: folders, scale and orientation, read back by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbench_fast import generate
from deepbench_fast.errors import UsageError
from deepbench_fast.exports.formats import export
from deepbench_fast.recipe.model import Recipe
from tests.exports.reading import check_table, label_names, manifest, read_csv, rows_of_split, stored
from tests.recipes import mixed


def expected_name(path: Path, row: int) -> str:
    sample = stored(path, "samples")[row]
    split, catalogue = label_names(path, "samples", "split"), label_names(path, "samples", "catalogue")
    return f"{split[int(sample['split'])]}/{catalogue[int(sample['catalogue'])]}/{row:04d}"


def grey(images: np.ndarray, low: float, high: float, levels: int) -> np.ndarray:
    exact = (images.astype(np.longdouble) - low) / (np.longdouble(high) - low) * levels
    return np.clip(np.floor(exact + np.longdouble(0.5)), 0, levels).astype(np.int64)


@pytest.mark.parametrize(("bits", "mode"), [(None, "L"), (16, "I;16")])
def test_every_picture_is_the_scaled_image(mixed_file: Path, tmp_path: Path, bits: int | None, mode: str) -> None:
    folder = tmp_path / "png"
    export(mixed_file, folder, "png", bits=bits, count=900)
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
    ranges = [(manifest(tmp_path / s)["low"], manifest(tmp_path / s)["high"]) for s in ("train", "test")]
    assert ranges[0] == ranges[1]
    values = np.sort(stored(mixed_file, "images")[:1000], axis=None)
    assert np.mean(values < ranges[0][0]) == pytest.approx(0.001, abs=1e-5)
    assert np.mean(values > ranges[0][1]) == pytest.approx(0.001, abs=1e-5)


def test_given_scale(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "png", "png", low=-0.5, high=2.0, count=5)
    with Image.open(tmp_path / "png" / f"{expected_name(mixed_file, 3)}.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), grey(stored(mixed_file, "images")[3], -0.5, 2.0, 255))


def test_whole_numbers_are_grey_levels_as_they_are(tmp_path: Path) -> None:
    recipe = {"version": 1, "samples": 40, "image": {"shape": [16, 20], "dtype": "uint8"}}
    recipe["catalogues"] = {name: {"objects": [{name: {}}]} for name in ("circle", "rectangle")}
    generate(Recipe.parse(recipe), tmp_path / "bytes.h5")
    export(tmp_path / "bytes.h5", tmp_path / "png", "png")
    assert (manifest(tmp_path / "png")["low"], manifest(tmp_path / "png")["high"]) == (0, 255)
    images, names = stored(tmp_path / "bytes.h5", "images"), ("circle", "rectangle")
    assert images.max() == 1
    for row, label in enumerate(stored(tmp_path / "bytes.h5", "samples")["catalogue"].tolist()):
        with Image.open(tmp_path / "png" / names[label] / f"{row:02d}.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), images[row])


def test_folders_are_splits_and_classes_alone(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "png", "png", split="test")
    assert [p.name for p in (tmp_path / "png").iterdir() if p.is_dir()] == ["test"]
    assert {p.name for p in (tmp_path / "png" / "test").iterdir()} == {"stars", "fields"}
    rows = rows_of_split(mixed_file, "test")
    check_table(read_csv(tmp_path / "png" / "samples.csv"), mixed_file, "samples", rows)
    targets = read_csv(tmp_path / "png" / "targets.csv")
    assert [float(v) for v in targets["brightness"]] == stored(mixed_file, "targets")[rows, 4].tolist()


def test_jpeg_is_close(mixed_file: Path, tmp_path: Path) -> None:
    errors = {}
    for quality in (40, 95):
        folder = tmp_path / str(quality)
        export(mixed_file, folder, "jpeg", quality=quality, count=50)
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
