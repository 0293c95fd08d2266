"""Others doing the same, each in a process of its own, on one core and on two.

Thread pools of libraries spin for a while after use, so nobody shares a process, and only the side whose turn it is
does anything. On one core the figure is processor time, on two it is time on the wall. UFig has an environment of its
own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.measures.kinds import filled_table
from benchmarks.peers import environment
from benchmarks.peers.sides import OURS, SIDES
from benchmarks.places import folder
from benchmarks.scenes import galaxies
from benchmarks.table import Row, duration, rate, unavailable
from deepbench_fast import Recipe, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.run.benchmark.arrays import objects
from deepbench_fast.run.benchmark.timing import Effort, Stopwatch, interleave

HERE = Path(environment.__file__).parent
ROOT = HERE.parents[1]
PHOTONS = (100, 1000)
FIELD_OBJECTS = 20_000
STORED = 100_000
IMAGES = 1024
TIMED_ON_THE_WALL = ("file",)


class Scene(NamedTuple):
    """What is made, in which unit it is told (none: seconds a thing), and how many times as fast we shall be."""

    what: str
    unit: str
    goals: dict[str, float]
    cores: tuple[int, ...] = (1, 2)


SCENES = {
    "galaxies": Scene(
        "noisy galaxies 28×28, given parameters",
        "/s",
        {"JAX, jit + vmap": 6.0, "Numba, prange, fastmath": 12.0, "GalSim": 40.0},
    ),
    "stars": Scene("stars 28×28, given parameters", "/s", {}),
    "normals": Scene("Gaussian pixels, float32", "pix", {f"NumPy, {b}": 10.0 for b in ("PCG64", "SFC64", "Philox")}),
    "counts": Scene("Poisson pixels, λ = 20", "pix", {f"NumPy, {b}": 5.0 for b in ("PCG64", "SFC64")}),
    "blur 28": Scene("Gaussian PSF σ = 0.7, 28×28", "", {"SciPy": 7.0, "OpenCV": 1.5}),
    "blur 256": Scene("Gaussian PSF σ = 0.7, 256×256", "", {"SciPy": 7.0, "OpenCV": 1.5}),
    "ellipse": Scene(
        "filled ellipse, 256×256, a call each", "", dict.fromkeys(("OpenCV, float32", "OpenCV, uint8"), 2.0), (1,)
    ),
    "polygon": Scene(
        "filled polygon, 256×256, a call each", "", dict.fromkeys(("OpenCV, float32", "OpenCV, uint8"), 1.2), (1,)
    ),
    "circle": Scene("filled circle, 256×256, a call each", "", {}, (1,)),
    "file": Scene("galaxies 28×28 in a file on disk: ours made and written, theirs only written", "/s", {}),
}
FIELD_GOALS = {100: 3.0, 1000: 10.0}


def measure(effort: Effort) -> Iterator[Row]:
    with folder("disk") as place:
        prepare(place, effort)
        for name, scene in SCENES.items():
            for cores in scene.cores:
                yield from compared(name, scene, cores, place, effort)
        for cores in (1, 2):
            yield from wide_field(cores, place, effort)


def prepare(place: Path, effort: Effort) -> None:
    """The tables that all sides make their images from, and arrays to write."""
    for name, kind in (("galaxies", "galaxy"), ("stars", "star")):
        np.save(place / f"{name}.npy", objects(kind, IMAGES, 28).objects[kind])
    for name in ("ellipse", "polygon", "circle"):
        np.save(place / f"{name}.npy", filled_table(name))
    recipe = galaxies(max(effort.samples(STORED), 1000))
    made = samples(recipe, 0, recipe.samples)
    np.save(place / "images.npy", made["images"])
    np.save(place / "rows.npy", made.tables.objects["galaxy"])
    (place / "galaxies.yaml").write_text(recipe.to_yaml())


def compared(name: str, scene: Scene, cores: int, place: Path, effort: Effort) -> Iterator[Row]:
    """All sides of a scene in turns."""
    what = f"{scene.what}, {'one core' if cores == 1 else f'{cores} cores'}"
    if cores > usable_cpus():
        yield unavailable(what, f"{usable_cpus()} may be used")
        return
    wall = cores > 1 or name in TIMED_ON_THE_WALL
    with ExitStack() as stack:
        sides: dict[str, Stopwatch] = {}
        for side in SIDES[name]:
            command = [sys.executable, "-m", "benchmarks.peers.sides", name, side, str(place), str(cores)]
            try:
                each, amount = stack.enter_context(process(command, wall))
                sides[side] = lasting(each, amount, effort.seconds)
            except RuntimeError as error:
                yield unavailable(f"{what}, vs {side}", error)
        rounds = interleave(sides, effort.rounds)
    told: dict[str, Callable[[float], str]] = {
        "": duration,
        "/s": lambda s: rate(1 / s),
        "pix": lambda s: rate(1 / s, "pix"),
    }
    words = {side: told[scene.unit](rounds.median(side)) for side in sides}
    for side in sides:
        if not side.startswith(OURS):
            own = ours_like(side, sides)
            yield Row(f"{what}, vs {side}", words[own], words[side], rounds.ratio(side, own), scene.goals.get(side))


def ours_like(side: str, sides: Iterable[str]) -> str:
    """Our side with the other one's addition: "ours, uint8" for "OpenCV, uint8"; else the one without any."""
    return max((own for own in sides if own.startswith(OURS) and side.endswith(own.removeprefix(OURS))), key=len)


