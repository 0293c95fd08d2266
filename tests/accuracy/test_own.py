"""Light of a user's own functions, cusps and edges among them, against quadrature along the edges of pixels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from deepbench_fast import Recipe, light_kind, parameter, samples, simulate
from deepbench_fast.kernels.elementary import exp, log
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.registry import Kind
from tests.accuracy.corners import wide
from tests.accuracy.stated import Worst, campaign
from tests.oracles.means import known_means

SIZE = 9
FAINT = 1e-5
CUSP, BELL, PEAK, CONE, DISC, RING, PAIR = range(7)


def profile(dx, dy, row):  # type: ignore[no-untyped-def]
    """Seven functions in one, so that one is compiled."""
    r2 = (dx * dx + dy * dy) / (row.width * row.width)
    r = np.sqrt(r2)
    if row.form == CUSP:
        return row.amplitude * exp(-0.5 * row.power * log(r2)) if r2 > 0.0 else np.inf
    if row.form == BELL:
        return row.amplitude * exp(-0.5 * r2)
    if row.form == PEAK:
        return row.amplitude * exp(-r)
    if row.form == CONE:
        return row.amplitude * max(1.0 - r, 0.0)
    if row.form == DISC:
        return row.amplitude if r < 1.0 else 0.0
    if row.form == RING:
        across = r - row.power
        return row.amplitude * exp(-0.5 * across * across)
    return row.amplitude * (dx / row.width) * exp(-0.5 * r2)


@pytest.fixture(scope="module")
def declared() -> Kind:
    names = ("form", "width", "power", "amplitude")
    light_kind("own_profile", parameters=[parameter(name, default=1, integer=name == "form") for name in names])(
        profile
    )
    return registry._own.pop("own_profile")


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch, declared: Kind) -> None:
    monkeypatch.setattr(registry, "_own", {"own_profile": declared})


def made(sampling: str, given: dict[str, float], **image: object) -> np.ndarray:
    recipe = Recipe.of_kind("own_profile")
    recipe = recipe.with_overrides({"image": {"shape": [SIZE, SIZE], "sampling": sampling, **image}})
    return np.asarray(
        simulate(recipe, {f"own_profile.{name}": value for name, value in given.items()}, 0)[0], np.float64
    )


def within(form: int, power: float, r: float) -> float:
    """The integral of a radial function times r, from 0 to r; width and amplitude 1."""
    if form == CUSP:
        return float(r ** (2.0 - power) / (2.0 - power))
    if form == BELL:
        return float(-np.expm1(-0.5 * r * r))
    if form == PEAK:
        return float(-np.expm1(-r) - r * np.exp(-r))
    if form == CONE:
        return float(r * r / 2 - r**3 / 3 if r < 1.0 else 1 / 6)
    return float(min(r, 1.0) ** 2 / 2)


def radial_mean(form: int, power: float, width: float, dx: float, dy: float) -> float:
    """Mean over the pixel whose centre is at (dx, dy): Green's theorem, the sum of its edges seen from the origin."""
    corners = np.array([(dx - 0.5, dy - 0.5), (dx + 0.5, dy - 0.5), (dx + 0.5, dy + 0.5), (dx - 0.5, dy + 0.5)])
    total = 0.0
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = other - one
        distance = one[0] * along[1] - one[1] * along[0]  # signed; edges are of length 1
        foot = -float(one @ along)
        if abs(distance) < 1e-12:
            continue
        turns = [foot]
        if form in (CONE, DISC) and width > abs(distance):
            half = float(np.sqrt(width * width - distance * distance))
            turns += [foot - half, foot + half]
        for part in (-1e-2, 1e-2):
            turns.append(foot + part)

        def slope(t: float, distance: float = distance, foot: float = foot) -> float:
            r2 = distance * distance + (t - foot) ** 2
            return float(distance / r2 * within(form, power, np.sqrt(r2) / width))

        inside = sorted({0.0, 1.0, *(t for t in turns if 0.0 < t < 1.0)})
        for start, end in pairwise(inside):
            total += quad(slope, start, end, epsabs=1e-13, epsrel=1e-11, limit=200)[0]
    return float(total * width * width)


def place(rng: np.random.Generator) -> tuple[float, float]:
    x, y = rng.integers(2, SIZE - 2, 2) + rng.choice([0.0, 0.5, 0.25, -0.4999, 1e-9, rng.uniform(-0.5, 0.5)], 2)
    return float(x), float(y)


def pixels(rng: np.random.Generator, x: float, y: float) -> list[tuple[int, int]]:
    """The pixel of the centre, its neighbours, and some more: row, column."""
    row, column = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
    near = [(row, column), (row + 1, column), (row, column - 1), (row - 1, column + 1)]
    return near + [(int(i), int(j)) for i, j in rng.integers(0, SIZE, (4, 2))]


def see(worst: Worst, image: np.ndarray, rng: np.random.Generator, mean: Callable[..., float], **case: float) -> None:
    for row, column in pixels(rng, case["x"], case["y"]):
        true = mean(column - case["x"], row - case["y"])
        if abs(true) > FAINT * np.abs(image).max():
            worst.see(abs(image[row, column] / true - 1.0), row=row, column=column, **case)


