"""A dataset's card in Markdown, with the fields of Hugging Face's dataset cards in front."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from deepbench_fast.recipe.extras import CLEAN, MASKS
from deepbench_fast.recipe.write import to_yaml
from deepbench_fast.run.citations import bibliography
from deepbench_fast.run.dataset import Dataset, open_dataset
from deepbench_fast.run.report.contents import checks
from deepbench_fast.run.report.loading import loading
from deepbench_fast.run.report.page import counts_of, facts_of

# Least numbers of samples of the categories of sizes.
SIZES = {
    10**3: "n<1K",
    10**4: "1K<n<10K",
    10**5: "10K<n<100K",
    10**6: "100K<n<1M",
    10**7: "1M<n<10M",
    10**8: "10M<n<100M",
}
LARGEST = "n>100M"


def card(path: str | os.PathLike[str], *, everything: bool = False) -> str:
    """The card of a dataset; with `everything` all of it is verified, else a few samples.

    Raises FileError where there is no finished dataset, RecipeError where it needs a kind that isn't known here.
    """
    dataset, file = open_dataset(path), Path(path).name
    (check,) = checks(dataset, everything)
    counts = counts_of(dataset)
    parts = [
        f"---\n{to_yaml(_front(dataset))}---",
        f"# {dataset.summary.name}",
        "Simulated data, made by deepbench_fast from the recipe below.",
        _table([("", ""), *facts_of(dataset, file).items()]),
        "## Classes and splits",
        _table(counts),
        "## Checks",
        f"{check.words}: {'as it should be' if check.same else '**not what it should be**'}.",
        "## Recipe",
        _block(dataset.stored.header.recipe_text, "yaml"),
        "## How to load it",
        *(part for title, program in loading(file) for part in (f"### {title}", _block(program, "python"))),
        "## How to cite it",
        _block(bibliography(dataset.recipe, dataset.summary), "bibtex"),
    ]
    return "\n\n".join(parts) + "\n"


def _front(dataset: Dataset) -> dict[str, object]:
    size = next((words for most, words in SIZES.items() if len(dataset) < most), LARGEST)
    return {
        "pretty_name": dataset.summary.name,
        "size_categories": [size],
        "task_categories": _tasks(dataset),
        "tags": ["simulation", "synthetic", "benchmark"],
        "source_datasets": ["original"],
    }


def _tasks(dataset: Dataset) -> list[str]:
    """Names of Hugging Face's for what the dataset can teach; they have none for regression from images."""
    if dataset.is_series:
        return ["time-series-forecasting"]
    tasks = {
        "image-classification": len(dataset.catalogues) > 1,
        "image-segmentation": MASKS in dataset.recipe.extras,
        "image-to-image": CLEAN in dataset.recipe.extras,
    }
    return [task for task, is_there in tasks.items() if is_there] or ["other"]


def _table(rows: Iterable[Sequence[str]]) -> str:
    head, *others = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    width = head.count(" | ") + 1
    return "\n".join([head, "|" + " --- |" * width, *others])


def _block(text: str, language: str) -> str:
    return f"```{language}\n{text.strip()}\n```"
