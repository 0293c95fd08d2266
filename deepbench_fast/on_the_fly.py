"""Samples on the fly: the same bytes as in a file, without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import Tables, draw
from deepbench_fast.errors import UsageError
from deepbench_fast.plan import Plan, make_plan
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.render import Renderer
from deepbench_fast.store.schema import singular


class Samples(Mapping[str, npt.NDArray[Any]]):
    """Consecutive samples of a recipe: a mapping of arrays (`images` or `series`, `targets`, extras), and their tables.

    `tables.samples` and `tables.objects[kind]` have the columns of `/samples` and `/objects/<kind>`; `labels` are the
    numbers of the samples' catalogues in `catalogues`; `recipe` has every default filled in.
    """

    def __init__(self, plan: Plan, tables: Tables, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.first = tables.first
        self.tables = tables
        self.recipe = plan.recipe
        self.catalogues = plan.catalogues
        self.target_names = tuple(target.name for target in plan.targets)
        self.outputs = tuple(name for name, _, _ in plan.output_columns) if plan.is_series else ()
        self._arrays = arrays

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Any:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """Number of each sample's catalogue."""
        labels: npt.NDArray[np.int32] = self.tables.samples["catalogue"]
        return labels


_last: tuple[Recipe, Renderer] | None = None


def samples(recipe: Recipe, start: int, stop: int) -> Samples:
    """Samples `start` to `stop - 1` of the dataset that `recipe` describes, in memory.

    Any range may be asked for, also beyond `recipe.samples`: a longer dataset begins with the shorter one.
    Raises UsageError unless 0 <= start <= stop.
    """
    if not 0 <= start <= stop:
        raise UsageError(f"samples {start} to {stop}: not a range")
    renderer = _renderer(recipe)
    tables = draw(renderer.plan, start, stop)
    return Samples(renderer.plan, tables, renderer.render(tables))


def sample(recipe: Recipe, index: int) -> dict[str, Any]:
    """Sample number `index` as `{"image" or "series", "target", "label", "index"}`, as `Dataset[index]` gives it."""
    one = samples(recipe, index, index + 1)
    arrays = {singular(name): array[0] for name, array in one.items()}
    return {**arrays, "label": int(one.labels[0]), "index": index}


def _renderer(recipe: Recipe) -> Renderer:
    """The renderer of the recipe that was asked for last is kept: planning costs more than one sample."""
    global _last
    if _last is None or _last[0] is not recipe:
        _last = (recipe, Renderer(make_plan(recipe)))
    return _last[1]
