"""What a recipe may write without its list."""

from __future__ import annotations

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe

LONG = """\
psf: {gaussian: {sigma: 1}}
noise:
  - gaussian: {sigma: 0.1}
catalogues:
  fields:
    psf: {moffat: {gamma: 2, alpha: 3}}
    noise: [{ccd: {sky: 4, gain: 2, read_noise: 1}}, {gaussian: {sigma: 1}}]
    objects:
      - star: {gamma: 2}
      - galaxy: {n: 3, theta: 30 deg}
"""
SHORT = """\
psf: [{gaussian: {sigma: 1}}]
noise:
  gaussian: {sigma: 0.1}
catalogues:
  fields:
    psf:
      - moffat:
          gamma: 2
          alpha: 3
    noise:
      ccd: {sky: 4, gain: 2, read_noise: 1}
      gaussian:
        sigma: 1
    objects:
      star: {gamma: 2}
      galaxy:
        n: 3
        theta: 30 deg
"""


def test_they_are_the_same_recipe() -> None:
    assert Recipe.from_yaml(SHORT) == Recipe.from_yaml(LONG)
    assert Recipe.from_yaml(SHORT).to_yaml() == Recipe.from_yaml(LONG).to_yaml()


def test_so_it_is_in_python() -> None:
    objects = {"star": {"gamma": 2}, "galaxy": {"n": 3, "theta": "30 deg"}}
    short = Recipe(catalogues={"c": {"objects": objects}}, noise={"gaussian": {"sigma": 1}})
    listed = [{name: options} for name, options in objects.items()]
    assert short == Recipe(catalogues={"c": {"objects": listed}}, noise=[{"gaussian": {"sigma": 1}}])
    assert short.set("noise", {"poisson": {"level": 3}}) == short.set("noise", [{"poisson": {"level": 3}}])


@pytest.mark.parametrize(
    ("right", "wrong", "line", "key"),
    [
        ("sigma: 0.1", "sigma: -1", 3, "noise.gaussian.sigma"),
        ("{sigma: 1}}]", "{sigma: -1}}]", 1, "psf.gaussian.sigma"),
        ("gamma: 2\n          alpha", "gamma: 500\n          alpha", 8, "catalogues.fields.psf.moffat.gamma"),
        ("        sigma: 1", "        sigma: -1", 13, "catalogues.fields.noise.gaussian.sigma"),
        ("        n: 3", "        n: 300", 17, "catalogues.fields.galaxy.n"),
        ("theta: 30 deg", "theta: 30 kg", 18, "catalogues.fields.galaxy.theta"),
        ("      galaxy:", "      galaxi:", 16, "catalogues.fields.galaxi"),
    ],
)
def test_errors_name_line_and_key(right: str, wrong: str, line: int, key: str) -> None:
    assert right in SHORT
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(SHORT.replace(right, wrong), "r.yaml")
    assert (caught.value.line, caught.value.key) == (line, key)


@pytest.mark.parametrize("psf", ["[]", "[{gaussian: {sigma: 1}}, {gaussian: {sigma: 1}}]"])
def test_a_psf_is_one(psf: str) -> None:
    with pytest.raises(RecipeError, match="psf: must be one PSF"):
        Recipe.from_yaml(f"psf: {psf}\ncatalogues: {{c: {{objects: [star]}}}}")
