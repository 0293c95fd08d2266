"""Light with a cutoff, tile by tile, against the kernels of the whole frame: bit for bit, over whole ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast import Recipe
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.image.grid import canvas_coordinates
from deepbench_fast.kernels.light.tiles import STEPS_OF_PLACE, TILE_COLUMNS, TILE_PIXELS, sort_into_tiles, tiles_of
from deepbench_fast.kernels.stopping import NEVER, Stop, Stopped
from deepbench_fast.render.scene import make_brushes

SAMPLES, OBJECTS = 3, 6
# Several tiles, two in a row.
SHAPE = (137, TILE_COLUMNS + 17)

WIDE: dict[str, dict[str, Any]] = {
    "star": {
        "amplitude": {"loguniform": [1e-3, 1e4]},
        "gamma": {"loguniform": [0.05, 60]},
        "alpha": {"loguniform": [1.05, 100]},
    },
    "galaxy": {
        "amplitude": {"loguniform": [1e-3, 1e3]},
        "r_eff": {"loguniform": [7, 90]},
        "n": {"uniform": [0.5, 10]},
        "ellip": {"uniform": [0, 0.95]},
        "theta": {"uniform": [-9, 9]},
    },
    "spiral_galaxy": {
        "amplitude": {"loguniform": [1e-3, 1e3]},
        "r_eff": {"loguniform": [1, 30]},
        "inclination": {"uniform": [0, 1.4]},
        "arms": {"integers": [1, 8]},
        "arm_strength": {"uniform": [0, 1]},
        "arm_width": {"uniform": [0.05, 3.1]},
        "bulge_fraction": {"uniform": [0, 1]},
    },
    "lens": {
        "x": {"uniform": [-40, 300]},
        "y": {"uniform": [-40, 160]},
        "theta_e": {"loguniform": [2, 40]},
        "q": {"uniform": [0.2, 1]},
        "gamma1": {"uniform": [-0.3, 0.3]},
        "gamma2": {"uniform": [-0.3, 0.3]},
        "source_amplitude": {"loguniform": [1e-3, 1e2]},
        "source_r_eff": {"loguniform": [0.5, 5]},
        "source_n": {"uniform": [0.5, 10]},
        "source_ellip": {"uniform": [0, 0.95]},
    },
}
PLACES = {"x": {"uniform": [-40, SHAPE[1] + 40]}, "y": {"uniform": [-40, SHAPE[0] + 40]}}
FORMS = [("star", ""), ("galaxy", ""), ("spiral_galaxy", "logarithmic"), ("spiral_galaxy", "ringermacher_mead")]
EVERY = [(kind, form, sampling) for kind, form in [*FORMS, ("lens", "")] for sampling in ("center", "integrate")]


def plan_of(kind: str, form: str, sampling: str, cutoff: float, seed: int = 0, count: int = OBJECTS) -> Plan:
    entry = {"count": count, **PLACES, **WIDE[kind], **({"form": form} if form else {})}
    image = {"shape": list(SHAPE), "sampling": sampling, "cutoff": cutoff}
    recipe: Recipe = Recipe.parse(
        {"name": "wide", "seed": seed, "image": image, "catalogues": {"c": {"objects": [{kind: entry}]}}}
    )
    return make_plan(recipe)


def whole(plan: Plan, pad: int, table: npt.NDArray[Any], count: int) -> npt.NDArray[np.float32]:
    """Every object by the kernel of the whole frame, and what of it isn't below the cutoff added in order."""
    brush = make_brushes(plan)[0]
    coordinates = canvas_coordinates(*plan.shape, pad)
    canvas = np.zeros((count, coordinates[0].size), np.float32)
    rounded = table.copy()
    for name in ("x", "y"):
        rounded[name] = np.rint(table[name] * STEPS_OF_PLACE) / STEPS_OF_PLACE
    for k, sample in enumerate(table["sample"]):
        rounded["sample"][k] = 0
        light = np.zeros((1, coordinates[0].size), np.float32)
        brush.kernel(light, *coordinates, (*plan.shape, pad), rounded[k : k + 1], 0)
        canvas[sample] += np.where(light[0] >= np.float32(plan.recipe.image.cutoff), light[0], np.float32(0.0))
    return on_frame(plan, pad, canvas)


