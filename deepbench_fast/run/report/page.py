"""A report as one HTML page that needs nothing else: no network, no scripts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deepbench_fast.pictures.colours import AS_FOUND, Look
from deepbench_fast.pictures.contact_sheet import contact_sheet
from deepbench_fast.pictures.correlation_sheet import correlation_sheet
from deepbench_fast.pictures.histograms import histogram_sheet
from deepbench_fast.pictures.html import img, table
from deepbench_fast.run.citations import bibliography
from deepbench_fast.run.dataset import Dataset, open_dataset
from deepbench_fast.run.report.contents import (
    BLOCK,
    BLOCKS,
    Population,
    checks,
    fullest,
    looked_at,
    populations,
    stages,
)
from deepbench_fast.run.report.correlations import Correlations, correlations
from deepbench_fast.run.report.loading import loading
from deepbench_fast.values.number_text import brief, counted, grouped

if TYPE_CHECKING:
    from deepbench_fast.render.batch import Batch

Item = TypeVar("Item")
DOCUMENT = '<!DOCTYPE html>\n<html lang="en">'
META = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
OF_A_CLASS = 8
MOST_CLASSES = 20
MOST_PICTURES = 60
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #222; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { text-align: left; padding: .15rem .8rem .15rem 0; }
td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { display: inline-block; margin: 0 1rem 0 0; } figcaption { font-size: 13px; padding-left: 12px; }
img { max-width: 100%; height: auto; } pre { background: #f5f5f5; padding: .7rem; overflow-x: auto; font-size: 13px; }
.bad { color: #b00020; font-weight: bold; }
@media print { body { max-width: none; } pre { white-space: pre-wrap; } h2 { break-after: avoid; } }
"""


def report(path: str | os.PathLike[str], *, everything: bool = False) -> str:
    """The page of a dataset; with `everything` all of it is verified, else a few samples.

    Raises FileError where there is no finished dataset, RecipeError where it needs a kind that isn't known here.
    """
    dataset = open_dataset(path)
    name = escape(dataset.summary.name)
    body = "\n".join(_sections(dataset, Path(path).name, everything))
    head = f"<title>{name}</title><style>{STYLE}</style>"
    return f"{DOCUMENT}<head>{META}{head}</head>\n<body><h1>{name}</h1>\n{body}\n</body></html>\n"


def _sections(dataset: Dataset, file: str, everything: bool) -> Iterator[str]:
    summary, runs = dataset.summary, looked_at(dataset)
    yield table(facts_of(dataset, file).items())
    yield _section("Classes and splits", table(counts_of(dataset), head=True))
    yield _section("Checks", "".join(_checked(dataset, everything)))
    yield _section("Samples", "".join(_galleries(dataset)))
    place = fullest(dataset)
    if found := stages(dataset, place):
        found["images"] = dataset[place : place + 1]
        shown = ((words, _stage(found[stage], stage)) for stage, words in _STAGES.items() if stage in found)
        pictures = (f"<figure>{picture}<figcaption>{words}</figcaption></figure>" for words, picture in shown)
        yield _section("One sample through its stages", "".join(pictures))
    words = (
        "of all samples" if len(runs) == 1 else f"of {grouped(BLOCKS * BLOCK)} samples in {BLOCKS} runs spread evenly"
    )
    drawn = "".join(_first(populations(dataset, runs), _drawn))
    yield _section(f"What is random ({words}; lines: the declared laws)", drawn or "<p>Nothing.</p>")
    together = "".join(_first(correlations(dataset, runs), _together))
    yield _section(f"What goes together ({words}; rank correlations in hundredths)", together or "<p>Nothing.</p>")
    yield _section("Recipe", f"<pre>{escape(dataset.stored.header.recipe_text)}</pre>")
    programs = "".join(f"<h3>{title}</h3><pre>{escape(program)}</pre>" for title, program in loading(file))
    yield _section("How to load it", programs)
    yield _section("How to cite it", f"<pre>{escape(bibliography(dataset.recipe, summary))}</pre>")


_STAGES = {
    "scene": "the scene, before the PSF",
    "clean": "before the noise",
    "images": "as it is",
    "masks": "its masks",
    "variance": "the variance of its noise",
}


def _stage(batch: Batch, stage: str) -> str:
    """A stage as a picture; a variance that is the same everywhere in words."""
    if stage == "variance" and np.ptp(variance := batch["variance"]) == 0:
        return f"{brief(variance.flat[0], 3)} in each pixel: "
    look = Look(one_scale=True) if stage == "variance" else AS_FOUND
    return img(contact_sheet(batch, 1, show="images" if stage == "scene" else stage, look=look))


def _first(items: Iterable[Item], show: Callable[[Item], str]) -> Iterator[str]:
    """The first ones, and how many more there are: thousands of pictures take an hour, and no browser."""
    rest = iter(items)
    yield from map(show, islice(rest, MOST_PICTURES))
    if more := sum(1 for _ in rest):
        yield f"<p>… and {grouped(more)} more.</p>"


def _drawn(population: Population) -> str:
    return f"<h3>{escape(population.title)}</h3>{img(histogram_sheet(population.drawn))}"


def _together(found: Correlations) -> str:
    pairs = "; ".join(f"{one} with {other} {value:+.2f}" for one, other, value in found.strongest())
    picture = img(correlation_sheet(found.names, found.matrix), f"rank correlations of {found.title}")
    return f"<h3>{escape(found.title)}</h3>{picture}<p>{escape(pairs) or 'Nothing stands out.'}</p>"


def facts_of(dataset: Dataset, file: str) -> dict[str, str]:
    """What a dataset is, by name: file, digest, hashes, sizes."""
    summary = dataset.summary
    facts = {"file": file, "digest": str(summary.digest), "recipe hash": summary.recipe_hash, "seed": str(summary.seed)}
    facts |= {"samples": grouped(summary.samples), "schema": summary.schema, "software": summary.software}
    shapes = {key: " × ".join(map(grouped, array["shape"])) for key, array in summary.arrays.items()}
    facts |= {f"/{key}": f"{shape}, {summary.arrays[key]['dtype']}" for key, shape in shapes.items()}
    return facts | {f"/{key}": counted(rows["rows"], "row") for key, rows in summary.tables.items()}


def counts_of(dataset: Dataset) -> list[tuple[str, ...]]:
    """Numbers of samples: a row a class, a column a split, below their names."""
    counts = dataset.class_counts()
    return [("class", *dataset.splits), *((name, *map(grouped, row.values())) for name, row in counts.items())]


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}"


def _checked(dataset: Dataset, everything: bool) -> Iterator[str]:
    for check in checks(dataset, everything):
        verdict = "as it should be" if check.same else '<span class="bad">NOT what it should be</span>'
        yield f"<p>{escape(check.words)}: {verdict}.</p>"


def _galleries(dataset: Dataset) -> Iterator[str]:
    for name in dataset.catalogues[:MOST_CLASSES]:
        batch = dataset.first(OF_A_CLASS, name)
        if len(batch):
            yield f"<h3>{escape(name)}</h3>{img(contact_sheet(batch, len(batch), columns=4))}"
    if (more := len(dataset.catalogues) - MOST_CLASSES) > 0:
        yield f"<p>… and {grouped(more)} more classes.</p>"
