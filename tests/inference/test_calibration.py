"""What judges posterior samples, on samples whose faults are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats as st

from deepbench_fast import UsageError
from deepbench_fast.inference import calibration
from deepbench_fast.tasks.coverage import coverage
from deepbench_fast.tasks.samples_file import PosteriorSamples

N, S = 300, 99


def samples(width: float = 1.0, shift: float = 0.0) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of the posterior of a mean with a normal prior, from one number with noise: N(x / 2, 1 / 2)."""
    random = np.random.default_rng(2)
    truth = random.standard_normal((N, 2))
    x = truth + random.standard_normal((N, 2))
    return x[:, None] / 2 + shift + width * np.sqrt(0.5) * random.standard_normal((N, S, 2)), truth


@pytest.mark.parametrize(
    ("width", "shift", "passes"), [(1, 0, True), (0.7, 0, False), (1.4, 0, False), (1, 0.2, False)]
)
def test_ranks_tell_wrong_widths_and_means(width: float, shift: float, passes: bool) -> None:
    found = calibration.ranks(*samples(width, shift))
    assert found.min() >= 0
    assert found.max() <= S
    curve = calibration.uniformity(found[:, 0], S)
    assert (curve.p > 0.01) is passes
    inside = ((curve.low <= curve.differences) & (curve.differences <= curve.high)).all()
    assert inside == (curve.p > 0.05)


def test_p_values_are_uniform_for_uniform_ranks() -> None:
    random = np.random.default_rng(1)
    found = [calibration.uniformity(random.integers(S + 1, size=60), S).p for _ in range(40)]
    assert st.kstest(found, "uniform").pvalue > 0.01


def test_tarp_tells_wrong_widths() -> None:
    for width, passes in ((1, True), (0.6, False)):
        found = calibration.tarp_ranks(*samples(width))
        assert (calibration.uniformity(found, S).p > 0.01) is passes


@pytest.mark.parametrize("posteriors", [1, 2, 5, 40])
@pytest.mark.parametrize("values", [0, 3], ids=["continuous", "whole numbers"])
def test_exact_samples_have_uniform_tarp_ranks_however_few_posteriors_there_are(posteriors: int, values: int) -> None:
    """Of several parameters, and of whole numbers, many samples of which are the truth."""
    random = np.random.default_rng(5)

    def drawn(*shape: int) -> npt.NDArray[np.float64]:
        return random.integers(values, size=shape).astype(float) if values else random.standard_normal(shape)

    found = [calibration.tarp_ranks(drawn(posteriors, 9, 4), drawn(posteriors, 4)) for _ in range(1200 // posteriors)]
    counts = np.bincount(np.concatenate(found), minlength=10)
    assert st.chisquare(counts).pvalue > 0.001


def test_intervals_hold_what_they_say() -> None:
    every = np.arange(S + 1)
    assert calibration.interval_coverage(every, S, 0.5) == 0.5
    assert calibration.interval_coverage(every, S, 0.68) == pytest.approx(0.68, abs=0.011)
    equal = calibration.ranks(np.zeros((N, S, 1)), np.zeros((N, 1)))
    assert calibration.uniformity(equal[:, 0], S).p > 0.01


@pytest.mark.parametrize("most", [1, 2, 10, 19, 20, 100, 999])
@pytest.mark.parametrize("part", [0.5, 0.68, 0.95])
def test_exact_samples_cover_what_they_should_however_few_they_are(most: int, part: float) -> None:
    """All ranks equally often: of 20 samples no interval has 95 %, but 19 or 21 of 21 parts."""
    assert calibration.interval_coverage(np.arange(most + 1), most, part) == pytest.approx(part, abs=1e-12)


@pytest.mark.parametrize("parameters", [19, 40])
def test_samples_of_many_parameters_can_fail(parameters: int) -> None:
    """2,000 simulated sets alone have no p-value that 20 times itself is below 0.01."""
    random = np.random.default_rng(4)
    truth, drawn = random.standard_normal((50, parameters)), random.standard_normal((50, 40, parameters))
    names = tuple(f"p{k}" for k in range(parameters))
    assert coverage(PosteriorSamples(drawn, truth, names)).calibrated
    assert not coverage(PosteriorSamples(0.05 * drawn, truth, names)).calibrated


def test_what_is_no_samples_is_refused_in_one_line() -> None:
    one, truth = np.zeros((3, 4, 2)), np.ones((3, 2))
    masked = np.ma.masked_equal(truth, 1.0)  # type: ignore[no-untyped-call]
    for samples, truths, words in (
        (one, masked, "masked"),
        (one * 1j, truth, "must be numbers"),
        (one, truth * np.nan, "must be finite"),
        (one[:2], truth, "but truth"),
        (one.astype(str), truth, "must be numbers"),
    ):
        for use in (
            calibration.ranks,
            calibration.tarp_ranks,
            lambda samples, truth: PosteriorSamples(samples, truth, ("a", "b")),
        ):
            with pytest.raises(UsageError, match=words):
                use(samples, truths)
    found = PosteriorSamples(one.tolist(), truth.astype(int) > 0, ["a", "b"])  # type: ignore[arg-type]
    assert found.samples.dtype == found.truth.dtype == np.float64
    assert 0.0 <= coverage(found).p <= 1.0
    with pytest.raises(UsageError, match="coverage is of PosteriorSamples"):
        coverage(one)  # type: ignore[arg-type]


def test_sets_of_unequal_size_are_not_told_by_that() -> None:
    pytest.importorskip("sklearn")
    random = np.random.default_rng(5)
    one, other = random.standard_normal((40, 2)), random.standard_normal((400, 2))
    with pytest.raises(UsageError, match=r"as many samples .* not \(40, 2\) and \(400, 2\)"):
        calibration.c2st(one, other)
    with pytest.raises(UsageError, match="S 20 or more"):
        calibration.c2st(one[:5], one[:5])
    with pytest.raises(UsageError, match="finite"):
        calibration.c2st(one, one * np.nan)
