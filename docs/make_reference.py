"""Writes kinds.md, commands.md and api.md, which follow from the program: `python -m docs.make_reference`."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

import deepbench_fast
from deepbench_fast.cli.group import COMMANDS, PROGRAM, group
from deepbench_fast.exports.formats import Exported
from deepbench_fast.kinds.kind import Dynamics, Kind, Output
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.run.verify import Report
from deepbench_fast.store.read import Summary
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter

FOLDER = Path(__file__).parent
GENERATED = "<!-- Written by `python -m docs.make_reference`: change the program's texts, not this page. -->"
LAYERS = {
    "shape": ("Shapes", "They compose first, by the recipe's `image.overlap`; then light adds."),
    "light": (
        "Light",
        "It adds to the shapes and to other light. A pixel has its value at the centre, or its mean.",
    ),
    "series": ("Systems that move", "A sample is the series of one system; see [series](series.md)."),
}
NAMES = {
    "Recipes": ["Recipe", "ladder"],
    "Files": ["generate", "open_dataset", "Dataset", "verify", "export"],
    "Many files": ["index_parts", "merge", "extend", "reshard"],
    "On the fly": ["samples", "sample", "Batch", "Simulator", "simulate", "Prior", "Likelihood"],
    "Kinds of your own": ["light_kind", "parameter"],
}
MADE_BY_FUNCTIONS = ("Dataset", "Batch")
GIVEN_BACK = {"Summary": Summary, "Report": Report, "Exported": Exported}


def kinds_page() -> str:
    """Every kind that ships with the package: meaning, options, parameters."""
    shipped = [kind for kind in kinds().values() if not kind.fingerprint]
    parts = [
        "# Kinds of objects",
        GENERATED,
        "`x` and `y` are pixel coordinates: column and row, 0 is the centre of the first pixel. Defaults are what a\n"
        "recipe draws a parameter from where it is silent. Those with ↔ are for the given size, and scale with it.\n"
        "`deepbench-fast describe KIND --size ROWSxCOLUMNS` prints the same for another size.",
        "![Every kind of object](gallery.png)",
    ]
    for layer, (title, words) in LAYERS.items():
        parts += [f"## {title}", words]
        for kind in shipped:
            if kind.layer == layer:
                parts += list(_kind(kind))
    return _page(parts)


def _kind(kind: Kind) -> Iterator[str]:
    rows, columns = kind.default_shape
    yield f"### {kind.name}"
    yield kind.meaning.removeprefix(f"{kind.name.replace('_', ' ')}: ")
    yield "\n".join(f"- {fact}" for fact in _facts(kind))
    default = "default" if kind.dynamics else f"default at {rows}×{columns}"
    yield _table(["parameter", "unit", "valid", default, "meaning"], [_row(p, kind) for p in kind.parameters])


def _facts(kind: Kind) -> Iterator[str]:
    yield f"Options: {_code(kind.open_options)}."
    for number, (form, own) in enumerate(kind.forms.items()):
        defaults = [f"{name} {drawn}" for name, drawn in kind.form_defaults.get(form, {}).items()]
        words = [f"alone has {_code(own)}"] if own else []
        words += [f"by default {', '.join(defaults)}"] if defaults else []
        first = " (the default)" if number == 0 else ""
        yield f"Form `{form}`{first}{': ' if words else ''}{'; '.join(words)}."
    if kind.dynamics is not None:
        yield from _dynamics(kind.dynamics)


def _dynamics(dynamics: Dynamics) -> Iterator[str]:
    yield f"Solvers: {_code(dynamics.solvers)}; the first is the default."
    settings = {name: dynamics.words(name) for name in ("step", "tolerance")}
    settings["dimensions"] = str(dynamics.default_dimensions or "")
    given = [f"`{name}` {value}" for name, value in settings.items() if value]
    if given:
        yield f"By default {', '.join(given)}."
    outputs = ", ".join(_output(name, output) for name, output in dynamics.outputs.items())
    yield f"Outputs: {outputs}; by default {_code(dynamics.default_outputs)}."
    if dynamics.noisy:
        yield f"`parameter_noise` is for {_code(dynamics.noisy)}."


def _output(name: str, output: Output) -> str:
    axes = f" of each body ({', '.join(output.axes)})" if output.axes else ""
    return f"`{name}`{f' [{output.unit}]' if output.unit else ''}{axes}"


def _row(parameter: Parameter, kind: Kind) -> list[str]:
    valid = parameter.allowed.removesuffix(f" {parameter.unit}")
    return [f"`{parameter.name}`", parameter.unit, valid, _default(parameter, kind), parameter.meaning]


def _default(parameter: Parameter, kind: Kind) -> str:
    if parameter.found:
        return "found"
    rows, columns = kind.default_shape
    here, there = (parameter.default_words(Image(shape=(k * rows, k * columns))) for k in (1, 2))
    return re.sub(r"\d+\.\d{4,}", lambda number: f"{float(number[0]):.4g}", here) + ("" if here == there else " ↔")


def commands_page() -> str:
    """The help of every command."""
    parts = [
        "# Commands",
        GENERATED,
        "Data go to standard output, everything else to standard error. The exit status is 0 for done, 1 for failed\n"
        "(data that differ, a full disk), 2 for wrong usage or bad input, 130 and 143 for SIGINT and SIGTERM.\n"
        "Every command also takes `-h`, `--debug` and `--kinds`, before its name or after it.",
        _help(group, PROGRAM),
    ]
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        parts += [f"## {name}", _help(command, f"{PROGRAM} {name}")]
    return _page(parts)


def _help(command: click.Command, path: str) -> str:
    arguments = [p.metavar or str(p.name).upper() for p in command.params if isinstance(p, click.Argument)]
    usage = " ".join([path, *arguments, "[OPTIONS]"])
    example = (command.epilog or "").partition("Example:\n")[2].strip()
    shared = () if command is group else [p.name for p in group.params]
    options = [p for p in command.params if isinstance(p, click.Option) and p.name not in shared]
    rows = [(f"`{' '.join([', '.join(p.opts), _value(p)]).strip()}`", p.help or "") for p in options]
    parts = [f"```text\n{usage}\n```", _prose(command.callback), _table(["option", "meaning"], rows)]
    return "\n\n".join([*parts, f"Example: `{example}`" if example else ""]).strip()


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return option.metavar or "/".join(map(str, choices)) or option.type.name.upper()


def api_page() -> str:
    """Signatures and docstrings of the public names."""
    rest = [name for name in deepbench_fast.__all__ if name not in {n for names in NAMES.values() for n in names}]
    errors = [name for name in rest if _is_error(getattr(deepbench_fast, name))]
    sections = {**NAMES, "More": [name for name in rest if name not in errors], "Errors": errors}
    parts = [
        "# Python API",
        GENERATED,
        "All names are imported from `deepbench_fast`. Arrays are NumPy's, tables astropy's.",
    ]
    for title, names in sections.items():
        if names:
            parts.append(f"## {title}")
            for name in names:
                parts += list(_documented(name, getattr(deepbench_fast, name)))
    parts += ["## What these give back", "Frozen records; they are not imported by name."]
    for name, value in GIVEN_BACK.items():
        parts += list(_documented(name, value))
    return _page(parts)


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _documented(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, type):
        yield f"### {name}"
        yield _signature(name, value)
        yield _prose(value)
        return
    yield f"### class {name}"
    if _is_error(value):
        yield f"A `{value.__bases__[0].__name__}`" + "".join(f" and `{b.__name__}`" for b in value.__bases__[1:]) + "."
    else:
        yield _fields(value) or ("" if name in MADE_BY_FUNCTIONS else _signature(name, value))
    yield _prose(value)
    yield from _members(name, value)


def _fields(of_class: type) -> str:
    if not dataclasses.is_dataclass(of_class):
        return ""
    return f"Fields: {_code(field.name for field in dataclasses.fields(of_class))}."


def _members(name: str, of_class: type) -> Iterator[str]:
    """What a class defines itself, with a docstring."""
    for member, value in vars(of_class).items():
        function = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", value)
        if member.startswith("_") or not (inspect.isfunction(function) and function.__doc__):
            continue
        if function is value or isinstance(value, classmethod | staticmethod):
            yield f"#### {name}.{member}"
            yield _signature(f"{name}.{member}", function)
        else:
            yield f"#### {name}.{member} (property)"
        yield _prose(function)


def _signature(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    given = list(_as_written(p for p in signature.parameters.values() if p.name not in ("self", "cls")))
    result = "" if signature.return_annotation in (None, "None", signature.empty) else signature.return_annotation
    arrow = f" -> {result}" if result else ""
    text = f"{name}({', '.join(given)}){arrow}"
    if len(text) > 110:
        text = "\n    ".join([f"{name}(", *(f"{parameter}," for parameter in given)]) + f"\n){arrow}"
    return f"```text\n{text}\n```"


def _as_written(parameters: Iterable[inspect.Parameter]) -> Iterator[str]:
    """The parameters as in the source, with the star before those that are given by keyword."""
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        yield f"{parameter.name}: {parameter.annotation}{default}"


def _prose(value: object) -> str:
    return inspect.cleandoc(getattr(value, "__doc__", None) or "")


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {"kinds.md": kinds_page, "commands.md": commands_page, "api.md": api_page}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(f"{name}: written")
