"""Recipes whose samples have no information are refused with file, line, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import Likelihood, Recipe, RecipeError, UsageError
from tests.cli.running import run

STAR = "star: {x: 4, y: 4, gamma: 2, alpha: 3, amplitude: {uniform: [1, 2]}}"


def text(
    objects: str = f"[{STAR}]",
    noise: str = "[gaussian: {sigma: 0.1}]",
    image: str = "{shape: [8, 8]}",
    extras: str = "[crlb]",
    more: str = "",
) -> str:
    return f"image: {image}\nnoise: {noise}\nextras: {extras}\ncatalogues:\n  a:\n    objects: {objects}\n{more}"


SERIES = "series: {outputs: OUTPUTS}\nextras: [crlb]\nnoise: NOISE\ncatalogues: {a: {objects: [OBJECT]}}\n"


def series(
    noise: str = "[gaussian: {sigma: 0.1}]", entry: str = "pendulum", outputs: str = "[x, angle]", more: str = ""
) -> str:
    return SERIES.replace("NOISE", noise).replace("OBJECT", entry).replace("OUTPUTS", outputs) + more


REFUSED = {
    "no noise": (text(noise="[]"), 2, "noise", "without noise samples have no density"),
    "counts alone": (text(noise="[poisson: {level: 3}]"), 2, "noise.poisson", "poisson noise alone has no density"),
    "no reading noise": (
        text(noise="[ccd: {sky: 1, gain: 1, read_noise: 0}]"),
        2,
        "noise.ccd.read_noise",
        "is 0 in all samples",
    ),
    "no sigma": (text(noise="[gaussian: {sigma: 0}]"), 2, "noise.gaussian.sigma", "is 0 in all samples"),
    "two counts": (
        text(noise="[ccd: {sky: 1, gain: 2, read_noise: 1}, poisson: {level: 3}]"),
        2,
        "noise.ccd.gain",
        "must be 1 or 0 beside poisson noise",
    ),
    "shape": (text("[circle]"), 6, "catalogues.a.circle", "is a shape"),
    "count": (text("[star: {count: {integers: [1, 2]}}]"), 6, "catalogues.a.star.count", "is drawn: samples with"),
    "several": (text("[star: {count: 2}]"), 6, "catalogues.a.star.x", "is drawn for each of several objects"),
    "arms": (
        text("[spiral_galaxy: {arms: {integers: [2, 3]}}]"),
        6,
        "catalogues.a.spiral_galaxy.arms",
        "is a whole number",
    ),
    "nuisance": (
        text(f"[{STAR}, galaxy: {{x: 1}}]", extras="[fisher: {parameters: [star.amplitude]}]"),
        6,
        "catalogues.a.galaxy.y",
        "is drawn, but not among the parameters",
    ),
    "nothing drawn": (
        text("[star: {x: 4, y: 4, gamma: 2, alpha: 3, amplitude: 1}]"),
        3,
        "extras",
        "no parameter is drawn that every catalogue has",
    ),
    "unknown": (text(extras="[crlb: {parameters: [star.gama]}]"), 3, "extras.crlb", "did you mean 'star.gamma'"),
    "twice": (text(extras="[crlb: {parameters: [star.x, star.x]}]"), 3, "extras.crlb", "'star.x' stands twice"),
    "empty": (text(extras="[crlb: {parameters: []}]"), 3, "extras.crlb", "must hold at least one"),
    "two lists": (
        text(extras="[fisher: {parameters: [star.x]}, crlb: {parameters: [star.y]}]"),
        3,
        "extras.crlb",
        "is one list for fisher and crlb",
    ),
    "option": (text(extras="[crlb: {threshold: 1}]"), 3, "extras.crlb", "unknown option of crlb 'threshold'"),
    "two kinds": (
        text(more="  b: {objects: [galaxy: {name: star, amplitude: 1}]}\n"),
        7,
        "catalogues.b.star.x",
        "is of a star here and of a galaxy there",
    ),
    "bodies": (
        series(entry="n_body", outputs="[energy]"),
        4,
        "catalogues.a.n_body",
        "random draws where bodies start",
    ),
    "masses": (
        series(entry="n_body: {form: kepler, mass: {uniform: [1, 2]}}", outputs="[energy]"),
        4,
        "catalogues.a.n_body.mass",
        "is drawn for each body",
    ),
    "latent": (series(more="parameter_noise: {length: 0.1}\n"), 5, "parameter_noise", "is latent"),
    "silent output": (series(noise="[gaussian: {x: 0.1}]"), 3, "noise.gaussian", "the output angle has none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_reason_is_told_with_file_line_and_key(name: str, tmp_path: Path) -> None:
    recipe, line, key, words = REFUSED[name]
    path = tmp_path / "asked.yaml"
    path.write_text(recipe)
    ran = run("plan", path)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith(f"Error: {path}:{line}: {key}"), ran.err
    assert words in ran.err
    assert ran.err.count("\n") == 1


OF_LIKELIHOODS = (
    "no noise",
    "counts alone",
    "no reading noise",
    "no sigma",
    "shape",
    "count",
    "several",
    "arms",
    "bodies",
    "masses",
    "latent",
    "silent output",
)


@pytest.mark.parametrize("name", OF_LIKELIHOODS)
def test_likelihoods_are_refused_for_the_same_reason(name: str) -> None:
    recipe, _, key, words = REFUSED[name]
    asked = Recipe.from_yaml("\n".join(line for line in recipe.splitlines() if "extras" not in line))
    with pytest.raises(UsageError, match=words) as caught:
        Likelihood(asked)
    assert isinstance(caught.value, RecipeError)
    assert str(caught.value).startswith(key)
