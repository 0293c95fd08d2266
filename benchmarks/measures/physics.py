"""Trajectories a second and core, against SciPy, REBOUND and DeepBench, and pendulums in a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.measures.peer_deepbench import run_deepbench
from benchmarks.measures.pipeline import against_its_parts, generate_seconds
from benchmarks.peers import environment
from benchmarks.places import folder
from benchmarks.processes import on_one_cpu
from benchmarks.scenes import bodies, pendulums
from benchmarks.table import Row, duration, number, rate, unavailable
from deepbench_fast import Recipe
from deepbench_fast.draw.initial_states import STATE
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kinds.registry import kind
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.render.trajectories import FOUND, PENDULUMS, SYSTEMS_OF_BODIES, column_names
from deepbench_fast.run.benchmark.road import rendering, samples_in_task
from deepbench_fast.run.benchmark.timing import Action, Effort, Stopwatch, each, interleave

PENDULUM_KINDS = ("pendulum", "hamiltonian_pendulum")
PENDULUM_GOALS = {"pendulum rk4": 1e5, "hamiltonian_pendulum rk4": 1e5}
# Times as fast as a step of REBOUND's, by the number of bodies.
BODY_GOALS = {3: 8.0, 16: 3.0}
BODY_SOLVERS = ("radau", "leapfrog", "rk4")
STEP = 0.002
STEPS = 1000
REBOUND_STEPS = 200_000
ACCURACY = 1e-8
# Bodies, and the time until which their motion isn't yet chaotic, so that there is an error to speak of.
IAS15_BODIES = {3: 10.0, 16: 1.0}
IAS15_SYSTEMS = 24
# From loose to tight; the last one, tighter than REBOUND's default, stands for the truth.
IAS15_EPSILONS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
SCIPY_PENDULUMS = 24
DEEPBENCH_PENDULUMS = Path(environment.__file__).with_name("deepbench_pendulums.py")

FloatArray = npt.NDArray[np.float64]


def measure(effort: Effort) -> Iterator[Row]:
    for name in PENDULUM_KINDS:
        dynamics = kind(name).dynamics
        for solver in dynamics.solvers if dynamics else ():
            yield from moving_pendulums(name, solver, effort)
    for count in BODY_GOALS:
        for solver in BODY_SOLVERS:
            yield from moving_bodies(count, solver, effort)
    yield from against_scipy(effort)
    for count in BODY_GOALS:
        for dimensions in (3, 2):
            yield against_rebound(count, dimensions, effort)
    yield from against_deepbench(effort)
    yield from against_its_parts(
        "pendulums, 100 steps, file on disk", pendulums(effort.samples(200_000)), "disk", effort
    )


def measure_bodies(effort: Effort) -> Iterator[Row]:
    """Bodies at the error of REBOUND's ias15, of few and of many."""
    for count in IAS15_BODIES:
        yield against_ias15(count, effort)


def moving_pendulums(name: str, solver: str, effort: Effort) -> Iterator[Row]:
    """The kernel of as many pendulums as the pipeline moves at once, and one of the pipeline's tasks."""
    samples = samples_in_task(make_plan(pendulums(1, name)))
    recipe = pendulums(samples, name, solver=solver)
    kernel = pendulum_kernel(pendulums(PENDULUMS, name, solver=solver))
    goal = PENDULUM_GOALS.get(f"{name} {solver}")
    yield from kernel_and_task(f"{name} {solver}, 100 steps", kernel, PENDULUMS, recipe, goal, effort)


def moving_bodies(count: int, solver: str, effort: Effort) -> Iterator[Row]:
    """Bodies in a plane with the default step or tolerance; those in steps that drift too far take half of it again."""
    recipe = bodies(SYSTEMS_OF_BODIES, count, solver=solver)
    kernel = body_kernel(recipe, np.array(recipe.time.moments))
    what = f"n_body {solver}, {count} bodies, 100 steps"
    yield from kernel_and_task(what, kernel, SYSTEMS_OF_BODIES, recipe, None, effort)


