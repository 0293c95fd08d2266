"""Blocks of code that a phone folds: where they may be folded, and that they say what they said."""

from __future__ import annotations

import re
from html import unescape

import pytest

from docs.code_lines import on_page_content

YAML = """<pre><span></span><code><span class="nt">seed</span><span class="p">:</span><span class="w">      </span>\
<span class="c1"># said of it</span>
  <span class="nt">two-words</span>&lt;
</code></pre>"""
TABLE = "<pre><span></span><code>name    rate\ngalaxy  5/s\n</code></pre>"
MARKED = TABLE.replace("name    rate", '<span class="go">name    rate</span>')
TEXT = "<pre><span></span><code>x = 2 y  and  y = 3\nexport A=1     # needed\nexport B=b     # too\n</code></pre>"


def test_a_line_knows_its_indentation_and_its_remark_the_room_before_it() -> None:
    assert on_page_content(YAML) == (
        '<pre class="folds"><span></span><code><span class="line" style="--indent: 0ch"><span class="nt">seed</span>'
        '<span class="p">:</span><span class="w">  <span class="gap">    </span></span>'
        '<span class="c1"># said of it</span>\n</span>'
        '<span class="line" style="--indent: 2ch">  <span class="nt"><span class="whole">two-words</span></span>&lt;\n'
        "</span></code></pre>"
    )


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (
            'call<span class="p">(</span>first.one(2)[0].and_more_than(four))',
            "call(|first.one(|2)[|0]|.and_more_than(|four))",
        ),
        ("--set=catalogues.rings.circle.radius=&quot;1&quot;", '--set=|catalogues.|rings.|circle.|radius="1"'),
        ("a_name_that_is_not_long(1)", "a_name_that_is_not_long(1)"),
    ],
)
def test_long_words_end_behind_a_sign(line: str, parts: str) -> None:
    made = on_page_content(f'<pre><code><span class="n"></span>{line}\n</code></pre>')
    assert unescape(re.sub(r"<[^>]*>", "", made.replace("<wbr>", "|"))).strip() == parts


@pytest.mark.parametrize("space", [" ", '<span class="w"> </span>'])
def test_an_option_stays_with_what_it_is_given(space: str) -> None:
    made = on_page_content(f"<pre><code>generate{space}-n{space}100{space}--size{space}{30 * 'x'}\n</code></pre>")
    held = space.replace('"w"', '"w whole"') if "<" in space else '<span class="whole"> </span>'
    assert f"-n{held}100" in re.sub(r'<span class="whole">(-+[a-z]+)</span>', r"\1", made)
    assert made.count(held) == 1


def test_columns_scroll() -> None:
    assert on_page_content(TABLE) == TABLE
    assert on_page_content(MARKED) == MARKED
    assert 'class="folds"' in on_page_content(TEXT)


@pytest.mark.parametrize("html", [YAML, TABLE, TEXT])
def test_what_is_copied_stays(html: str) -> None:
    first, then = (unescape(re.sub(r"<[^>]*>", "", text)) for text in (html, on_page_content(html)))
    assert first == then
