"""Where a line of a page may end: a hook of MkDocs.

Browsers end lines at a hyphen, so that `--debug` and 1e-6 fall apart, within 38 396, and between a number and its unit;
and they never end them within a long name, so that one column of a table takes the room of the others. What is copied
from a page stays what its source has.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

SHORT = 30
"""Code of so many signs stays on one line in a sentence: it fits a phone."""

LONG = 20
"""A word of code of more signs than these may be broken, behind a sign that parts it: a shorter one has room."""

TAG = re.compile(r"(<[^>]*>)")
WORD = re.compile(r"\S+")
DIGEST = re.compile(r"(?<!\w)[0-9a-f]{32}(?!\w)")
NAME = re.compile(r"\b(?=\w*_)\w{16,}\b")
PART = re.compile(r"(::|[_/=](?=\w)|(?<=\w)\.(?=\w))")
OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
POWER = re.compile(r"(?<![\w.])[-−]?\d[\d.]*e-\d+(?!\w)")
GROUP = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
UNIT = re.compile(r"(?<=\d) (?=(?:%|[µnm]?s|[kMGTP]B|[KMG]iB|[MG]?pix|rad|deg)(?:/s)?(?![\w]))")
WHOLE = r'<span class="whole">\g<0></span>'
SIGN = re.compile(r" ([±×]) (?=\d)|(?<=\S) (?=[✓✗])|(?<=[≤≥]) (?=\d)")


def on_page_content(html: str, **_: Any) -> str:
    """The page with its lines held together where a reader would trip, and open where a table needs it."""
    parts = TAG.split(html)
    inside: list[str] = []
    for k, part in enumerate(parts):
        if part.startswith("<"):
            name = part.strip("</>").split()[0] if part.strip("</>") else ""
            if part.startswith("</"):
                while name in inside and inside.pop() != name:
                    pass
            elif name in ("pre", "code", "td", "th"):
                inside.append(name)
                if name == "code" and "pre" not in inside and not {"td", "th"} & set(inside) and _short(parts, k):
                    parts[k] = part.replace("<code", '<code class="whole"', 1)
        elif "pre" not in inside:
            parts[k] = _code(part) if "code" in inside else _prose(part)
    return "".join(parts)


def _short(parts: list[str], k: int) -> bool:
    """Whether the code that begins here is nothing but some text."""
    return parts[k + 2] == "</code>" and len(unescape(parts[k + 1])) <= SHORT


def _code(text: str) -> str:
    return OPTION.sub(WHOLE, WORD.sub(_opened, text))


def _opened(word: re.Match[str]) -> str:
    """A word of code; where it is too long for its line, it may end behind a sign that parts it, and not anywhere.

    A digest has no such signs: it may end behind each eighth.
    """
    if DIGEST.fullmatch(word[0]):
        return "<wbr>".join(re.findall(".{8}", word[0]))
    return PART.sub(r"\1<wbr>", word[0]) if len(unescape(word[0])) > LONG else word[0]


def _prose(text: str) -> str:
    text = NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), text)
    text = OPTION.sub(WHOLE, POWER.sub(WHOLE, GROUP.sub("&nbsp;", UNIT.sub("&nbsp;", text))))
    return SIGN.sub(lambda found: f"&nbsp;{found[1]}&nbsp;" if found[1] else "&nbsp;", text)
