"""Densities of mixtures against sums of logarithms, also where a product of all widths is beyond float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deepbench_fast.inference.mixture import DEFENCE, Mixture
from deepbench_fast.kernels.inference.mixture import DEGREES


@pytest.mark.parametrize(("size", "width"), [(1, 1e-3), (2, 10.0), (10, 1e-5), (41, 1e-8), (60, 1e-6), (100, 1e-4)])
def test_density_of_many_narrow_parameters(size: int, width: float) -> None:
    shares = np.array([0.25, 0.75])
    mixture = Mixture.of(shares, np.zeros((2, size)), np.stack([np.eye(size) * width**2] * 2))
    points = np.zeros((2, size))
    points[1] = width
    peak = math.lgamma(0.5 * (DEGREES + size)) - math.lgamma(0.5 * DEGREES)
    peak -= 0.5 * size * math.log(DEGREES * math.pi) + size * math.log(width)
    narrow = peak - 0.5 * (DEGREES + size) * np.log1p(np.sum(points**2, axis=1) / width**2 / DEGREES)
    prior = -0.5 * size * math.log(2.0 * math.pi) - 0.5 * np.sum(points**2, axis=1)
    expected = np.logaddexp(math.log(1.0 - DEFENCE) + narrow, math.log(DEFENCE) + prior)
    found, _, terms = mixture.log_density(points)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(terms[:, 2] - terms[:, 1], math.log(3.0), rtol=1e-9)
