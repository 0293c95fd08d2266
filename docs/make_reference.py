"""Writes the pages of the reference that follow from the program: `python -m docs.make_reference`."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unicodedata import normalize

import click

import deepbench_fast
from deepbench_fast.cli.group import COMMANDS, PROGRAM, group
from deepbench_fast.exports.formats import Exported
from deepbench_fast.kinds.kind import Dynamics, Kind, Output
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import builtin_recipes
from deepbench_fast.run.citations import references
from deepbench_fast.run.verify_report import Report
from deepbench_fast.store.read import Summary
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter

FOLDER = Path(__file__).parent
FORMULAS = FOLDER / "reference" / "kinds" / "formulas"
BUILT_IN = FOLDER / "reference" / "built-in" / "facts.json"
GENERATED = "<!-- Written by `python -m docs.make_reference`: change the program's texts, not this page. -->"
LAYERS = {
    "shape": ("Shapes", "They compose first, by the recipe's `image.overlap`; then light adds."),
    "light": (
        "Light",
        "It adds to the shapes and to other light. A pixel has its value at the centre, or its mean.",
    ),
    "series": ("Systems that move", "A sample is the series of one system; see [series](../series.md)."),
}
NAMES = {
    "recipes": ("Recipes", ["Recipe", "ladder", "shift"]),
    "files": ("Files", ["generate", "open_dataset", "Dataset", "verify", "export"]),
    "many-files": ("Many files", ["index_parts", "merge", "extend", "reshard"]),
    "on-the-fly": ("On the fly", ["samples", "sample", "Batch", "stream", "Simulator", "simulate"]),
    "inference": ("Inference", ["Prior", "Likelihood"]),
    "explore": ("Explore", ["explore", "Explorer"]),
    "own-kinds": ("Kinds of your own", ["light_kind", "parameter"]),
}
"""Page of the Python reference → its title and names; the page "more" has the rest."""
AS_WRITTEN = {
    r"\^2": "²",
    r"\^-(\w+)": r"^(−\1)",
    r" \* (?=\w*\()": " ",
    r" \* ": " × ",
    r" - ": " − ",
    r"(?<=\()-|(?<== )-": "−",
    r"\bsum_": "Σ_",
    r"d2r_i/dt2": "r_i''",
    r"\btheta(?=')|(?<=sin )theta": "θ",
    r"\bpi\b": "π",
}
"""In the program's texts → on pages."""
ACCURACY = {"shape": "light.md#shapes", "light": "light.md", "series": "motion.md"}
API_EXAMPLES = {
    "recipes": "Examples: [a recipe of your own](../../tutorials/own-recipe.md), [ladders](../../how-to/ladders.md).",
    "files": "Examples: [a first dataset](../../tutorials/first-dataset.md), [formats](../../how-to/export.md).",
    "many-files": "Examples: [clusters](../../how-to/clusters.md), [large runs](../../how-to/large-runs.md).",
    "on-the-fly": "Examples: [endless training](../../how-to/endless-training.md),\n"
    "[batches](../../how-to/batches.md), [a recipe as a simulator](../../how-to/simulators.md).\n"
    "`deepbench_fast.torch` has the same in tensors: [PyTorch](../../how-to/pytorch.md).",
    "inference": "Examples: [a recipe as a simulator](../../how-to/simulators.md),\n"
    "[likelihood](../../how-to/inference.md).",
    "explore": "Example: [an interactive page](../../how-to/explore.md).",
    "own-kinds": "Example: [a ring](../../how-to/own-kinds.md).",
    "more": "What errors mean and what to do: [errors](../errors.md).",
}
MADE_BY_FUNCTIONS = ("Dataset", "Batch", "Explorer")
GIVEN_BACK = {"Summary": Summary, "Report": Report, "Exported": Exported}


def kinds_page() -> str:
    """All kinds that ship with the package, in one table, and a check of what their pages say."""
    parts = [
        "# Kinds of objects",
        GENERATED,
        "What a sample can hold. A page for each kind has its formula, normalisation, parameters with units and\n"
        "ranges, and sources; `deepbench-fast describe KIND` prints the parameters in a terminal.",
        "![Every kind of object](../../gallery/gallery.png)",
    ]
    for layer, (title, words) in LAYERS.items():
        rows = [(f"[`{kind.name}`]({kind.name}.md)", _meaning(kind)) for kind in _shipped() if kind.layer == layer]
        parts += [f"## {title}", words, _table(["kind", "is"], rows)]
    return _page([*parts, (FORMULAS / "check.md").read_text(encoding="utf-8").strip()])


