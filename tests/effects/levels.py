"""Levels of noise as `/samples` holds them, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.effects.chain import Chain
from deepbench_fast.effects.effect import Rows

COLUMNS = ("gaussian_sigma", "poisson_level", "ccd_sky", "ccd_gain", "ccd_read_noise")


def rows(*levels: Any) -> Rows:
    """A table with these `COLUMNS`, NaN where a sample has no such noise."""
    columns = {f"noise_{name}": np.asarray(level, np.float64) for name, level in zip(COLUMNS, levels, strict=True)}
    for name, owner in (("poisson_subtract", "poisson_level"), ("ccd_subtract_sky", "ccd_gain")):
        columns[f"noise_{name}"] = 0.0 * columns[f"noise_{owner}"]
    return Rows(columns, {}, np.zeros(len(columns["noise_ccd_gain"]), np.int64), np.zeros(2, np.uint32))


def noise_variance(clean: Any, *levels: Any) -> Any:
    """The variance of each pixel, (T, pixels)."""
    out, table = np.full(clean.shape, -1, np.float32), rows(*levels)
    Chain(table.columns).find(clean, table, out)
    return out


def matched_filter_snr(clean: Any, *levels: Any) -> Any:
    """The ratio of light to noise, (T,)."""
    table = rows(*levels)
    return Chain(table.columns).find(clean, table)["noise_snr"]
