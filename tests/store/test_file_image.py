"""A file laid out in memory is the file that HDF5 reads, and empty space in it costs nothing."""

from __future__ import annotations

import io
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5s, h5t

from deepbench_fast.store.file_image import FileImage, create_group, laid_out


def test_it_behaves_as_a_file() -> None:
    rng = np.random.default_rng(0)
    image, file = FileImage(), io.BytesIO()
    for _ in range(500):
        place, data = int(rng.integers(0, 50_000)), rng.bytes(int(rng.integers(0, 9000)))
        for target in (image, file):
            target.seek(place)
            assert target.write(data) == len(data)
            assert target.tell() == place + len(data)
    assert image.seek(0, os.SEEK_END) == file.seek(0, os.SEEK_END)
    for place, size in ((0, 100), (4090, 10), (8192, 5000), (12_345, 20_000)):
        wanted, got = bytearray(size), bytearray(size)
        file.seek(place)
        image.seek(place)
        assert file.readinto(wanted) == image.readinto(got)
        assert got == wanted


def test_it_is_written_as_it_is(tmp_path: Path) -> None:
    image = FileImage()
    image.seek(10_000)
    image.write(b"abc")
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    try:
        image.write_to(descriptor)
    finally:
        os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == bytes(10_000) + b"abc"


def test_hdf5_reads_it_and_a_terabyte_costs_nothing(tmp_path: Path) -> None:
    image = FileImage()
    with laid_out(image) as file:
        create_group(file, "group")
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5d.FILL_TIME_NEVER)
        h5d.create(file.id, b"large", h5t.IEEE_F64LE, h5s.create_simple((2**37,)), properties)
        file["group"]["small"] = np.arange(5)
    assert image.size > 2**40
    assert len(image._pages) < 10
    descriptor = os.open(tmp_path / "file.h5", os.O_RDWR | os.O_CREAT)
    try:
        try:
            os.ftruncate(descriptor, image.size)
        except OSError:
            pytest.skip("no file can be so large here")
        image.write_to(descriptor)
    finally:
        os.close(descriptor)
    with h5py.File(tmp_path / "file.h5") as file:
        assert file["group/small"][:].tolist() == [0, 1, 2, 3, 4]
        assert file["large"].shape == (2**37,)
