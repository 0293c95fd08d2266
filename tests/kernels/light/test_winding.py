"""The integrals of arms that `winding` tabulates, against SciPy's quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import i0e

from deepbench_fast.kernels._jit import kernel as compiled
from deepbench_fast.kernels.light import winding
from tests.oracles.light import FloatArray


@compiled
def integrals(kappa: float, scaled_i0: float, psi: FloatArray, first: FloatArray, second: FloatArray) -> None:
    scratch = winding.make_scratch(1)
    arms = winding.tabulate_arms(kappa, scaled_i0, scratch)
    for i in range(psi.size):
        first[i], second[i] = winding._both_integrals(psi[i], arms, scratch.table)


@pytest.mark.parametrize("kappa", [0.35, 3.0, 40.0, 554.0])
def test_integrals_of_arms(kappa: float) -> None:
    """From the middle of the gap at psi = pi on; those of the integral itself over whole turns are 2 pi squared."""

    def arm(psi: float) -> float:
        return float(np.exp(-2.0 * kappa * np.sin(0.5 * psi) ** 2) / i0e(kappa))

    psi = np.concatenate([np.pi + np.linspace(-np.pi, np.pi, 41), [np.pi + 6.0 * np.pi, np.pi - 8.0 * np.pi]])
    first, second = np.empty((2, psi.size))
    integrals(kappa, float(i0e(kappa)), psi, first, second)
    for i, end in enumerate(psi[:-2]):
        exact = quad(arm, np.pi, end, epsabs=0.0, epsrel=1e-11, limit=200)[0]
        assert first[i] == pytest.approx(exact, rel=1e-6, abs=1e-9)
        twice = quad(lambda at, end=end: (end - at) * arm(at), np.pi, end, epsabs=0.0, epsrel=1e-11, limit=200)[0]
        assert second[i] == pytest.approx(twice, rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(first[-2:], [6.0 * np.pi, -8.0 * np.pi], rtol=1e-12)
    np.testing.assert_allclose(second[-2:], [0.5 * (6.0 * np.pi) ** 2, 0.5 * (8.0 * np.pi) ** 2], rtol=1e-12)
