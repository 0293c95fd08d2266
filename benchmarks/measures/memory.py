"""Peak memory of a whole `generate`: flat, whatever the number of samples."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.places import folder
from benchmarks.processes import in_fresh_process
from benchmarks.scenes import galaxies
from benchmarks.table import Row, unavailable
from deepbench_fast.run.benchmark.timing import Effort

STATUS = Path("/proc/self/status")
FEW, MANY = 100_000, 10_000_000
SIZES = (8, 28)
BYTES_PER_SAMPLE = 200  # of the tables
MOST_MB = 400
MOST_GROWTH = 1.1


def measure(effort: Effort) -> Iterator[Row]:
    few, many = effort.samples(FEW), effort.samples(MANY)
    for size in SIZES:
        what = f"peak memory, galaxies {size}×{size}, {many:,} vs {few:,} samples"
        if not STATUS.exists():
            yield unavailable(what, "no /proc")
            continue
        with folder("disk") as disk:
            needed = many * (4 * size * size + BYTES_PER_SAMPLE)
            if shutil.disk_usage(disk).free < 1.3 * needed:
                yield unavailable(what, f"{needed / 1e9:.0f} GB of disk are needed")
                continue
            small, large = (in_fresh_process(peak_megabytes, samples, size, disk) for samples in (few, many))
        yield Row(what, f"{large:.0f} MB", f"{small:.0f} MB", large / small, MOST_GROWTH, at_most=True)
        yield Row(
            f"peak memory, galaxies {size}×{size}, {many:,} samples", f"{large:.0f} MB", "", large, MOST_MB, True, "MB"
        )


def peak_megabytes(samples: int, size: int, directory: Path) -> float:
    """Generate a file and delete it; the most memory that this process has held so far."""
    from deepbench_fast import generate

    path = directory / "out.h5"
    generate(galaxies(samples, size=size), path, threads=2)
    path.unlink()
    return most_held()


def most_held() -> float:
    """Megabytes that this process has held at most (VmHWM)."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
