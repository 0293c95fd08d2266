"""Lines of code that a phone can fold: a hook of MkDocs.

Each line becomes an element that knows its indentation, so that `assets/pages.css` can fold it where the window is
narrow, the rest further in; a comment at its end goes to a line of its own, without the room before it. What stands in
columns is left as it is, and scrolls. At a desk nothing changes, and what is copied stays what the source has.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import combinations
from typing import Any

LONG = 28
"""A word of more signs than these may be broken at its hyphens."""

BLOCK = re.compile(r"<pre>(<span></span>)?<code>(.*?)</code></pre>", re.DOTALL)
TAG = re.compile(r"(<[^>]*>)")
COLUMN = re.compile(r"(?<=\S) {2,}(?=[^\s#])")
REMARK = re.compile(r'(?<=\S)(<span class="w">)?  ( *)((?(1)</span>))(?=<span class="c1">)')
HYPHENED = re.compile(r"[^\s<>]*-[^\s<>]*")
WHOLE = r'<span class="whole">\g<0></span>'


def on_page_content(html: str, **_: Any) -> str:
    """The page with its blocks of code open to be folded."""
    return BLOCK.sub(_opened, html)


def _opened(block: re.Match[str]) -> str:
    lines = block[2].removesuffix("\n").split("\n")
    texts = [unescape(TAG.sub("", line)) for line in lines]
    if "<span" not in block[2] and _in_columns(texts):  # only code is marked up, other text may be a table
        return block[0]
    made = "".join(_line(line, text) for line, text in zip(lines, texts, strict=True))
    return f'<pre class="folds">{block[1] or ""}<code>{made}</code></pre>'


def _in_columns(lines: list[str]) -> bool:
    """Whether something begins at the same place of two lines, with room before it."""
    places = [{found.end() for found in COLUMN.finditer(line)} for line in lines]
    return any(one & other for one, other in combinations(places, 2))


def _line(line: str, text: str) -> str:
    line = REMARK.sub(r'\1  <span class="gap">\2</span>\3', line)
    parts = [part if part.startswith("<") else HYPHENED.sub(_held, part) for part in TAG.split(line)]
    indent = len(text) - len(text.lstrip(" "))
    return f'<span class="line" style="--indent: {indent}ch">{"".join(parts)}\n</span>'


def _held(word: re.Match[str]) -> str:
    return word.expand(WHOLE) if len(unescape(word[0])) <= LONG else word[0]
