"""Datasets in an object store, by a real server: a part and then its row are put there, and read from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import generate, index_parts, open_dataset, verify
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote.folder import _raise, exists, put, read_all, sizes_in
from deepbench_fast.store.remote.transport import as_file_error, file_system
from deepbench_fast.store.rows import read_row, row_of
from tests.cli.running import run, run_well
from tests.recipes import mixed
from tests.servers import object_store

for package in ("s3fs", "moto", "flask", "flask_cors"):
    pytest.importorskip(package)
NAMES = [f"m.shard-{number}-of-3{suffix}" for number in (1, 2, 3) for suffix in (".h5", ".json")]


@pytest.fixture(scope="module")
def files() -> Iterator[Any]:
    with object_store() as files:
        yield files


@pytest.fixture
def bucket(files: Any, request: pytest.FixtureRequest) -> str:
    """The address of a bucket of the test's own."""
    name = request.node.name.replace("_", "-")[:60]
    files.mkdir(name)
    return f"s3://{name}"


def make_parts(url: str) -> None:
    for number in (1, 2, 3):
        generate(mixed(), url, shard=f"{number}/3", threads=1)


def same(ours: Any, theirs: Any) -> None:
    assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()


def test_parts_and_their_index(bucket: str, files: Any, mixed_file: Path, tmp_path: Path) -> None:
    url = f"{bucket}/run/m.h5"
    make_parts(url)
    assert sorted(sizes_in(Url(f"{bucket}/run"))) == NAMES
    ran = run_well("index", "-o", url, "--manifest", tmp_path / "m.jsonl", "--kerchunk", tmp_path / "m.json", "--json")
    assert ran.json["parts"] == 3
    ours, local = open_dataset(url), open_dataset(mixed_file)
    assert ours.summary == local.summary
    for chosen in (slice(None), slice(700, 2500, 3), np.random.default_rng(0).integers(0, 3000, 300)):
        for key, values in local[chosen].items():
            same(ours[chosen][key], values)
    assert verify(url, 1).same
    for command in (("info", url), ("verify", url), ("show", url, 5), ("preview", url, "-o", tmp_path / "p.png")):
        run_well(*command)
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert [row["file"] for row in rows] == NAMES[::2]
    references = json.loads((tmp_path / "m.json").read_text())
    assert references["templates"] == {"u": f"{bucket}/run/"}
    assert index_parts(url, [f"{bucket}/run"]) == ours.summary  # again, by the folder
    assert index_parts(url, [f"{bucket}/run/{name}" for name in NAMES[:5]]) == ours.summary
    with pytest.raises(FileError, match="parts lie beside their index"):
        index_parts(url, [bucket])


def test_a_part_is_what_a_disk_gets(bucket: str, files: Any, tmp_path: Path) -> None:
    generate(mixed(), f"{bucket}/m.h5", shard="2/3", threads=1)
    generate(mixed(), tmp_path / "m.h5", shard="2/3", threads=1)
    for name in NAMES[2:4]:
        assert files.cat_file(f"{bucket}/{name}") == (tmp_path / name).read_bytes()
    summary = generate(mixed(), f"{bucket}/one.h5", threads=1)
    generate(mixed(), tmp_path / "one.h5", threads=1)
    assert files.cat_file(f"{bucket}/one.h5") == (tmp_path / "one.h5").read_bytes()
    assert open_dataset(f"{bucket}/one.h5").summary == summary
    assert sorted(sizes_in(Url(bucket))) == [*NAMES[2:4], "one.h5"]


def test_what_is_there_is_kept_or_replaced(bucket: str, files: Any) -> None:
    url = f"{bucket}/m.h5"
    first = generate(mixed(), url, shard="1/3", threads=1)
    part, row = (f"{bucket}/{name}" for name in NAMES[:2])
    with pytest.raises(FileError, match=rf"{part} exists: --overwrite replaces it, --resume keeps it"):
        generate(mixed(), url, shard="1/3")
    with pytest.raises(MismatchError, match="made from another recipe: it says 'seed: 7', now it would be 'seed: 8'"):
        generate(mixed(seed=8), url, shard="1/3", resume=True)
    text, written = files.cat_file(row), files.info(part)["LastModified"]
    files.rm_file(row)  # as if the job had been killed between the two
    assert generate(mixed(), url, shard="1/3", resume=True) == first
    assert files.cat_file(row) == text
    assert files.info(part)["LastModified"] == written
    changed = generate(mixed(seed=8), url, shard="1/3", overwrite=True, threads=1)
    assert changed.digest != first.digest
    assert json.loads(files.cat_file(row))["digest"] == changed.digest


