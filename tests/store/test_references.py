"""References: Zarr and xarray read the arrays of all parts, over HTTP too, without our code."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from tests.cli.running import run_well
from tests.recipes import mixed, noisy_pendulums

zarr = pytest.importorskip("zarr", minversion="3")
fsspec = pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
pytestmark = pytest.mark.filterwarnings("ignore")

RECIPES = {
    "mixed": (mixed(), 3),
    "a last part of a chunk that isn't full": (mixed(samples=2 * 819 + 5), 3),
    "less than a chunk": (mixed(samples=7), 1),
    "empty parts": (mixed(samples=900), 5),
    "series": (noisy_pendulums().with_overrides({"samples": 2000, "series.steps": 200}), 2),
    "bytes": (Recipe.of_kind("circle").with_overrides({"samples": 9000, "image.dtype": "uint8", "size": (8, 8)}), 2),
}


class Ranges(SimpleHTTPRequestHandler):
    """Gives ranges of files, and keeps what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers.get('Range', '')}")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, last, size = int(wanted[1]), int(wanted[2]), path.stat().st_size
        data = path.read_bytes()[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{first + len(data) - 1}/{size}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused: Any) -> None:
        """Nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a folder, and what was asked of it."""
    asked: list[str] = []
    handler = type("Handler", (Ranges,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def make(folder: Path, recipe: Recipe, parts: int) -> Path:
    for number in range(1, parts + 1):
        generate(recipe, folder / "m.h5", shard=f"{number}/{parts}", threads=1)
    run_well("index", "-o", folder / "m.h5", "--kerchunk", folder / "refs.json")
    return folder / "refs.json"


def store_of(references: Path, where: str) -> Any:
    """What Zarr reads, with the parts at an address."""
    options = {"fo": str(references), "remote_protocol": "http", "template_overrides": {"u": where}}
    options |= {"remote_options": {"asynchronous": True}, "asynchronous": True}
    return zarr.storage.FsspecStore(fsspec.filesystem("reference", **options), read_only=True)


def opened(references: Path, where: str) -> Any:
    return zarr.open_group(store_of(references, where), mode="r", zarr_format=2)


@pytest.mark.parametrize("name", RECIPES)
def test_zarr_reads_what_we_read(name: str, tmp_path: Path, served: tuple[str, list[str]]) -> None:
    references = make(tmp_path, *RECIPES[name])
    with open_dataset(tmp_path / "m.h5").stored as stored:
        arrays = {name: stored.whole(name) for name in stored.header.arrays}
        group = opened(references, served[0])
        assert set(group.array_keys()) == set(arrays)
        for array, values in arrays.items():
            assert group[array].dtype == values.dtype
            np.testing.assert_array_equal(group[array][:], values)
    assert group.attrs["recipe_hash"] == RECIPES[name][0].hash()


def test_few_requests_for_neighbours(tmp_path: Path, served: tuple[str, list[str]]) -> None:
    recipe = Recipe.builtin("galaxies").with_overrides({"samples": 3000, "size": (32, 32), "noise": []})
    group = opened(make(tmp_path, recipe, 3), served[0])
    images = group["images"]
    served[1].clear()
    np.testing.assert_array_equal(images[950:1050], open_dataset(tmp_path / "m.h5").images[950:1050])
    assert 1 <= len(served[1]) <= 4, served[1]


def test_xarray(tmp_path: Path, served: tuple[str, list[str]]) -> None:
    xarray = pytest.importorskip("xarray")
    references = make(tmp_path, *RECIPES["series"])
    store = store_of(references, served[0])
    data = xarray.open_dataset(store, engine="zarr", backend_kwargs={"consolidated": False, "zarr_format": 2})
    assert data["series"].dims == ("sample", "time", "output")
    np.testing.assert_array_equal(data["series"][5].values, open_dataset(tmp_path / "m.h5").series[5])


def test_a_folder_that_was_moved(tmp_path: Path, served: tuple[str, list[str]]) -> None:
    (tmp_path / "here").mkdir()
    references = make(tmp_path / "here", *RECIPES["mixed"])
    shutil.move(tmp_path / "here", tmp_path / "there")
    group = opened(tmp_path / "there" / references.name, f"{served[0]}there/")
    np.testing.assert_array_equal(group["images"][:], open_dataset(tmp_path / "there" / "m.h5").images)
