"""Kinds of one's own: declared, drawn, hashed, pickled, offered by an installed package."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import dblquad

from deepbench_fast import (
    Likelihood,
    Recipe,
    UsageError,
    light_kind,
    open_dataset,
    parameter,
    samples,
    simulate,
    verify,
)
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.own import NOT_KINDS, _in_short, load_kinds
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe.names import RESERVED as ENTRIES_NOT
from deepbench_fast.run.generate import generate

ROOT = Path(__file__).parents[2]
RING = ROOT / "docs" / "examples" / "ring.py"

BLOB = """
from deepbench_fast import light_kind, parameter

SCALE = 2.0

@light_kind("blob", parameters=[parameter("width", "pix", low=0.1, high=50, default=3)])
def blob(dx, dy, row):
    return SCALE / (1.0 + (dx * dx + dy * dy) / (row.width * row.width))
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds of one's own are those of this test alone."""
    monkeypatch.setattr(registry, "_own", {})


@pytest.fixture(scope="module")
def ring() -> registry.Kind:
    """One object for all tests, so that its kernels are compiled once."""
    load_kinds(str(RING))
    return registry._own.pop("ring")


@pytest.fixture
def rings(ring: registry.Kind) -> Recipe:
    """Rings with the example's defaults."""
    registry._own["ring"] = ring
    return Recipe.of_kind("ring").with_overrides({"samples": 300})


@pytest.fixture
def declare(tmp_path: Path) -> Callable[[str, str], None]:
    """Load a file of this name with this text."""

    def declare(text: str, name: str = "blob.py") -> None:
        (tmp_path / name).write_text(text)
        load_kinds(str(tmp_path / name))

    return declare


def light(dx: Any, dy: Any, amplitude: float, radius: float, width: float) -> Any:
    return amplitude * np.exp(-0.5 * ((np.hypot(dx, dy) - radius) / width) ** 2)


def test_the_example_is_short_and_listed() -> None:
    assert len(RING.read_text().splitlines()) < 40
    load_kinds(str(RING))
    assert list(kinds()) == sorted(kinds())
    assert [p.name for p in kind("ring").parameters] == ["x", "y", "amplitude", "radius", "width"]
    assert kind("ring").layer == "light"


def test_pixels_are_the_closed_form(rings: Recipe) -> None:
    made = samples(rings, 0, 8)
    rows, columns = np.mgrid[:28, :28]
    for image, row in zip(made["images"], made.tables.objects["ring"], strict=True):
        given = light(columns - row["x"], rows - row["y"], row["amplitude"], row["radius"], row["width"])
        assert image == pytest.approx(given, rel=1e-6, abs=1e-30)


def test_means_over_pixels_are_the_integral(rings: Recipe) -> None:
    """Of a ring that is wide beside a pixel."""
    recipe = rings.with_overrides({"image.sampling": "integrate"})
    given = {"x": 13.2, "y": 14.1, "amplitude": 3.0, "radius": 6.5, "width": 1.5}
    image = simulate(recipe, {f"ring.{name}": value for name, value in given.items()}, 0)[0]
    for row, column in ((14, 13), (14, 20), (8, 13), (3, 3)):
        dy, dx = row - 14.1, column - 13.2
        mean, _ = dblquad(
            lambda v, u: float(light(u, v, 3, 6.5, 1.5)), dx - 0.5, dx + 0.5, dy - 0.5, dy + 0.5, epsabs=1e-9
        )
        assert image[row, column] == pytest.approx(mean, rel=2e-5, abs=1e-5)


def test_threads_and_resuming_change_no_byte(rings: Recipe, tmp_path: Path) -> None:
    generate(rings, tmp_path / "one.h5", threads=1)
    generate(rings, tmp_path / "two.h5", threads=2)
    stopped = tmp_path / "three.h5"
    with pytest.raises(KeyboardInterrupt):
        generate(rings, stopped, threads=1, progress=Stopped())
    generate(rings, stopped, threads=2, resume=True)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes() == stopped.read_bytes()
    assert verify(stopped, regenerate="all").same


