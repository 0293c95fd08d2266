"""Lines of code that a phone can fold: a hook of MkDocs.

Each line becomes an element that knows its indentation, so that `assets/pages.css` can fold it where the window is
narrow, the rest further in; on a phone a comment at its end goes to a line of its own, without the room before it. What
stands in columns is left as it is, and scrolls. At a desk nothing changes, and what is copied is what the source has.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import combinations
from typing import Any

LONG = 28
"""A word of more signs than these may be broken: calls behind brackets and before a method, others behind a sign."""

BLOCK = re.compile(r"<pre>(<span></span>)?<code>(.*?)</code></pre>", re.DOTALL)
MARKED = re.compile(r'<span class="(?!go")')
TAG = re.compile(r"(<[^>]*>)")
COLUMN = re.compile(r"(?<=\S) {2,}(?=[^\s#])")
SIGN = re.compile(r"&#?\w+;|.")
CALL = re.compile(r"[(\[{,](?=[^\s)\]}])|[)\]](?=\.)")
NAME = re.compile(r"[_/.=,](?=\w)")
OPTION = re.compile(r'((?:^|>)--?[a-z][\w-]*<span class="w)("> </span>)(?=(?:<[^>]*>)*([^\s<-][^\s<]*))')
GIVEN = re.compile(r"(?<!\S)(--?[a-z][\w-]*) (?=[^\s<-][^\s<]{0,27}(?:\s|$))")
UNIT = re.compile(r"\d (?:%|[µnm]?s|[kMG]i?B)(?!\w)")
REMARK = re.compile(r'(?<=\S)(<span class="w">)?  ( *)((?(1)</span>))(?=<span class="c1">)')
HYPHENED = re.compile(r"[^\s<>]*-[^\s<>]*")
WHOLE = r'<span class="whole">\g<0></span>'


def on_page_content(html: str, **_: Any) -> str:
    """The page with its blocks of code open to be folded."""
    return BLOCK.sub(_opened, html)


def _opened(block: re.Match[str]) -> str:
    lines = block[2].removesuffix("\n").split("\n")
    texts = [unescape(TAG.sub("", line)) for line in lines]
    if not MARKED.search(block[2]) and _in_columns(texts):  # only code is marked up, other text may be a table
        return block[0]
    made = "".join(_line(line, text) for line, text in zip(lines, texts, strict=True))
    return f'<pre class="folds">{block[1] or ""}<code>{made}</code></pre>'


def _in_columns(lines: list[str]) -> bool:
    """Whether something begins at the same place of two lines, with room before it."""
    places = [{found.end() for found in COLUMN.finditer(line)} for line in lines]
    return any(one & other for one, other in combinations(places, 2))


def _line(line: str, text: str) -> str:
    line = _with_breaks(REMARK.sub(r'\1  <span class="gap">\2</span>\3', line), text)
    line = OPTION.sub(_with_value, line)
    parts = [part if part.startswith("<") else _text(part) for part in TAG.split(line)]
    indent = len(text) - len(text.lstrip(" "))
    return f'<span class="line" style="--indent: {indent}ch">{"".join(parts)}\n</span>'


def _text(part: str) -> str:
    part = GIVEN.sub(r'\1<span class="whole"> </span>', part)
    return UNIT.sub(WHOLE, HYPHENED.sub(_held, part))


def _with_breaks(line: str, text: str) -> str:
    """The line with places where a word may end that is too long, whatever its parts are marked as."""
    places = set()
    for word in re.finditer(r"\S+", text):
        if len(word[0]) > LONG:
            parted = CALL if "(" in word[0] else NAME
            places |= {word.start() + found.end() for found in parted.finditer(word[0])}
    made, at = [], 0
    for part in TAG.split(line):
        for sign in [part] if part.startswith("<") else SIGN.findall(part):
            made.append(sign)
            at += 0 if sign.startswith("<") else 1
            if at in places:
                made.append("<wbr>")
                places.remove(at)
    return "".join(made)


def _with_value(option: re.Match[str]) -> str:
    """An option on one line with what it is given, where that is short."""
    return f"{option[1]} whole{option[2]}" if len(option[3]) <= LONG else option[0]


def _held(word: re.Match[str]) -> str:
    return word.expand(WHOLE) if len(unescape(word[0])) <= LONG else word[0]
