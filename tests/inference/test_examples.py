"""The examples of simulation-based inference run, with few images and few steps."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sbi writes logs to the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.filterwarnings("default")
def test_sbi_learns_a_pendulum() -> None:
    pytest.importorskip("sbi")
    found = runpy.run_path(str(EXAMPLES / "sbi_posterior.py"))["main"](simulations=300, epochs=3)
    assert found.shape == (1000, 1)
    assert ((found >= 1) & (found <= 4)).all()


@pytest.mark.filterwarnings("default")
def test_sbi_learns_a_galaxy() -> None:
    pytest.importorskip("sbi")
    ratios = runpy.run_path(str(EXAMPLES / "sbi_galaxy.py"))["main"](simulations=300, epochs=2, observations=1)
    assert ratios.shape == (1, 3)
    assert (ratios > 0).all()


def test_a_small_network_beside_the_exact_posterior(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(EXAMPLES)
    main = runpy.run_path(str(EXAMPLES / "epistemic.py"))["main"]
    found = main(sizes=(60, 90), steps=50, galaxies=2, count=200, picture=tmp_path / "p.png")
    assert {name: values.shape for name, values in found.items()} == {"truth": (2, 3), "mean": (2, 3), "width": (3,)}
    assert all(np.isfinite(values).all() for values in found.values())
    assert (tmp_path / "p.png").stat().st_size > 5000


@pytest.mark.parametrize("name", ["sbi_posterior", "sbi_galaxy", "epistemic"])
def test_they_say_what_they_need(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    compile(text, name, "exec")
    assert "pip install" in text
