"""The rooms of the package and the floors that they stand on: imports run down, never up, and never in a circle.

A room is a folder of the package or a file beside the folders. A file imports from its own room and from lower floors
only, also inside functions and for type checkers; rooms of one floor don't know each other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import deepbench_fast
from deepbench_fast import generate
from tests.recipes import mixed

PACKAGE = Path(deepbench_fast.__file__).parent
ROOT = PACKAGE.parent
NAME = "deepbench_fast"

FLOORS = (
    ("errors", "kernels"),
    ("values",),
    ("kinds", "effects"),
    ("recipe",),
    ("authoring", "draw"),
    ("render",),
    ("store", "pictures", "inference"),
    ("exports", "loaders", "run", "tasks"),
    ("cli", "torch"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}
MOST_ROOMS = 18


def modules() -> dict[str, Path]:
    """The package's modules, but for its face and its door, which hand names on."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name and name != "__main__":
            found[name] = path
    return found


MODULES = modules()


def room(module: str) -> str:
    return module.partition(".")[0]


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            own = name.removeprefix(f"{NAME}.")
            if own == name or own == "__version__":
                continue
            module = own if own in MODULES else own.rpartition(".")[0]
            if module:
                yield module


@cache
def arrows() -> dict[str, set[str]]:
    """What each module imports: looked for when a test asks, not by each process that collects tests."""
    return {module: {other for other in imported(path) if other != module} for module, path in MODULES.items()}


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in MODULES} == set(FLOOR)
    assert len(FLOOR) <= MOST_ROOMS


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_down(module: str) -> None:
    for other in arrows()[module]:
        assert room(other) == room(module) or FLOOR[room(other)] < FLOOR[room(module)], f"{module} imports {other}"


def test_no_files_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_links_at_the_root_lead_to_the_rooms() -> None:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("the package is installed apart from its repository")
    for name in ("kernels", "cli"):
        assert (ROOT / name).resolve() == PACKAGE / name


def test_only_one_file_sets_compiler_flags() -> None:
    for path in (PACKAGE / "kernels").rglob("*.py"):
        if not path.name.startswith("_"):
            assert "numba" not in path.read_text(encoding="utf-8").replace("Numba", ""), path


LOADED_BY = """
import atexit, sys
before = set(sys.modules)
told = lambda name: name not in before and getattr(sys.modules[name], "__file__", None)
atexit.register(lambda: print("\\nloaded", *filter(told, sys.modules)))
{}
"""


def loaded_by(code: str) -> set[str]:
    """The modules that a program imports beside those of the bare interpreter."""
    done = subprocess.run([sys.executable, "-c", LOADED_BY.format(code)], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("\nloaded ")[2].split())


def packages(modules: set[str]) -> set[str]:
    """The packages that these modules are of, without the standard library."""
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names


def test_reading_a_file_loads_no_compiler(mixed_file: Path) -> None:
    reading = f"data = deepbench_fast.open_dataset({str(mixed_file)!r}); data[0], data[:9], data.summary, data.recipe"
    assert not {"numba", "llvmlite"} & packages(loaded_by(f"import deepbench_fast; {reading}"))


def test_commands_that_read_and_copy_load_no_compiler(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    for number in (1, 2):
        generate(mixed(samples=900), parts, shard=f"{number}/2")
    commands = (
        ["index", "-o", parts],
        ["merge", parts, whole],
        ["reshard", whole, "--parts", 2, "-o", tmp_path / "again.h5"],
        ["info", whole],
        ["verify", parts],
        ["show", whole, 3],
        ["preview", whole, "-o", tmp_path / "sheet.png"],
        ["export", whole, tmp_path / "pages", "--format", "npy"],
    )
    code = "\n".join(f"run_well(*{[str(word) for word in command]!r})" for command in commands)
    loaded = loaded_by(f"from tests.cli.running import run_well\n{code}")
    assert "h5py" in packages(loaded)
    assert not {"numba", "llvmlite"} & packages(loaded)


def test_the_package_alone_loads_nothing() -> None:
    assert packages(loaded_by("import deepbench_fast")) == {"deepbench_fast"}


@pytest.mark.parametrize("name", ["sky", "gallery", "pendulums"])
def test_a_first_recipe_loads_little(name: str) -> None:
    """No arrays; nor the search for installed packages, which takes as long as the recipe and asks for no kind here."""
    loaded = loaded_by(f"from deepbench_fast import Recipe; Recipe.builtin({name!r}).hash()")
    assert packages(loaded) == {"deepbench_fast", "yaml"}
    assert not {"importlib.metadata", "email", "socket"} & loaded


def test_help_loads_no_recipe() -> None:
    loaded = loaded_by("from deepbench_fast.cli.group import group; group(['--help'])")
    assert packages(loaded) == {"deepbench_fast", "click"}
