"""A noise model and a PSF that only this test declares go everywhere: the lists "to add ..." are complete."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from deepbench_fast import Recipe, RecipeError, Simulator, generate, ladder, open_dataset, samples, verify
from deepbench_fast.effects.effect import Noise, Psf, Rows
from deepbench_fast.effects.registry import NOISES, PSFS, register
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.backend import Backend
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.values.model import Drawn
from deepbench_fast.values.parameter import Parameter
from tests.cli.running import run_apart, run_well


class DeadPixels(Noise):
    """Pixels that read 0, each with the same probability."""

    name: ClassVar[str] = "dead"
    rank: ClassVar[int] = 5
    of_light: ClassVar[bool] = True
    streams: ClassVar[tuple[str, ...]] = ("noise.dead",)
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("share", "", "probability of each pixel", 0.0, 1.0),)

    share: Drawn

    @classmethod
    def apply(cls, pixels: Any, rows: Rows, kernel: Backend) -> None:
        for t, share in enumerate(rows.columns["share"]):
            if share > 0:
                address = [*rows.key, rows.streams["noise.dead"][t], rows.members[t]]
                pixels[t, np.random.default_rng([int(word) for word in address]).random(pixels.shape[1]) < share] = 0

    @classmethod
    def add_variance(cls, light: Any, rows: Rows, out: Any, kernel: Backend) -> None:
        share = rows.number("share")
        out += (share * (1 - share))[:, None] * light.astype(np.float64) ** 2

    def softened(self, fraction: Fraction) -> DeadPixels:
        return self._scaled({"share": fraction})


class BoxPsf(Psf):
    """The mean over a square of pixels about each one."""

    name: ClassVar[str] = "box"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("radius", "pix", "pixels on each side", 0.0, 10.0, integer=True),
    )

    radius: Drawn

    @property
    def widest(self) -> float:
        return self.radius.support[1]

    @classmethod
    def reach(cls, rows: Rows, side: int, kernel: Backend) -> int:
        return int(rows.number("radius").max())

    @classmethod
    def blur(cls, canvas: Any, frame: tuple[int, int, int], rows: Rows, out: Any, kernel: Backend, stop: Stop) -> None:
        height, width, pad = frame
        for t, radius in enumerate(rows.number("radius").astype(int)):
            scene = canvas[t, : (height + 2 * pad) * (width + 2 * pad)].reshape(height + 2 * pad, width + 2 * pad)
            places = [(i, j) for i in range(-radius, radius + 1) for j in range(-radius, radius + 1)]
            shifted = [scene[pad + i : pad + i + height, pad + j : pad + j + width] for i, j in places]
            out[t] = np.mean(shifted, axis=0, dtype=np.float64).ravel()


TEXT = """
name: toys
seed: 4
samples: 60
image: {shape: [14, 18]}
psf: {box: {radius: 1}}
noise: [{gaussian: {sigma: 0.1}}, {dead: {share: {uniform: [0.1, 0.4]}}}]
extras: [clean, variance]
catalogues:
  dead: {objects: [star]}
  alive: {noise: [{gaussian: {sigma: 0.2}}], psf: {gaussian: {sigma: 1}}, objects: [star]}
  whole: {noise: [{dead: {share: 1}}], psf: null, objects: [star]}
