"""Laws to draw from that are near a posterior: the prior, and Student's t about its modes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.inference import mixture as kernels

Floats = npt.NDArray[np.float64]

DEFENCE = 0.05
"""The prior's share of every mixture, so that no weight is above its likelihood over this share."""

SMALLEST = 1e-300
"""Below it a product of widths has lost digits: its logarithm is a sum of theirs."""


@dataclass(frozen=True)
class Mixture:
    """The standard normal with the share `DEFENCE`, and t laws with shares (K,), means (K, P), scales (K, P, P)."""

    shares: Floats
    means: Floats
    scales: Floats
    roots: Floats

    @classmethod
    def of(cls, shares: Floats, means: Floats, scales: Floats) -> Self:
        """With the t laws that have a scale and a share; the shares are brought to 1."""
        size = means.shape[1]
        kept, roots = [0], [np.eye(size)]
        for number in range(len(shares)):
            root = np.zeros((size, size))
            if shares[number] > 0.0 and kernels.cholesky(np.ascontiguousarray(scales[number]), root):
                kept.append(1 + number)
                roots.append(root)
        chosen = np.array(kept[1:], np.int64) - 1
        total = 0.0
        for number in chosen:
            total += shares[number]
        own = np.array([DEFENCE if len(chosen) else 1.0, *((1.0 - DEFENCE) * shares[k] / total for k in chosen)])
        return cls(
            own,
            np.concatenate([np.zeros((1, size)), means[chosen]]),
            np.concatenate([np.eye(size)[None], scales[chosen]]),
            np.stack(roots),
        )

    def draw(self, key: npt.NDArray[np.uint32], stream: int, first: int, count: int) -> Floats:
        """The members `first, first + 1, ...` of its draws, (count, P)."""
        points = np.empty((count, self.means.shape[1]))
        kernels.draw_mixture(np.cumsum(self.shares), self.means, self.roots, key, stream, first, points)
        return points

    def log_density(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """ln of the density at points (N, P), and the distances and terms that `refitted` needs, both (N, K)."""
        size = points.shape[1]
        factors = np.empty(len(self.shares))
        constant = _t_constant(size)
        for number, root in enumerate(self.roots):
            determinant = self.shares[number] * (constant if number else 1.0)
            with np.errstate(over="ignore", under="ignore"):
                for k in range(size):
                    determinant /= root[k, k] if number else _TWO_PI_ROOT
            factors[number] = determinant
        logs = kernels.logarithms(factors)
        for number in np.flatnonzero((factors < SMALLEST) | (factors == np.inf)).tolist():
            # Many parameters that are known well: the product is beyond float64.
            parts = kernels.logarithms(np.array([self.shares[number], constant if number else 1.0]))
            logs[number] = parts[0] + parts[1]
            roots = np.diagonal(self.roots[number]) if number else np.full(size, _TWO_PI_ROOT)
            for one in kernels.logarithms(np.ascontiguousarray(roots)):
                logs[number] -= one
        distances, terms = np.empty((2, len(points), len(self.shares)))
        found = np.empty(len(points))
        kernels.log_mixture(points, logs, self.means, self.roots, distances, terms, found)
        return found, distances, terms

    def refitted(
        self, points: Floats, weights: Floats, density: Floats, distances: Floats, terms: Floats, least: float
    ) -> Self:
        """One step nearer to the law that weighted draws of it are of; shares below `least` are given up."""
        shares, means, scales = np.empty_like(self.shares), np.empty_like(self.means), np.empty_like(self.scales)
        kernels.refit(points, weights, distances, terms, density, shares, means, scales)
        shares[shares < least] = 0.0
        return self.of(shares[1:], means[1:], scales[1:])

    def with_more(self, share: float, means: Floats, scales: Floats) -> Self:
        """With more t laws, each of this share."""
        return self.of(
            np.concatenate(
                [(1.0 - len(means) * share) / (1.0 - DEFENCE) * self.shares[1:], np.full(len(means), share)]
            ),
            np.concatenate([self.means[1:], means]),
            np.concatenate([self.scales[1:], scales]),
        )

    def with_wide_twins(self, share: float, factor: float) -> Self:
        """With this share in twins of the t laws whose scales are `factor` times as large, so that tails are drawn."""
        shares, means, scales = self.shares[1:], self.means[1:], self.scales[1:]
        return self.of(
            np.concatenate([(1.0 - share) * shares, share * shares]),
            np.concatenate([means, means]),
            np.concatenate([scales, factor * scales]),
        )


_TWO_PI_ROOT = 2.5066282746310005024


def _t_constant(size: int) -> float:
    """Gamma((f + P) / 2) / Gamma(f / 2) / (f pi)**(P / 2) of a t law of f degrees of freedom in P dimensions."""
    half = kernels.DEGREES // 2  # Gamma(half) = (half - 1)!
    found = 1.0
    if size % 2:
        # Gamma(half + 1/2) / Gamma(half), from Gamma(1/2) = sqrt(pi) = sqrt(2 pi) / sqrt(2)
        found = _TWO_PI_ROOT / math.sqrt(2.0)
        for k in range(half):
            found *= k + 0.5
        for k in range(1, half):
            found /= k
    for k in range(size // 2):
        found *= half + 0.5 * (size % 2) + k
    for _ in range(size):
        found *= math.sqrt(2.0 / kernels.DEGREES) / _TWO_PI_ROOT
    return found
