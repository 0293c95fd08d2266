"""Recipes to start from: a built-in one, or a kind with every parameter at its default and what else can be said."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.load import builtin_path, builtin_recipes
from deepbench_fast.recipe.series import Series
from deepbench_fast.values import checks
from deepbench_fast.values.distributions import Constant, Distribution
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter, required

COMMENT_COLUMN = 44


def starter(name: str) -> str:
    """The commented recipe of a built-in recipe or a kind, as YAML.

    It gives the same dataset as `Recipe.builtin(name)` or `Recipe.of_kind(name)`. Raises RecipeError where there is
    neither a built-in recipe nor a kind of this name.
    """
    if name in builtin_recipes():
        return builtin_path(name).read_text(encoding="utf-8")
    return _of_kind(kind(name))


def _of_kind(declared: Kind) -> str:
    image = Image(shape=declared.default_shape)
    entry = Entry(
        kind=declared.name,
        parameters={p.name: example(p) for p in declared.parameters if p.default is required and not p.found},
    ).resolved(image)
    lines = [
        f"# {declared.meaning}",
        "#",
        "# Every parameter stands at its default: change what you like. Lines that begin with # are examples.",
        "version: 1",
        f"name: {declared.name}",
        _line("seed: 0", "any whole number or text"),
        "samples: 1_000",
        *(_image_lines(image, declared) if declared.dynamics is None else _series_lines(declared, entry)),
        _line("# splits: {train: 0.8, validation: 0.1, test: 0.1}", "fractions that sum to 1"),
        _line("targets: [catalogue]", f"what a model shall learn; or e.g. [{_target(declared, entry)}]"),
        *_extras(declared),
        "catalogues:",
        _line(f"  {declared.name}:", "the class label"),
        _line("    # weight: 1", "share among the catalogues, where there are several"),
        "    objects:",
        f"      - {declared.name}:",
        *(f"          {line}" for line in _entry_lines(declared, entry, image)),
    ]
    return "\n".join(lines) + "\n"


def _line(text: str, comment: str) -> str:
    return f"{text:<{COMMENT_COLUMN}} # {comment}"


def _image_lines(image: Image, declared: Kind) -> list[str]:
    height, width = image.shape
    how = (
        [_line("  # coverage: true", "pixels hold the part of them that is covered")]
        if declared.layer == "shape"
        else [_line("  # sampling: integrate", "light as its mean over the pixel, not at its centre")]
    )
    return [
        "image:",
        _line(f"  shape: [{height}, {width}]", "rows, columns"),
        *how,
        _line("  # oversample: 3", "draw and blur on a grid 3 times as fine: for scenes that pixels don't resolve"),
        _line("  # pixel_scale: 0.2", "arcsec a pixel: then lengths may be written as 0.5 arcsec"),
        _line("# psf: {gaussian: {sigma: 0.7}}", "pix; or {moffat: {gamma: 1.5, alpha: 3}}"),
        "# noise:",
        _line("#   - gaussian: {sigma: {uniform: [0, 0.2]}}", "or {snr: 50}; drawn for each sample, recorded"),
        _line("#   - poisson: {level: 10}", "mean of a background"),
        _line("#   - ccd: {sky: 10, gain: 2, read_noise: 3}", "photons and read-out of a detector"),
    ]


def _series_lines(declared: Kind, entry: Entry) -> list[str]:
    assert declared.dynamics is not None
    dynamics, series = declared.dynamics, Series()
    outputs = dynamics.default_outputs
    unit = f"{dynamics.time_unit}, " if dynamics.time_unit else ""
    noisy = [name for name in dynamics.noisy if name in entry.parameters]
    level, noise = ("sigma", "on all outputs") if dynamics.parts else (outputs[0], "{sigma: 0.05} is on all outputs")
    lines = [
        "series:",
        _line(f"  start: {checks.plain(series.start)}", f"{unit}the first time"),
        _line(f"  stop: {checks.plain(series.stop)}", f"{unit}the last time"),
        _line(f"  steps: {series.steps}", "number of times; or times: [0, 0.5, 2] instead of these three"),
        _line(f"  outputs: [{', '.join(outputs)}]", f"of {', '.join(dynamics.outputs)}"),
        "# noise:",
        _line(f"#   - gaussian: {{{level}: 0.05}}", noise),
    ]
    if noisy:
        comment = f"relative, of {', '.join(noisy)}; or {{velocity: {{absolute: 0.05}}}}"
        lines.append(_line(f"# parameter_noise: {{{noisy[0]}: 0.05}}", comment))
    return lines


def _target(declared: Kind, entry: Entry) -> str:
    name = next(p.name for p in declared.columns if p.name in entry.parameters and p.name not in ("x", "y"))
    return f"{declared.name}.{name}"


def _extras(declared: Kind) -> list[str]:
    if declared.dynamics is not None:
        return [_line("# extras: [clean]", "also keep the series without noise")]
    return [_line("# extras: [clean, masks, variance]", "image without noise, whose pixel it is, noise expected in it")]


def _entry_lines(declared: Kind, entry: Entry, image: Image) -> Iterable[str]:
    yield _line("# name: mine", "name of this entry, where several are alike")
    if declared.dynamics is None:
        yield _line("# count: {integers: [1, 3]}", "how many in each sample; 1 by default")
    for option in ("form", "solver", "min_length", "step", "tolerance", "dimensions"):
        if option in declared.options and getattr(entry, option) is not None:
            yield _line(f"{option}: {_option(getattr(entry, option))}", _option_comment(declared, option))
    controls = declared.dynamics.controls if declared.dynamics is not None else {}
    steps = {solver: control.step for solver, control in controls.items() if control.step is not None}
    if steps and entry.step is None:
        yield _line(f"# step: {checks.plain(min(steps.values()))}", f"longest step, with solver {' or '.join(steps)}")
    for parameter in declared.parameters_of(entry.form):
        yield _parameter_line(parameter, _flow(entry.parameters[parameter.name].to_yaml_data()))
    for form in (form for form in declared.forms if form != entry.form):
        yield f"# With form: {form}"
        for name, drawn in Entry(kind=declared.name, form=form).resolved(image).parameters.items():
            if drawn != entry.parameters.get(name):
                yield _parameter_line(declared.parameter(name), _flow(drawn.to_yaml_data()), "# ")


def _option(value: object) -> str:
    return str(checks.plain(value)) if isinstance(value, int | float) else str(value)


def _option_comment(declared: Kind, option: str) -> str:
    dynamics = declared.dynamics
    return {
        "form": f"or {', '.join(list(declared.forms)[1:])}",
        "solver": f"or {', '.join(dynamics.solvers[1:])}" if dynamics else "",
        "min_length": "pix: ends closer than this are drawn again",
        "tolerance": "error of the acceleration in a step, relative",
        "dimensions": "or 3",
    }[option]


def _parameter_line(parameter: Parameter, value: str, before: str = "") -> str:
    must = "; has no default: choose" if parameter.default is required else ""
    return _line(f"{before}{parameter.name}: {value}", f"{parameter.meaning}; {parameter.allowed}{must}")


def _flow(data: object) -> str:
    """Plain data on one line of YAML."""
    return re.sub(r'"(\w+)": ', r"\1: ", json.dumps(data, ensure_ascii=False))


def example(parameter: Parameter) -> Distribution:
    """A valid value of a parameter without a default: the middle of its range, or a number near the one end it has."""
    if parameter.only:
        return Constant(parameter.only[0])
    low, high = parameter.low, parameter.high
    if math.isfinite(low) and math.isfinite(high):
        middle = low + (high - low) / 2
    elif math.isfinite(low):
        middle = low + 1
    else:
        middle = high - 1 if math.isfinite(high) else 1.0
    return Constant(math.floor(middle) if parameter.integer else middle)
