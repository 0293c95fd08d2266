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
TEXT = "<pre><span></span><code>x = 2 y  and  y = 3\nexport A=1     # needed\nexport B=b     # too\n</code></pre>"


def test_a_line_knows_its_indentation_and_its_remark_the_room_before_it() -> None:
    assert on_page_content(YAML) == (
        '<pre class="folds"><span></span><code><span class="line" style="--indent: 0ch"><span class="nt">seed</span>'
        '<span class="p">:</span><span class="w">  <span class="gap">    </span></span>'
        '<span class="c1"># said of it</span>\n</span>'
        '<span class="line" style="--indent: 2ch">  <span class="nt"><span class="whole">two-words</span></span>&lt;\n'
        "</span></code></pre>"
    )


def test_columns_scroll() -> None:
    assert on_page_content(TABLE) == TABLE
    assert 'class="folds"' in on_page_content(TEXT)


@pytest.mark.parametrize("html", [YAML, TABLE, TEXT])
def test_what_is_copied_stays(html: str) -> None:
    first, then = (unescape(re.sub(r"<[^>]*>", "", text)) for text in (html, on_page_content(html)))
    assert first == then
