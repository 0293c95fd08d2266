"""`export`: what it says and writes, how it is stopped, and wrong input."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from tests.cli.running import COMMAND, run, run_well

LINEAR = ("--low", "-1", "--high", "9", "--stretch", "linear")


def test_says_what_it_did(galaxies: Path, tmp_path: Path) -> None:
    ran = run_well("export", galaxies, tmp_path / "png", "--format", "png", *LINEAR, "-n", "1e2")
    assert ran.out == ""
    assert "100 samples, linear from black -1 to white 9" in ran.err
    assert sum(1 for _ in (tmp_path / "png").rglob("*.png")) == 100
    with h5py.File(galaxies) as file:
        wanted = np.clip(np.floor((file["images"][42].astype(float) + 1) / 10 * 255 + 0.5), 0, 255)
    with Image.open(next((tmp_path / "png").rglob("042.png"))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), wanted)
    assert "were there" in run_well(*ran_again(galaxies, tmp_path / "png")).err


def ran_again(galaxies: Path, folder: Path) -> list[object]:
    return ["export", galaxies, folder, "--format", "png", *LINEAR, "-n", "100"]


def test_json(galaxies: Path, tmp_path: Path) -> None:
    said = run_well("export", galaxies, tmp_path / "npy", "--format", "npy", "--json").json
    assert (said["samples"], said["format"], said["kept"]) == (700, "npy", 0)
    assert said["written"] == sum(1 for _ in (tmp_path / "npy").iterdir()) - 1
    np.testing.assert_array_equal(np.load(tmp_path / "npy" / "images.npy").shape, (700, 28, 28))


@pytest.mark.skipif(os.name == "nt", reason="needs SIGTERM")
def test_stopped_by_a_signal_says_how_to_go_on(tmp_path: Path) -> None:
    run_well("generate", "galaxies", tmp_path / "galaxies.h5", "-n", "20000")
    folder = tmp_path / "png"
    command = ["export", str(tmp_path / "galaxies.h5"), str(folder), "--format", "png"]
    process = subprocess.Popen([*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not any(folder.rglob("*.png")):
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert process.returncode == 143
    assert out == ""
    assert err.splitlines() == [f"Error: stopped by SIGTERM; to go on: deepbench-fast {' '.join(command)}"]
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ([], 2, "--format"),
        (["--format", "gif"], 2, "parquet"),
        (["--format", "csv", "--split", "tset"], 2, "no split 'tset'; it has train"),
        (["--format", "csv", "-n", "0"], 2, "'0'"),
        (["--format", "csv", "-n", "701"], 2, "701 samples, of 700"),
        (["--format", "fits", "--bits", "16"], 2, "--bits is not for fits"),
        (["--format", "png", "--bits", "9"], 2, "8 or 16"),
        (["--format", "png", "--low", "dark"], 2, "--low"),
        (["--format", "png", "--stretch", "cubic"], 2, "asinh"),
        (["--format", "npy", "--stretch", "log"], 2, "--stretch is not for npy"),
        (["--format", "jpeg", "--quality", "101"], 2, "1 to 100"),
    ],
)
def test_wrong_usage(galaxies: Path, tmp_path: Path, options: list[str], status: int, words: str) -> None:
    ran = run("export", galaxies, tmp_path / "out", *options)
    assert (ran.status, ran.out) == (status, "")
    assert len(ran.err.splitlines()) == 1
    assert words in ran.err
    assert not (tmp_path / "out").exists()


def test_another_dataset_is_not_mixed_in(galaxies: Path, tmp_path: Path) -> None:
    run_well("generate", "galaxies", tmp_path / "other.h5", "-n", "700", "--seed", "6")
    run_well("export", galaxies, tmp_path / "csv", "--format", "csv")
    ran = run("export", tmp_path / "other.h5", tmp_path / "csv", "--format", "csv")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "digest" in ran.err
    assert str(tmp_path / "csv") in ran.err


def test_warns_of_classes_that_a_split_lacks(tmp_path: Path) -> None:
    catalogues = "{common: {weight: 19, objects: [{circle: {}}]}, rare: {objects: [{line: {}}]}}"
    recipe = "image: {shape: [8, 8]}\nsamples: 20\nsplits: {train: 0.9, test: 0.1}\n" + f"catalogues: {catalogues}\n"
    (tmp_path / "rare.yaml").write_text(recipe)
    run_well("generate", tmp_path / "rare.yaml", tmp_path / "rare.h5")
    words = ("export", tmp_path / "rare.h5", tmp_path / "png", "--format", "png")
    warning = "Warning: split test has no sample of rare: a folder is there, and empty"
    assert warning in run_well(*words).err.splitlines()
    ran = run_well(*words, "--json")
    assert ran.json["warnings"] == [warning.removeprefix("Warning: ")]
    assert (tmp_path / "png" / "test" / "1-rare").is_dir()
