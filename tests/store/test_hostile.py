"""Small versions of the campaigns of files made to harm and of damaged files."""

from __future__ import annotations

import sys
from itertools import islice

import pytest

from tests.campaigns import flips, hostile


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory")
@pytest.mark.parametrize("file", hostile.FILES)
def test_files_made_to_harm(file: str) -> None:
    assert hostile.CAMPAIGN.run(islice(hostile.cases(11, [file]), 3)) == 0


@pytest.mark.parametrize("file", flips.FILES)
def test_damaged_files(file: str) -> None:
    assert flips.CAMPAIGN.run(islice(flips.cases(11, [file]), 30)) == 0
