"""Damaged recipes are refused in one line, or their samples are made, and are finite.

Cases: RECIPE/text/SEED/N and RECIPE/data/SEED/N: a built-in recipe whose text, or what it says, is damaged. All are
loaded; where N is a multiple of 10, what can be is written, read and made. Each may take 5 seconds of processor time
and 1 GB.
"""

from __future__ import annotations

import random
import resource
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import yaml

from deepbench_fast import Recipe, samples
from deepbench_fast.errors import DeepbenchFastError, RecipeError
from deepbench_fast.recipe.load import builtin_path, builtin_recipes
from deepbench_fast.run.warmup import warm_up
from tests.campaigns.children import LONGEST_MESSAGE
from tests.campaigns.damage import as_text, damaged_data, damaged_text
from tests.campaigns.harness import Campaign, Lost, Tried, check, main, numbered

SECONDS, MEMORY = 5.0, 10**9
MOST_PIXELS, MOST_STEPS, MOST_SECONDS, MOST_OBJECTS = 2**16, 2**12, 20, 300
SAMPLES = 2
MADE_EVERY = 10


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Endless, half of them of each kind."""
    yield from numbered(seed, [f"{name}/{kind}" for name in of for kind in ("text", "data")])


def attempt(case: str) -> Tried:
    """Load a damaged recipe; of some of them make samples where that is little work."""
    text = damaged(case)
    began = time.process_time()
    with bounded():
        recipe = load(text)
        end = "refused" if recipe is None else make(recipe) if int(case.split("/")[-1]) % MADE_EVERY == 0 else "loaded"
    return Tried(end, {"seconds": time.process_time() - began})


def damaged(case: str) -> str:
    """The recipe of a case."""
    name, kind, *_ = case.split("/")
    rng = random.Random(case)
    if kind == "text":
        return damaged_text(_text(name), rng)
    return as_text(damaged_data(_data(name), _all_data(), rng))


def load(text: str) -> Recipe | None:
    """The recipe, None where it is refused. Raises Lost where that isn't in one line which names the file."""
    try:
        return Recipe.from_yaml(text, source="damaged.yaml")
    except RecipeError as error:
        check(str(error).startswith("damaged.yaml"), f"no place: {error}")
        check_one_line(error)
        return None
    except Lost:
        raise
    except Exception as error:
        raise Lost(f"loading: {type(error).__name__}: {error}") from error


def make(recipe: Recipe) -> str:
    """How it ended. Raises Lost where that is neither with samples nor with one line."""
    check(recipe.hash() == Recipe.from_yaml(recipe.to_yaml()).hash(), "written and read it is another one")
    if not is_small(recipe):
        return "large"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = samples(recipe, 0, min(SAMPLES, recipe.samples))
    except DeepbenchFastError as error:
        check_one_line(error)
        return "refused when made"
    except Lost:
        raise
    except Exception as error:
        raise Lost(f"making: {type(error).__name__}: {error}") from error
    values = made["images" if recipe.series is None else "series"]
    check(np.isfinite(values).all(), "not finite")
    return "made"


def is_small(recipe: Recipe) -> bool:
    """Whether a few samples are little work: what is asked for may be days of it."""
    data: Any = yaml.safe_load(recipe.to_yaml())
    if recipe.series is not None:
        return (
            len(recipe.series.moments) <= MOST_STEPS and abs(recipe.series.end) <= 20 and "tolerance" not in str(data)
        )
    image = recipe.image
    return image.height * image.width * image.oversample**2 <= MOST_PIXELS and _objects(data) <= MOST_OBJECTS


@contextmanager
def bounded() -> Iterator[None]:
    """Raise Lost where what is inside takes more than `SECONDS` of processor time, or `MEMORY`."""

    def stop(number: int, frame: object) -> None:
        raise Lost(f"takes more than {SECONDS} s")

    limits = resource.getrlimit(resource.RLIMIT_AS)
    previous = signal.signal(signal.SIGPROF, stop)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _objects(data: Any) -> float:
    """An estimate of the objects of the fullest sample, from the largest numbers of its counts."""
    if isinstance(data, list):
        return sum(map(_objects, data))
    if not isinstance(data, dict):
        return 1
    own = max([1.0, *_numbers(data["count"])]) if "count" in data else 1.0
    return own * max(
        1, sum(_objects(value) for key, value in data.items() if key in ("catalogues", "objects") or own == 1)
    )


def _numbers(data: Any) -> Iterator[float]:
    if isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _numbers(value)
    elif isinstance(data, int | float):
        yield float(data)


def check_one_line(error: DeepbenchFastError) -> None:
    """Raise Lost where what a user would read is more than one line, or a long one."""
    words = str(error)
    check("\n" not in words and len(words) <= LONGEST_MESSAGE, f"not one line: {words!r}")


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


@cache
def _text(name: str) -> str:
    return builtin_path(name).read_text(encoding="utf-8")


@cache
def _data(name: str) -> Any:
    return yaml.safe_load(_text(name))


@cache
def _all_data() -> list[Any]:
    return [_data(name) for name in builtin_recipes()]


if __name__ == "__main__":
    warm_up()  # what compiling takes is no recipe's fault
    main(Campaign("recipes", list(builtin_recipes()), cases, attempt, tries=1_000_000))