class Stopped:
    """Progress that ends the run after the first report."""

    def __call__(self, *unused: object) -> None:
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:
        return self


def test_extras_targets_and_neighbours(rings: Recipe) -> None:
    """With masks, a PSF, noise, and stars beside it, as any other kind of light."""
    recipe = Recipe.parse(
        {
            "psf": {"gaussian": {"sigma": 0.7}},
            "noise": [{"gaussian": {"sigma": 0.1}}],
            "extras": ["clean", "masks", "variance"],
            "targets": ["ring.radius", "count.ring", "brightness"],
            "catalogues": {"both": {"objects": ["ring", {"star": {"count": 2}}]}},
        }
    )
    made = samples(recipe, 0, 5)
    assert set(np.unique(made["masks"])) <= {0, 1, 2, 3}
    assert (made["masks"] == 1).any()
    alone = samples(recipe.with_overrides({"noise": [], "psf": None}), 0, 5)
    assert np.isfinite(alone["images"]).all()


def test_the_hash_stands_in_the_recipe_and_another_is_refused(declare: Callable[..., None]) -> None:
    declare(BLOB)
    text = Recipe.of_kind("blob").to_yaml()
    assert f"kernel: {kind('blob').fingerprint}" in text.replace("'", "")
    assert Recipe.from_yaml(text).to_yaml() == text
    declare(BLOB.replace("1.0 +", "1.5 +"))
    with pytest.raises(UsageError, match=r"kernel: names another version of blob than [0-9a-f]{32}, as"):
        Recipe.from_yaml(text)
    declare(BLOB)
    Recipe.from_yaml(text)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("default=3", "default=4"), True),
        (("high=50", "high=60, meaning='width'"), True),
        (("SCALE = 2.0", "SCALE = 2.5"), False),
        (("row.width * row.width", "row.width * row.width * 1.0"), False),
        (('"pix"', '"arcsec"'), False),
    ],
)
def test_what_changes_the_hash(change: tuple[str, str], same: bool, declare: Callable[..., None]) -> None:
    """What data depend on does; defaults, which a recipe writes out, do not."""
    declare(BLOB)
    before = kind("blob").fingerprint
    declare(BLOB.replace(*change))
    assert (kind("blob").fingerprint == before) == same


HELPED = """
import numba
import numpy as np
from deepbench_fast import light_kind

WEIGHTS = np.array([1.0, 2.0])

@numba.njit
def helper(a):
    return a * a + WEIGHTS[1]

@light_kind("helped", parameters=[])
def helped(dx, dy, row):
    return helper(dx) + helper(dy)
"""


@pytest.mark.parametrize("change", [("a * a", "a * a * a"), ("[1.0, 2.0]", "[1.0, 3.0]")])
def test_helpers_and_constants_are_hashed_too(change: tuple[str, str], declare: Callable[..., None]) -> None:
    declare(HELPED, "helped.py")
    before = kind("helped").fingerprint
    declare(HELPED.replace(*change), "helped.py")
    assert kind("helped").fingerprint != before


def test_helpers_are_compiled_in(declare: Callable[..., None]) -> None:
    declare(HELPED, "helped.py")
    image = samples(Recipe.of_kind("helped").set("catalogues.helped.helped", "{x: 3, y: 4}"), 0, 1)["images"][0]
    assert image[6, 5] == 2.0**2 + 2.0 + 2.0**2 + 2.0


def test_the_hash_is_the_same_however_the_kind_is_declared(declare: Callable[..., None]) -> None:
    declare(BLOB)
    before = kind("blob").fingerprint
    declare("import math\n\n# a comment\n" + BLOB)
    assert kind("blob").fingerprint == before


