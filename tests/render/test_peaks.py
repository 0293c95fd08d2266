"""What masks measure an object's light against: its own brightest pixel, on the frame or beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, samples
from deepbench_fast.kernels.image.masks import highest_beside
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.own import load_kinds
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.render.peaks import LARGEST_VIEW, STRONGEST_DEFLECTION
from tests.oracles import lens as lens_oracle

RING = Path(__file__).parents[2] / "docs" / "examples" / "ring.py"
SIZE, AROUND, COUNT = 20, 64, 40
SHARE = 0.3
PSFS = {"none": None, "gaussian": {"gaussian": {"sigma": 1.6}}, "moffat": {"moffat": {"gamma": 1.2, "alpha": 3}}}
WAYS = [
    (declared.name, settings, options)
    for declared in kinds().values()
    if declared.dynamics is None
    for settings, options in declared.renderings()
]


def places(name: str) -> tuple[str, ...]:
    redraw = kind(name).redraw
    return redraw.ends if redraw else ("x", "y")


def scattered(name: str, low: float, high: float, **changes: object) -> Recipe:
    """One object of a kind in each sample, in and around a small frame; keys of `changes` have __ for a dot."""
    recipe = Recipe.of_kind(name).with_overrides({"size": (SIZE, SIZE)})
    for column in places(name):
        recipe = recipe.set(f"catalogues.{name}.{name}.{column}", {"uniform": [low, high]})
    recipe = recipe.with_overrides({key.replace("__", "."): value for key, value in changes.items()})
    return recipe.set("extras", ["clean", {"masks": {"threshold": SHARE}}])


def around(recipe: Recipe, name: str) -> Recipe:
    """The same objects, moved by whole pixels into the middle of a frame that holds them whole."""
    moved = recipe.resolved().with_overrides({"size": [SIZE + 2 * AROUND] * 2, "extras": ["clean"]})
    for column in places(name):
        low, high = moved.catalogues[name].objects[0].parameters[column].support
        moved = moved.set(f"catalogues.{name}.{name}.{column}", {"uniform": [low + AROUND, high + AROUND]})
    return moved


def check(recipe: Recipe, name: str, least_outside: int = 8) -> None:
    """Masks against brute-force ones: an object's light in the frame over that of its brightest pixel anywhere."""
    whole = samples(around(recipe, name), 0, COUNT)["clean"]
    seen = whole[:, AROUND:-AROUND, AROUND:-AROUND]
    peaks = whole.max(axis=(1, 2))
    share = seen / np.maximum(peaks, np.finfo(np.float32).tiny)[:, None, None]
    made = samples(recipe, 0, COUNT)
    wrong = ((made["masks"] == 1) != (share > SHARE)) & (np.abs(share / SHARE - 1) > 1e-4)
    assert not wrong.any(), np.flatnonzero(wrong.any(axis=(1, 2)))
    inside = seen.max(axis=(1, 2)) == peaks
    own = made["clean"].max(axis=(1, 2))[inside, None, None]
    expected = (made["clean"][inside] > np.float32(SHARE) * own).astype(np.uint16)
    assert np.array_equal(made["masks"][inside], expected)  # to the bit what the frame alone says
    assert (~inside).sum() >= least_outside


