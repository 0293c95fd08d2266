"""What is told before samples are made: nothing compiles for it, and nothing takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kernels import compiling
from deepbench_fast.kernels._jit import kernel
from deepbench_fast.recipe import Recipe
from deepbench_fast.run import beforehand
from deepbench_fast.run.beforehand import NOT_MEASURED, warnings_beforehand
from deepbench_fast.run.resolution import resolution_warnings
from tests.kernels.keeping import double, kept_files


def stars() -> Recipe:
    return Recipe.of_kind("star").with_overrides({"samples": 40, "size": [16, 16]})


def test_what_is_told_is_what_plan_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beforehand, "LONGEST", 60.0)
    told = list(resolution_warnings(make_plan(stars())))  # compiles what it needs
    assert len(told) == 1
    assert list(warnings_beforehand(stars())) == told


def test_many_objects_are_not_looked_at() -> None:
    crowded = stars().with_overrides({"catalogues.star.star.count": 9000})
    assert list(warnings_beforehand(crowded)) == [NOT_MEASURED]


def test_a_kernel_that_is_not_compiled_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path))
    doubled = kernel(double)
    with compiling.refused(), pytest.raises(compiling.NotCompiledError, match="double"):
        doubled(2.0)
    assert not compiling.is_refused()
    assert not list(tmp_path.rglob("*"))
    assert doubled(2.0) == 10.0
    assert len(kept_files(tmp_path / "kernels")) == 1
