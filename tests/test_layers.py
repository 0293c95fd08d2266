"""Imports run one way: cli → deepbench_fast → kernels."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import deepbench_fast

PACKAGE = Path(deepbench_fast.__file__).parent
LAYERS = ["kernels", "cli"]


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "deepbench_fast"


def imported_modules(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "deepbench_fast"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_never_run_back(path: Path) -> None:
    module = ".".join(["deepbench_fast", *path.relative_to(PACKAGE).with_suffix("").parts])
    allowed = {
        "kernels": {"kernels"},
        "deepbench_fast": {"kernels", "deepbench_fast"},
        "cli": {"cli", "deepbench_fast"},
    }
    for name in imported_modules(path):
        is_package_version = name == "deepbench_fast.__version__"
        assert is_package_version or layer_of(name) in allowed[layer_of(module)], f"{module} imports {name}"


def test_links_at_the_root_lead_to_the_layers() -> None:
    root = PACKAGE.parent
    if not (root / "pyproject.toml").exists():
        pytest.skip("the package is installed apart from its repository")
    for name in LAYERS:
        assert (root / name).resolve() == PACKAGE / name


def test_only_one_file_sets_compiler_flags() -> None:
    for path in (PACKAGE / "kernels").rglob("*.py"):
        if not path.name.startswith("_"):
            assert "numba" not in path.read_text(encoding="utf-8").replace("Numba", ""), path


def test_reading_a_file_loads_no_compiler(mixed_file: Path) -> None:
    code = "import sys; import deepbench_fast as d; s = d.open_dataset(sys.argv[1]); s[0], s[:9], s.summary, s.recipe\n"
    code += "assert not {'numba', 'llvmlite'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(mixed_file)], check=True)