def kernel_and_task(
    what: str, kernel: Action, amount: int, recipe: Recipe, goal: float | None, effort: Effort
) -> Iterator[Row]:
    sides = {
        f"{what}, one core: kernel alone": each(kernel, amount, effort.seconds),
        f"{what}, one core: draw and render": each(rendering(make_plan(recipe)), recipe.samples, effort.seconds),
    }
    rounds = interleave(sides, effort.rounds)
    for side in sides:
        trajectories = 1 / rounds.median(side)
        yield Row(side, rate(trajectories), "", goal and trajectories, goal, unit="/s")


def pendulum_kernel(recipe: Recipe) -> Callable[[], FloatArray]:
    """The recipe's solver for all pendulums at once; gives their angles, shape (times, pendulums)."""
    plan = make_plan(recipe)
    (planned,) = plan.entries
    table = draw(plan, 0, plan.samples).objects[planned.kind.name]
    solve = planned.kind.kernel(recipe.image, solver=planned.entry.solver)
    inputs = [np.ascontiguousarray(table[name]) for name in column_names(solve, "times")]
    times = np.array(recipe.time.moments)
    angles, velocities = np.empty((2, times.size, plan.samples))

    def move() -> FloatArray:
        solve(*inputs, times, angles, velocities)
        return angles

    return move


class Bodies(NamedTuple):
    """Systems at t = 0, as the kernels take them."""

    mass: FloatArray
    state: FloatArray
    big_g: FloatArray
    softening: FloatArray


def drawn_bodies(recipe: Recipe) -> Bodies:
    plan = make_plan(recipe)
    objects = draw(plan, 0, plan.samples).objects
    own, systems = objects["body"].reshape(plan.samples, -1), objects["n_body"]
    state = np.stack([own[name] for name in STATE], axis=-1)
    big_g, softening = (np.ascontiguousarray(systems[name]) for name in ("big_g", "softening"))
    return Bodies(own["mass"].copy(), state, big_g, softening)


def body_kernel(recipe: Recipe, times: FloatArray) -> Callable[[], FloatArray]:
    """The recipe's solver for all systems at once; gives their positions, shape (systems, times, columns)."""
    systems = drawn_bodies(recipe)
    entry = make_plan(recipe).entries[0].entry
    solve = kind("n_body").kernel(recipe.image, solver=entry.solver)
    samples, count = systems.mass.shape
    out = np.empty((samples, times.size, count * entry.dimensions))
    found = np.empty((1 if entry.step else len(FOUND), samples))
    offsets, rows = np.array([0, -1, -1, -1, -1]), np.arange(samples)

    def move() -> FloatArray:
        solve(*systems, times, entry.step or entry.tolerance, entry.dimensions, offsets, rows, out, *found)
        return out

    return move


def against_scipy(effort: Effort) -> Iterator[Row]:
    """Pendulums to the same accuracy, each side's worst error measured against the exact solution."""
    yield from on_one_cpu(time_against_scipy, effort)


def time_against_scipy(effort: Effort) -> list[Row]:
    from benchmarks.peers import scipy_pendulums as scipy

    plan = make_plan(pendulums(PENDULUMS, output="angle"))
    table, times = draw(plan, 0, PENDULUMS).objects["pendulum"], np.array(plan.recipe.time.moments)
    angles = Renderer(plan).render(draw(plan, 0, PENDULUMS))["series"][:, :, 0].T
    sides: dict[str, Stopwatch] = {"ours": each(rendering(plan), PENDULUMS, effort.seconds)}
    peers = {}
    for calls, solve, rows in (
        ("a call each", scipy.one_by_one, table[:SCIPY_PENDULUMS]),
        (f"{PENDULUMS} as one system", scipy.together, table),
    ):
        for method in ("DOP853", "RK45"):
            side = f"{method}, {calls}"
            tolerance = scipy.loosest(solve, rows, times, method, ACCURACY)
            error = scipy.worst_error(solve(rows, times, method, tolerance), rows, times)
            sides[side] = each(partial(solve, rows, times, method, tolerance), len(rows), effort.seconds)
            peers[side] = f"rtol = atol = {tolerance:.1e}, error {error:.1e}"
    rounds = interleave(sides, effort.rounds)
    ours = f"{rate(1 / rounds.median('ours'))}, error {scipy.worst_error(angles, table, times):.1e}"
    return [
        Row(
            f"pendulum rk4, 100 steps to 1e-8: draw and render, one core, vs SciPy's solve_ivp, {side}",
            ours,
            f"{rate(1 / rounds.median(side))}, {told}",
            rounds.ratio(side, "ours"),
        )
        for side, told in peers.items()
    ]


