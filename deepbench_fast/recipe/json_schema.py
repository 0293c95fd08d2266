"""JSON Schema of recipes, from the declarations: editors complete and check with it.

It takes every recipe that the program takes. What no schema can say (valid ranges of distributions, names that must
exist, what goes together) only the program checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from deepbench_fast.effects.effect import Effect
from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.catalogue import INHERIT, Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.extras import INFORMATION, MASK_THRESHOLD, NAMES, OPTIONS, PARAMETERS, THRESHOLD
from deepbench_fast.recipe.files import INCLUDE
from deepbench_fast.recipe.names import COUNT
from deepbench_fast.recipe.parameter_noise import ABSOLUTE, RELATIVE
from deepbench_fast.recipe.recipe import PRIVATE, Recipe
from deepbench_fast.recipe.series import Series
from deepbench_fast.values.distributions import FORMS, Alone, Grid
from deepbench_fast.values.distributions.varied import varied_laws
from deepbench_fast.values.image import Image
from deepbench_fast.values.model import Model
from deepbench_fast.values.parameter import FLAG, Parameter
from deepbench_fast.values.schemas import (
    FRACTION,
    NULL,
    NUMBER,
    TEXT,
    WRITTEN,
    Schema,
    any_of,
    first_line,
    list_of,
    mapping,
    named,
    number,
    one_of,
    whole,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DIGITS = r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)([eE][-+]?[0-9]+)?"

DRAWN: Schema = {"$ref": "#/$defs/drawn"}
ALONE: Schema = {"$ref": "#/$defs/alone"}
VARIED: Schema = {"$ref": "#/$defs/varied"}


def json_schema() -> Schema:
    """JSON Schema (draft 2020-12) of recipes with all kinds that are known: descriptions, units, ranges, defaults."""
    return {
        "$schema": DIALECT,
        "title": "Recipe of deepbench_fast",
        "description": first_line(Recipe),
        **mapping(_recipe_keys(), required=[]),
        "anyOf": [{"required": ["catalogues"]}, {"required": [INCLUDE]}],
        "patternProperties": {f"^{PRIVATE}": {"description": "The writer's own: left alone."}},
        "$defs": _definitions(),
    }


def _keys(model: type[Model], **declared: Schema) -> Schema:
    """The keys of a type, by its fields; `declared` are the schemas that follow from what is declared elsewhere."""
    return {
        name: {**(declared.get(name) or field.takes.schema), "description": field.description}
        for name, field in model.fields().items()
    }


def _recipe_keys() -> Schema:
    outputs = dict.fromkeys(name for k in kinds().values() if k.dynamics for name in k.dynamics.outputs)
    effects = _effects()
    own = {name: any_of({"const": INHERIT}, *effect["anyOf"]) for name, effect in effects.items()}
    catalogue = mapping(_keys(Catalogue, objects=_listed("entry", "/anyOf/1", kinds()), **own), ["objects"])
    return {
        INCLUDE: {**any_of(TEXT, list_of(TEXT)), "description": "Recipe files that this one completes, beside it."},
        **_keys(
            Recipe,
            image=mapping(_keys(Image)),
            series=mapping(_keys(Series, outputs=list_of({"enum": list(outputs)}, 1))),
            catalogues=named({**catalogue, "description": first_line(Catalogue)}, least=1),
            **effects,
        ),
    }


def _effects() -> dict[str, Schema]:
    absolute = {**any_of(number(0.0, math.inf), WRITTEN, ALONE), "description": "In the parameter's unit."}
    levels = {name: _level(name, mapping({ABSOLUTE: absolute}, [ABSOLUTE])) for name in _noisy()}
    return {
        "psf": any_of(NULL, {"$ref": "#/$defs/psf"}, list_of({"$ref": "#/$defs/psf"}, 1, 1)),
        "noise": any_of(NULL, *_listed("noise", "", NOISES)["anyOf"]),
        "parameter_noise": any_of(NULL, mapping(levels)),
    }


def _listed(name: str, place: str, keys: Iterable[str]) -> Schema:
    """A list of what is defined as `name`, or one mapping of what the items of such a list hold."""
    defined = f"#/$defs/{name}"
    return any_of(
        list_of({"$ref": defined}), mapping({key: {"$ref": f"{defined}{place}/properties/{key}"} for key in keys})
    )


def _level(name: str, absolute: Schema) -> Schema:
    relative = _parameter(RELATIVE, ALONE, "", f"Scatter of {name}.")
    return {**any_of(*relative["anyOf"], absolute), "description": relative["description"]}


def _noisy() -> list[str]:
    return list(dict.fromkeys(name for k in kinds().values() if k.dynamics for name in k.dynamics.noisy))


def _definitions() -> Schema:
    plain = {"type": "number"}
    written = {
        "type": "string",
        "pattern": rf"^\s*{_DIGITS}\s*([A-Za-zµ°%].*)?$",
        "description": "A number with its unit, e.g. 30 deg.",
    }
    return {
        "written": written,
        "number": any_of(plain, WRITTEN),
        "fraction": FRACTION,
        **_distributions(),
        "psf": one_of({name: _effect(model) for name, model in PSFS.items()}),
        "noise": one_of({name: _effect(model) for name, model in NOISES.items()}),
        "target": any_of(
            {"enum": ["catalogue", "brightness"]},
            {**TEXT, "description": "count.KIND, or ENTRY.PARAMETER of an entry that occurs once."},
            {**_single(any_of(NULL, mapping({"noise": any_of(plain, VARIED)}))), "description": "A target with noise."},
        ),
        "extra": any_of({"enum": list(NAMES)}, one_of({name: _extra_options(name) for name in NAMES})),
        "entry": any_of(
            {"enum": list(kinds())}, one_of({name: any_of(NULL, _entry(kind)) for name, kind in kinds().items()})
        ),
    }


def _extra_options(name: str) -> Schema:
    share = {
        **number(0.0, 1.0, high_open=True),
        "description": f"Share of an object's brightest pixel above which its light counts. Default: {MASK_THRESHOLD}.",
    }
    parameters = {
        **list_of(TEXT, 1),
        "description": f"Parameters, e.g. galaxy.r_eff; one list for {' and '.join(INFORMATION)}. Default: all drawn.",
    }
    schemas = {THRESHOLD: share, PARAMETERS: parameters}
    return any_of(NULL, mapping({option: schemas[option] for option in OPTIONS.get(name, ())}))


def _distributions() -> Schema:
    inner = any_of(NUMBER, ALONE)
    drawn = {form: law.schema(NUMBER if issubclass(law, Alone) else inner) for form, law in FORMS.items()}
    alone = {form: schema for form, schema in drawn.items() if issubclass(FORMS[form], Alone)}
    varied = {form: law.schema(inner) for form, law in varied_laws().items()}
    others = {form: schema for form, schema in alone.items() if form not in varied and FORMS[form] is not Grid}
    return {"alone": _documented(alone), "drawn": _documented(drawn), "varied": _documented(varied | others)}


def _documented(laws: Mapping[str, Schema]) -> Schema:
    return one_of({form: {"description": first_line(FORMS[form]), **schema} for form, schema in laws.items()})


def _effect(model: type[Effect]) -> Schema:
    """What stands below the name of a model of noise or blur."""

    def drawn(parameter: Parameter) -> Schema:
        return _parameter(parameter, ALONE, "")

    own = model.schema(drawn)
    return any_of(own, model.of_outputs.schema(drawn)) if model.of_outputs else own


def _entry(kind: Kind) -> Schema:
    image = Image(shape=kind.default_shape)
    given = [parameter for parameter in kind.parameters if not parameter.found]
    parameters = {p.name: _parameter(p, DRAWN, f"default: {p.default_words(image)}") for p in given}
    options = {name: schema for name, schema in _options(kind).items() if name in kind.options}
    return {**mapping({**options, **parameters}), "description": kind.meaning}


def _options(kind: Kind) -> Schema:
    dynamics = kind.dynamics
    words = {"form": list(kind.forms), "solver": list(dynamics.solvers if dynamics else ())}
    defaults = {name: str(next(iter(own), "none")) for name, own in words.items()}
    if dynamics is not None:
        defaults |= {name: dynamics.words(name) for name in ("step", "tolerance")}
        defaults["dimensions"] = str(dynamics.default_dimensions)
    keys = _keys(Entry, kernel={"const": kind.fingerprint}, **{name: {"enum": own} for name, own in words.items()})
    for name, default in defaults.items():
        keys[name]["description"] += f" Default: {default}."
    alone = {"const": 1, "description": "A sample is the series of one system."}
    counted = "count" in kind.open_options
    return {**keys, "count": _parameter(COUNT, ALONE, "default: 1") if counted else alone}


def _parameter(parameter: Parameter, drawn: Schema, more: str, meaning: str = "") -> Schema:
    words = f"{meaning or parameter.meaning}; {parameter.allowed}"
    if parameter.only:
        constant: Schema = {"enum": [*parameter.only, *((True, False) if parameter.only == FLAG else ())]}
    elif parameter.integer:
        constant = whole(parameter.low, parameter.high)
    else:
        constant = number(parameter.low, parameter.high, parameter.low_open, parameter.high_open)
    return {**any_of(constant, WRITTEN, drawn), "description": f"{words}; {more}" if more else words}


def _single(value: Schema) -> Schema:
    """A mapping with one key of any name."""
    return {"type": "object", "additionalProperties": value, "minProperties": 1, "maxProperties": 1}
