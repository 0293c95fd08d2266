"""Columns of the user's own tables that belong together: all that an object takes of one file comes from one row."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import normpath

from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Distribution, Table
from deepbench_fast.values.user_tables import read_column


def table_name(table: Table) -> tuple[str, str]:
    """What two columns of one table have in common: file and dataset, as the recipe writes them."""
    return normpath(table.file), table.dataset


def check_paired(drawn: Mapping[str, Distribution]) -> None:
    """Raise `Invalid` where columns that one object or sample takes of its tables would not come from the same rows.

    `drawn` is what is drawn together, by name. Columns of one file must have one length and one order, be of one
    version of the file, and name it in one way; columns in order must have one length whatever their files, since row k
    of each goes to member k.
    """
    by_name: dict[tuple[str, str], Table] = {}
    by_place: dict[tuple[object, ...], Table] = {}
    in_order: list[Table] = []
    for name, distribution in drawn.items():
        table = distribution.own
        if not isinstance(table, Table) or table.absent:
            continue
        with within(name):
            _check_same_table(table, by_name.setdefault(table_name(table), table))
            if table.read_from is not None:
                place = (*table.read_from[:2], normpath(table.dataset.lstrip("/")))
                _check_written_alike(table, by_place.setdefault(place, table))
            if table.in_order:
                in_order.append(table)
                _check_lengths(table, in_order[0])


def _check_same_table(table: Table, first: Table) -> None:
    _check_lengths(table, first)
    if table.order != first.order:
        raise Invalid(
            f"takes column {table.column} of {table.file} with order {table.order}, and column {first.column} with "
            f"order {first.order}: columns of one file come from one row"
        )
    if table.read_from != first.read_from:
        _check_still_there(table, first)
        _check_still_there(first, table)


def _check_lengths(table: Table, first: Table) -> None:
    if table.values.size != first.values.size:
        raise Invalid(
            f"takes column {table.column} of {table.file}, which has {table.values.size} rows, together with column "
            f"{first.column} of {first.file}, which has {first.values.size}: they need one length"
        )


def _check_written_alike(table: Table, first: Table) -> None:
    if table_name(table) != table_name(first):
        raise Invalid(f"{table} is of the same table as {first}: write file and dataset in one way")


def _check_still_there(table: Table, beside: Table) -> None:
    """Raise `Invalid` where the file that one column was read from holds other numbers in the other column by now."""
    if beside.read_from is not None:
        now = read_column(beside.read_from.path, table.column, table.dataset)
        if now.hash != table.hash:
            raise Invalid(f"{table.file} changed between the reading of its columns {table.column} and {beside.column}")
