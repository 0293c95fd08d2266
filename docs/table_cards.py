"""Tables that a phone can't show side by side: a hook of MkDocs.

A table of five columns or more with sentences in them, of four with long ones in two, or of nine and more, gets marks
by which `assets/pages.css` shows each row as a card there: one value a line, behind the heading of its column. So do
all tables of the page that have its headings. At a desk it is a table as before.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import zip_longest
from typing import Any

FEW, SENTENCES, MANY = 4, 5, 9
"""So many columns make cards of a table with long sentences in two of them, with sentences, and of any table."""

SENTENCE, LONG = 40, 60
"""What has more signs than these is read as a sentence, and as a long one, but for what a row is about."""

TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def on_page_content(html: str, **_: Any) -> str:
    """The page, in whose wide tables each value knows its heading."""
    wide = {tuple(rows[0]) for rows in map(_rows, TABLE.findall(html)) if rows and _is_wide(rows)}
    return TABLE.sub(lambda table: _marked(table, wide), html)


def _rows(table: str) -> list[list[str]]:
    return [[_text(inside) for _, inside in CELL.findall(row)] for row in ROW.findall(table)]


def _is_wide(rows: list[list[str]]) -> bool:
    signs = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")][1:]
    several = sum(most > LONG for most in signs) > 1
    return len(rows[0]) >= (FEW if several else SENTENCES if max(signs, default=0) > SENTENCE else MANY)


def _marked(table: re.Match[str], wide: set[tuple[str, ...]]) -> str:
    rows = _rows(table[1])
    headings = rows[0] if rows else []
    if tuple(headings) not in wide:
        return table[0]
    head, _, body = table[1].partition("<tbody>")

    def named(row: re.Match[str]) -> str:
        cells = zip(headings, CELL.findall(row[1]), strict=False)
        made = (f'<td data-heading="{escape(heading)}"{more}>{inside}</td>' for heading, (more, inside) in cells)
        return "\n".join(["<tr>", *made, "</tr>"])

    return f"<table data-cards>{head}<tbody>{ROW.sub(named, body)}</table>"


def _text(html: str) -> str:
    return unescape(TAG.sub("", html)).strip()
