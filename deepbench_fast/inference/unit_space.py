"""Parameters as standard normal numbers: the quantile that a recipe's draw has, as a normal deviate.

There the prior is the standard normal, parameters have no edges, and angles that go round end far out on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import Free, free_parameters
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.programs import Column, compile_programs
from deepbench_fast.errors import UsageError
from deepbench_fast.values.distributions import Constant, Derived, Distribution

Floats = npt.NDArray[np.float64]


class UnitSpace:
    """The parameters called `names` of a catalogue. Raises UsageError for those that have no density."""

    def __init__(self, plan: Plan, catalogue: int, names: Sequence[str]) -> None:
        self.names = tuple(names)
        possible = free_parameters(plan, catalogue)
        self._numbers = {name: number for number, name in enumerate(self.names)}
        columns: dict[str, Column] = {}
        for name in self.names:
            self._add(name, possible, columns)
        self._programs = compile_programs([list(columns.values())], {"": 0})

    def _add(self, name: str, possible: dict[str, Free], columns: dict[str, Column]) -> None:
        """The column of a parameter, after those that it starts from."""
        if name in columns:
            return
        free = possible[name]
        law = free.distribution
        number = self._numbers.setdefault(name, len(self._numbers))
        if number >= len(self.names) and not isinstance(law, Constant):
            raise UsageError(f"{name} decides about other parameters: name it, too")
        if number < len(self.names):
            _check_law(free, law)
        other = -1
        if isinstance(law, Derived):
            self._add(free.base, possible, columns)
            other = self._numbers[free.base]
        columns[name] = Column("", number, law, other=other)

    def parameters(self, points: Floats) -> Floats:
        """The parameters (N, P) at points (N, P)."""
        from deepbench_fast.kernels.inference.unit import from_normal

        out = np.empty((len(points), len(self._numbers)))
        from_normal(self._programs.rows, points, self._programs.values, self._programs.cumulative, out)
        return np.ascontiguousarray(out[:, : len(self.names)])


def _check_law(free: Free, law: Distribution) -> None:
    own = law.own
    if free.drawn_again:
        raise UsageError(f"{free.name} has no density: it is drawn again while the segment is too short")
    if free.declared.integer or own.is_discrete or own.form not in ("uniform", "loguniform", "normal"):
        raise UsageError(f"{free.name} is drawn from {law}: a posterior needs a uniform, loguniform or normal law")
