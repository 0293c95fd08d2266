"""BibTeX of what a recipe uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import builtin_recipes
from deepbench_fast.run.citations import ALWAYS, bibliography, citations, references
from tests.cli.running import run, run_well

NEEDED = {"article": ("journal", "volume", "pages", "year"), "book": ("publisher", "year")}
NEEDED |= {"inproceedings": ("booktitle", "year"), "incollection": ("booktitle", "year"), "misc": ("howpublished",)}


def declared() -> set[str]:
    """Every key that a kind or an effect names."""
    effects = [*NOISES.values(), *PSFS.values()]
    effects += [effect.of_outputs for effect in effects if effect.of_outputs]
    keys = {key for effect in effects for key in effect.sources}
    return keys | {key for kind in kinds().values() for own in kind.sources.values() for key in own}


def test_every_work_is_complete() -> None:
    for key, text in references().items():
        form = re.match(r"@(\w+)\{", text)
        assert form is not None
        fields = re.findall(r"^  (\w+) = \{.*", text, re.MULTILINE)
        assert {"author", "title", *NEEDED[form[1]]} <= set(fields), key
        assert text.count("{") == text.count("}"), key
        assert text.endswith("\n}"), key
        assert text.isascii(), key


def test_every_key_is_a_work_and_every_work_is_used() -> None:
    assert declared() | set(ALWAYS) == set(references())


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_sources_are_for_forms_and_solvers_that_exist(kind: Kind) -> None:
    solvers = kind.dynamics.solvers if kind.dynamics else ()
    assert set(kind.sources) <= {"", *kind.forms, *solvers}


@pytest.mark.parametrize("name", builtin_recipes())
def test_of_every_built_in_recipe(name: str) -> None:
    text = bibliography(Recipe.builtin(name))
    for key in citations(Recipe.builtin(name)):
        assert text.count(f"{{{key},") == 1


def test_only_what_is_used_is_cited() -> None:
    text = """
noise: [{ccd: {sky: 4, gain: 2, read_noise: 1}}]
catalogues:
  quiet: {noise: [], objects: [star]}
"""
    assert citations(Recipe.from_yaml(text)) == [*ALWAYS, "moffat1969"]
    bodies = Recipe.of_kind("n_body")
    assert {"rein2015", "aarseth1974"} < set(citations(bodies))
    assert "rein2015" not in citations(bodies.set("n_body.solver", "leapfrog"))


def test_a_dataset_has_an_entry_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    generate(Recipe.of_kind("galaxy").with_overrides({"samples": 7, "name": "50% of_it", "seed": "a~b"}), path)
    digest = open_dataset(path).summary.digest
    text = run_well("cite", path).out
    assert f"@misc{{dataset_{digest}," in text
    assert r"{50\% of\_it}: 7 simulated samples" in text
    assert r"seed a\textasciitilde{}b, recipe hash" in text
    assert "sersic1963" in text


def test_the_command_says_what_is_wrong() -> None:
    ran = run("cite", "galaxis")
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean 'galaxies'" in ran.err
