"""What a notebook shows of a dataset."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

from PIL import Image

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.values.number_text import grouped


class Tags(HTMLParser):
    """Raises where tags aren't closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.void: tuple[str, ...] = ("img",)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_has_facts_counts_and_pictures(mixed_file: Path) -> None:
    data = open_dataset(mixed_file)
    text = data._repr_html_()
    tags = Tags()
    tags.feed(text)
    assert not tags.open
    assert str(data.summary.digest) in text
    assert "16 × 20" in text
    for name, row in data.class_counts().items():
        assert f"<th>{name}</th>" + "".join(f"<td>{grouped(number)}</td>" for number in row.values()) in text
    picture = re.search(r'base64,([^"]+)"', text)
    assert picture is not None
    assert Image.open(io.BytesIO(base64.b64decode(picture[1]))).width > 100


def test_names_are_escaped_and_series_have_plots(tmp_path: Path) -> None:
    recipe = Recipe.builtin("pendulums").with_overrides({"samples": 3, "name": "<script>"})
    generate(recipe, tmp_path / "p.h5")
    text = open_dataset(tmp_path / "p.h5")._repr_html_()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "100 × 1" in text
