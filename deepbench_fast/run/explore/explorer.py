"""The explorer as an object: a view in notebooks, a page of its own elsewhere."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any

from deepbench_fast.recipe.recipe import Recipe, checked_recipe
from deepbench_fast.run.explore.frames import Frame
from deepbench_fast.run.explore.parts import part
from deepbench_fast.run.explore.session import Session
from deepbench_fast.values.optional import not_loaded


class Explorer:
    """Sliders for every value of a recipe, and a sample that follows them; `explore` makes it.

    A notebook shows it where it is a cell's last value; `serve()` opens it as a page in the browser.
    """

    def __init__(self, recipe: Recipe, source: str | None = None) -> None:
        self._session = Session(checked_recipe(recipe), source)
        self._one_at_a_time = threading.Lock()

    @property
    def recipe(self) -> Recipe:
        """The recipe as it was changed."""
        return self._session.shown.recipe

    @property
    def sample(self) -> int:
        """The number of the sample that is shown."""
        return self._session.shown.sample

    def serve(self, *, port: int = 0, browser: bool = True, told: Callable[[str], object] = print) -> None:
        """Serve the page to this machine alone until it is interrupted (Ctrl-C); `told` gets its address.

        `port` 0 takes a free one; with `browser` a browser opens the address. Raises UsageError where the port is
        taken, where the extra `[explore]` isn't installed, and within a notebook.
        """
        _needed("tornado")
        from deepbench_fast.run.explore.server import serve

        def ready(address: str) -> None:
            told(address)
            if browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        serve(self._answer, port, ready)

    def _answer(self, request: Mapping[str, Any]) -> Frame:
        with self._one_at_a_time:
            return self._session.answer(request)

    @cached_property
    def _widget(self) -> Any:
        base = _needed("anywidget").AnyWidget
        view = type("View", (base,), {"_esm": part("explorer.js"), "_css": part("explorer.css")})()

        def hear(widget: Any, request: Any, buffers: Any) -> None:
            frame = self._answer(request)
            view.send(frame.header, frame.buffers)

        view.on_msg(hear)
        return view

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """What a notebook shows."""
        return self._widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"Explorer({self.recipe.name!r}, sample {self.sample}): a notebook shows it, serve() opens a page"


def explore(recipe: Recipe) -> Explorer:
    """Explore a recipe: every value a slider, and a sample that follows them.

    In a notebook the result shows itself; elsewhere `explore(recipe).serve()` opens a page in the browser. Its `recipe`
    is the recipe as it was changed, `sample` the number of the sample that is shown. Needs the extra `[explore]`.
    """
    return Explorer(recipe)


def _needed(package: str) -> Any:
    """A package of the extra; raises UsageError where it isn't installed."""
    try:
        return import_module(package)
    except ImportError as error:
        raise not_loaded(error, "explore", package) from None