WRONG_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"name": "x"}, "x: can't be its name"),
    ({"name": "count"}, "count: can't be its name"),
    ({"name": "a b"}, "a b: must be a name"),
    ({"name": "lambda"}, "lambda: must be a name"),
    ({"name": "a-b"}, "a-b: must be a name"),
    ({"name": "a", "unit": "furlongs"}, "a: unknown unit 'furlongs'"),
    ({"name": "a", "unit": 3}, "a: its unit must be text, such as 'pix', not 3"),
    ({"name": "a", "low": 2, "high": 1}, "low"),
    ({"name": "a", "low": "2"}, "a: low and high must be numbers, not '2'"),
    ({"name": "a", "high": True}, "a: low and high must be numbers, not true"),
    ({"name": "a", "low": 0, "high": 1, "default": 5}, "a: must be from 0 to 1, not 5"),
    ({"name": "a", "low": 0, "high": 1, "default": {"uniform": [0, 2]}}, "a: must be from 0 to 1"),
    ({"name": "a", "default": {"unifrm": [0, 2]}}, "did you mean 'uniform'"),
    ({"name": "a", "default": "three"}, "a: must be a number"),
    ({"name": "a", "low": 0, "high": 9, "default": 1.5, "integer": True}, "a whole number"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG_PARAMETERS, ids=lambda value: str(value)[:40])
def test_wrong_parameters(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as told:
        parameter(**wrong)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"parameters": "radius"}, "its parameters must be a list of parameter(...), not 'radius'"),
        ({"parameters": ["radius"]}, "its parameters must be a list of parameter(...), not 'radius'"),
        ({"parameters": None}, "its parameters must be a list of parameter(...)"),
        ({"parameters": parameter("radius")}, "its parameters must be a list of parameter(...)"),
        ({"parameters": [], "size": 28}, "its size must be (rows, columns), not 28"),
        ({"parameters": [], "size": (28, 28, 3)}, "its size must be (rows, columns)"),
        ({"parameters": [], "size": (0, 28)}, "must be a whole number from 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_declarations(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as told:
        light_kind("thing", **wrong)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["star", "body", "noise", "2d", "a.b", "", "import"])
def test_wrong_names_of_kinds(name: str, declare: Callable[..., None]) -> None:
    with pytest.raises(UsageError, match=r"blob\.py:\d+: "):
        declare(BLOB.replace('"blob"', repr(name)))
    assert name not in registry._own


def test_names_that_entries_cant_have_are_none_for_kinds() -> None:
    assert set(NOT_KINDS) == set(ENTRIES_NOT)


def test_a_name_is_taken_by_another_file_but_not_by_the_same(declare: Callable[..., None]) -> None:
    declare(BLOB)
    declare(BLOB.replace("2.0", "3.0"))
    with pytest.raises(UsageError, match="there is a kind called blob already"):
        declare(BLOB, "other.py")


def test_parameters_of_the_same_name() -> None:
    with pytest.raises(UsageError, match="same name"):
        light_kind("twice", parameters=[parameter("a", default=1), parameter("a", default=2)])


def test_what_stands_below_must_be_a_function_of_three() -> None:
    with pytest.raises(UsageError, match="must take dx, dy and row"):
        light_kind("two", parameters=[])(lambda dx, dy: dx)
    with pytest.raises(UsageError, match="stands above a function"):
        light_kind("two", parameters=[])(np.sin)


@pytest.mark.parametrize(
    ("change", "words"), [(("def blob", "async def blob"), "is async"), (("return", "yield"), "yields")]
)
def test_what_gives_no_number_when_it_is_called(
    change: tuple[str, str], words: str, declare: Callable[..., None]
) -> None:
    with pytest.raises(UsageError, match=f"blob: its function {words}: it must return a number"):
        declare(BLOB.replace(*change))


SETS_WIDTH = ["row.width = 2.0", "row.width += 2.0", "row['width'] = 2.0", "for row.width in range(3): pass"]


