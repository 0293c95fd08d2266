"""The guide: every block of every page runs as printed, in order, in one folder a page; generated pages are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast.recipe.distributions import _FORMS
from deepbench_fast.recipe.image import Image
from deepbench_fast.recipe.model import Catalogue, Recipe
from deepbench_fast.recipe.series import Series
from docs.make_reference import FOLDER, PAGES
from tests.pages import blocks, links, missing, packages_needed, pages, run_page

GUIDE = list(pages())
OPTIONAL = [page for page in GUIDE if packages_needed(page)]


def name(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_every_block_runs_as_printed(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, leave_out=missing(packages_needed(page)))


def test_the_blocks_are_found() -> None:
    """Every opening fence names one of four languages, so that no block is passed over."""
    for page in GUIDE:
        fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]
        assert set(fences[::2]) <= {"```bash", "```yaml", "```python", "```text"}, page.name
        assert set(fences[1::2]) <= {"```"}, page.name
    assert sum(len(blocks(page)) for page in GUIDE) > 70


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
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_index_names_every_page() -> None:
    index = FOLDER / "README.md"
    assert {page.name for page in GUIDE if page != index} <= set(links(index))


def test_the_page_on_recipes_has_every_key() -> None:
    text = (FOLDER / "recipes.md").read_text(encoding="utf-8")
    keys = [key for model in (Recipe, Catalogue, Image, Series) for key in model.model_fields]
    for key in [*keys, *_FORMS]:
        assert f"{key}:" in text, f"recipes.md has no example of {key}"


def test_the_kind_that_is_shown_is_the_one_that_ships() -> None:
    example = (FOLDER / "examples" / "ring.py").read_text(encoding="utf-8")
    assert f"# ring.py\n{example}```" in (FOLDER / "own-kinds.md").read_text(encoding="utf-8")
