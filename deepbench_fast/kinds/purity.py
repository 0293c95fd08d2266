"""What a user's function may not do, since data would depend on more than recipe and seed."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepbench_fast.errors import UsageError


def check_plain(name: str, function: Callable[..., Any]) -> None:
    """Raise UsageError for what gives no number when it is called: coroutines and generators."""
    for is_other, words in (
        (inspect.iscoroutinefunction, "is async"),
        (inspect.isasyncgenfunction, "is async"),
        (inspect.isgeneratorfunction, "yields"),
    ):
        if is_other(function):
            raise UsageError(f"{name}: its function {words}: it must return a number")


def check_writes(function: Callable[..., Any], source: str) -> None:
    """Raise UsageError where a function sets attributes, or named items of its arguments.

    `row.radius = 2` would change the table: what is stored with the images would not be what was drawn.
    """
    try:
        (definition,) = ast.parse(source).body
    except (SyntaxError, ValueError):  # a lambda's line: it can't set anything
        return
    for written in _written(definition, list(inspect.signature(function).parameters)):
        words = "parameters stay what was drawn; give what you compute a name of its own"
        raise UsageError(f"{function.__name__}: it sets {ast.unparse(written)}: {words}")


def _written(definition: ast.stmt, arguments: list[str]) -> Iterator[ast.Attribute | ast.Subscript]:
    for node in ast.walk(definition):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            item = node.slice if isinstance(node, ast.Subscript) else None
            is_column = isinstance(item, ast.Constant) and isinstance(item.value, str)
            is_argument = isinstance(node.value, ast.Name) and node.value.id in arguments
            if item is None or (is_column and is_argument):
                yield node


def check_random(function: Callable[..., Any], module: str, names: Sequence[str]) -> None:
    """Raise UsageError where a function takes NumPy's random numbers, by these names from this module."""
    if ".".join((module, *names)).startswith("numpy.random"):
        raise UsageError(
            f"{function.__name__}: it uses {'.'.join(('numpy.random', *names[-1:]))}, whose numbers follow no recipe's "
            "seed: draw a parameter instead"
        )
