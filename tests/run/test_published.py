"""A file of a published recipe is compared to the published digest; what isn't the whole of it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deepbench_fast import Recipe, extend, generate, index_parts, merge
from deepbench_fast.errors import DigestWarning
from deepbench_fast.recipe.published import PUBLISHED
from deepbench_fast.run.published import published_dataset
from tests.cli.running import run_well

NAME = "pendulums"
OTHER = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def stated_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a version whose data differ: the table has another digest."""
    monkeypatch.setitem(PUBLISHED, NAME, replace(PUBLISHED[NAME], digest=OTHER))


def test_the_published_dataset_is_named(tmp_path: Path) -> None:
    """`filterwarnings = error`: nothing is warned of."""
    assert published_dataset(generate(Recipe.builtin(NAME), tmp_path / "p.h5")) is PUBLISHED[NAME]
    ran = run_well("generate", NAME, tmp_path / "p.h5", "--overwrite")
    assert ran.out == f"{PUBLISHED[NAME].digest}\n"
    assert f"p.h5: the published dataset {NAME}\n" in ran.err
    assert run_well("generate", NAME, tmp_path / "q.h5", "--json").json["published_digest"] == PUBLISHED[NAME].digest


@pytest.mark.usefixtures("stated_otherwise")
def test_a_difference_is_one_line_that_names_both_digests(tmp_path: Path) -> None:
    with pytest.warns(DigestWarning, match=OTHER) as caught:
        digest = generate(Recipe.builtin(NAME), tmp_path / "p.h5").digest
    assert digest is not None
    assert digest in str(caught[0].message)
    ran = run_well("generate", NAME, tmp_path / "p.h5", "--overwrite")
    assert [line for line in ran.err.splitlines() if OTHER in line and digest in line and line.startswith("Warning: ")]
    assert "the published dataset" not in ran.err


@pytest.mark.usefixtures("stated_otherwise")
@pytest.mark.parametrize("change", [{"samples": 500}, {"seed": 1}, {"name": "mine"}])
def test_another_recipe_is_not_compared(tmp_path: Path, change: dict[str, object]) -> None:
    summary = generate(Recipe.builtin(NAME).with_overrides(change), tmp_path / "p.h5")
    assert published_dataset(summary) is None


def make_parts(folder: Path) -> Path:
    """Both halves of a published dataset; where their index belongs."""
    for number in (1, 2):
        assert published_dataset(generate(Recipe.builtin(NAME), folder / "p.h5", shard=f"{number}/2")) is None
    return folder / "p.h5"


def test_parts_are_compared_when_they_are_indexed(tmp_path: Path) -> None:
    whole = make_parts(tmp_path)
    assert published_dataset(index_parts(whole)) is PUBLISHED[NAME]
    ran = run_well("index", "-o", whole)
    assert ran.out == f"{PUBLISHED[NAME].digest}\n"
    assert ran.err.endswith(f"p.h5: the published dataset {NAME}\n")
    assert run_well("index", "-o", whole, "--json").json["published_digest"] == PUBLISHED[NAME].digest


@pytest.mark.usefixtures("stated_otherwise")
def test_parts_of_other_data_are_told_when_they_are_indexed(tmp_path: Path) -> None:
    whole = make_parts(tmp_path)
    with pytest.warns(DigestWarning, match=OTHER) as caught:
        index_parts(whole)
    assert caught[0].filename == __file__
    ran = run_well("index", "-o", whole)
    assert ran.err.startswith("Warning: ")
    assert OTHER in ran.err
    assert "the published dataset" not in ran.err


def test_files_that_are_merged_or_extended_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, short = make_parts(tmp_path), tmp_path / "short.h5"
    index_parts(parts)
    recipe = Recipe.builtin(NAME)
    generate(recipe.with_overrides({"samples": recipe.samples - 300}), short)
    for made in (merge(parts, tmp_path / "a.h5"), extend(short, 300, tmp_path / "b.h5")):
        assert published_dataset(made) is PUBLISHED[NAME]
    commands = (("merge", parts, tmp_path / "c.h5"), ("extend", short, "-n", 300, "-o", tmp_path / "d.h5"))
    for command in commands:
        assert run_well(*command).err.endswith(f".h5: the published dataset {NAME}\n")
    monkeypatch.setitem(PUBLISHED, NAME, replace(PUBLISHED[NAME], digest=OTHER))
    with pytest.warns(DigestWarning, match=OTHER) as merged:
        merge(parts, tmp_path / "a.h5", overwrite=True)
    with pytest.warns(DigestWarning, match=OTHER) as extended:
        extend(short, 300, tmp_path / "b.h5", overwrite=True)
    assert merged[0].filename == extended[0].filename == __file__
    for command in commands:
        told = run_well(*command, "--overwrite").err
        assert told.startswith("Warning: ")
        assert OTHER in told
        assert "the published dataset" not in told


@pytest.mark.filterwarnings("ignore")
def test_data_of_a_dask_scheduler_are_compared(tmp_path: Path, stated_otherwise: None) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.Client(**options) as client, pytest.warns(DigestWarning, match=OTHER):
        generate(Recipe.builtin(NAME), tmp_path / "p.h5", client=client, shards=2)
