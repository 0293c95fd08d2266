"""Runs what a page of documentation shows: its blocks as printed, in order, in one folder."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from deepbench_fast import Recipe, samples
from docs.repository_links import LINK, lead_to, moved

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.(?:yaml|py))(?: .*)?\n")
DECIMAL = re.compile(r"-?\d+\.\d+")
NEEDS = re.compile(r"# needs (\w+(?:, \w+)*)\n")
QUIET = {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""No windows; and no threads for small matrices, which are slow where other processes want the cores."""

PROGRAMS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-W", "error", "-c"],
    "python, with other packages": [sys.executable, "-c"],  # their warnings are not ours to mend
}


@dataclass(frozen=True)
class Block:
    """A fenced block. `file` is the name on its first line, `needs` the optional packages that this line names."""

    language: str
    text: str

    @property
    def file(self) -> str:
        found = FILE.match(self.text)
        return found[1] if found else ""

    @property
    def needs(self) -> tuple[str, ...]:
        found = NEEDS.match(self.text)
        return tuple(found[1].split(", ")) if found else ()


def blocks(page: Path) -> list[Block]:
    """The blocks that name a language, without plain text and those that set up an environment."""
    found = (Block(language, text) for language, text in BLOCK.findall(page.read_text(encoding="utf-8")))
    return [block for block in found if block.language != "text" and "pip install" not in block.text]


def links(page: Path) -> list[Path]:
    """The files of the repository that a page links to."""
    here, old = PurePosixPath(page.relative_to(ROOT)), moved()
    return [ROOT / lead_to(here, link, old) for link, _ in LINK.findall(page.read_text(encoding="utf-8"))]


def packages_needed(page: Path) -> list[str]:
    """Optional packages that blocks of a page need."""
    return sorted({package for block in blocks(page) for package in block.needs})


def run_page(page: Path, folder: Path, leave_out: Collection[str] = ()) -> None:
    """Run the blocks of a page, without those that need a package to be left out.

    A YAML or Python block whose first line is a comment with a file's name is written to that file. A YAML block
    without one is a part of the page's first recipe: with the part in the place of the same key it must make samples.
    An `output` block is what the block before it prints.
    """
    recipe: dict[str, Any] = {}
    printed: str | None = None
    rough = False
    for block in blocks(page):
        if set(block.needs) & set(leave_out):
            printed = None
            continue
        if block.language == "output":
            assert printed is None or shows(block.text, printed, rough=rough), (
                f"{page.name} shows\n{block.text}\nbut it is\n{printed}"
            )
            continue
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        if block.language == "yaml" and block.file:
            recipe = recipe or yaml.safe_load(block.text)
        elif block.language == "yaml":
            _check_part(block, recipe, folder)
        elif not block.file:
            rough = bool(block.needs)
            printed = run("python, with other packages" if block.needs else block.language, block.text, folder)


def shows(shown: str, printed: str, *, rough: bool = False) -> bool:
    """Whether a text is what was printed: … stands for anything; decimal fractions may be off by one in the last digit.

    Where it is `rough`, as what networks reach with other packages or on other processors, they may be 10 % or 0.1 off:
    three standard errors of a share of 200 images.
    """
    lines, expected = (re.sub(r" +", " ", text.strip()) for text in (printed, shown))
    between = [re.escape(part).replace("…", ".*") for part in DECIMAL.split(expected)]
    found = re.fullmatch(f"({DECIMAL.pattern})".join(between), lines)
    return found is not None and all(
        math.isclose(float(one), float(other), rel_tol=0.1, abs_tol=0.1)
        if rough
        else abs(float(one) - float(other)) < 1.5 * 10.0 ** -len(one.partition(".")[2])
        for one, other in zip(DECIMAL.findall(expected), found.groups(), strict=True)
    )


def _check_part(block: Block, recipe: Mapping[str, Any], folder: Path) -> None:
    data = {**recipe, **yaml.safe_load(block.text)}
    whole = Recipe.from_yaml(yaml.safe_dump(data, sort_keys=False), source=str(folder / "part.yaml"))
    assert samples(whole, 0, 2)


def run(program: str, text: str, folder: Path) -> str:
    """Standard output of a text that is run by one of the `PROGRAMS`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, **QUIET, "PATH": path}
    done = subprocess.run([*PROGRAMS[program], text], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def missing(packages: Collection[str]) -> list[str]:
    """Those of the packages that aren't installed."""
    return [package for package in packages if find_spec(package) is None]


def pages() -> Iterator[Path]:
    """The pages of the guide."""
    formulas = ROOT / "docs" / "reference" / "kinds" / "formulas"  # parts of pages
    return (page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent != formulas)
