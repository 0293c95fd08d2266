from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from deepbench_fast import Recipe, samples
from deepbench_fast.pictures import series_plots as plots
from deepbench_fast.pictures.contact_sheet import contact_sheet, save_figure
from deepbench_fast.pictures.series_panels import Motion, motions
from deepbench_fast.pictures.series_plots import DPI, sample_plot, series_sheet
from tests.recipes import noisy_pendulums

ENERGIES = """
series: {outputs: [kinetic, potential, energy], stop: 2}
catalogues:
  swinging:
    objects: [pendulum: {}]
  bodies:
    objects: [n_body: {}]
"""


def pendulums(count: int = 4) -> list[Motion]:
    return motions(samples(noisy_pendulums(), 0, count)[:count])


def bodies(count: int = 2, outputs: tuple[str, ...] = ("position",), **entry: object) -> list[Motion]:
    changes = {f"catalogues.n_body.n_body.{name}": value for name, value in entry.items()}
    axis = {"series.stop": 1, "series.steps": 30, "series.outputs": list(outputs)}
    recipe = Recipe.of_kind("n_body").with_overrides({**changes, **axis})
    return motions(samples(recipe, 0, count)[:count])


def made(**values: object) -> Motion:
    """A motion with one column, `values` replaced."""
    time = np.linspace(0, 1, 50)
    plain = Motion(0, "made", time, "s", (("x", "m", "x"),), np.sin(time)[:, None], None)
    return Motion(**{**plain.__dict__, **values})


def saved(figure: Figure, path: Path) -> np.ndarray:
    save_figure(figure, path)
    return imread(path)


def test_curves_are_lines_and_noisy_values_dots() -> None:
    figure = series_sheet(pendulums(), 2)
    assert len(figure.axes) == 8
    for motion, angle, lengths in zip(pendulums(), figure.axes[::2], figure.axes[1::2], strict=True):
        drawn = [(line.get_linestyle(), line.get_ydata()) for line in (*angle.lines, *lengths.lines)]
        noisy = [0, 1] if motion.clean is not None else []
        assert motion.nominal is not None
        expected = []
        for column in range(3):
            expected.append(("-", motion.nominal[:, column]))
            expected += [("None", motion.values[:, column])] if column in noisy else []
            expected.append(("-", motion.path[:, column]))
        for found, wanted in zip(drawn, expected, strict=True):
            assert found[0] == wanted[0]
            np.testing.assert_array_equal(found[1], wanted[1])
        legend = lengths.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == ["x", "y"]
        assert angle.get_legend() is None


def test_axes_have_names_and_units_at_the_edges() -> None:
    figure = series_sheet(pendulums(), 2)
    assert [axes.get_ylabel() for axes in figure.axes] == ["angle [rad]", "[m]", "", ""] * 2
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "", "", "", "time [s]", "", "time [s]"]
    named = [f"{motion.number} {motion.label}" for motion in pendulums()]
    assert [axes.texts[0].get_text() for axes in figure.axes[::2]] == named


def test_each_catalogue_has_its_own_units() -> None:
    figure = contact_sheet(samples(Recipe.from_yaml(ENERGIES), 0, 4), 4, by_catalogue=True)
    assert [axes.get_ylabel() for axes in figure.axes] == ["[J]", "[J]", "", ""]
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "time", "time"]
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["1 swinging", "3 swinging", "0 bodies", "2 bodies"]


def test_clean_shows_no_dots() -> None:
    figure = contact_sheet(samples(noisy_pendulums(), 0, 4), 4, show="clean")
    assert all(line.get_linestyle() == "-" for axes in figure.axes for line in axes.lines)


def test_orbits_are_paths_with_a_ring_at_the_start_a_disc_at_the_end_and_equal_axes() -> None:
    for motion, axes in zip(bodies(), series_sheet(bodies(), 2).axes, strict=True):
        assert axes.get_aspect() == 1.0
        paths, rings, discs = axes.lines[::3], axes.lines[1::3], axes.lines[2::3]
        for body, (path, ring, disc) in enumerate(zip(paths, rings, discs, strict=True)):
            np.testing.assert_array_equal(path.get_xydata(), motion.path[:, 2 * body : 2 * body + 2])
            np.testing.assert_array_equal(ring.get_xydata(), motion.values[:1, 2 * body : 2 * body + 2])
            np.testing.assert_array_equal(disc.get_xydata(), motion.values[-1:, 2 * body : 2 * body + 2])
            assert (ring.get_marker(), ring.get_markerfacecolor()) == ("o", "white")
            assert (disc.get_marker(), disc.get_markerfacecolor()) == ("o", path.get_color())
        assert len({path.get_color() for path in paths}) == 3
        assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))
        for lines, limits in ((0, axes.get_xlim()), (1, axes.get_ylim())):
            values = motion.values[:, lines::2]
            assert limits[0] <= values.min()
            assert values.max() <= limits[1]


