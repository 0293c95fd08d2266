"""Makes the pictures of the pages again, by the commands that stand on them: `python -m docs.make_pictures [PAGE...]`.

A page makes its own pictures: it is run as the tests run it, in an empty folder, and what it shows is copied from it.
`built-in` are the pictures and digests of the built-in recipes; a name is that one's.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from deepbench_fast import Recipe
from deepbench_fast.recipe import builtin_recipes
from docs.make_reference import BUILT_IN
from tests.pages import missing, packages_needed, pages, run_page

PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+\.png)\)")
FEW = {"wide-field": 1, "n-body": 20}
"""Samples of which the digest is stated, where 100 would take long."""


def own_pictures(page: Path) -> Iterator[str]:
    """The pictures beside a page that its commands make, by name."""
    text = page.read_text(encoding="utf-8")
    for name in PICTURE.findall(text):
        if "/" not in name and re.search(
            rf"-o {re.escape(name)}\b|--picture {re.escape(name)}\b|\"{re.escape(name)}\"", text
        ):
            yield name


def make_own(page: Path) -> None:
    with TemporaryDirectory() as folder:
        run_page(page, Path(folder), leave_out=missing(packages_needed(page)))
        for name in own_pictures(page):
            shutil.copyfile(Path(folder) / name, page.parent / name)
            print(page.parent / name)


def picture_command(name: str) -> str:
    recipe = Recipe.builtin(name)
    large = recipe.series is None and max(recipe.resolved().image.shape) > 99
    count = 1 if name == "wide-field" else max(4, len(recipe.catalogues)) if large else 6
    order = " --by-catalogue" if len(recipe.catalogues) > 1 else ""
    # So few that a phone, which shows them 360 pixels wide, leaves their words readable.
    columns = min(count, 2 if large or recipe.series else 3)
    dots = 140 if recipe.series else 100
    return f"deepbench-fast preview {name} --count {count} --columns {columns}{order} --dpi {dots} -o {name}.png"


def make_built_in(names: list[str]) -> None:
    """Pictures and digests of these built-in recipes; those of others stay."""
    facts = json.loads(BUILT_IN.read_text(encoding="utf-8")) if BUILT_IN.exists() else {}
    for name in names:
        picture, command = picture_command(name), f"deepbench-fast generate {name} {name}.h5 -n {FEW.get(name, 100)}"
        with TemporaryDirectory() as folder:
            _run(picture, folder)
            digest = _run(command, folder).strip()
            shutil.copyfile(Path(folder) / f"{name}.png", BUILT_IN.with_name(f"{name}.png"))
        hashed = Recipe.builtin(name).hash()
        facts[name] = {"recipe_hash": hashed, "digest": digest, "picture": picture, "command": command}
        print(name, digest)
    kept = {name: facts[name] for name in builtin_recipes() if name in facts}
    BUILT_IN.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _run(command: str, folder: str) -> str:
    arguments = shlex.split(command)[1:]
    python = [sys.executable, "-m", "deepbench_fast"]
    done = subprocess.run([*python, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def main(asked: list[str]) -> None:
    names = [name for name in asked if name in builtin_recipes()]
    if not asked or "built-in" in asked or names:
        make_built_in(names or list(builtin_recipes()))
    wanted = {Path(name).resolve() for name in asked if name.endswith(".md")}
    for page in pages():
        if page in wanted or (not asked and any(own_pictures(page))):
            make_own(page)


if __name__ == "__main__":
    main(sys.argv[1:])
