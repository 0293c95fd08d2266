"""Draws how-to/explorer.png, the explorer with a galaxy whose axis was moved: `python -m docs.make_explorer_picture`.

Needs the extra `[explore]`, Playwright and Chromium. For another one: file, width, height in pixels, and "dark".
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from tests.run.explore.served import browser_path, served

SOURCE = ("spiral_galaxy", "--size", "256x256", "--set", "noise=[{gaussian: {sigma: 0.15}}]")
SOURCE += ("--set", "psf={gaussian: {sigma: 1.2}}")
FIXED = "catalogues.spiral_galaxy.spiral_galaxy.inclination"
COLOURS = 256


def main(path: Path, width: int, height: int, dark: bool) -> None:
    from playwright.sync_api import sync_playwright

    with served(*SOURCE) as site, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
        page.goto(site.address)
        slider = page.locator(f'input[type="range"][data-address="{FIXED}"]')
        slider.wait_for()
        slider.fill("450")
        page.get_by_text("Ladder of difficulty").click()
        page.get_by_text("noise × 0.5").wait_for()
        page.wait_for_timeout(1000)  # for the slow answer's notice to appear, where there will be one
        page.locator(".notice").wait_for(state="hidden", timeout=300_000)
        picture = Image.open(io.BytesIO(page.screenshot()))
        browser.close()
    picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    path, width, height, *theme = sys.argv[1:] or (Path(__file__).parent / "how-to" / "explorer.png", 1360, 880)
    main(Path(path), int(width), int(height), "dark" in theme)
