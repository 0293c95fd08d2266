from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from deepbench_fast import Recipe, samples
from deepbench_fast.draw.programs import Column, compile_programs
from deepbench_fast.values.distributions import Choice, Constant
from deepbench_fast.values.distributions.varied import Varied, varied_laws
from tests.values.distributions.laws import draws

# Numbers that each law can have together, whichever of them are drawn.
NUMBERS = [
    ("uniform", {"low": (-1.0, 0.5), "high": (1.0, 2.0)}),
    ("loguniform", {"low": (0.1, 0.5), "high": (1.0, 2.0)}),
    ("normal", {"mean": (-1.0, 1.5), "sigma": (0.3, 2.0)}),
    ("normal", {"mean": (-1.0, 1.5), "sigma": (1.0, 2.0), "low": (-3.0, 0.0), "high": (1.0, 2.0)}),
    ("normal", {"mean": (-1.0, 0.0), "sigma": (1.0, 2.0), "low": (0.5, 1.0)}),
    ("normal", {"mean": (-1.0, 0.0), "sigma": (0.0, 0.0)}),
    ("normal", {"mean": (1.0, 2.0), "sigma": (0.0, 1.5), "high": (2.0, 3.0)}),
    ("integers", {"low": (-3.0, 0.0), "high": (1.0, 4.0)}),
    ("poisson", {"mean": (0.0, 5.0)}),
]


def test_every_law_with_numbers_is_tried() -> None:
    assert {form for form, _ in NUMBERS} == set(varied_laws())


@pytest.mark.parametrize(("form", "numbers"), NUMBERS)
def test_numbers_that_are_drawn_give_the_law_with_them(form: str, numbers: dict[str, tuple[float, float]]) -> None:
    """Row for row the program of the law itself, whichever numbers are drawn and whatever the others are."""
    law = varied_laws()[form]
    for count in range(1, len(numbers) + 1):
        for chosen in combinations(numbers, count):
            given = {field: Choice(ends) if field in chosen else Constant(ends[0]) for field, ends in numbers.items()}
            varied = compile_programs([[Column("x", 0, Varied(form, given))]], {"x": 7})
            drawn = {(0, field): np.array(numbers[field]) for field in chosen}
            found = varied.varied(np.zeros(2, np.int64), {0: Varied(form, given)}, drawn).rows
            for end, row in enumerate(found):
                one = law(**{field: ends[end if field in chosen else 0] for field, ends in numbers.items()})
                alone = compile_programs([[Column("x", 0, one)]], {"x": 7}).rows[0]
                assert row.tolist() == alone.tolist()
                assert law.standard_deviations(found[end : end + 1])[0] == one.standard_deviation


def test_a_tail_whose_width_is_drawn() -> None:
    noise = {"normal": {"mean": 0, "sigma": {"uniform": [1, 2]}, "low": 1}}
    batch = samples(Recipe.of_kind("galaxy").set("targets", [{"galaxy.n": {"noise": noise}}]), 0, 200)
    added = batch["targets"] - batch["targets_true"]
    assert (added > 1 - 1e-12).all()
    assert (added < 15).all()


def test_draws_are_finite_at_every_end() -> None:
    for form, numbers in NUMBERS:
        for end in (0, 1):
            assert np.isfinite(draws(varied_laws()[form](**{name: ends[end] for name, ends in numbers.items()}))).all()
