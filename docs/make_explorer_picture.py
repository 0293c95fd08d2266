"""Draws how-to/explorer.png, the explorer with a galaxy whose axis was moved: `python -m docs.make_explorer_picture`.

And how-to/explorer-narrow.png, what a phone shows of it: the sample, the first sliders, the ladder and the recipe, in
words that can be read there. Needs the extra `[explore]`, Playwright and Chromium. For another one: file, width,
height in pixels, and "dark".
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


def main(path: Path, width: int, height: int, dark: bool) -> None:
    with _explored(width, height, "dark" if dark else "light") as page:
        _save([page.screenshot()], path)


def narrow(path: Path) -> None:
    with _explored(PHONE, TALL, "light", scale=1.5) as page:
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
        main(Path(path), int(width), int(height), "dark" in theme)
    else:
        folder = Path(__file__).parent / "how-to"
        main(folder / "explorer.png", 1360, 880, dark=False)
        narrow(folder / "explorer-narrow.png")
