"""The promises of a file of series: its axes, one dataset whatever the threads, shards, kills; damage is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import FileError, Recipe, generate, index_parts, open_dataset, samples, verify
from deepbench_fast.store.format import chunk_digest
from tests.oracles.n_body import kinetic, potential

EVERYTHING = """
version: 1
name: everything
seed: 9
samples: 1100
series: {start: 0.5, stop: 2, steps: 100, outputs: [energy, kinetic, potential]}
parameter_noise: {length: 0.1, angle: {uniform: [0, 0.1]}, big_g: 0.05}
noise: [{gaussian: {energy: {uniform: [0, 0.1]}}}]
splits: {train: 0.5, test: 0.5}
targets: [catalogue, pendulum.length, count.n_body]
extras: [clean]
catalogues:
  newton: {objects: [{pendulum: {friction: 0.1}}]}
  planets: {objects: [{hamiltonian_pendulum: {form: hierarchical}}]}
  bodies: {objects: [{n_body: {bodies: {integers: [2, 4]}, softening: 0.3, solver: leapfrog, step: 0.01}}]}
"""
TABLES = ("samples", "objects/body", "objects/hamiltonian_pendulum", "objects/n_body", "objects/pendulum")
ARRAYS = ("series", "clean", "targets")
AXES = ("sample", "time", "output")


def everything(**changes: object) -> Recipe:
    return Recipe.from_yaml(EVERYTHING, source="everything.yaml").with_overrides(changes)


def contents(path: Path) -> dict[str, bytes]:
    with h5py.File(path) as file:
        return {name: file[name][:].tobytes() for name in (*ARRAYS, *TABLES, "time")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of `everything()`: 3 chunks; not to be changed."""
    path = tmp_path_factory.mktemp("everything") / "everything.h5"
    generate(everything(), path, threads=2)
    return path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "everything.h5"))


def test_names_and_shapes(whole: Path) -> None:
    with h5py.File(whole) as file:
        assert set(file) == {"series", "clean", "targets", *AXES, "samples", "objects", "chunks", "recipe"}
        assert {f"objects/{name}" for name in file["objects"]} == {*TABLES[1:]}
        assert (file["series"].shape, file["series"].dtype) == ((1100, 100, 3), np.float64)
        assert len(file["chunks"]) == 3
        assert (file["chunks"]["done"] == 1).all()


READ_BY_H5PY_ALONE = """
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    for name in ("series", "clean"):
        series = f[name]
        print([dim.label for dim in series.dims], list(series.attrs["outputs"]), list(series.attrs["units"]))
        print(series.dims[1].keys(), series.dims[1]["time"] == f["time"], series.dims[1][0][[0, -1]])
    print(f["time"].is_scale, f["time"].shape, f["time"].dtype, repr(f["time"].attrs["unit"]))
assert not any("deepbench" in m for m in sys.modules)
"""