def test_orbits_in_space() -> None:
    (axes,) = series_sheet(bodies(1, dimensions=3), 1).axes
    assert axes.name == "3d"
    (motion,) = bodies(1, dimensions=3)
    np.testing.assert_array_equal(np.array(axes.lines[0].get_data_3d()).T, motion.path[:, :3])
    assert [axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()] == ["x", "y", "z"]


def test_a_sheet_shows_orbits_alone_and_one_sample_everything() -> None:
    outputs = ("position", "velocity", "kinetic", "energy")
    (motion,) = bodies(1, outputs)
    assert len(series_sheet([motion], 1).axes) == 1
    figure = sample_plot(motion)
    assert [axes.get_ylabel() for axes in figure.axes] == ["y", "velocity", ""]
    names = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes]
    assert names == [["0", "1", "2"], ["vx", "vy"], ["kinetic", "energy"]]


@pytest.mark.parametrize("across", [1, 2, 3])
def test_nothing_overlaps(across: int) -> None:
    figure = series_sheet(pendulums(5), across)
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in figure.axes]
    boxes += [axes.texts[0].get_window_extent() for axes in figure.axes if axes.texts]
    for number, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_equal_plots_are_equal_files_whatever_the_style(tmp_path: Path) -> None:
    for number, style in enumerate(({}, {"lines.color": "red", "font.size": 30, "axes.grid": True})):
        with matplotlib.rc_context(style):
            save_figure(series_sheet([*pendulums(2)], 2), tmp_path / f"{number}.png")
            save_figure(sample_plot(bodies(1, dimensions=3)[0]), tmp_path / f"space{number}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    assert (tmp_path / "space0.png").read_bytes() == (tmp_path / "space1.png").read_bytes()


def test_noise_is_seen(tmp_path: Path) -> None:
    shown = [motion for motion in pendulums() if motion.clean is not None]
    noisy = saved(series_sheet(shown, 1), tmp_path / "noisy.png")
    clean = saved(series_sheet([motion.without_noise() for motion in shown], 1), tmp_path / "clean.png")
    assert noisy.shape == clean.shape
    assert (noisy != clean).any(axis=2).sum() > 100


@pytest.mark.parametrize(
    "motion",
    [
        made(time=np.array([2.0]), values=np.array([[1.0]])),
        made(values=np.full((50, 1), np.nan)),
        made(values=np.full((50, 1), 7.0)),
        made(values=np.where(np.arange(50) == 9, np.inf, 1e300)[:, None]),
        made(time=np.arange(200_000.0), values=np.random.default_rng(0).normal(size=(200_000, 1))),
        made(label="a" * 64),
        made(time=np.array([0.0, 0.1, 5.0]), values=np.array([[0.0], [1.0], [-1.0]])),
    ],
    ids=["one step", "no numbers", "constant", "infinite", "long", "long name", "few steps"],
)
def test_odd_series_are_drawn(motion: Motion, tmp_path: Path) -> None:
    for figure in (series_sheet([motion], 1), sample_plot(motion)):
        page = saved(figure, tmp_path / "odd.png")
        assert (page[:, :, :3].min(axis=2) < 0.5).any()


def test_large_sheets_have_fewer_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    assert series_sheet([made()] * 4, 2).dpi == DPI
    monkeypatch.setattr(plots, "MOST_PIXELS", 1e5)
    figure = series_sheet([made()] * 4, 2)
    width, height = figure.get_size_inches() * figure.dpi
    assert width * height == pytest.approx(1e5)


def test_noisy_orbits_have_dots() -> None:
    recipe = Recipe.of_kind("n_body").with_overrides({"series.stop": 1, "noise": [{"gaussian": {"position": 0.1}}]})
    (motion,) = motions(samples(recipe, 0, 1)[:1])
    (axes,) = series_sheet([motion], 1).axes
    dots, paths = axes.lines[::4], axes.lines[1::4]
    for body, (dot, path) in enumerate(zip(dots, paths, strict=True)):
        np.testing.assert_array_equal(dot.get_xydata(), motion.values[:, 2 * body : 2 * body + 2])
        np.testing.assert_array_equal(path.get_xydata(), motion.path[:, 2 * body : 2 * body + 2])
        assert (dot.get_linestyle(), dot.get_color()) == ("None", path.get_color())
