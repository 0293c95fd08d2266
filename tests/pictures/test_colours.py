from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast import Recipe
from deepbench_fast.pictures.colours import (
    line_colours,
    mask_colours,
    noise_level,
    scaled,
    shapes_alone,
)


def of_light(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return scaled(image, False)


def of_shapes(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return scaled(image, True)


def test_stretch_is_monotone_from_0_to_1() -> None:
    image = np.linspace(-1, 50, 400).reshape(20, 20)
    values = of_light(image)
    assert values.min() == 0
    assert values.max() == 1
    assert (np.diff(values.ravel()) >= 0).all()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e30])
def test_stretch_of_a_flat_image_is_dark(value: float) -> None:
    assert not of_light(np.full((5, 4), value)).any()


def test_stretch_keeps_shapes_black_and_white() -> None:
    image = np.zeros((10, 10))
    image[3:6, 3:6] = 1
    assert set(of_light(image).ravel()) == {0.0, 1.0}


def test_noise_is_visible_and_does_not_dominate() -> None:
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:64, :64]
    light = 100 * np.exp(-0.5 * ((rows - 32) ** 2 + (columns - 32) ** 2) / 9)
    sky = of_light(light + rng.normal(0, 1, light.shape))[:16]
    assert 0.03 < sky.mean() < 0.3
    assert 0.02 < sky.std() < 0.15


def test_an_image_of_noise_alone_stays_dark() -> None:
    values = of_light(np.random.default_rng(5).normal(7, 3, (64, 64)))
    assert values.mean() < 0.3
    assert 0.05 < values.max() < 0.6


def test_noise_level_sees_through_smooth_light() -> None:
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:128, :128]
    light = 20 * np.exp(-0.5 * ((rows - 64) ** 2 + (columns - 60) ** 2) / 400)
    assert noise_level(light + rng.normal(0, 0.7, light.shape)) == pytest.approx(0.7, rel=0.1)
    assert noise_level(np.zeros((1, 1))) == 0


def test_shapes_keep_the_covered_parts_of_pixels() -> None:
    image = np.zeros((9, 9))
    image[4] = [0, 0.25, 0.5, 1, 1, 1, 0.5, 0.25, 0]
    np.testing.assert_array_equal(of_shapes(image), image)
    np.testing.assert_array_equal(of_shapes(3 * image), image)


def test_images_without_and_full_of_shapes() -> None:
    assert not of_shapes(np.zeros((5, 4))).any()
    assert (of_shapes(np.ones((5, 4), np.uint8)) == 1).all()


@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.2])
def test_noise_leaves_shapes_bright(sigma: float) -> None:
    shape = np.zeros((128, 128))
    shape[40:50, 20:100] = 1
    values = of_shapes(shape + np.random.default_rng(6).normal(0, sigma, shape.shape))
    assert values[shape == 1].mean() > 0.85
    assert values[shape == 0].mean() < 0.35
    assert np.median(of_shapes(np.random.default_rng(7).normal(0, sigma, shape.shape))) < 0.5


def test_masks_have_a_colour_for_each_object() -> None:
    colours = mask_colours(np.arange(22, dtype=np.uint16).reshape(2, 11)).reshape(22, 4)
    assert colours[0].tolist() == [0, 0, 0, 1]
    assert len({tuple(colour) for colour in colours[:21].tolist()}) == 21
    np.testing.assert_array_equal(colours[21], colours[1])


def test_catalogues_of_shapes_alone() -> None:
    assert shapes_alone(Recipe.builtin("lensing")) == set()
    shapes = {"rectangle", "polygon", "ellipse", "circle", "arc", "line"}
    assert shapes_alone(Recipe.builtin("gallery")) == shapes


@pytest.mark.parametrize("count", [1, 6, 7, 64])
def test_lines_differ_in_colour(count: int) -> None:
    colours = line_colours(count)
    assert len(set(colours)) == count
    assert np.all((np.array(colours) >= 0) & (np.array(colours) <= 1))


def test_few_lines_have_the_same_colours_however_many_there_are() -> None:
    assert line_colours(6)[:2] == line_colours(2)
