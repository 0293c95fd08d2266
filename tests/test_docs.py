"""The guide: every block of every page runs as printed, in order, in one folder a page; generated pages are current."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from deepbench_fast import samples
from deepbench_fast.recipe import builtin_recipes
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.series import Series
from deepbench_fast.values.distributions import FORMS
from deepbench_fast.values.image import Image as RecipeImage
from docs.make_pictures import own_pictures
from docs.make_reference import BUILT_IN, FOLDER, GENERATED, PAGES
from docs.repository_links import CONFIGURATION, moved, navigation, of_repository
from tests.pages import BLOCK, blocks, links, missing, packages_needed, pages, run, run_page, shows

GUIDE = list(pages())
README = FOLDER.parent / "README.md"
OPTIONAL = [page for page in GUIDE if packages_needed(page)]
GALLERY = FOLDER / "gallery"
MOST_WORDS = 1500
MOST_SIGNS = 112
"""In a line of a block: what `docs/assets/pages.css` makes room for on a page of 1,280 pixels, beside a scroll bar."""
TERMS = {
    r"ground truth": "truth",
    r"data[ -]sets?": "dataset",
    r"config(uration)? files?": "recipe",
    r"postage stamps?|cut-?outs?": "image",
    r"object types?": "kind",
    r"partitions?": "shard",
    r"RNGs?|random states?": "stream, seed",
    r"Sersic": "Sérsic",
    r"point-spread": "point spread",
}
"""Words for which the glossary has another one."""


def name(page: Path) -> str:
    return str(page.relative_to(FOLDER).with_suffix(""))


def in_full(page: Path) -> Any:
    """Pages of pictures are many processes: they are run with the long campaigns, and when they are made again."""
    return pytest.param(page, marks=pytest.mark.slow) if page.parent == GALLERY else page


@pytest.mark.thorough
@pytest.mark.long
@pytest.mark.parametrize("page", [in_full(page) for page in GUIDE], ids=map(name, GUIDE))
def test_every_block_runs_as_printed(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, leave_out=missing(packages_needed(page)))
    for picture in own_pictures(page):
        if (tmp_path / picture).exists():
            assert looks_like(page.parent / picture, tmp_path / picture), f"run: python -m docs.make_pictures {page}"


@pytest.mark.long
def test_the_readme_trains_a_network(tmp_path: Path) -> None:
    if missing(packages_needed(README)):
        pytest.skip("torch is not installed")
    run_page(README, tmp_path)


def looks_like(shown: Path, made: Path) -> bool:
    """Whether two pictures are the same but for how letters are drawn."""
    with Image.open(shown) as one, Image.open(made) as other:
        pixels = [np.asarray(picture.convert("L").resize((64, 64)), "f8") for picture in (one, other)]
    return bool(np.abs(pixels[0] - pixels[1]).mean() < 4)


@pytest.mark.parametrize("page", sorted(GALLERY.glob("*.md")), ids=name)
def test_recipes_of_the_gallery_make_samples(page: Path, tmp_path: Path) -> None:
    """The small version of running its commands."""
    for block in blocks(page):
        if block.language == "yaml":
            assert len(samples(Recipe.from_yaml(block.text, source=str(tmp_path / block.file)), 0, 1)) == 1


def test_pictures_of_built_in_recipes_are_current() -> None:
    facts = json.loads(BUILT_IN.read_text(encoding="utf-8"))
    stale = [
        name for name in builtin_recipes() if facts.get(name, {}).get("recipe_hash") != Recipe.builtin(name).hash()
    ]
    assert stale == [], f"run: python -m docs.make_pictures {' '.join(stale)} && python -m docs.make_reference"


@pytest.mark.slow
@pytest.mark.parametrize("name", builtin_recipes())
def test_digests_of_built_in_recipes_are_current(name: str, tmp_path: Path) -> None:
    one = json.loads(BUILT_IN.read_text(encoding="utf-8"))[name]
    assert run("bash", one["command"], tmp_path).strip() == one["digest"]


def test_a_page_is_of_one_idea() -> None:
    """Words of prose: without blocks and tables; generated pages follow from the program."""
    for page in GUIDE:
        prose = re.sub(r"^```.*?^```|^\|.*?$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert GENERATED in prose or len(prose.split()) <= MOST_WORDS, f"{page.name} is too long: split it"


@pytest.mark.parametrize("page", [*GUIDE, README, README.with_name("CONTRIBUTING.md")], ids=lambda page: page.stem)
def test_lines_of_blocks_dont_scroll_sideways(page: Path) -> None:
    """But for the README's commands that set up, which are one line each."""
    shown = [text for _, text in BLOCK.findall(page.read_text(encoding="utf-8")) if "pip install" not in text]
    assert [line for text in shown for line in text.splitlines() if len(line) > MOST_SIGNS] == []


