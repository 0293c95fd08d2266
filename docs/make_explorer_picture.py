"""Draws how-to/explorer.png, the explorer with a galaxy whose axis was moved: `python -m docs.make_explorer_picture`.

And how-to/explorer-narrow.png, what a phone shows of it: the sample, the first sliders, the ladder and the recipe, in
words that can be read there; and both in the dark scheme (`explorer-dark.png`, `explorer-narrow-dark.png`). Needs the
extra `[explore]`, Playwright and Chromium. For another one: file, width, height in pixels, and "dark".
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.run.explore.served import browser_path, served

SOURCE = ("spiral_galaxy", "--size", "256x256", "--set", "noise=[{gaussian: {sigma: 0.15}}]")
SOURCE += ("--set", "psf={gaussian: {sigma: 1.2}}")
FIXED = "catalogues.spiral_galaxy.spiral_galaxy.inclination"
SLIDER = f'input[type="range"][data-address="{FIXED}"]'
ROW = ".row"
COLOURS = 256
PHONE, TALL, GAP = 390, 4000, 12


def wide(path: Path, theme: str, width: int = 1360, height: int = 880) -> None:
    with _explored(width, height, theme) as page:
        _save([page.screenshot()], path)


def narrow(path: Path, theme: str) -> None:
    with _explored(PHONE, TALL, theme, scale=1.5) as page:
        end = page.locator(ROW).filter(has=page.locator(SLIDER)).bounding_box()
        rest = page.locator(".aside").bounding_box()
        assert end is not None
        assert rest is not None
        spans = [(0, end["y"] + end["height"]), (rest["y"] - GAP, rest["height"] + 2 * GAP)]
        clips = [{"x": 0, "y": y, "width": PHONE, "height": height} for y, height in spans]
        _save([page.screenshot(clip=clip) for clip in clips], path)


@contextmanager
def _explored(width: int, height: int, theme: str, scale: float = 1.0) -> Iterator[Any]:
    """The page in a window of that size, where all is drawn."""
    from playwright.sync_api import sync_playwright

    with served(*SOURCE) as site, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        size = {"width": width, "height": height}
        page = browser.new_page(viewport=size, color_scheme=theme, device_scale_factor=scale)
        page.goto(site.address)
        slider = page.locator(SLIDER)
        slider.wait_for()
        slider.fill("450")
        page.get_by_text("Ladder of difficulty").click()
        page.get_by_text("noise × 0.5").wait_for()
        page.wait_for_timeout(1000)  # for the slow answer's notice to appear, where there will be one
        page.locator(".notice").wait_for(state="hidden", timeout=300_000)
        yield page
        browser.close()


def _save(pieces: list[bytes], path: Path) -> None:
    """The pieces, one below the other."""
    shown = [Image.open(io.BytesIO(piece)).convert("RGB") for piece in pieces]
    whole = Image.new("RGB", (shown[0].width, sum(piece.height for piece in shown)))
    top = 0
    for piece in shown:
        whole.paste(piece, (0, top))
        top += piece.height
    whole.quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        path, width, height, *theme = sys.argv[1:]
        wide(Path(path), "dark" if theme else "light", int(width), int(height))
    else:
        folder = Path(__file__).parent / "how-to"
        for theme, end in (("light", ""), ("dark", "-dark")):
            wide(folder / f"explorer{end}.png", theme)
            narrow(folder / f"explorer-narrow{end}.png", theme)
