"""The page in headless Chromium: sliders, pictures, the recipe that is saved, and what a notebook would show."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, explore, open_dataset
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.run.explore.frames import colour_maps, image_frame
from deepbench_fast.run.explore.parts import part
from tests.cli.running import run_well
from tests.run.explore.served import Served, browser_path, served

playwright = pytest.importorskip("playwright.sync_api")
for package in ("tornado", "anywidget"):
    pytest.importorskip(package)
if browser_path() is None:
    pytest.skip("no Chromium is installed", allow_module_level=True)

MAIN = ".figure canvas"
R_EFF = "catalogues.galaxy.galaxy.r_eff"
SETTLED = 30_000
SOURCE = ("galaxy", "-n", "6", "--set", "noise=[{gaussian: {sigma: 0.1}}]")
MOVED = """([slider, place]) => {
  slider.value = Number(slider.min) + place * (Number(slider.max) - Number(slider.min));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
}"""
PIXELS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served(*SOURCE) as found:
        yield found


def opened(browser: Any, address: str, width: int = 1280, height: int = 860, **options: Any) -> Any:
    """The page, once its first sample and its text are there; `page.asked` has every address that it asked for."""
    page = browser.new_page(viewport={"width": width, "height": height}, accept_downloads=True, **options)
    page.set_default_timeout(SETTLED)
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda opened: page.asked.append(opened.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
    page.goto(address)
    until(page, "document.querySelector('textarea').value.includes('catalogues:')")
    return page


def until(page: Any, condition: str, argument: Any = None) -> None:
    """Wait for a condition; the page's policy forbids what Playwright's own wait does, to evaluate text in it."""
    deadline = time.monotonic() + SETTLED / 1000
    while not page.evaluate(f"(value) => Boolean({condition})", argument):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def picture(page: Any, where: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The colours of a canvas."""
    height, width, text = page.locator(where).first.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3]


def move(page: Any, address: str, place: float) -> None:
    """Move a slider, and wait until the picture and then the text have followed."""
    before = page.locator("textarea").input_value()
    slider = page.locator(f'input[type="range"][data-address="{address}"]')
    slider.evaluate(f"(slider, place) => ({MOVED})([slider, place])", place)
    until(page, "document.querySelector('textarea').value !== value", before)


