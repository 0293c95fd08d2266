"""Convolution of an image with a wide symmetric kernel by Fourier transforms of our own: the same bits on every CPU.

Transforms run down the columns of arrays (n, m) in float64, n = 2**a, 3 * 2**a or 9 * 2**a, with Stockham's ordering
(Cochran et al. 1967, IEEE Trans. Audio Electroacoust. 15, 45): each butterfly works on whole rows. Two real columns
travel as the real and the imaginary part of one. A large image is cut into tiles (overlap-save), so that a kernel much
smaller than the image needs no transform of the image's size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import PI, cos, sin

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Flag = npt.NDArray[np.int64]
Parts = tuple[Floats, Floats]  # real and imaginary, each flat

# Elements of a row that a butterfly takes at a time: its rows stay in the first-level cache.
CHUNK = 256
# Columns that are transposed at a time.
BLOCK = 8
MOST_TILES = 64
HALF_SQRT_3 = 0.8660254037844386


@kernel
def transform_size(least: int) -> int:
    """The smallest even 2**a, 3 * 2**a or 9 * 2**a that is not below `least`."""
    best = 2
    while best < least:
        best *= 2
    for factor in (3, 9):
        size = 2 * factor
        while size < least:
            size *= 2
        best = min(best, size)
    return best


@piece
def _work(size: int) -> float:
    """What a transform of this size costs, in units of no matter."""
    doublings = 1.0
    while 2.0**doublings < size:
        doublings += 1.0
    return size * doublings


@kernel
def tile_of(length: int, more: int) -> int:
    """Pixels of a side that a tile has: the length cut into as many parts as make the least work.

    `more` is what a transform is longer than its tile: the kernel's radius and the margin together.
    """
    best = length
    least = np.inf
    for parts in range(1, min(length, MOST_TILES) + 1):
        tile = -(-length // parts)
        work = -(-length // tile) * _work(transform_size(tile + more))
        if work < least:
            least = work
            best = tile
    return best


# ---- butterflies: one result a loop, since more pointers than these keep a loop scalar
#
# One loop serves several results, which differ in what is passed to it: with (-sine, cosine) in place of (cosine, sine)
# a real part becomes the imaginary one, and rows that change places give another frequency or the other part, too.


@piece
def _sum_2(out: Floats, a: Floats, b: Floats) -> None:
    for i in range(out.size):
        out[i] = a[i] + b[i]


@piece
def _sum_3(out: Floats, a: Floats, b: Floats, c: Floats) -> None:
    for i in range(out.size):
        out[i] = a[i] + (b[i] + c[i])


@piece
def _sum_4(out: Floats, a: Floats, b: Floats, c: Floats, d: Floats) -> None:
    for i in range(out.size):
        out[i] = (a[i] + c[i]) + (b[i] + d[i])


@piece
def _difference_2(out: Floats, a: Floats, b: Floats, e: Floats, f: Floats, cosine: float, sine: float) -> None:
    """(a - b) cosine + (e - f) sine."""
    for i in range(out.size):
        out[i] = (a[i] - b[i]) * cosine + (e[i] - f[i]) * sine


@piece
def _third(
    out: Floats, a: Floats, b: Floats, c: Floats, e: Floats, f: Floats, g: Floats, cosine: float, sine: float
) -> None:
    """(a - (b + c) / 2 + k (f - g)) cosine + (e - (f + g) / 2 - k (b - c)) sine, k = sqrt(3) / 2."""
    for i in range(out.size):
        first = (a[i] - 0.5 * (b[i] + c[i])) + HALF_SQRT_3 * (f[i] - g[i])
        second = (e[i] - 0.5 * (f[i] + g[i])) - HALF_SQRT_3 * (b[i] - c[i])
        out[i] = first * cosine + second * sine


@piece
def _half(
    out: Floats,
    a: Floats,
    b: Floats,
    c: Floats,
    d: Floats,
    e: Floats,
    f: Floats,
    g: Floats,
    h: Floats,
    cosine: float,
    sine: float,
) -> None:
    """((a + c) - (b + d)) cosine + ((e + g) - (f + h)) sine."""
    for i in range(out.size):
        out[i] = ((a[i] + c[i]) - (b[i] + d[i])) * cosine + ((e[i] + g[i]) - (f[i] + h[i])) * sine


@piece
def _quarter(
    out: Floats,
    a: Floats,
    b: Floats,
    c: Floats,
    d: Floats,
    e: Floats,
    f: Floats,
    g: Floats,
    h: Floats,
    cosine: float,
    sine: float,
) -> None:
    """((a - c) + (f - h)) cosine + ((e - g) - (b - d)) sine."""
    for i in range(out.size):
        out[i] = ((a[i] - c[i]) + (f[i] - h[i])) * cosine + ((e[i] - g[i]) - (b[i] - d[i])) * sine


@piece
def _turn(turns: Floats, k: int, part: int) -> tuple[float, float]:
    """Cosine and sine of the turn k, or those that make the imaginary part."""
    return (turns[0, k], turns[1, k]) if part == 0 else (-turns[1, k], turns[0, k])


@kernel
def _radix_2(parts: Parts, to: Parts, row: int, count: int, turns: Floats) -> None:
    step = turns.shape[1] // (2 * count)
    for p in range(count):
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            b = a + count * row
            c = 2 * p * row + start
            for part in range(2):
                own, other, out = parts[part], parts[1 - part], to[part]
                e, f = (a, b) if part == 0 else (b, a)
                _sum_2(out[c : c + size], own[a:], own[b:])
                d = c + row
                cosine, sine = turns[0, p * step], turns[1, p * step]
                _difference_2(out[d : d + size], own[a:], own[b:], other[e:], other[f:], cosine, sine)


@kernel
def _radix_3(parts: Parts, to: Parts, row: int, count: int, turns: Floats) -> None:
    re, im = parts
    step = turns.shape[1] // (3 * count)
    for p in range(count):
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            for part in range(2):
                own, out = parts[part], to[part]
                first = 3 * p * row + start
                _sum_3(out[first : first + size], own[a:], own[a + count * row :], own[a + 2 * count * row :])
                for k in range(1, 3):
                    b, c = a + k * count * row, a + (3 - k) * count * row
                    at = first + k * row
                    cosine, sine = _turn(turns, k * p * step, part)
                    _third(out[at : at + size], re[a:], re[b:], re[c:], im[a:], im[b:], im[c:], cosine, sine)


@kernel
def _radix_4(parts: Parts, to: Parts, row: int, count: int, turns: Floats) -> None:
    re, im = parts
    step = turns.shape[1] // (4 * count)
    for p in range(count):
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            b, c, d = a + count * row, a + 2 * count * row, a + 3 * count * row
            for part in range(2):
                own, other, out = parts[part], parts[1 - part], to[part]
                at = 4 * p * row + start
                _sum_4(out[at : at + size], own[a:], own[b:], own[c:], own[d:])
                e, f, g, h = (a, b, c, d) if part == 0 else (b, a, d, c)
                cosine, sine = turns[0, 2 * p * step], turns[1, 2 * p * step]
                half = out[at + 2 * row : at + 2 * row + size]
                _half(
                    half, own[a:], own[b:], own[c:], own[d:], other[e:], other[f:], other[g:], other[h:], cosine, sine
                )
                for k in range(1, 4, 2):
                    f, h = a + k * count * row, a + (4 - k) * count * row
                    quarter = out[at + k * row : at + k * row + size]
                    cosine, sine = _turn(turns, k * p * step, part)
                    _quarter(quarter, re[a:], re[f:], re[c:], re[h:], im[a:], im[f:], im[c:], im[h:], cosine, sine)


@kernel
def make_turns(size: int) -> Floats:
    """Cosines and sines of 2 pi k / size, (2, size); exact mirror images of the first eighth."""
    turns = np.empty((2, size), np.float64)
    for k in range(size):
        angle = 2.0 * PI * (k / size)
        turns[0, k] = cos(angle)
        turns[1, k] = sin(angle)
    return turns


@kernel
def transform(parts: Parts, spare: Parts, columns: int, turns: Floats, stop: Flag) -> tuple[Parts, Parts]:
    """Transform the columns of an array (n, columns), n = turns.shape[1]: sum over j of z_j exp(-2 pi i j k / n).

    Returns the parts of the result, which is of no use once `stop` is set, and those that are free; they are `parts`
    and `spare` or the other way round.
    """
    left = turns.shape[1]
    done = 1
    while left > 1 and stop[0] == 0:
        radix = 4 if left % 4 == 0 else 2 if left % 2 == 0 else 3
        left //= radix
        if radix == 4:
            _radix_4(parts, spare, done * columns, left, turns)
        elif radix == 2:
            _radix_2(parts, spare, done * columns, left, turns)
        else:
            _radix_3(parts, spare, done * columns, left, turns)
        parts, spare = spare, parts
        done *= radix
    return parts, spare


@piece
def transform_back(parts: Parts, spare: Parts, columns: int, turns: Floats, stop: Flag) -> tuple[Parts, Parts]:
    """As `transform`, with exp(+2 pi i j k / n): parts that have changed places turn the other way round."""
    (im, re), (free_im, free_re) = transform((parts[1], parts[0]), (spare[1], spare[0]), columns, turns, stop)
    return (re, im), (free_re, free_im)


# ---- the road of an image there and back


@kernel
def _clear(values: Floats) -> None:
    for i in range(values.size):
        values[i] = 0.0


@kernel
def _load(
    image: npt.NDArray[np.floating], stride: int, height: int, width: int, rows: int, re: Floats, im: Floats
) -> None:
    """The left half of an image as the real part, the right half as the imaginary part; zeros down to `rows`."""
    half = (width + 1) // 2
    _clear(re[: rows * half])
    _clear(im[: rows * half])
    for i in range(height):
        for j in range(half):
            re[i * half + j] = image[i * stride + j]
        for j in range(width - half):
            im[i * half + j] = image[i * stride + half + j]


@kernel
def _load_weights(weights: Floats, rows: int, columns: int, re: Floats, im: Floats) -> None:
    """The whole kernel, its centre in the corner and its other quarters wrapped round."""
    radius = weights.shape[0] - 1
    half = columns // 2
    for i in range(rows):
        row = min(i, rows - i)
        for j in range(half):
            left, right = j, half - j  # columns j and half + j are as far from the corner as these
            re[i * half + j] = weights[row, left] if row <= radius and left <= radius else 0.0
            im[i * half + j] = weights[row, right] if row <= radius and right <= radius else 0.0


@kernel
def _part_columns(re: Floats, im: Floats, rows: int, width: int, columns: int, to_re: Floats, to_im: Floats) -> None:
    """Twice the transforms of the real columns that travelled in pairs, transposed, for the frequencies 0 .. rows/2.

    With Z the transform of a + i b: 2 A_k = Z_k + conj(Z_-k), 2 B_k = -i (Z_k - conj(Z_-k)).
    """
    half = (width + 1) // 2
    kept = rows // 2 + 1
    for start in range(0, half, BLOCK):
        for k in range(kept):
            here = k * half
            there = ((rows - k) % rows) * half
            for j in range(start, min(start + BLOCK, half)):
                to_re[j * kept + k] = re[here + j] + re[there + j]
                to_im[j * kept + k] = im[here + j] - im[there + j]
                if half + j < width:
                    to_re[(half + j) * kept + k] = im[here + j] + im[there + j]
                    to_im[(half + j) * kept + k] = re[there + j] - re[here + j]
    _clear(to_re[width * kept : columns * kept])
    _clear(to_im[width * kept : columns * kept])


@kernel
def _pair_columns(re: Floats, im: Floats, rows: int, width: int, first: int, to_re: Floats, to_im: Floats) -> None:
    """The way back for `width` columns from the row `first` on: A + i B, also for the frequencies beyond rows/2."""
    half = (width + 1) // 2
    kept = rows // 2 + 1
    for start in range(0, half, BLOCK):
        for k in range(kept):
            here = k * half
            there = ((rows - k) % rows) * half
            for j in range(start, min(start + BLOCK, half)):
                a = (first + j) * kept + k
                b = a + half * kept
                b_re, b_im = (re[b], im[b]) if half + j < width else (0.0, 0.0)
                to_re[there + j] = re[a] + b_im
                to_im[there + j] = b_re - im[a]
                to_re[here + j] = re[a] - b_im
                to_im[here + j] = im[a] + b_re


@kernel
def _store(
    re: Floats, im: Floats, first: int, height: int, width: int, image: npt.NDArray[np.floating], stride: int
) -> None:
    half = (width + 1) // 2
    for i in range(height):
        for j in range(half):
            image[i * stride + j] = re[(first + i) * half + j]
        for j in range(width - half):
            image[i * stride + half + j] = im[(first + i) * half + j]


@kernel
def _scale(values: Floats, factors: Floats) -> None:
    for i in range(factors.size):
        values[i] *= factors[i]


@kernel
def make_work(rows: int, columns: int) -> Floats:
    """Room for the transforms of an image of this size, (4, size)."""
    return np.empty((4, max(rows * ((columns + 1) // 2), (rows // 2 + 1) * columns)), np.float64)


@kernel
def transfer_function(weights: Floats, row_turns: Floats, column_turns: Floats, work: Floats, stop: Flag) -> Floats:
    """The transform of a symmetric kernel given by its quarter, w[i, j] for 0 <= i, j <= radius: real, transposed.

    It holds the factor that two transforms there and back leave over.
    """
    rows, columns = row_turns.shape[1], column_turns.shape[1]
    parts, spare = (work[0], work[1]), (work[2], work[3])
    _load_weights(weights, rows, columns, parts[0], parts[1])
    parts, spare = transform(parts, spare, columns // 2, row_turns, stop)
    _part_columns(parts[0], parts[1], rows, columns, columns, spare[0], spare[1])
    parts, spare = transform(spare, parts, rows // 2 + 1, column_turns, stop)
    # A half for the kernel's columns and one for the image's, which are both taken twice.
    scale = 0.25 / (rows * columns)
    transfer = np.empty((rows // 2 + 1) * columns, np.float64)
    for i in range(transfer.size):
        transfer[i] = scale * parts[0][i]
    return transfer


@kernel
def convolve(
    window: npt.NDArray[np.floating],
    stride: int,
    margin: int,
    shape: tuple[int, int],
    transfer: Floats,
    turns: tuple[Floats, Floats],
    work: Floats,
    out: npt.NDArray[np.floating],
    out_stride: int,
    stop: Flag,
) -> None:
    """Convolve a tile of `shape`, which has `margin` more pixels on each side in `window`, into `out`.

    Beyond the margin nothing is taken for light. Transforms must be as long as the tile, the margin and the kernel's
    radius together (a radius that goes from the margin's edge to the tile's other one is as good as any larger).
    """
    height, width = shape
    row_turns, column_turns = turns
    rows, columns = row_turns.shape[1], column_turns.shape[1]
    long = width + 2 * margin
    parts, spare = (work[0], work[1]), (work[2], work[3])
    _load(window, stride, height + 2 * margin, long, rows, parts[0], parts[1])
    parts, spare = transform(parts, spare, (long + 1) // 2, row_turns, stop)
    _part_columns(parts[0], parts[1], rows, long, columns, spare[0], spare[1])
    parts, spare = transform(spare, parts, rows // 2 + 1, column_turns, stop)
    _scale(parts[0], transfer)
    _scale(parts[1], transfer)
    parts, spare = transform_back(parts, spare, rows // 2 + 1, column_turns, stop)
    _pair_columns(parts[0], parts[1], rows, width, margin, spare[0], spare[1])
    parts, spare = transform_back(spare, parts, (width + 1) // 2, row_turns, stop)
    _store(parts[0], parts[1], margin, height, width, out, out_stride)
