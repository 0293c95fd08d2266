"""`generate`: its output, shards, and what is left when it is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest

from deepbench_fast import open_dataset
from deepbench_fast.cli.source import load_source
from deepbench_fast.kernels.leaving import PATIENCE_S
from deepbench_fast.run.beforehand import NOT_MEASURED
from deepbench_fast.run.generate import generate
from tests.cli.running import COMMAND, heed_interrupts, run, run_well

# 64 samples a chunk, four chunks a task, a quarter of a second a task: slow enough to be stopped in between.
SLOW = ["galaxy", "--size", "64x64", "-n", "2560", "--set", "catalogues.galaxy.galaxy.count=120"]


def test_digest_is_all_of_standard_output(galaxies: Path, tmp_path: Path) -> None:
    ran = run_well("generate", "galaxies", tmp_path / "again.h5", "-n", "7e2", "--seed", "5", "--threads", "2")
    assert ran.out == open_dataset(galaxies).summary.digest + "\n"
    assert "700 samples" in ran.err
    assert (tmp_path / "again.h5").read_bytes() == galaxies.read_bytes()


def test_json_is_that_of_info_with_the_time_in_place_of_counts(tmp_path: Path) -> None:
    path = tmp_path / "few.h5"
    made = run_well("generate", "galaxy", path, "-n", "5", "--json").json
    assert made.pop("seconds") > 0
    assert made.pop("samples_per_second") > 0
    assert made.pop("published_digest") is None
    info = run_well("info", path, "--json").json
    assert {**made, "classes": {"galaxy": {"all": 5}}, "samples_counted": 5} == info


def test_options_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "few.h5"
    options = ["-n", "1_0", "--seed", "my paper", "--size", "8x12", "--set", "catalogues.galaxy.galaxy.n=1.5"]
    run_well("generate", "galaxy", path, *options)
    data = open_dataset(path)
    assert (len(data), data.summary.seed, data[0]["image"].shape) == (10, "my paper", (8, 12))
    assert set(data.objects("galaxy")["n"]) == {1.5}


WARNED = """
samples: 6
image: {shape: [16, 16]}
catalogues:
  fields:
    objects:
      - galaxy: {x: {uniform: [0, 40]}, n: {grid: [0.5, 1, 2, 4]}, r_eff: 6, ellip: 0}
"""


def test_what_plan_warns_of_is_told_first(tmp_path: Path) -> None:
    recipe, path = tmp_path / "warned.yaml", tmp_path / "warned.h5"
    recipe.write_text(WARNED)
    planned = run_well("plan", recipe).err.splitlines()
    told = run_well("generate", recipe, path).err.splitlines()
    assert len(planned) == 3
    pixels, *others = planned
    assert pixels.startswith("Warning: fields: sampling at pixel centres makes the brightest pixel wrong by ")
    assert told[0] in (pixels, f"Note: {NOT_MEASURED}")
    assert told[1:-1] == others
    assert told[-1].startswith(f"{path}: 6 samples in ")
    assert run_well("generate", recipe, path, "--resume").err == f"{path}: was complete\n"


def test_objects_too_small_for_means_are_told(tmp_path: Path) -> None:
    for command in (["plan"], ["generate", tmp_path / "small.h5"]):
        name, *output = command
        ran = run_well(name, "galaxy", *output, "-n", "5", "--size", "8x12")
        assert "Warning: how wrong sampling at pixel centres is can't be measured: " in ran.err


def test_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "few.h5"
    first = run_well("generate", "galaxy", path, "-n", "5").out
    assert run("generate", "galaxy", path, "-n", "6").status == 1
    assert run_well("generate", "galaxy", path, "-n", "5", "--resume").out == first
    assert run("generate", "galaxy", path, "-n", "6", "--resume").status == 1
    assert run_well("generate", "galaxy", path, "-n", "6", "--overwrite").out != first
    assert len(open_dataset(path)) == 6
    before = path.stat()
    assert run_well("generate", "galaxy", path, "-n", "5", "--overwrite", "--resume").out == first
    replaced = path.stat()
    assert replaced != before
    assert run_well("generate", "galaxy", path, "-n", "5", "--overwrite", "--resume").out == first
    assert path.stat() == replaced


def test_shards_read_as_one_file(galaxies: Path, tmp_path: Path) -> None:
    path = tmp_path / "parts.h5"
    for number in (1, 3, 2):
        run_well("generate", "galaxies", path, "-n", "700", "--seed", "5", "--shard", f"{number}/3")
        assert not path.exists()
    assert run_well("index", "-o", path).out.strip() == open_dataset(galaxies).summary.digest
    assert run_well("info", path, "--json").json["digest"] == open_dataset(galaxies).summary.digest
    shard = run_well("info", tmp_path / "parts.shard-2-of-3.h5", "--json").json
    assert 0 < shard["first"] < shard["first"] + shard["samples"] < shard["total"] == 700
    assert run_well("show", path, "699", "--json").json == run_well("show", galaxies, "699", "--json").json


def chunks_done(unfinished: Path) -> int:
    if not unfinished.exists():
        return 0
    with h5py.File(unfinished, "r", locking=False) as file:
        return int((file["chunks"]["done"] == 1).sum())


def stop_when_further(path: Path, number: signal.Signals) -> tuple[int, str]:
    """Run until another task is in the file, then send the signal; exit status and standard error."""
    unfinished = path.with_name(path.name + ".part")
    before = chunks_done(unfinished)
    process = subprocess.Popen(
        [*COMMAND, "generate", *SLOW, str(path), "--threads", "1", "--resume"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    while chunks_done(unfinished) <= before:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.005)
    process.send_signal(number)
    out, err = process.communicate()
    assert out == ""
    return process.returncode, err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_stopped_again_and_again_and_resumed(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.h5", tmp_path / "stopped.h5"
    recipe = load_source("galaxy", 2560, None, (64, 64), (("catalogues.galaxy.galaxy.count", "120"),))
    digest = generate(recipe, whole).digest

    status, err = stop_when_further(path, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert all(
        line.startswith(("Warning: ", "Note: ")) for line in err.splitlines()
    )  # told at the start, not where it goes on
    for number in (signal.SIGINT, signal.SIGTERM):
        status, err = stop_when_further(path, number)
        assert status == 128 + number
        assert err.count("\n") == 1
        assert err.startswith(f"Error: stopped by {number.name}; to go on: deepbench-fast generate galaxy ")
        assert err.endswith(" --resume\n")
        assert "Traceback" not in err
    assert not path.exists()
    assert run("info", f"{path}.part", "--json").json["complete"] is False
    assert run("generate", *SLOW, path).status == 1
    assert run_well("generate", *SLOW, path, "--resume").out == f"{digest}\n"
    assert path.read_bytes() == whole.read_bytes()
    assert not path.with_name(path.name + ".part").exists()


ENDLESS = """
from deepbench_fast import light_kind, parameter

