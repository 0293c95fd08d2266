"""Targets with noise: the true values, the level of each, noise that depends on the sample, and where each is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kstest, loguniform, norm

from deepbench_fast import Recipe, UsageError, generate, open_dataset, samples, verify
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.render.batch import TARGETS
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.store.format import chunk_digest
from tests.oracles import addresses
from tests.recipes import mixed

NOISE: dict[str, Any] = {
    "bright.amplitude": {"normal": [0, {"loguniform": [0.01, 2]}]},
    "brightness": {"normal": {"mean": {"uniform": [-1, 1]}, "sigma": 0.5, "low": -2, "high": {"choice": [2, 3]}}},
    "count.star": {"poisson": {"uniform": [1, 4]}},
    "count.galaxy": {"uniform": [{"integers": [-3, -1]}, 1]},
}
NAMES = ["catalogue", *NOISE]


def noisy(**changes: object) -> Recipe:
    targets = ["catalogue", *({name: {"noise": noise}} for name, noise in NOISE.items())]
    return mixed(targets=targets, samples=900, **changes)


def plain() -> Recipe:
    return mixed(targets=NAMES, samples=900)


def column(shown: Any, name: str) -> npt.NDArray[np.float64]:
    added: npt.NDArray[np.float64] = (shown.targets - shown.targets_true)[:, NAMES.index(name)]
    return added


@pytest.fixture(scope="module")
def many() -> Any:
    return samples(noisy(), 0, 20_000)


def test_the_true_values_are_those_without_noise(many: Any) -> None:
    np.testing.assert_array_equal(many.targets_true, samples(plain(), 0, 20_000).targets)


def test_targets_without_noise_have_none(many: Any) -> None:
    np.testing.assert_array_equal(many.targets[:, 0], many.targets_true[:, 0])
    assert (many.targets_sigma[:, 0] == 0).all()
    assert (many.targets_sigma[:, 1:] > 0).all()


def test_sigma_is_the_level_that_was_drawn(many: Any) -> None:
    sigma = many.targets_sigma[:, NAMES.index("bright.amplitude")]
    assert kstest(sigma, loguniform(0.01, 2).cdf).pvalue > 1e-3
    z = column(many, "bright.amplitude") / sigma
    here = ~np.isnan(z)
    assert 0.2 < here.mean() < 0.5  # of the catalogues only one has the entry
    assert kstest(z[here], norm.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(z[here], sigma[here])[0, 1]) < 5 / np.sqrt(here.sum())


@pytest.mark.parametrize("name", NOISE)
def test_sigma_is_the_standard_deviation_of_the_noise(many: Any, name: str) -> None:
    """By bins of sigma: noise of equal sigmas scatters by it, whatever its mean is."""
    noise, sigma = column(many, name), many.targets_sigma[:, NAMES.index(name)]
    here = ~np.isnan(noise)
    order = np.argsort(sigma[here], kind="stable")
    for part in np.array_split(order, 5):
        own, level = noise[here][part], sigma[here][part]
        if name == "brightness":
            continue  # its means differ: see below
        centred = own - (level**2 if name == "count.star" else {"count.galaxy": 1 - level * np.sqrt(3)}.get(name, 0.0))
        assert np.mean((centred / level) ** 2) == pytest.approx(1, abs=0.12)


def test_the_truncated_law_of_each_sample(many: Any) -> None:
    noise = column(many, "brightness")
    assert noise.min() > -2
    assert noise.max() < 3
    sigma = many.targets_sigma[:, NAMES.index("brightness")]
    assert sigma.max() <= 0.5
    assert (sigma < 0.49).any()


def test_each_number_is_drawn_at_an_address_of_its_own() -> None:
    recipe = noisy()
    plan, shown = make_plan(recipe), samples(recipe, 0, 40)
    key = int(plan.key[0]), int(plan.key[1])
    added, sigma = column(shown, "bright.amplitude"), shown.targets_sigma[:, NAMES.index("bright.amplitude")]
    for number, (label, member) in enumerate(zip(shown.labels, shown.members, strict=True)):
        owner = f"{plan.catalogues[label]}/noise on target/bright.amplitude"
        u, v = (addresses.uniform(key, plan.streams[name], int(member)) for name in (owner, f"{owner}/sigma"))
        expected = 0.01 * 200**v
        assert sigma[number] == pytest.approx(expected, rel=1e-12)
        if label == 0:
            assert added[number] == pytest.approx(norm.ppf(u) * expected, rel=1e-9, abs=1e-12)


def test_a_level_that_varies_leaves_the_quantiles() -> None:
    """Noise of one level is as it was, bit by bit; a drawn level scales the same deviate."""
    fixed = noisy(**{"targets.bright.amplitude.noise": {"normal": [0, 0.5]}})
    same = noisy(**{"targets.bright.amplitude.noise": {"normal": [0, {"uniform": [0.5, 0.5]}]}})
    one, other, varied = (samples(recipe, 0, 300) for recipe in (fixed, same, noisy()))
    np.testing.assert_array_equal(one.targets, other.targets)
    np.testing.assert_array_equal(one.targets_sigma, other.targets_sigma)
    level = varied.targets_sigma[:, 1]
    deviates = column(one, "bright.amplitude") / 0.5
    np.testing.assert_allclose(column(varied, "bright.amplitude") / level, deviates, rtol=0, atol=1e-9)


def test_noise_of_one_level_is_drawn_as_before() -> None:
    """The draw of a target at its address: value + sigma z."""
    recipe = mixed(targets=[{"brightness": {"noise": {"normal": [1, 0.5]}}}])
    plan, shown = make_plan(recipe), samples(recipe, 0, 30)
    key = int(plan.key[0]), int(plan.key[1])
    for label, member, value, true in zip(
        shown.labels, shown.members, shown.targets[:, 0], shown.targets_true[:, 0], strict=True
    ):
        stream = plan.streams[f"{plan.catalogues[label]}/noise on target/brightness"]
        z = norm.ppf(addresses.uniform(key, stream, int(member)))
        assert value == pytest.approx(true + 1 + 0.5 * z, rel=1e-9)


def test_a_level_of_zero_is_no_noise() -> None:
    shown = samples(mixed(targets=[{"brightness": {"noise": {"normal": [0, {"choice": [0, 1]}]}}}]), 0, 400)
    still = shown.targets_sigma[:, 0] == 0
    assert 0.3 < still.mean() < 0.7
    np.testing.assert_array_equal(shown.targets[still], shown.targets_true[still])
    assert (shown.targets[~still] != shown.targets_true[~still]).all()


def test_levels_from_a_table_go_by_its_rows(tmp_path: Path) -> None:
    table = tmp_path / "levels.csv"
    table.write_text("bias,sigma\n" + "".join(f"{k},{0.1 + k}\n" for k in range(5)))
    row = {name: {"table": {"file": str(table), "column": name}} for name in ("bias", "sigma")}
    noise = {"normal": {"mean": row["bias"], "sigma": row["sigma"], "low": {"normal": [-60, 1]}}}
    shown = samples(mixed(targets=[{"brightness": {"noise": noise}}]), 0, 3000)
    sigma = shown.targets_sigma[:, 0]
    assert len(np.unique(np.round(sigma, 6))) == 5
    for k in range(5):
        own = (shown.targets - shown.targets_true)[np.isclose(sigma, 0.1 + k), 0]
        assert abs(own.mean() - k) < 5 * (0.1 + k) / np.sqrt(own.size)  # bias and sigma of one row


def test_nothing_depends_on_the_batch(tmp_path: Path) -> None:
    whole = samples(noisy(), 0, 900)
    parts = [samples(noisy(), a, b) for a, b in ((0, 1), (1, 7), (7, 640), (640, 900))]
    for name in TARGETS:
        np.testing.assert_array_equal(whole[name], np.concatenate([part[name] for part in parts]))
    digests = {generate(noisy(), tmp_path / f"{t}.h5", threads=t).digest for t in (1, 2)}
    assert len(digests) == 1
    verify(tmp_path / "1.h5", "all")
    stored = open_dataset(tmp_path / "1.h5")
    for name in TARGETS:
        np.testing.assert_array_equal(getattr(stored, name), whole[name])
        np.testing.assert_array_equal(stored[5][name.replace("targets", "target")], whole[name][5])


def test_given_parameters_have_the_noise_of_the_seed() -> None:
    recipe = Recipe.of_kind("galaxy").set("targets", [{"galaxy.r_eff": {"noise": NOISE["bright.amplitude"]}}])
    shown = Simulator(recipe).given({"galaxy.r_eff": [2.0, 3.0]}, seed=recipe.seed)
    np.testing.assert_array_equal(shown.targets_true[:, 0], [2.0, 3.0])
    np.testing.assert_array_equal(shown.targets_sigma, samples(recipe, 0, 2).targets_sigma)


def test_without_noise_there_is_nothing_beside_targets(tmp_path: Path) -> None:
    generate(plain(), tmp_path / "plain.h5")
    stored, shown = open_dataset(tmp_path / "plain.h5"), samples(plain(), 0, 3)
    assert "targets_true" not in stored.summary.arrays
    assert "target_true" not in shown[0]
    with pytest.raises(UsageError, match="no targets_sigma"):
        _ = stored.targets_sigma
    with pytest.raises(KeyError):
        _ = shown.targets_true


def test_a_file_of_the_first_release_is_read_and_verified(tmp_path: Path) -> None:
    """It has noise on targets, and neither the arrays beside them nor a digest of what it says of itself."""
    path = tmp_path / "old.h5"
    generate(mixed(targets=[{"brightness": {"noise": {"normal": [0, 1]}}}], samples=50), path)
    with h5py.File(path, "r+") as file:
        names = ["images", "clean", "targets", "samples", "objects/galaxy", "objects/star"]
        chunks = file["chunks"][:]
        chunks["digest"] = chunk_digest([file[name][:] for name in names])
        file["chunks"][:] = chunks
        del file["targets_true"], file["targets_sigma"], file.attrs["header_digest"]
    verify(path, "all")
    old = open_dataset(path)
    assert "target_true" not in old[0]
    assert old.targets.shape == (50, 1)


@pytest.mark.parametrize("name", TARGETS[1:])
def test_arrays_that_were_taken_away_are_missed(tmp_path: Path, name: str) -> None:
    from deepbench_fast.errors import FileError

    path = tmp_path / "noisy.h5"
    generate(noisy(), path)
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(FileError, match="header_digest"):
        open_dataset(path)
