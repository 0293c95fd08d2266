"""Noisy galaxies in JAX, as one would write them there: one image as a function, then vmap and jit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

PARAMETERS = ("x", "y", "amplitude", "r_eff", "n", "ellip", "theta")


def make_galaxies(table: npt.NDArray[Any], sigma: float, size: int) -> Callable[[], Any]:
    """A function that makes one noisy image for each row of the table, by compiled code, float32, on the CPU.

    The noise is JAX's own with its default generator (Threefry; its "rbg" takes four times as long on a CPU).
    """
    rows, columns = jnp.mgrid[:size, :size].astype(jnp.float32)
    key = jax.random.key(0)

    def galaxy(
        member: Any, x: Any, y: Any, amplitude: Any, r_eff: Any, n: Any, ellip: Any, theta: Any, sigma: Any
    ) -> Any:
        b = 2.0 * n - 1.0 / 3.0 + 4.0 / (405.0 * n) + 46.0 / (25515.0 * n**2)
        sine, cosine = jnp.sin(theta), jnp.cos(theta)
        u = (columns - x) * cosine + (rows - y) * sine
        v = (rows - y) * cosine - (columns - x) * sine
        z2 = (u / r_eff) ** 2 + (v / ((1.0 - ellip) * r_eff)) ** 2
        light = amplitude * jnp.exp(-b * (z2 ** (0.5 / n) - 1.0))
        return light + sigma * jax.random.normal(jax.random.fold_in(key, member), (size, size), jnp.float32)

    images = jax.jit(jax.vmap(galaxy))
    drawn = [jnp.asarray(np.float32(table[name])) for name in PARAMETERS]
    arguments = [jnp.arange(len(table), dtype=jnp.uint32), *drawn, jnp.full(len(table), sigma, jnp.float32)]
    return lambda: images(*arguments).block_until_ready()
