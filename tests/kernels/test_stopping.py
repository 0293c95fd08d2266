"""Work that is asked to end, ends: in kernels, in threads, in commands; and slow work is shared and seen to move."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.errors import AccuracyWarning
from deepbench_fast.kernels import stopping
from deepbench_fast.kernels.leaving import PATIENCE_S
from deepbench_fast.kernels.stopping import Stop, Stopped
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.render.trajectories import samples_at_once

SECONDS_AT_MOST = 10  # two are promised; a machine that also does something else may take longer

BODIES = """
samples: 600
series: {start: 0, stop: 1000, steps: 10, outputs: [energy]}
catalogues: {a: {objects: [{n_body: {bodies: 8, step: 0.0002, tolerance: 1, solver: SOLVER}}]}}
"""
CROWDED = """
samples: 50
image: {shape: [2048, 2048], sampling: integrate}
catalogues: {a: {objects: [{galaxy: {count: 3000, r_eff: 9, ellip: 0.3}}]}}
"""
SLOW = {
    "leapfrog": BODIES.replace("SOLVER", "leapfrog"),
    "rk4": BODIES.replace("SOLVER", "rk4"),
    "tiny step": BODIES.replace("SOLVER", "leapfrog").replace("0.0002", "0.00001").replace("bodies: 8", "bodies: 2"),
    "crowded": CROWDED,
}


def write(folder: Path, name: str) -> Path:
    (folder / "slow.yaml").write_text(SLOW[name], encoding="utf-8")
    return folder / "slow.yaml"


@pytest.mark.parametrize("name", SLOW)
def test_rendering_ends_in_the_middle_of_a_sample(name: str) -> None:
    plan = make_plan(Recipe.from_yaml(SLOW[name]))
    tables, stop = draw(plan, 0, min(plan.samples, samples_at_once(plan))), Stop()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        Renderer(plan).render(tables, stop=stop)
    assert time.monotonic() - began < 60  # with the time that compiling takes
    timer.join()


TELLING = """
import runpy, sys
from deepbench_fast.render.renderer import Renderer

render = Renderer.render

def told(*arguments, **options):
    print("renders", file=sys.stderr, flush=True)
    return render(*arguments, **options)

