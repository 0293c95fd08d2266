"""A part of a configuration for DeepBench, asked for its values by their keys."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from typing import TypeVar

import yaml

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path, within

T = TypeVar("T")


class Section:
    """A mapping of a configuration and where it stands, so that errors can name each key."""

    def __init__(self, value: object, path: Path = ()) -> None:
        """Raises `Invalid` where the value is no mapping; nothing is an empty one."""
        with within(*path):
            self.values = checks.mapping({} if value is None else value)
        self.path = path
        self.paths: dict[str, Path] = {key: (*path, key) for key in self.values}

    def before(self, other: Section) -> Section:
        """Both in one, in which keys that both hold have the value of this one."""
        both = Section({**other.values, **self.values}, self.path)
        both.paths = {**other.paths, **self.paths}
        return both

    def __contains__(self, key: str) -> bool:
        """Whether the key stands there with a value."""
        return self.values.get(key) is not None

    def where(self, key: str) -> Path:
        """The path to a key, whether it is given or not."""
        return self.paths.get(key, (*self.path, key))

    def section(self, key: str) -> Section:
        """The mapping under a key; empty where there is none."""
        return Section(self.values.get(key), self.where(key))

    def require(self, *keys: str) -> None:
        """Raise `Invalid` where one of the keys isn't given."""
        for key in keys:
            if key not in self:
                raise Invalid("is missing" if key not in self.values else "has no value", self.where(key))

    def get(self, key: str, check: Callable[[object], T], default: T) -> T:
        """What the check makes of a value, or the default where none is given; raises `Invalid`."""
        if key not in self.values:
            return default
        with within(*self.where(key)):
            return check(self.values[key])

    def needed(self, key: str, check: Callable[[object], T]) -> T:
        """What the check makes of a value that must be given; raises `Invalid`."""
        self.require(key)
        with within(*self.where(key)):
            return check(self.values[key])

    def only(self, allowed: Collection[str], what: str) -> None:
        """Raise `Invalid` where a key is not among those allowed."""
        for key in self.values:
            with within(*self.where(key)):
                checks.known(key, allowed, what)

    def ignored(self, known: Collection[str]) -> list[str]:
        """A note on each key that DeepBench passes over in silence."""
        return [
            f"DeepBench ignores the key {checks.quote(key)}{_near(key, known)}"
            for key in self.values
            if key not in known
        ]


def _near(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f" (is '{near[0]}' meant?)." if near else ", and so does this recipe."


def number(value: object) -> float:
    """A number; a list that holds just one is as good."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return checks.number(plain(value))


def level(value: object) -> float:
    """A number that isn't negative."""
    found = number(value)
    if found < 0:
        raise Invalid(f"must be 0 or above, not {checks.quote(value)}")
    return found


def pair(value: object) -> tuple[float, float]:
    """Two numbers, of which the first is x."""
    found = checks.sequence(value, "two numbers [x, y]")
    if len(found) != 2:
        raise Invalid(f"must be two numbers [x, y], not {checks.quote(value)}")
    numbers = []
    for position, item in enumerate(found):
        with within(position):
            numbers.append(number(item))
    return numbers[0], numbers[1]


def whole(low: int, high: int) -> Callable[[object], int]:
    """A check for whole numbers in a range."""
    return lambda value: checks.whole_number(plain(value), low, high)


def flag(value: object) -> bool:
    """true or false, which YAML 1.1 also writes yes and no; 1 and 0 are as good."""
    meant = plain(value)
    return checks.boolean(bool(meant) if meant in (0, 1) else meant)


def word(*allowed: str, what: str) -> Callable[[object], str]:
    """A check for one of several words."""
    return lambda value: checks.known(checks.text(value), allowed, what)


def plain(value: object) -> object:
    """What plain text means in YAML 1.1, which DeepBench reads: yes and no, octal and hexadecimal numbers."""
    if not isinstance(value, str) or len(value) > 40:
        return value
    loader = yaml.SafeLoader("")
    tag: str = loader.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    if tag.rpartition(":")[2] not in ("bool", "int", "float"):
        return value
    try:
        meant: object = loader.construct_object(yaml.ScalarNode(tag, value))
    except ValueError:
        return value
    return meant