@pytest.mark.parametrize("psf", PSFS)
@pytest.mark.parametrize(
    ("name", "settings", "options"),
    WAYS,
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_masks_are_those_of_a_frame_that_holds_the_object(
    name: str, settings: dict[str, object], options: dict[str, str], psf: str
) -> None:
    changes = {f"image.{key}": value for key, value in settings.items()}
    changes |= {f"catalogues.{name}.{name}.{key}": value for key, value in options.items()}
    check(scattered(name, -14, SIZE + 13, **changes, psf=PSFS[psf]), name)


def test_masks_of_a_kind_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lengths say how far from its centre it can be brightest."""
    monkeypatch.setattr(registry, "_own", {})
    load_kinds(str(RING))
    check(scattered("ring", -14, SIZE + 13, catalogues__ring__ring__radius={"uniform": [3, 12]}), "ring")


CORNERS: list[tuple[str, dict[str, object]]] = [
    ("star", {"gamma": 0.001}),
    ("star", {"gamma": 400, "alpha": 0.1}),
    ("galaxy", {"ellip": 0.95, "r_eff": {"uniform": [0.2, 9]}, "n": 10}),
    ("galaxy", {"ellip": 0.95, "r_eff": 0.01, "n": 3}),
    ("spiral_galaxy", {"arm_width": 0.05, "arm_strength": 1, "bulge_fraction": 0, "r_eff": {"uniform": [0.5, 9]}}),
    ("spiral_galaxy", {"inclination": 1.4, "arm_width": 0.05, "arm_strength": 1, "r_eff": {"uniform": [1, 5]}}),
    ("lens", {"gamma1": 0.3, "gamma2": 0.3, "theta_e": {"uniform": [1, 9]}}),
    ("lens", {"gamma1": -0.3, "gamma2": 0.2, "q": 0.2, "theta_e": 5, "source_r_eff": 0.1}),
    ("lens", {"source_dx": {"uniform": [-15, 15]}, "source_dy": 12, "theta_e": 2, "source_ellip": 0.95}),
    ("lens", {"theta_e": 4, "softening": 2, "source_dx": 0, "source_dy": 0}),
    ("arc", {"radius": 20, "line_width": 1}),
    ("polygon", {"radius": 25, "vertices": 3, "fill": 0, "line_width": 1}),
    ("rectangle", {"width": 70, "height": 0.5, "fill": 1}),
    ("line", {"line_width": 8, "min_length": 0}),
]


@pytest.mark.parametrize("psf", PSFS)
@pytest.mark.parametrize(("name", "values"), CORNERS)
def test_corners_of_the_valid_ranges(name: str, values: dict[str, object], psf: str) -> None:
    changes = {f"catalogues__{name}__{name}__{key}": value for key, value in values.items()}
    if kind(name).layer == "shape":
        changes["image__coverage"] = True
    check(scattered(name, -8, SIZE + 7, **changes, psf=PSFS[psf]), name, least_outside=3)


@pytest.mark.parametrize("fill", [0, 1])
def test_objects_larger_than_any_view(fill: int) -> None:
    """A disc, and the stroke around it, whose edge passes beside the frame: seen whole by frames further on."""
    radius = 3 * LARGEST_VIEW
    recipe = Recipe.of_kind("circle").with_overrides({"size": (SIZE, SIZE), "psf": {"gaussian": {"sigma": 3}}})
    values = {"radius": radius, "line_width": 4, "fill": fill, "y": SIZE / 2}
    recipe = recipe.with_overrides({f"catalogues.circle.circle.{key}": value for key, value in values.items()})
    recipe = recipe.set("extras", ["clean", {"masks": {"threshold": SHARE}}])
    for gap in (1, 3, 8):
        beside, on = (
            samples(recipe.set("catalogues.circle.circle.x", -radius - gap + moved), 0, 1) for moved in (0, 12 + gap)
        )
        expected = beside["clean"] > SHARE * on["clean"].max()
        assert 0 < beside["clean"].max() < on["clean"].max()
        np.testing.assert_array_equal(beside["masks"] == 1, expected)
        assert expected.any() == (gap == 1)


@pytest.mark.parametrize("corner", [(-30, -5), (-8, 3), (3, 3), (12, 40), (-100, 2)])
def test_only_pixels_beside_the_frame_are_looked_at(corner: tuple[int, int]) -> None:
    side, frame = 16, (20, 11)
    light = np.random.default_rng(3).random((5, side * side), np.float32)
    left, top = (np.full(5, value) for value in corner)
    columns, rows = np.meshgrid(corner[0] + np.arange(side), corner[1] + np.arange(side))
    inside = ((columns >= 0) & (columns < frame[1]) & (rows >= 0) & (rows < frame[0])).ravel()
    peaks = np.array([0, 0.5, 2, 0.999, 0], np.float32)
    expected = np.maximum(peaks, np.where(inside, 0, light).max(axis=1))
    highest_beside(light, side, left, top, frame, peaks)
    np.testing.assert_array_equal(peaks, expected)


def test_no_lens_deflects_by_more() -> None:
    """The deflection of elliptical lenses, softened or not, in Einstein radii."""
    turn = np.linspace(0, 2 * np.pi, 361)
    strongest = 0.0
    for q in np.linspace(0.2, 1, 41):
        for softening in (0.0, 0.1, 0.5):
            for distance in (0.01, 1.0, 1e3):
                parameters = {"theta_e": 1.0, "q": q, "phi": 0.0, "softening": softening, "gamma1": 0.0, "gamma2": 0.0}
                x, y = lens_oracle.deflection(parameters, distance * np.cos(turn), distance * np.sin(turn))
                strongest = max(strongest, float(np.hypot(x, y).max()))
    assert 1.07 < strongest < STRONGEST_DEFLECTION
