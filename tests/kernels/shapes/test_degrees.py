"""Sine and cosine of degrees: exact where they are rational, accurate everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels.shapes.degrees import cosine_degrees, sincos_degrees
from tests.kernels.loops import loop, ulp_error

RATIONAL = {0: 0.0, 30: 0.5, 90: 1.0, 150: 0.5, 180: 0.0, 210: -0.5, 270: -1.0, 330: -0.5}


def sines(degrees: Any) -> tuple[Any, Any]:
    degrees = np.asarray(degrees, np.float64)
    sine, cosine = np.empty((2, degrees.size))
    loop(sincos_degrees, results=2)(degrees, sine, cosine)
    return sine, cosine


def test_rational_values_are_exact() -> None:
    turns = 360.0 * np.array([-1e9, -7, -1, 0, 1, 2, 1e12])
    for degrees, value in RATIONAL.items():
        assert np.all(sines(degrees + turns)[0] == value)
        assert np.all(sines(degrees - 90 + turns)[1] == value)


def test_equal_where_the_true_values_are() -> None:
    degrees = np.random.default_rng(1).uniform(0, 45, 1000)
    degrees = np.round(degrees * 2**20) / 2**20
    sine, cosine = sines(degrees)
    for quarter, expected in enumerate([(sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine)]):
        assert np.array_equal(sines(degrees + 90 * quarter), expected)


def test_accuracy() -> None:
    degrees = np.random.default_rng(2).uniform(-45, 45, 100_000)
    radians = degrees.astype(np.longdouble) * (np.longdouble("3.14159265358979323846264338") / 180)
    sine, cosine = sines(degrees)
    assert ulp_error(sine, np.sin(radians)) < 2
    assert ulp_error(cosine, np.cos(radians)) < 2


def test_cosine_alone() -> None:
    degrees = np.random.default_rng(3).uniform(-1000, 1000, 1000)
    result = np.empty_like(degrees)
    loop(cosine_degrees)(degrees, result)
    assert np.array_equal(result, sines(degrees)[1])
