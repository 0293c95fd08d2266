"""The loader of recipes under a fuzzer that is guided by coverage (atheris, `pip install atheris`).

`python -m tests.campaigns.guided --tries N --seed S`; a case is the file of a text, which the fuzzer writes for a loss.
Each text may take 5 seconds and 1 GB. It starts from the built-in recipes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["deepbench_fast.recipe", "deepbench_fast.values", "deepbench_fast.kinds"]):
    from deepbench_fast import Recipe

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe.load import builtin_path, builtin_recipes


def attempt(data: bytes) -> None:
    """Load one; anything but a recipe or a RecipeError of one line ends the fuzzer."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        Recipe.from_yaml(text, source="fuzzed.yaml")
    except RecipeError as error:
        if "\n" in str(error) or not str(error).startswith("fuzzed.yaml"):
            raise AssertionError(str(error)) from error


def main() -> None:
    """Run the fuzzer."""
    parser = argparse.ArgumentParser("python -m tests.campaigns.guided")
    parser.add_argument("--tries", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=Path)
    given = parser.parse_args()
    if given.case:
        attempt(given.case.read_bytes())
        return
    with tempfile.TemporaryDirectory() as corpus:
        for name in builtin_recipes():
            (Path(corpus) / name).write_bytes(builtin_path(name).read_bytes())
        options = [
            f"-runs={given.tries}",
            f"-seed={given.seed + 1}",
            "-timeout=5",
            "-rss_limit_mb=1000",
            "-max_len=4096",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
