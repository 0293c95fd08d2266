"""Series that are ready to be shown: values, noise-free twin, names and units, and how they fall into plots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.fine_curves import FineCurves, fine_curves, through
from deepbench_fast.recipe.extras import CLEAN
from deepbench_fast.recipe.systems import dynamics_of, output_columns

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe
    from deepbench_fast.render.batch import Batch

Series = npt.NDArray[np.float64]

POSITION = "position"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Values that differ by less than this fraction of themselves are shown as the constant that they should be.
LEAST_SPAN = 0.01


@dataclass(frozen=True)
class Motion:
    """One series with what is needed to show it.

    `label` is the name of its catalogue, `number` the sample's; `values` and `clean`, both of shape (steps,
    columns), are with and without noise; `clean` is None where there is no noise. Each of `columns` is (name, unit,
    output that it belongs to). What is drawn between the moments are `fine` curves, at the times `fine_time`: None
    where there are none but those through the moments. `nominal` are those without noise on the parameters, at the
    same times as these, None where there is no such noise.
    """

    number: int
    label: str
    time: Series
    time_unit: str
    columns: tuple[tuple[str, str, str], ...]
    values: Series
    clean: Series | None
    fine_time: Series | None = None
    fine: Series | None = None
    nominal: Series | None = None

    @property
    def path_time(self) -> Series:
        """The times of `path`."""
        return self.time if self.fine_time is None else self.fine_time

    @property
    def path(self) -> Series:
        """The series without noise, as finely as it is known."""
        return self.curves if self.fine is None else self.fine

    @property
    def curves(self) -> Series:
        """The series without noise."""
        return self.values if self.clean is None else self.clean

    def is_noisy(self, columns: int | npt.NDArray[np.int64]) -> bool:
        """Whether there is noise on these columns."""
        return self.clean is not None and not np.array_equal(
            self.values[:, columns], self.clean[:, columns], equal_nan=True
        )

    def without_noise(self) -> Motion:
        """The same series as it would be without noise."""
        return replace(self, values=self.curves, clean=None, nominal=None)


@dataclass(frozen=True)
class Panel:
    """Columns of a series that are drawn into one plot, shape (parts, axes): as orbits or against time.

    What has a value for each body has one part a body and its axes; outputs of one unit are parts with one axis.
    """

    columns: npt.NDArray[np.int64]
    names: tuple[str, ...]
    title: str
    orbits: bool = False

    @property
    def in_space(self) -> bool:
        """Whether these are orbits in three dimensions."""
        return self.orbits and self.columns.shape[1] == 3


def panels(motion: Motion) -> list[Panel]:
    """The plots that show a series: orbits of bodies, then outputs against time, those of one unit together."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, (name, unit, output) in enumerate(motion.columns):
        groups.setdefault((unit, "" if name == output else output), []).append(number)
    found = [_panel(motion, numbers, unit, output) for (unit, output), numbers in groups.items()]
    return sorted(found, key=lambda panel: not panel.orbits)


def _panel(motion: Motion, numbers: list[int], unit: str, output: str) -> Panel:
    names = tuple(motion.columns[number][0] for number in numbers)
    axes = len({name.rstrip("0123456789") for name in names}) if output else 1
    title = output or (names[0] if len(names) == 1 else "")
    columns = np.array(numbers, np.int64).reshape(-1, axes)
    return Panel(columns, names, with_unit(title, unit), output == POSITION and axes > 1)


def with_unit(name: str, unit: str) -> str:
    """The label of an axis, e.g. 'momentum [kg m²/s]'."""
    words = (
        word[0] + word[1:].translate(SUPERSCRIPTS) if word[0].isalpha() else word
        for word in unit.replace("(", "( ").split()
    )
    text = " ".join(words).replace(" / ", "/").replace("( ", "(")
    return f"{name} [{text}]".strip() if unit else name


def limits(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Ends of an axis that shows all finite values, of which it leaves a little room around."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    least = LEAST_SPAN * max(abs(low), abs(high)) or 1.0
    half, middle = max((high - low) / 2 * 1.08, least / 2), (low + high) / 2
    return middle - half, middle + half


def motions(batch: Batch) -> list[Motion]:
    """The samples of a batch of series.

    The noise-free twins are the batch's own, or made again from its recipe where it has none; curves between the
    moments are followed again, see `fine_curves`.
    """
    recipe, time, values = batch.recipe, np.array(batch.recipe.time.moments), batch["series"]
    noisy = [bool(recipe.noise_of(name)) for name in batch.catalogues]
    clean = batch.get("clean")
    labels = batch.labels.tolist()
    if clean is None and any(noisy[label] for label in labels):
        clean = _made_again(recipe, batch.index)
    fine = fine_curves(recipe, batch.index) if labels else None
    found = []
    for row, (number, label) in enumerate(zip(batch.index.tolist(), labels, strict=True)):
        name = batch.catalogues[label]
        (entry,) = recipe.catalogues[name].objects
        columns = tuple(output_columns(entry, recipe.time.outputs))
        twin = clean[row] if clean is not None and noisy[label] else None
        motion = Motion(number, name, time, dynamics_of(entry).time_unit, columns, values[row], twin)
        scattered = bool(recipe.parameter_noise_of(name))
        found.append(motion if fine is None else _refined(motion, fine, row, scattered))
    return found


def _refined(motion: Motion, fine: FineCurves, row: int, scattered: bool) -> Motion:
    """The motion with what is known between its moments; `scattered` says that there is noise on its parameters."""
    path = through(fine.values[row], motion.curves)
    if path is None:
        return motion
    nominal = fine.nominal[row] if scattered and fine.nominal is not None else None
    return replace(motion, fine_time=fine.times, fine=path, nominal=nominal)


def _made_again(recipe: Recipe, numbers: npt.NDArray[np.int64]) -> Series:
    """The noise-free twins of samples, rendered from their recipe."""
    from deepbench_fast.render.samples import samples

    with_twin = recipe.with_overrides({"extras": [CLEAN]})
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    return np.concatenate([samples(with_twin, int(run[0]), int(run[-1]) + 1)["clean"] for run in runs])
