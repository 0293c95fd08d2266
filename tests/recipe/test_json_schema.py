"""JSON Schema of recipes: takes what the program takes, refuses what an editor should underline."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.effects.noise.outputs import OutputNoise
from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.files import read_file
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.recipe.load import builtin_path, read_text
from deepbench_fast.recipe.recipe import Recipe as RecipeModel
from deepbench_fast.recipe.series import Series
from deepbench_fast.values.distributions import FORMS
from deepbench_fast.values.image import Image
from tests.recipes import MIXED

SCHEMA = json_schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)
TESTS = Path(__file__).parents[1]
README = TESTS.parent / "README.md"


def problems(text: str) -> list[str]:
    return [error.message for error in CHECK.iter_errors(read_text(text).data)]


def of_tests() -> list[str]:
    """Every text in the tests that is a valid recipe by itself."""
    texts = [
        node.value
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "catalogues:" in node.value
    ]
    valid = []
    for text in dict.fromkeys(texts):
        try:
            Recipe.from_yaml(text)
        except RecipeError:
            continue
        valid.append(text)
    return valid


def galaxy(options: str, top: str = "") -> str:
    return f"{top}\ncatalogues: {{c: {{objects: [galaxy: {options}]}}}}"


def system(options: str, top: str = "") -> str:
    return f"{top}\ncatalogues: {{c: {{objects: [{options}]}}}}"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA


@pytest.mark.parametrize("name", builtin_recipes())
def test_built_in_recipes_are_valid(name: str) -> None:
    assert not list(CHECK.iter_errors(read_file(builtin_path(name)).data))
    assert not problems(Recipe.builtin(name).to_yaml())


@pytest.mark.parametrize("found", kinds().values(), ids=list(kinds()))
def test_resolved_recipes_of_every_kind_and_form_are_valid(found: Kind) -> None:
    for _, options in found.renderings():
        recipe = Recipe.parse({"catalogues": {"c": {"objects": [{found.name: options}]}}})
        assert not problems(recipe.to_yaml())


def test_recipes_of_the_tests_and_the_readme_are_valid() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    texts = of_tests()
    assert len(texts) > 10
    for text in [MIXED, *(block for block in blocks if "catalogues:" in block), *texts]:
        assert not problems(text), text


VALID = [
    galaxy("{n: 2}"),
    galaxy(""),
    system("star, star: {name: other}"),
    galaxy("{theta: 30 deg, r_eff: {uniform: [0.5 arcsec, 1 arcsec]}}", "image: {pixel_scale: 0.2 arcsec}"),
    galaxy("{count: {poisson: 3}, r_eff: {normal: {mean: 5, sigma: 1, low: 2}}}", "seed: text"),
    galaxy("{count: {grid: [1, 2]}, ellip: {grid: {low: 0, high: 0.5, steps: 2}}}"),
    galaxy("{x: {offset: {from: y, by: 2}}, y: {scaled: {by: r_eff, of: {uniform: [1, 2]}}}}"),
    galaxy("{n: {choice: {values: [1, 2], weights: [1, 3]}}}", "splits: {a: 1/3, b: 2/3}\nsplit: a"),
    galaxy("", "psf:\nnoise:\nparameter_noise: {}\nseed: 1e3\nsamples: 1e3\nsplit:"),
    galaxy("", "targets: [catalogue, {galaxy.n: {noise: {normal: [0, 0.1]}}}, count.galaxy, {brightness: }]"),
    galaxy("", "extras: [clean, {masks: {threshold: 0.2}}, {variance: }]"),
    galaxy("", "noise: [{ccd: {sky: 1, gain: 2, read_noise: {uniform: [1, 2]}, subtract_sky: true}}]"),
    galaxy(
        "", "noise: [{gaussian: {snr: {loguniform: {low: 5, high: 50}}}}, {poisson: {level: {poisson: {mean: 3}}}}]"
    ),
    system("circle: {fill: true, radius: 3}, line: {fill: 0}".replace(", line: {fill: 0}", "")),
    system("line: {min_length: 3, x1: 1}"),
    system("pendulum: {form: hierarchical, solver: exact}", "series: {times: [0, 0.5 min, 60 s]}"),
    system("pendulum: {length: 50 cm}", "series: {stop: 5 s, outputs: [x, energy]}\nnoise: [{gaussian: {x: 0.1}}]"),
    system("pendulum", "parameter_noise: {length: {uniform: [0, 0.1]}}"),
    system("pendulum", "parameter_noise: {velocity: {absolute: 3 deg / s}, friction: {absolute: {uniform: [0, 0.1]}}}"),
    galaxy("", "targets: [{galaxy.n: {noise: {normal: [0, {uniform: [0.01, 0.2]}]}}}]"),
    galaxy("", "targets: [{galaxy.n: {noise: {normal: {mean: 0, sigma: {loguniform: [1, 2]}, low: -1}}}}]"),
    galaxy(
        "", "targets: [{galaxy.n: {noise: {poisson: {choice: [1, 2]}}}}, {galaxy.theta: {noise: {choice: [0, 1]}}}]"
    ),
    galaxy("", "targets: [{galaxy.n: {noise: {poisson: {mean: {choice: [1, 2]}}}}}]"),
    system("n_body: {form: kepler, solver: rk4, step: 0.01, dimensions: 3}"),
    "catalogues: {c: {weight: 1/3, psf: inherit, noise: [], objects: []}}",
]


@pytest.mark.parametrize("text", VALID)
def test_what_the_program_takes_is_valid(text: str) -> None:
    Recipe.from_yaml(text)
    assert not problems(text)


WRONG = [
    "samples: 10",
    "catalogues: {}",
    "catalogues: {c: {}}",
    "catalogues: {'a b': {objects: []}}",
    system("sta"),
    system("star: {gama: 2}"),
    system("star: {gamma: -1}"),
    system("star: {gamma: two}"),
    system("star: {alpha: 0}"),
    system("star: {gamma: {uniform: [1]}}"),
    system("star: {gamma: {uniform: [1, 2, 3]}}"),
    system("star: {gamma: {unifrom: [1, 2]}}"),
    system("star: {gamma: {uniform: [1, 2], normal: [1, 2]}}"),
    system("star: {gamma: {normal: {mean: 1}}}"),
    system("star: {gamma: {offset: {by: 2}}}"),
    system("star: {count: 1.5}"),
    system("star: {count: 70000}"),
    system("star: {count: {offset: {from: x, by: 2}}}"),
    system("star: {name: noise}"),
    system("star: {form: logarithmic}"),
    system("spiral_galaxy: {form: log}"),
    system("spiral_galaxy: {handedness: 0}"),
    system("n_body: {dimensions: 4}"),
    system("n_body: {bodies: 2.5}"),
    system("n_body: {energy_drift: 1}"),
    system("pendulum: {solver: rk5}"),
    system("pendulum: {step: 0}"),
    system("pendulum: {count: 2}"),
    system("star: {}, galaxy: {}").replace("star: {}, galaxy: {}", "{star: {}, galaxy: {}}"),
    galaxy("", "version: 2"),
    galaxy("", "seed: -1"),
    galaxy("", "samples: 0"),
    galaxy("", "sample: 10"),
    galaxy("", "image: {shape: [28]}"),
    galaxy("", "image: {shape: [28, 0]}"),
    galaxy("", "image: {dtype: float64}"),
    galaxy("", "image: {coverage: 1}"),
    galaxy("", "image: {pixel_scale: 0}"),
    galaxy("", "psf: {gaussian: {}}"),
    galaxy("", "psf: {gaussian: {sigma: 101}}"),
    galaxy("", "psf: {airy: {sigma: 1}}"),
    galaxy("", "noise: gaussian"),
    galaxy("", "noise: {gaussian: {sigma: 1}, airy: {}}"),
    "catalogues: {c: {objects: {galaxy: {}, quasar: {}}}}",
    "catalogues: {c: {objects: {galaxy: {m: 3}}}}",
    galaxy("", "psf: [{gaussian: {sigma: 1}}, {gaussian: {sigma: 1}}]"),
    galaxy("", "noise: [{gaussian: {sigma: 1, snr: 2}}]"),
    galaxy("", "noise: [{gaussian: {}}]"),
    galaxy("", "noise: [{poisson: {level: 1, subtract: 1}}]"),
    galaxy("", "noise: [{gaussian: {sigma: {scaled: {by: x, of: 1}}}}]"),
    galaxy("", "extras: [mask]"),
    galaxy("", "extras: [{masks: {threshold: 1}}]"),
    galaxy("", "targets: catalogue"),
    galaxy("", "targets: [{galaxy.n: {nois: 1}}]"),
    galaxy("", "splits: {a: 0}"),
    system("pendulum", "series: {outputs: [z]}"),
    system("pendulum", "series: {start: -1}"),
    system("pendulum", "parameter_noise: {x: 0.1}"),
    system("pendulum", "parameter_noise: {friction: {absolute: -1}}"),
    system("pendulum", "parameter_noise: {friction: {absolute: 1, relative: 1}}"),
    galaxy("", "targets: [{galaxy.n: {noise: {normal: [0, {normal: [0, {uniform: [0, 1]}]}]}}}]"),
    galaxy("", "targets: [{galaxy.n: {noise: {choice: [0, {uniform: [0, 1]}]}}}]"),
    galaxy("", "targets: [{galaxy.n: {noise: {grid: [0, 1]}}}]"),
    galaxy("{n: {normal: [2, {uniform: [0, 1]}]}}", ""),
    system("pendulum", "parameter_noise: {length: 0.3}"),
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_refused_by_both(text: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_yaml(text)
    assert problems(text)


def keys(schema: dict[str, Any]) -> set[str]:
    return set(schema["properties"])


def test_the_keys_are_those_of_the_types() -> None:
    """A key that is added to a type without one here would be underlined as wrong."""
    top = SCHEMA["properties"]
    assert keys(SCHEMA) == {*RecipeModel.fields(), "include"}
    assert keys(top["image"]) == set(Image.fields())
    assert keys(top["series"]) == set(Series.fields())
    assert keys(top["catalogues"]["additionalProperties"]) == set(Catalogue.fields())
    assert keys(SCHEMA["$defs"]["drawn"]) == set(FORMS)
    assert keys(SCHEMA["$defs"]["noise"]) == set(NOISES)
    assert keys(SCHEMA["$defs"]["psf"]) == set(PSFS)
    entries = SCHEMA["$defs"]["entry"]["anyOf"][1]["properties"]
    assert set(entries) == set(kinds())
    options = set().union(*(kind.options for kind in kinds().values())) | {"kernel"}
    assert options == set(Entry.fields()) - {"kind", "parameters"}
    for name, found in kinds().items():
        assert keys(entries[name]["anyOf"][1]) == {p.name for p in found.parameters if not p.found} | set(found.options)
    outputs = {name for found in kinds().values() if found.dynamics for name in found.dynamics.outputs}
    assert set(OutputNoise.fields()) <= outputs


def test_parameters_are_described_with_unit_range_meaning_and_default() -> None:
    entries = SCHEMA["$defs"]["entry"]["anyOf"][1]["properties"]
    theta = entries["galaxy"]["anyOf"][1]["properties"]["theta"]["description"]
    assert "position angle" in theta
    assert "from -10000 to 10000 rad" in theta
    assert "default: uniform [0, 3.14159" in theta
    for name, found in kinds().items():
        for parameter in (p for p in found.parameters if not p.found):
            description = entries[name]["anyOf"][1]["properties"][parameter.name]["description"]
            assert description.startswith(f"{parameter.meaning}; {parameter.allowed}; default: ")
    assert all(schema["description"] for schema in SCHEMA["properties"].values())


@settings(derandomize=True, database=None, max_examples=60, deadline=None)
@given(st.data())
def test_constants_of_any_size_are_refused_where_the_program_refuses_them(data: st.DataObject) -> None:
    found = data.draw(st.sampled_from([k for k in kinds().values() if k.dynamics is None]))
    parameter = data.draw(st.sampled_from(found.parameters_of(next(iter(found.forms), ""))))
    edges = [v for e in (parameter.low, parameter.high) for v in (e, e - 1.0, e + 1.0, e * 1.01)]
    value = data.draw(st.sampled_from(edges) | st.floats(-1e7, 1e7) | st.integers(-3, 12))
    try:
        parameter.check(_constant(value))
    except RecipeError:
        valid = False
    else:
        valid = True
    recipe = {"catalogues": {"c": {"objects": [{found.name: {parameter.name: value}}]}}}
    assert CHECK.is_valid(recipe) == valid


def _constant(value: float) -> Any:
    from deepbench_fast.values.distributions import Constant

    return Constant(value)
