"""The picture of a ladder."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, ladder
from deepbench_fast.pictures.contact_sheet import FONT_PIXELS
from deepbench_fast.pictures.ladder_sheet import first_members, ladder_sheet

SHAPES = """
image: {shape: [32, 32]}
noise: [{gaussian: {sigma: 0.3}}]
catalogues:
  circles: {weight: 5, objects: [circle]}
  lines: {objects: [line]}
  arcs: {objects: [arc]}
"""


def test_members_take_turns() -> None:
    assert first_members(Recipe.from_yaml(SHAPES), 5) == [
        ("circles", 0),
        ("circles", 1),
        ("lines", 0),
        ("lines", 1),
        ("arcs", 0),
    ]


def test_a_cell_for_each_member_and_rung() -> None:
    rungs = ladder(Recipe.from_yaml(SHAPES), ["classes", "noise"], 2)
    figure = ladder_sheet(rungs, [["easy"], ["hard"]], 3)
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 1, 1, 0, 1]
    clean, noisy = (np.asarray(figure.axes[i].images[0].get_array()) for i in (0, 1))
    assert len(np.unique(clean.reshape(-1, 4), axis=0)) == 2
    assert len(np.unique(noisy.reshape(-1, 4), axis=0)) > 50
    words = {text.get_text() for text in figure.texts}
    names = {f"{name}, member 0" for name in ("circles", "lines", "arcs")}
    assert words == {"rung 1", "rung 2", "easy", "hard", *names}
    boxes = [axes.get_window_extent() for axes in figure.axes] + [text.get_window_extent() for text in figure.texts]
    assert not any(box.overlaps(other) for number, box in enumerate(boxes) for other in boxes[:number])


def test_many_rungs_stay_narrow_and_their_words_whole() -> None:
    rungs = ladder(Recipe.from_yaml(SHAPES), "noise", 5)
    words = [f"noise × {number / 4:g}" for number in range(5)]
    figure = ladder_sheet(rungs, [[word] for word in words], 1)
    assert set(words) <= {text.get_text() for text in figure.texts}
    shown = figure.get_size_inches()[0] * figure.dpi
    assert FONT_PIXELS * 358 / shown > 8  # a phone of 390 pixels has so many for a picture
    boxes = [text.get_window_extent() for text in figure.texts]
    assert not any(box.overlaps(other) for number, box in enumerate(boxes) for other in boxes[:number])


def test_origin() -> None:
    rungs = ladder(Recipe.from_yaml(SHAPES), "noise", 2)
    for origin, figure in (
        ("lower", ladder_sheet(rungs, [["a"], ["b"]], 1)),
        ("upper", ladder_sheet(rungs, [["a"], ["b"]], 1, origin="upper")),
    ):
        assert [axes.images[0].origin for axes in figure.axes] == [origin] * 2
    with pytest.raises(UsageError, match="there are lower, upper"):
        ladder_sheet(rungs, [["a"], ["b"]], origin="under")


def test_what_can_not_be_drawn() -> None:
    rungs = ladder(Recipe.of_kind("pendulum"), "spread", 2)
    with pytest.raises(UsageError, match="shows images"):
        ladder_sheet(rungs, [["a"], ["b"]])
    rungs = ladder(Recipe.of_kind("star"), "spread", 21)
    with pytest.raises(UsageError, match="21 rungs: a picture shows up to 20"):
        ladder_sheet(rungs, [["a"]] * 21)
