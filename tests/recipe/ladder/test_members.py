"""What the guide says of each axis: which sample is which member on all rungs, and what of a member stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast import Samples, ladder
from deepbench_fast.authoring.ladders import AXES
from tests.recipe.ladder.rungs import SCENES, drawn, read

KEEP_NUMBERS = {"noise", "objects", "spread"}
KEEP_DRAWS = {"noise", "classes", "balance"}


def names(made: Samples) -> list[tuple[str, int]]:
    """Catalogue and member of each sample."""
    table = made.tables.samples
    catalogues = [made.catalogues[label] for label in table["catalogue"]]
    return list(zip(catalogues, table["member"].tolist(), strict=True))


def members(made: Samples) -> dict[tuple[str, int], dict[str, npt.NDArray[Any]]]:
    """What each catalogue's members hold: the parameters of all objects, without the numbers of samples and entries."""
    rows = {}
    for index, name in enumerate(names(made)):
        rows[name] = {
            kind: np.stack([table[column] for column in table.dtype.names[3:]])[:, table["sample"] == index]
            for kind, table in made.tables.objects.items()
            if (table["sample"] == index).any()
        }
    return rows


def equal(some: dict[str, npt.NDArray[Any]], others: dict[str, npt.NDArray[Any]]) -> bool:
    return some.keys() == others.keys() and all(some[k].tobytes() == others[k].tobytes() for k in some)


@pytest.mark.parametrize("axis", AXES)
def test_a_sample_keeps_its_number_where_the_catalogues_stay(axis: str) -> None:
    easy, hard = drawn(ladder(read(SCENES), axis, 2))
    assert (names(easy) == names(hard)) == (axis in KEEP_NUMBERS)


@pytest.mark.parametrize("axis", AXES)
def test_a_member_keeps_what_the_axis_does_not_change(axis: str) -> None:
    easy, hard = map(members, drawn(ladder(read(SCENES), axis, 2)))
    shared = easy.keys() & hard.keys()
    assert len(shared) > 20
    same = [equal(easy[name], hard[name]) for name in shared]
    assert all(same) == (axis in KEEP_DRAWS)


def test_fewer_objects_are_the_first_of_more() -> None:
    easy, hard = map(members, drawn(ladder(read(SCENES), "objects", 2)))
    for name, rows in easy.items():
        for kind, objects in rows.items():
            assert equal({kind: objects}, {kind: hard[name][kind][:, : objects.shape[1]]})


def test_splits_stay_with_the_members() -> None:
    for axis in AXES:
        split: dict[tuple[str, int], int] = {}
        for made in drawn(ladder(read(SCENES), axis, 2)):
            for name, number in zip(names(made), made.tables.samples["split"].tolist(), strict=True):
                assert split.setdefault(name, number) == number, axis
