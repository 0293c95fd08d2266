"""The site: built strictly, complete, and viewed without a request to any host; the reader in C that it shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
from PIL import Image

from docs.picture_sizes import size
from docs.repository_links import CONFIGURATION, DOCS, moved
from tests.pages import missing, pages, run
from tests.run.explore.served import browser_path

REQUESTS = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=[\"'](?:https?:)?//[^\"']*")
WIDTHS = (360, 768, 1280)
"""Of a small phone, a tablet and a small desk."""
WIDE = """() => [...document.querySelectorAll("html, .md-typeset__scrollwrap, article pre > code")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
    .map(one => one.innerText.slice(0, 40))"""
READER = DOCS / "examples" / "reader.c"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if missing(["mkdocs", "material", "mkdocs_redirects"]):
        pytest.skip("the extra [docs] is not installed")
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(CONFIGURATION), "-d", str(folder)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_there_and_every_old_address_leads_to_it(site: Path) -> None:
    for page in pages():
        assert (site / page.relative_to(DOCS).with_suffix(".html")).is_file()
    for old, new in moved().items():
        assert new.replace(".md", ".html") in (site / old.replace(".md", ".html")).read_text(encoding="utf-8")


def test_pages_ask_no_other_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert REQUESTS.findall(page.read_text(encoding="utf-8")) == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\W?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_pictures_have_room_before_they_come(site: Path) -> None:
    text = (site / "reference" / "built-in.html").read_text(encoding="utf-8")
    tags = re.findall(r"<img [^>]*\.png[^>]*>", text)
    assert len(tags) > 20
    assert all("width=" in tag and "height=" in tag for tag in tags)
    assert [number for number, tag in enumerate(tags) if 'loading="lazy"' not in tag] == [0]
    for page in ("reference/built-in.html", "gallery/pixels.html"):
        text = (site / page).read_text(encoding="utf-8")
        opened = re.findall(r'<a [^>]*href="([^"]+)"><img [^>]*src="([^"]+\.png)"', text)
        assert len(opened) == len(re.findall(r"<img [^>]*\.png", text))
        assert all(link == source and (site / page).parent.joinpath(link).is_file() for link, source in opened)
    with Image.open(DOCS / "gallery" / "star.png") as picture:
        assert size(DOCS / "gallery" / "star.png") == picture.size


@pytest.mark.long
def test_nothing_scrolls_sideways(site: Path) -> None:
    if missing(["playwright"]) or browser_path() is None:
        pytest.skip("Playwright or Chromium is not installed")
    from playwright.sync_api import sync_playwright

    wide = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            for path in pages():
                page.goto((site / path.relative_to(DOCS).with_suffix(".html")).as_uri())
                wide += [(path.stem, width, text) for text in page.evaluate(WIDE)]
        browser.close()
    assert wide == []


def test_sources_that_pages_link_to_are_part_of_it(site: Path) -> None:
    text = (site / "explain" / "how-it-works.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="\.\./(source/[^"]+)"', text)
    assert len(linked) > 20
    assert all((site / path).is_file() for path in linked)


def test_the_reader_in_c_reads_what_h5py_reads(tmp_path: Path) -> None:
    compiler, config = shutil.which("cc"), shutil.which("pkg-config")
    if compiler is None or config is None or subprocess.run([config, "--exists", "hdf5"]).returncode != 0:
        pytest.skip("no compiler, or no headers of HDF5")
    flags = subprocess.run([config, "--cflags", "--libs", "hdf5"], capture_output=True, text=True, check=True).stdout
    subprocess.run(
        [compiler, "-Wall", "-Werror", str(READER), "-o", str(tmp_path / "reader"), *flags.split()], check=True
    )
    run("bash", "deepbench-fast generate sky sky.h5 -n 5 --size 32x32", tmp_path)
    printed = run("bash", "./reader sky.h5 3 star amplitude", tmp_path).splitlines()

    with h5py.File(tmp_path / "sky.h5") as file:
        image, row, stars = file["images"][3], file["samples"][3], file["objects/star"][:]
        names = {number: name for name, number in h5py.check_enum_dtype(file["samples"].dtype["catalogue"]).items()}
    size, first, total = re.match(r"image (\d+ x \d+), first (\S+), sum (\S+)", printed[0]).groups()  # type: ignore[union-attr]
    assert size == "32 x 32"
    assert float(first) == pytest.approx(image[0, 0], rel=1e-7)
    assert float(total) == pytest.approx(image.sum(dtype="f8"), rel=1e-7)
    assert printed[1] == f"catalogue {names[row['catalogue']]}, member {row['member']}"
    assert [float(line.split()[2]) for line in printed[2:]] == stars["amplitude"][stars["sample"] == 3].tolist()
