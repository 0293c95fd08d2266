"""From addresses to tables: class order, splits, counts of objects, and the parameters of every object.

A program (`program.py`) says how one column is drawn for one group of rows (an entry of a catalogue, or a
catalogue). Each value is the inverse CDF of one 52-bit uniform at the address (stream, member, turn), so a changed
distribution gives the same quantile of the same member.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp, log
from deepbench_fast.kernels.random.codes import (
    CHOICE,
    CONSTANT,
    GRID,
    INTEGERS,
    LOGUNIFORM,
    NORMAL,
    NORMAL_UPPER_TAIL,
    POISSON,
    TABLE,
    UNIFORM,
)
from deepbench_fast.kernels.random.philox import philox4x32
from deepbench_fast.kernels.random.samplers import normal_cdf, normal_quantile, poisson_quantile, uniform52

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BLOCK = 256
LANES = 32
MOST_ATTEMPTS = 1000
# A plain number would be a type of its own to Numba, and what it is given to compiled once more.
TURN_0: int = np.int64(0)  # type: ignore[assignment]
LAST_QUANTILE = 1.0 - 2.0**-53


@kernel
def derive(programs: npt.NDArray[Any]) -> None:
    """Fill in `start` and `end`: logarithms of the bounds (loguniform), probabilities of the bounds (normal).

    A normal truncated to its upper tail is drawn mirrored, where the probabilities keep their relative accuracy; one of
    sigma 0 is a constant.
    """
    for k in range(programs.size):
        p = programs[k]
        if p.code == LOGUNIFORM:
            p.start = log(p.low)
            p.end = log(p.high)
        elif p.code == NORMAL:
            if p.sigma == 0.0:
                p.code = CONSTANT
                p.low = p.mean
                p.high = p.mean
                p.start = 0.0
                p.end = 0.0
            elif p.low > p.mean:
                p.code = NORMAL_UPPER_TAIL
                p.start = normal_cdf((p.mean - p.high) / p.sigma)
                p.end = normal_cdf((p.mean - p.low) / p.sigma)
            else:
                p.start = normal_cdf((p.low - p.mean) / p.sigma)
                p.end = normal_cdf((p.high - p.mean) / p.sigma)


@piece
def place(p: Any, u: float, member: int, turn: int, cumulative: Floats) -> int:
    """Where the value of a choice, a grid or a table stands.

    All of them are read by one line of `quantile`: with a second one Numba counts references in every call, which
    doubles the time of a draw.
    """
    if p.code == CHOICE:
        k = 0
        last = p.length - 1
        while k < last:
            middle = (k + last) >> 1
            if u >= cumulative[p.first + middle]:
                k = middle + 1
            else:
                last = middle
    elif p.code == GRID:
        k = member // p.stride % p.length
    elif p.code == TABLE:
        k = min(int(p.length * u), p.length - 1)
    else:
        k = (member * p.stride + turn) % p.length
    return p.first + k  # type: ignore[no-any-return]


@piece
def quantile(p: Any, u: float, member: int, turn: int, values: Floats, cumulative: Floats) -> float:
    """Value of program `p` at probability `u`; grids and tables in order go by the member (and the turn) instead."""
    if p.code == CONSTANT:
        return p.low  # type: ignore[no-any-return]
    if p.code == UNIFORM:
        x = p.low + (p.high - p.low) * u
    elif p.code == LOGUNIFORM:
        x = exp(p.start + (p.end - p.start) * u)
    elif p.code == NORMAL:
        x = p.mean + p.sigma * normal_quantile(min(p.start + (p.end - p.start) * u, LAST_QUANTILE))
    elif p.code == NORMAL_UPPER_TAIL:
        x = p.mean - p.sigma * normal_quantile(min(p.end - (p.end - p.start) * u, LAST_QUANTILE))
    elif p.code == INTEGERS:
        x = p.low + np.floor((p.high - p.low + 1.0) * u)
    elif p.code == POISSON:
        return float(poisson_quantile(u, p.mean))
    else:
        return values[place(p, u, member, turn, cumulative)]  # type: ignore[no-any-return]
    return min(max(x, p.low), p.high)  # type: ignore[no-any-return]


@piece
def address_high(member: int, turn: int) -> Any:
    """Last counter word: the member's high 16 bits and the turn."""
    return np.uint32((np.uint64(member) >> np.uint64(32)) | (np.uint64(turn) << np.uint64(16)))


@piece
def uniform_at(key: npt.NDArray[np.uint32], block: int, stream: int, member: int, turn: int) -> float:
    """The 52-bit uniform at an address."""
    w0, w1, _, _ = philox4x32(
        np.uint32(block),
        np.uint32(stream),
        np.uint32(np.uint64(member) & np.uint64(0xFFFFFFFF)),
        address_high(member, turn),
        key[0],
        key[1],
    )
    return uniform52(w0, w1)


@piece
def stratum_size(shares: Integers) -> int:
    """Sum of the shares (`shares.sum()` would pull Numba's linear algebra into every warm start)."""
    size = 0
    for share in shares:
        size += share
    return size


