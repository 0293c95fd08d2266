"""Which samples of an endless dataset a worker makes: no two workers, processes or epochs make the same ones."""

from collections.abc import Iterator


def ranges(
    size: int, batches: int, epoch: int = 0, rank: int = 0, ranks: int = 1, worker: int = 0, workers: int = 1
) -> Iterator[tuple[int, int]]:
    """First sample, and one past the last, of each batch of a worker.

    In every epoch each of the `ranks` processes makes as many `batches` of `size` samples, which its workers share.
    """
    first = (epoch * ranks + rank) * batches
    for number in range(first + worker, first + batches, workers):
        yield number * size, (number + 1) * size
