from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples
from deepbench_fast.errors import UsageError
from deepbench_fast.run.sample_record import read_record
from tests.recipes import noisy_pendulums


@pytest.mark.parametrize("index", [0, 1, 818, 819, 820, 2999])
def test_record_is_what_the_tables_say(mixed_file: Path, index: int) -> None:
    data = open_dataset(mixed_file)
    record = read_record(mixed_file, index)
    assert record.catalogue == data.catalogues[data[index]["label"]]
    assert record.targets["count.star"].value == sum(placed.kind == "star" for placed in record.objects)
    assert record.targets["count.galaxy"].value == sum(placed.kind == "galaxy" for placed in record.objects)
    np.testing.assert_array_equal(record.image, data[index]["image"])
    assert record.series is None
    for kind in ("star", "galaxy"):
        table = data.objects(kind)
        rows = table[table["sample"] == index]
        placed = [p for p in record.objects if p.kind == kind]
        assert [p.slot for p in placed] == rows["slot"].tolist()
        assert [p.parameters["x"].value for p in placed] == rows["x"].value.tolist()
        assert all(p.parameters["x"].unit == "pix" for p in placed)
        assert all(p.entry.startswith(f"{record.catalogue}/") for p in placed)


def test_targets_that_a_catalogue_lacks_are_nan(mixed_file: Path) -> None:
    fields = next(r for r in (read_record(mixed_file, i) for i in range(10)) if r.catalogue == "fields")
    assert np.isnan(fields.targets["bright.amplitude"].value)


def test_levels_have_units(mixed_file: Path) -> None:
    levels = read_record(mixed_file, 3).levels
    assert levels["psf_gaussian_sigma"].unit == "pix"
    assert levels["noise_gaussian_sigma"].unit == ""


@pytest.mark.parametrize("index", [-1, 3000])
def test_no_such_sample(mixed_file: Path, index: int) -> None:
    with pytest.raises(UsageError, match="it has 3000"):
        read_record(mixed_file, index)


@pytest.mark.parametrize("extras", [[], ["clean"]])
def test_record_of_a_series(extras: list[str], tmp_path: Path) -> None:
    recipe = noisy_pendulums().with_overrides({"extras": extras})
    generate(recipe, tmp_path / "x.h5")
    clean = samples(noisy_pendulums().with_overrides({"extras": ["clean"]}), 0, 8)["clean"]
    data = open_dataset(tmp_path / "x.h5")
    for index in range(8):
        record = read_record(tmp_path / "x.h5", index)
        assert record.image is None
        assert record.motion is not None
        np.testing.assert_array_equal(record.series, data[index]["series"])
        np.testing.assert_array_equal(record.time, data.time)
        np.testing.assert_array_equal(record.motion.curves, clean[index])
        assert (record.motion.clean is None) == (record.catalogue == "quiet")
        (pendulum,) = record.objects
        names = set(pendulum.parameters)
        noisy = {"big_g", "phi_planet", "big_g_nominal"}
        assert noisy <= names if record.catalogue == "quiet" else not noisy & names
        assert {"gravity", "gravity_nominal"} <= names


@pytest.mark.parametrize("dimensions", [2, 3])
def test_bodies_come_after_their_system(dimensions: int, tmp_path: Path) -> None:
    changes = {"samples": 3, "series.stop": 1, "catalogues.n_body.n_body.dimensions": dimensions}
    generate(Recipe.of_kind("n_body").with_overrides(changes), tmp_path / "x.h5")
    system, *bodies = read_record(tmp_path / "x.h5", 2).objects
    assert (system.kind, system.is_part) == ("n_body", False)
    assert "energy_drift" in system.parameters
    assert "eccentricity" not in system.parameters
    assert [(b.kind, b.slot, b.is_part) for b in bodies] == [("body", slot, True) for slot in range(3)]
    table = open_dataset(tmp_path / "x.h5").objects("body")
    expected = {"mass", "x", "y", "vx", "vy"} | ({"z", "vz"} if dimensions == 3 else set())
    for body, row in zip(bodies, table[table["sample"] == 2], strict=True):
        assert {name: v.value for name, v in body.parameters.items()} == {name: row[name] for name in expected}
