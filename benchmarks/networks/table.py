"""The table of networks, from the rows that `train` wrote, and that of their datasets.

    python -m benchmarks.networks.table [--write]

Prints both; `--write` puts them into docs/studies/networks.md, and their picture beside that.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.networks.places import PAGE, PICTURE, ROWS
from deepbench_fast import Recipe
from deepbench_fast.recipe.published import PUBLISHED

WRITTEN = "written by python -m benchmarks.networks.table --write"
MARKS = {name: (f"<!-- {name}, {WRITTEN} -->\n", f"<!-- end of {name} -->\n") for name in ("datasets", "networks")}
HEADINGS = (
    "recipe",
    "network",
    "epochs",
    "accuracy %",
    "draft %",
    "top 2 %",
    "calibration error %",
    "log loss",
    "seed",
    "weights",
)
DRAFT = {"networks-sky": 95.7, "networks-geometry": 97.3, "networks-objects": 97.1}
"""Accuracies in % that DeepBench's draft of 2022 states for ResNet-50, on data of its own of these kinds."""

EARLIER = "†"


@dataclass(frozen=True)
class Wanted:
    """A row that the table has, run or not."""

    recipe: str
    network: str
    schedule: str | None = None

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.recipe, self.network, self.schedule)))

    @property
    def command(self) -> str:
        more = f" --schedule {self.schedule}" if self.schedule else ""
        return f"python -m benchmarks.networks.train {self.recipe} {self.network}{more}"


WANTED = (
    *(Wanted(recipe, network) for recipe in DRAFT for network in ("small", "resnet18", "resnet50")),
    Wanted("networks-objects", "resnet50", "draft"),
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks.table", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--write", action="store_true", help="into docs/studies/networks.md, with the picture")
    options = parser.parse_args(arguments)
    rows = read_rows(ROWS)
    print(datasets_table(), networks_table(rows), sep="\n", end="")
    if options.write:
        from benchmarks.networks.pictures import table_picture

        PAGE.write_text(page_with(rows, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        table_picture(rows, PICTURE)


def read_rows(folder: Path) -> dict[str, dict[str, Any]]:
    """The rows that there are, by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def page_with(rows: dict[str, dict[str, Any]], page: str) -> str:
    """A page with both tables between their marks."""
    for name, table in {"datasets": datasets_table(), "networks": networks_table(rows)}.items():
        begin, end = MARKS[name]
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def datasets_table() -> str:
    lines = [("recipe", "classes", "recipe hash", "digest of the data"), ["---"] * 4]
    for name in DRAFT:
        classes = ", ".join(Recipe.builtin(name).catalogues)
        lines.append((f"`{name}`", classes, f"`{PUBLISHED[name].recipe_hash}`", f"`{PUBLISHED[name].digest}`"))
    return markdown(lines)


def networks_table(rows: dict[str, dict[str, Any]]) -> str:
    """The table, then what its mark says, and the commands of the rows that were not run."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(cells(wanted, rows.get(wanted.name)) for wanted in WANTED)]
    absent = [wanted.command for wanted in WANTED if wanted.name not in rows]
    parts = [markdown(lines)]
    if any(is_of_earlier_data(row) for row in rows.values()):
        parts.append(f"{EARLIER} Trained on an earlier version of the dataset, with another digest: see its JSON.\n")
    if absent:
        commands = "\n".join(absent)
        parts.append(f"Rows that were not run, with their commands:\n\n```text\n{commands}\n```\n")
    return "\n".join(parts)


def is_of_earlier_data(row: dict[str, Any]) -> bool:
    """Whether a row was trained on other bytes than its recipe makes now."""
    return bool(row["digest"] != PUBLISHED[row["recipe"]].digest)


def markdown(lines: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(wanted: Wanted, row: dict[str, Any] | None) -> Sequence[str]:
    network = wanted.network + (", draft's settings" if wanted.schedule else "")
    draft = str(DRAFT[wanted.recipe]) if wanted.network == "resnet50" else ""
    if row is None:
        return [wanted.recipe, network, "", "not run", draft, *[""] * (len(HEADINGS) - 5)]
    network += f" {EARLIER}" if is_of_earlier_data(row) else ""
    share, tested = row["accuracy"], row["tested"]
    error = math.sqrt(share * (1 - share) / tested)
    return [
        wanted.recipe,
        network,
        str(len(row["curve"])),
        f"{100 * share:.2f} ± {100 * error:.2f}",
        draft,
        f"{100 * row['top'][1]:.2f}",
        f"{100 * row['calibration_error']:.2f}",
        f"{row['log_loss']:.3f}",
        str(row["seed"]),
        f"`{row['weights_hash'][:8]}`",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
