"""PNG and JPEG: one grey picture a sample in folders by split and class, with one scale for the whole dataset.

The grey level of a value v is round((v - low) / (high - low) * (2^bits - 1)), cut to the levels that there are. The
first row of an image is the top row of its picture, as in every array of pixels. low and high are the same for all
samples and stand in the manifest: by default 0 and 255 for whole numbers, else the 0.1th and 99.9th percentile of the
first 1,000 samples of the file, whatever is selected, so that splits exported one by one have the same scale.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from deepbench_fast.cpus import usable_cpus
from deepbench_fast.errors import UsageError
from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter, PictureOptions
from deepbench_fast.exports.source import Block, Source
from deepbench_fast.exports.tables import tables, write_csv

PERCENTILES = (0.1, 99.9)
LOOKED_AT = 1000
BYTES_LOOKED_AT = 2**26
JPEG_QUALITY = 95
PICTURES_AT_ONCE = 64


class PictureExporter(Exporter):
    """`<split>/<catalogue>/<number>.png`, without `<split>` where the recipe has none; tables as CSV beside."""

    suffix = "png"
    takes: ClassVar[tuple[str, ...]] = ("low", "high", "bits")
    depths: tuple[int, ...] = (8, 16)

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        if source.is_series:
            raise UsageError(f"{source.path}: holds series, which are no pictures: export to npy, fits, csv or parquet")
        bits = 8 if options.bits is None else options.bits
        if bits not in self.depths:
            raise UsageError(f"--bits {bits}: {format} has {' or '.join(map(str, self.depths))}")
        self.low, self.high = _scale(source, options)
        self.levels = 2**bits - 1
        self.digits = len(str(max(0, source.summary.total - 1)))
        self.settings = {"low": self.low, "high": self.high, "bits": bits}
        self.tables = tables(source)

    @property
    def passes(self) -> int:
        return 1 + len(self.tables)

    def write(self, directory: Directory, advance: Advance) -> None:
        folders: set[str] = set()
        with ThreadPoolExecutor(usable_cpus()) as pool:
            for block in self.source.blocks():
                names = self._names(block)
                wanted = [k for k, name in enumerate(names) if not directory.has(name)]
                for folder in {names[k].rpartition("/")[0] for k in wanted} - folders:
                    (directory.path / folder).mkdir(parents=True, exist_ok=True)
                    folders.add(folder)
                images = block.array("images") if wanted else np.empty(0)
                batches = [wanted[k : k + PICTURES_AT_ONCE] for k in range(0, len(wanted), PICTURES_AT_ONCE)]
                jobs = [pool.submit(self._write, directory, names, images, batch) for batch in batches]
                try:
                    for job in jobs:
                        job.result()
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
                directory.written += len(wanted)
                advance(block.rows)
        write_csv(self.source, self.tables, directory, advance)

    def encode(self, grey: npt.NDArray[Any]) -> bytes:
        """The bytes of a picture."""
        return encode(grey, "PNG")

    def grey(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values as grey levels."""
        level = (images.astype(np.float64) - self.low) * (self.levels / (self.high - self.low)) + 0.5
        np.clip(level, 0, self.levels, out=level)
        grey: npt.NDArray[Any] = level.astype(np.uint8 if self.levels < 256 else np.uint16)
        return grey

    def _write(self, directory: Directory, names: list[str], images: npt.NDArray[Any], batch: list[int]) -> None:
        for name, grey in zip((names[k] for k in batch), self.grey(images[batch]), strict=True):
            directory.write_small(name, self.encode(grey))

    def _names(self, block: Block) -> list[str]:
        catalogues, splits = self.source.catalogues, self.source.splits
        if self.source.has_splits:
            folders = [[f"{split}/{catalogue}" for catalogue in catalogues] for split in splits]
        else:
            folders = [list(catalogues)] * len(splits)
        rows = zip(block.numbers.tolist(), *(block.samples[n].tolist() for n in ("split", "catalogue")), strict=True)
        return [f"{folders[split][label]}/{number:0{self.digits}d}.{self.suffix}" for number, split, label in rows]


class JpegExporter(PictureExporter):
    """`<split>/<catalogue>/<number>.jpg`."""

    suffix = "jpg"
    takes = ("low", "high", "bits", "quality")
    depths = (8,)

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        self.quality = JPEG_QUALITY if options.quality is None else options.quality
        if not 1 <= self.quality <= 100:
            raise UsageError(f"--quality {self.quality}: it is from 1 to 100")
        self.settings["quality"] = self.quality

    def encode(self, grey: npt.NDArray[Any]) -> bytes:
        return encode(grey, "JPEG", quality=self.quality)


def encode(grey: npt.NDArray[Any], format: str, **options: Any) -> bytes:
    """A picture of grey levels in a format of Pillow's."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, format, **options)
    return buffer.getvalue()


def _scale(source: Source, options: PictureOptions) -> tuple[float, float]:
    """Values that become black and white. Raises UsageError unless they ascend."""
    low, high = options.low, options.high
    if low is None or high is None:
        found = _default_scale(source)
        low, high = found[0] if low is None else low, found[1] if high is None else high
    if not (low < high and math.isfinite(high - low)):
        raise UsageError(f"pictures: black ({low:g}) must be below white ({high:g}): give --low and --high")
    return low, high


def _default_scale(source: Source) -> tuple[float, float]:
    shape, dtype = source.arrays["images"]
    if dtype.kind in "ui":
        return 0.0, 255.0
    row = max(1, dtype.itemsize * math.prod(shape))
    values = source.stored.read(
        "images", 0, min(source.summary.samples, max(1, min(LOOKED_AT, BYTES_LOOKED_AT // row)))
    )
    for low, high in _ranges(values):
        if low < high:
            return low, high
    return 0.0, 1.0


def _ranges(values: npt.NDArray[Any]) -> Iterator[tuple[float, float]]:
    """What may be the scale: percentiles; the extremes of nearly empty images; a unit above a constant."""
    if values.size:
        low, high = np.percentile(values, PERCENTILES, method="nearest").tolist()
        yield low, high
        low, high = float(values.min()), float(values.max())
        yield low, high
        yield low, low + 1
