from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import open_dataset
from deepbench_fast.errors import UsageError
from deepbench_fast.record import read_record


@pytest.mark.parametrize("index", [0, 1, 818, 819, 820, 2999])
def test_record_is_what_the_tables_say(mixed_file: Path, index: int) -> None:
    data = open_dataset(mixed_file)
    record = read_record(mixed_file, index)
    assert record.catalogue == data.catalogues[data[index]["label"]]
    assert record.targets["count.star"].value == sum(placed.kind == "star" for placed in record.objects)
    assert record.targets["count.galaxy"].value == sum(placed.kind == "galaxy" for placed in record.objects)
    np.testing.assert_array_equal(record.image, data[index]["image"])
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
