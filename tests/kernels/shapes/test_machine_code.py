"""Machine code, and the same bits on every CPU."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from deepbench_fast.kernels.shapes.compose import ADD, UNION, XOR
from tests.kernels import assembly
from tests.kernels.shapes.drawing import KERNELS, KINDS, blank, table
from tests.oracles import shapes as oracle


@pytest.mark.parametrize(("coverage", "dtype"), [(False, "float32"), (False, "uint8"), (True, "float32")])
@pytest.mark.parametrize("kind", KINDS)
def test_machine_code_is_packed_without_fused_multiply_add(kind: str, coverage: bool, dtype: str) -> None:
    shape = oracle.random_shape(kind, np.random.default_rng(1), 8)
    canvas = blank(1, 8, 8, dtype=dtype)
    code = assembly.fresh(KERNELS[kind][coverage], canvas, (8, 8, 0), table(kind, [shape], [0]), 0, UNION)
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
    assert assembly.partial_stores(code) == 0


def fingerprint() -> str:
    """Hash of random shapes of all kinds, in all modes."""
    rng = np.random.default_rng(31)
    digest = hashlib.sha256()
    for kind in KINDS:
        rows = [oracle.random_shape(kind, rng, 40) | {"amplitude": rng.uniform(0.5, 2.0)} for _ in range(60)]
        for coverage, overlap, dtype in (
            (False, UNION, "float32"),
            (False, XOR, "float32"),
            (True, ADD, "float32"),
            (False, ADD, "uint8"),
        ):
            canvas = blank(20, 40, 37, 3, dtype)
            samples = np.arange(60) // 3
            KERNELS[kind][coverage](canvas, (40, 37, 3), table(kind, rows, samples), 0, overlap)
            digest.update(canvas.tobytes())
    return digest.hexdigest()