@pytest.mark.parametrize("line", SETS_WIDTH)
def test_parameters_stay_what_was_drawn(line: str, declare: Callable[..., None]) -> None:
    """Numba writes into the table: what is stored with the images would not be what was drawn."""
    with pytest.raises(UsageError, match=r"it sets row(\.width|\['width'\]): parameters stay what was drawn"):
        declare(BLOB.replace("    return", f"    {line}\n    return"))
    helper = f"import numba\n\n@numba.njit\ndef set_width(row):\n    {line}\n    return 1.0\n"
    with pytest.raises(UsageError, match=r"set_width: it sets row"):
        declare(helper + BLOB.replace("return", "return set_width(row) *"))


def test_other_things_may_be_set(declare: Callable[..., None]) -> None:
    lines = "near = np.empty(2)\n    near[0] = dx\n    near[0] += dy\n    return near[0] *"
    declare("import numpy as np\n" + BLOB.replace("return", lines))
    assert np.isfinite(samples(Recipe.of_kind("blob"), 0, 1)["images"]).all()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("import numpy as np", "np.random.random()"),
        ("import numpy.random as r", "r.normal(0.0, 1.0)"),
        ("from numpy import random", "random.random()"),
        ("from numpy.random import random", "random()"),
    ],
)
def test_random_numbers_without_a_seed_are_refused(given: str, used: str, declare: Callable[..., None]) -> None:
    with pytest.raises(UsageError, match=r"whose numbers follow no recipe's seed|can't be hashed"):
        declare(f"{given}\n{BLOB.replace('return', f'return {used} *')}")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("import numpy as np\nnear = np.empty(1)\n    near[0] = dx / row.width\n    return near[0] *", "no setitem("),
        ("import math\nreturn math.erf(dx / row.width) *", "no erf("),
    ],
)
def test_slopes_that_there_are_none_of(lines: str, words: str, declare: Callable[..., None]) -> None:
    """One line, of the user's own file."""
    imported, _, code = lines.partition("\n")
    declare(f"{imported}\n{BLOB.replace('return', code)}")
    recipe = Recipe.of_kind("blob").with_overrides({"noise": [{"gaussian": {"sigma": 1}}]})
    with pytest.raises(UsageError) as told:
        Likelihood(recipe.set("blob.width", {"uniform": [1, 5]})).crlb(np.array([[14.0, 14.0, 3.0]]))
    said = str(told.value)
    assert said.startswith("blob: its slopes can't be worked out: it has ")
    assert words in said
    assert "(File blob.py, line " in said or "(blob.py, line " in said
    assert "\n" not in said


def test_what_a_compiler_says_has_no_colours() -> None:
    """Numba's messages have some where the package colorama is there."""
    said = "\x1b[1m\x1b[1mFailed in nopython mode pipeline\n\x1b[1mIt is \x1b[31mwrong\x1b[0m.\x1b[0m\n"
    assert _in_short(ValueError(said)) == "It is wrong."


def test_a_function_without_a_source() -> None:
    space: dict[str, Any] = {}
    exec("def blob(dx, dy, row): return dx", space)
    with pytest.raises(UsageError, match="its source isn't there"):
        light_kind("blob", parameters=[])(space["blob"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("row.wdth", "wdth"),
        ("'text'", "must return a number, not 'text'"),
        ("None", "must return a number, not None"),
        ("dx + 1j", "must return a number"),
        ("dx.real.foo", "foo"),
        ("dx if print(dx) is None else dy", "it prints"),
        ("max(dx, 'text')", "no max("),
    ],
)
def test_what_numba_cant_compile(body: str, words: str, declare: Callable[..., None], tmp_path: Path) -> None:
    """One line, before there is a file."""
    declare(f"{BLOB.rpartition('return')[0]}return {body}\n")
    with pytest.raises(UsageError) as told:
        generate(Recipe.of_kind("blob"), tmp_path / "blob.h5")
    assert str(told.value).startswith("blob: Numba can't compile its function: ")
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.glob("*.h5*"))


