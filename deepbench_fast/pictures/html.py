"""A dataset as a notebook shows it: a table of facts, numbers of samples, pictures; one piece of HTML."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from deepbench_fast.pictures.contact_sheet import contact_sheet, png

if TYPE_CHECKING:
    from deepbench_fast.render.batch import Batch


def page_of(facts: Mapping[str, object], counts: Mapping[str, Mapping[str, int]], shown: Batch) -> str:
    """Facts by name; numbers of samples by class and split; a contact sheet of samples, none where there are none."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in facts.items())
    parts = [f"<table>{rows}</table>"]
    if counts:
        splits = next(iter(counts.values()))
        head = "".join(f"<th>{escape(name)}</th>" for name in ("class", *splits))
        body = "".join(
            f"<tr><th>{escape(name)}</th>{''.join(f'<td>{number:,}</td>' for number in row.values())}</tr>"
            for name, row in counts.items()
        )
        parts.append(f"<table><tr>{head}</tr>{body}</table>")
    if len(shown):
        picture = base64.b64encode(png(contact_sheet(shown, len(shown), columns=4))).decode()
        parts.append(f'<img alt="the first samples" src="data:image/png;base64,{picture}">')
    return "<div>" + "".join(parts) + "</div>"
