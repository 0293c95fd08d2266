"""Laws that values are drawn from."""

from deepbench_fast.values.distributions.choice import Choice
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.derived import Derived, is_whole
from deepbench_fast.values.distributions.distribution import Alone, Base, Distribution
from deepbench_fast.values.distributions.frame import Frame
from deepbench_fast.values.distributions.grid import Grid
from deepbench_fast.values.distributions.integers import Integers
from deepbench_fast.values.distributions.loguniform import LogUniform
from deepbench_fast.values.distributions.normal import Normal
from deepbench_fast.values.distributions.offset import Offset
from deepbench_fast.values.distributions.poisson import Poisson
from deepbench_fast.values.distributions.registry import FORMS, parse_distribution, parse_distributions, register
from deepbench_fast.values.distributions.scaled import Scaled
from deepbench_fast.values.distributions.table import Table
from deepbench_fast.values.distributions.uniform import Uniform

__all__ = [
    "FORMS",
    "Alone",
    "Base",
    "Choice",
    "Constant",
    "Derived",
    "Distribution",
    "Frame",
    "Grid",
    "Integers",
    "LogUniform",
    "Normal",
    "Offset",
    "Poisson",
    "Scaled",
    "Table",
    "Uniform",
    "is_whole",
    "parse_distribution",
    "parse_distributions",
    "register",
]

register(Uniform, LogUniform, Normal, Integers, Choice, Poisson, Grid, Table, Offset, Scaled, Frame)
