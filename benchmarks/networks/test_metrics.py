"""Measures of classifiers against what their definitions say, sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.networks.metrics import F8, I8, balanced_accuracy, calibration_error, confusion, log_loss, top


def cases() -> list[tuple[F8, I8]]:
    generator = np.random.default_rng(4)
    found = []
    for classes in (2, 3, 5, 11):
        probabilities = generator.dirichlet(np.full(classes, 0.4), 200)
        found.append((probabilities, generator.integers(0, classes, 200)))
    even = np.full((40, 4), 0.25)  # all equal: the first class is meant
    sure = np.eye(3)[generator.integers(0, 3, 50)]
    return [*found, (even, generator.integers(0, 4, 40)), (sure, generator.integers(0, 3, 50))]


CASES = cases()


@pytest.mark.parametrize(("probabilities", "labels"), CASES)
def test_top(probabilities: F8, labels: I8) -> None:
    ranked = [sorted(range(len(row)), key=lambda k, row=row: (-row[k], k)) for row in probabilities.tolist()]
    expected = [
        np.mean([label in order[:n] for order, label in zip(ranked, labels.tolist(), strict=True)])
        for n in range(1, probabilities.shape[1] + 1)
    ]
    np.testing.assert_allclose(top(probabilities, labels), expected, rtol=1e-12)


@pytest.mark.parametrize(("probabilities", "labels"), CASES)
def test_confusion(probabilities: F8, labels: I8) -> None:
    expected = np.zeros((probabilities.shape[1],) * 2, int)
    for row, label in zip(probabilities, labels, strict=True):
        expected[label, int(np.argmax(row))] += 1
    matrix = confusion(probabilities, labels)
    np.testing.assert_array_equal(matrix, expected)
    occurring = [k for k in range(len(expected)) if expected[k].sum()]
    recall = [expected[k, k] / expected[k].sum() for k in occurring]
    assert balanced_accuracy(matrix) == pytest.approx(np.mean(recall))


@pytest.mark.parametrize("bins", [1, 4, 15])
@pytest.mark.parametrize(("probabilities", "labels"), CASES)
def test_calibration_error(probabilities: F8, labels: I8, bins: int) -> None:
    expected = 0.0
    for number in range(bins):
        inside = [
            (max(row), float(np.argmax(row) == label))
            for row, label in zip(probabilities, labels, strict=True)
            if number / bins < max(row) <= (number + 1) / bins
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            expected += len(inside) / len(labels) * abs(confidence - right)
    assert calibration_error(probabilities, labels, bins) == pytest.approx(expected, abs=1e-12)


def test_a_calibrated_classifier_has_no_error() -> None:
    probabilities = np.array([[0.75, 0.25]] * 4)
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0)


def test_a_confidence_at_an_edge_is_of_the_lower_bin() -> None:
    probabilities, labels = np.array([[0.5, 0.5], [0.6, 0.4]]), np.array([1, 0])
    assert calibration_error(probabilities, labels, bins=2) == pytest.approx((0.5 + 0.4) / 2)


@pytest.mark.parametrize(("probabilities", "labels"), CASES[:5])
def test_log_loss(probabilities: F8, labels: I8) -> None:
    expected = [-np.log(row[label]) for row, label in zip(probabilities, labels, strict=True)]
    assert log_loss(probabilities, labels) == pytest.approx(np.mean(expected))
