"""Convolution of an image with a wide symmetric kernel by Fourier transforms of our own: the same bits on every CPU.

Transforms run down the columns of arrays (n, m) in float64, n = 2**a, 3 * 2**a or 9 * 2**a, with Stockham's ordering
(Cochran et al. 1967, IEEE Trans. Audio Electroacoust. 15, 45): each butterfly works on whole rows. Two real columns
travel as the real and the imaginary part of one. A large image is cut into tiles (overlap-save), so that a kernel much
smaller than the image needs no transform of the image's size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import PI, cos, sin

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Flag = npt.NDArray[np.int64]

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


@inline
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


@inline
def _sum_2(out: Floats, a: Floats, b: Floats) -> None:
    for i in range(out.size):
        out[i] = a[i] + b[i]


@inline
def _sum_3(out: Floats, a: Floats, b: Floats, c: Floats) -> None:
    for i in range(out.size):
        out[i] = a[i] + (b[i] + c[i])


@inline
def _sum_4(out: Floats, a: Floats, b: Floats, c: Floats, d: Floats) -> None:
    for i in range(out.size):
        out[i] = (a[i] + c[i]) + (b[i] + d[i])


@inline
def _difference_2(out: Floats, a: Floats, b: Floats, e: Floats, f: Floats, cosine: float, sine: float) -> None:
    """(a - b) cosine + (e - f) sine."""
    for i in range(out.size):
        out[i] = (a[i] - b[i]) * cosine + (e[i] - f[i]) * sine


@inline
def _third(
    out: Floats, a: Floats, b: Floats, c: Floats, e: Floats, f: Floats, g: Floats, cosine: float, sine: float
) -> None:
    """(a - (b + c) / 2 + k (f - g)) cosine + (e - (f + g) / 2 - k (b - c)) sine, k = sqrt(3) / 2."""
    for i in range(out.size):
        first = (a[i] - 0.5 * (b[i] + c[i])) + HALF_SQRT_3 * (f[i] - g[i])
        second = (e[i] - 0.5 * (f[i] + g[i])) - HALF_SQRT_3 * (b[i] - c[i])
        out[i] = first * cosine + second * sine


@inline
def _third_other(
    out: Floats, a: Floats, b: Floats, c: Floats, e: Floats, f: Floats, g: Floats, cosine: float, sine: float
) -> None:
    """(e - (f + g) / 2 - k (b - c)) cosine - (a - (b + c) / 2 + k (f - g)) sine."""
    for i in range(out.size):
        first = (a[i] - 0.5 * (b[i] + c[i])) + HALF_SQRT_3 * (f[i] - g[i])
        second = (e[i] - 0.5 * (f[i] + g[i])) - HALF_SQRT_3 * (b[i] - c[i])
        out[i] = second * cosine - first * sine


@inline
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


@inline
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


@inline
def _quarter_other(
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
    """((e - g) - (b - d)) cosine - ((a - c) + (f - h)) sine."""
    for i in range(out.size):
        out[i] = ((e[i] - g[i]) - (b[i] - d[i])) * cosine - ((a[i] - c[i]) + (f[i] - h[i])) * sine


@kernel
def _radix_2(re: Floats, im: Floats, to_re: Floats, to_im: Floats, row: int, count: int, turns: Floats) -> None:
    step = turns.shape[1] // (2 * count)
    for p in range(count):
        cosine, sine = turns[0, p * step], turns[1, p * step]
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            b = a + count * row
            to = 2 * p * row + start
            _sum_2(to_re[to : to + size], re[a:], re[b:])
            _sum_2(to_im[to : to + size], im[a:], im[b:])
            to += row
            _difference_2(to_re[to : to + size], re[a:], re[b:], im[a:], im[b:], cosine, sine)
            _difference_2(to_im[to : to + size], im[a:], im[b:], re[b:], re[a:], cosine, sine)


@kernel
def _radix_3(re: Floats, im: Floats, to_re: Floats, to_im: Floats, row: int, count: int, turns: Floats) -> None:
    step = turns.shape[1] // (3 * count)
    for p in range(count):
        cosine, sine = turns[0, p * step], turns[1, p * step]
        cosine_2, sine_2 = turns[0, 2 * p * step], turns[1, 2 * p * step]
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            b = a + count * row
            c = b + count * row
            to = 3 * p * row + start
            _sum_3(to_re[to : to + size], re[a:], re[b:], re[c:])
            _sum_3(to_im[to : to + size], im[a:], im[b:], im[c:])
            to += row
            _third(to_re[to : to + size], re[a:], re[b:], re[c:], im[a:], im[b:], im[c:], cosine, sine)
            _third_other(to_im[to : to + size], re[a:], re[b:], re[c:], im[a:], im[b:], im[c:], cosine, sine)
            to += row
            _third(to_re[to : to + size], re[a:], re[c:], re[b:], im[a:], im[c:], im[b:], cosine_2, sine_2)
            _third_other(to_im[to : to + size], re[a:], re[c:], re[b:], im[a:], im[c:], im[b:], cosine_2, sine_2)


@kernel
def _radix_4(re: Floats, im: Floats, to_re: Floats, to_im: Floats, row: int, count: int, turns: Floats) -> None:
    step = turns.shape[1] // (4 * count)
    for p in range(count):
        cosine, sine = turns[0, p * step], turns[1, p * step]
        cosine_2, sine_2 = turns[0, 2 * p * step], turns[1, 2 * p * step]
        cosine_3, sine_3 = turns[0, 3 * p * step], turns[1, 3 * p * step]
        for start in range(0, row, CHUNK):
            size = min(CHUNK, row - start)
            a = p * row + start
            ar, ai = re[a:], im[a:]
            br, bi = re[a + count * row :], im[a + count * row :]
            cr, ci = re[a + 2 * count * row :], im[a + 2 * count * row :]
            dr, di = re[a + 3 * count * row :], im[a + 3 * count * row :]
            to = 4 * p * row + start
            _sum_4(to_re[to : to + size], ar, br, cr, dr)
            _sum_4(to_im[to : to + size], ai, bi, ci, di)
            to += row
            _quarter(to_re[to : to + size], ar, br, cr, dr, ai, bi, ci, di, cosine, sine)
            _quarter_other(to_im[to : to + size], ar, br, cr, dr, ai, bi, ci, di, cosine, sine)
            to += row
            _half(to_re[to : to + size], ar, br, cr, dr, ai, bi, ci, di, cosine_2, sine_2)
            _half(to_im[to : to + size], ai, bi, ci, di, br, ar, dr, cr, cosine_2, sine_2)
            to += row
            _quarter(to_re[to : to + size], ar, dr, cr, br, ai, di, ci, bi, cosine_3, sine_3)
            _quarter_other(to_im[to : to + size], ar, dr, cr, br, ai, di, ci, bi, cosine_3, sine_3)


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
def transform(work: Floats, pair: int, columns: int, inverse: bool, turns: Floats, stop: Flag) -> int:
    """Transform the columns of an array (n, columns), n = turns.shape[1], flat in work[2 pair] + i work[2 pair + 1].

    sum over j of z_j exp(-2 pi i j k / n), or exp(+...) with `inverse`. `work` is (4, size); the pair that isn't the
    input is overwritten too. Returns the pair that holds the result, which is of no use once `stop` is set.
    """
    first = 1 if inverse else 0  # swapped parts turn the other way round
    left = turns.shape[1]
    done = 1
    while left > 1 and stop[0] == 0:
        radix = 4 if left % 4 == 0 else 2 if left % 2 == 0 else 3
        re, im = work[2 * pair + first], work[2 * pair + 1 - first]
        pair = 1 - pair
        to_re, to_im = work[2 * pair + first], work[2 * pair + 1 - first]
        left //= radix
        if radix == 4:
            _radix_4(re, im, to_re, to_im, done * columns, left, turns)
        elif radix == 2:
            _radix_2(re, im, to_re, to_im, done * columns, left, turns)
        else:
            _radix_3(re, im, to_re, to_im, done * columns, left, turns)
        done *= radix
    return pair


# ---- the road of an image there and back


@kernel
def _clear(values: Floats) -> None:
    for i in range(values.size):
        values[i] = 0.0


@kernel
def _load(image: Pixels, stride: int, height: int, width: int, rows: int, re: Floats, im: Floats) -> None:
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
def _store(re: Floats, im: Floats, first: int, height: int, width: int, image: Pixels, stride: int) -> None:
    half = (width + 1) // 2
    for i in range(height):
        for j in range(half):
            image[i * stride + j] = np.float32(re[(first + i) * half + j])
        for j in range(width - half):
            image[i * stride + half + j] = np.float32(im[(first + i) * half + j])


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
    _load_weights(weights, rows, columns, work[0], work[1])
    pair = transform(work, 0, columns // 2, False, row_turns, stop)
    other = 1 - pair
    _part_columns(work[2 * pair], work[2 * pair + 1], rows, columns, columns, work[2 * other], work[2 * other + 1])
    pair = transform(work, other, rows // 2 + 1, False, column_turns, stop)
    # A half for the kernel's columns and one for the image's, which are both taken twice.
    scale = 0.25 / (rows * columns)
    transfer = np.empty((rows // 2 + 1) * columns, np.float64)
    for i in range(transfer.size):
        transfer[i] = scale * work[2 * pair, i]
    return transfer


@kernel
def convolve(
    window: Pixels,
    stride: int,
    margin: int,
    shape: tuple[int, int],
    transfer: Floats,
    turns: tuple[Floats, Floats],
    work: Floats,
    out: Pixels,
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
    _load(window, stride, height + 2 * margin, width + 2 * margin, rows, work[0], work[1])
    pair = transform(work, 0, (width + 2 * margin + 1) // 2, False, row_turns, stop)
    other = 1 - pair
    _part_columns(
        work[2 * pair], work[2 * pair + 1], rows, width + 2 * margin, columns, work[2 * other], work[2 * other + 1]
    )
    pair = transform(work, other, rows // 2 + 1, False, column_turns, stop)
    _scale(work[2 * pair], transfer)
    _scale(work[2 * pair + 1], transfer)
    pair = transform(work, pair, rows // 2 + 1, True, column_turns, stop)
    other = 1 - pair
    _pair_columns(work[2 * pair], work[2 * pair + 1], rows, width, margin, work[2 * other], work[2 * other + 1])
    pair = transform(work, other, (width + 1) // 2, True, row_turns, stop)
    _store(work[2 * pair], work[2 * pair + 1], margin, height, width, out, out_stride)
