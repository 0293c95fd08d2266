"""What a classifier reaches, from its probabilities (samples, classes) and the labels (samples)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]

BINS = 15


def top(probabilities: F8, labels: I8) -> list[float]:
    """Share of samples whose class is among the n likeliest, for n = 1 (the accuracy), 2, ... all classes."""
    own = probabilities[np.arange(labels.size), labels]
    before = (probabilities > own[:, None]).sum(axis=1)
    ties = (probabilities == own[:, None]) & (np.arange(probabilities.shape[1]) < labels[:, None])
    rank = before + ties.sum(axis=1)  # of equal ones the first class is meant, as by argmax
    return [float((rank < n).mean()) for n in range(1, probabilities.shape[1] + 1)]


def confusion(probabilities: F8, labels: I8) -> I8:
    """Numbers of samples by class (rows) and class found (columns)."""
    classes = probabilities.shape[1]
    pairs = labels * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def calibration_error(probabilities: F8, labels: I8, bins: int = BINS) -> float:
    """Expected calibration error (Guo et al. 2017): |accuracy - mean confidence| in bins of equal width of the largest
    probability, (0, 1/bins], ..., weighted by the samples in each."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    number = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(number, weights=right, minlength=bins) - np.bincount(number, weights=confidence, minlength=bins)
    return float(np.abs(gaps).sum() / labels.size)


def log_loss(probabilities: F8, labels: I8) -> float:
    """Mean of -ln of the probability of the class, in nats."""
    return float(-np.log(probabilities[np.arange(labels.size), labels].clip(1e-300)).mean())


def balanced_accuracy(matrix: I8) -> float:
    """Mean over the classes of the share that is found, from a matrix of confusion; of the classes that occur."""
    counts = matrix.sum(axis=1)
    return float((np.diag(matrix)[counts > 0] / counts[counts > 0]).mean())
