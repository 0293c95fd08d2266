"""The hash of a user's code: it covers all that can change a pixel, or refuses."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, RecipeError, UsageError, generate, samples
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.own import load_kinds
from deepbench_fast.kinds.registry import kind

HEAD = """
import math
import numba
import numpy as np
from deepbench_fast import light_kind
from deepbench_fast.kernels.elementary import exp
"""
KIND = """
@light_kind("own", parameters=[])
def own(dx, dy, row):
    return {}
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """The hash of the kind `own` in a file of this text, beside modules of these texts."""
    monkeypatch.setattr(registry, "_own", {})
    numbers = iter(range(100))

    def load(text: str, **modules: str) -> str:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for name, of_module in modules.items():
            sys.modules.pop(name, None)
            (folder / f"{name}.py").write_text(textwrap.dedent(of_module))
        (folder / "own.py").write_text(HEAD + textwrap.dedent(text))
        registry._own.clear()
        load_kinds(str(folder / "own.py"))
        return kind("own").fingerprint

    yield load
    for name in ("helpers", "inner", "own_helpers"):
        sys.modules.pop(name, None)


# What is covered by a function's source, by helpers and by constants keeps the hash that it had in the first release.
FIRST_RELEASE = {
    "return 1.0 + dx * dy": "",
    "return exp(-dx * dx) + math.sqrt(2.0) + np.pi": "",
    "return SCALE * dx + TABLE[1] + PAIR[0]": "SCALE, TABLE, PAIR = 2.0, np.array([1.0, 2.0]), (1, 2.5)",
    "return helper(dx) + helper(dy)": "SCALE = 3.0\n@numba.njit\ndef helper(a):\n    return SCALE * a",
    "return helper(dx, 2.0)": "@numba.njit\ndef helper(a, b=3.0):\n    return a * b",
}


def test_hashes_of_the_first_release_stay(load: Callable[..., str]) -> None:
    text = lambda code, above: f"{above}\n{KIND.format(0.0).replace('return 0.0', code)}"  # noqa: E731
    assert [load(text(code, above)) for code, above in FIRST_RELEASE.items()] == [
        "a067453b0e33912188d7d707c4a83d39",
        "829899b8f9c24af818d224c78f79084e",
        "df4a1be2d349584f4873e437ed848608",
        "354d59d98a06af9d693ce239fd200d2c",
        "0c367bd1f8b728a4ad5e4e44e0eb6bc9",
    ]


