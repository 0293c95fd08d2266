"""How a shell completes arguments: names of recipes and kinds, recipe files, datasets."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from deepbench_fast.cli.source import DATASET_SUFFIXES, RECIPE_SUFFIXES


class Completed(click.ParamType):  # type: ignore[type-arg]
    """Text that goes on as one of the known names, or as a file with one of the suffixes."""

    name = "text"

    def __init__(self, *suffixes: str, known: bool = False) -> None:
        self.suffixes, self.known = suffixes, known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names = [name for name in _known_names() if name.startswith(incomplete)] if self.known else []
        files, directories = _files(incomplete, self.suffixes) if self.suffixes else ([], [])
        if directories and not (names or files):
            return [CompletionItem(incomplete, type="dir")]  # the shell goes on below them without a space
        return [CompletionItem(word) for word in (*names, *files, *directories)]


class OneOf(click.ParamType):  # type: ignore[type-arg]
    """Text that a shell completes to one of these words; what is none of them is told by what takes it."""

    name = "text"

    def __init__(self, *words: str) -> None:
        self.words = words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


_ARGUMENTS = {
    "NAME": Completed(known=True),
    "SOURCE": Completed(*RECIPE_SUFFIXES, known=True),
    "RECIPE": Completed(*RECIPE_SUFFIXES, known=True),
    "FILE": Completed(*DATASET_SUFFIXES),
    "FILE|SOURCE": Completed(*DATASET_SUFFIXES, *RECIPE_SUFFIXES, known=True),
    "CONFIG.yaml": Completed(*RECIPE_SUFFIXES),
    "TASK|FILE": Completed(*DATASET_SUFFIXES, known=True),
    "SAMPLES.h5": Completed(*DATASET_SUFFIXES),
}
"""What help calls an argument → how it is completed."""

_OPTIONS = {"FILE.py": Completed(".py")} | dict.fromkeys(("FILE", "PNG", "DIR"), click.Path())


def complete_by_metavar(params: Sequence[click.Parameter]) -> None:
    """Let a shell complete the text of arguments and options by what help calls them."""
    for param in params:
        types = _ARGUMENTS if isinstance(param, click.Argument) else _OPTIONS
        if param.type is click.STRING:
            named = param.metavar or str(param.name).upper()
            param.type = types.get(named.strip("[]"), param.type)  # brackets: it may be left out


def _known_names() -> list[str]:
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe.load import builtin_recipes

    return [*builtin_recipes(), *kinds()]


def _files(incomplete: str, suffixes: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Files with a suffix, and directories with a '/', that begin with what is there."""
    before, slash, start = incomplete.rpartition("/")
    before += slash
    try:
        found = sorted(os.scandir(os.path.expanduser(before) or "."), key=lambda entry: entry.name)
    except OSError:
        return [], []
    shown = [e for e in found if e.name.startswith(start) and (start.startswith(".") or not e.name.startswith("."))]
    directories = {entry.name for entry in shown if os.path.isdir(entry)}  # links may lead in a circle, or anywhere
    files = [f"{before}{e.name}" for e in shown if e.name.endswith(suffixes) and e.name not in directories]
    return files, [f"{before}{entry.name}/" for entry in shown if entry.name in directories]
