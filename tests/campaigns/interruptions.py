"""The campaigns kills, failures and power in turns, so that the jobs which they interrupt are prepared once.

Cases: CAMPAIGN/CASE, with the case of that campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from tests.campaigns import failures, kills, power
from tests.campaigns.children import under_the_library
from tests.campaigns.harness import Campaign, Tried, main
from tests.campaigns.jobs import JOBS, Jobs, jobs

CAMPAIGNS = {"kills": kills, "failures": failures, "power": power}


def cases(prepared: Jobs, seed: int, of: Sequence[str]) -> Iterator[str]:
    """One of each campaign, again and again; endless."""
    for some in zip_longest(*(campaign.cases(prepared, seed, of) for campaign in CAMPAIGNS.values())):
        yield from (f"{name}/{case}" for name, case in zip(CAMPAIGNS, some, strict=True) if case is not None)


def attempt(prepared: Jobs, case: str) -> Tried:
    """Take one."""
    name, _, rest = case.partition("/")
    tried = CAMPAIGNS[name].attempt(prepared, rest)
    return replace(tried, end=f"{name}: {tried.end}")


if __name__ == "__main__":
    under_the_library("tests.campaigns.interruptions")
    with jobs() as found:
        main(Campaign("interruptions", list(JOBS), partial(cases, found), partial(attempt, found), tries=15_000))