@campaign(60, 3000)
def test_center(draws: int) -> None:
    """The function's value, in float32."""
    rng, worst = np.random.default_rng(1), Worst("own kind, `center`")
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for _ in range(draws):
        x, y = place(rng)
        width, amplitude = wide(rng, 1e-3, 1e3), wide(rng, 1e-30, 1e30)
        image = made("center", {"x": x, "y": y, "form": CONE, "width": width, "power": 1.0, "amplitude": amplitude})
        dx, dy = columns - x, rows - y
        true = amplitude * np.maximum(1.0 - np.sqrt((dx * dx + dy * dy) / (width * width)), 0.0)
        seen = true > 1e-3 * amplitude
        worst.see(np.max(np.abs(image[seen] / true[seen] - 1.0), initial=0.0), x=x, y=y, width=width)
    worst.check()


@campaign(60, 2000)
def test_integrate(draws: int) -> None:
    """Cusps up to r**-1.5, bells and peaks of any width at the centre."""
    rng, worst = np.random.default_rng(2), Worst("own kind, `integrate`")
    for _ in range(draws):
        x, y = place(rng)
        form = int(rng.integers(CUSP, CONE))
        width = wide(rng, 1e-3 if form in (BELL, PEAK) else 0.3, 30.0)
        power = float(rng.uniform(0.0, 1.5))
        case = {"x": x, "y": y, "form": form, "width": width, "power": power, "amplitude": wide(rng, 1e-20, 1e20)}
        image = made("integrate", case) / case["amplitude"]
        see(worst, image, rng, lambda dx, dy, c=case: radial_mean(c["form"], c["power"], c["width"], dx, dy), **case)
    worst.check()


@campaign(40, 1000)
def test_away_from_the_centre(draws: int) -> None:
    """Rings of a width from 0.15 pix, and light of both signs."""
    rng, worst = np.random.default_rng(3), Worst("own kind, `integrate`, away from the centre")
    rows, columns = (grid.astype(np.float64) for grid in np.mgrid[:SIZE, :SIZE])
    for _ in range(draws):
        x, y = place(rng)
        form = int(rng.choice([RING, PAIR]))
        width = wide(rng, 0.15 if form == RING else 0.5, 5.0)
        case = {"x": x, "y": y, "form": form, "width": width, "power": rng.uniform(0.5, 4) / width, "amplitude": 1.0}
        image = made("integrate", case)

        def light(across: np.ndarray, down: np.ndarray, c: dict[str, float] = case) -> np.ndarray:
            dx, dy = (across - c["x"]) / c["width"], (down - c["y"]) / c["width"]
            if c["form"] == RING:
                return np.asarray(np.exp(-0.5 * (np.hypot(dx, dy) - c["power"]) ** 2))
            return np.asarray(dx * np.exp(-0.5 * (dx * dx + dy * dy)))

        size, _ = known_means(lambda u, v, light=light: np.abs(light(u, v)), columns, rows, 1e-2, 3, 5)
        chosen = tuple(np.transpose([(i, j) for i, j in np.ndindex(size.shape) if size[i, j] > FAINT * size.max()]))
        where = rng.integers(0, chosen[0].size, 8)
        at = chosen[0][where], chosen[1][where]
        true, known = known_means(light, columns[at], rows[at], 1e-6, 3, 9, 50_000)
        seen, size, image = known, size[at], image[at]
        worst.see(np.max((np.abs(image - true) / size)[seen], initial=0.0), **case)
    worst.check()


@pytest.mark.parametrize(("form", "what"), [(DISC, "jumps"), (CONE, "kinks")])
@campaign(60, 2000)
def test_edges(draws: int, form: int, what: str) -> None:
    """Light that ends on a circle, at once or with a kink."""
    rng, worst = np.random.default_rng(4), Worst(f"own kind, `integrate`, {what}")
    for _ in range(draws):
        x, y = place(rng)
        case = {"x": x, "y": y, "form": form, "width": wide(rng, 0.01, 30.0), "power": 1.0, "amplitude": 1.0}
        image = made("integrate", case)
        for row, column in pixels(rng, x, y):
            true = radial_mean(form, 1.0, case["width"], column - x, row - y)
            worst.see(abs(image[row, column] - true), row=row, column=column, **case)
    worst.check()


@pytest.mark.parametrize(
    ("sampling", "oversample", "psf"),
    [
        ("center", 1, {"gaussian": {"sigma": 1.1}}),
        ("integrate", 1, {"moffat": {"gamma": 1.2, "alpha": 4}}),
        ("integrate", 3, {"gaussian": {"sigma": 0.8}}),
        ("center", 3, None),
    ],
)
def test_as_built_in_light(sampling: str, oversample: int, psf: object) -> None:
    """A bell of one's own is a galaxy of n = 1/2, whose r_eff is sqrt(2 ln 2) times its width."""
    worst = Worst("own kind with PSF and oversampling")
    rng = np.random.default_rng(5)
    for _ in range(4):
        x, y = place(rng)
        width = float(rng.uniform(0.6, 3.0))
        given = {"x": x, "y": y, "form": BELL, "width": width, "power": 1.0, "amplitude": 1.0}
        image = {"shape": [SIZE, SIZE], "sampling": sampling, "oversample": oversample}
        r_eff = width * np.sqrt(2.0 * np.log(2.0))
        galaxy = {"x": x, "y": y, "amplitude": 0.5, "r_eff": r_eff, "n": 0.5, "ellip": 0.0, "theta": 0.0}
        both = [
            Recipe.parse({"image": image, "psf": psf, "catalogues": {"one": {"objects": [{kind: parameters}]}}})
            for kind, parameters in (("own_profile", given), ("galaxy", galaxy))
        ]
        images = [samples(recipe, 0, 1)["images"][0].astype(np.float64) for recipe in both]
        worst.see(np.abs(images[0] - images[1]).max() / images[1].max(), x=x, y=y, width=width)
    worst.check()