def saved(page: Any, path: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "galaxy.yaml"
    download.value.save_as(path)
    return path


def test_what_a_moved_slider_shows_is_what_the_saved_recipe_generates(
    browser: Any, site: Served, tmp_path: Path
) -> None:
    page = opened(browser, site.address)
    page.get_by_label("Next sample").click()
    until(page, "document.querySelector('[aria-label=Sample].number').value === '1'")
    before = picture(page, MAIN)
    move(page, R_EFF, 0.9)
    after = picture(page, MAIN)
    assert not np.array_equal(before, after)

    run_well("generate", saved(page, tmp_path / "saved.yaml"), tmp_path / "saved.h5")
    recipe = Recipe.load(tmp_path / "saved.yaml")
    law = recipe.catalogues["galaxy"].objects[0].parameters["r_eff"]
    assert not law.is_random
    image = open_dataset(tmp_path / "saved.h5")[1]["image"]
    made = Simulator(recipe.with_overrides({"extras": ["clean", "masks"]})).batch(1, 2)
    frame = image_frame(image, made["clean"][0], made["mask"][0], shapes=False, stretch=None, noisy=True)
    maps = {"light": 0, "gray": 1, "masks": 2}
    for number, plane in enumerate(frame.header["planes"]):
        colours = np.frombuffer(colour_maps().buffers[maps[plane["map"]]], np.uint8).reshape(256, 3)
        painted = colours[np.frombuffer(frame.buffers[number], np.uint8).reshape(28, 28)]
        where = MAIN if number == 0 else f".beside button:nth-child({number}) canvas"
        assert np.array_equal(picture(page, where), painted), plane["name"]

    page.get_by_role("button", name="Undo").click()
    until(page, "!document.querySelector('textarea').value.includes('r_eff: 6')")
    assert np.array_equal(picture(page, MAIN), before)
    page.locator("textarea").fill(Path(tmp_path / "saved.yaml").read_text(encoding="utf-8"))
    page.get_by_role("button", name="Apply").click()
    until(page, "document.querySelector('.row.fixed [data-address$=r_eff]') !== null")
    assert np.array_equal(picture(page, MAIN), after)
    assert page.wrong == []
    assert all(f"//{site.host}/" in address for address in page.asked if not address.startswith(("data:", "blob:")))
    assert len(page.asked) >= 2
    page.close()


def test_a_text_that_is_applied_follows_again(browser: Any, site: Served, tmp_path: Path) -> None:
    page = opened(browser, site.address)
    page.get_by_label("Start from").select_option("galaxy")
    until(page, "!document.querySelector('textarea').value.includes('noise:\\n-')")
    text = page.locator("textarea")
    text.fill(text.input_value().replace("name: galaxy", "name: 'written # by hand'", 1))
    assert page.locator(".hash").inner_text() == "not applied"
    page.get_by_role("button", name="Apply").click()
    until(page, "document.querySelector('h1').textContent.includes('# by hand')")
    move(page, R_EFF, 0.5)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    recipe = Recipe.load(download.value.path())
    assert recipe.name == "written # by hand"
    assert not recipe.catalogues["galaxy"].objects[0].parameters["r_eff"].is_random
    assert page.locator(".hash").inner_text() == f"hash {recipe.hash()}"
    name = page.locator('[data-address="name"]')
    name.evaluate(
        "name => { name.value = name.value.replace('hand', 'hands'); name.dispatchEvent(new Event('change')); }"
    )
    until(page, "document.querySelector('h1').textContent.includes('written # by hands')")
    assert page.wrong == []
    page.close()


def test_a_text_that_is_not_applied_stays(browser: Any, site: Served) -> None:
    page = opened(browser, site.address)
    text = page.locator("textarea")
    written = text.input_value().replace("name: ", "name: my ", 1)
    text.fill(written)
    page.get_by_label("Start from").select_option("star")
    until(page, "document.querySelector('h1').textContent.includes('star')")
    page.locator("h2", has_text="star").wait_for()
    assert text.input_value() == written
    assert page.locator(".hash").inner_text() == "not applied"
    page.get_by_role("button", name="Apply").click()
    until(page, "document.querySelector('h1').textContent.includes('my ')")
    page.get_by_label("Start from").select_option("star")
    until(page, "document.querySelector('textarea').value.includes('star')")
    assert not page.wrong
    page.close()


@pytest.mark.parametrize("name", ["Save", "Copy"])
def test_what_is_saved_at_once_is_what_is_shown(browser: Any, site: Served, tmp_path: Path, name: str) -> None:
    page = opened(browser, site.address, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("Start from").select_option("galaxy")
    until(page, "document.querySelector('textarea').value.includes('uniform: [2.24, 7]')")
    at_once = f"""(slider, name) => {{
      ({MOVED})([slider, 0.25]);
      [...document.querySelectorAll("button")].find((button) => button.textContent === name).click();
    }}"""
    slider = page.locator(f'input[type="range"][data-address="{R_EFF}"]')
    if name == "Save":
        with page.expect_download() as download:
            slider.evaluate(at_once, name)
        text = Path(download.value.path()).read_text(encoding="utf-8")
    else:
        slider.evaluate(at_once, name)
        page.get_by_text("Copied").wait_for()
        text = page.evaluate("navigator.clipboard.readText()")
    assert not Recipe.from_yaml(text).catalogues["galaxy"].objects[0].parameters["r_eff"].is_random
    assert page.wrong == []
    page.close()


def test_objects_noise_psf_and_ladder_by_hand(browser: Any, site: Served) -> None:
    page = opened(browser, site.address)
    page.get_by_label("Start from").select_option("galaxy")
    page.get_by_label("Add an object …").select_option("star")
    page.locator("h2", has_text="star").wait_for()
    page.get_by_label("PSF model").select_option("gaussian")
    page.locator('[data-address="psf.gaussian.sigma"]').wait_for()
    page.get_by_label("gaussian", exact=True).check()
    page.get_by_text("Without noise").wait_for()
    page.get_by_text("Ladder of difficulty").click()
    page.get_by_text("noise × 0.25").wait_for()
    page.get_by_label("Remove star").click()
    page.locator("h2", has_text="star").wait_for(state="detached")
    number = page.get_by_label("n, as a number")
    number.fill("99")
    number.press("Enter")
    page.get_by_text("must be from 0.5 to 10").wait_for()
    until(page, "document.activeElement.value !== '99'")
    assert page.wrong == []
    page.close()


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_the_page_fits_its_window_and_follows_the_theme(browser: Any, site: Served, width: int) -> None:
    dark = width == 360
    page = opened(browser, site.address, width, 800, color_scheme="dark" if dark else "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, green, blue = page.locator(".dbx").evaluate(
        "root => getComputedStyle(root).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    assert (max(red, green, blue) < 64) is dark
    assert page.wrong == []
    page.close()


def test_series_are_drawn(browser: Any) -> None:
    with served("pendulums", "-n", "10") as other:
        page = opened(browser, other.address)
        canvas = page.locator(".figure canvas").first
        before = canvas.evaluate(PIXELS)[2]
        assert len(set(base64.b64decode(before))) > 8
        page.get_by_label("Next sample").click()
        until(page, "document.querySelector('[aria-label=Sample].number').value === '1'")
        assert canvas.evaluate(PIXELS)[2] != before
        assert page.wrong == []
        page.close()


def test_the_same_object_is_a_widget(browser: Any, tmp_path: Path) -> None:
    """The view is given what a notebook gives it: the widget's module and style, and a model that talks to Python."""
    explorer = explore(Recipe.of_kind("galaxy").with_overrides({"samples": 6}))
    data, _ = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    widget = explorer._widget
    sent: list[tuple[Any, list[bytes]]] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers or []))

    def to_python(text: str) -> list[Any]:
        """As a comm carries it: content as JSON, buffers beside it."""
        widget._handle_custom_msg(json.loads(text), [])
        answers = [[content, [base64.b64encode(part).decode() for part in parts]] for content, parts in sent]
        sent.clear()
        return answers

    page = browser.new_page()
    page.set_default_timeout(SETTLED)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.expose_function("toPython", to_python)
    page.set_content("<div id='cell' style='width: 700px'></div>")
    page.add_style_tag(content=widget._css)
    page.evaluate(
        """async (source) => {
          const view = (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
          const hearers = [];
          const model = {
            on: (name, hear) => name === "msg:custom" && hearers.push(hear),
            send: async (request) => {
              for (const [answer, parts] of await window.toPython(JSON.stringify(request))) {
                const bytes = (part) => Uint8Array.from(atob(part), (c) => c.charCodeAt(0));
                const views = parts.map((part) => new DataView(bytes(part).buffer));
                hearers.forEach((hear) => hear(answer, views));
              }
            },
          };
          view.render({ model, el: document.getElementById("cell") });
        }""",
        widget._esm,
    )
    until(page, "document.querySelector('textarea')?.value.includes('catalogues:')")
    before = picture(page, MAIN)
    move(page, R_EFF, 0.1)
    assert not np.array_equal(picture(page, MAIN), before)
    assert explorer.recipe.catalogues["galaxy"].objects[0].parameters["r_eff"].support[0] == 2.716
    assert explorer.sample == 0
    assert wrong == []
    page.close()
    widget.close()


def test_the_parts_of_the_page_ship() -> None:
    assert "export default" in part("explorer.js")
