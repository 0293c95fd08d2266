"""Which object gives a pixel its light, against what the definition says pixel by pixel."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.image.masks import claim_pixels
from tests.kernels import assembly


def scene(dtype: Any, pixels: int = 213) -> tuple[Any, ...]:
    """Light of seven objects of two images, with ties, dark parts and values just above a threshold."""
    rng = np.random.default_rng(4)
    light = rng.integers(0, 40, (7, pixels)).astype(dtype)
    light[rng.random(light.shape) < 0.3] = 0
    samples, numbers = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([1, 2, 300, 1, 2, 3, 65_535])
    peaks = light.max(axis=1).astype(np.float32)
    return np.zeros((2, pixels), np.uint16), np.zeros((2, pixels), dtype), light, peaks, samples, numbers, 0.25


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_the_brightest_claims_a_pixel_and_the_earlier_of_equals(dtype: Any) -> None:
    masks, brightest, light, peaks, samples, numbers, threshold = scene(dtype)
    claim_pixels(masks, brightest, light, peaks, samples, numbers, threshold)
    for p in range(masks.shape[1]):
        for image in range(2):
            own = [k for k in range(7) if samples[k] == image and light[k, p] > np.float32(threshold) * peaks[k]]
            first = max(own, key=lambda k: (light[k, p], -k), default=None)
            assert masks[image, p] == (0 if first is None else numbers[first])
            assert brightest[image, p] == (0 if first is None else light[first, p])


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_machine_code_looks_at_no_pixel_alone(dtype: Any) -> None:
    code = assembly.fresh(claim_pixels, *scene(dtype))
    assert not re.search(r"^\s+v?pextr[bwdq]\s", code, re.MULTILINE)
    assert assembly.partial_stores(code) == 0
