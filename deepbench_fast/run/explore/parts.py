"""The files that a page is made of."""

from __future__ import annotations

from importlib.resources import files


def part(name: str) -> str:
    """The text of a file in `page/`."""
    return (files("deepbench_fast.run.explore") / "page" / name).read_text(encoding="utf-8")