@piece
def shuffle(
    order: npt.NDArray[np.int64], shares: Integers, key: npt.NDArray[np.uint32], stream: int, stratum: int
) -> None:
    """Fill `order` with each label `shares[label]` times, shuffled (Fisher-Yates; block j of the stratum swaps j)."""
    position = 0
    for label in range(shares.size):
        for _ in range(shares[label]):
            order[position] = label
            position += 1
    for j in range(order.size - 1, 0, -1):
        k = int((j + 1) * uniform_at(key, j, stream, stratum, TURN_0))
        order[j], order[k] = order[k], order[j]


@kernel
def assign_classes(
    first: int, shares: Integers, key: npt.NDArray[np.uint32], stream: int, catalogue: Integers, member: Integers
) -> None:
    """Catalogue and member number of the samples `first, first + 1, ...`.

    In each stratum of S = sum(shares) consecutive samples catalogue c occurs exactly `shares[c]` times.
    """
    size = stratum_size(shares)
    order = np.empty(size, np.int64)
    seen = np.empty(shares.size, np.int64)
    stratum = first // size - 1
    position = size
    for i in range(-(first % size), catalogue.size):  # those before `first` in its stratum are counted as well
        if position == size:
            position = 0
            stratum += 1
            seen[:] = 0
            shuffle(order, shares, key, stream, stratum)
        label = order[position]
        if i >= 0:
            catalogue[i] = label
            member[i] = stratum * shares[label] + seen[label]
        seen[label] += 1
        position += 1


@kernel
def classes_of(
    numbers: Integers,
    shares: Integers,
    key: npt.NDArray[np.uint32],
    stream: int,
    catalogue: Integers,
    member: Integers,
) -> None:
    """Catalogue and member number of the samples with these numbers, in any order, as `assign_classes` gives them."""
    size = stratum_size(shares)
    order = np.zeros(size, np.int64)
    before = np.zeros(size, np.int64)
    seen = np.zeros(shares.size, np.int64)
    current = -1
    for i in range(numbers.size):
        stratum = numbers[i] // size
        if stratum != current:
            current = stratum
            seen[:] = 0
            shuffle(order, shares, key, stream, stratum)
            for position in range(size):
                before[position] = seen[order[position]]
                seen[order[position]] += 1
        position = numbers[i] - stratum * size
        label = order[position]
        catalogue[i] = label
        member[i] = stratum * shares[label] + before[position]


@kernel
def assign_splits(
    catalogue: Integers,
    member: Integers,
    shares: Integers,
    key: npt.NDArray[np.uint32],
    streams: Integers,
    split: npt.NDArray[np.int32],
) -> None:
    """Split of each sample, by strata of S = sum(shares) consecutive members of its catalogue."""
    size = stratum_size(shares)
    orders = np.empty((streams.size, size), np.int64)
    current = np.empty(streams.size, np.int64)
    current[:] = -1
    for i in range(catalogue.size):
        c = catalogue[i]
        stratum = member[i] // size
        if current[c] != stratum:
            shuffle(orders[c], shares, key, streams[c], stratum)
            current[c] = stratum
        split[i] = orders[c, member[i] - stratum * size]


@kernel
def pick_split(
    catalogue: Integers, member: Integers, shares: Integers, key: npt.NDArray[np.uint32], streams: Integers, split: int
) -> None:
    """Replace each `member` j by the number of the j-th member of its catalogue that is in `split`."""
    size = stratum_size(shares)
    orders = np.zeros((streams.size, size), np.int64)
    current = np.full(streams.size, -1, np.int64)
    places = np.zeros((streams.size, size), np.int64)
    for i in range(catalogue.size):
        c = catalogue[i]
        stratum = member[i] // shares[split]
        if current[c] != stratum:
            shuffle(orders[c], shares, key, streams[c], stratum)
            current[c] = stratum
            found = 0
            for position in range(size):
                if orders[c, position] == split:
                    places[c, found] = position
                    found += 1
        member[i] = stratum * size + places[c, member[i] - stratum * shares[split]]


