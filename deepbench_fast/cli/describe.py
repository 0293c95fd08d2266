"""`describe`: a kind's parameters, or a built-in recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Size, json_option
from deepbench_fast.cli.source import unknown_name
from deepbench_fast.cli.words import columns, print_json
from deepbench_fast.errors import UsageError

if TYPE_CHECKING:
    from deepbench_fast.objects.registry import Kind
    from deepbench_fast.recipe.model import Image

LAYERS = {
    "shape": "shape: shapes compose first, by the recipe's image.overlap",
    "light": "light: adds to the shapes and to other light",
}


@click.command(cls=Command, example=f"{PROGRAM} describe galaxy --size 64x64")
@click.argument("name")
@click.option("--size", type=Size(), metavar="ROWSxCOLUMNS", help="Image for which to show the default distributions.")
@json_option
def command(name: str, size: tuple[int, int] | None, as_json: bool) -> None:
    """Describe a kind of object or a built-in recipe.

    Of a kind: layer, options, forms, parameters, units, valid ranges, and what is drawn where a recipe is silent. Of a
    recipe: its text.
    """
    from deepbench_fast.objects.registry import kinds
    from deepbench_fast.recipe import Recipe, builtin_recipes
    from deepbench_fast.recipe.load import builtin_path

    if name in kinds():
        recipe = Recipe.of_kind(name).with_overrides({} if size is None else {"size": size})
        description = _description(kinds()[name], recipe.image)
        if as_json:
            print_json(description)
        else:
            click.echo(_text(description))
    elif name in builtin_recipes():
        text = builtin_path(name).read_text(encoding="utf-8")
        if as_json:
            print_json({"name": name, "title": builtin_recipes()[name], "recipe": text})
        else:
            click.echo(text, nl=False)
    else:
        raise UsageError(unknown_name(name))


def _description(kind: Kind, image: Image) -> dict[str, Any]:
    return {
        "name": kind.name,
        "meaning": kind.meaning,
        "layer": kind.layer,
        "forms": {form: list(names) for form, names in kind.forms.items()},
        "options": list(kind.options),
        "shape": list(image.shape),
        "parameters": [
            {
                "name": parameter.name,
                "unit": parameter.unit,
                "low": parameter.low,
                "high": parameter.high,
                "allowed": parameter.allowed,
                "default": str(parameter.default(image)),
                "meaning": parameter.meaning,
            }
            for parameter in kind.parameters
        ],
    }


def _text(description: dict[str, Any]) -> str:
    height, width = description["shape"]
    head = ("parameter", "unit", "valid", f"default at {height}x{width}", "meaning")
    rows = [
        (p["name"], p["unit"], p["allowed"].removesuffix(f" {p['unit']}"), p["default"], p["meaning"])
        for p in description["parameters"]
    ]
    facts = [("layer", LAYERS[description["layer"]]), ("options", ", ".join(description["options"]))]
    facts += [
        ("form", f"{form}{'' if number else ' (default)'}: alone has {', '.join(names)}")
        for number, (form, names) in enumerate(description["forms"].items())
    ]
    return f"{description['meaning']}\n\n{columns(facts)}\n\n{columns([head, *rows])}"
