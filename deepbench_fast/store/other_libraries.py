"""Tables and arrays of a dataset as pandas and xarray have them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.store.stored import Stored
from deepbench_fast.values.optional import not_loaded

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from astropy.table import QTable

AXES: dict[str, tuple[str, ...]] = {"images": ("row", "column"), "clean": ("row", "column"), "masks": ("row", "column")}
AXES |= {"variance": ("row", "column"), "series": ("time", "output")}
AXES |= {"fisher": ("parameter", "other_parameter"), "crlb": ("parameter",)}
AXES |= dict.fromkeys(("targets", "targets_true", "targets_sigma"), ("target_name",))


def data_frame(stored: Stored, name: str, table: QTable) -> pd.DataFrame:
    """The table `name` as a frame, with categories in place of numbers of labels and units in `attrs`."""
    frame: pd.DataFrame = _library("pandas").DataFrame(_columns(table))
    for column, values in stored.header.labels.get(name, {}).items():
        frame[column] = _library("pandas").Categorical.from_codes(frame[column], list(values))
    frame.attrs["units"] = _units(table)
    return frame


def labelled_arrays(stored: Stored, arrays: Mapping[str, npt.NDArray[Any]], samples: QTable) -> xr.Dataset:
    """Arrays by their names, along `sample` and axes with names, and the columns of /samples beside them."""
    library = _library("xarray")
    of_series = stored.is_series
    variables: dict[str, tuple[Any, ...]] = {
        name: (("sample", *_axes(name, of_series)), values) for name, values in arrays.items()
    }
    labels, units = stored.header.labels["samples"], _units(samples)
    for name, values in _columns(samples).items():
        named = np.array(list(labels[name]))[values] if name in labels else values
        variables[name] = ("sample", named, {"units": units[name]} if name in units else {})
    coordinates: dict[str, Any] = {"target_name": list(stored.targets)} if stored.targets else {}
    for axis in dict.fromkeys(axis for name in INFORMATION if name in arrays for axis in AXES[name]):
        coordinates[axis] = list(stored.information)
    if of_series:
        unit = stored.header.described["time"]["unit"]
        coordinates |= {"time": ("time", stored.header.time, {"units": unit}), "output": list(stored.outputs)}
    facts = {key: stored.header.attributes[key] for key in ("name", "seed", "recipe_hash")}
    found: xr.Dataset = library.Dataset(variables, coordinates, {**facts, "digest": stored.digest or ""})
    return found


def _axes(name: str, of_series: bool) -> tuple[str, ...]:
    return AXES["series"] if of_series and AXES[name] == AXES["images"] else AXES[name]


def _columns(table: QTable) -> dict[str, npt.NDArray[Any]]:
    return {name: np.asarray(getattr(table[name], "value", table[name])) for name in table.colnames}


def _units(table: QTable) -> dict[str, str]:
    return {name: str(table[name].unit) for name in table.colnames if getattr(table[name], "unit", None) is not None}


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise not_loaded(error, "this", name) from None
