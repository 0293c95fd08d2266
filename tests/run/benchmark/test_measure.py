"""`benchmark`: every work is measured beside limits that are measured too, and nothing is left."""

from __future__ import annotations

import ast
import inspect
import math
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast.errors import FileError
from deepbench_fast.kernels import base2
from deepbench_fast.kernels.light import galaxy, star, strips
from deepbench_fast.kernels.limits import OPERATIONS, multiply_add
from deepbench_fast.kernels.noise import gaussian
from deepbench_fast.kernels.random import philox
from deepbench_fast.run.benchmark import kernels, limits, measure
from deepbench_fast.run.benchmark.work import Work


def test_threads_double_up_to_all() -> None:
    assert [measure.thread_counts(n) for n in (1, 2, 3, 4, 6)] == [[1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4, 6]]


def test_a_share_is_of_the_rates_in_the_same_rounds() -> None:
    works = [
        Work("limits", "bytes", "B", 10.0, lambda: None),
        Work("limits", "operations", "op", 2.0, lambda: None),
        Work("road", "both", "samples", 4.0, lambda: None, {"bytes": 20.0, "operations": 1.0}),
        Work("road", "both, 2 threads", "samples", 8.0, lambda: None, floor="words", alone="both"),
    ]
    seconds = measure.Rounds(
        {"bytes": [1.0, 2.0, 9.0], "operations": [1.0, 2.0, 1.0], "both": [5.0, 9.0, 1.0], "both, 2 threads": [5.0] * 3}
    )
    *_, both, two = measure._result(works, seconds, 2).measures
    assert both.share == 5 / 9  # the median of (2 + 0.5) / 5, (4 + 1) / 9 and 18.5
    assert (both.rate, both.low, both.high, both.limit) == (0.8, 4 / 9, 4.0, "bytes + operations")
    assert (two.speedup, two.limit, two.share) == (2.0, "words", None)


def test_a_file_is_written_and_read_whole(tmp_path: Path) -> None:
    data = np.arange(100, dtype=np.uint8)
    limits.write_file(tmp_path / "file", data, 250)
    assert (tmp_path / "file").read_bytes() == (bytes(data) * 3)[:250]
    limits.read_file(tmp_path / "file", 250)
    with pytest.raises(FileError):
        limits.read_file(tmp_path / "file", 251)


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_folder_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=f"{name}: no files can be written there"), measure._folder(tmp_path / name):
        pass


def test_where_the_current_folder_cannot_be_written_files_go_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with measure._folder(None) as here:
        assert here.absolute().parent == gone
    gone.rmdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with measure._folder(None) as there:
        assert there.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_can_be_written_the_current_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "nowhere")])
    with pytest.raises(FileError, match=r"^\.: no files can be written there"), measure._folder(None):
        pass


def plain(numbers: np.ndarray) -> np.ndarray:
    """`multiply_add` as arrays of float32."""
    half, one = np.float32(0.5), np.float32(1.0)
    chains = np.stack([
        numbers, numbers + one, numbers + half, numbers - one, numbers - half, numbers * half, -numbers, one - numbers
    ])  # fmt: skip
    for _ in range(8):
        chains = chains * half + one
    a, b, c, d, e, f, g, h = chains
    return (((a - b) + (c - d)) + ((e - f) + (g - h))) * half


def test_arithmetic_that_is_timed_is_done() -> None:
    numbers = np.random.default_rng(5).normal(size=1000).astype(np.float32)
    wanted = plain(numbers)
    multiply_add(numbers)
    np.testing.assert_array_equal(numbers, wanted)
    assert OPERATIONS == 128


def operations(*functions: Callable[..., Any], loops: bool = False) -> int:
    """+ - * and what is done to bits, comparisons, max and min in the text of functions; of innermost loops alone."""
    total = 0
    for function in functions:
        tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(function, "py_func", function))))
        for part in _innermost_loops(tree) if loops else [tree]:
            for node in ast.walk(part):
                total += isinstance(node, ast.BinOp | ast.AugAssign | ast.Compare | ast.IfExp)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    total += node.func.id in ("max", "min")
    return total


def _innermost_loops(tree: ast.AST) -> list[ast.For]:
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    return [loop for loop in loops if sum(isinstance(node, ast.For) for node in ast.walk(loop)) == 1]


def test_the_operations_of_a_pixel_are_those_of_the_source() -> None:
    """Counted in another way, which sees no conversions, but the sign of a constant: near enough for a floor."""
    log2f = operations(base2.log2f, base2._exponent, base2._log2_near_one)
    log2_1pf = operations(base2.log2_1pf, base2._exponent, base2._log2_near_one)
    exp2f = operations(base2.exp2f)
    rounds = philox.ROUNDS * operations(philox.philox4x32, loops=True)
    normals = operations(gaussian._squared_radius32, gaussian._direction32, gaussian.box_muller32)
    signs = 2 * operations(gaussian._signed)
    light = operations(strips.add_light_by_strips, loops=True) + exp2f
    powers = operations(strips.powers, loops=True) + log2f + exp2f
    counted = {
        "galaxy": light + powers + operations(galaxy._set_exponents, loops=True) + operations(galaxy._rotate),
        "star": light + operations(star._set_exponents, loops=True) + operations(star._offset) + log2_1pf,
        "Gaussian noise": 2 * rounds / gaussian.WORDS + (normals + signs) / 2 + 2,
    }
    for name, number in kernels.OPERATIONS.items():
        assert math.isclose(number, counted[name], rel_tol=0.35), (name, number, counted[name])
