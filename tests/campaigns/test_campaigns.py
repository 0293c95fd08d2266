"""A small version of each campaign; the full ones, and what they found, are in docs/explain/reliability.md."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns.harness import Campaign, Lost, Tried, rounds
from tests.preload import compiler

ROOT = Path(__file__).parents[2]
NEED_LIBRARY = ("kills", "failures", "power", "interruptions", "processes", "command_lines")
SMALL = [
    ("kills", "--of images --of export-csv --of last-shard --tries 25"),
    ("failures", "--of images --of export-csv --of last-shard --tries 25"),
    ("power", "--of images --of export-png --tries 40"),
    ("interruptions", "--of extend --of reshard --of calibrate --tries 24"),
    ("processes", "--of output --of shards --tries 8"),
    ("recipes", "--tries 300"),
    ("command_lines", "--of generate --of info --of export --of schema --tries 60"),
    ("changes", "--tries 30"),
    ("parts", "--case job/5/1000000000 --case index/200"),
    ("scale", "--case plan/777777/1000000/1000000000000 --case samples/100000"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "options"), SMALL)
def test_nothing_is_lost(name: str, options: str) -> None:
    if name in NEED_LIBRARY and compiler() is None:
        pytest.skip("needs Linux and a C compiler")
    command = [sys.executable, "-m", f"tests.campaigns.{name}", *options.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"{name}: ")
    assert ", 0 lost in " in last


@pytest.mark.slow
def test_ten_million_samples_take_little_memory_and_no_two_are_alike() -> None:
    test_nothing_is_lost("scale", "--of samples")


def attempt(case: str) -> Tried:
    if case == "b":
        raise Lost("b is\nbad")
    return Tried("fine", {"size": float(len(case))})


def test_a_loss_is_told_with_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = Campaign("letters", ["a"], lambda seed, of: of, attempt, 3)
    assert campaign.run(["a", "b", "ccc"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "LOST b: b is bad"
    assert told[1].startswith("letters: 3 tries, 1 lost in 0 s: 2 fine, 1 lost; worst size 3 (ccc)")
    assert campaign.run(["a"]) == 0
    assert campaign.run([]) == 1


def test_a_round_takes_one_case_of_each_group() -> None:
    groups = [["a1", "a2", "a3"], ["b1"], ["c1", "c2"], []]
    cases = list(rounds(groups, 0))
    assert sorted(cases) == sorted(case for group in groups for case in group)
    assert [{case[0] for case in part} for part in (cases[:3], cases[3:5], cases[5:])] == [set("abc"), set("ac"), {"a"}]
    assert cases != list(rounds(groups, 1))
