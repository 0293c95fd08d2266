"""What a value may be: small checks whose errors say in plain words what is wrong and what is allowed."""

from __future__ import annotations

import difflib
import itertools
import math
import re
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from numbers import Integral, Real

from deepbench_fast.errors import RecipeError

Path = tuple[str | int, ...]
MOST_LISTED = 60

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_LINE_BREAK = re.compile(r"\n\s*")  # arrays have them
_RATIO = re.compile(r"([0-9]{1,40})(?:/([0-9]{1,40}))?")

_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother = 2, 60, 60


class Invalid(RecipeError):
    """A value that can't be used. `path` leads to it through the data that were checked: keys and list positions."""

    def __init__(self, problem: str, path: Path = ()) -> None:
        super().__init__(problem, key=".".join(map(str, path)))
        self.path = path


class within:
    """Lead the path of an `Invalid` raised inside through `steps`."""

    __slots__ = ("steps",)

    def __init__(self, *steps: str | int) -> None:
        self.steps = steps

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, invalid: BaseException | None, __: object) -> None:
        if isinstance(invalid, Invalid):
            raise Invalid(invalid.problem, (*self.steps, *invalid.path)) from None


def quote(value: object) -> str:
    """A value as an error message shows it: one short line, whatever the value is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return _LINE_BREAK.sub(" ", _short.repr(value))
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of very many digits"


def plain(value: float) -> int | float:
    """The number as a recipe writes it: without a fraction where it has none."""
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def plain_text(text: str) -> str:
    """The text itself of NumPy's text and of an enumeration's, which YAML and HDF5 can't hold."""
    return str.__str__(text)


def listed(words: Collection[str]) -> str:
    """Words as an error message lists them: of very many the first ones, and how many there are."""
    if len(words) <= MOST_LISTED:
        return ", ".join(words)
    return ", ".join([*itertools.islice(words, MOST_LISTED), f"… of {len(words)}"])


def known(word: str, allowed: Collection[str], what: str, elsewhere: Mapping[str, str] | None = None) -> str:
    """`word` if it is allowed.

    `elsewhere` says of other words where they are.

    Raises:
        Invalid: it is not; the message says where it is allowed, or has the nearest allowed word, and all of them, or
            the first ones of very many.
    """
    if not isinstance(word, str):
        raise Invalid(f"must be the name of one {what}, not {quote(word)} (allowed: {listed(allowed) or 'none'})")
    if word in allowed:
        return plain_text(word)
    near = difflib.get_close_matches(word, allowed, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if elsewhere and word in elsewhere:
        hint = f": it belongs in {elsewhere[word]}"
    raise Invalid(f"unknown {what} {quote(word)}{hint} (allowed: {listed(allowed) or 'none'})")


def number(value: object, wanted: str = "a number") -> float:
    """A finite float64; negative zero becomes zero.

    Raises:
        Invalid: not a number, or NaN or infinite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Invalid(f"must be {wanted}, not {quote(value)}")
    try:
        result = float(value) + 0.0
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise Invalid(f"must be a finite number, not {quote(value)}")
    return result


def positive(value: object) -> float:
    """A finite number above 0.

    Raises:
        Invalid: anything else.
    """
    result = number(value)
    if result <= 0:
        raise Invalid(f"must be above 0, not {quote(value)}")
    return result


def boolean(value: object) -> bool:
    """true or false.

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, bool):
        raise Invalid(f"must be true or false, not {quote(value)}")
    return value


def whole_number(value: object, low: int, high: int) -> int:
    """An integer between `low` and `high`, both included; 1e5 is as good as 100000.

    Raises:
        Invalid: anything else.
    """
    result = _whole(value)
    if result is not None and low <= result <= high:
        return result
    raise Invalid(f"must be a whole number from {low} to {high}, not {quote(value)}")