def _shipped() -> list[Kind]:
    return [kind for kind in kinds().values() if not kind.fingerprint]


def _meaning(kind: Kind) -> str:
    return _mathematics(kind.meaning.removeprefix(f"{kind.name.replace('_', ' ')}: "))


def _mathematics(text: str) -> str:
    """A text of the program, whose formulas are in plain letters, as the formulas of the pages are written."""
    for plain, written in AS_WRITTEN.items():
        text = re.sub(plain, written, text)
    return text


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith("?") else ".")


def kind_page(kind: Kind) -> str:
    """Formula, options, parameters and sources of a kind."""
    rows, columns = kind.default_shape
    default = "default" if kind.dynamics else f"default at {rows}×{columns}"
    scales = "" if kind.dynamics else " Defaults with ↔ are for that size of image, and scale with it."
    more = (
        "[Series](../series.md) has solvers, outputs and noise."
        if kind.dynamics
        else "[Conventions](../../explain/conventions.md) has directions, angles and pixel centres."
    )
    formula = (FORMULAS / f"{kind.name}.md").read_text(encoding="utf-8").strip("\n")
    parts = [
        f"# {kind.name}",
        GENERATED,
        f"{_sentence(_mathematics(kind.meaning))} {more}",
        "## Formula",
        formula,
        "## Parameters",
        f"A recipe that is silent about a parameter draws it from the default.{scales}",
        _table(["parameter", "meaning", default, "valid"], [_row(p, kind) for p in kind.parameters]),
        "## Options",
        "\n".join(f"- {fact}" for fact in _facts(kind)),
        *(["## Sources", _sources(kind)] if kind.sources else []),
        f"Stated accuracy: [{LAYERS[kind.layer][0].lower()}](../../explain/accuracy/{ACCURACY[kind.layer]}).",
    ]
    return _page(parts)


def _sources(kind: Kind) -> str:
    works = references()
    lines = []
    for part, keys in kind.sources.items():
        of = f" (`{part}`)" if part else ""
        lines += [f"- {_work(works[key])}{of}" for key in keys]
    return "\n".join([*lines, "", f"`deepbench-fast cite {kind.name}` prints them as BibTeX."])


def _work(entry: str) -> str:
    """A work in a line: authors, year, where it stands."""
    entry = re.sub(r"\$(.*?)\^\{(.*?)\}\$", r"\1^(\2)", entry)
    fields = dict(re.findall(r"^  (\w+) = \{(.*?)\},$", entry, re.MULTILINE | re.DOTALL))
    texts = {name: " ".join(re.sub(r"\\\W?([a-zA-Z])|[{}]", _plain, text).split()) for name, text in fields.items()}
    names = [author.split(",")[0] for author in texts["author"].split(" and ")]
    authors = " & ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} & {names[-1]}"
    place = ", ".join(texts[name] for name in ("journal", "booktitle", "volume", "pages") if name in texts)
    doi = f", doi:{texts['doi']}" if "doi" in texts else ""
    return f"{authors} ({texts['year']}), {texts['title']}{', ' if place else ''}{place}{doi}"


def _plain(found: re.Match[str]) -> str:
    """A letter of TeX with its accent; braces are nothing."""
    accents = {"\\'": "\u0301", "\\`": "\u0300", '\\"': "\u0308", "\\~": "\u0303"}
    if found[0] == r"\o":
        return "ø"
    return normalize("NFC", f"{found[1]}{accents.get(found[0][:2], '')}") if found[1] else ""


def built_in_page() -> str:
    """Every built-in recipe: what it is, its picture and its names."""
    facts = json.loads(BUILT_IN.read_text(encoding="utf-8"))
    parts = [
        "# Built-in recipes",
        GENERATED,
        "`deepbench-fast generate NAME out.h5` makes one; `describe NAME` prints its recipe, with comments, and\n"
        "`init NAME` writes it to a file to start from. The recipe hash names the recipe, the digest the data that\n"
        "the second command makes. `python -m docs.make_pictures built-in` makes pictures and digests again.",
    ]
    for name, meaning in builtin_recipes().items():
        parts += [f"## {name}", _sentence(meaning)]
        if one := facts.get(name):
            commands = "\n".join((one["picture"], one["command"]))
            parts += [f"![Samples of {name}](built-in/{name}.png)", f"```text\n{commands}\n```"]
            parts.append(f"Recipe hash `{one['recipe_hash']}`, digest `{one['digest']}`.")
    return _page(parts)