CHANGES = {
    "a text": ("MODE = 'a'", "1.0 if MODE == 'a' else 2.0", ("MODE = 'a'", "MODE = 'b'")),
    "a text in a tuple": ("M = ('a', 1)", "1.0 if M[0] == 'a' else 2.0", ("('a'", "('b'")),
    "nothing": ("M = None", "1.0 if M is None else 2.0", ("None", "0")),
    "an array in a tuple": ("T = (np.arange(3000.0), 1)", "T[0][1500]", ("3000.0)", "3000.0) + 1")),
    "a list": ("T = [1.0, 2.0]", "T[1]", ("2.0", "3.0")),
    "a helper in a tuple": ("@numba.njit\ndef f(x):\n    return x\nT = (f, f)", "T[0](dx)", ("return x", "return -x")),
    "a member": (
        "import enum\nclass C(enum.Enum):\n    RED = 1\n    BLUE = 2",
        "1.0 if C.RED.value == 1 else 2.0",
        ("RED = 1", "RED = 3"),
    ),
    "a function of a library": ("from math import exp as f", "f(dx)", ("exp as f", "cos as f")),
    "a library": ("import math as m", "m.exp(dx)", ("import math", "import numpy")),
    "one of ours": ("from deepbench_fast.kernels.elementary import exp as f", "f(dx)", ("exp as f", "sin as f")),
    "a compiler's flag": ("@numba.njit\ndef f(x):\n    return x", "f(dx)", ("njit", "njit(fastmath=True)")),
    "a type": (
        "@numba.njit\ndef f(x):\n    y = x\n    return y",
        "f(dx)",
        ("njit", "njit(locals={'y': numba.float32})"),
    ),
    "a signature": ("@numba.njit\ndef f(x):\n    return x", "f(dx)", ("njit", "njit('float32(float32)')")),
    "a default": ("A = 2.0\n@numba.njit\ndef f(x, a=A):\n    return x * a", "f(dx)", ("A = 2.0", "A = 3.0")),
    "a closure": (
        "def make(a):\n    @numba.njit\n    def f(x):\n        return x * a\n    return f\nf = make(2.0)",
        "f(dx)",
        ("make(2.0)", "make(3.0)"),
    ),
    "which of two helpers": (
        "@numba.njit\ndef a(x):\n    return x\n@numba.njit\ndef b(x):\n    return -x\nf, g, h = a, b, a",
        "f(dx) + g(dx) + h(dy)",
        ("a, b, a", "a, b, b"),
    ),
    "inside of an inner function": ("A = 'a'", "sum([1.0 if A == 'a' else 2.0 for _ in range(2)])", ("'a'", "'b'")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_kinds_file_changes(name: str, load: Callable[..., str]) -> None:
    above, code, change = CHANGES[name]
    text = f"{above}\n{KIND.format(code)}"
    assert load(text) == load(text)
    assert load(text.replace(*change, 1)) != load(text)


HELPERS = """
    import numba
    import inner
    LIMIT = 2.0
    MODE = "wide"
    @numba.njit
    def f(x):
        return x * inner.g(x) if MODE == "wide" else x
"""
INNER = """
    import numba
    BASE = 2.0
    @numba.njit
    def g(x):
        return x + BASE
"""


@pytest.mark.parametrize(
    ("module", "change"),
    [
        ("helpers", ("LIMIT = 2.0", "LIMIT = 3.0")),
        ("helpers", ('MODE = "wide"', 'MODE = "thin"')),
        ("helpers", ("x * inner", "2 * x * inner")),
        ("inner", ("BASE = 2.0", "BASE = 3.0")),
        ("inner", ("x + BASE", "x - BASE")),
        ("", ("helpers.LIMIT", "helpers.inner.BASE + helpers.LIMIT")),
    ],
)
def test_what_is_reached_through_modules(module: str, change: tuple[str, str], load: Callable[..., str]) -> None:
    texts = {"helpers": HELPERS, "inner": INNER, "": f"import helpers\n{KIND.format('helpers.f(dx) * helpers.LIMIT')}"}
    changed = {**texts, module: texts[module].replace(*change)}
    assert changed != texts
    hashes = [load(found.pop(""), **found) for found in (dict(texts), dict(texts), changed)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("above", "code", "words"),
    [
        ("", "missing(dx)", "missing, which is not defined above it"),
        ("import own_helpers", "own_helpers.g(dx)", "own_helpers.g, which is not defined above it"),
        ("import own_helpers", "getattr(own_helpers, 'f')(dx)", "own_helpers, a module as a value"),
        ("class A:\n    x = 2.0\na = A()", "a.x", "a, a A, which can't be hashed"),
        ("@numba.vectorize\ndef f(x):\n    return x", "f(dx)", "f, a DUFunc, which can't be hashed"),
        ("T = np.array([None])", "dx if T[0] is None else dy", "T, a ndarray, which can't be hashed"),
    ],
)
def test_what_cannot_be_hashed_is_refused(above: str, code: str, words: str, load: Callable[..., str]) -> None:
    with pytest.raises(UsageError) as told:
        load(f"{above}\n{KIND.format(code)}", own_helpers="def f(x):\n    return x\n")
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_a_source_that_was_edited_after_it_was_loaded(load: Callable[..., str]) -> None:
    load(f"import helpers\n{KIND.format('helpers.f(dx)')}", helpers=HELPERS, inner=INNER)
    module = sys.modules["helpers"]
    path = Path(str(module.__file__))
    path.write_text(path.read_text().replace("x * inner", "9 * x * inner"))
    with pytest.raises(UsageError, match=r"f: its source in .*helpers\.py is not what was loaded: load it again"):
        load_kinds(str(path.parent / "own.py"))


SCALED = f"""
SCALE = 1.0
@numba.njit
def helper(x):
    return SCALE + 0.0 * x
{KIND.format("helper(dx)")}
"""


def test_a_constant_that_changed_after_the_declaration(load: Callable[..., str], tmp_path: Path) -> None:
    before = load(SCALED)
    recipe = Recipe.of_kind("own")
    namespace = kind("own").__dict__["brightness"].__globals__
    namespace["helper"](1.0)  # compiled with the constant of now
    namespace["SCALE"] = 2.0
    for make in (lambda: samples(recipe, 0, 1), lambda: generate(recipe, tmp_path / "a.h5")):
        with pytest.raises(UsageError, match="own: what its function uses was changed since; declare the kind again"):
            make()
    namespace["light_kind"]("own", parameters=[])(namespace["own"])
    assert kind("own").fingerprint != before
    assert samples(Recipe.of_kind("own"), 0, 1)["images"].max() == 2.0


def test_a_recipe_belongs_to_the_kind_that_it_was_made_for(load: Callable[..., str], tmp_path: Path) -> None:
    first = load(KIND.format("1.0"))
    recipe = Recipe.of_kind("own")
    old = samples(recipe, 0, 2)
    second = load(KIND.format("2.0"))
    assert first != second
    for make in (lambda: samples(recipe, 0, 2), lambda: generate(recipe, tmp_path / "a.h5")):
        with pytest.raises(RecipeError, match=rf"kernel: names another version of own than {second}, as it is"):
            make()
    assert not list(tmp_path.glob("*.h5*"))
    new = samples(Recipe.of_kind("own"), 0, 2)
    assert f"kernel: {first}" in old.recipe.to_yaml()
    assert f"kernel: {second}" in new.recipe.to_yaml()
    np.testing.assert_array_equal(new["images"], 2 * old["images"])


def test_helpers_that_numba_keeps_on_disk(tmp_path: Path) -> None:
    """Numba's own cache doesn't see that what a helper calls was changed."""
    (tmp_path / "own.py").write_text(f"{HEAD}\nimport helpers\n{KIND.format('helpers.f(dx)')}")
    (tmp_path / "helpers.py").write_text(
        "import inner\nimport numba\n\n\n@numba.njit(cache=True)\ndef f(x):\n    return inner.g(x)\n"
    )
    program = (
        "from deepbench_fast.kinds.own import load_kinds; from deepbench_fast import Recipe, samples; "
        "load_kinds('own.py'); print(samples(Recipe.of_kind('own'), 0, 1)['images'].max())"
    )
    for value in ("1.0", "2.0"):
        (tmp_path / "inner.py").write_text(f"import numba\n\n\n@numba.njit\ndef g(x):\n    return {value} + 0.0 * x\n")
        command = [sys.executable, "-B", "-c", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.stdout.strip() == value, done.stderr
