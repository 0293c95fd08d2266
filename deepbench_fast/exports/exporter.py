"""What a format is: its settings, the work it has, and how it writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from deepbench_fast.errors import UsageError
from deepbench_fast.exports.directory import Directory
from deepbench_fast.exports.source import Source
from deepbench_fast.values import checks

Advance = Callable[[int], None]

CHECKS: dict[str, Callable[[object], Any]] = {
    "low": checks.number,
    "high": checks.number,
    "stretch_a": checks.number,
    "bits": checks.whole(1, 64),
    "quality": checks.whole(1, 100),
}
"""What an option for pictures may be, whatever the format."""


@dataclass(frozen=True)
class PictureOptions:
    """How values become grey levels; None: the format's default."""

    low: float | None = None
    high: float | None = None
    stretch: str | None = None
    stretch_a: float | None = None
    bits: int | None = None
    quality: int | None = None

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            if getattr(self, name) is not None:
                with checks.within(name):
                    object.__setattr__(self, name, check(getattr(self, name)))


class Exporter(ABC):
    """Writes a dataset in one format.

    `settings` are what shapes the files beside the dataset and the selection; they stand in the manifest. `warnings`
    say what the user should know of the files, once they are written.
    """

    settings: dict[str, Any]
    warnings: list[str]
    takes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: Source, format: str, options: PictureOptions) -> None:
        self.source = source
        self.settings = {}
        self.warnings = []
        for name, value in vars(options).items():
            if value is not None and name not in self.takes:
                raise UsageError(f"--{name.replace('_', '-')} is not for {format}")

    @property
    @abstractmethod
    def passes(self) -> int:
        """How often it goes over the rows of the file."""

    @abstractmethod
    def write(self, directory: Directory, advance: Advance) -> None:
        """Write every file that isn't there yet; `advance` is told the rows that were passed."""
