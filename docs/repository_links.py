"""Links of the pages, which are paths in the repository, as links of the site: a hook of MkDocs, and what tests use.

A page that was moved is found by its old path; a file outside of `docs/` becomes a page (`PROJECT_PAGES`) or a plain
text of the site. So every link works in a clone, too, and no page needs a host's name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIGURATION = ROOT / "mkdocs.yml"
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
PICTURE = re.compile(r"^!\[[^]]*\]\(([^)]+\.png)\)$", re.MULTILINE)
ROW = re.compile(r"^\|.*$", re.MULTILINE)
PROJECT_PAGES = {
    "CHANGELOG.md": "reference/changes.md",
    "SECURITY.md": "reference/security.md",
    "CONTRIBUTING.md": "reference/contributing.md",
    "benchmarks/RESULTS.md": "explain/results.md",
    "README.md": "index.md",
}
"""Pages of the site that lie elsewhere in the repository; the README's place is taken by the site's own home."""


def moved() -> dict[str, str]:
    """Old path of a page → where it is now, as the configuration's redirects say."""
    plugins = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["plugins"]
    found: dict[str, str] = next(p["redirects"]["redirect_maps"] for p in plugins if "redirects" in p)
    return found


def navigation(entries: Any) -> Iterator[str]:
    """The pages that a navigation names."""
    for entry in [entries] if isinstance(entries, str) else entries.values() if isinstance(entries, dict) else entries:
        if isinstance(entry, str):
            yield entry
        else:
            yield from navigation(entry)


def lead_to(page: PurePosixPath, link: str, old: dict[str, str]) -> PurePosixPath:
    """Where in the repository a link leads; `page` is the path of the file that has it."""
    path = os.path.normpath(page.parent / link)
    inside = path.removeprefix("docs/")
    return PurePosixPath("docs", old[inside]) if inside in old and inside != path else PurePosixPath(path)


def site_path(target: PurePosixPath) -> str:
    """The path in the site's sources of a file of the repository."""
    if target.parts[0] == "docs":
        return str(target.relative_to("docs"))
    return PROJECT_PAGES.get(str(target), f"source/{target}.txt")


def of_repository(uri: str) -> PurePosixPath:
    """The file of the repository that a page of the site is made from."""
    return PurePosixPath(
        next((file for file, at in PROJECT_PAGES.items() if at == uri and uri != "index.md"), f"docs/{uri}")
    )


def _kept(entries: list[Any], there: Callable[[str], bool]) -> list[Any]:
    kept: list[Any] = []
    for entry in entries:
        if isinstance(entry, str):
            kept += [entry] if there(entry) else []
            continue
        for title, value in entry.items():
            inner = _kept(value, there) if isinstance(value, list) else value if there(value) else None
            kept += [{title: inner}] if inner else []
    return kept


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out of the navigation what isn't there."""
    config.nav = _kept(config.nav or [], lambda uri: (ROOT / of_repository(uri)).is_file())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of the repository that pages are made from or link to."""
    from mkdocs.structure.files import File

    old = moved()
    for path, uri in PROJECT_PAGES.items():
        if uri != "index.md":
            files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    for file in list(files.documentation_pages()):
        page = of_repository(file.src_uri)
        for link, _ in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
            target = lead_to(page, link, old)
            uri = site_path(target)
            if uri.startswith("source/") and (ROOT / target).is_file() and files.get_file_from_path(uri) is None:
                files.append(File.generated(config, uri, abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write each link as one of the site; a picture opens in full size, and code in tables is what it says.

    In a table GitHub takes `\\|` for a bar also within code, where Python-Markdown takes a bar for itself.
    """
    old, here = moved(), PurePosixPath(page.file.src_uri)

    def written(found: re.Match[str]) -> str:
        target = site_path(lead_to(of_repository(str(here)), found[1], old))
        return f"]({os.path.relpath(target, here.parent)}{found[2] or ''})"

    markdown = PICTURE.sub(r"[\g<0>](\1)", LINK.sub(written, markdown))
    return ROW.sub(lambda row: re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), row[0]), markdown)
