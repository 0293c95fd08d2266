"""Figures of the guide: learning curves and confusion, and the dial."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.networks.table import DRAFT

DOTS = 120
WIDTH = 6.2
READABLE: dict[Any, Any] = {"font.size": 13, "axes.titlesize": 14, "legend.fontsize": 12.5}
"""A phone shows a picture of that width at half of its size."""
PANEL = 2.3
WORDS = 14
"""Height of a panel of the dial, and signs in a line below it."""
SHOWN = "small"
COLOURS = {"small": "C0", "resnet18": "C1", "resnet50": "C2"}


@rc_context(READABLE)
def table_picture(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """For each recipe the validation accuracy by epoch of every network, beside the confusion of the small one."""
    recipes = [recipe for recipe in DRAFT if any(row["recipe"] == recipe for row in rows.values())]
    figure = Figure(figsize=(WIDTH, 3.7 * len(recipes)), layout="constrained")
    axes = figure.subplots(len(recipes), 2, squeeze=False)
    for line, recipe in enumerate(recipes):
        own = [row for row in rows.values() if row["recipe"] == recipe]
        for row in own:
            draft = " (draft's settings)" if row["schedule"]["name"] == "draft" else ""
            found = [100 * point["validation_accuracy"] for point in row["curve"]]
            style = {"color": COLOURS[row["network"]], "linestyle": "--" if draft else "-"}
            axes[line, 0].plot(range(1, len(found) + 1), found, marker=".", label=row["network"] + draft, **style)
        axes[line, 0].set(title=recipe, xlabel="epoch", ylabel="validation accuracy, %", ylim=(None, 100))
        _confusion(axes[line, 1], next(row for row in own if row["network"] == SHOWN))
    lines = {line.get_label(): line for panel in axes[:, 0] for line in panel.lines}
    figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=2)
    figure.savefig(path, dpi=DOTS)


def _confusion(axes: Any, row: dict[str, Any]) -> None:
    matrix = np.array(row["confusion"])
    axes.imshow(matrix / matrix.sum(axis=1, keepdims=True), vmin=0, vmax=1, cmap="Blues")
    numbers = range(len(row["classes"]))
    for (true, found), count in np.ndenumerate(matrix):
        axes.text(found, true, str(count), ha="center", va="center", color="white" if true == found else "black")
    axes.set_xticks(numbers, row["classes"], rotation=45, ha="right")
    axes.set_yticks(numbers, row["classes"])
    axes.set(xlabel=f"found by {row['network']} (test)", ylabel="is")


@rc_context(READABLE)
def dial_picture(points: Sequence[dict[str, Any]], path: Path) -> None:
    """One panel an axis, below each other: accuracy by rung; with the mean over classes where these are not equal."""
    names = list(dict.fromkeys(point["axis"] for point in points))
    figure = Figure(figsize=(WIDTH, PANEL * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 1, sharey=True, squeeze=False)[:, 0]
    for panel, name in zip(axes, names, strict=True):
        own = sorted((point for point in points if point["axis"] == name), key=lambda point: int(point["rung"]))
        rungs = [point["rung"] for point in own]
        shares = np.array([[point["accuracy"], point["balanced_accuracy"]] for point in own])
        errors = np.sqrt(shares[:, 0] * (1 - shares[:, 0]) / [point["tested"] for point in own])
        panel.errorbar(rungs, 100 * shares[:, 0], 100 * errors, marker="o", label="accuracy")
        if np.abs(shares[:, 0] - shares[:, 1]).max() > 0.01:
            panel.plot(rungs, 100 * shares[:, 1], marker="s", linestyle="--", label="mean over classes")
        panel.plot(rungs, [100 / len(point["classes"]) for point in own], color="grey", linestyle=":", label="chance")
        panel.set_xticks(rungs, [fill(point["words"], WORDS) for point in own])
        panel.set_title(name)
        panel.grid(alpha=0.3)
    figure.supylabel("accuracy of small, %", fontsize=READABLE["font.size"])
    labelled = {
        label: handle for panel in axes for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labelled.values(), labelled.keys(), loc="outside upper center", ncols=len(labelled))
    figure.savefig(path, dpi=DOTS)
