"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Count(click.ParamType):  # type: ignore[type-arg]
    """A positive whole number, also written 100_000 or 1e6."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,30}(?:_\d{1,30})*)(?:\.(\d{1,30}))?(?:[eE]\+?(\d{1,2}))?", str(value)[:100])
        if match:
            whole, fraction, power = match[1].replace("_", ""), (match[2] or "").rstrip("0"), int(match[3] or 0)
            number = int(whole + fraction + "0" * (power - len(fraction)))
            if len(fraction) <= power and number:
                return number
        raise click.BadParameter(f"{value!r} is not a positive whole number, such as 1000, 100_000 or 1e6", ctx, param)


class NewFile(click.ParamType):  # type: ignore[type-arg]
    """A file to write that holds no text: "-", standard output for what does, is none."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "-":
            raise click.BadParameter("only text is printed: name a file ('./-' is one of this name)", ctx, param)
        return value


class Seed(click.ParamType):  # type: ignore[type-arg]
    """A whole number, or any other text: read as in a recipe."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        from deepbench_fast.recipe.seeds import parse_seed
        from deepbench_fast.values.checks import Invalid

        try:
            return parse_seed(value)
        except Invalid as invalid:
            raise click.BadParameter(invalid.problem, ctx, param) from None


class Size(click.ParamType):  # type: ignore[type-arg]
    """ROWSxCOLUMNS in pixels, or one number for a square."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)(?:[xX×](\d+))?", value)
        if match is None or 0 in (int(match[1]), int(match[2] or match[1])):
            raise click.BadParameter(f"{value!r} is not ROWSxCOLUMNS, such as 64x64, nor one number", ctx, param)
        return int(match[1]), int(match[2] or match[1])


class Assignment(click.ParamType):  # type: ignore[type-arg]
    """KEY=VALUE; the value is YAML."""

    name = "assignment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not (key.strip() and equals):
            raise click.BadParameter(f"{value!r} is not KEY=VALUE, such as noise.gaussian.sigma=0.1", ctx, param)
        return key.strip(), text.strip()


def recipe_options(function: F) -> F:
    """Add the options that change a recipe: arguments `samples`, `seed`, `size` and `assignments`."""
    for decorate in (
        click.option(
            "--set",
            "assignments",
            type=Assignment(),
            multiple=True,
            metavar="KEY=VALUE",
            help="Set a key of the recipe, e.g. noise.gaussian.sigma=0.1, or galaxy.n=4 where only one key ends so; "
            "may be repeated.",
        ),
        click.option("--size", type=Size(), metavar="ROWSxCOLUMNS", help="Size of the images in pixels."),
        click.option("--seed", type=Seed(), metavar="SEED", help="An integer or any text."),
        click.option("-n", "--samples", type=Count(), metavar="N", help="Number of samples: 1000, 100_000, 1e6."),
    ):
        function = decorate(function)
    return function


def json_option(function: F) -> F:
    """Add `--json`: argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def threads_option(function: F) -> F:
    """Add `--threads`."""
    option = click.option(
        "--threads", type=Count(), metavar="T", help="Threads to work on; by default the CPUs that may be used."
    )
    return option(function)


def origin_option(function: F) -> F:
    """Add `--origin`: where figures have the first row of an image."""
    option = click.option(
        "--origin",
        type=click.Choice(["lower", "upper"]),
        default="lower",
        show_default=True,
        help="Where row 0 of an image is: at the bottom, or as in the array on top.",
    )
    return option(function)


class Places(click.ParamType):  # type: ignore[type-arg]
    """Numbers of samples, from 0: 5,9,12."""

    name = "places"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        if not re.fullmatch(r"\d{1,15}(,\d{1,15})*", value.replace(" ", "")):
            raise click.BadParameter(f"{value!r} is no list of sample numbers, such as 5,9,12", ctx, param)
        return [int(number) for number in value.split(",")]


def look_options(function: F) -> F:
    """Add the options of how images are painted: arguments `stretch`, `cmap` and `one_scale`."""
    for decorate in (
        click.option("--one-scale", is_flag=True, help="One scale for all images, with a bar of its colours."),
        click.option("--cmap", metavar="NAME", help="A colour map of matplotlib's, e.g. viridis."),
        click.option(
            "--stretch",
            type=click.Choice(["linear", "sqrt", "log", "asinh"]),
            help="From value to brightness; by default linear for shapes alone, asinh for all else.",
        ),
    ):
        function = decorate(function)
    return function
