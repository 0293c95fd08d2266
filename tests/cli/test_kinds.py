"""Kinds of one's own on the command line: `--kinds FILE.py COMMAND ...`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from deepbench_fast.kinds import registry
from deepbench_fast.recipe import Recipe
from tests.cli.running import COMMAND, Ran, run, run_apart, run_well

ROOT = Path(__file__).parents[2]
RING = ROOT / "docs" / "examples" / "ring.py"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds of one's own are those of this test alone."""
    monkeypatch.setattr(registry, "_own", {})


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 rings, made by the command; not to be changed."""
    path = tmp_path_factory.mktemp("rings") / "rings.h5"
    ran = run_apart("--kinds", RING, "generate", "ring", path, "-n", 200, "--seed", 3)
    assert ran.status == 0, ran.err
    return path


def check_one_line(ran: Ran, status: int, *words: str) -> None:
    assert (ran.status, ran.out) == (status, ""), ran.err
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1
    assert "unexpected" not in ran.err
    for word in words:
        assert word in ran.err


def with_ring(*arguments: object) -> Ran:
    return run_well("--kinds", RING, *arguments)


def test_the_example_is_made_looked_at_and_verified(rings: Path, tmp_path: Path) -> None:
    assert with_ring("info", rings, "--json").json["tables"]["objects/ring"]["rows"] == 200
    assert "radius" in with_ring("show", rings, 3).out
    assert "1 generated again" in with_ring("verify", rings, "--regenerate", "all").out
    with_ring("preview", rings, "-o", tmp_path / "file.png", "--count", 4)
    with_ring("preview", "ring", "-n", 200, "--seed", 3, "-o", tmp_path / "kind.png", "--count", 4)
    assert (tmp_path / "file.png").read_bytes() == (tmp_path / "kind.png").read_bytes()
    assert "ring.ring.radius" in with_ring("plan", "ring", "-n", 10).out


def test_it_may_stand_after_the_command() -> None:
    before = run_well("--kinds", RING, "describe", "ring").out
    registry._own.clear()
    assert run_well("describe", "ring", "--kinds", RING).out == before
    registry._own.clear()
    assert run_well("describe", "--kinds", RING, "ring").out == before


def test_the_recipe_in_the_file_makes_it_again(rings: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(with_ring("info", "--recipe", rings).out)
    with_ring("generate", tmp_path / "recipe.yaml", tmp_path / "again.h5", "--threads", 2)
    assert (tmp_path / "again.h5").read_bytes() == rings.read_bytes()
    assert with_ring("generate", tmp_path / "recipe.yaml", tmp_path / "again.h5", "--resume").status == 0


def test_a_file_of_ones_own_kind_is_read_without_it(rings: Path) -> None:
    assert run_well("info", rings, "--json").json["complete"]
    check_one_line(run("show", rings, 3), 2, "unknown kind 'ring'", "--kinds FILE.py brings kinds of your own")
    check_one_line(run("verify", rings, "--regenerate", "all"), 2, "unknown kind 'ring'", "--kinds")


def test_another_version_of_the_function_is_refused(rings: Path, tmp_path: Path) -> None:
    changed = tmp_path / "ring.py"
    changed.write_text(RING.read_text().replace("-0.5 * z * z", "-0.6 * z * z"))
    for command in (["verify", rings, "--regenerate", "all"], ["show", rings, 0]):
        ran = run("--kinds", changed, *command)
        check_one_line(ran, 2, "catalogues.ring.ring.kernel: names another version of ring")
    same = tmp_path / "same.py"
    same.write_text("# moved and commented\n" + RING.read_text().replace("default=1.5", "default=1.75"))
    registry._own.clear()
    assert run("--kinds", same, "verify", rings, "--regenerate", "all").status == 0


def test_list_and_describe(tmp_path: Path) -> None:
    assert "\n  ring " in with_ring("list").out
    text = with_ring("describe", "ring").out
    assert "default at 28x28" in text
    assert all(
        word in text for word in ("loguniform [1, 10]", "radius of the ring", "name, count, kernel", "0.1 to 10")
    )
    rows = {p["name"]: p for p in with_ring("describe", "ring", "--size", "8x8", "--json").json["parameters"]}
    assert rows["radius"]["default"] == "uniform [4, 9]"
    assert rows["x"]["default"] == "uniform [1.75, 5.25]"


def test_describe_of_a_parameter_that_must_be_given(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(
        RING.read_text().replace('default={"uniform": [4, 9]}, ', "").replace('"ring"', '"bare"')
    )
    assert "none: must be given" in run_well("--kinds", tmp_path / "bare.py", "describe", "bare").out
    text = run_well("--kinds", tmp_path / "bare.py", "init", "bare").out
    assert "has no default: choose" in text
    Recipe.from_yaml(text)
    ran = run("--kinds", tmp_path / "bare.py", "generate", "bare", tmp_path / "x.h5")
    check_one_line(ran, 2, "bare.radius: must be given")


def test_init_and_schema_know_it() -> None:
    text = with_ring("init", "ring").out
    assert Recipe.from_yaml(text).to_yaml() == Recipe.of_kind("ring").to_yaml()
    entry = with_ring("schema").json["$defs"]["entry"]["anyOf"][1]["properties"]["ring"]["anyOf"][1]
    assert entry["properties"]["kernel"]["const"] == registry.kind("ring").fingerprint
    assert "radius of the ring; from 0 to 10000 pix" in entry["properties"]["radius"]["description"]


HEAD = "from deepbench_fast import light_kind, parameter\n"
WRONG = [
    ("def f(:", "wrong.py", "SyntaxError"),
    ("import nothing_of_this_name", "wrong.py:1", "ModuleNotFoundError"),
    ("raise SystemExit(3)", "wrong.py:1", "SystemExit"),
    (f"{HEAD}\nparameter('x')", "wrong.py:3", "x: can't be its name"),
    (f"{HEAD}\nparameter('a', low=0, high=1, default=7)", "wrong.py:3", "a: must be from 0 to 1, not 7"),
    (
        f"{HEAD}\n@light_kind('star', parameters=[])\ndef star(dx, dy, row): return dx",
        "wrong.py",
        "called star already",
    ),
    (f"{HEAD}\n@light_kind('own', parameters=[])\ndef own(dx, dy): return dx", "wrong.py", "dx, dy and row"),
]


@pytest.mark.parametrize(("text", "place", "words"), WRONG, ids=[words for *_, words in WRONG])
def test_wrong_files_are_one_line(text: str, place: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(text)
    check_one_line(run("--kinds", path, "list"), 2, place, words)


def test_a_function_that_cant_be_compiled_is_one_line_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        f"{HEAD}\n@light_kind('own', parameters=[])\ndef own(dx, dy, row):\n    return foo(dx)"
    )
    ran = run("--kinds", tmp_path / "own.py", "generate", "own", tmp_path / "own.h5")
    check_one_line(ran, 2, "own: its code can't be hashed: it uses foo, which is not defined above it")
    assert not list(tmp_path.glob("*.h5*"))


@pytest.mark.parametrize("path", ["missing.py", "."])
def test_no_such_file(path: str) -> None:
    check_one_line(run("--kinds", path, "list"), 2, path, "no such file")


def test_several_files(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(f"{HEAD}\n@light_kind('own', parameters=[])\ndef own(dx, dy, row): return dx")
    text = run_well("--kinds", RING, "--kinds", tmp_path / "own.py", "list").out
    assert "\n  own " in text
    assert "\n  ring " in text


def test_a_file_of_kinds_needs_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from deepbench_fast.cli import main\n"
        "sys.argv = ['deepbench-fast', '--kinds', sys.argv[1], 'list']\n"
        "try: main()\n"
        "finally: print([n for n in ('numba', 'astropy', 'matplotlib', 'h5py') if n in sys.modules], file=sys.stderr)"
    )
    plain = tmp_path / "own.py"
    plain.write_text(f"{HEAD}\n@light_kind('own', parameters=[])\ndef own(dx, dy, row): return dx")
    done = subprocess.run(
        [sys.executable, "-c", code, str(plain)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "\n  own " in done.stdout
    assert done.stderr.strip() == "[]"


BACKEND = """
from zipfile import ZipFile

