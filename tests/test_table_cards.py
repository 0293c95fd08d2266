"""Wide tables of the site's pages become cards on a phone, and keep every value."""

from __future__ import annotations

import re

import pytest

from docs.table_cards import FEW, LONG, MANY, SENTENCE, SENTENCES, on_page_content


def table(columns: int, text: str) -> str:
    """As MkDocs writes it: a heading A & 0, A & 1 ... for each column, and one row."""
    headings = "\n".join(f"<th>A &amp; {number}</th>" for number in range(columns))
    cells = "\n".join(f'<td style="text-align: left"><code>{text}</code></td>' for _ in range(columns))
    rows = f"<tr>\n{cells}\n</tr>"
    return f"<table>\n<thead>\n<tr>\n{headings}\n</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


@pytest.mark.parametrize(
    ("columns", "text", "cards"),
    [
        (SENTENCES, "x" * (SENTENCE + 1), True),
        (SENTENCES, "x" * SENTENCE, False),
        (SENTENCES - 1, "x" * (SENTENCE + 1), False),
        (FEW, "x" * (LONG + 1), True),
        (FEW, "x" * LONG, False),
        (FEW - 1, "x" * (LONG + 1), False),
        (MANY, "x", True),
        (MANY - 1, "x", False),
    ],
)
def test_which_tables_become_cards(columns: int, text: str, cards: bool) -> None:
    html = f"<p>before</p>{table(columns, text)}<p>after</p>"
    made = on_page_content(html)
    assert ("data-cards" in made) == cards
    without = re.sub(r' data-heading="[^"]*"| data-cards', "", made)
    assert without == html
    named = re.findall(r'<td data-heading="A &amp; (\d+)" style="text-align: left"><code>', made)
    assert named == [str(number) for number in range(columns)] * cards


def test_what_a_row_is_about_may_be_long() -> None:
    html = table(SENTENCES, "x").replace("<code>x", "<code>" + "x" * (SENTENCE + 1), 1)
    assert on_page_content(html) == html


def test_one_column_of_long_sentences_has_room_beside_three() -> None:
    html = table(FEW, "x").replace("<code>x", "<code>" + "x" * (LONG + 1), 2).replace("x" * (LONG + 1), "x", 1)
    assert on_page_content(html) == html


def test_tables_of_the_same_headings_look_the_same() -> None:
    long, short = table(SENTENCES, "x" * (SENTENCE + 1)), table(SENTENCES, "x")
    assert on_page_content(short + long).count("data-cards") == 2
    other = short.replace("<th>A", "<th>B")
    assert on_page_content(other + long).startswith(other)
