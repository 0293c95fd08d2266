"""What stands where in a scene: composition of shapes, light on top, forms, redrawn lines, whole-number images."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe, samples

SQUARES = """
version: 1
name: squares
image: {shape: [32, 40]%s}
catalogues:
  squares:
    objects:
      - rectangle: {x: 12, y: 10, width: 8, height: 6, angle: 0, fill: 1}
      - rectangle: {x: 14, y: 12, width: 8, height: 6, angle: 0, fill: 1}
"""


def area(options: str) -> dict[float, int]:
    image = samples(Recipe.from_yaml(SQUARES % options), 0, 1)["images"][0]
    values, counts = np.unique(image, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def test_overlaps() -> None:
    assert area("") == {0: 1280 - 72, 1: 72}
    assert area(", overlap: xor") == {0: 1280 - 48, 1: 48}
    assert area(", overlap: add") == {0: 1280 - 72, 1: 48, 2: 24}


def test_whole_number_images() -> None:
    assert area(", overlap: add, dtype: uint8") == area(", overlap: add")
    got = samples(Recipe.from_yaml(SQUARES % ", dtype: uint8"), 0, 1)
    assert got["images"].dtype == np.uint8


def test_light_adds_to_shapes() -> None:
    star = "\n      - star: {x: 12, y: 10, amplitude: 0.5}"
    without, both = (samples(Recipe.from_yaml(SQUARES % "" + more), 0, 1)["images"][0] for more in ("", star))
    alone = Recipe.from_yaml(SQUARES.split("      - rect")[0] % "" + star.replace("\n", "", 1))
    np.testing.assert_allclose(both, without + samples(alone, 0, 1)["images"][0], rtol=1e-6)


def test_rows_and_columns_are_not_mixed_up() -> None:
    """Shapes and light share one pair of axes: x is the column, y the row."""
    text = "version: 1\ncatalogues: {c: {objects: [%s]}}\nimage: {shape: [20, 40]}\n"
    for kind in ("circle: {x: 31, y: 6, radius: 3, fill: 1}", "star: {x: 31, y: 6, gamma: 1}"):
        image = samples(Recipe.from_yaml(text % ("{" + kind + "}")), 0, 1)["images"][0].astype(float)
        rows, columns = np.indices(image.shape)
        peak = image >= image.max() * 0.999
        assert (columns[peak].mean(), rows[peak].mean()) == (31, 6)


def test_forms_share_a_table_and_leave_the_others_columns_empty() -> None:
    text = """
version: 1
image: {shape: [32, 32]}
catalogues:
  both:
    objects:
      - spiral_galaxy: {name: log}
      - spiral_galaxy: {name: rm, form: ringermacher_mead}
"""
    table = samples(Recipe.from_yaml(text), 0, 50).tables.objects["spiral_galaxy"]
    logarithmic = table["entry"] == 0
    assert np.isfinite(table["pitch"][logarithmic]).all()
    assert np.isnan(table["pitch"][~logarithmic]).all()
    assert np.isnan(table["rm_b"][logarithmic]).all()
    assert (table["rm_n"][logarithmic] == 0).all()
    assert np.isin(table["rm_n"][~logarithmic], (4, 6, 8)).all()


def test_default_lines_are_long_enough() -> None:
    table = samples(Recipe.of_kind("line").set("image.shape", [64, 64]), 0, 2000).tables.objects["line"]
    length = np.hypot(table["x2"] - table["x1"], table["y2"] - table["y1"])
    assert length.min() >= 0.2 * 64
    one = samples(Recipe.of_kind("line").set("image.shape", [64, 64]), 1234, 1235).tables.objects["line"]
    assert one.tobytes() == table[1234:1235].tobytes()


def test_a_lens_scatters_its_source_by_its_einstein_radius() -> None:
    table = samples(Recipe.of_kind("lens"), 0, 3000).tables.objects["lens"]
    share = table["source_dx"] / table["theta_e"]
    assert -0.5 <= share.min() < -0.49
    assert 0.49 < share.max() <= 0.5


@pytest.mark.parametrize("psf", ["{gaussian: {sigma: 1.0}}", "{moffat: {gamma: 1.5, alpha: 3}}"])
def test_a_catalogue_may_have_its_own_psf(psf: str) -> None:
    text = """
version: 1
image: {shape: [24, 24]}
psf: {gaussian: {sigma: 0.6}}
catalogues:
  a: {objects: [star: {amplitude: 1}]}
  b: {psf: %s, objects: [star: {amplitude: 1}]}
"""
    mixed = samples(Recipe.from_yaml(text % psf), 0, 40)
    alone = samples(Recipe.from_yaml((text % psf).replace("psf: {gaussian: {sigma: 0.6}}", f"psf: {psf}")), 0, 40)
    same = samples(Recipe.from_yaml(text % "{gaussian: {sigma: 0.6}}"), 0, 40)
    b = mixed.labels == 1
    np.testing.assert_array_equal(mixed["images"][b], alone["images"][b])
    np.testing.assert_array_equal(mixed["images"][~b], same["images"][~b])
    assert (mixed["images"][b] != same["images"][b]).any()