def _whole(value: object) -> int | None:
    if isinstance(value, Integral):
        return None if isinstance(value, bool) else int(value)
    return int(float(value)) if isinstance(value, Real) and float(value).is_integer() else None


def integer(name: str, value: object) -> int:
    """A whole number of any size, of an argument with this name.

    Raises:
        Invalid: anything else.
    """
    result = _whole(value)
    if result is None:
        raise Invalid(f"must be a whole number, not {quote(value)}", (name,))
    return result


def whole_argument(name: str, value: object, low: int, high: int) -> int:
    """As `whole_number`, of an argument with this name, which errors tell."""
    with within(name):
        return whole_number(value, low, high)


def whole(low: int, high: int) -> Callable[[object], int]:
    """A check that a value is an integer between `low` and `high`, both included."""

    def check(value: object) -> int:
        return whole_number(value, low, high)

    return check


def rational(value: object) -> Fraction:
    """An exact fraction from a number or from text like '1/3'; 0.1 means one tenth.

    Raises:
        Invalid: not a fraction, or negative.
    """
    if isinstance(value, Fraction):
        result = value
    elif isinstance(value, str) and (ratio := _RATIO.fullmatch(value)) and int(ratio[2] or 1):
        result = Fraction(int(ratio[1]), int(ratio[2] or 1))
    elif isinstance(value, Integral) and not isinstance(value, bool):
        result = Fraction(int(value))
    else:
        result = Fraction(repr(number(value, "a number or a fraction like 1/3")))
    if result < 0:
        raise Invalid(f"must not be negative, not {quote(value)}")
    number(result)
    return result


def text(value: object) -> str:
    """Printable text on one line.

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, str) or not value.isprintable() or not value.strip() or len(value) > 200:
        raise Invalid(f"must be text on one line (in quotes if it looks like a number), not {quote(value)}")
    return plain_text(value)


def name(value: object) -> str:
    """A name that file attributes, streams of random numbers and addresses can hold.

    Raises:
        Invalid: anything but ASCII's letters, digits, '_', '-' and '.', or a name that begins with '-' or '.'.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        allowed = "letters A to Z and a to z, digits, '_', and after the first also '-' and '.'; up to 64"
        raise Invalid(f"must be a name ({allowed}), not {quote(value)}")
    return plain_text(value)


def mapping(value: object, wanted: str = "keys with values") -> dict[str, object]:
    """A mapping with text as keys.

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise Invalid(f"must be {wanted}, not {quote(value)}")
    return {plain_text(key): item for key, item in value.items()}


def sequence(value: object, wanted: str) -> list[object]:
    """A list; text is none.

    Raises:
        Invalid: anything else.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Invalid(f"must be {wanted}, not {quote(value)}")
    return list(value)


def items(value: object, wanted: str) -> list[object]:
    """A list; a mapping stands for a list of one-key mappings, `{star: ...}` for `[{star: ...}]`.

    Raises:
        Invalid: anything else.
    """
    if isinstance(value, Mapping):
        return [{key: item} for key, item in value.items()]
    return sequence(value, wanted)


def names(argument: str, given: Iterable[str]) -> list[str]:
    """The names in a list that an argument is; text alone is one name, not its letters.

    Raises:
        Invalid: neither a name nor a list.
    """
    if not isinstance(given, Iterable):
        raise Invalid(f"must be a list of names, not {quote(given)}", (argument,))
    return [given] if isinstance(given, str) else list(given)


def single(value: object, wanted: str) -> tuple[str, object]:
    """Key and value of a mapping that holds exactly one.

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        raise Invalid(f"must be {wanted}, not {quote(value)}")
    return next(iter(mapping(value, wanted).items()))


def choice(*allowed: str) -> Callable[[object], str]:
    """A check that a value is one of the words."""

    def check(value: object) -> str:
        if value not in allowed or not isinstance(value, str):
            raise Invalid(f"must be {' or '.join(allowed)}, not {quote(value)}")
        return plain_text(value)

    return check
