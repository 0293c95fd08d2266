"""How cost grows with samples, pixels, objects, classes and threads: `python -m benchmarks.growth [NAME ...]`.

Measures the curves that are named (all: some five minutes), keeps them in `growth.json` beside this file, prints them,
and draws docs/explain/performance.png from all that are kept, with the stages of a sample beside their floors, and
peers.png from the ratios to peers that `report` has kept. Cost is processor time of the whole process, system's work
included, so that other jobs on the machine count for little; threads are timed on the wall.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from PIL import Image

from benchmarks import machine
from benchmarks.measures.stages import seconds, stages
from benchmarks.places import folder
from benchmarks.processes import in_fresh_process
from benchmarks.report import kept as kept_results
from benchmarks.scenes import galaxies
from deepbench_fast import Recipe, generate
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.run.benchmark.measure import thread_counts
from deepbench_fast.run.benchmark.road import rendering

KEPT = Path(__file__).with_name("growth.json")
PICTURE = Path(__file__).parents[1] / "docs" / "explain" / "performance.png"
PEERS = PICTURE.with_name("peers.png")
ROUNDS = 3
ROW_BYTES = 250  # of the tables, a sample
SHARE_OF_DISK = 0.7
DOTS = 120
COLOURS = 64
READABLE: dict[Any, Any] = {"font.size": 13, "axes.titlesize": 14, "legend.fontsize": 12, "legend.handlelength": 1}
WIDTH = 6.2
"""A phone shows a picture of that width at half of its size."""
LEGEND_SIGNS = 18
LEGEND_LINE = 0.12  # of a panel's height
SPAN = 300  # between what a panel shows, above which powers of ten are marks enough
HEADING = -0.35  # where the name of a group of bars begins, in widths of the panel: the longest ends within it
LEAST_SECONDS = 0.2


class Curve(NamedTuple):
    """One line of a panel: what is varied, and the cost at each place."""

    panel: str
    name: str
    x: str
    y: str
    points: Mapping[Any, float]


def samples(largest: int = 8) -> Iterator[Curve]:
    """Whole files on disk, from the recipe to the renamed file, up to 10**largest samples."""
    small = Recipe.of_kind("circle").with_overrides({"size": [8, 8], "image.dtype": "uint8"})
    for name, recipe, most in (("galaxies, 28×28 float32", galaxies(1), 7), ("circles, 8×8 uint8", small, 8)):
        points = {}
        for power in range(3, min(most, largest) + 1):
            own = recipe.set("samples", 10**power)
            with folder("disk") as place:
                size = 10**power * (make_plan(own).sample_bytes + ROW_BYTES)
                if size > SHARE_OF_DISK * shutil.disk_usage(place).free:
                    print(f"{name}, 10^{power} samples: {size / 1e9:.0f} GB don't fit on the disk", file=sys.stderr)
                    break
                seconds = [in_fresh_process(file_seconds, own, place) for _ in range(ROUNDS if power < 6 else 1)]
            points[10**power] = 1e6 * statistics.median(seconds) / 10**power
            print(name, power, points[10**power], file=sys.stderr, flush=True)
        yield Curve("samples", name, "samples", "µs a sample", points)


def file_seconds(recipe: Recipe, place: Path) -> float:
    """Processor time of `generate`, after one of a few samples that has loaded everything."""
    generate(recipe.set("samples", 100), place / "out.h5", overwrite=True)
    began = time.process_time()
    generate(recipe, place / "out.h5", overwrite=True, threads=2)
    found = time.process_time() - began
    (place / "out.h5").unlink()
    return found


def pixels() -> Iterator[Curve]:
    """One galaxy in each image, noise, with and without a PSF: drawn and rendered in memory."""
    for psf in (False, True):
        points = {}
        for side in (8, 16, 28, 64, 128, 256, 512, 1024, 2048, 4096):
            count = max(1, 2**22 // side**2)
            points[side * side] = 1e9 * cost(galaxies(count, psf=psf, size=side)) / (count * side * side)
        yield Curve("pixels", "galaxies, PSF" if psf else "galaxies", "pixels of an image", "ns a pixel", points)


def objects() -> Iterator[Curve]:
    """Galaxies of a survey on 1024×1024 pixels, blurred, in noise: with a cutoff, and on every pixel."""
    for cutoff, most in ((0.01, 60_000), (0.0, 100)):
        points = {}
        for count in (1, 10, 100, 1000, 10_000, 60_000):
            if count <= most:
                points[count] = 1e6 * cost(field(count, 1024, cutoff)) / count
        yield Curve(
            "objects", f"cutoff {cutoff:g}" if cutoff else "no cutoff", "objects in an image", "µs an object", points
        )
    points = {side * side: 1e9 * cost(field(2000, side, 0.01)) / side**2 for side in (512, 1024, 2048, 4096, 8192)}
    yield Curve("frame", "2,000 objects, cutoff 0.01", "pixels of a frame", "ns a pixel", points)


def field(count: int, side: int, cutoff: float) -> Recipe:
    """One frame of `wide-field` with so many galaxies and no stars."""
    changes = {"exposures.galaxy.count": count, "exposures.star.count": 0, "image.cutoff": cutoff, "samples": 1}
    return Recipe.builtin("wide-field").with_overrides({**changes, "size": [side, side]})


def classes() -> Iterator[Curve]:
    """So many catalogues in equal shares, a galaxy of its own radius each: samples, and what comes before them."""
    made, planned = {}, {}
    for count in (1, 3, 10, 30, 100, 300, 1000):
        began = time.process_time()
        recipe = of_classes(count)
        make_plan(recipe)
        planned[count] = 1e3 * (time.process_time() - began) / count
        made[count] = 1e6 * cost(recipe) / recipe.samples
    yield Curve("classes", "made", "classes", "µs a sample", made)
    yield Curve("classes", "planned", "classes", "ms a class", planned)


def of_classes(count: int) -> Recipe:
    """Noisy galaxies of so many classes, 28×28."""
    catalogues = {f"c{k}": {"objects": [{"galaxy": {"r_eff": 2.0 + k / count}}]} for k in range(count)}
    noise = [{"gaussian": {"sigma": 0.1}}]
    recipe: Recipe = Recipe.parse(
        {"samples": 6000, "image": {"shape": [28, 28]}, "noise": noise, "catalogues": catalogues}
    )
    return recipe


def threads() -> Iterator[Curve]:
    """Files on disk by more threads, on the wall."""
    for name, recipe in (("galaxies", galaxies(300_000)), ("sky", Recipe.builtin("sky").set("samples", 1500))):
        points: dict[float, float] = {}
        counts = thread_counts(usable_cpus())
        with folder("disk") as place:
            generate(recipe.set("samples", 100), place / "out.h5")
            seconds: dict[int, list[float]] = {count: [] for count in counts}
            for _ in range(ROUNDS + 2):
                for count in counts:
                    began = time.perf_counter()
                    generate(recipe, place / "out.h5", overwrite=True, threads=count)
                    seconds[count].append(time.perf_counter() - began)
        for count in counts:
            ratios = [a / b for a, b in zip(seconds[1], seconds[count], strict=True)]
            points[count] = statistics.median(ratios)
        yield Curve("threads", name, "threads", "× one thread", points)


def by_stage() -> Iterator[Curve]:
    """Where the time of a noisy galaxy with a PSF goes, and the least that it can be."""
    measured, floors = {}, {}
    for stage in stages(make_plan(galaxies(100_000, psf=True))):
        measured[stage.name] = 1e6 * seconds(stage.measured, stage.samples)
        if stage.floor is not None:
            floors[stage.name] = 1e6 * seconds(stage.floor, stage.floor_samples)
    yield Curve("stages, galaxies 28×28 with PSF", "measured", "", "µs a sample", measured)
    yield Curve("stages, galaxies 28×28 with PSF", "on data in the cache", "", "µs a sample", floors)


def cost(recipe: Recipe) -> float:
    """Processor time in which all samples are drawn and rendered once, after a first time."""
    action = rendering(make_plan(recipe))
    action()
    found = []
    for _ in range(ROUNDS):
        calls, began = 0, time.process_time()
        while (now := time.process_time()) - began < LEAST_SECONDS or not calls:
            action()
            calls += 1
            now = time.process_time()
        found.append((now - began) / calls)
    return statistics.median(found)


CURVES: dict[str, Callable[[], Iterator[Curve]]] = {
    "samples": samples,
    "pixels": pixels,
    "objects": objects,
    "classes": classes,
    "threads": threads,
    "stages": by_stage,
}
PANELS = ("samples", "pixels", "objects", "frame", "classes", "threads")
SHOWN = (
    "noisy galaxies",
    "stars",
    "Gaussian pixels",
    "Poisson pixels",
    "Gaussian PSF σ = 0.7, 28",
    "filled",
    "wide field",
)
BARS = "stages, galaxies 28×28 with PSF"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(CURVES)}; none: only draw")
    parser.add_argument("--all", action="store_true", help="all curves")
    parser.add_argument("--largest", type=int, default=8, metavar="POWER", help="files of up to 10**POWER samples")
    options = parser.parse_args(arguments)
    for name in CURVES if options.all else options.names:
        if name not in CURVES:
            parser.error(f"{name}: there are {', '.join(CURVES)}")
        found = [curve._asdict() for curve in (samples(options.largest) if name == "samples" else CURVES[name]())]
        for curve in found:
            print(
                f"{curve['panel']}, {curve['name']}: {curve['y']}",
                {x: float(f"{y:.3g}") for x, y in curve["points"].items()},
            )
        kept = load()
        kept[name] = {
            "machine": machine.description()["machine"],
            "date": machine.description()["date"],
            "curves": found,
        }
        KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    draw(load())


def load() -> dict[str, Any]:
    """What was kept, by the name of what was varied."""
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return kept


def draw(kept: dict[str, Any]) -> None:
    """All curves that are kept, a panel for each thing that is varied; stages as bars; peers in a second picture."""
    curves = [curve for found in kept.values() for curve in found["curves"]]
    with rc_context(READABLE):
        figure = Figure(figsize=(WIDTH, 12.5), layout="constrained")
        rooms: Any = figure.subfigures(2, 1, height_ratios=(3, 1))
        upper, lower = rooms
        for axes, panel in zip(upper.subplots(3, 2).flat, PANELS, strict=True):
            _panel(axes, panel, [curve for curve in curves if curve["panel"] == panel])
        _stages(lower.subplots(), [curve for curve in curves if curve["panel"] == BARS])
        _save(figure, PICTURE)
        figure = Figure(figsize=(WIDTH, 9.5), layout="constrained")
        _peers(figure.subplots())
        _save(figure, PEERS)


def _save(figure: Figure, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, dpi=DOTS)
    Image.open(content).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _panel(axes: Any, panel: str, curves: list[dict[str, Any]]) -> None:
    units = {curve["y"] for curve in curves}
    written = 0
    for curve in curves:
        x = np.array([float(place) for place in curve["points"]])
        label = curve["name"] if len(units) == 1 else f"{curve['name']}, {curve['y']}"
        lines = label.replace(", ", ",\n") if len(label) > LEGEND_SIGNS else label
        axes.plot(x, list(curve["points"].values()), marker="o", markersize=4, label=lines)
        written += lines.count("\n") + 1
    axes.set(title=panel, xlabel=curves[0]["x"] if curves else "", ylabel=units.pop() if len(units) == 1 else "")
    if panel == "threads":
        axes.set_ylim(bottom=0)
    else:
        axes.set(xscale="log", yscale="log")
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > SPAN else (1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
        share = LEGEND_LINE * written
        axes.set_ylim(top=high * (high / low) ** (share / (1.0 - share)))
    axes.legend(loc="upper left" if panel == "threads" else "upper right")
    axes.grid(alpha=0.3)


def _stages(axes: Any, curves: list[dict[str, Any]]) -> None:
    for number, curve in enumerate(curves):
        names = [name for name in curves[0]["points"] if name in curve["points"]]
        places = [list(curves[0]["points"]).index(name) + 0.4 * number for name in names]
        axes.barh(places, [curve["points"][name] for name in names], 0.4, label=curve["name"])
    axes.set(title=BARS, xlabel=curves[0]["y"] if curves else "")
    if curves:
        axes.set_yticks(np.arange(len(curves[0]["points"])) + 0.2, list(curves[0]["points"]))
    axes.invert_yaxis()
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.4))


def _peers(axes: Any) -> None:
    rows = kept_results().get("peers", {"rows": []})["rows"]
    own = [row for row in rows if row["ratio"] and row["what"].startswith(SHOWN) and "one core" in row["what"]]
    if not own:
        return
    groups: dict[str, list[tuple[str, float]]] = {}
    for row in own:
        what, _, peer = row["what"].partition(", vs ")
        for aside in (", given parameters", ", one core", ", a call each"):
            what = what.replace(aside, "")
        photons = row["peer"].partition(" each")[0].removeprefix("UFig") if peer == "UFig" else ""
        groups.setdefault(what, []).append((peer + photons, row["ratio"]))
    ticks: list[tuple[int, str]] = []
    place = 0
    for what, bars in groups.items():
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        axes.text(HEADING, place, what, transform=axes.get_yaxis_transform(), va="center", weight="bold", bbox=behind)
        for peer, ratio in bars:
            place += 1
            ticks.append((place, peer))
            axes.barh(place, ratio, color="C0")
        place += 1
    axes.set_yticks(*zip(*ticks, strict=True))
    axes.set_ylim(-0.7, place - 0.3)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set(title="times as fast, one core each", xscale="log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.invert_yaxis()


if __name__ == "__main__":
    main(sys.argv[1:])