@light_kind("endless", parameters=[parameter("a", default=1.0)])
def endless(dx, dy, row):
    x = 0.0
    while x < row.a:
        x *= 2.0
    return x
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_second_signal_ends_what_never_ends(number: signal.Signals, tmp_path: Path) -> None:
    """The first one asks kernels to end, and that of a kind of one's own may not hear."""
    kinds, path = tmp_path / "endless.py", tmp_path / "never.h5"
    kinds.write_text(ENDLESS)
    process = subprocess.Popen(
        [*COMMAND, "--kinds", str(kinds), "generate", "endless", str(path), "-n", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    unfinished = path.with_name("never.h5.part")
    while not unfinished.exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)
    time.sleep(1)
    for _ in range(2):
        process.send_signal(number)  # the second of two at once is not meant
    time.sleep(PATIENCE_S + 0.2)
    assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 128 + number
    assert err.splitlines()[-1] == f"Error: stopped at once by {number.name}; what was written stays as it is"
    assert unfinished.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_stopped_elsewhere(number: signal.Signals, tmp_path: Path) -> None:
    """A signal while a command waits for its recipe, which is a pipe: one line, and the status of the signal."""
    recipe = tmp_path / "recipe.yaml"
    os.mkfifo(recipe)
    process = subprocess.Popen(
        [*COMMAND, "plan", str(recipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    with open(recipe, "wb"):  # which waits until the command reads
        process.send_signal(number)
        out, err = process.communicate()
    assert (out, err) == ("", f"Error: stopped by {number.name}\n")
    assert process.returncode == 128 + number


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_a_terminal_is_told_at_once_that_kernels_compile(tmp_path: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path / "cache")}
    command = [*COMMAND, "generate", "galaxy", str(tmp_path / "few.h5"), "-n", "10"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, env=environment)
    os.close(end)
    shown = os.read(terminal, 4096)
    assert shown.startswith(b"compiling kernels for this processor, once; later runs load them (first: random.")
    assert process.poll() is None
    assert os.listdir(tmp_path) == ["cache"]
    process.terminate()
    process.communicate()
    os.close(terminal)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_progress_bar_in_a_terminal(tmp_path: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    command = [*COMMAND, "generate", "galaxy", str(tmp_path / "few.h5"), "-n", "2000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    shown = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal without a writer by an error
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out == f"{open_dataset(tmp_path / 'few.h5').summary.digest}\n"
    assert b"2.00k/2.00k" in shown
    assert b"samples/s" in shown
    assert b"100%" in shown