def wide_field(cores: int, place: Path, effort: Effort) -> Iterator[Row]:
    """Galaxies on 4096×4096 pixels: our whole sample, with the noise that UFig's photons aren't and without."""
    size = (4096, 4096) if effort.scale >= 1.0 else (512, 512)
    count = FIELD_OBJECTS if effort.scale >= 1.0 else 200
    changes = {"exposures.galaxy.count": count, "exposures.star.count": 0, "samples": 1, "size": list(size)}
    recipe = Recipe.builtin("wide-field").with_overrides(changes)
    (place / "field.yaml").write_text(recipe.to_yaml())
    (place / "light.yaml").write_text(recipe.set("noise", []).to_yaml())
    np.save(place / "field.npy", draw(make_plan(recipe), 0, 1).objects["galaxy"])
    np.save(place / "frame.npy", np.array(size))
    what = f"wide field {size[0]}², {count:,} galaxies, {'one core' if cores == 1 else f'{cores} cores'}"
    try:
        python = environment.ufig_python()
    except environment.PeerUnavailableError as error:
        yield unavailable(f"{what}, vs UFig", error)
        return
    if cores > usable_cpus():
        yield unavailable(what, f"{usable_cpus()} may be used")
        return
    with ExitStack() as stack:
        own = [sys.executable, "-m", "benchmarks.peers.sides", "field"]
        commands = {side: [*own, side, str(place), str(cores)] for side in SIDES["field"]}
        for photons in PHOTONS:
            commands[str(photons)] = [str(python), str(HERE / "ufig_side.py"), str(place), str(cores), str(photons)]
        sides: dict[str, Stopwatch] = {}
        for side, command in commands.items():
            each, amount = stack.enter_context(process(command, cores > 1))
            sides[side] = lasting(each, amount, effort.seconds)
        rounds = interleave(sides, effort.rounds)
    for photons in PHOTONS:
        peer = f"UFig, {photons:,} photons each {duration(rounds.median(str(photons)))}"
        for side in SIDES["field"]:
            told = f"{what}{side.removeprefix(OURS)}, vs UFig"
            goal = FIELD_GOALS[photons]
            yield Row(told, duration(rounds.median(side)), peer, rounds.ratio(str(photons), side), goal)


@contextmanager
def process(command: list[str], wall: bool) -> Iterator[tuple[Callable[[int], float], float]]:
    """A side, ready in a process of its own: seconds that so many of its calls take, and what a call makes."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as running,
    ):
        assert running.stdin is not None
        assert running.stdout is not None
        requests, answers = running.stdin, running.stdout
        amount = ""
        while not amount:
            line = answers.readline()
            if not line:
                errors.seek(0)
                raise RuntimeError((errors.read().strip().splitlines() or ["it ended"])[-1])
            amount = line.removeprefix("ready ") if line.startswith("ready ") else ""

        def seconds(calls: int) -> float:
            print(calls, file=requests, flush=True)
            return float(answers.readline().split()[0 if wall else 1])

        try:
            yield seconds, float(amount)
        finally:
            requests.close()


def lasting(seconds: Callable[[int], float], amount: float, least: float) -> Stopwatch:
    """Seconds for each thing, of as many calls as take so long."""
    calls = max(1, round(least / max(seconds(1), 1e-9)))
    return lambda: seconds(calls) / (calls * amount)
