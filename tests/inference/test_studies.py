"""The studies' programs run, with few images and few steps."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_training_a_posterior_of_a_galaxy(tmp_path: Path) -> None:
    for package in ("torch", "sklearn", "corner"):
        pytest.importorskip(package)
    study = runpy.run_path(str(EXAMPLES / "galaxy_posterior.py"))
    drawn = study["main"](simulations=200, epochs=1, posteriors=10, observations=0, pictures=tmp_path)
    assert drawn.samples.shape == (10, 200, 3)
    low, high = study["Prior"](study["get_task"]("galaxy").recipe, list(drawn.names)).support.T
    assert ((low <= drawn.samples) & (drawn.samples <= high)).all()
    assert (tmp_path / "galaxy-ranks.png").stat().st_size > 5000


def test_training_finds_the_density_that_it_draws_from() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("corner")
    torch.manual_seed(0)
    network = runpy.run_path(str(EXAMPLES / "galaxy_posterior.py"))["PosteriorNetwork"](2)
    x = torch.randn(1, 28, 28)
    with torch.no_grad():
        axis = torch.linspace(-9, 9, 181)
        grid = torch.cartesian_prod(axis, axis)
        density = network.log_density(x.expand(len(grid), -1, -1), grid).exp() * 0.01
        drawn = network.draw(x, 20_000)[0]
    assert float(density.sum()) == pytest.approx(1, abs=1e-3)
    mean = (density[:, None] * grid).sum(dim=0)
    cover = (density[:, None, None] * (grid - mean)[:, :, None] * (grid - mean)[:, None]).sum(dim=0)
    assert np.allclose(drawn.mean(dim=0), mean, atol=0.05)
    assert np.allclose(torch.cov(drawn.T), cover, atol=0.08)


def test_training_an_ensemble_after_deepuq(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    main = runpy.run_path(str(EXAMPLES / "deepuq.py"))["main"]
    main(members=2, epochs=1, train=64, test=20, exact=1, picture=tmp_path / "p.png")
    assert len(capsys.readouterr().out.splitlines()) == 7
    assert (tmp_path / "p.png").stat().st_size > 5000
