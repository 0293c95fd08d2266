"""Fine images brought back to pixels, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.kernels.image.finer import pixel_centres, pixel_means


@pytest.mark.parametrize("factor", [1, 3, 5, 15])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (28, 20)])
def test_means_and_centres(factor: int, shape: tuple[int, int]) -> None:
    height, width = shape
    fine = np.random.default_rng(5).exponential(1.0, (4, height * factor, width * factor)).astype(np.float32)
    out = np.empty((4, height * width), np.float32)
    pixel_means(fine.reshape(4, -1), shape, factor, out)
    blocks = fine.astype(float).reshape(4, height, factor, width, factor)
    np.testing.assert_allclose(out, blocks.mean((2, 4)).reshape(4, -1), rtol=1e-6)
    pixel_centres(fine.reshape(4, -1), shape, factor, out)
    np.testing.assert_array_equal(out, blocks[:, :, factor // 2, :, factor // 2].reshape(4, -1))
    alone = np.empty((1, height * width), np.float32)
    pixel_centres(fine[2:3].reshape(1, -1), shape, factor, alone)
    np.testing.assert_array_equal(alone[0], out[2])