def test_a_parameter_without_a_default_must_be_given(declare: Callable[..., None]) -> None:
    declare(BLOB.replace(", default=3", ""))
    with pytest.raises(UsageError, match=r"blob\.width: must be given: it has no default"):
        Recipe.from_yaml("catalogues: {c: {objects: [blob]}}")
    Recipe.from_yaml("catalogues: {c: {objects: [blob: {width: 3}]}}")


def test_a_default_may_start_from_another_parameter(declare: Callable[..., None]) -> None:
    more = 'default=3), parameter("depth", default={"scaled": {"by": "width", "of": 0.5}}'
    declare(BLOB.replace("default=3", more))
    table = samples(Recipe.of_kind("blob"), 0, 3).tables.objects["blob"]
    assert list(table["depth"]) == [1.5, 1.5, 1.5]


def test_a_kind_pickles_to_itself_here(rings: Recipe) -> None:
    assert pickle.loads(pickle.dumps(kind("ring"))) is kind("ring")


def test_a_kind_of_a_file_is_loaded_by_the_process_that_unpickles_it(rings: Recipe) -> None:
    code = (
        "import pickle, sys; found = pickle.load(sys.stdin.buffer);"
        "from deepbench_fast.kinds.registry import kind; assert kind('ring') is found; print(found.fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(kind("ring")), capture_output=True, cwd=ROOT)
    assert done.stdout.decode().strip() == kind("ring").fingerprint, done.stderr


def test_a_dataset_is_read_in_a_spawned_process(rings: Recipe, tmp_path: Path) -> None:
    generate(rings, tmp_path / "rings.h5")
    dataset = open_dataset(tmp_path / "rings.h5")
    code = (
        "import pickle, sys; data = pickle.load(sys.stdin.buffer);"
        "sys.stdout.buffer.write(data[7]['image'].tobytes()); print(len(data.objects('ring')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(dataset), capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == dataset[7]["image"].tobytes()
    assert done.stderr.decode().strip() == "300"


def test_bits_are_the_same_on_a_plain_processor(rings: Recipe) -> None:
    code = (
        f"from deepbench_fast.kinds.own import NOT_KINDS, load_kinds; load_kinds({str(RING)!r});"
        "import sys; from deepbench_fast import Recipe, samples;"
        "sys.stdout.buffer.write(samples(Recipe.of_kind('ring'), 0, 50)['images'].tobytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=ROOT, env={**os.environ, "NUMBA_CPU_NAME": "generic"}
    )
    assert done.stdout == samples(rings, 0, 50)["images"].tobytes(), done.stderr


def test_an_installed_package_brings_its_kinds(tmp_path: Path) -> None:
    """Through the metadata that pip writes."""
    (tmp_path / "blobs.py").write_text(BLOB)
    metadata = tmp_path / "blobs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: blobs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[deepbench_fast.kinds]\nblobs = blobs\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['list']\n"
    code += "from deepbench_fast.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "\n  blob " in done.stdout, done.stderr


def test_a_broken_package_stops_only_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "blobs.py").write_text("import nothing_of_this_name")
    metadata = tmp_path / "blobs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: blobs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[deepbench_fast.kinds]\nblobs = blobs\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['describe', sys.argv[1]]\n"
    code += "from deepbench_fast.cli import main; main()"
    for name, status in (("star", 0), ("blob", 2)):
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == status, done.stderr
    assert "the installed kinds of blobs can't be loaded: ModuleNotFoundError" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_kind_is_answered_with_how_to_bring_ones_own() -> None:
    with pytest.raises(UsageError, match=r"unknown kind 'rong'.*; --kinds FILE.py brings kinds of your own$"):
        Recipe.from_yaml("catalogues: {c: {objects: [rong]}}")
