"""Kinds by name."""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from functools import cache

from deepbench_fast.errors import UsageError
from deepbench_fast.kinds import light, motion, shapes
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

ENTRY_POINTS = "deepbench_fast.kinds"

_own: dict[str, Kind] = {}


def register(declared: Kind) -> None:
    """Add a kind of the user's own, in place of one from the same place. Raises UsageError where the name is taken."""
    shipped, other = _shipped(), _own.get(declared.name, declared)
    parts = {k.dynamics.parts.name for k in shipped.values() if k.dynamics and k.dynamics.parts}
    same = other.fingerprint == declared.fingerprint or other.kernels == declared.kernels
    if declared.name in parts or declared.name in shipped or not same:
        raise UsageError(f"there is a kind called {declared.name} already")
    _own[declared.name] = declared
    _registered_so_far.append(declared.name)


_registered_so_far: list[str] = []


def registrations() -> int:
    """How many kinds were registered so far: after another one, another kind may stand behind a name."""
    return len(_registered_so_far)


@cache
def _load_installed() -> tuple[str, ...]:
    """Import the kinds that installed packages offer as entry points of the group `deepbench_fast.kinds`.

    Returns what is wrong with those that can't be: a broken package must not stop what doesn't need it.
    """
    from importlib.metadata import entry_points  # takes as long as a first recipe

    problems = []
    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:
            words = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
            problems.append(f"the installed kinds of {point.value} can't be loaded: {words}")
    return tuple(problems)


@cache
def _shipped() -> dict[str, Kind]:
    declared = (*light.KINDS, *shapes.KINDS, *motion.KINDS)
    return {kind.name: kind for kind in sorted(declared, key=lambda kind: kind.name)}


def kinds() -> dict[str, Kind]:
    """All kinds, sorted by name."""
    _load_installed()
    return dict(sorted({**_shipped(), **_own}.items()))


def find(name: str) -> Kind | None:
    """The kind called `name`, or None. Installed packages are asked only for one that isn't known without them."""
    return _shipped().get(name) or _own.get(name) or kinds().get(name)


def kind(name: str) -> Kind:
    """The kind called `name`; raises RecipeError, with the nearest name, where there is none."""
    if (found := find(name)) is not None:
        return found
    try:
        return kinds()[checks.known(name, kinds(), "kind")]
    except Invalid as unknown:
        raise Invalid(f"{unknown.problem}; {more_kinds()}") from None


def more_kinds() -> str:
    """What to say where a kind isn't known: how to bring one's own, and which installed ones can't be loaded."""
    return "; ".join(["--kinds FILE.py brings kinds of your own", *_load_installed()])


def _kind_or_part(name: str) -> Kind:
    parts = {k.dynamics.parts.name: k.dynamics.parts for k in kinds().values() if k.dynamics and k.dynamics.parts}
    return parts[name] if name in parts else kind(name)


def _by_name(kind: Kind) -> tuple[Callable[..., Kind], tuple[str, ...]]:
    """Pickled by name: there is one object of each kind in a process."""
    return _kind_or_part, (kind.name,)


copyreg.pickle(Kind, _by_name)
