"""Parameters over the whole of their valid ranges: the ends often, decades evenly, and positions where kernels turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepbench_fast.kinds.registry import kind

# Offsets of a centre within its pixel: in the middle, on edges and corners, and next to these.
OFFSETS = (0.0, 0.5, -0.5, 0.25, 0.4999999, 1e-9)


def wide(rng: np.random.Generator, low: float, high: float, often: Sequence[float] = ()) -> float:
    """A number from `low` to `high`, both positive: its logarithm even, or one of the ends or of what is `often`."""
    if rng.random() < 0.3:
        return float(rng.choice([low, high, *often]))
    return float(min(max(10.0 ** rng.uniform(np.log10(low), np.log10(high)), low), high))


def even(rng: np.random.Generator, low: float, high: float, often: Sequence[float] = ()) -> float:
    """A number from `low` to `high`: even, or one of the ends or of what is `often`."""
    return float(rng.choice([low, high, *often]) if rng.random() < 0.3 else rng.uniform(low, high))


def place(rng: np.random.Generator, size: int, farthest: float = 1e6) -> tuple[float, float]:
    """A centre on a frame, on its pixels' edges, beside it, or as far from it as is valid."""
    match rng.integers(4):
        case 0:
            x, y = rng.uniform(-3.0, size + 3.0, 2)
        case 1:
            x, y = rng.integers(0, size, 2) + rng.choice(OFFSETS, 2)
        case 2:
            x, y = rng.uniform(-5.0 * size, 6.0 * size, 2)
        case _:
            x, y = rng.choice([-1.0, 1.0], 2) * 10.0 ** rng.uniform(0.0, np.log10(farthest), 2)
    return float(x), float(y)


def limits(name: str, parameter: str) -> tuple[float, float]:
    """The valid range of a kind's parameter."""
    declared = kind(name).parameter(parameter)
    return declared.low, declared.high
