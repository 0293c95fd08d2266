from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.image import imread

from deepbench_fast import Recipe, open_dataset
from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.pictures.colours import mask_colours, shape_scale, stretch
from deepbench_fast.pictures.contact_sheet import (
    CHARACTER,
    FONT_PIXELS,
    cell_size,
    contact_sheet,
    save_figure,
    save_picture,
    shortened,
)
from deepbench_fast.pictures.series_panels import motions
from deepbench_fast.pictures.series_plots import series_sheet
from deepbench_fast.render.samples import samples
from tests.recipes import noisy_pendulums


@pytest.fixture(scope="module")
def galaxies() -> Recipe:
    return Recipe.builtin("galaxies")


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
    np.testing.assert_allclose(block, np.kron(expected, np.ones((5, 5, 1))), atol=0.03)


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


def drawn(figure: Figure, number: int) -> npt.NDArray[np.float64]:
    return np.asarray(figure.axes[number].images[0].get_array(), np.float64)


def test_the_first_row_is_at_the_bottom_or_as_asked_at_the_top(galaxies: Recipe, tmp_path: Path) -> None:
    """Bright above dark in the array: dark above bright in the figure, or with the origin "upper" as it is."""
    image = np.linspace(1, 0, 8)[:, None] * np.ones(8)
    for origin, first, last in (("lower", 0, 1), ("upper", 1, 0)):
        save_picture(image, tmp_path / f"{origin}.png", shapes=True, origin=origin)
        page = imread(tmp_path / f"{origin}.png")
        assert (page[0, 0, 0], page[-1, 0, 0]) == pytest.approx((first, last), abs=0.02)
        figure = contact_sheet(samples(galaxies, 0, 2), 2, origin=origin)
        assert [axes.images[0].origin for axes in figure.axes] == [origin] * 2
    with pytest.raises(UsageError, match="there are lower, upper"):
        contact_sheet(samples(galaxies, 0, 2), 2, origin="under")


def test_plot_has_the_origin_that_is_asked_for(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    for origin, figure in (("lower", data.plot(1)), ("upper", data.plot(1, origin="upper"))):
        assert figure.axes[0].images[0].origin == origin


def test_shapes_have_a_linear_gray_scale_and_light_another() -> None:
    shown = samples(Recipe.builtin("gallery"), 0, 10)
    figure = contact_sheet(shown, 10)
    for number, label in enumerate(shown.labels.tolist()):
        image, name = shown["images"][number], shown.catalogues[label]
        light = name in ("star", "galaxy", "spiral_galaxy", "lens")
        expected = colormaps["magma"](stretch(image)) if light else colormaps["gray"](shape_scale(image))
        np.testing.assert_array_equal(drawn(figure, number), expected)


def test_images_are_sorted_by_catalogue_on_request(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    labels = data[:12]["label"]
    figure = data.plot(12, by_catalogue=True)
    assert [text.get_text() for text in figure.texts] == [data.catalogues[label] for label in np.sort(labels)]
    first_field = int(np.flatnonzero(labels == 1)[0])
    expected = colormaps["magma"](stretch(data[first_field]["image"]))
    np.testing.assert_array_equal(drawn(figure, int((labels == 0).sum())), expected)


@pytest.mark.parametrize("name", ["figure-geometry", "figure-astronomy"])
def test_figures_are_in_order(name: str) -> None:
    figure = contact_sheet(samples(Recipe.builtin(name), 0, 4), 4, columns=4, by_catalogue=True)
    names = ["single", "noisy-single", "composite", "noisy-composite"]
    assert [text.get_text() for text in figure.texts] == names
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 1


def test_extras_are_shown_on_request(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    clean = contact_sheet(data[:3], 3, show="clean")
    np.testing.assert_array_equal(drawn(clean, 2), colormaps["magma"](stretch(data[2]["clean"])))
    shown = samples(Recipe.builtin("shapes").with_overrides({"size": (32, 32), "extras": ["masks", "variance"]}), 0, 2)
    masks = contact_sheet(shown, 2, show="masks")
    np.testing.assert_array_equal(drawn(masks, 1), mask_colours(shown["masks"][1]))
    variance = contact_sheet(shown, 2, show="variance")
    np.testing.assert_array_equal(drawn(variance, 1), colormaps["magma"](stretch(shown["variance"][1])))
    with pytest.raises(UsageError, match="no masks"):
        data.plot(3, show="masks")
    with pytest.raises(UsageError, match="can't show 'targets'"):
        data.plot(3, show="targets")


def test_series_become_plots() -> None:
    shown = samples(noisy_pendulums(), 0, 4)
    for show in ("images", "series"):
        figure = contact_sheet(shown, 4, columns=3, show=show)
        expected = series_sheet(motions(shown[:4]), 3)
        assert [axes.get_position().bounds for axes in figure.axes] == [a.get_position().bounds for a in expected.axes]
    labels = [shown.catalogues[label] for label in np.sort(shown.labels)]
    by_catalogue = contact_sheet(shown, 4, by_catalogue=True)
    assert [axes.texts[0].get_text() for axes in by_catalogue.axes[::2]] == labels


def test_refusals_of_series(galaxies: Recipe) -> None:
    shown = samples(noisy_pendulums(), 0, 2)
    for show in ("masks", "variance"):
        with pytest.raises(UsageError, match=f"no {show}"):
            contact_sheet(shown, 2, show=show)
    with pytest.raises(UsageError, match="not series"):
        contact_sheet(samples(galaxies, 0, 1), 1, show="series")
    with pytest.raises(UsageError, match="no samples"):
        contact_sheet(samples(noisy_pendulums(), 0, 0), 4)
    with pytest.raises(UsageError, match="401 images"):
        contact_sheet(shown, 401)
