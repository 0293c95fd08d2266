"""Constants of Gauss-Radau quadrature with eight nodes, from its nodes by exact fractions, each rounded once.

Over a step of length h, with y = t / h, an acceleration is written in two ways,

    a(y) = a_0 + sum_k g_k y (y - h_1) ... (y - h_k) = a_0 + sum_k b_k y**(k+1),    k = 0 to 6,

with divided differences g and coefficients b (Everhart 1985; Rein & Spiegel 2015, eqs 4 to 11). Rows and columns count
from 0.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

TERMS = 7

# The nodes after 0: the roots of P_7 + P_8, moved from (-1, 1) to (0, 1); Abramowitz & Stegun 25.4.31.
_NODES = [
    Fraction(digits)
    for digits in (
        "0.0562625605369221464656521910318",
        "0.180240691736892364987579942780",
        "0.352624717113169637373907769648",
        "0.547153626330555383001448554766",
        "0.734210177215410531523210605558",
        "0.885320946839095768090359771030",
        "0.977520613561287501891174488626",
    )
]


def _products() -> list[list[Fraction]]:
    """Row k: the coefficients of (y - h_1) ... (y - h_k), of ascending powers."""
    rows = [[Fraction(1)]]
    for node in _NODES[:-1]:
        last = rows[-1]
        rows.append([low - node * high for low, high in zip([Fraction(0), *last], [*last, Fraction(0)], strict=True)])
    return [[*row, *[Fraction(0)] * (TERMS - len(row))] for row in rows]


def _rounded(rows: list[list[Fraction]]) -> FloatArray:
    return np.array([[float(number) for number in row] for row in rows])


NODES = np.array([float(node) for node in _NODES])
# g_k adds PRODUCTS[k, j] g_k to b_j.
PRODUCTS = _rounded(_products())
# Row n: 1 / h_(n+1), then 1 / (h_(n+1) - h_m) for m = 1 to n.
INVERSES = _rounded(
    [
        [1 / node, *(1 / (node - other) for other in _NODES[:n]), *[Fraction(0)] * (6 - n)]
        for n, node in enumerate(_NODES)
    ]
)
# Row n: what g adds to a position at node n + 1, in units of h**2.
POSITIONS = _rounded(
    [
        [
            sum((factor * node ** (j + 3) / ((j + 2) * (j + 3)) for j, factor in enumerate(row)), Fraction(0))
            for row in _products()
        ]
        for node in _NODES
    ]
)
# The same at any y, without the powers of y: for positions, and for velocities in units of h.
TWICE = np.array([1.0 / ((j + 2) * (j + 3)) for j in range(TERMS)])
ONCE = np.array([1.0 / (j + 2) for j in range(TERMS)])
# Moved to the end of the step, b_k adds SHIFTS[j, k] b_k to b_j.
SHIFTS = np.array([[float(comb(k + 1, j + 1)) for k in range(TERMS)] for j in range(TERMS)])