def test_the_time_axis_is_a_dimension_scale(tmp_path: Path) -> None:
    recipe = Recipe.of_kind("pendulum").with_overrides({"samples": 5, "series.outputs": ["x", "velocity", "momentum"]})
    generate(recipe.set("extras", ["clean"]), tmp_path / "swing.h5")
    command = [sys.executable, "-c", READ_BY_H5PY_ALONE, str(tmp_path / "swing.h5")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    axes = "['sample', 'time', 'output'] ['x', 'velocity', 'momentum'] ['m', 'rad / s', 'kg m2 / s']"
    assert lines == [*([axes, "['time'] True [ 0. 10.]"] * 2), "True (100,) float64 's'"]


def test_units_that_catalogues_do_not_share_are_empty(whole: Path) -> None:
    with h5py.File(whole) as file:
        assert list(file["series"].attrs["units"]) == ["", "", ""]
        assert file["time"].attrs["unit"] == ""
        np.testing.assert_allclose(file["time"][:], np.linspace(0.5, 2, 100), rtol=1e-15)


def test_tables_have_units(whole: Path) -> None:
    from astropy import units as u

    data = open_dataset(whole)
    pendulums = data.objects("hamiltonian_pendulum")
    units = {"length": u.m, "length_nominal": u.m, "gravity_nominal": u.m / u.s**2, "angle": u.rad}
    assert {name: pendulums[name].unit for name in units} == units
    assert pendulums["big_g_nominal"].unit == u.m**3 / u.kg / u.s**2


def test_the_reader_gives_series_time_and_outputs(whole: Path) -> None:
    data = open_dataset(whole)
    assert data.is_series
    assert data.outputs == ("energy", "kinetic", "potential")
    np.testing.assert_array_equal(data.time, np.array(everything().time.moments))
    assert set(data[3]) == {"series", "clean", "target", "label", "index"}
    found = samples(everything(), 0, 1100)
    np.testing.assert_array_equal(data.series, found["series"])
    np.testing.assert_array_equal(data[[5, 999, 0]]["series"], found["series"][[5, 999, 0]])
    assert len(data.split("train")) == len(data.split("test")) == 550
    np.testing.assert_array_equal(data.split("test").series, data.series[data.samples["split"] == 1])


def test_samples_in_memory_are_those_of_the_file(whole: Path) -> None:
    with h5py.File(whole) as file:
        for start, stop in ((430, 450), (777, 778), (0, 1100)):
            found = samples(everything(), start, stop)
            for name in ARRAYS:
                np.testing.assert_array_equal(found[name], file[name][start:stop])
            for name, table in found.tables.objects.items():
                rows = file[f"objects/{name}"][:]
                inside = rows[(rows["sample"] >= start) & (rows["sample"] < stop)]
                assert table.tobytes() == inside.tobytes()


def test_targets_are_those_of_the_tables(whole: Path) -> None:
    with h5py.File(whole) as file:
        targets, pendulums, systems = file["targets"][:], file["objects/pendulum"][:], file["objects/n_body"][:]
    np.testing.assert_array_equal(targets[pendulums["sample"], 1], pendulums["length"])
    assert np.isnan(targets[targets[:, 0] > 0, 1]).all()
    np.testing.assert_array_equal(np.flatnonzero(targets[:, 2]), systems["sample"])


def test_every_body_starts_as_the_file_says(whole: Path) -> None:
    """The virial ratio and the energies of the series, from the rows of /objects/body alone."""
    data = open_dataset(whole)
    with h5py.File(whole) as file:
        systems, bodies, clean = file["objects/n_body"][:], file["objects/body"][:], file["clean"]
        for system in systems[::25]:
            own = bodies[bodies["sample"] == system["sample"]]
            assert len(own) == system["bodies"]
            state = np.stack([own[axis] for axis in ("x", "y", "z", "vx", "vy", "vz")], axis=1)
            k = kinetic(own["mass"], state)
            u = potential(own["mass"], state, system["big_g"], system["softening"])
            assert k == pytest.approx(-system["virial_ratio"] * u, rel=1e-12)
            energy = clean[system["sample"], :, 0]
            assert np.abs(energy / (k + u) - 1).max() <= system["energy_drift"] * (1.0 + 1e-6) + 1e-13
    assert systems["energy_drift"].max() <= 1e-3
    assert data.summary.complete


def test_equal_recipes_give_equal_bytes_with_any_number_of_threads(whole: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        generate(everything(), tmp_path / f"{threads}.h5", threads=threads)
        assert (tmp_path / f"{threads}.h5").read_bytes() == whole.read_bytes()


def test_the_recipe_in_the_file_makes_the_file_again(whole: Path, tmp_path: Path) -> None:
    with h5py.File(whole) as file:
        text = file["recipe"].asstr()[()]
    generate(Recipe.from_yaml(text), tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == whole.read_bytes()


def test_a_longer_dataset_begins_with_the_shorter_one(whole: Path, tmp_path: Path) -> None:
    generate(everything(samples=1500), tmp_path / "long.h5")
    with h5py.File(whole) as short, h5py.File(tmp_path / "long.h5") as long:
        for name in (*ARRAYS, *TABLES):
            assert long[name][: len(short[name])].tobytes() == short[name][:].tobytes()
        np.testing.assert_array_equal(short["chunks"]["digest"][:2], long["chunks"]["digest"][:2])


def test_shards_and_their_index_equal_the_whole(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "everything.h5"
    for k in (2, 1, 3):
        assert not path.exists()
        generate(everything(), path, shard=f"{k}/3")
    index_parts(path)
    assert contents(path) == contents(whole)
    index, single = open_dataset(path), open_dataset(whole)
    assert index.summary.digest == single.summary.digest
    assert (index.outputs, index.is_series) == (single.outputs, True)
    np.testing.assert_array_equal(index[[5, 1099, 0]]["series"], single[[5, 1099, 0]]["series"])
    with h5py.File(path) as file:
        assert file["series"].is_virtual
        assert file["series"].dims[1]["time"] == file["time"]
        assert list(file["series"].attrs["outputs"]) == ["energy", "kinetic", "potential"]


def test_resume_finishes_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """As a kill may leave it: a chunk not done, and one marked done whose bytes and drifts are wrong."""
    path, part = tmp_path / "everything.h5", tmp_path / "everything.h5.part"
    shutil.copy(whole, part)
    with h5py.File(part, "r+") as file:
        chunks = file["chunks"][:]
        chunks["done"][1] = chunks["digest"][1] = 0
        file["chunks"][:] = chunks
        file["series"][400:600] = 0
        systems = file["objects/n_body"][:]
        systems["energy_drift"] = np.nan
        file["objects/n_body"][:] = systems
    with pytest.raises(FileError, match="--resume"):
        generate(everything(), path)
    summary = generate(everything(), path, resume=True)
    assert path.read_bytes() == whole.read_bytes()
    assert summary.digest == open_dataset(whole).summary.digest
    assert not part.exists()


KILLED = """
import os, signal, sys
from deepbench_fast import Recipe, generate

class Killer:
    made = 0

    def start(self, total, done):
        pass

    def advance(self, samples):
        self.made += samples
        if self.made > 2000:  # past the first task, which is written before the second one
            os.kill(os.getpid(), signal.SIGKILL)

recipe = Recipe.load(sys.argv[1]).set("samples", 4000)
generate(recipe, sys.argv[2], threads=1, progress=Killer())
"""


def test_a_killed_process_is_no_loss(tmp_path: Path) -> None:
    (tmp_path / "everything.yaml").write_text(EVERYTHING)
    path, part = tmp_path / "everything.h5", tmp_path / "everything.h5.part"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "everything.yaml"), str(path)]
    assert subprocess.run(command, check=False).returncode == -9
    assert not path.exists()
    with h5py.File(part) as file:
        assert 0 < (file["chunks"]["done"] == 1).sum() < len(file["chunks"])
    resumed = generate(everything(samples=4000), path, resume=True)
    assert resumed == generate(everything(samples=4000), tmp_path / "again.h5")
    assert path.read_bytes() == (tmp_path / "again.h5").read_bytes()


def digest(path: Path, **changes: object) -> str | None:
    found: str | None = generate(everything(samples=20, **changes), path, overwrite=True).digest
    return found


def test_the_digest_names_the_time_axis_too(tmp_path: Path) -> None:
    """Systems at rest are the same at all times; the dataset is not."""
    still = Recipe.of_kind("pendulum").set("catalogues.pendulum.pendulum.angle", 0).set("samples", 10)
    digests = set()
    for number, times in enumerate(([0, 1, 2], [0, 1, 3], [0.5, 1, 2])):
        path = tmp_path / f"{number}.h5"
        digests.add(generate(still.set("series.times", times), path).digest)
        with h5py.File(path) as file:
            assert (file["series"][:] == 0).all()
    assert len(digests) == 3


def test_equal_times_are_the_same_axis(tmp_path: Path) -> None:
    times = list(everything().time.moments)
    assert digest(tmp_path / "a.h5") == digest(tmp_path / "b.h5", **{"series.times": times})
    assert digest(tmp_path / "a.h5") != digest(tmp_path / "b.h5", **{"series.stop": 2.5})


def test_a_good_file(whole: Path) -> None:
    report = verify(whole, "all")
    assert report.same
    assert (report.chunks, report.regenerated) == (3, 3)


@pytest.mark.parametrize("name", [*ARRAYS, *TABLES])
def test_one_changed_bit_is_found_in_its_chunk(copy: Path, name: str) -> None:
    with h5py.File(copy, "r+") as file:
        chunks = file["chunks"][:]
        first = int(chunks["first"][1]) if "/" not in name else int(chunks[f"rows_{name[8:]}"][0])
        dataset = file[name]
        offset = dataset.id.get_offset() or dataset.id.get_chunk_info(0).byte_offset
        size = dataset.dtype.itemsize * int(np.prod(dataset.shape[1:], dtype=int))
    data = bytearray(copy.read_bytes())
    data[offset + first * size + size - 2] ^= 16
    copy.write_bytes(data)
    assert verify(copy).wrong_digest == [1]
    again = verify(copy, "all")
    assert again.wrong_data == [1] or again.wrong_tables == [1]


def change(path: Path, name: str, column: str, row: int, value: object) -> None:
    """Write a value into a table, and digests to match."""
    with h5py.File(path, "r+") as file:
        table = file[name][:]
        table[column][row] = value
        file[name][:] = table
        chunks = file["chunks"][:]
        rows = {kind: np.r_[0, np.cumsum(chunks[f"rows_{kind}"])] for kind in (table[8:] for table in TABLES[1:])}
        for number, chunk in enumerate(chunks):
            own = slice(chunk["first"], chunk["first"] + chunk["count"])
            parts = [file[array][own] for array in ARRAYS] + [file["samples"][own]]
            parts += [file[f"objects/{kind}"][r[number] : r[number + 1]] for kind, r in rows.items()]
            chunks["digest"][number] = chunk_digest(parts)
        file["chunks"][:] = chunks


def test_the_same_values_keep_their_digests(copy: Path, whole: Path) -> None:
    with h5py.File(whole) as file:
        value = file["objects/n_body"][0]["energy_drift"]
    change(copy, "objects/n_body", "energy_drift", 0, value)
    assert contents(copy) == contents(whole)
    assert verify(copy).same


@pytest.mark.parametrize(
    ("name", "column", "data"),
    [
        ("objects/n_body", "energy_drift", True),
        ("objects/n_body", "softening", True),
        ("objects/body", "vx", True),
        ("objects/body", "mass", True),
        ("objects/pendulum", "length", True),
        ("objects/pendulum", "length_nominal", False),
        ("objects/hamiltonian_pendulum", "gravity", True),
        ("samples", "noise_gaussian_energy", True),
        ("samples", "member", True),
    ],
)
def test_a_changed_value_with_digests_to_match_is_found(copy: Path, name: str, column: str, data: bool) -> None:
    with h5py.File(copy) as file:
        value = file[name][2][column]
    change(copy, name, column, 2, value + 1 if column == "member" else value * (1 + 1e-9) + 1e-300)
    assert verify(copy).same
    report = verify(copy, "all")
    assert report.wrong_data == ([0] if data else [])
    assert report.wrong_tables == ([] if column == "energy_drift" else [0])


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("objects/n_body", "bodies", -5),
        ("objects/n_body", "bodies", 0),
        ("objects/n_body", "bodies", 3_000_000_000_000_000_000),
        ("objects/n_body", "bodies", 10**9),
        ("objects/n_body", "sample", 2**62),
        ("objects/n_body", "sample", -1),
        ("objects/n_body", "entry", 77),
        ("objects/n_body", "softening", np.nan),
        ("objects/n_body", "big_g", np.inf),
        ("objects/body", "sample", 10**12),
        ("objects/body", "entry", -1),
        ("objects/body", "mass", -1.0),
        ("objects/body", "x", np.nan),
        ("objects/body", "vx", np.inf),
        ("objects/pendulum", "length", np.nan),
        ("objects/pendulum", "length", 0.0),
        ("objects/pendulum", "length", -1.0),
        ("objects/pendulum", "length", 5e-324),
        ("objects/pendulum", "angle", np.inf),
        ("objects/pendulum", "gravity", 1e300),
        ("objects/pendulum", "friction", 1e30),
        ("objects/pendulum", "velocity", 1e300),
        ("objects/pendulum", "entry", 1),
        ("samples", "catalogue", 9),
        ("samples", "member", -1),
        ("samples", "noise_gaussian_energy", -np.inf),
        ("samples", "parameter_noise_angle", 1e9),
    ],
)
def test_damaged_tables_are_found_and_do_no_harm(copy: Path, name: str, column: str, value: float) -> None:
    change(copy, name, column, 3, value)
    report = verify(copy, "all")
    assert report.wrong_digest == []
    assert report.wrong_tables == [0]
    assert report.wrong_data == [0]


def test_an_unfinished_file_says_so(copy: Path, tmp_path: Path) -> None:
    part = tmp_path / "lost.h5.part"
    os.replace(copy, part)
    with h5py.File(part, "r+") as file:
        chunks = file["chunks"][:]
        chunks["done"][2] = 0
        file["chunks"][:] = chunks
    with pytest.raises(FileError, match="unfinished"):
        open_dataset(part)
    assert verify(part, "all").unfinished == [2]
