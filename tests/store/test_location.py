"""Paths and URLs: what is one, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast.errors import UsageError
from deepbench_fast.store.location import Url, is_url, local_path, located, recipe_beside
from deepbench_fast.store.parts import survey
from deepbench_fast.store.rows import row_path
from deepbench_fast.store.shards import Shard


@pytest.mark.parametrize("text", ["s3://bucket/a/m.h5", "https://host:80/a/m.h5?key=1/2.h5", "gs://b/a/m.h5"])
def test_a_url(text: str) -> None:
    url = located(text)
    assert isinstance(url, Url)
    assert is_url(text)
    assert is_url(url)
    assert located(url) is url
    assert str(url) == text
    folder = text.partition("/m.h5")[0]
    assert (url.name, url.stem, url.suffix, str(url.parent)) == ("m.h5", "m", ".h5", folder)
    assert str(Shard(2, 3).path(url)) == f"{folder}/m.shard-2-of-3.h5"
    assert str(row_path(url)) == f"{folder}/m.json"
    assert recipe_beside(url) == "m.recipe.yaml"
    assert url.protocol == text.partition(":")[0]
    with pytest.raises(UsageError, match="only datasets are written to object stores, by 'generate' and 'index'"):
        local_path(text)


@pytest.mark.parametrize("path", [".", "..", "", "/", "a/.."])
def test_what_names_no_file(path: str) -> None:
    for work in (Shard(1, 2).path, survey):
        with pytest.raises(UsageError, match=r"it names no file, as .*name\.h5 does"):
            work(Path(path))


@pytest.mark.parametrize("path", ["a/m.h5", Path("a/m.h5"), Path("s3:/m.h5"), "s3:m.h5"])
def test_a_path(path: str | Path) -> None:
    assert not is_url(path)
    assert located(path) == local_path(path) == Path(path)
    assert recipe_beside(Path("a/m.h5")) == str(Path("a/m.recipe.yaml"))
