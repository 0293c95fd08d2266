"""What is said where an optional package isn't there, or is there and can't be loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

USES = {
    "pyarrow": ("parquet", "from deepbench_fast import export; export('DATASET', 'out', format='parquet')"),
    "pandas": ("this", "from deepbench_fast import open_dataset; open_dataset('DATASET').to_pandas()"),
    "sklearn": ("c2st", "from deepbench_fast.inference.calibration import c2st; c2st(*[[[k] for k in range(30)]] * 2)"),
    "torch": ("deepbench_fast.torch", "import deepbench_fast.torch"),
    "tornado": ("explore", "from deepbench_fast import Recipe, explore; explore(Recipe.builtin('stars')).serve()"),
    "distributed": ("--dask", "from deepbench_fast.run.engines.dask import connected as c; c('local:1').__enter__()"),
    "s3fs": ("s3://bucket/", "from deepbench_fast import open_dataset; open_dataset('s3://bucket/one.h5')"),
}
NAMES = {"torch": "PyTorch", "sklearn": "scikit-learn", "distributed": "Dask"}


def said_of(package: str, source: str, dataset: Path, folder: Path) -> str:
    """The last line of a program that uses a package of this source, which lies in the folder."""
    (folder / f"{package}.py").write_text(source)
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{USES[package][1].replace('DATASET', str(dataset))}"
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    return ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("package", USES)
def test_not_installed(package: str, mixed_file: Path, tmp_path: Path) -> None:
    said = said_of(package, "raise ModuleNotFoundError('gone', name=__name__)", mixed_file, tmp_path)
    user, name = USES[package][0], NAMES.get(package, package)
    assert said.startswith(f"deepbench_fast.errors.UsageError: {user} needs {name}: pip install ")


@pytest.mark.parametrize("package", USES)
def test_installed_for_something_else(package: str, mixed_file: Path, tmp_path: Path) -> None:
    said = said_of(package, "raise ImportError('built for NumPy 2')", mixed_file, tmp_path)
    assert said.startswith(f"deepbench_fast.errors.UsageError: {USES[package][0]}")
    assert said.endswith(" can't be loaded: built for NumPy 2")


@pytest.mark.parametrize("package", USES)
def test_without_what_it_needs_itself(package: str, mixed_file: Path, tmp_path: Path) -> None:
    said = said_of(package, "import not_there_at_all", mixed_file, tmp_path)
    assert said.startswith(f"deepbench_fast.errors.UsageError: {USES[package][0]}")
    assert "not_there_at_all" in said
