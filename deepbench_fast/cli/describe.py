"""`describe`: a kind's parameters, or a built-in recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Size, json_option
from deepbench_fast.cli.source import unknown_name
from deepbench_fast.cli.text_file import print_text
from deepbench_fast.cli.words import columns, print_json
from deepbench_fast.errors import UsageError

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Dynamics, Kind
    from deepbench_fast.values.image import Image

LAYERS = {
    "shape": "shape: shapes compose first, by the recipe's image.overlap",
    "light": "light: adds to the shapes and to other light",
    "series": "series: moves in time; a sample is the series of one system",
}


@click.command(cls=Command, example=f"{PROGRAM} describe galaxy --size 64x64")
@click.argument("name")
@click.option("--size", type=Size(), metavar="ROWSxCOLUMNS", help="Image for which to show the default distributions.")
@json_option
def command(name: str, size: tuple[int, int] | None, as_json: bool) -> None:
    """Describe a kind of object or a built-in recipe.

    Of a kind: layer, options, forms, parameters, units, valid ranges, and what is drawn where a recipe is silent. Of a
    recipe: its text. Of a kind that moves in time also: solvers, outputs, and the parameters that can have noise.
    """
    from deepbench_fast.kinds.registry import kinds
    from deepbench_fast.recipe import builtin_recipes
    from deepbench_fast.recipe.load import builtin_path
    from deepbench_fast.values.image import Image

    if name in kinds():
        if size is not None and kinds()[name].dynamics is not None:
            raise UsageError(f"--size is for kinds that make images; {name} makes series")
        description = _description(kinds()[name], Image(shape=size or kinds()[name].default_shape))
        if as_json:
            print_json(description)
        else:
            click.echo(_text(description))
    elif name in builtin_recipes():
        text = builtin_path(name).read_text(encoding="utf-8")
        if as_json:
            print_json({"name": name, "title": builtin_recipes()[name], "recipe": text})
        else:
            print_text(text)
    else:
        raise UsageError(unknown_name(name))


def _description(kind: Kind, image: Image) -> dict[str, Any]:
    return {
        "name": kind.name,
        "meaning": kind.meaning,
        "layer": kind.layer,
        "forms": {form: list(names) for form, names in kind.forms.items()},
        "form_defaults": {
            form: {name: str(default) for name, default in defaults.items()}
            for form, defaults in kind.form_defaults.items()
        },
        "options": list(kind.open_options),
        **({"shape": list(image.shape)} if kind.dynamics is None else _dynamics(kind.dynamics)),
        "parameters": [
            {
                "name": parameter.name,
                "unit": parameter.unit,
                "low": parameter.low,
                "high": parameter.high,
                "allowed": parameter.allowed,
                "default": "found" if parameter.found else parameter.default_words(image),
                "meaning": parameter.meaning,
            }
            for parameter in kind.parameters
        ],
    }


def _dynamics(dynamics: Dynamics) -> dict[str, Any]:
    return {
        "solvers": list(dynamics.solvers),
        "step": dynamics.words("step") or None,
        "tolerance": dynamics.words("tolerance") or None,
        "dimensions": dynamics.default_dimensions,
        "time_unit": dynamics.time_unit,
        "outputs": [
            {"name": name, "unit": output.unit, "axes": list(output.axes)} for name, output in dynamics.outputs.items()
        ],
        "default_outputs": list(dynamics.default_outputs),
        "parameter_noise": list(dynamics.noisy),
    }


def _text(description: dict[str, Any]) -> str:
    default = "default at {}x{}".format(*description["shape"]) if "shape" in description else "default"
    head = ("parameter", "unit", "valid", default, "meaning")
    rows = [
        (p["name"], p["unit"], p["allowed"].removesuffix(f" {p['unit']}"), p["default"], p["meaning"])
        for p in description["parameters"]
    ]
    facts = [("layer", LAYERS[description["layer"]]), ("options", ", ".join(description["options"]))]
    facts += [
        ("form", f"{form}{'' if number else ' (default)'}{_form(names, description['form_defaults'].get(form, {}))}")
        for number, (form, names) in enumerate(description["forms"].items())
    ]
    if "solvers" in description:
        facts += _dynamics_facts(description)
    return f"{description['meaning']}\n\n{columns(facts)}\n\n{columns([head, *rows])}"


def _form(names: Sequence[str], defaults: Mapping[str, str]) -> str:
    own = [f"alone has {', '.join(names)}"] if names else []
    others = [f"{name} {default}" for name, default in defaults.items()]
    own += [f"by default {', '.join(others)}"] if others else []
    return f": {'; '.join(own)}" if own else ""


def _dynamics_facts(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    first, *others = description["solvers"]
    facts = [("solver", ", ".join([f"{first} (default)", *others]))]
    settings = ("step", "tolerance", "dimensions")
    facts += [(option, f"{description[option]} (default)") for option in settings if description[option] is not None]
    outputs = [_output(output, description["default_outputs"]) for output in description["outputs"]]
    noisy = description["parameter_noise"]
    return [*facts, ("outputs", ", ".join(outputs)), ("parameter_noise", ", ".join(noisy) if noisy else "none")]


def _output(output: Mapping[str, Any], defaults: Sequence[str]) -> str:
    unit = f" [{output['unit']}]" if output["unit"] else ""
    axes = f" of each body ({', '.join(output['axes'])})" if output["axes"] else ""
    return f"{output['name']}{unit}{axes}{' (default)' if output['name'] in defaults else ''}"
