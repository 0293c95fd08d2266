"""DeepBench's side of the comparison makes and saves what it says."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from astropy.modeling.models import Moffat2D, Sersic2D
from scipy.ndimage import gaussian_filter

from benchmarks.conftest import RunDeepbench
from benchmarks.measures.physics import DEEPBENCH_PENDULUMS
from benchmarks.peers import environment
from benchmarks.peers.scipy_pendulums import exact_angles


def profiles(file: h5py.File, sample: int) -> npt.NDArray[np.float64]:
    """The sample's light, without PSF and noise, from its rows in the tables."""
    rows, columns = file["images"].shape[1:]
    y, x = np.mgrid[:rows, :columns].astype(float)
    light = np.zeros((rows, columns))
    for row in (row for row in file["objects/star"][:] if row["sample"] == sample):
        light += Moffat2D(row["amplitude"], row["x"], row["y"], row["gamma"], row["alpha"])(x, y)
    for row in (row for row in file["objects/galaxy"][:] if row["sample"] == sample):
        shape = (row["amplitude"], row["r_eff"], row["n"], row["x"], row["y"], row["ellip"], row["theta"])
        light += Sersic2D(*shape)(x, y)
    return light


@pytest.mark.parametrize("psf", [False, True], ids=["plain", "psf"])
@pytest.mark.parametrize(("scene", "shape"), [("galaxies", (28, 28)), ("fields", (256, 256))])
def test_an_image_is_its_parameters_and_the_noise(
    run_deepbench: RunDeepbench, tmp_path: Path, scene: str, shape: tuple[int, int], psf: bool
) -> None:
    answer = run_deepbench(scene, 5, tmp_path / "out.h5", psf=psf)
    assert answer["samples"] == 5
    assert answer["rate"] == pytest.approx(5 / answer["seconds"])
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["images"].shape == (5, *shape)
        assert file["images"].dtype == np.float32
        for sample, image in enumerate(file["images"]):
            light = profiles(file, sample)
            # mode "reflect" is DeepBench's choice
            noise = image - (gaussian_filter(light, 0.7, mode="reflect") if psf else light)
            sigma = file["samples"][sample]["noise_gaussian_sigma"]
            assert abs(noise.mean()) < 5 * sigma / np.sqrt(noise.size)
            assert noise.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * noise.size))


def test_images_of_shapes_are_ones_and_zeros_and_the_noise(run_deepbench: RunDeepbench, tmp_path: Path) -> None:
    run_deepbench("shapes", 24, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["images"].shape == (24, 256, 256)
        assert {kind: len(rows) for kind, rows in file["objects"].items()} == dict.fromkeys(
            ("rectangle", "polygon", "ellipse", "circle", "arc", "line"), 4
        )
        sigmas = file["samples"]["noise_gaussian_sigma"]
        for sample in np.flatnonzero(sigmas < 0.1):
            image = file["images"][sample]
            light = np.where(image > 0.5, 1.0, 0.0)
            assert 0.0 < light.mean() < 0.5
            assert (image - light).std() == pytest.approx(sigmas[sample], rel=5 / np.sqrt(2 * image.size))


@pytest.mark.parametrize("kind", ["circle", "ellipse"])
def test_shapes_are_their_parameters(run_deepbench: RunDeepbench, tmp_path: Path, kind: str) -> None:
    run_deepbench("shapes", 24, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        for row in (row for row in file[f"objects/{kind}"][:] if row["fill"]):
            width, height = (row["width"], row["height"]) if kind == "ellipse" else (2 * row["radius"],) * 2
            image = file["images"][row["sample"]]
            assert image.sum() == pytest.approx(np.pi * width * height / 4, rel=0.05)
            # DeepBench's first index is x.
            assert (np.arange(256) @ image).sum() / image.sum() == pytest.approx(row["x"], abs=2)
            assert (image @ np.arange(256)).sum() / image.sum() == pytest.approx(row["y"], abs=2)


def test_pendulums_are_the_small_angle_formula(run_deepbench: RunDeepbench, tmp_path: Path) -> None:
    run_deepbench("pendulums", 3, tmp_path / "out.h5", peer=DEEPBENCH_PENDULUMS)
    times = np.linspace(0.0, 10.0, 100)
    with h5py.File(tmp_path / "out.h5") as file:
        for row in file["objects/pendulum"][:]:
            angles = row["angle"] * np.cos(np.sqrt(9.80665 / row["length"]) * times)
            x = file["series"][row["sample"], :, 0]
            np.testing.assert_allclose(x, row["length"] * np.sin(angles), rtol=0, atol=1e-12)


def test_hamiltonian_pendulums_of_one_metre_are_right_but_for_their_noise(
    run_deepbench: RunDeepbench, tmp_path: Path
) -> None:
    run_deepbench("hamiltonian-pendulums-1m", 2, tmp_path / "out.h5", peer=DEEPBENCH_PENDULUMS)
    # They start where they like.
    starts = np.zeros(1001, [("angle", "f8"), ("length", "f8"), ("gravity", "f8")])
    starts["angle"], starts["length"], starts["gravity"] = np.linspace(1.3, 2.3, 1001), 1.0, 9.80665
    exact = exact_angles(starts, np.linspace(0.0, 10.0, 100))
    with h5py.File(tmp_path / "out.h5") as file:
        for q in file["series"][:, :, 0]:
            noise = (q[:, None] - exact).std(axis=0).min()
            assert noise == pytest.approx(0.1, rel=5 / np.sqrt(2 * q.size))


def test_samples_differ(run_deepbench: RunDeepbench, tmp_path: Path) -> None:
    run_deepbench("galaxies", 20, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert len(np.unique(file["images"][:], axis=0)) == 20


def test_the_environment_is_found_again(deepbench_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert environment.deepbench_python() == deepbench_python


def test_without_a_suitable_python_the_reason_is_given() -> None:
    with pytest.raises(environment.PeerUnavailableError, match=r"needs Python 3\.10 to 3\.12"):
        environment.suitable_python(["no-such-python"])


def test_a_broken_environment_is_replaced(tmp_path: Path) -> None:
    built, broken = tmp_path / "built", tmp_path / "broken"
    built.mkdir()
    (built / "new").touch()
    broken.mkdir()
    (broken / "old").touch()
    environment.move_into_place(built, broken, ["h5py", environment.DEEPBENCH])
    assert [path.name for path in broken.iterdir()] == ["new"]
    assert not built.exists()
