from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.image import imread

from deepbench_fast import Recipe, open_dataset
from deepbench_fast.errors import FileError, RecipeError, UsageError
from deepbench_fast.pictures.colours import Look, mask_colours, scale_of, scaled
from deepbench_fast.pictures.contact_sheet import (
    CHARACTER,
    FONT_PIXELS,
    cell_size,
    contact_sheet,
    described_picture,
    save_figure,
    shortened,
)
from deepbench_fast.pictures.series_panels import motions
from deepbench_fast.pictures.series_plots import series_sheet
from deepbench_fast.pictures.titles import Title, lines_of, titles
from deepbench_fast.render.samples import first_of, samples, samples_at
from tests.recipes import noisy_pendulums

PNG = b"\x89PNG"


def of_light(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return scaled(image, False)


def of_shapes(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return scaled(image, True)


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
    expected = colormaps["magma"](of_light(shown["images"][0]))[:, :, :3]
    np.testing.assert_allclose(block, np.kron(expected, np.ones((5, 5, 1))), atol=0.03)


@pytest.mark.parametrize(("count", "columns"), [(1, None), (5, None), (6, 6), (7, 3), (9, 50)])
def test_nothing_overlaps(galaxies: Recipe, count: int, columns: int | None) -> None:
    figure = contact_sheet(samples(galaxies, 0, count), count, columns=columns)
    boxes = [axes.get_window_extent() for axes in figure.axes]
    boxes += [text.get_window_extent() for text in figure.texts]
    assert len(boxes) == (3 if count == 1 else 4) * count
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
    assert named(figure) == [(i, data.catalogues[data[i]["label"]]) for i in range(6)]
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
        save_figure(contact_sheet(shown, 1), tmp_path / "x.gif")
    with pytest.raises(FileError, match="directory"):
        save_figure(contact_sheet(shown, 1), tmp_path)
    with pytest.raises(FileError, match="nowhere"):
        save_figure(contact_sheet(shown, 1), tmp_path / "nowhere" / "x.png")


def named(figure: Figure) -> list[tuple[int, str]]:
    """Numbers and classes above the images of a figure."""
    lines = [text.get_text().split(" ", 1) for text in figure.texts]
    return [(int(number), name) for number, name in lines if number.isdecimal()]


def drawn(figure: Figure, number: int) -> npt.NDArray[np.float64]:
    return np.asarray(figure.axes[number].images[0].get_array(), np.float64)


def test_the_first_row_is_at_the_bottom_or_as_asked_at_the_top(galaxies: Recipe, tmp_path: Path) -> None:
    """Bright above dark in the array: dark above bright in the figure, or with the origin "upper" as it is."""
    image = np.linspace(1, 0, 8)[:, None] * np.ones(8)
    for origin, first, last in (("lower", 0, 1), ("upper", 1, 0)):
        save_figure(described_picture(image, "", shapes=True, origin=origin), tmp_path / f"{origin}.png")
        page = imread(tmp_path / f"{origin}.png")[12:-12, 12:-24]
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
        is_light = name in ("star", "galaxy", "spiral_galaxy", "lens")
        expected = colormaps["magma"](of_light(image)) if is_light else colormaps["gray"](of_shapes(image))
        np.testing.assert_array_equal(drawn(figure, number), expected)


def test_images_are_sorted_by_catalogue_on_request(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    labels = data[:12]["label"]
    figure = data.plot(12, by_catalogue=True)
    assert [name for _, name in named(figure)] == [data.catalogues[label] for label in np.sort(labels)]
    first_field = int(np.flatnonzero(labels == 1)[0])
    expected = colormaps["magma"](of_light(data[first_field]["image"]))
    np.testing.assert_array_equal(drawn(figure, int((labels == 0).sum())), expected)


@pytest.mark.parametrize("name", ["figure-geometry", "figure-astronomy"])
def test_figures_are_in_order(name: str) -> None:
    figure = contact_sheet(samples(Recipe.builtin(name), 0, 4), 4, columns=4, by_catalogue=True)
    names = ["single", "noisy-single", "composite", "noisy-composite"]
    assert [name for _, name in named(figure)] == names
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 1


def test_extras_are_shown_on_request(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    clean = contact_sheet(data[:3], 3, show="clean")
    np.testing.assert_array_equal(drawn(clean, 2), colormaps["magma"](of_light(data[2]["clean"])))
    shown = samples(Recipe.builtin("shapes").with_overrides({"size": (32, 32), "extras": ["masks", "variance"]}), 0, 2)
    masks = contact_sheet(shown, 2, show="masks")
    np.testing.assert_array_equal(drawn(masks, 1), mask_colours(shown["masks"][1]))
    variance = contact_sheet(shown, 2, show="variance")
    np.testing.assert_array_equal(drawn(variance, 1), colormaps["magma"](of_light(shown["variance"][1])))
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
    order = np.argsort(shown.labels, kind="stable").tolist()
    labels = [f"{shown.index[row]} {shown.catalogues[shown.labels[row]]}" for row in order]
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


def test_values_above_an_image_are_those_of_the_table(mixed_file: Path) -> None:
    shown = samples(Recipe.builtin("galaxies"), 40, 46)
    figure = contact_sheet(shown, 6)
    lines = [text.get_text() for text in figure.texts][1::2]
    table = shown.tables.objects["galaxy"]
    assert lines == [f"r_eff {row['r_eff']:.3g}  n {row['n']:.3g}" for row in table]
    again = contact_sheet(samples_at(Recipe.builtin("galaxies"), range(40, 46)), 6)
    assert [text.get_text() for text in again.texts][1::2] == lines
    fields = open_dataset(mixed_file)[:20]
    counts = [title.values for title in titles(fields)]
    for number, label in enumerate(fields.labels):
        stars = np.count_nonzero(fields.tables.objects["star"]["sample"] == number)
        assert fields.catalogues[label] != "fields" or counts[number][0] == f"star {stars}"


def test_values_stand_on_one_line_if_those_of_all_fit() -> None:
    shown = [Title("7 stars", ("gamma 1.38", "alpha 3.21")), Title("8 stars", ("n 1",)), Title("9 fields", ())]
    assert lines_of(shown, 22) == [("7 stars", "gamma 1.38  alpha 3.21"), ("8 stars", "n 1"), ("9 fields",)]
    assert lines_of(shown, 21) == [("7 stars", "gamma 1.38", "alpha 3.21"), ("8 stars", "n 1"), ("9 fields",)]
    assert lines_of([], 21) == []


@pytest.mark.parametrize("shape", [(96, 24), (24, 96), (86, 86), (28, 28)])
def test_titles_of_narrow_images_are_whole(shape: tuple[int, int]) -> None:
    """They were "1 …" above images of 24 pixels a row, and the second value was left out above larger ones."""
    shown = samples(Recipe.builtin("gallery").with_overrides({"image": {"shape": shape}}), 0, 13)
    figure = contact_sheet(shown, 13)
    words = " ".join(text.get_text() for text in figure.texts)
    assert all(value in words for title in titles(shown) for value in (title.name, *title.values))
    boxes = [axes.get_window_extent() for axes in figure.axes] + [text.get_window_extent() for text in figure.texts]
    assert not any(box.overlaps(other) for number, box in enumerate(boxes) for other in boxes[:number])


@pytest.mark.parametrize("stretch", [None, "linear", "sqrt", "log", "asinh"])
def test_one_scale_is_the_same_for_all_images_and_its_bar_says_it(galaxies: Recipe, stretch: str | None) -> None:
    shown = samples(galaxies, 0, 4)
    look = Look(stretch, "viridis", one_scale=True)
    figure = contact_sheet(shown, 4, look=look)
    scale = scale_of(shown["images"], False, look)
    for number, image in enumerate(shown["images"]):
        np.testing.assert_array_equal(drawn(figure, number), colormaps["viridis"](scale.brightness(image)))
    bar = figure.axes[4]
    assert bar.images[0].get_cmap().name == "viridis"
    for tick, label in zip(bar.get_yticks(), bar.get_yticklabels(), strict=True):
        assert scale.brightness(np.array([float(label.get_text())])) == pytest.approx(tick, abs=0.03)
    assert len(contact_sheet(shown, 4, look=Look(stretch)).axes) == 4


def test_a_look_that_is_none() -> None:
    with pytest.raises(UsageError, match="no stretch 'cube'; there are linear, sqrt, log, asinh"):
        Look("cube")
    with pytest.raises(UsageError, match="no colour map 'virids'; near it: viridis"):
        Look(cmap="virids")
    with pytest.raises(UsageError, match="the samples are series"):
        contact_sheet(samples(noisy_pendulums(), 0, 2), 2, look=Look(one_scale=True))


@pytest.mark.parametrize(
    ("suffix", "start"), [("pdf", b"%PDF-"), ("svg", b"<?xml"), ("png", b"\x89PNG"), ("", b"\x89PNG")]
)
def test_the_suffix_says_the_format_and_equal_figures_are_equal_files(
    galaxies: Recipe, suffix: str, start: bytes, tmp_path: Path
) -> None:
    made = []
    for name in ("one", "two"):
        path = (tmp_path / name).with_suffix(f".{suffix}" if suffix else "")
        save_figure(contact_sheet(samples(galaxies, 0, 2), 2), path)
        made.append(path.read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(start)


def test_dots_an_inch(galaxies: Recipe, tmp_path: Path) -> None:
    for dpi in (100, 250):
        save_figure(contact_sheet(samples(galaxies, 0, 2), 2), tmp_path / f"{dpi}.png", dpi=dpi)
    one, two = (imread(tmp_path / f"{dpi}.png").shape for dpi in (100, 250))
    assert (two[0], two[1]) == pytest.approx((2.5 * one[0], 2.5 * one[1]), abs=2)
    with pytest.raises(UsageError, match="--dpi is for PNG"):
        save_figure(contact_sheet(samples(galaxies, 0, 2), 2), tmp_path / "x.svg", dpi=200)


def test_a_notebook_shows_the_figure(mixed_file: Path) -> None:
    figure = open_dataset(mixed_file).plot(2)
    assert figure._repr_png_().startswith(PNG)  # type: ignore[attr-defined]
    series = contact_sheet(samples(noisy_pendulums(), 0, 2), 2)
    assert series._repr_png_().startswith(PNG)  # type: ignore[attr-defined]


def test_some_samples_and_those_of_a_class(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    assert named(data.plot(index=[12, 5, 9])) == [(i, data.catalogues[data[i]["label"]]) for i in (12, 5, 9)]
    stars = data.first(30, "stars")
    assert stars.index.tolist() == np.flatnonzero(data[:]["label"] == 0)[:30].tolist()
    part = data.split("test")
    assert set(part.first(7, "fields").labels.tolist()) == {1}
    with pytest.raises(RecipeError, match="unknown class 'star'; did you mean 'stars'"):
        data.plot(catalogue="star")
    for name in (None, "stars"):
        assert len(data.first(0, name)) == 0
        with pytest.raises(UsageError, match="count: -1 is negative"):
            data.first(-1, name)


def test_one_place_and_what_are_no_numbers(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    assert named(data.plot(index=3)) == named(data.plot(index=[3]))
    for options, words in [
        ({"count": "3"}, "count: must be a whole number, not '3'"),
        ({"columns": -1}, "columns: must be a whole number from 1 to"),
        ({"columns": 1.5}, "columns: must be a whole number from 1 to"),
        ({"cmap": 3}, "matplotlib has no colour map '3'"),
    ]:
        with pytest.raises(UsageError, match=words):
            data.plot(**options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"count: must be a whole number, not 2\.5"):
        data.first(2.5)  # type: ignore[arg-type]


def test_samples_at_are_those_of_the_whole() -> None:
    recipe = Recipe.builtin("lensing")
    whole, some = samples(recipe, 0, 40), samples_at(recipe, [33, 2, 2, 17])
    assert some.index.tolist() == [33, 2, 2, 17]
    for row, number in enumerate([33, 2, 2, 17]):
        np.testing.assert_array_equal(some["images"][row], whole["images"][number])
    for kind, table in some[[0]].tables.objects.items():
        expected = whole.tables.objects[kind]
        np.testing.assert_array_equal(table, expected[expected["sample"] == 33])
    assert first_of(recipe, "stars", 9) == np.flatnonzero(whole.labels == 1)[:9].tolist()
    with pytest.raises(UsageError, match="not a range"):
        samples_at(recipe, [-1])


def test_one_sample_has_its_text_beside_it(tmp_path: Path) -> None:
    lines = [f"parameter {k}  {k}.5 pix" for k in range(100)]
    figure = described_picture(np.eye(8), "\n".join(lines))
    shown = [text.get_text() for text in figure.texts]
    assert shown == [*lines[:59], "… and 41 more lines"]
    image = figure.axes[0].get_window_extent()
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 > image.x1
        assert box.x1 <= figure.bbox.width
        assert box.y0 >= 0
