"""What a file can't hold, found before it is made: types beyond HDF5's messages, chunks beyond 4 GiB, long recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.load import MAX_BYTES, MAX_VALUES
from deepbench_fast.recipe.write import recipe_data, to_yaml
from deepbench_fast.store import format as schema

MESSAGE_BYTES = 2**16 - 1
"""The most that a datatype can take: HDF5 keeps it in one message of an object's header, whose size has 16 bits."""

CHUNK_BYTES = 2**32 - 1
SURELY_SHORT = 1_000  # values, each of which takes fewer than 1,000 bytes of a recipe's text

Enums = Mapping[str, Mapping[str, int]]


def check_fits(plan: Plan) -> None:
    """Raise UsageError, with what would fit, where the dataset of `plan` can't be a file."""
    enums = schema.table_enums(plan)
    tables = {**schema.table_dtypes(plan), "chunks": schema.chunks_dtype(kind.name for kind in plan.kinds)}
    sizes = {name: type_bytes(dtype, enums.get(name, {})) for name, dtype in tables.items()}
    largest = max(sizes, key=sizes.__getitem__)
    _check_type(largest, tables[largest], enums.get(largest, {}))
    _check_chunks(plan)
    _check_recipe(plan)


def type_bytes(dtype: np.dtype[Any], enums: Enums) -> int:
    """Bytes of the message of a compound type of whole numbers and floats, some of them with names (enums).

    HDF5 file format specification, IV.A.2.d, version 3: 8 bytes of class and size; of a compound for each member its
    name with a zero byte, its offset in as few bytes as the whole size needs, and its type, which takes 4 bytes more
    for whole numbers and 12 for floats; of an enum the whole numbers' type, each name with a zero byte, each value.
    """
    offset_bytes = (dtype.itemsize.bit_length() + 7) // 8
    members = (
        len(name) + 1 + offset_bytes + (12 if dtype[name].kind in "iu" else 20) + _enum_bytes(dtype[name], enums, name)
        for name in dtype.names or ()
    )
    return 8 + sum(members)


def _enum_bytes(dtype: np.dtype[Any], enums: Enums, column: str) -> int:
    if column not in enums:
        return 0
    return 8 + sum(len(label) + 1 + dtype.itemsize for label in enums[column])


def _check_type(table: str, dtype: np.dtype[Any], enums: Enums) -> None:
    beyond = type_bytes(dtype, enums) - MESSAGE_BYTES
    if beyond <= 0:
        return
    column = max(enums, key=lambda name: len(enums[name]), default="")
    sizes = [len(label) + 1 + dtype[column].itemsize for label in enums.get(column, ())]
    where = f"HDF5 keeps at most {MESSAGE_BYTES} bytes of names of columns and labels for a table, and /{table}"
    if sum(sizes) < beyond:
        raise UsageError(f"{where} would need {beyond} more for its {len(dtype.names or ())} columns")
    while beyond > 0:
        beyond -= sizes.pop()
    what = {"catalogue": "catalogues", "split": "splits"}.get(column, "entries")
    raise UsageError(
        f"{where} would have {len(enums[column])} {what}: the first {len(sizes)} of them would fit, or shorter names"
    )


def _check_chunks(plan: Plan) -> None:
    for name, (shape, dtype) in plan.arrays.items():
        rows = min(plan.chunk, plan.samples)
        size = rows * dtype.itemsize * int(np.prod(shape))
        if size > CHUNK_BYTES:
            raise UsageError(
                f"{name}: a chunk of {rows} samples, each of {'×'.join(map(str, shape))} {dtype.name}, has {size} "
                f"bytes; HDF5 allows {CHUNK_BYTES}"
            )


def _check_recipe(plan: Plan) -> None:
    """A recipe that can't be read back would leave a dataset that can't be made again."""
    data = recipe_data(plan.recipe)
    values = _values(data)
    if values > MAX_VALUES:
        raise UsageError(f"the recipe has {values} values with every default filled in; at most {MAX_VALUES} are read")
    size = len(to_yaml(data).encode()) if values > SURELY_SHORT else 0
    if size > MAX_BYTES:
        raise UsageError(f"the recipe has {size} bytes with every default filled in; at most {MAX_BYTES} are read")


def _values(data: object) -> int:
    """Values of plain data as the reader of recipes counts them."""
    if isinstance(data, dict):
        return 1 + sum(map(_values, data.values()))
    return 1 + sum(map(_values, data)) if isinstance(data, list | tuple) else 1
