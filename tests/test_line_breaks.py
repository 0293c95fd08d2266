"""Lines of the site's pages end where a reader doesn't trip, and what is copied from them stays what it was."""

from __future__ import annotations

import re
from html import unescape

import pytest

from docs.line_breaks import on_page_content


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("<p><code>n 5 a-b</code> says</p>", '<p><code class="whole">n 5 a-b</code> says</p>'),
        ("<td><code>--debug</code></td>", '<td><code><span class="whole">--debug</span></code></td>'),
        ("<p>with --resume: on</p>", '<p>with <span class="whole">--resume</span>: on</p>'),
        ("<td><code>python -m x-y</code></td>", '<td><code>python <span class="whole">-m</span> x-y</code></td>'),
        (f"<p><code>{'long ' * 9}</code></p>", f"<p><code>{'long ' * 9}</code></p>"),
        ("<pre><code>--debug 5 ms 1e-6</code></pre>", "<pre><code>--debug 5 ms 1e-6</code></pre>"),
        ("<p>above 1e-6 of it</p>", '<p>above <span class="whole">1e-6</span> of it</p>'),
        ("<p>91 %, 5 ms, 2 sides, 3 Mpix/s</p>", "<p>91&nbsp;%, 5&nbsp;ms, 2 sides, 3&nbsp;Mpix/s</p>"),
        ("<td>38 396</td><td>3 390 000/s, 5 1000</td>", "<td>38&nbsp;396</td><td>3&nbsp;390&nbsp;000/s, 5 1000</td>"),
        ("<td>97.8 ± 0.3</td><td>≥ 2× ✓</td>", "<td>97.8&nbsp;±&nbsp;0.3</td><td>≥&nbsp;2×&nbsp;✓</td>"),
        ("<td><code>a.py</code></td>", "<td><code>a.py</code></td>"),
        (
            "<td><code>test_star.py::test_of_the_centre</code></td>",
            "<td><code>test_<wbr>star.<wbr>py::<wbr>test_<wbr>of_<wbr>the_<wbr>centre</code></td>",
        ),
        (
            "<td><code>.folder/settings_of_all.json</code></td>",
            "<td><code>.folder/<wbr>settings_<wbr>of_<wbr>all.<wbr>json</code></td>",
        ),
        (f"<td><code>{'0123abcd' * 4}</code></td>", f"<td><code>{'<wbr>'.join(['0123abcd'] * 4)}</code></td>"),
        ("<td>form ringermacher_mead, line_width</td>", "<td>form ringermacher_<wbr>mead, line_width</td>"),
        ("<td><code>sampling r_eff * (1 - ellip) must</code></td>",) * 2,
        ("<p><code>a/b c_d and more than thirty signs</code></p>",) * 2,
        (
            "<p><code>take a=long_name.of_many/signs for 4.5</code></p>",
            "<p><code>take a=<wbr>long_<wbr>name.<wbr>of_<wbr>many/<wbr>signs for 4.5</code></p>",
        ),
    ],
)
def test_where_lines_may_end(html: str, made: str) -> None:
    assert on_page_content(html) == made


def test_what_is_copied_stays() -> None:
    html = "<p>1e-6 &lt; 5 ms, <a href='#'><code>x --y</code></a></p><td><code>a_name_of_more_than_24_signs</code></td>"
    shown = [
        unescape(re.sub(r"<[^>]*>", "", text)).replace("\N{NO-BREAK SPACE}", " ")
        for text in (html, on_page_content(html))
    ]
    assert shown[0] == shown[1]
