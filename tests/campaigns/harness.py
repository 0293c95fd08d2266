"""What all campaigns share: their options, how tries are counted, and the summary.

A campaign is a program, `python -m tests.campaigns.<name> --tries N --seed S`. It takes cases one by one; each has a
name from which alone it can be taken again (`--case NAME`). A case that loses something is printed at once, and the
exit status is 1 where there was any. The last line says how many tries there were, how they ended, and the worst.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, takewhile, zip_longest
from math import inf

MOST_SHOWN = 400


@dataclass(frozen=True)
class Tried:
    """How a try ended, in a word or two; what it measured; and what it lost ("": nothing)."""

    end: str
    measured: dict[str, float] = field(default_factory=dict)
    lost: str = ""


class Lost(AssertionError):
    """Something was lost; the text says what."""


@dataclass(frozen=True)
class Campaign:
    """`cases(seed, of)` gives names of cases, all there are or without end, each beginning with one of the names `of`;
    `attempt(case)` takes one, and raises Lost."""

    name: str
    of: Sequence[str]
    cases: Callable[[int, Sequence[str]], Iterable[str]]
    attempt: Callable[[str], Tried]
    tries: int

    def run(self, cases: Iterable[str]) -> int:
        """Take the cases and say how it went; the exit status."""
        began = time.monotonic()
        ends: Counter[str] = Counter()
        worst: dict[str, tuple[float, str]] = {}
        lost = 0
        with suppress(KeyboardInterrupt):  # who has seen enough is told what was seen
            for case in cases:
                tried = self._tried(case)
                ends[tried.end] += 1
                for name, value in tried.measured.items():
                    worst[name] = max(worst.get(name, (value, case)), (value, case))
                if tried.lost:
                    lost += 1
                    print(f"LOST {case}: {' '.join(tried.lost.split())[:MOST_SHOWN]}", flush=True)
        told = ", ".join(f"{count:,} {end}" for end, count in ends.most_common())
        most = "".join(f"; worst {name} {value:.3g} ({case})" for name, (value, case) in sorted(worst.items()))
        seconds = time.monotonic() - began
        print(f"{self.name}: {ends.total():,} tries, {lost:,} lost in {seconds:.0f} s: {told}{most}", flush=True)
        return 1 if lost or not ends else 0

    def _tried(self, case: str) -> Tried:
        try:
            return self.attempt(case)
        except Lost as error:
            return Tried("lost", lost=str(error))


def check(good: bool, what: object) -> None:
    """Raise Lost where it isn't so."""
    if not good:
        raise Lost(str(what))


def shuffled(cases: Sequence[str], seed: int) -> list[str]:
    """All cases, in an order of the seed, so that the first ones are a fair choice of them."""
    return random.Random(seed).sample(cases, len(cases))


def rounds(groups: Sequence[Sequence[str]], seed: int) -> Iterator[str]:
    """One case of each group, then another of each, and so on; which and in what order is the seed's choice."""
    rng = random.Random(seed)
    for one_of_each in zip_longest(*(rng.sample(group, len(group)) for group in groups)):
        some = [case for case in one_of_each if case is not None]
        yield from rng.sample(some, len(some))


def numbered(seed: int, prefixes: Sequence[str]) -> Iterator[str]:
    """Cases "prefix/seed/number" without end, the prefixes in turn."""
    number = 0
    while True:
        for prefix in prefixes:
            yield f"{prefix}/{seed}/{number}"
        number += 1


def main(campaign: Campaign, arguments: Sequence[str] | None = None) -> None:
    """Run a campaign as a program."""
    parser = argparse.ArgumentParser(f"python -m tests.campaigns.{campaign.name}")
    parser.add_argument("--tries", type=int, default=campaign.tries, help=f"how many cases ({campaign.tries})")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many cases first, to go on (0)")
    parser.add_argument("--seed", type=int, default=0, help="which cases, and in which order (0)")
    parser.add_argument("--of", action="append", choices=campaign.of, help="cases of this alone; may be given again")
    parser.add_argument("--case", action="append", help="take this case alone; may be given again")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no case after so many minutes")
    given = parser.parse_args(arguments)
    end = time.monotonic() + 60 * given.minutes
    cases = given.case or islice(
        campaign.cases(given.seed, given.of or campaign.of), given.skip, given.skip + given.tries
    )
    sys.exit(campaign.run(takewhile(lambda _: time.monotonic() < end, cases)))