def against_rebound(count: int, dimensions: int, effort: Effort) -> Row:
    """A step of one system, whose start, softening and G are those of the first of ours.

    REBOUND has three dimensions always. Ours are as many systems as the pipeline moves at once.
    """
    what = f"n_body leapfrog, a step of {count} bodies, {dimensions}-D, one core, vs REBOUND's leapfrog"
    try:
        from benchmarks.peers.rebound_bodies import simulation
    except ImportError as error:
        return unavailable(what, error)
    recipe = bodies(SYSTEMS_OF_BODIES, count, dimensions=dimensions, solver="leapfrog", step=STEP)
    kernel = body_kernel(recipe, np.array([STEP * STEPS]))
    mass, state, big_g, softening = (array[0] for array in drawn_bodies(recipe))
    sim = simulation(mass, state, big_g, softening, STEP)
    steps = effort.samples(REBOUND_STEPS)
    sides = {
        "ours": each(kernel, SYSTEMS_OF_BODIES * STEPS, effort.seconds),
        "rebound": each(lambda: sim.steps(steps), steps, effort.seconds),
    }
    rounds = interleave(sides, effort.rounds)
    ours, theirs = (duration(rounds.median(side)) for side in sides)
    goal = BODY_GOALS[count] if dimensions == 3 else None
    return Row(what, ours, f"REBOUND {theirs}", rounds.ratio("rebound", "ours"), goal)


def against_ias15(count: int, effort: Effort) -> Row:
    """Systems followed to 100 moments at equal error, which is measured against ias15 at its own tolerance.

    Ours has its default tolerance; REBOUND's has the loosest of some at which neither the median nor the 90th
    percentile of the systems' errors is larger than ours. Figures are processor time.
    """
    until = IAS15_BODIES[count]
    what = f"n_body radau, {count} bodies, to {until:g} at equal error, one core, vs a loop of REBOUND's ias15"
    try:
        from benchmarks.peers.rebound_bodies import followed
    except ImportError as error:
        return unavailable(what, error)
    recipe = bodies(SYSTEMS_OF_BODIES, count, dimensions=3)
    times = np.linspace(0.0, until, 100)
    kernel, systems = body_kernel(recipe, times), drawn_bodies(recipe)
    few = Bodies(*(array[:IAS15_SYSTEMS] for array in systems))
    truth = followed(*few, times, IAS15_EPSILONS[-1])

    def errors(found: FloatArray) -> FloatArray:
        """The largest distance from the truth of any body at any moment, (systems,)."""
        apart = found[: len(truth)].reshape(truth.shape) - truth
        largest: FloatArray = np.sqrt((apart**2).sum(axis=-1)).max(axis=(1, 2))
        return largest

    ours = np.quantile(errors(kernel()), (0.5, 0.9))
    for epsilon in IAS15_EPSILONS[:-1]:
        theirs = np.quantile(errors(followed(*few, times, epsilon)), (0.5, 0.9))
        if (theirs <= ours).all():
            break
    sides = {
        "ours": each(kernel, SYSTEMS_OF_BODIES, effort.seconds, time.process_time),
        "rebound": each(partial(followed, *few, times, epsilon), len(few.mass), effort.seconds, time.process_time),
    }
    rounds = interleave(sides, effort.rounds)
    told = {
        side: f"{rate(1 / rounds.median(side))}, error {error[0]:.0e}, 90 % below {error[1]:.0e}"
        for side, error in (("ours", ours), ("rebound", theirs))
    }
    peer = f"REBOUND, epsilon {epsilon:.0e} {told['rebound']}"
    return Row(what, told["ours"], peer, rounds.ratio("rebound", "ours"), 10)


