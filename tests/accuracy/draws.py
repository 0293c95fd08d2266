"""Draws over whole valid ranges, the ends among them."""

from __future__ import annotations

import numpy as np


def spread(rng: np.random.Generator, low: float, high: float) -> float:
    """Evenly within a range; one in four stands at an end."""
    return float((low, high, *rng.uniform(low, high, 6))[rng.integers(8)])


def span(rng: np.random.Generator, low: float, high: float) -> float:
    """The same, evenly over the decades of a range."""
    return float((low, high, *np.exp(rng.uniform(np.log(low), np.log(high), 6)))[rng.integers(8)])


def place(rng: np.random.Generator, size: int) -> float:
    """A column or row: on and about a frame, at and next to pixels' centres and edges, far away."""
    near = rng.integers(size) + rng.choice([0.0, 0.5])
    return float(
        (
            rng.integers(size),
            near,
            near + rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-9.0, -1.0),
            rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(0.0, 6.0),
            *rng.uniform(-3.0, size + 3.0, 3),
        )[rng.integers(7)]
    )