FILES = {
    "METADATA": "Metadata-Version: 2.1\\nName: rings-of-light\\nVersion: 1\\n",
    "WHEEL": "Wheel-Version: 1.0\\nGenerator: a test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "entry_points.txt": "[deepbench_fast.kinds]\\nring = rings_of_light\\n",
    "RECORD": "",
}

def build_wheel(directory, *unused, **options):
    name = "rings_of_light-1-py3-none-any.whl"
    with ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.write("rings_of_light.py")
        for file, text in FILES.items():
            wheel.writestr(f"rings_of_light-1.dist-info/{file}", text)
    return name
"""


@pytest.mark.skipif(find_spec("pip") is None, reason="there is no pip")
def test_an_installed_package_brings_its_kinds(tmp_path: Path) -> None:
    """Installed by pip, without a network, into a directory of its own."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    shutil.copy(RING, source / "rings_of_light.py")
    (source / "backend.py").write_text(BACKEND)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    install = [sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(source)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    command = [*COMMAND, "generate", "ring", str(tmp_path / "ring.h5"), "-n", "20"]
    made = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert made.returncode == 0, made.stderr
    with_ring("generate", "ring", tmp_path / "same.h5", "-n", 20)
    assert (tmp_path / "same.h5").read_bytes() == (tmp_path / "ring.h5").read_bytes()


def test_the_program_itself_takes_the_option(tmp_path: Path) -> None:
    ran = run_apart("--kinds", RING, "describe", "ring")
    assert (ran.status, ran.err) == (0, "")


def test_digests_are_checked_without_the_kind(rings: Path) -> None:
    assert run_well("verify", rings).status == 0


def test_a_file_of_kinds_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "constants_beside.py").write_text("LARGEST = 7.0\n")
    (tmp_path / "own.py").write_text(
        "from constants_beside import LARGEST\n"
        "from deepbench_fast import light_kind, parameter\n\n\n"
        "@light_kind('own', parameters=[parameter('top', low=0, high=LARGEST, default=1)])\n"
        "def own(dx, dy, row):\n"
        "    return row.top\n"
    )
    assert "from 0 to 7" in run_well("--kinds", tmp_path / "own.py", "describe", "own").out
