"""How many pictures a second the explorer shows while a slider moves, and what each costs, beside servers of plots.

    python -m benchmarks.measures.explorer

A galaxy of 256×256 pixels in noise, in headless Chromium, each server in a process of its own, in turn. The explorer's
page is whole: image, twin, noise, masks, histogram, all rows. The others (Bokeh and Panel, where they are installed)
show the image alone, of bytes; the next value is sent when the last picture was painted. Processor time holds on a busy
machine, too: of the server (Linux), and of all of Chromium's processes. Needs the extra `[explore]`, Playwright and
Chromium.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast import Recipe, Simulator
from deepbench_fast.pictures.colours import scale_of

ROUNDS, SECONDS = 5, 3
NOISE = "noise=[{gaussian: {sigma: 0.1}}]"
EXPLORE = ["-m", "deepbench_fast.cli", "explore", "galaxy", "--size", "256x256", "--set", NOISE, "--no-browser"]
OURS = """async (seconds) => {
  const root = document.querySelector(".dbx");
  const slider = document.querySelector('input[type="range"][data-address$=".r_eff"]');
  const first = Number(root.dataset.painted), began = performance.now();
  for (let k = 0; performance.now() - began < 1000 * seconds; k++) {
    await new Promise(requestAnimationFrame);
    slider.value = 100 + 800 * Math.abs(((k % 120) / 60) - 1);
    slider.dispatchEvent(new Event("input"));
  }
  return [Number(root.dataset.painted) - first, (performance.now() - began) / 1000];
}"""
BOKEH = """async (seconds) => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const source = models.find((model) => model.name === "source");
  const slider = models.find((model) => model.type.endsWith("Slider"));
  const began = performance.now();
  let painted = 0;
  for (; performance.now() - began < 1000 * seconds; painted++) {
    await new Promise((done) => {
      const changed = () => {
        source.properties.data.change.disconnect(changed);
        requestAnimationFrame(() => requestAnimationFrame(done));
      };
      source.properties.data.change.connect(changed);
      slider.value = 20 + 40 * Math.abs(((painted % 120) / 60) - 1) + painted / 1e4;
    });
  }
  return [painted, (performance.now() - began) / 1000];
}"""


def image(r_eff: float) -> npt.NDArray[np.uint8]:
    """What the explorer's page shows large."""
    recipe = Recipe.of_kind("galaxy").with_overrides({"size": [256, 256]}).set("noise", NOISE.removeprefix("noise="))
    found = Simulator(recipe.set("galaxy.r_eff", r_eff)).batch(0, 1)["images"][0]
    return (255 * scale_of([found], shapes=False).brightness(found)).astype(np.uint8)


def _plot(slider: Any, listen: str) -> tuple[Any, Any]:
    from bokeh.models import ColumnDataSource, LinearColorMapper
    from bokeh.plotting import figure

    source = ColumnDataSource({"image": [image(20.0)]}, name="source")
    plot = figure(width=512, height=512, x_range=(0, 256), y_range=(0, 256))
    colours = LinearColorMapper("Magma256", low=0, high=255)
    plot.image("image", source=source, x=0, y=0, dw=256, dh=256, color_mapper=colours)
    if listen == "bokeh":
        slider.on_change("value", lambda name, old, new: source.data.update(image=[image(new)]))
    else:
        slider.param.watch(lambda event: source.data.update(image=[image(event.new)]), "value")
    return slider, plot


def _serve(name: str) -> None:
    """Serve an image below a slider by a library for plots."""
    if name == "bokeh":
        from bokeh.layouts import column
        from bokeh.models import Slider
        from bokeh.server.server import Server

        def page(document: Any) -> None:
            document.add_root(column(*_plot(Slider(start=1, end=100, value=20, step=0.01), name)))

        server = Server({"/": page}, port=0)
        server.start()
        print(f"http://localhost:{server.port}/", flush=True)
        server.io_loop.start()
    else:
        import panel

        def view() -> Any:
            slider, plot = _plot(panel.widgets.FloatSlider(start=1, end=100, value=20, step=0.01), name)
            return panel.Column(slider, panel.pane.Bokeh(plot))

        server = panel.serve({"/": view}, port=0, show=False, start=False, verbose=False)
        server.start()
        print(f"http://localhost:{server.port}/", flush=True)
        server.io_loop.start()


class Round(NamedTuple):
    """Pictures a second; and milliseconds of the processor a picture, in the server and in the browser."""

    rate: float
    server: float
    browser: float


@contextmanager
def _served(arguments: list[str]) -> Iterator[tuple[str, int]]:
    """The address of a page, and the number of the process that serves it."""
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


def _server_seconds(process: int) -> float:
    """What a process has had of the processor; NaN where the system doesn't say it in this way."""
    status = Path(f"/proc/{process}/stat")
    if not status.exists():
        return float("nan")
    after_name = status.read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _browser_seconds(session: Any) -> float:
    return sum(each["cpuTime"] for each in session.send("SystemInfo.getProcessInfo")["processInfo"])


def measure() -> dict[str, list[Round]]:
    """The rounds of each server."""
    from playwright.sync_api import sync_playwright

    from tests.run.explore.served import browser_path

    others = [name for name in ("bokeh", "panel") if find_spec(name)]
    commands = {"explore": EXPLORE} | {name: ["-m", "benchmarks.measures.explorer", name] for name in others}
    found: dict[str, list[Round]] = {name: [] for name in commands}
    with ExitStack() as stack:
        pages = {name: stack.enter_context(_served(command)) for name, command in commands.items()}
        started = stack.enter_context(sync_playwright())
        browser = started.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        session = browser.new_browser_cdp_session()
        for _ in range(ROUNDS):
            for name, (address, process) in pages.items():
                page = browser.new_page(viewport={"width": 1360, "height": 880})
                page.goto(address)
                page.locator('[data-address$=".r_eff"]' if name == "explore" else "canvas").first.wait_for()
                page.wait_for_timeout(1500)
                before = _server_seconds(process), _browser_seconds(session)
                painted, seconds = page.evaluate(OURS if name == "explore" else BOKEH, SECONDS)
                spent = _server_seconds(process) - before[0], _browser_seconds(session) - before[1]
                found[name].append(Round(painted / seconds, *(1000 * each / painted for each in spent)))
                page.close()
        browser.close()
    return found


if __name__ == "__main__":
    if sys.argv[1:]:
        _serve(sys.argv[1])
    else:
        for label, rounds in measure().items():
            rate, server, browser = (statistics.median(each) for each in zip(*rounds, strict=True))
            slowest, fastest = min(rounds).rate, max(rounds).rate
            print(
                f"{label:8} {rate:5.1f} pictures a second ({slowest:.1f} to {fastest:.1f}); "
                f"{server:.1f} ms of the processor in the server and {browser:.1f} in the browser for each"
            )