"""


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    register(DeadPixels, BoxPsf)
    yield
    NOISES.pop(DeadPixels.name, None)
    PSFS.pop(BoxPsf.name, None)


@pytest.fixture
def recipe() -> Recipe:
    return Recipe.from_yaml(TEXT)


def test_recipes_hold_them(recipe: Recipe) -> None:
    assert Recipe.from_yaml(recipe.to_yaml()).hash() == recipe.hash()
    assert recipe.set("noise.dead.share", 0.2).hash() != recipe.hash()
    assert recipe.set("psf.box.radius", "2 pix").psf == BoxPsf(radius=2)
    valid = Draft202012Validator(json_schema()).is_valid
    star = {"catalogues": {"c": {"objects": ["star"]}}}
    assert valid({"noise": [{"dead": {"share": 0.1}}], "psf": {"box": {"radius": 2}}, **star})
    assert not valid({"noise": [{"dead": {}}], **star})
    assert not valid({"psf": {"box": {"radius": 1.5}}, **star})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"noise.dead.share": 2}, "noise.dead.share: must be from 0 to 1, not 2"),
        ({"noise": [{"dead": {"shar": 1}}]}, "noise.dead.shar: unknown key 'shar'; did you mean 'share'"),
        ({"noise": [{"ded": {"share": 1}}]}, "unknown noise model 'ded'; did you mean 'dead'"),
        ({"psf": {"box": {"radius": 1.5}}}, "psf.box.radius: must be a whole number from 0 to 10 pix, not 1.5"),
        ({"psf": {"box": {}}}, "psf.box.radius: is missing"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(recipe: Recipe, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe.with_overrides(changes)
    assert problem in str(caught.value)
    with pytest.raises(RecipeError, match="dead: is noise of images; a series can have gaussian"):
        Recipe.from_yaml("noise: [{dead: {share: 1}}]\ncatalogues: {a: {objects: [pendulum]}}")


def test_they_are_applied_kept_and_verified(recipe: Recipe, tmp_path: Path) -> None:
    generate(recipe, tmp_path / "toys.h5")
    assert verify(tmp_path / "toys.h5", regenerate="all").same
    dataset, made = open_dataset(tmp_path / "toys.h5"), samples(recipe, 0, 60)
    np.testing.assert_array_equal(dataset[:]["images"], made["images"])
    table = made.tables.samples
    dead, alive, whole = (table["catalogue"] == k for k in range(3))
    assert not made["images"][whole].any()
    assert np.isnan(table["noise_dead_share"][alive]).all()
    assert table["psf_box_radius"][dead].tolist() == [1] * dead.sum()
    many = samples(recipe.set("noise", [{"dead": {"share": 0.3}}]), 0, 60)
    silenced = (many["images"] == 0)[many.tables.samples["catalogue"] == 0].mean()
    assert silenced == pytest.approx(0.3, abs=0.03)


def test_they_blur_by_their_own_formula() -> None:
    text = "image: {shape: [9, 9]}\npsf: {box: {radius: 1}}\ncatalogues: {a: {objects: [%s]}}"
    dot = "{rectangle: {x: 4, y: 0, width: 1, height: 1, angle: 0, amplitude: 9, fill: 1}}"
    image = samples(Recipe.from_yaml(text % dot), 0, 1)["images"][0]
    assert image[:2, 3:6].tolist() == [[1.0] * 3] * 2
    assert image.sum() == 6


def test_variance_and_ratio_are_those_of_the_noise_made(recipe: Recipe) -> None:
    made = samples(recipe, 0, 60)
    power = made["clean"].astype(np.float64) ** 2
    share, sigma = (np.nan_to_num(made.tables.samples[f"noise_{name}"]) for name in ("dead_share", "gaussian_sigma"))
    expected = (share * (1 - share))[:, None, None] * power + (sigma**2)[:, None, None]
    np.testing.assert_allclose(made["variance"], expected, rtol=1e-6)
    with np.errstate(divide="ignore"):
        ratio = np.sqrt((power / expected).sum(axis=(1, 2)))
    np.testing.assert_allclose(made.tables.samples["noise_snr"], ratio, rtol=1e-12)


def test_simulators_are_given_them(recipe: Recipe) -> None:
    simulator = Simulator(recipe, catalogue="dead")
    made = simulator.given({"noise.dead.share": [0.0, 1.0]}, seed=1)
    assert made["images"][0].any()
    assert (made["images"][1] != made["clean"][1]).any()


def test_ladders_climb_to_them(recipe: Recipe) -> None:
    quiet, half, loud = ladder(recipe, "noise", 3)
    assert loud.set("name", recipe.name).hash() == recipe.hash()
    assert half.noise[1] == DeadPixels(share={"uniform": [0.05, 0.2]})
    made = samples(quiet, 0, 20)
    np.testing.assert_array_equal(made["images"], made["clean"])
    *_, last = ladder(recipe, "spread", 3)
    assert last.set("name", recipe.name).hash() == recipe.hash()


def test_of_no_law_there_is_no_likelihood(recipe: Recipe) -> None:
    made = samples(recipe, 0, 4)
    with pytest.raises(UsageError, match="noise dead has no likelihood"):
        DeadPixels.log_likelihood(made["images"], made["clean"], Rows({}, {}, np.arange(4), np.zeros(2, np.uint32)))


def test_commands_know_them(tmp_path: Path) -> None:
    file, recipe = tmp_path / "toys.h5", tmp_path / "toys.yaml"
    recipe.write_text(TEXT)
    assert "dead" in run_well("schema").json["$defs"]["noise"]["properties"]
    plan = run_well("plan", recipe).out
    assert "noise.dead.share" in plan
    assert "psf.box.radius" in plan
    run_well("generate", recipe, file)
    assert "dead" in run_well("show", file, 3).out
    run_well("verify", file, "--regenerate", "all")
    refused = run_apart("verify", file, "--regenerate", 3)
    assert refused.status
    assert refused.err.count("\n") == 1
    assert "unknown PSF 'box'" in refused.err


def test_without_them_recipes_are_refused(recipe: Recipe) -> None:
    NOISES.pop("dead")
    with pytest.raises(RecipeError, match="unknown noise model 'dead'"):
        Recipe.from_yaml(TEXT)
    assert "dead" not in json_schema()["$defs"]["noise"]["properties"]
    PSFS.pop("box")
    with pytest.raises(RecipeError, match="unknown PSF 'box'"):
        Recipe.from_yaml(TEXT)
