"""Light that is no finite number: a kind of the user's own may give it, and no file may hold it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.errors import UsageError
from deepbench_fast.render.scene import Scene
from deepbench_fast.values.number_text import brief


class FiniteLight:
    """Checks the light of one plan's samples, where kinds of the user's own are among them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._own = [kind for kind in scene.plan.kinds if kind.fingerprint]

    def check(self, tables: Tables, pad: int, images: npt.NDArray[np.float32]) -> None:
        """Raise UsageError where `images`, shape (samples, pixels), hold NaN or inf; it names the object."""
        if self._own and not np.isfinite(images).all():
            number = int(np.flatnonzero(~np.isfinite(images).all(axis=1))[0])
            self._refuse(tables, number, pad, np.empty_like(images[:1]))

    def _refuse(self, tables: Tables, number: int, pad: int, light: npt.NDArray[np.float32]) -> NoReturn:
        of, where = tables.samples[number : number + 1], f"sample {tables.first + number}"
        none = {name: rows[:0] for name, rows in tables.objects.items()}
        for kind in self._own:
            table = tables.objects[kind.name]
            for place in np.flatnonzero(table["sample"] == tables.first + number):
                row = table[place : place + 1].copy()
                row["sample"] = 0
                self._scene.draw({**none, kind.name: row}, 0, of, pad, light)
                if not np.isfinite(light).all():
                    raise UsageError(f"{kind.name}: {self._reason} in {where} ({_parameters(kind.parameters, row)})")
        raise UsageError(f"{where}: has more light than float32 can hold")

    @property
    def _reason(self) -> str:
        if self._scene.plan.recipe.image.sampling == "integrate":
            return "its mean over a pixel is no finite number, or isn't found (an infinite or a jagged function),"
        return "its function gives no finite number"


def _parameters(parameters: Any, row: npt.NDArray[Any]) -> str:
    return ", ".join(f"{p.name}={brief(row[p.name][0], 9)}" for p in parameters)