def test_no_such_bucket_is_told_before_the_work(files: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"s3://nowhere/m\.h5: there is no bucket nowhere"):
        generate(mixed(), "s3://nowhere/m.h5", shard="3/3", scratch=tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(UsageError, match="s3://nowhere: it names no object"):
        generate(mixed(), "s3://nowhere")


def test_a_failed_upload_is_gone_on_with(
    bucket: str, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket}/m.h5"
    options: dict[str, Any] = {"shard": "3/3", "scratch": tmp_path, "threads": 1}
    with monkeypatch.context() as changed:
        changed.setattr(file_system(Url(url)), "put_file", lambda *unused: _raise(OSError("Slow Down")))
        with pytest.raises(FileError, match=rf"{bucket}/m.shard-3-of-3.h5: Slow Down"):
            generate(mixed(), url, **options)
    kept = read_row(tmp_path / NAMES[5])
    assert sorted(os.listdir(tmp_path)) == NAMES[4:]
    before = (tmp_path / NAMES[4]).stat().st_mtime_ns
    with pytest.raises(FileError, match="exists: --overwrite replaces it"):
        generate(mixed(), url, **options)
    assert (tmp_path / NAMES[4]).stat().st_mtime_ns == before
    assert generate(mixed(), url, resume=True, **options).digest == kept.digest
    assert os.listdir(tmp_path) == []
    assert files.cat_file(f"{bucket}/{NAMES[5]}").decode() == kept.text()


def test_nothing_is_replaced_that_cannot_be_seen(
    bucket: str, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket}/m.h5"
    put(b"another's", Url(url))
    monkeypatch.setattr(file_system(Url(url)), "info", lambda *unused: _raise(PermissionError("Forbidden")))
    with pytest.raises(FileError, match=rf"{url}: permission denied \(Forbidden\)"):
        generate(mixed(samples=50), url, scratch=tmp_path, threads=1)
    assert files.cat_file(url) == b"another's"
    assert os.listdir(tmp_path) == []


def test_two_at_once_in_one_folder(bucket: str, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is sent again while the first one is uploading, and that one is quicker."""
    url, store = f"{bucket}/m.h5", file_system(Url(bucket))
    put_file = store.put_file

    def second(path: str, place: str) -> None:
        monkeypatch.setattr(store, "put_file", put_file)
        generate(mixed(), url, shard="1/3", scratch=tmp_path, threads=1, resume=True)
        put_file(path, place)

    monkeypatch.setattr(store, "put_file", second)
    summary = generate(mixed(), url, shard="1/3", scratch=tmp_path, threads=1, resume=True)
    assert os.listdir(tmp_path) == []
    assert read_all([Url(f"{bucket}/{NAMES[1]}")])[0].decode() == row_of(Url(f"{bucket}/{NAMES[0]}")).text()
    assert open_dataset(f"{bucket}/{NAMES[0]}").summary == summary


def test_what_is_missing_is_told(bucket: str, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"{bucket}/m.h5"
    with pytest.raises(FileError, match="there are no parts of it"):
        index_parts(url)
    make_parts(url)
    files.rm_file(f"{bucket}/{NAMES[2]}")
    ran = run("index", "-o", url)
    assert ran.status == 1
    assert f"{NAMES[2]}: missing" in ran.err
    commands = [line.split()[1:] for line in ran.err.splitlines() if line.startswith("  deepbench-fast")]
    assert not exists(Url(url))
    for command in commands:
        run_well(*command)
    run_well("index", "-o", url)
    files.rm_file(f"{bucket}/{NAMES[2]}")
    ran = run("verify", url, "--keep-going")
    assert ran.status == 1
    assert f"{bucket}/{NAMES[2]}: no such object, a part of {url}" in ran.err
    put(b"nothing", Url(f"{bucket}/{NAMES[2]}"))
    with pytest.raises(FileError, match=rf"{NAMES[2]}: .*; to make it again: "):
        open_dataset(url)[1500]
    ran = run("index", "-o", url)
    assert ran.status == 1
    assert "has 7 bytes, not the" in ran.err
    put(b"{}", Url(f"{bucket}/{NAMES[3]}"))
    with pytest.raises(FileError, match=rf"{bucket}/{NAMES[3]}: damaged"):
        index_parts(url)


def test_a_replaced_object(bucket: str, files: Any) -> None:
    url = f"{bucket}/m.h5"
    make_parts(url)
    index_parts(url)
    data = open_dataset(url)
    data[1500]
    old = files.cat_file(f"{bucket}/{NAMES[2]}")
    files.pipe_file(f"{bucket}/{NAMES[2]}", old[:-1] + b"!")
    with pytest.raises(FileError, match=rf"{bucket}/{NAMES[2]}: it was replaced by another object"):
        data[:]


def test_options_that_make_no_sense(bucket: str, tmp_path: Path) -> None:
    for url in ("https://host/m.h5", "file:///tmp/m.h5"):
        with pytest.raises(UsageError, match=f"{url}: nothing can be written there"):
            generate(mixed(), url)
    with pytest.raises(UsageError, match="scratch: it goes with the URL of an object store"):
        generate(mixed(), tmp_path / "m.h5", scratch=tmp_path)
    with pytest.raises(FileError, match="no such directory"):
        generate(mixed(), f"{bucket}/m.h5", scratch=tmp_path / "nowhere")
    generate(mixed(samples=50), f"{bucket}/m.h5", threads=1)
    generate(mixed(samples=50), f"{bucket}/m.h5", shard="1/1", threads=1)
    with pytest.raises(FileError, match="exists as one file"):
        index_parts(f"{bucket}/m.h5")


def test_whole_objects(bucket: str) -> None:
    urls = [Url(f"{bucket}/{number}") for number in range(5)]
    for number, url in enumerate(urls):
        put(bytes([number]), url)
    assert read_all(urls) == [bytes([number]) for number in range(5)]
    with pytest.raises(FileError, match=f"{bucket}/9: no such object"):
        read_all([*urls, Url(f"{bucket}/9")])


def test_without_credentials() -> None:
    from botocore.exceptions import NoCredentialsError

    error = as_file_error(Url("s3://bucket/m.h5"), NoCredentialsError())
    assert str(error) == "s3://bucket/m.h5: no credentials were found, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def test_a_file_needs_none_of_this(mixed_file: Path) -> None:
    words = "import sys, deepbench_fast as d; d.open_dataset(sys.argv[1])[:9]; print('fsspec' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", words, str(mixed_file)], text=True) == "False\n"
