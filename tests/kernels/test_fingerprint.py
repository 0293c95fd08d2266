"""What decides about the machine code of a function."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from deepbench_fast.kernels._fingerprint import NotReproducibleError, fingerprint
from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.shapes.convex import Convex
from tests.kernels.keeping import hits, kept_files, load_module, run_script

MODULE = """
import helpers
from deepbench_fast.kernels._jit import inline, kernel

FACTOR = 2.0

@inline
def twice(x):
    return helpers.far(x) + helpers.far(x)

@inline
def step(x):
    return x + 1.0

@kernel
def use(x):
    return helpers.near(twice(step(x))) * FACTOR
"""
HELPERS = """
from deepbench_fast.kernels._jit import inline

@inline
def near(x):
    return x - 0.5

@inline
def far(x):
    return x * 1.25
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FACTOR = 2.0", "FACTOR = 3.0"),
        ("x + 1.0", "x + 1.5"),
        ("* FACTOR", "/ FACTOR"),
        ("x - 0.5", "x - 0.25"),
        ("x * 1.25", "x * 1.5"),
    ],
)
def test_fingerprint_sees_changes_in_whatever_a_function_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    def of(change: bool) -> str:
        module, helpers = (source.replace(old, new) if change else source for source in (MODULE, HELPERS))
        monkeypatch.setitem(sys.modules, "helpers", load_module(tmp_path / "helpers.py", helpers))
        return fingerprint(load_module(tmp_path / "user.py", module).use.py_func)

    assert of(False) == of(False) != of(True)


def test_fingerprint_is_equal_in_all_processes(tmp_path: Path) -> None:
    script = """
from deepbench_fast.kernels._fingerprint import fingerprint
import numpy as np
TABLE = np.arange(3.0)
def f(x, scale=2.0):
    return TABLE[1] * scale if x in {"one", "two", "three", "four"} else np.sqrt(x)
print(fingerprint(f))
"""
    assert len({run_script(script, tmp_path, PYTHONHASHSEED=seed).stdout for seed in "123"}) == 1


def scaled_by(factor: Any) -> Any:
    def scaled(x: float) -> float:
        return x * factor

    return scaled


def test_closures_differ_by_what_they_hold(directory: Path) -> None:
    values = [2, 2.0, np.float32(2), np.float64(2), (2, 3)[0], True]
    assert len({fingerprint(scaled_by(value)) for value in values}) == len(values) - 1
    first, second, again = (kernel(scaled_by(factor)) for factor in (2.0, 3.0, 2.0))
    assert (first(5.0), second(5.0), again(5.0)) == (10.0, 15.0, 10.0)
    assert (hits(second), hits(again)) == (0, 1)


def test_function_of_an_indescribable_value_is_not_kept(directory: Path) -> None:
    class Weight(enum.IntEnum):
        HEAVY = 7

    function = scaled_by(Weight.HEAVY)
    with pytest.raises(NotReproducibleError):
        fingerprint(function)
    assert kernel(function)(2) == 14
    assert kept_files(directory) == []


class Beside(NamedTuple):
    span: float


def span() -> None:
    """Named as an attribute that `of_a_class` asks for."""


def of_a_class(x: float) -> float:
    return Convex(x, 1.0, 4, 1.0, np.inf).x + Beside(x).span


def test_classes_of_kernels_are_known_by_their_sources_and_attributes_are_no_globals() -> None:
    """What tests compile of kernels' own classes is kept, too."""
    with pytest.raises(NotReproducibleError, match="Beside"):
        fingerprint(of_a_class)
    assert fingerprint(lambda x: Convex(x, 1.0, 4, 1.0, np.inf).x) == fingerprint(
        lambda x: Convex(x, 1.0, 4, 1.0, np.inf).x
    )
    assert len({fingerprint(lambda x: x.span), fingerprint(lambda x: x.step)}) == 2
    with pytest.raises(NotReproducibleError, match="span"):
        fingerprint(lambda x: span())
