from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.image import imread

from deepbench_fast import Recipe, open_dataset
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.on_the_fly import samples
from deepbench_fast.preview import (
    CHARACTER,
    FONT_PIXELS,
    cell_size,
    contact_sheet,
    noise_level,
    save_figure,
    save_picture,
    shortened,
    stretch,
)


@pytest.fixture(scope="module")
def galaxies() -> Recipe:
    return Recipe.builtin("galaxies")


def test_stretch_is_monotone_from_0_to_1() -> None:
    image = np.linspace(-1, 50, 400).reshape(20, 20)
    values = stretch(image)
    assert values.min() == 0
    assert values.max() == 1
    assert (np.diff(values.ravel()) >= 0).all()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e30])
def test_stretch_of_a_flat_image_is_dark(value: float) -> None:
    assert not stretch(np.full((5, 4), value)).any()


def test_stretch_keeps_shapes_black_and_white() -> None:
    image = np.zeros((10, 10))
    image[3:6, 3:6] = 1
    assert set(stretch(image).ravel()) == {0.0, 1.0}


def test_noise_is_visible_and_does_not_dominate() -> None:
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:64, :64]
    light = 100 * np.exp(-0.5 * ((rows - 32) ** 2 + (columns - 32) ** 2) / 9)
    sky = stretch(light + rng.normal(0, 1, light.shape))[:16]
    assert 0.03 < sky.mean() < 0.3
    assert 0.02 < sky.std() < 0.15


def test_an_image_of_noise_alone_stays_dark() -> None:
    values = stretch(np.random.default_rng(5).normal(7, 3, (64, 64)))
    assert values.mean() < 0.3
    assert 0.05 < values.max() < 0.6


def test_noise_level_sees_through_smooth_light() -> None:
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:128, :128]
    light = 20 * np.exp(-0.5 * ((rows - 64) ** 2 + (columns - 60) ** 2) / 400)
    assert noise_level(light + rng.normal(0, 0.7, light.shape)) == pytest.approx(0.7, rel=0.1)
    assert noise_level(np.zeros((1, 1))) == 0


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(28, 28, (140, 140)), (64, 64, (128, 128)), (256, 256, (256, 256)), (512, 1024, (128, 256)), (1, 1, (128, 128))],
)
def test_cells_are_whole_multiples(height: int, width: int, expected: tuple[int, int]) -> None:
    assert cell_size(height, width) == expected


def test_long_labels_are_cut() -> None:
    assert shortened("stars", 140) == "stars"
    cut = shortened("w" * 60, 140)
    assert cut.endswith("…")
    assert len(cut) * CHARACTER * FONT_PIXELS <= 140


def test_each_pixel_is_a_block_of_its_own_colour(galaxies: Recipe, tmp_path: Path) -> None:
    shown = samples(galaxies, 0, 4)
    figure = contact_sheet(shown, 4)
    save_figure(figure, tmp_path / "sheet.png")
    page = imread(tmp_path / "sheet.png")[:, :, :3]
    box = figure.axes[0].get_window_extent()
    left, bottom = round(box.x0), page.shape[0] - round(box.y0)
    block = page[bottom - 140 : bottom, left : left + 140][::-1]
    expected = colormaps["magma"](stretch(shown["images"][0]))[:, :, :3]
    np.testing.assert_allclose(block, np.kron(expected, np.ones((5, 5, 1))), atol=0.01)


@pytest.mark.parametrize(("count", "columns"), [(1, None), (5, None), (6, 6), (7, 3), (9, 50)])
def test_nothing_overlaps(galaxies: Recipe, count: int, columns: int | None) -> None:
    figure = contact_sheet(samples(galaxies, 0, count), count, columns=columns)
    boxes = [axes.get_window_extent() for axes in figure.axes]
    boxes += [text.get_window_extent() for text in figure.texts]
    assert len(boxes) == 2 * count
    width, height = figure.bbox.width, figure.bbox.height
    for number, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_labels_are_the_catalogues(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    figure = data.plot(6)
    assert [text.get_text() for text in figure.texts] == [data.catalogues[data[i]["label"]] for i in range(6)]
    split = data.split("test")
    assert len(split.plot(6).axes) == 6


def test_equal_sheets_are_equal_files(galaxies: Recipe, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        save_figure(contact_sheet(samples(galaxies, 0, 4), 4), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_refusals(galaxies: Recipe, tmp_path: Path) -> None:
    shown = samples(galaxies, 0, 1)
    for count in (0, -1, 401):
        with pytest.raises(UsageError, match=f"{count} images"):
            contact_sheet(shown, count)
    with pytest.raises(UsageError, match="no samples"):
        contact_sheet(samples(galaxies, 0, 0), 4)
    with pytest.raises(UsageError, match="PNG"):
        save_picture(shown["images"][0], tmp_path / "x.gif")
    with pytest.raises(FileError, match="directory"):
        save_picture(shown["images"][0], tmp_path)
    with pytest.raises(FileError, match="nowhere"):
        save_picture(shown["images"][0], tmp_path / "nowhere" / "x.png")
