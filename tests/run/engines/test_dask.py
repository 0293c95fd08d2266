"""Parts on a Dask scheduler with workers in processes of their own, some of which are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from deepbench_fast import FileError, MismatchError, Recipe, UsageError, generate, open_dataset
from deepbench_fast.run.engines import dask as engine
from tests.cli.running import COMMAND, run
from tests.recipes import mixed

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

SECONDS_AT_MOST = 120
QUIET = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "critical"}
SLOW = ("-n", "40000", "--set", "image.shape=[64,64]", "--seed", "3")


class Cluster(NamedTuple):
    """A scheduler and its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def add_worker(self) -> None:
        """Start a worker, of one thread and with no nurse."""
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny"]
        self.workers.append(subprocess.Popen([*command, "--no-dashboard"], env=QUIET, stderr=subprocess.DEVNULL))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    scheduler = subprocess.Popen([*command, "--no-dashboard"], env=QUIET, stderr=subprocess.DEVNULL)
    found = Cluster(f"tcp://127.0.0.1:{port}", scheduler, [])
    try:
        for _ in range(2):
            found.add_worker()
        yield found
    finally:
        for process in (*found.workers, scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the slow dataset is, as one file."""
    path = tmp_path_factory.mktemp("whole") / "s.h5"
    assert run("generate", "star", path, *SLOW).status == 0
    return path


def wait_for(folder: Path, pattern: str, count: int = 1) -> None:
    until = time.monotonic() + SECONDS_AT_MOST
    while len(list(folder.glob(pattern))) < count:
        assert time.monotonic() < until, f"no {pattern}"
        time.sleep(0.01)


def started(cluster: Cluster, path: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, "generate", "star", str(path), *SLOW, "--dask", cluster.address, "--shards", "6", "--resume"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET)


def test_same_dataset(cluster: Cluster, tmp_path: Path) -> None:
    recipe = mixed(samples=5000)
    expected = generate(recipe, tmp_path / "whole.h5").digest
    with distributed.Client(cluster.address) as client:
        client.wait_for_workers(2, timeout=SECONDS_AT_MOST)
        summary = generate(recipe, tmp_path / "m.h5", client=client, shards=3)
        assert summary.digest == expected
        with pytest.raises(FileError, match="--resume goes on"):
            generate(recipe, tmp_path / "m.h5", client=client, shards=3)
        assert generate(recipe, tmp_path / "m.h5", client=client, shards=3, resume=True).digest == expected
        again = generate(mixed(samples=5000, seed=8), tmp_path / "m.h5", client=client, shards=3, overwrite=True)
        assert again.digest != expected
        with pytest.raises(UsageError, match="workers make all shards"):
            generate(recipe, tmp_path / "m.h5", client=client, shard="1/3")
        task = client.submit(engine._make_part, generate, recipe, "none.h5", "1/1", False, "deepbench_fast 9.9.9")
        with pytest.raises(MismatchError, match=r"a worker has deepbench_fast 0\..*the client deepbench_fast 9"):
            task.result()


def test_a_worker_is_killed(cluster: Cluster, whole: Path, tmp_path: Path) -> None:
    process = started(cluster, tmp_path / "s.h5")
    wait_for(tmp_path, "*.part")
    cluster.workers[0].send_signal(signal.SIGKILL)
    cluster.add_worker()
    out, err = process.communicate(timeout=SECONDS_AT_MOST)
    assert process.returncode == 0, err
    assert out.strip() == open_dataset(whole).summary.digest


def test_the_client_is_killed(cluster: Cluster, whole: Path, tmp_path: Path) -> None:
    process = started(cluster, tmp_path / "s.h5")
    wait_for(tmp_path, "*.json")
    process.kill()
    process.communicate()
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    out, err = started(cluster, tmp_path / "s.h5").communicate(timeout=SECONDS_AT_MOST)
    assert out.strip() == open_dataset(whole).summary.digest, err
    assert made.items() <= {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}.items()


def test_processes_of_this_machine(tmp_path: Path) -> None:
    ran = run_apart("generate", "stars", tmp_path / "m.h5", "-n", "2000", "--dask", "local:2", "--shards", "3")
    assert ran.returncode == 0, ran.stderr
    assert (
        ran.stdout.strip()
        == generate(Recipe.builtin("stars").with_overrides({"samples": 2000}), tmp_path / "w.h5").digest
    )


def run_apart(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("address", "words"), [("local:0", "neither local:N"), ("tcp://127.0.0.1:1", "no scheduler")])
def test_no_scheduler(address: str, words: str, tmp_path: Path) -> None:
    code = "import runpy, sys; from deepbench_fast.run.engines import dask; dask.SECONDS_FOR_A_SCHEDULER = 1;"
    code += "sys.argv[1:] = ['generate', 'star', 's.h5', '-n', '10', '--dask', sys.argv[1]];"
    command = [sys.executable, "-c", code + "runpy.run_module('deepbench_fast.cli')", address]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_the_scheduler_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    process = started(cluster, tmp_path / "s.h5")
    wait_for(tmp_path, "*.part")
    cluster.scheduler.kill()
    _, err = process.communicate(timeout=SECONDS_AT_MOST)
    assert process.returncode == 1
    assert "--resume goes on" in err.splitlines()[-1]