def _facts(kind: Kind) -> Iterator[str]:
    yield f"Keys beside the parameters: {_code(kind.open_options)}."
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
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    return [f"`{parameter.name}`{unit}", _mathematics(parameter.meaning), _default(parameter, kind), valid]


def _default(parameter: Parameter, kind: Kind) -> str:
    if parameter.found:
        return "found"
    rows, columns = kind.default_shape
    here, there = (parameter.default_words(Image(shape=(k * rows, k * columns))) for k in (1, 2))
    short = re.sub(r"\d+\.\d{6,}", lambda number: f"{float(number[0]):.4g}", here)
    # Braces at a cell's end would be taken for attributes of HTML, and be gone.
    return short.replace("{", r"\{") + ("" if here == there else " ↔")


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
    example = (command.epilog or "").partition("Example:\n")[2].partition("\n")[0].strip()
    shared = () if command is group else [p.name for p in group.params]
    options = [p for p in command.params if isinstance(p, click.Option) and p.name not in shared]
    rows = [(f"`{' '.join([', '.join(p.opts), _value(p)]).strip()}`", p.help or "") for p in options]
    parts = [f"```text\n{usage}\n```", _prose(command.callback)]
    parts += [_table(["option", "meaning"], rows)] if rows else []
    parts += [f"Example: `{example}`"] if example else []
    return "\n\n".join(parts)


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return option.metavar or "/".join(map(str, choices)) or option.type.name.upper()


def api_index() -> str:
    """Every public name, with the first sentence of its docstring."""
    parts = [
        "# Python",
        GENERATED,
        "All names are imported from `deepbench_fast`. Arrays are NumPy's, tables astropy's.",
    ]
    for page, (title, names) in _topics().items():
        rows = [(f"[`{name}`]({page}.md)", _first(getattr(deepbench_fast, name))) for name in names]
        parts += [f"## {title}", _table(["name", "is"], rows)]
    return _page(parts)


def _first(value: object) -> str:
    return " ".join(_prose(value).partition("\n\n")[0].split())


def _topics() -> dict[str, tuple[str, list[str]]]:
    placed = {name for _, names in NAMES.values() for name in names}
    rest = [name for name in deepbench_fast.__all__ if name not in placed]
    return {**NAMES, "more": ("Errors and the rest", sorted(rest, key=lambda n: _is_error(getattr(deepbench_fast, n))))}


def api_page(page: str) -> str:
    """Signatures and docstrings of the public names of a topic."""
    title, names = _topics()[page]
    parts = [f"# {title}", GENERATED, API_EXAMPLES.get(page, "")]
    for name in names:
        parts += list(_documented(name, getattr(deepbench_fast, name)))
    if page == "files":
        parts += ["## What these give back", "Frozen records; they are not imported by name."]
        for name, value in GIVEN_BACK.items():
            parts += list(_documented(name, value))
    return _page(parts).replace("\n### ", "\n## ").replace("\n#### ", "\n### ")


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
        yield f"Derives from {_code(base.__name__ for base in value.__bases__)}."
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
        value = parameter.default
        written = value.__name__ if inspect.isroutine(value) else repr(value)
        default = "" if value is parameter.empty else f" = {written}"
        yield f"{parameter.name}: {parameter.annotation}{default}"


def _prose(value: object) -> str:
    """A docstring as a page shows it: `<name>` outside of code is no tag."""
    parts = re.split("(`[^`]*`)", inspect.cleandoc(getattr(value, "__doc__", None) or ""))
    return "".join(part if part.startswith("`") else re.sub(r"<(?=\w)", "&lt;", part) for part in parts)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/kinds/index.md": kinds_page,
    **{f"reference/kinds/{kind.name}.md": partial(kind_page, kind) for kind in _shipped()},
    "reference/built-in.md": built_in_page,
    "reference/commands.md": commands_page,
    "reference/api/index.md": api_index,
    **{f"reference/api/{page}.md": partial(api_page, page) for page in _topics()},
}
"""Path in `docs/` → what writes its text."""

if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(f"{name}: written")