Renderer.render = told
"""
"""Says when it begins to render."""
SECONDS_INTO_KERNELS = 0.7


def wait_until_kernels_run(process: subprocess.Popen[str]) -> None:
    """Until it renders, and a little longer; what it says before that is left out."""
    assert process.stderr is not None
    said: list[str] = []
    while not said or said[-1] != "renders\n":
        said.append(process.stderr.readline())
        assert said[-1], "".join(said)
    time.sleep(SECONDS_INTO_KERNELS)
    assert process.poll() is None


def stop_soon(arguments: list[str], folder: Path, number: int) -> tuple[int, str, float]:
    """Send a signal to a command, as often as an impatient hand: its exit status, standard error, and seconds from the
    first one to the end."""
    command = [sys.executable, "-c", f"{TELLING}runpy.run_module('deepbench_fast.cli')", *arguments]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        wait_until_kernels_run(process)
        began = time.monotonic()
        while process.poll() is None and time.monotonic() - began < 0.8 * PATIENCE_S:
            process.send_signal(number)
            time.sleep(0.01)
        _, err = process.communicate(timeout=120)
        return process.returncode, err, time.monotonic() - began


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("command", ["generate", "plan", "preview", "verify"])
def test_commands_heed_signals_while_kernels_run(command: str, tmp_path: Path) -> None:
    write(tmp_path, "leapfrog")
    number = signal.SIGTERM if command == "generate" else signal.SIGINT
    arguments = {
        "generate": ["generate", "./slow.yaml", "o.h5", "--threads", "2"],
        "plan": ["plan", "./slow.yaml"],
        "preview": ["preview", "./slow.yaml", "-o", "p.png"],
        "verify": ["verify", "done.h5", "--regenerate", "all"],
    }[command]
    if command == "verify":
        fake_slow_file(tmp_path / "done.h5")
    status, err, seconds = stop_soon(arguments, tmp_path, number)
    assert status == 128 + number
    assert err.splitlines()[-1].startswith(f"Error: stopped by {signal.Signals(number).name}")
    assert "Traceback" not in err
    assert seconds < SECONDS_AT_MOST


def fake_slow_file(path: Path) -> None:
    """A whole file of slow systems whose motion nobody computed: rendering it again takes minutes."""
    from deepbench_fast.run.engines import threads as engine

    class Idle(Renderer):
        def render(self, tables, out=None, keys=None, stop=stopping.NEVER):  # type: ignore[no-untyped-def]
            return {name: array[: len(tables.samples)] for name, array in out.items()}

    renderer, engine.Renderer = engine.Renderer, Idle  # type: ignore[misc]
    try:
        with pytest.warns(AccuracyWarning):
            generate(Recipe.from_yaml(SLOW["leapfrog"]), path)
    finally:
        engine.Renderer = renderer  # type: ignore[misc]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_samples_in_the_main_thread_heed_an_interrupt(tmp_path: Path) -> None:
    path = write(tmp_path, "leapfrog")
    code = "from deepbench_fast import Recipe, samples; samples(Recipe.load(sys.argv[1]), 0, 600)"
    command = [sys.executable, "-c", TELLING + code, str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_until_kernels_run(process)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=120)
    assert time.monotonic() - began < SECONDS_AT_MOST
    assert err.splitlines()[-1] == "KeyboardInterrupt"


class Told:
    """Progress that is written down."""

    def __init__(self) -> None:
        self.advances: list[int] = []
        self.threads: set[str] = set()

    def start(self, total: int, done: int) -> None:
        self.total = total

    def advance(self, number: int) -> None:
        self.advances.append(number)
        self.threads.add(threading.current_thread().name)


@pytest.mark.parametrize("kind", ["pendulum", "hamiltonian_pendulum"])
def test_pendulums_end_too(kind: str) -> None:
    plan, stop = make_plan(Recipe.of_kind(kind)), Stop()
    stop.set()
    with pytest.raises(Stopped):
        Renderer(plan).render(draw(plan, 0, 10), stop=stop)


def test_a_slow_chunk_is_shared_by_threads_and_progress_moves(tmp_path: Path) -> None:
    text = SLOW["leapfrog"].replace("stop: 1000,", "stop: 40,").replace("samples: 600", "samples: 160")
    recipe, told = Recipe.from_yaml(text), Told()
    assert make_plan(recipe).chunks == 1
    generate(recipe, tmp_path / "two.h5", threads=2, progress=told)
    assert sum(told.advances) == told.total == 160
    assert len(told.advances) > 2
    assert len(told.threads) == 2
    generate(recipe, tmp_path / "one.h5", threads=1)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    np.testing.assert_array_equal(open_dataset(tmp_path / "one.h5").series, samples(recipe, 0, 160)["series"])


def test_objects_drawn_a_few_at_a_time_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from deepbench_fast.render import scene

    for name in ("mixed", "shapes", "morphology", "lensing", "sky"):
        recipe = Recipe.builtin(name)
        whole = samples(recipe, 0, 6)
        monkeypatch.setattr(scene, "PIXELS_AT_ONCE", 1)
        monkeypatch.setattr(scene, "SECONDS_AT_ONCE", 0.0)
        plan = make_plan(recipe)
        parts = Renderer(plan).render(draw(plan, 0, 6))
        monkeypatch.undo()
        for array in parts:
            assert parts[array].tobytes() == whole[array].tobytes(), name


def test_work_that_ends_in_time_gives_its_result_or_its_error() -> None:
    assert stopping.call(lambda stop: stop.is_set()) is False
    assert stopping.call(lambda stop: 7, seconds=5) == 7
    with pytest.raises(ZeroDivisionError):
        stopping.call(lambda stop: 1 // 0)


def test_work_that_takes_too_long_is_asked_to_end() -> None:
    def work(stop: Stop) -> None:
        while True:
            stop.check()
            time.sleep(0.01)

    with pytest.raises(Stopped):
        stopping.call(work, seconds=0.1)
    outer = Stop()
    threading.Timer(0.1, outer.set).start()
    with pytest.raises(Stopped):
        stopping.call(work, seconds=60, outer=outer)


@pytest.fixture
def interrupts() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also where a shell began the tests in the background, which ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_nothing_goes_on_after_an_interrupt_while_its_thread_starts(interrupts: None) -> None:
    main, begun, ended = threading.main_thread().ident, [], []
    assert main is not None

    def work(stop: Stop) -> None:
        begun.append(1)
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(1e-3)
        ended.append(1)

    for _ in range(200):
        with pytest.raises(KeyboardInterrupt):
            stopping.call(work)
        assert len(ended) == len(begun)