def tiled(plan: Plan, pad: int, table: npt.NDArray[Any], count: int, threads: int = 1) -> npt.NDArray[np.float32]:
    brush = make_brushes(plan)[0]
    assert brush.tiled is not None
    canvas = np.zeros((count, canvas_coordinates(*plan.shape, pad)[0].size), np.float32)
    brush.tiled.draw(canvas, (*plan.shape, pad), table, 0, threads, NEVER)
    return on_frame(plan, pad, canvas)


def on_frame(plan: Plan, pad: int, canvas: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    height, width = plan.shape[0] + 2 * pad, plan.shape[1] + 2 * pad
    return canvas[:, : height * width].reshape(len(canvas), height, width)


@pytest.mark.parametrize(("kind", "form", "sampling"), EVERY)
@pytest.mark.parametrize(("cutoff", "pad"), [(1e-3, 0), (0.7, 5)])
def test_bits_are_those_of_the_whole_frame(kind: str, form: str, sampling: str, cutoff: float, pad: int) -> None:
    costly = (kind, sampling) == ("lens", "integrate")
    plan = plan_of(kind, form, sampling, cutoff, count=2 if costly else OBJECTS)
    table = draw(plan, 0, SAMPLES).objects[kind]
    expected = whole(plan, pad, table, SAMPLES)
    assert (expected > 0).any()
    np.testing.assert_array_equal(tiled(plan, pad, table, SAMPLES), expected)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    which=st.sampled_from([("star", "center"), ("star", "integrate"), ("galaxy", "center"), ("galaxy", "integrate")]),
    seed=st.integers(0, 10**6),
    exponent=st.floats(-8.0, 4.0),
    pad=st.integers(0, 7),
)
def test_no_box_is_too_small(which: tuple[str, str], seed: int, exponent: float, pad: int) -> None:
    plan = plan_of(which[0], "", which[1], 10.0**exponent, seed)
    table = draw(plan, 0, 1).objects[which[0]]
    np.testing.assert_array_equal(tiled(plan, pad, table, 1), whole(plan, pad, table, 1))


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(which=st.sampled_from([*FORMS[2:], ("lens", "")]), seed=st.integers(0, 10**6), exponent=st.floats(-6.0, 3.0))
def test_no_box_of_rarer_kinds_is_too_small(which: tuple[str, str], seed: int, exponent: float) -> None:
    plan = plan_of(*which, "center", 10.0**exponent, seed)
    table = draw(plan, 0, 1).objects[which[0]]
    np.testing.assert_array_equal(tiled(plan, 0, table, 1), whole(plan, 0, table, 1))


@pytest.mark.parametrize("kind", ["star", "galaxy"])
@pytest.mark.parametrize(
    "corner",
    [
        {"x": 3.5, "y": 2.5},
        {"x": -0.5, "y": -1.5},
        {"x": 255.5, "y": 127.5},
        {"x": 1e6, "y": -1e6},
        {"amplitude": 0.0},
        {"amplitude": 1e20},
        {"amplitude": 1e-3},
        {"gamma": 1e-3, "r_eff": 7.0, "n": 0.5},
        {"gamma": 1e6, "r_eff": 1e6, "n": 10.0},
        {"alpha": 1.0001, "ellip": 0.95},
        {"alpha": 100.0, "ellip": 0.0},
    ],
)
@pytest.mark.parametrize("sampling", ["center", "integrate"])
def test_corners(kind: str, corner: dict[str, float], sampling: str) -> None:
    plan = plan_of(kind, "", sampling, 1e-3, 5)
    table = draw(plan, 0, 1).objects[kind]
    for name in set(corner) & set(table.dtype.names or ()):
        table[name] = corner[name]
    np.testing.assert_array_equal(tiled(plan, 2, table, 1), whole(plan, 2, table, 1))


@pytest.mark.parametrize("threads", [2, 5])
def test_bits_do_not_depend_on_threads(threads: int) -> None:
    plan = plan_of("star", "", "center", 1e-4, count=40)
    table = draw(plan, 0, SAMPLES).objects["star"]
    np.testing.assert_array_equal(tiled(plan, 3, table, SAMPLES, threads), tiled(plan, 3, table, SAMPLES))


