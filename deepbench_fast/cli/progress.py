"""Progress on standard error: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import click

from deepbench_fast.cli import words
from deepbench_fast.cli.words import duration, grouped

SECONDS_BETWEEN_LINES = 30.0
COLUMNS, LINES = 80, 24


class Progress:
    """Counts what is done, from `start(total, done)` by `advance(number)` to the end of the `with` block.

    `at_start` is called when the work is about to start, not where it goes on.
    """

    def __init__(self, unit: str = "samples", at_start: Callable[[], object] | None = None) -> None:
        self.unit, self.at_start = unit, at_start
        self.total = self.done = self._first = 0
        self._told = time.monotonic()
        self._paced: tuple[float, int] | None = None
        self._bar: Any = None

    @property
    def made(self) -> int:
        """How many were done since the start."""
        return self.done - self._first

    def start(self, total: int, done: int) -> None:
        """`done` of `total` are done already."""
        if self.at_start is not None and not done:
            self.at_start()
        self.total, self.done, self._first = total, done, done
        self._told = time.monotonic()
        self._paced = None
        if sys.stderr.isatty():
            self._bar = self._new_bar()

    def advance(self, number: int) -> None:
        """So many more are done."""
        self.done += number
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(number)
        elif now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            click.echo(self.line(now), err=True)
        # Before the first ones were done kernels were compiled: no rate follows from the time that these took.
        self._paced = self._paced or (now, self.done)

    def line(self, now: float) -> str:
        """How far it is at this moment, how fast it goes since the first were done, and when all will be."""
        share = 100 * self.done // max(1, self.total)
        done = f"{grouped(self.done)} of {grouped(self.total)} {self.unit} ({share} %)"
        began, before = self._paced or (now, self.done)
        if self.done == before:
            return done
        rate = (self.done - before) / (now - began)
        return f"{done}, {words.rate(rate)} a second, {duration((self.total - self.done) / rate)} left"

    def _new_bar(self) -> Any:
        from tqdm import tqdm

        # Some terminals (in containers) say that they have no size; tqdm would draw nothing.
        known = 0 not in os.get_terminal_size(sys.stderr.fileno())
        return tqdm(
            total=self.total,
            initial=self.done,
            unit=f" {self.unit}",
            unit_scale=True,
            file=sys.stderr,
            dynamic_ncols=known,
            ncols=None if known else COLUMNS,
            nrows=None if known else LINES,
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
