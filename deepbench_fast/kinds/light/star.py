"""Stars."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import always, of_size
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.light.parameters import FAR, LIT, NARROW, X, Y, amplitude
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Uniform
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting


def _check_star(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    if setting.image.sampling == "integrate" and supports["alpha"][0] <= 1.0:
        raise Invalid("must be above 1 with sampling integrate: at alpha 1 and below the flux is infinite", ("alpha",))


STAR = Kind(
    name="star",
    meaning="star: Moffat profile, amplitude * (1 + r^2 / gamma^2)^-alpha (Moffat 1969)",
    layer="light",
    parameters=(
        X,
        Y,
        amplitude("amplitude", "brightness at the centre"),
        Parameter("gamma", "pix", "core width", NARROW, FAR, partial(of_size, 0.03, 0.10, 0.5)),
        Parameter(
            "alpha",
            "",
            "steepness of the wings",
            0.0,
            100.0,
            partial(always, Uniform(2.5, 4.765)),
            low_open=True,
        ),
    ),
    sources={"": ("moffat1969",)},
    profile="deepbench_fast.kernels.light.profiles:star",
    lit={"amplitude": LIT},
    reach="deepbench_fast.kernels.light.reach:star",
    kernels={
        "center": "deepbench_fast.kernels.light.star:star_center",
        "integrate": "deepbench_fast.kernels.light.star:star_integrate",
    },
    check=_check_star,
)