def against_deepbench(effort: Effort) -> Iterator[Row]:
    """Pendulums without noise; DeepBench makes a new object for each, as its users do."""
    try:
        python = environment.deepbench_python()
    except environment.PeerUnavailableError as error:
        yield unavailable("pendulums vs DeepBench", error)
        return
    yield from newtonian_against_deepbench(python, effort)
    for case in HAMILTONIAN_CASES:
        yield hamiltonian_against_deepbench(case, python, effort)


def newtonian_against_deepbench(python: Path, effort: Effort) -> Iterator[Row]:
    """DeepBench has the small-angle formula only; ours is that too, or the full equation, on one core or in a file."""
    samples, peer_samples = effort.samples(200_000), effort.samples(5_000)
    recipe = pendulums(samples)
    with folder("disk") as disk:
        ours = {
            f"pendulum {solver}, 100 steps, draw and render, one core, vs DeepBench's Pendulum": task(solver, effort)
            for solver in ("small_angle", "rk4")
        }
        saved = "pendulum rk4, 100 steps → HDF5 in a file on disk, 2 threads, vs DeepBench's Pendulum"
        ours[saved] = lambda: generate_seconds(recipe, disk, 2) / samples
        peer = deepbench_seconds(python, "pendulums", peer_samples, disk)
        rounds = interleave({**ours, "peer": peer}, effort.rounds)
    theirs = f"DeepBench, small-angle formula {rate(1 / rounds.median('peer'))}"
    for what in ours:
        made = rate(1 / rounds.median(what))
        if what == saved:
            made += f", {number(make_plan(recipe).sample_bytes / rounds.median(what) / 1e6)} MB/s"
        yield Row(what, made, theirs, rounds.ratio("peer", what))


def task(solver: str, effort: Effort) -> Stopwatch:
    plan = make_plan(pendulums(samples_in_task(make_plan(pendulums(1))), solver=solver))
    return each(rendering(plan), plan.samples, effort.seconds)


class Hamiltonian(NamedTuple):
    """A scene of DeepBench's, the length of our pendulums, the samples that the peer makes in a round."""

    what: str
    scene: str
    length: Any
    peer: int


HAMILTONIAN_CASES = (
    Hamiltonian("length 1 m", "hamiltonian-pendulums-1m", 1.0, 10),
    Hamiltonian("length U[1, 10] m", "hamiltonian-pendulums", {"uniform": [1.0, 10.0]}, 4),
)


def hamiltonian_against_deepbench(case: Hamiltonian, python: Path, effort: Effort) -> Row:
    """Ours to 1e-8, theirs in its noise; both start between 1.3 and 2.3 rad, where DeepBench always does.

    With a length of 1 m both integrate the same equation; otherwise DeepBench's is another, stiffer one.
    """
    options = {"angle": {"uniform": [1.3, 2.3]}, "length": case.length}
    name = "hamiltonian_pendulum"
    plan = make_plan(pendulums(samples_in_task(make_plan(pendulums(1, name))), name, **options))
    with folder("disk") as disk:
        sides = {
            "ours": each(rendering(plan), plan.samples, effort.seconds),
            "peer": deepbench_seconds(python, case.scene, effort.samples(case.peer), disk),
        }
        rounds = interleave(sides, min(3, effort.rounds))
    what = f"{name} rk4, 100 steps to 1e-8, {case.what}, draw and render, one core, vs DeepBench's HamiltonianPendulum"
    ours, theirs = (rate(1 / rounds.median(side)) for side in sides)
    return Row(what, ours, f"DeepBench {theirs}", rounds.ratio("peer", "ours"), 1e5)


def deepbench_seconds(python: Path, scene: str, samples: int, directory: Path) -> Stopwatch:
    path = directory / "peer.h5"
    return lambda: 1 / run_deepbench(python, scene, samples, path, peer=DEEPBENCH_PENDULUMS)["rate"]
