"""How hard a dataset is, is a dial: the small network's accuracy along a ladder of each axis.

    python -m benchmarks.networks.dial [--threads 1] [--picture FILE]

Each rung is a dataset of its own, on which a network is trained; points that stand in dial.json are not made again.
`--picture` draws what is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.networks.places import POINTS
from benchmarks.networks.schedules import SCHEDULES
from benchmarks.networks.train import write_json
from benchmarks.networks.training import Training
from deepbench_fast import Recipe, generate, ladder
from deepbench_fast.authoring.ladders import rung_axes
from deepbench_fast.errors import DeepbenchFastError

BASE = "networks-sky"
EPOCHS = 6
KEPT = ("accuracy", "balanced_accuracy", "calibration_error", "tested", "classes")


@dataclass(frozen=True)
class Dial:
    """A ladder of one axis, up to the recipe with these changes."""

    axis: str
    rungs: int
    changes: dict[str, str]
    imbalance: str | None = None

    def recipes(self) -> list[tuple[str, Recipe]]:
        """What each rung is in words, and its recipe; the easiest first."""
        top = Recipe.builtin(BASE)
        for address, value in self.changes.items():
            top = top.set(address, value)
        rungs = ladder(top, self.axis, self.rungs, imbalance=self.imbalance)
        return [(words[self.axis], rung) for words, rung in zip(rung_axes(rungs, self.axis), rungs, strict=True)]


NOISY = {"noise.gaussian.sigma": "{uniform: [0.1, 1.0]}"}
CROWDED = {
    "catalogues.stars.star.count": "{integers: [2, 41]}",
    **{f"catalogues.{name}.star.count": "{integers: [1, 40]}" for name in ("galaxies", "spirals", "lenses")},
}

DIALS = (
    Dial("noise", 4, NOISY),
    Dial("objects", 4, CROWDED),
    Dial("classes", 3, NOISY),
    Dial("balance", 3, NOISY, imbalance="1:4:16:64"),
    Dial("spread", 3, NOISY),
)
"""What each dial goes up to: five times the noise of the recipe, eight times its stars."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks.dial", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    parser.add_argument("--points", type=Path, default=POINTS, help="file of the points")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw the points that are there, and train nothing"
    )
    options = parser.parse_args(arguments)
    points = json.loads(options.points.read_text()) if options.points.exists() else []
    if options.picture:
        from benchmarks.networks.pictures import dial_picture

        dial_picture(points, options.picture)
        return
    torch.set_num_threads(options.threads)
    for dial, number, words, recipe in missing(points):
        points.append({"axis": dial.axis, "rung": number, "words": words, **reached(recipe, points)})
        write_json(options.points, points)
        print(f"{dial.axis}, {words}: {100 * points[-1]['accuracy']:.1f} %", flush=True)


def missing(points: list[dict[str, Any]]) -> Iterator[tuple[Dial, int, str, Recipe]]:
    """The rungs that have no point yet, or one of another recipe."""
    there = {(point["axis"], point["rung"], point["recipe_hash"]) for point in points}
    for dial in DIALS:
        for number, (words, recipe) in enumerate(dial.recipes(), 1):
            if (dial.axis, number, recipe.hash()) not in there:
                yield dial, number, words, recipe


def reached(recipe: Recipe, points: list[dict[str, Any]]) -> dict[str, Any]:
    """What the small network reaches on a recipe; where another point has the same data, what it reached there."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.h5"
        dataset = generate(recipe, data)
        same = next((point for point in points if point["digest"] == dataset.digest), None)
        found = same or trained(data)
    return {"recipe_hash": dataset.recipe_hash, "digest": dataset.digest, **{name: found[name] for name in KEPT}}


def trained(data: Path) -> dict[str, Any]:
    training = Training(data, "small", replace(SCHEDULES["small"], epochs=EPOCHS), seed=0)
    training.run()
    return training.result()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DeepbenchFastError as error:
        sys.exit(f"Error: {error}")
