"""Every wrong input is one plain line with file, line and key."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
import yaml

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe, load
from deepbench_fast.recipe.load import (
    MAX_BYTES,
    SyntaxProblem,
    builtin_path,
    builtin_recipes,
    parse,
    read_text,
    scalar,
)
from tests.campaigns.damage import damaged_text

SKY = """\
version: 1
seed: 42
samples: 100_000
image: {shape: [64, 64]}
psf: {gaussian: {sigma: 0.7}}
noise:
  - gaussian: {sigma: {uniform: [0.0, 0.2]}}
splits: {train: 0.6, validation: 0.2, test: 0.2}
targets: [catalogue, count.star, count.galaxy]
extras: [clean]
catalogues:
  stars:
    weight: 1
    objects:
      - star: {amplitude: {loguniform: [1, 100]}, gamma: 2.0}
  fields:
    weight: 2
    objects:
      - star:   {count: {poisson: 5}}
      - galaxy:
          count: {integers: [1, 3]}
          n:
            uniform:
              - 0.5
              - 4
      - galaxy
      - star: {name: bright, amplitude: 50}
"""
JARGON = re.compile(r"Input should|pydantic|http|validation error|Traceback|type=|\n")


def refuse(text: str, source: str | None = "sky.yaml") -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, source)
    assert not JARGON.search(str(caught.value))
    return caught.value


def test_the_recipe_that_the_cases_spoil_is_good() -> None:
    Recipe.from_yaml(SKY)


CASES = [
    # old, new, line, key, words
    ("seed: 42", "sede: 42", 2, "sede", "unknown key 'sede'; did you mean 'seed'?"),
    ("version: 1", "version: 2", 1, "version", "must be 1"),
    ("version: 1", "version: true", 1, "version", "must be 1"),
    ("seed: 42", "seed: -1", 2, "seed", "whole number, 0 or above, or text, not -1"),
    ("seed: 42", "seed: 1.5", 2, "seed", "not 1.5"),
    ("seed: 42", "seed:", 2, "seed", "not nothing"),
    ("seed: 42", "seed: [1]", 2, "seed", "not [1]"),
    ("seed: 42", "name: 3", 2, "name", "must be text"),
    (
        "    weight: 2",
        "    samples: 2",
        17,
        "catalogues.fields.samples",
        "in the recipe, beside 'catalogues'",
    ),
    ("  fields:\n", "  noise: {gaussian: {sigma: 1}}\n  fields:\n", 16, "catalogues.noise", "beside 'catalogues'"),
    ("  fields:\n", "  more:\n  fields:\n", 16, "catalogues.more", "what is in one stands further to the right"),
    ("star:   {", "star:\n        count: 2\n      - star: {", 19, "catalogues.fields.star", "further to the right"),
    ("sigma: 0.7", "sigma: 0.7 px", 5, "psf.gaussian.sigma", "'0.7 px'; numbers without a unit are in pix"),
    ("seed: 42", 'name: "a\\nb"', 2, "name", "must be text on one line"),
    ("samples: 100_000", "samples: ten", 3, "samples", "must be a whole number from 1 to 281474976710655, not 'ten'"),
    ("samples: 100_000", "samples: 1.5", 3, "samples", "not 1.5"),
    ("samples: 100_000", "samples: 0", 3, "samples", "not 0"),
    ("samples: 100_000", "samples: true", 3, "samples", "not true"),
    ("samples: 100_000", "samples: .nan", 3, "samples", "not nan"),
    ("samples: 100_000", "samples: -.inf", 3, "samples", "not -inf"),
    ("samples: 100_000", "samples: 1e999", 3, "samples", "not inf"),
    ("samples: 100_000", f"samples: {10**200}", 3, "samples", "whole number"),
    ("samples: 100_000", f"samples: {'9' * 5000}", 3, "samples", "whole number"),
    ("[64, 64]", "[64]", 4, "image.shape", "two whole numbers [rows, columns], not [64]"),
    ("[64, 64]", "64", 4, "image.shape", "two whole numbers"),
    ("[64, 64]", "[64, -1]", 4, "image.shape", "whole number from 1 to 16384, not -1"),
    ("[64, 64]", "[64, 64], dtype: uint8", 4, "image.dtype", "uint8"),
    ("[64, 64]", "[64, 64], dtype: float16", 4, "image.dtype", "must be float32 or uint8, not 'float16'"),
    ("shape: [64, 64]", "sampling: centre", 4, "image.sampling", "must be center or integrate, not 'centre'"),
    ("shape: [64, 64]", "size: [64, 64]", 4, "image.size", "unknown key 'size'"),
    (
        "{shape: [64, 64]}",
        "64x64",
        4,
        "image",
        "keys with values (shape, dtype, sampling, oversample, overlap, coverage, pixel_scale, cutoff), not '64x64'",
    ),
    ("gaussian: {sigma: 0.7}", "gausian: {sigma: 0.7}", 5, "psf.gausian", "did you mean 'gaussian'?"),
    ("gaussian: {sigma: 0.7}", "gaussian: {sgma: 0.7}", 5, "psf.gaussian.sgma", "did you mean 'sigma'?"),
    ("gaussian: {sigma: 0.7}", "gaussian: {}", 5, "psf.gaussian.sigma", "is missing"),
    ("gaussian: {sigma: 0.7}", "gaussian: 0.7", 5, "psf.gaussian", "keys with values (sigma)"),
    ("sigma: 0.7", "sigma: -0.7", 5, "psf.gaussian.sigma", "must be from 0 to 100 pix, not -0.7"),
    ("sigma: 0.7", "sigma: 101", 5, "psf.gaussian.sigma", "must be from 0 to 100 pix, not 101"),
    ("{gaussian: {sigma: 0.7}}", "0.7", 5, "psf", "one PSF with its parameters (gaussian, moffat)"),
    ("[0.0, 0.2]", "[0.3, 0.2]", 7, "noise.gaussian.sigma", "uniform: low (0.3) must not be above high (0.2)"),
    ("[0.0, 0.2]", "[-0.1, 0.2]", 7, "noise.gaussian.sigma", "reaches from -0.1 to 0.2"),
    ("[0.0, 0.2]", "[0.1, x]", 7, "noise.gaussian.sigma", "uniform: high must be a number, not 'x'"),
    ("uniform: [0.0, 0.2]", "unifrom: [0, 1]", 7, "noise.gaussian.sigma", "did you mean 'uniform'?"),
    ("uniform: [0.0, 0.2]", "offset: {from: x, by: 1}", 7, "noise.gaussian.sigma", "can't be an offset"),
    ("  - gaussian: {", "  - gaussian: {sigma: 1}\n  - gaussian: {", 8, "noise.gaussian", "stands twice"),
    ("uniform: [0.0, 0.2]", "scaled: {by: x, of: 1}", 7, "noise.gaussian.sigma", "can't be scaled"),
    ("sigma: {uniform: [0.0, 0.2]}", "snr: 0", 7, "noise.gaussian.snr", "must be from 0.001 to"),
    ("sigma: {uniform: [0.0, 0.2]}", "snr: 9, sigma: 1", 7, "noise.gaussian.snr", "has sigma and snr: give one"),
    ("sigma: {uniform: [0.0, 0.2]}", "", 7, "noise.gaussian", "needs its sigma or its snr"),
    ("sigma: {uniform: [0.0, 0.2]}", "sgma: 3", 7, "noise.gaussian.sgma", "did you mean 'sigma'?"),
    (
        "  - gaussian: {",
        "  - gausian: {",
        7,
        "noise.gausian",
        "did you mean 'gaussian'? (allowed: gaussian, poisson, ccd)",
    ),
    ("  - gaussian: {", "  - poisson: {level: -1}\n  - gaussian: {", 7, "noise.poisson.level", "from 0 to 1e9"),
    ("  - gaussian: {", "  - poisson: {}\n  - gaussian: {", 7, "noise.poisson.level", "is missing"),
    (
        "  - gaussian: {",
        "  - poisson: {level: 1, subtract: 3}\n  - gaussian: {",
        7,
        "noise.poisson.subtract",
        "true or false",
    ),
    (
        "  - gaussian: {",
        "  - poisson: {level: 1}\n  - poisson: {level: 2}\n  - gaussian: {",
        8,
        "noise.poisson",
        "stands twice",
    ),
    (
        "  - gaussian: {",
        "  - ccd: {sky: 1, gain: -1, read_noise: 1}\n  - gaussian: {",
        7,
        "noise.ccd.gain",
        "electron / adu",
    ),
    ("  - gaussian: {", "  - ccd: {sky: 1, gain: 1}\n  - gaussian: {", 7, "noise.ccd.read_noise", "is missing"),
    ("gaussian: {sigma: 0.7}", "moffat: {gamma: 0.4, alpha: 3}", 5, "psf.moffat.gamma", "from 0.5 to 100 pix, not 0.4"),
    ("gaussian: {sigma: 0.7}", "moffat: {gamma: 2, alpha: 1}", 5, "psf.moffat.alpha", "above 1 and up to 20, not 1"),
    ("gaussian: {sigma: 0.7}", "moffat: {gamma: 2}", 5, "psf.moffat.alpha", "is missing"),
    ("\n  - gaussian: {sigma: {uniform: [0.0, 0.2]}}", " gaussian", 6, "noise", "must be a list"),
    ("test: 0.2", "test: 0.3", 8, "splits", "must sum to exactly 1, not 1.1"),
    ("test: 0.2", "test: 0.2000000001", 8, "splits", "must sum to exactly 1, not 1.0000000001"),
    ("test: 0.2", "test: -0.2", 8, "splits.test", "must not be negative"),
    ("test: 0.2", "test: 0.2, none: 0", 8, "splits.none", "above 0"),
    ("test: 0.2", "test: 1/0", 8, "splits.test", "a number or a fraction like 1/3, not '1/0'"),
    ("test: 0.2", "te/st: 0.2", 8, "splits.te/st", "must be a name"),
    ("count.star,", "count.strr,", 9, "targets", "unknown target 'count.strr'; did you mean 'count.star'?"),
    ("count.star,", "star.gamma,", 9, "targets", "'star' must have count 1 wherever it stands"),
    ("count.star,", "{star.gamma: {noise: 3}},", 9, "targets", "must have count 1 wherever it stands"),
    ("count.star,", "catalogue,", 9, "targets", "'catalogue' stands twice"),
    ("[catalogue, count.star, count.galaxy]", "catalogue", 9, "targets", "must be a list"),
    ("[clean]", "[claen]", 10, "extras", "did you mean 'clean'?"),
    ("[clean]", "[{masks: {treshold: 1}}]", 10, "extras.masks", "did you mean 'threshold'?"),
    ("[clean]", "[{masks: {threshold: -1}}]", 10, "extras.masks", "must be from 0 to below 1, not -1"),
    ("[clean]", "[{masks: 3}]", 10, "extras.masks", "options with values"),
    ("[clean]", "[{clean: {threshold: 1}}]", 10, "extras.clean", "unknown option of clean 'threshold'"),
    ("[clean]", "[masks, {masks: {threshold: 1}}]", 10, "extras", "'masks' stands twice"),
    ("[clean]", "[3]", 10, "extras", "a name, e.g. clean, not 3"),
    ("shape: [64, 64]", "coverage: 1", 4, "image.coverage", "must be true or false, not 1"),
    ("shape: [64, 64]", "overlap: sum", 4, "image.overlap", "must be union or xor or add, not 'sum'"),
    ("shape: [64, 64]", "coverge: true", 4, "image.coverge", "did you mean 'coverage'?"),
    ("[clean]", "[clean, clean]", 10, "extras", "stands twice"),
    ("[clean]", "clean", 10, "extras", "must be a list"),
    ("  fields:", "  my fields:", 16, "catalogues.my fields", "must be a name"),
    ("  fields:", "  -fields:", 16, "catalogues.-fields", "must be a name"),
    ("  fields:", "  stars:", 16, "", "the key 'stars' stands twice, first in line 12"),
    ("weight: 2", "weight: 0", 17, "catalogues.fields.weight", "must be above 0"),
    ("weight: 2", "weight: -1", 17, "catalogues.fields.weight", "must not be negative"),
    ("weight: 2", "weight: big", 17, "catalogues.fields.weight", "a number or a fraction"),
    ("weight: 2", "weigth: 2", 17, "catalogues.fields.weigth", "did you mean 'weight'?"),
    ("weight: 2", "noise: 3", 17, "catalogues.fields.noise", "must be a list"),
    ("weight: 2", "psf: {gaussian: {sigma: -1}}", 17, "catalogues.fields.psf.gaussian.sigma", "from 0 to 100 pix"),
    ("weight: 2\n    objects:", "weight: 2\n    objets:", 18, "catalogues.fields.objets", "did you mean 'objects'?"),
    ("- star:   {count: {poisson: 5}}", "- 3", 19, "catalogues.fields.3", "one kind with its parameters"),
    ("- star:   {count", "- star: {}\n        x: {count", 19, "catalogues.fields.star", "one kind with its parameters"),
    ("- star:   {count: {poisson: 5}}", "- star: 3", 19, "catalogues.fields.star", "parameters with values, not 3"),
    ("- star:   {count: {poisson: 5}}", "- quasar", 19, "catalogues.fields.quasar", "unknown kind 'quasar'"),
    ("poisson: 5", "poisson: 1e5", 19, "catalogues.fields.star.count", "use a smaller mean"),
    ("poisson: 5", "uniform: [1, 2]", 19, "catalogues.fields.star.count", "whole number"),
    ("poisson: 5", "choice: [1, 2.5]", 19, "catalogues.fields.star.count", "whole number"),
    ("poisson: 5", "normal: [1, 2]", 19, "catalogues.fields.star.count", "whole number"),
    ("poisson: 5", "integers: [-1, 2]", 19, "catalogues.fields.star.count", "from -1 to 2"),
    ("count: {poisson: 5}", "count: 70_000", 19, "catalogues.fields.star.count", "from 0 to 65535, not 70000"),
    ("count: {poisson: 5}", "name: a/b", 19, "catalogues.fields.a/b.name", "must be a name"),
    ("- galaxy:\n", "- galxy:\n", 20, "catalogues.fields.galxy", "unknown kind 'galxy'; did you mean 'galaxy'?"),
    ("          n:", "          m:", 22, "catalogues.fields.galaxy.m", "unknown parameter of galaxy 'm'"),
    ("          n:", "          r_ef:", 22, "catalogues.fields.galaxy.r_ef", "did you mean 'r_eff'?"),
    ("            uniform:", "            normal:", 22, "catalogues.fields.galaxy.n", "give it low and high"),
    ("            uniform:", "            unifrm:", 23, "catalogues.fields.galaxy.n", "did you mean 'uniform'?"),
    ("- 0.5", "- 0.2", 22, "catalogues.fields.galaxy.n", "from 0.5 to 10, but uniform [0.2, 4] reaches from 0.2 to 4"),
    ("- 0.5", "- half", 23, "catalogues.fields.galaxy.n", "uniform: low must be a number, not 'half'"),
    ("      - galaxy\n", "      - galaxi\n", 26, "catalogues.fields.galaxi", "did you mean 'galaxy'?"),
    ("      - galaxy\n", "      - galaxy: {n: 99}\n", 26, "catalogues.fields.galaxy.2.n", "from 0.5 to 10, not 99"),
    ("amplitude: 50", "amplitude: -50", 27, "catalogues.fields.bright.amplitude", "not -50"),
    ("amplitude: 50", "amplitude: 30 mag", 27, "catalogues.fields.bright.amplitude", "not '30 mag'"),
    ("amplitude: 50", "amplitude: .nan", 27, "catalogues.fields.bright.amplitude", "finite number, not nan"),
    ("name: bright", "name: galaxy.2", 27, "catalogues.fields.galaxy.2.name", "another entry"),
    ("name: bright", "name: objects", 27, "catalogues.fields.objects.name", "reserved"),
    ("name: bright", "name: 3", 27, "catalogues.fields.star.2.name", "must be a name"),
    ("amplitude: 50", "gamma: {offset: {from: alpa, by: 1}}", 27, "catalogues.fields.bright.gamma", "mean 'alpha'?"),
    (
        "amplitude: 50",
        "gamma: {offset: {from: gamma, by: 1}}",
        27,
        "catalogues.fields.bright.gamma",
        "gamma from gamma",
    ),
    (
        "amplitude: 50",
        "gamma: {offset: {from: alpha, by: 1}}, alpha: {offset: {from: gamma, by: 1}}",
        27,
        "catalogues.fields.bright.gamma",
        "offsets run in a circle: gamma from alpha from gamma",
    ),
    (
        "amplitude: 50",
        "gamma: {offset: {from: alpha, by: -3}}",
        27,
        "catalogues.fields.bright.gamma",
        "reaches from -0.5 to 1.765 together with what it adds to",
    ),
]


SHAPES = """\
image: {shape: [64, 64]}
catalogues:
  shapes:
    objects:
      - rectangle: {fill: true}
      - line: {line_width: 2}
      - arc: {theta1: 10}
      - polygon: {vertices: 5}
  sky:
    objects:
      - spiral_galaxy: {handedness: 1}
      - lens: {q: 1}
