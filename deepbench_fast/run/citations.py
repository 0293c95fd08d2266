"""What a recipe rests on: BibTeX of this software and of the works that its formulas and numbers are from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deepbench_fast import __version__
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.store.stored import Summary
from deepbench_fast.values.number_text import counted

REFERENCES = Path(__file__).with_name("references.bib")
ALWAYS = ("voetberg2022", "salmon2011")
"""DeepBench, whose idea this is, and the random numbers of all samples."""


def references() -> dict[str, str]:
    """Every work by its key, as BibTeX."""
    entries = re.split(r"\n(?=@)", REFERENCES.read_text(encoding="utf-8"))
    return {entry[entry.index("{") + 1 : entry.index(",")]: entry.strip() for entry in entries}


def citations(recipe: Recipe) -> list[str]:
    """Keys of the works that a recipe uses, each once, in the order in which it does."""
    return list(dict.fromkeys((*ALWAYS, *_used(recipe.resolved()))))


def _used(recipe: Recipe) -> Iterator[str]:
    for name, catalogue in recipe.catalogues.items():
        for entry in catalogue.objects:
            sources = kind(entry.kind).sources
            for part in ("", entry.form, entry.solver):
                yield from sources.get(part, ())
        if recipe.series is None and (psf := recipe.psf_of(name)) is not None:
            yield from psf.sources
        for noise in recipe.noise_of(name):
            yield from noise.sources


def bibliography(recipe: Recipe, dataset: Summary | None = None) -> str:
    """BibTeX of this software, of a dataset if one is given, and of what the recipe uses."""
    works = references()
    own = [_software(), *([] if dataset is None else [_dataset(dataset)])]
    return "\n\n".join([*own, *(works[key] for key in citations(recipe))])


def _software() -> str:
    return f"""@software{{deepbench_fast,
  author = {{{{The deepbench\\_fast developers}}}},
  title = {{deepbench\\_fast: reproducible benchmark datasets from first principles, at the speed of the machine}},
  version = {{{__version__}}},
}}"""


def _dataset(dataset: Summary) -> str:
    name, seed, software = map(_tex, (dataset.name, str(dataset.seed), dataset.software))
    return f"""@misc{{dataset_{dataset.digest},
  title = {{{{{name}}}: {counted(dataset.total, "simulated sample")}}},
  howpublished = {{made by {software}}},
  note = {{seed {seed}, recipe hash {dataset.recipe_hash}, digest {dataset.digest}}},
}}"""


def _tex(text: str) -> str:
    """Text as TeX prints it."""
    words = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(words.get(sign, f"\\{sign}" if sign in "#$%&_{}" else sign) for sign in text)