@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_one_term_for_one_thing(page: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for word, term in TERMS.items():
        found = re.search(rf"\b(?:{word})\b", text)
        assert found is None, f"{page.name} says '{found and found[0]}': take '{term}'"


def test_the_blocks_are_found() -> None:
    """Every opening fence names one of five languages, so that no block is passed over."""
    for page in GUIDE:
        fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]
        assert set(fences[::2]) <= {"```bash", "```yaml", "```python", "```output", "```text"}, page.name
        assert set(fences[1::2]) <= {"```"}, page.name
    assert sum(len(blocks(page)) for page in GUIDE) > 70


@pytest.mark.parametrize(
    ("shown", "printed", "rough", "same"),
    [
        ("n 1.00\n", "n  1.01\n", False, True),
        ("n 1.00\n", "n  1.04\n", False, False),
        ("n 1.00\n", "n  1.04\n", True, True),
        ("n 1.00", "n 1.20", True, False),
        ("galaxies 0.752", "galaxies 0.692", True, True),
        ("galaxies 0.752", "galaxies 0.642", True, False),
        ("n 10.0", "n 10.4", True, True),
        ("n 2067.13", "n 2064.70", False, False),
        ("n 3", "n 4", True, False),
        ("a … c", "a b c", False, True),
        ("a\nb", "a", False, False),
        ("(a) 1.5", "(b) 1.5", False, False),
    ],
)
def test_what_a_page_shows_is_what_is_printed(shown: str, printed: str, rough: bool, same: bool) -> None:
    assert shows(shown, printed, rough=rough) is same


@pytest.mark.parametrize("page", OPTIONAL, ids=name)
def test_no_block_was_left_out(page: Path) -> None:
    if absent := missing(packages_needed(page)):
        pytest.skip(f"{page.name} ran without the blocks that need {', '.join(absent)}")


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_up_to_date(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == PAGES[page](), "run: python -m docs.make_reference"


@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        assert link.exists(), f"{page.name} links to {link}"


def test_the_navigation_has_every_page() -> None:
    named = set(navigation(yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["nav"]))
    assert {page.relative_to(FOLDER).as_posix() for page in GUIDE} <= named


def test_a_page_has_the_title_by_which_the_navigation_leads_to_it() -> None:
    names = dict(titles(yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["nav"]))
    del names["index.md"]
    for uri, name in names.items():
        heading = (FOLDER.parent / of_repository(uri)).read_text(encoding="utf-8").partition("# ")[2].partition("\n")[0]
        said, wanted = (set(re.findall(r"\w+", text.lower())) for text in (heading, name))
        assert wanted <= said, f"{uri}: {name!r} leads to {heading!r}"


def titles(entries: list[Any]) -> Iterator[tuple[str, str]]:
    """Page of the navigation → the name that stands there; the first page of a section has no name of its own."""
    for entry in entries:
        for title, value in [] if isinstance(entry, str) else entry.items():
            yield from [(value, title)] if isinstance(value, str) else titles(value)


def test_old_addresses_lead_somewhere() -> None:
    for old, new in moved().items():
        assert not (FOLDER / old).exists(), f"{old} is there again"
        assert (FOLDER / new).is_file(), f"{old} is said to be {new} now"


def test_the_pages_on_recipes_have_every_key() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in sorted((FOLDER / "reference" / "recipe").glob("*.md")))
    keys = [key for model in (Recipe, Catalogue, RecipeImage, Series) for key in model.fields()]
    for key in [*keys, *FORMS]:
        assert f"{key}:" in text, f"the pages on recipes have no example of {key}"


@pytest.mark.parametrize(("file", "page"), [("ring.py", "how-to/own-kinds.md")])
def test_the_file_that_is_shown_is_the_one_that_ships(file: str, page: str) -> None:
    example = (FOLDER / "examples" / file).read_text(encoding="utf-8")
    assert f"# {file}\n{example}```" in (FOLDER / page).read_text(encoding="utf-8")