"""
RM = "form: ringermacher_mead"
SHAPE_CASES = [
    ("fill: true", "fill: 2", 5, "catalogues.shapes.rectangle.fill", "must be 0 or 1, not 2"),
    ("fill: true", "fill: {uniform: [0, 1]}", 5, "catalogues.shapes.rectangle.fill", "gives other numbers too"),
    ("fill: true", "width: 0", 5, "catalogues.shapes.rectangle.width", "must be from 1e-9 to 1000000 pix, not 0"),
    ("fill: true", "width: true", 5, "catalogues.shapes.rectangle.width", "must be a number"),
    ("fill: true", "amplitude: -1", 5, "catalogues.shapes.rectangle.amplitude", "not -1"),
    ("fill: true", "min_length: 3", 5, "catalogues.shapes.rectangle.min_length", "unknown parameter of rectangle"),
    ("fill: true", "form: round", 5, "catalogues.shapes.rectangle.form", "unknown parameter of rectangle 'form'"),
    ("line_width: 2", "line_width: 0.5", 6, "catalogues.shapes.line.line_width", "a thinner line has gaps"),
    ("line_width: 2", "min_length: -1", 6, "catalogues.shapes.line.min_length", "must be 0 or above, not -1"),
    ("line_width: 2", "min_length: 90", 6, "catalogues.shapes.line.min_length", "at most 71.2764 pix, the longest"),
    ("line_width: 2", "min_lenght: 9", 6, "catalogues.shapes.line.min_lenght", "did you mean 'min_length'?"),
    ("theta1: 10", "theta3: 10", 7, "catalogues.shapes.arc.theta3", "did you mean 'theta"),
    ("theta1: 10", "fill: 1", 7, "catalogues.shapes.arc.fill", "unknown parameter of arc 'fill'"),
    ("vertices: 5", "vertices: 2", 8, "catalogues.shapes.polygon.vertices", "a whole number from 3 to 1000, not 2"),
    ("vertices: 5", "vertices: 3.5", 8, "catalogues.shapes.polygon.vertices", "a whole number from 3"),
    ("handedness: 1", "handedness: 0", 11, "catalogues.sky.spiral_galaxy.handedness", "must be -1 or 1, not 0"),
    (
        "handedness: 1",
        "handedness: {integers: [-1, 1]}",
        11,
        "catalogues.sky.spiral_galaxy.handedness",
        "other numbers",
    ),
    ("handedness: 1", "form: logarthmic", 11, "catalogues.sky.spiral_galaxy.form", "did you mean 'logarithmic'?"),
    ("handedness: 1", "form: 3", 11, "catalogues.sky.spiral_galaxy.form", "must be text"),
    ("handedness: 1", "rm_b: 1", 11, "catalogues.sky.spiral_galaxy.rm_b", "this spiral_galaxy has form logarithmic"),
    ("handedness: 1", f"{RM}, pitch: 1", 11, "catalogues.sky.spiral_galaxy.pitch", "a parameter of form logarithmic"),
    ("handedness: 1", f"{RM}, rm_n: 0", 11, "catalogues.sky.spiral_galaxy.rm_n", "a whole number from 1 to 64, not 0"),
    ("q: 1", "source_dx: {scaled: {by: thetae, of: 1}}", 12, "catalogues.sky.lens.source_dx", "mean 'theta_e'?"),
    ("q: 1", "q: {scaled: {by: theta_e, of: 1}}", 12, "catalogues.sky.lens.q", "together with what it scales"),
    ("q: 1", "gamma1: 0.4", 12, "catalogues.sky.lens.gamma1", "from -0.3 to 0.3, not 0.4"),
    ("[64, 64]}", "[64, 64], dtype: uint8}", 1, "image.dtype", "must be float32: lens is light"),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"), SHAPE_CASES, ids=[f"{c[3]}: {c[1][:30]!r}" for c in SHAPE_CASES]
)
def test_wrong_shapes_are_named_with_file_line_and_key(old: str, new: str, line: int, key: str, words: str) -> None:
    Recipe.from_yaml(SHAPES)
    assert SHAPES.count(old) == 1
    error = refuse(SHAPES.replace(old, new))
    assert (error.line, error.key) == (line, key)
    assert words in error.problem


@pytest.mark.parametrize(("old", "new", "line", "key", "words"), CASES, ids=[f"{c[3]}: {c[1][:30]!r}" for c in CASES])
def test_wrong_values_are_named_with_file_line_and_key(old: str, new: str, line: int, key: str, words: str) -> None:
    assert SKY.count(old) == 1 or old in ("sigma: 0.7", "uniform: [0.0, 0.2]", "test: 0.2")
    error = refuse(SKY.replace(old, new))
    assert (error.source, error.line, error.key) == ("sky.yaml", line, key)
    assert words in error.problem
    assert str(error) == f"sky.yaml:{line}: {key + ': ' if key else ''}{error.problem}"


SYNTAX = [
    ("", 1, "is empty"),
    ("# nothing\n", 1, "is empty"),
    ("3", 1, "must be keys with values"),
    ("- a", 1, "must be keys with values"),
    ("a: [1, 2\nb: 3", 2, "is not valid YAML"),
    ("a: b: c", 1, "mapping values are not allowed here"),
    ("a: 1\n\tb: 2", 2, "is not valid YAML"),
    ("a: 1\nb: 'x", 2, "is not valid YAML"),
    ("a: 1\nb: a\x00b", 2, "holds the character 0x0000"),
    ("a: 1\nb: 2\na: 3", 3, "the key 'a' stands twice, first in line 1"),
    ("a: 1\n---\nb: 2", 2, "second document"),
    ("a: !!python/object/apply:os.system [x]", 1, "tags like"),
    ("a: 1\nb: !!int 3", 2, "tags like"),
    ("a: ! 3", 1, "tags like"),
    ("a: 1\nb: *nobody", 2, "the alias *nobody refers to nothing"),
    ("a: &a [*a]", 1, "the alias *a refers to nothing that is complete"),
    ("a: &a [1]\nc: {<<: *a}", 2, "a merge key (<<) needs a mapping or a list of mappings"),
    ("? [a]\n: 1", 1, "a key must be plain text"),
    ("? {a: 1}\n: 1", 1, "a key must be plain text"),
    ("{!!str a: 1}", 1, "a key must be plain text"),
    ("[" * 100_000, 1, "is nested more than 20 deep"),
    ("{a: " * 100_000, 1, "is nested more than 20 deep"),
    ("a: 1\n" + "- " * 100_000, 2, "is not valid YAML"),
    ("x: [" + "1," * 120_000 + "]", 1, "more than 100000 values"),
    ("a" * (MAX_BYTES + 1), None, "is longer than 1048576 bytes"),
    ("é" * (MAX_BYTES // 2 + 1), None, "is longer than 1048576 bytes"),
]


@pytest.mark.parametrize(("text", "line", "words"), SYNTAX, ids=[repr(case[0][:30]) for case in SYNTAX])
def test_what_is_no_recipe_in_yaml_is_named_with_its_line(text: str, line: int | None, words: str) -> None:
    error = refuse(text)
    assert error.line == line
    assert words in error.problem


def test_what_aliases_stand_for_counts_its_levels() -> None:
    text = "a0: &a0 " + "[" * 17 + "1" + "]" * 17 + "\na1: &a1 [*a0]\na2: *a1\n"
    parse(text)
    for more in ("a3: [*a1]\n", "a3: [[[*a0]]]\n", "a3: {b: &b [*a0], c: [*b]}\n"):
        with pytest.raises(SyntaxProblem, match="is nested more than 20 deep") as error:
            parse(text + more)
        assert error.value.line == 4


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    error = refuse("\n".join(levels))
    assert "more than 100000 values" in error.problem
    assert error.line == 5


def test_a_small_bomb_is_not_spelt_out_in_the_error() -> None:
    text = "samples: [&a [[x, x], [x, x]], &b [*a, *a, *a], &c [*b, *b, *b], &d [*c, *c, *c], *d, *d]\ncatalogues: {}"
    assert len(str(refuse(text))) < 300
    assert len(str(refuse(f"samples: {'x' * 10_000}"))) < 200


def test_aliases_stand_for_what_they_repeat() -> None:
    text = "catalogues:\n  a: {objects: &o [star: {gamma: 2}]}\n  b: {objects: *o}\n"
    recipe = Recipe.from_yaml(text)
    assert recipe.catalogues["a"] == recipe.catalogues["b"]
    error = refuse(text.replace("2}", "-2}"))
    assert (error.line, error.key) == (2, "catalogues.a.star.gamma")


def test_the_first_problem_in_the_file_is_the_one_reported() -> None:
    assert refuse(SKY.replace("count.star,", "3,").replace("weight: 2", "weight: x")).line == 9
    text = "catalogues: {a: {objects: [quasar]}}\nsamples: ten\n"
    assert refuse(text).line == 1
    assert refuse("\n".join(reversed(text.splitlines()))).key == "samples"


def test_what_is_missing_is_named() -> None:
    error = refuse("seed: 3\n")
    assert (error.line, error.key, error.problem) == (1, "catalogues", "is missing")
    error = refuse("seed: 3\ncatalogues:\n  a: {weight: 1}")
    assert (error.line, error.key, error.problem) == (3, "catalogues.a.objects", "is missing")


def test_text_without_a_source_has_lines_too() -> None:
    error = refuse("catalogues: {}", source=None)
    assert str(error) == "catalogues: must hold at least one catalogue"
    assert error.line == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("100_000", 100_000),
        ("1e5", 1e5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5E-2", -0.005),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("yes", "yes"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1/3", "1/3"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("-.inf", float("-inf")),
        (".Inf", float("inf")),
        ("_1", "_1"),
        ("1e", "1e"),
        (".", "."),
        ("-", "-"),
    ],
)
def test_plain_words_and_numbers(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quotes_make_text() -> None:
    assert parse("a: '1'\nb: \"true\"\nc: |\n  3\n").data == {"a": "1", "b": "true", "c": "3\n"}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert parse("{1: a, true: b, null: c, 1e5: d}").data == {"1": "a", "true": "b", "null": "c", "1e5": "d"}


def test_lines_of_what_is_not_there_are_those_of_what_is_around() -> None:
    document = read_text("a:\n  b:\n    - 1\n    - c: 2\n")
    assert document.line(()) == 1
    assert document.line(("a", "b", 0)) == 3
    assert document.line(("a", "b", 1, "c")) == 4
    assert document.line(("a", "b", 1, "missing", "deeper")) == 4
    assert document.line(("nothing",)) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"absent\.yaml: can't be read: No such file or directory"):
        Recipe.load(tmp_path / "absent.yaml")
    with pytest.raises(RecipeError, match="can't be read: Is a directory"):
        Recipe.load(tmp_path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(RecipeError, match=r"latin\.yaml:2: is not UTF-8 text"):
        Recipe.load(path)


def test_a_long_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"#" * (4 * MAX_BYTES))
    with pytest.raises(RecipeError, match=r"long\.yaml: is longer than"):
        Recipe.load(path)


def test_errors_of_a_file_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sky.yaml"
    path.write_text(SKY.replace("- 0.5", "- 0.2"))
    with pytest.raises(RecipeError) as caught:
        Recipe.load(path)
    assert str(caught.value).startswith(f"{path}:22: catalogues.fields.galaxy.n: must be from 0.5 to 10")
    assert caught.value.exit_status == 2


GOOD = [builtin_path(name).read_text(encoding="utf-8") for name in builtin_recipes()]
SPOILT = [damaged_text(SKY, Random(seed)) for seed in range(300)]


@pytest.mark.parametrize(("texts", "read"), [(GOOD, len(GOOD)), (SPOILT, 50)])
def test_what_a_text_says_does_not_depend_on_libyaml(
    texts: list[str], read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_it = [said(text) for text in texts]
    monkeypatch.setattr(load, "FAST_PARSER", yaml.SafeLoader)
    without = [said(text) for text in texts]
    both = [(one, other) for one, other in zip(with_it, without, strict=True) if one and other]
    assert [one for one, _ in both] == [other for _, other in both]
    assert len(both) >= read
    assert all(one for one, other in zip(with_it, without, strict=True) if other)


def said(text: str) -> str:
    """The data and the line of each value, in order; nothing where it is no YAML."""
    try:
        document = parse(text)
    except SyntaxProblem:
        return ""
    return f"{document.data} {list(document.lines.values())}"
