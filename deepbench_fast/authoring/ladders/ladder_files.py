"""Rungs in a directory, a recipe each, and an index that says what each of them is: `ladder.yaml` of a ladder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepbench_fast.authoring.ladders import rung_axes
from deepbench_fast.errors import FileError, RecipeError, UsageError
from deepbench_fast.recipe.load import file_text, read_text
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.write import recipe_data, to_yaml
from deepbench_fast.values.atomic import sync_folder, write_whole
from deepbench_fast.values.file_names import file_name

DATASET, DIGEST = "dataset", "digest"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def write_ladder(
    rungs: Sequence[Recipe],
    axes: str | Iterable[str],
    directory: str | os.PathLike[str],
    *,
    beside: str | os.PathLike[str] = ".",
) -> list[Path]:
    """Write the recipes that `ladder` gave, and `ladder.yaml`, into a directory; their files, easiest first.

    See `write_rungs`.
    """
    labels = rung_axes(rungs, axes)
    return write_rungs(rungs, labels, {"ladder": _stem(rungs), "axes": list(labels[0])}, directory, beside=beside)


def write_rungs(
    rungs: Sequence[Recipe],
    labels: Sequence[Mapping[str, str]],
    head: Mapping[str, object],
    directory: str | os.PathLike[str],
    *,
    beside: str | os.PathLike[str] = ".",
) -> list[Path]:
    """Write recipes that belong together into a directory, with an index that says what each of them is; their files.

    The first key of `head`, with which the index begins, is its name: `ladder` makes `ladder.yaml`. Tables that the
    recipes name are looked for in the directory `beside`, and in the current one. The same ones may be written again.
    Raises FileError where the directory holds others, or can't be written.
    """
    folder, what = Path(directory), next(iter(head))
    paths = _paths(rungs, folder)
    texts = {path: _text(rung, folder, Path(beside)) for path, rung in zip(paths, rungs, strict=True)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(f"{directory} is a file; a {what} needs a directory") from None
    except OSError as error:
        raise FileError(f"{directory}: can't be made: {error.strerror}") from None
    index = {**head, "rungs": _rungs(labels, texts)}
    _check_same(folder, index, texts)
    if not _place(folder, what).exists():
        _write(_place(folder, what), to_yaml(index))
        sync_folder(folder)  # without it, nobody knows whose the rungs are
    for path, text in texts.items():
        _write(path, text)
    return paths


def read_index(directory: str | os.PathLike[str], what: str = "ladder") -> dict[str, Any]:
    """What `ladder.yaml` says; raises FileError where it isn't the index of a ladder."""
    path = _place(directory, what)
    try:
        data = read_text(file_text(path), str(path)).data
    except RecipeError as error:
        raise FileError(str(error)) from None
    if not isinstance(data, dict) or not isinstance(data.get("rungs"), list):
        raise FileError(f"{path}: not the index of a {what}")
    return data


def record_dataset(
    directory: str | os.PathLike[str], recipe: Path, dataset: Path, digest: str, what: str = "ladder"
) -> None:
    """Write into `ladder.yaml` which dataset a rung's recipe made, and its digest."""
    index = read_index(directory, what)
    for rung in index["rungs"]:
        if rung["recipe"] == recipe.name:
            rung |= {DATASET: dataset.name, DIGEST: digest}
    _write(_place(directory, what), to_yaml(index))


def _place(directory: str | os.PathLike[str], what: str) -> Path:
    """Where an index lies."""
    return Path(directory) / f"{what}.yaml"


def _stem(rungs: Sequence[Recipe]) -> str:
    return rungs[0].name.rpartition("-rung-")[0]


def _paths(rungs: Sequence[Recipe], folder: Path) -> list[Path]:
    """Files <name>-rung-1.yaml and so on, with as many digits as the last one needs."""
    name = _NOT_IN_NAMES.sub("-", _stem(rungs)).strip("-.") or "recipe"
    names = [f"{name}-rung-{number:0{len(str(len(rungs)))}d}.yaml" for number in range(1, len(rungs) + 1)]
    return [folder / file_name(name) for name in names]


def _rungs(labels: Sequence[Mapping[str, str]], texts: Mapping[Path, str]) -> list[dict[str, Any]]:
    found = []
    for (path, text), words in zip(texts.items(), labels, strict=True):
        written = Recipe.from_yaml(text, str(path))
        found.append({"recipe": path.name, "recipe_hash": written.hash(), "samples": written.samples, **words})
    return found


def _text(rung: Recipe, folder: Path, beside: Path) -> str:
    """The rung's recipe, in which the user's tables are found from where it is written."""
    return to_yaml(_with_tables(recipe_data(rung), folder, beside))


def _with_tables(data: Any, folder: Path, beside: Path) -> Any:
    if isinstance(data, list):
        return [_with_tables(item, folder, beside) for item in data]
    if not isinstance(data, Mapping):
        return data
    table = data.get("table")
    if len(data) == 1 and isinstance(table, Mapping) and "file" in table:
        found = next((place for place in (beside / table["file"], Path(table["file"])) if place.is_file()), None)
        if found is None:
            raise UsageError(f"{table['file']}: no such file, and the rungs can't be drawn without it")
        return {"table": {**table, "file": os.path.relpath(found, folder)}}
    return {key: _with_tables(value, folder, beside) for key, value in data.items()}


def _check_same(folder: Path, index: dict[str, Any], texts: Mapping[Path, str]) -> None:
    """Raise FileError unless the directory is free, or holds this very ladder."""
    what = next(iter(index))
    place = _place(folder, what)
    if not place.exists():
        for path in texts:
            if path.exists() or path.with_suffix(".h5").exists():
                raise FileError(f"{path} or its dataset exists, of another {what}: take another directory")
        return
    there = read_index(folder, what)
    rungs = [
        {key: value for key, value in rung.items() if key not in (DATASET, DIGEST)} if isinstance(rung, dict) else rung
        for rung in there["rungs"]
    ]
    if {**there, "rungs": rungs} != index:
        raise FileError(f"{folder} holds another {what} ({place.name} says which): take another directory")
    for path, text in texts.items():
        if path.exists() and file_text(path) != text:
            raise FileError(f"{path} was changed since the {what} was made: move it away, or take another directory")


def _write(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    try:
        write_whole(path, text.encode(), overwrite=True)
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror}") from None
