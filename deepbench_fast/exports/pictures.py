"""PNG and JPEG: one grey picture a sample in folders by split and class, with one scale for the whole dataset.

The grey level of a value is its brightness times 2^bits - 1, rounded; `scale` says how a value becomes brightness, and
the manifest with which black, white and stretch. The first row of an image is the top row of its picture, so that the
pixels read from it are in the array's order (figures have row 0 at the bottom).

Folders of classes are called by the number of their label, then by name, and every split has one of each class, empty
ones too: so readers that number folders in alphabetical order (torchvision's ImageFolder) find the labels of the file.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.exporter import Advance, Exporter, PictureOptions
from deepbench_fast.exports.scale import find_scale
from deepbench_fast.exports.source import Block, Source
from deepbench_fast.exports.tables import tables, write_csv
from deepbench_fast.kernels.cpus import usable_cpus

JPEG_QUALITY = 95
PICTURES_AT_ONCE = 64
MOST_NAMED = 10


class PictureExporter(Exporter):
    """`<split>/<label>-<catalogue>/<number>.png`, without `<split>` where there is none; tables as CSV beside."""

    suffix = "png"
    takes: ClassVar[tuple[str, ...]] = ("low", "high", "bits", "stretch", "stretch_a")
    depths: tuple[int, ...] = (8, 16)

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        if source.is_series:
            raise UsageError(f"{source.path}: holds series, which are no pictures: export to npy, fits, csv or parquet")
        bits = 8 if options.bits is None else options.bits
        if bits not in self.depths:
            raise UsageError(f"--bits {bits}: {format} has {' or '.join(map(str, self.depths))}")
        self.scale = find_scale(source, options)
        self.levels = 2**bits - 1
        self.digits = _digits(source.summary.total)
        classes = [f"{k:0{_digits(len(source.catalogues))}d}-{name}" for k, name in enumerate(source.catalogues)]
        self.folders = [f"{split}/{name}" if source.has_splits else name for split in source.splits for name in classes]
        self.settings = {"bits": bits, **asdict(self.scale), "origin": "upper", "classes": classes}
        self.tables = tables(source)

    @property
    def passes(self) -> int:
        return 1 + len(self.tables)

    def write(self, directory: Directory, advance: Advance) -> None:
        counts = np.zeros(len(self.folders), np.int64)
        for number, folder in enumerate(self.folders):
            if self.source.split in (None, number // len(self.source.catalogues)):
                directory.make_folder(folder)
        with ThreadPoolExecutor(usable_cpus()) as pool:
            for block in self.source.blocks():
                folders = len(self.source.catalogues) * block.samples["split"] + block.samples["catalogue"]
                counts += np.bincount(folders, minlength=counts.size)
                names = self._names(block, folders)
                wanted = [k for k, name in enumerate(names) if not directory.has(name)]
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
        self._warn_of_empty(counts)
        write_csv(self.source, self.tables, directory, advance)

    def encode(self, grey: npt.NDArray[Any]) -> bytes:
        """The bytes of a picture."""
        return encode(grey, "PNG")

    def grey(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values as grey levels."""
        level = self.scale.brightness(images) * self.levels + 0.5
        grey: npt.NDArray[Any] = level.astype(np.uint8 if self.levels < 256 else np.uint16)
        return grey

    def _warn_of_empty(self, counts: npt.NDArray[np.int64]) -> None:
        """Of classes that a split lacks, whose folders are empty."""
        for split, of_classes in zip(self.source.splits, counts.reshape(len(self.source.splits), -1), strict=True):
            missing = [self.source.catalogues[k] for k in np.flatnonzero(of_classes == 0).tolist()]
            if missing and self.source.split in (None, self.source.splits.index(split)):
                named = ", ".join(missing[:MOST_NAMED])
                more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
                where = f"split {split} has" if self.source.has_splits else "there is"
                self.warnings.append(f"{where} no sample of {named}{more}: a folder is there, and empty")

    def _write(self, directory: Directory, names: list[str], images: npt.NDArray[Any], batch: list[int]) -> None:
        for name, grey in zip((names[k] for k in batch), self.grey(images[batch]), strict=True):
            directory.write_small(name, self.encode(grey))

    def _names(self, block: Block, folders: npt.NDArray[np.int64]) -> list[str]:
        rows = zip(block.numbers.tolist(), folders.tolist(), strict=True)
        return [f"{self.folders[folder]}/{number:0{self.digits}d}.{self.suffix}" for number, folder in rows]


class JpegExporter(PictureExporter):
    """`<split>/<label>-<catalogue>/<number>.jpg`."""

    suffix = "jpg"
    takes = (*PictureExporter.takes, "quality")
    depths = (8,)

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        super().__init__(source, format, options)
        self.quality = JPEG_QUALITY if options.quality is None else options.quality
        self.settings["quality"] = self.quality

    def encode(self, grey: npt.NDArray[Any]) -> bytes:
        return encode(grey, "JPEG", quality=self.quality)


def _digits(count: int) -> int:
    """Digits of the last of so many numbers from 0."""
    return len(str(max(0, count - 1)))


def encode(grey: npt.NDArray[Any], format: str, **options: Any) -> bytes:
    """A picture of grey levels in a format of Pillow's."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, format, **options)
    return buffer.getvalue()