def test_a_sample_does_not_depend_on_its_neighbours() -> None:
    plan = plan_of("galaxy", "", "center", 1e-3)
    table = draw(plan, 0, SAMPLES).objects["galaxy"]
    together = tiled(plan, 0, table, SAMPLES)
    alone = table[table["sample"] == 1].copy()
    alone["sample"] = 0
    np.testing.assert_array_equal(tiled(plan, 0, alone, 1)[0], together[1])


def test_every_tile_has_the_objects_that_touch_it() -> None:
    rng = np.random.default_rng(4)
    frame = (300, 700, 4)
    ellipses = np.zeros((200, 6))
    ellipses[:, 0], ellipses[:, 1] = rng.uniform(-50, 750, 200), rng.uniform(-50, 350, 200)
    angle, q = rng.uniform(0, 3.2, 200), rng.uniform(0.05, 1.0, 200)
    c, s = np.cos(angle), np.sin(angle)
    ellipses[:, 2] = q * q * c * c + s * s
    ellipses[:, 3] = (q * q - 1.0) * c * s
    ellipses[:, 4] = q * q * s * s + c * c
    ellipses[:, 5] = (q * rng.uniform(0.3, 120.0, 200)) ** 2
    ellipses[::7, 5] = -1.0
    tiles = tiles_of(frame)
    starts = np.empty(2 * tiles.down * tiles.across + 1, np.int64)
    samples = np.sort(rng.integers(0, 2, 200))
    objects = sort_into_tiles(samples, ellipses, frame, starts)
    rows, columns = np.mgrid[-4:304, -4:704]
    tile = (rows + tiles.before) // tiles.rows * tiles.across + (columns + tiles.before) // tiles.columns
    assert np.unique(tile).tolist() == list(range(tiles.down * tiles.across))
    found = [objects[starts[i] : starts[i + 1]].tolist() for i in range(len(starts) - 1)]
    for own in found:
        assert own == sorted(set(own))
    for k, (x, y, xx, xy, yy, limit) in enumerate(ellipses):
        inside = xx * (columns - x) ** 2 + 2 * xy * (columns - x) * (rows - y) + yy * (rows - y) ** 2 <= limit
        for touched in np.unique(tile[inside]):
            assert k in found[samples[k] * tiles.down * tiles.across + touched]


@given(height=st.integers(1, 20_000), width=st.integers(1, 20_000), pad=st.integers(0, 300))
def test_tiles_are_even_cover_their_canvas_and_stay_in_the_cache(height: int, width: int, pad: int) -> None:
    tiles = tiles_of((height, width, pad))
    assert tiles.before in (pad, pad + 1)
    assert not any(size % 2 for size in (tiles.before, tiles.rows, tiles.columns))
    for pixels, size, number in ((height, tiles.rows, tiles.down), (width, tiles.columns, tiles.across)):
        assert 0 <= number * size - (tiles.before + pixels + pad) <= 2 * number
    assert tiles.rows * tiles.columns <= TILE_PIXELS
    assert tiles.columns <= TILE_COLUMNS


def test_work_that_is_stopped_ends() -> None:
    plan = plan_of("star", "", "center", 1e-4)
    brush, stop = make_brushes(plan)[0], Stop()
    assert brush.tiled is not None
    stop.set()
    canvas = np.zeros((1, canvas_coordinates(*plan.shape, 0)[0].size), np.float32)
    with pytest.raises(Stopped):
        brush.tiled.draw(canvas, (*plan.shape, 0), draw(plan, 0, 1).objects["star"], 0, 3, stop)
    assert not canvas.any()


def test_a_tile_that_is_stopped_is_left() -> None:
    plan = plan_of("star", "", "center", 1e-4)
    brush, stop = make_brushes(plan)[0], Stop()
    assert brush.tiled is not None
    canvas = np.zeros((1, canvas_coordinates(*plan.shape, 0)[0].size), np.float32)
    draw_tiles, count = brush.tiled._sorted(canvas, (*plan.shape, 0), draw(plan, 0, 1).objects["star"], 0, stop)
    stop.set()
    draw_tiles((0, count))
    assert not canvas.any()
    stop.flag[0] = 0
    draw_tiles((0, count))
    assert canvas.any()