def test_what_is_measured_is_measured_on_all_samples() -> None:
    """Batches of a split to validate or test leave none out: the example for Lightning took 20 of 30 images."""
    measured = re.compile(r"(?:Loader|stream)\((?:[^()]|\([^()]*\))*split=\"(?:validation|test)\"[^)]*\)")
    found = [call for page in [*GUIDE, README] for call in measured.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 1
    assert [call for call in found if "drop_last=False" not in call] == []


@pytest.mark.parametrize("page", OPTIONAL, ids=name)
def test_blocks_that_need_other_packages_are_python(page: Path) -> None:
    for block in blocks(page):
        if block.needs:
            compile(block.text, page.name, "exec")


def imported(text: str) -> set[str]:
    """The packages that a program names."""
    nodes = list(ast.walk(ast.parse(text)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_blocks_import_what_the_package_installs_or_say_what_they_need() -> None:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {re.split(r"\W*[<>=]", line)[0].lower() for line in project["dependencies"]}
    there = {name for name, of in packages_distributions().items() if installed & {each.lower() for each in of}}
    there |= {"deepbench_fast", *sys.stdlib_module_names}
    for page in [*GUIDE, README]:
        own = {Path(block.file).stem for block in blocks(page)}
        for block in blocks(page):
            if block.language == "python":
                more = imported(block.text) - there - own - set(block.needs)
                assert more == set(), f"{page.name} imports {', '.join(more)} without a line `# needs ...`"


def galaxies(*objects: object, **image: object) -> np.ndarray[Any, Any]:
    scene = {"samples": 60, "image": {"shape": [8, 8], **image}, "catalogues": {"a": {"objects": list(objects)}}}
    made: np.ndarray[Any, Any] = samples(Recipe(**scene), 0, 60).tables.objects["galaxy"]
    return made


def test_what_a_change_leaves_as_it_was(tmp_path: Path) -> None:
    """The table of reproducibility.md and its four exceptions."""
    both = galaxies({"galaxy": {"name": "near"}}, {"galaxy": {"name": "far"}})
    far = galaxies({"galaxy": {"name": "far"}})
    assert np.array_equal(both["n"][1::2], far["n"])
    assert np.array_equal(galaxies("galaxy", "galaxy")["n"][0::2], galaxies("galaxy")["n"])
    assert not np.array_equal(galaxies("galaxy", "galaxy")["n"][1::2], galaxies("galaxy")["n"])

    narrow = galaxies({"galaxy": {"n": {"uniform": [1, 1.5]}}})
    wide = galaxies({"galaxy": {"n": {"uniform": [1, 4]}}})
    assert np.array_equal(np.argsort(narrow["n"]), np.argsort(wide["n"]))
    assert np.array_equal(narrow["r_eff"], wide["r_eff"])

    of_two, of_three = (galaxies({"galaxy": {"count": count}}) for count in (2, 3))
    assert np.array_equal(of_two["n"][0::2], of_three["n"][0::3])
    (tmp_path / "t.csv").write_text("n\n" + "".join(f"{1 + row / 100}\n" for row in range(200)))
    rows = {"table": {"file": str(tmp_path / "t.csv"), "column": "n", "order": "rows"}}
    of_two, of_three = (galaxies({"galaxy": {"count": count, "n": rows}}) for count in (2, 3))
    assert not np.array_equal(of_two["n"][0::2], of_three["n"][0::3])

    steps = {"n": {"grid": [1, 2, 3]}}
    beside = {**steps, "ellip": {"grid": [0, 0.5]}}
    assert not np.array_equal(galaxies({"galaxy": steps})["n"], galaxies({"galaxy": beside})["n"])


def test_samples_of_a_split_are_never_of_another() -> None:
    recipe = Recipe.builtin("galaxies").set("image.shape", [4, 4])
    members = {
        split: set(samples(recipe.of_split(split), 0, 3000).tables.samples["member"].tolist())
        for split in recipe.splits
    }
    assert sum(map(len, members.values())) == len(set().union(*members.values())) == 9000
    whole = samples(recipe, 0, 3000).tables.samples
    assert set(whole["split"].tolist()) == {0, 1, 2}, "without of_split all splits are mixed"
