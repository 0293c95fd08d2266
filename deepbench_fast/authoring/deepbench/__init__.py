"""Reads configurations written for DeepBench 0.2.3 and writes recipes that make what they mean.

What its documentation says is what counts. Where its code does something else, the recipe follows the documentation
and a comment names the difference.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from deepbench_fast.authoring.deepbench import pendulums, sky
from deepbench_fast.authoring.deepbench.draft import Draft
from deepbench_fast.authoring.deepbench.pendulums import put_pendulum
from deepbench_fast.authoring.deepbench.section import Section, plain, whole, word
from deepbench_fast.authoring.deepbench.shapes import put_shapes
from deepbench_fast.authoring.deepbench.sky import put_astro, put_sky
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import load
from deepbench_fast.recipe.load import Document, SyntaxProblem
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

KEYS = ("object_type", "object_name", "total_runs", "image_parameters", "object_parameters")
OPTIONAL_KEYS = ("seed", "parameter_noise", "name")
N_BODY = "NBodyObject"
NAMES = {
    "shape": ("ShapeImage",),
    "sky": ("SkyImage",),
    "astro": (*sky.CLASSES, N_BODY),
    "physics": tuple(pendulums.CLASSES),
}
LONGEST_KEY = 60
LARGEST_SEED = 10**200 - 1


def convert(path: str | os.PathLike[str]) -> str:
    """The recipe, as YAML with comments, that makes what a configuration for DeepBench 0.2.3 asks for.

    Raises:
        RecipeError: the file can't be read, is no such configuration, or asks for what no recipe can say; with file,
            line and key of the first problem.
    """
    document = _read(path)
    try:
        return _draft(Section(document.data), Path(document.source or "").name).text()
    except Invalid as invalid:
        key = ".".join(_shown(step) for step in invalid.path if isinstance(step, str))
        line = document.line(invalid.path)
        raise RecipeError(invalid.problem, key=key, source=document.source, line=line) from None


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) <= LONGEST_KEY else checks.quote(key)


def _read(path: str | os.PathLike[str]) -> Document:
    source = os.fspath(path)
    try:
        document = load.parse(load.file_text(path), source)
    except SyntaxProblem as error:
        raise RecipeError(error.problem, source=source, line=error.line) from None
    if document.data is None:
        raise RecipeError(f"is empty: a configuration needs {', '.join(KEYS)}", source=source, line=1)
    return document


def _draft(config: Section, file: str) -> Draft:
    config.require(*KEYS)
    of_type = config.needed("object_type", word(*NAMES, what="object_type"))
    name = config.needed("object_name", word(*NAMES[of_type], what=f"object_name of type {of_type}"))
    draft = Draft()
    draft.note(
        (),
        f"Converted from {checks.quote(file)}, a configuration for DeepBench 0.2.3. Comments say where the meaning "
        "differs from what DeepBench makes of it.",
    )
    draft.note((), *config.ignored((*KEYS, *OPTIONAL_KEYS)))
    draft.put(("version",), 1)
    _put_name(config, draft, file)
    _put_seed(config, draft)
    draft.put(
        ("samples",),
        plain(config.values["total_runs"]),
        config.where("total_runs"),
        "DeepBench's runs repeat the same parameters, but for parameter_noise. To draw a parameter anew for each "
        "sample write a distribution in place of its number, e.g. {uniform: [10, 20]}.",
    )
    match of_type:
        case "shape":
            put_shapes(config, draft)
        case "sky":
            put_sky(config, draft)
        case "physics":
            put_pendulum(config, draft, name)
        case _ if name == N_BODY:
            raise Invalid(
                f"{N_BODY} makes nothing in DeepBench 0.2.3; a recipe with the kind n_body does",
                config.where("object_name"),
            )
        case _:
            put_astro(config, draft, name)
    return draft


def _put_name(config: Section, draft: Draft, file: str) -> None:
    folder = config.needed("name", checks.text) if "name" in config else ""
    stem = PurePath(file).stem
    draft.put(("name",), PurePath(folder).name or (stem[:200] if stem.isprintable() and stem.strip() else "converted"))
    if folder:
        draft.note(("name",), f"DeepBench saves into the folder {checks.quote(folder)}; here it is the dataset's name.")


def _put_seed(config: Section, draft: Draft) -> None:
    if "seed" in config:
        seed = config.needed("seed", whole(0, LARGEST_SEED))
        note = "DeepBench starts every run from it, hence the same noise in each; here every sample has its own."
    else:
        seed, note = 0, "DeepBench takes another seed in each run; here the dataset is the same until this is changed."
    draft.put(("seed",), seed, config.where("seed"), note)