@kernel
def count_rows(
    catalogue: Integers, counts: Integers, entry_first: Integers, entry_kind: Integers, chunk: int, rows: Integers
) -> None:
    """Add up the objects in each run of `chunk` samples: `rows[i // chunk, kind]`."""
    for i in range(catalogue.size):
        c = catalogue[i]
        for e in range(entry_first[c], entry_first[c + 1]):
            rows[i // chunk, entry_kind[e]] += counts[i, e - entry_first[c]]


@kernel
def list_objects(
    first: int,
    catalogue: Integers,
    member: Integers,
    counts: Integers,
    entry_first: Integers,
    entry_kind: Integers,
    kind: int,
    identity: Integers,
    members: Integers,
) -> None:
    """Fill the first three columns of a kind's table (sample, entry, slot), and the member of each row."""
    row = 0
    for i in range(catalogue.size):
        c = catalogue[i]
        for e in range(entry_first[c], entry_first[c + 1]):
            if entry_kind[e] != kind:
                continue
            for slot in range(counts[i, e - entry_first[c]]):
                identity[row, 0] = first + i
                identity[row, 1] = e
                identity[row, 2] = slot
                members[row] = member[i]
                row += 1


@piece
def store_value(
    floats: Floats,
    integers: Integers,
    row: int,
    p: Any,
    u: float,
    member: int,
    turn: int,
    values: Floats,
    cumulative: Floats,
) -> None:
    """Write what program `p` gives at probability `u`, derived from another column of the row if it says so."""
    x = quantile(p, u, member, turn, values, cumulative)
    if p.base >= 0:
        x += integers[row, p.base] if p.of_integer == 1 else floats[row, p.base]
    if p.factor >= 0:
        x *= integers[row, p.factor] if p.of_integer == 1 else floats[row, p.factor]
    if p.integer == 1:
        integers[row, p.column] = int(x)
    else:
        floats[row, p.column] = x


@piece
def concerns(column: int, columns: Integers) -> bool:
    """Whether `column` is among `columns`."""
    found = False
    for other in columns:
        found |= column == other
    return found


@kernel
def redraw_short_segments(
    floats: Floats,
    integers: Integers,
    group: Integers,
    members: Integers,
    turns: Integers,
    programs: npt.NDArray[Any],
    group_first: Integers,
    key: npt.NDArray[np.uint32],
    values: Floats,
    cumulative: Floats,
    ends: Integers,
    shortest: Floats,
) -> None:
    """Draw the ends of a segment again, at the next block of their streams, while it is shorter than its group's least.

    `ends` are the columns x1, y1, x2, y2; columns derived from them follow. After `MOST_ATTEMPTS` the last one stays.
    """
    for row in range(group.size):
        g = group[row]
        for attempt in range(1, MOST_ATTEMPTS):
            dx = floats[row, ends[2]] - floats[row, ends[0]]
            dy = floats[row, ends[3]] - floats[row, ends[1]]
            if dx * dx + dy * dy >= shortest[g] * shortest[g]:
                break
            for k in range(group_first[g], group_first[g + 1]):
                p = programs[k]
                if concerns(p.column, ends) or concerns(p.base, ends) or concerns(p.factor, ends):
                    u = uniform_at(key, attempt, p.stream, members[row], turns[row])
                    store_value(floats, integers, row, p, u, members[row], turns[row], values, cumulative)


@kernel
def draw_columns(
    floats: npt.NDArray[np.float64],
    integers: Integers,
    group: Integers,
    members: Integers,
    turns: Integers,
    programs: npt.NDArray[Any],
    group_first: Integers,
    key: npt.NDArray[np.uint32],
    values: Floats,
    cumulative: Floats,
) -> None:
    """Draw every column of a table by the programs of each row's group, in the programs' order.

    `floats` and `integers` are two views of one table of 8-byte columns, shape (rows, columns); the programs of group
    g are `group_first[g]` to `group_first[g + 1]`.
    """
    streams = np.empty(BLOCK, np.uint32)
    low = np.empty(BLOCK, np.uint32)
    high = np.empty(BLOCK, np.uint32)
    streams[:] = 0
    low[:] = 0
    high[:] = 0
    uniforms = np.empty(BLOCK, np.float64)
    chosen = np.empty(BLOCK, np.int64)
    longest = 0
    for g in range(group_first.size - 1):
        longest = max(longest, group_first[g + 1] - group_first[g])
    for start in range(0, group.size, BLOCK):
        size = min(BLOCK, group.size - start)
        padded = (size + LANES - 1) // LANES * LANES
        for i in range(size):
            member = members[start + i]
            low[i] = np.uint32(np.uint64(member) & np.uint64(0xFFFFFFFF))
            high[i] = address_high(member, turns[start + i])
        for step in range(longest):
            drawn = 0
            for i in range(size):
                g = group[start + i]
                k = group_first[g] + step
                chosen[i] = k if k < group_first[g + 1] else -1
                if chosen[i] >= 0:
                    streams[i] = np.uint32(programs[k].stream)
                    drawn += programs[k].code != CONSTANT
            if drawn > 0:
                fill_uniforms(uniforms[:padded], streams, low, high, key)
            for i in range(size):
                if chosen[i] < 0:
                    continue
                row = start + i
                p = programs[chosen[i]]
                store_value(floats, integers, row, p, uniforms[i], members[row], turns[row], values, cumulative)


@piece
def fill_uniforms(
    uniforms: npt.NDArray[np.float64],
    streams: npt.NDArray[np.uint32],
    low: npt.NDArray[np.uint32],
    high: npt.NDArray[np.uint32],
    key: npt.NDArray[np.uint32],
) -> None:
    """First uniforms of a block of addresses; a multiple of `LANES`, past the last one if need be."""
    k0 = key[0]
    k1 = key[1]
    for i in range(uniforms.size):
        w0, w1, _, _ = philox4x32(np.uint32(0), streams[i], low[i], high[i], k0, k1)
        uniforms[i] = uniform52(w0, w1)
