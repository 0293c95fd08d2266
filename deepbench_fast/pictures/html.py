"""Pieces of HTML that need nothing else: tables, pictures, and a dataset as a notebook shows it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from deepbench_fast.pictures.contact_sheet import contact_sheet
from deepbench_fast.pictures.figures import png
from deepbench_fast.values.number_text import grouped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.render.batch import Batch


def table(rows: Iterable[Sequence[object]], *, head: bool = False) -> str:
    """Rows whose first cell names them; with `head` the first row names the columns."""
    parts = []
    for number, row in enumerate(rows):
        tags = ["th" if place == 0 or (head and number == 0) else "td" for place in range(len(row))]
        cells = (f"<{tag}>{escape(str(cell))}</{tag}>" for tag, cell in zip(tags, row, strict=True))
        parts.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(parts)}</table>"


def img(figure: Figure, alt: str = "") -> str:
    """A figure as a picture inside of the page."""
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{base64.b64encode(png(figure)).decode()}">'


def page_of(facts: Mapping[str, object], counts: Mapping[str, Mapping[str, int]], shown: Batch) -> str:
    """Facts by name; numbers of samples by class and split; a contact sheet of samples, none where there are none."""
    parts = [table(facts.items())]
    if counts:
        numbers = ((name, *map(grouped, row.values())) for name, row in counts.items())
        parts.append(table([("class", *next(iter(counts.values()))), *numbers], head=True))
    if len(shown):
        parts.append(img(contact_sheet(shown, len(shown), columns=4), "the first samples"))
    return "<div>" + "".join(parts) + "</div>"
