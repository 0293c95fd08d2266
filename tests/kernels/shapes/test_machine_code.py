"""Machine code, and the same bits on every CPU."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from deepbench_fast.kernels.shapes.compose import ADD, UNION, XOR
from tests.kernels import assembly
from tests.kernels.shapes.drawing import KERNELS, KINDS, blank, table
from tests.oracles import shapes as oracle


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_machine_code_is_packed_without_fused_multiply_add(kind: str, coverage: bool) -> None:
    shape = oracle.random_shape(kind, np.random.default_rng(1), 8)
    code = assembly.fresh(KERNELS[kind][coverage], blank(1, 8, 8), (8, 8, 0), table(kind, [shape], [0]), 0, UNION)
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    """Hash of random shapes of all kinds, in all modes."""
    rng = np.random.default_rng(31)
    digest = hashlib.sha256()
    for kind in KINDS:
        rows = [oracle.random_shape(kind, rng, 40) | {"amplitude": rng.uniform(0.5, 2.0)} for _ in range(60)]
        for coverage, overlap in ((False, UNION), (False, XOR), (True, ADD)):
            canvas = blank(20, 40, 37, 3)
            samples = np.arange(60) // 3
            KERNELS[kind][coverage](canvas, (40, 37, 3), table(kind, rows, samples), 0, overlap)
            digest.update(canvas.tobytes())
    return digest.hexdigest()
