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
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.contents import MAX_SAMPLES
from deepbench_fast.recipe.extras import INFORMATION, MASK_THRESHOLD, NAMES, OPTIONS, PARAMETERS, THRESHOLD
from deepbench_fast.recipe.files import INCLUDE
from deepbench_fast.recipe.names import COUNT, RESERVED
from deepbench_fast.recipe.parameter_noise import ABSOLUTE, RELATIVE
from deepbench_fast.recipe.recipe import PRIVATE, Recipe
from deepbench_fast.recipe.series import LATEST, MAX_STEPS, Series
from deepbench_fast.values.distributions import FORMS, Alone, Grid
from deepbench_fast.values.distributions.varied import varied_laws
from deepbench_fast.values.image import HIGHEST_CUTOFF, MAX_OVERSAMPLE, MAX_SIDE, Image
from deepbench_fast.values.parameter import FLAG, Parameter
from deepbench_fast.values.schemas import (
    NAME,
    NUMBER,
    Schema,
    any_of,
    first_line,
    list_of,
    mapping,
    number,
    one_of,
    whole,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DIGITS = r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)([eE][-+]?[0-9]+)?"

NULL: Schema = {"type": "null"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
WRITTEN: Schema = {"$ref": "#/$defs/written"}
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


def _recipe_keys() -> Schema:
    samples = whole(1, MAX_SAMPLES)
    return {
        "version": {"const": 1, "description": "Version of the recipe format."},
        INCLUDE: {**any_of(TEXT, list_of(TEXT)), "description": "Recipe files that this one completes, beside it."},
        "name": {**TEXT, "description": "Name of the dataset. Default: the name of the file."},
        "seed": {
            **any_of({"type": "integer", "minimum": 0}, TEXT),
            "description": "Any whole number or text. Default: 0.",
        },
        "samples": {**samples, "description": "Number of samples. Default: 1000."},
        "image": {**mapping(_image_keys()), "description": first_line(Image)},
        "series": {**mapping(_series_keys()), "description": first_line(Series)},
        **_effects(),
        "splits": {
            "type": "object",
            "propertyNames": NAME,
            "additionalProperties": {"$ref": "#/$defs/fraction"},
            "description": "Names with fractions that sum to 1, e.g. {train: 0.8, test: 0.2}. Default: no splits.",
        },
        "split": {**any_of(NAME, NULL), "description": "Make only the samples of this split. Default: all."},
        "targets": {
            "type": "array",
            "items": {"$ref": "#/$defs/target"},
            "description": "What a model shall learn. Default: [catalogue].",
        },
        "extras": {
            "type": "array",
            "items": {"$ref": "#/$defs/extra"},
            "description": "What the dataset holds beside the samples. Default: nothing.",
        },
        "catalogues": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": NAME,
            "additionalProperties": {**mapping(_catalogue_keys(), ["objects"]), "description": first_line(Catalogue)},
            "description": "Populations by name, which is the class label.",
        },
    }


def _image_keys() -> Schema:
    side = whole(1, MAX_SIDE)
    return {
        "shape": {
            **list_of(side, 2, 2),
            "description": "[rows, columns] in pixels. Default: the largest that a kind of the recipe has by default.",
        },
        "dtype": _words(["float32", "uint8"], "Type of the pixels; uint8 is for sharp shapes without noise."),
        "sampling": _words(["center", "integrate"], "Light at the pixel's centre, or its mean over the pixel."),
        "oversample": {
            "enum": [*range(1, MAX_OVERSAMPLE + 1, 2)],
            "description": "How many times finer than the pixels all is drawn and blurred; odd. Default: 1.",
        },
        "overlap": _words(["union", "xor", "add"], "What shapes that overlap become."),
        "coverage": {
            "type": "boolean",
            "description": "Whether pixels hold the part of them that a shape covers. Default: false.",
        },
        "pixel_scale": {
            **any_of(number(0.0, math.inf, low_open=True), WRITTEN, NULL),
            "description": "Arcseconds a pixel: lengths can then be written in angles. It changes no pixel.",
        },
        "cutoff": {
            **number(0.0, HIGHEST_CUTOFF),
            "description": "Brightness below which an object's light is left out of a pixel. Default: 0, nothing is.",
        },
    }


def _series_keys() -> Schema:
    moment = any_of(number(0.0, LATEST), WRITTEN)
    outputs = dict.fromkeys(name for k in kinds().values() if k.dynamics for name in k.dynamics.outputs)
    return {
        "start": {**moment, "description": "First time [s]; the parameters are the state at time 0. Default: 0."},
        "stop": {**moment, "description": "Last time [s], included. Default: 10."},
        "steps": {**whole(1, MAX_STEPS), "description": "Number of times. Default: 100."},
        "times": {
            **any_of(list_of(moment, 1), NULL),
            "description": "Ascending times instead of start, stop and steps.",
        },
        "outputs": {
            **list_of({"enum": list(outputs)}, 1),
            "description": "Columns of the series. Default: those of the kinds.",
        },
    }


def _catalogue_keys() -> Schema:
    effects = {
        name: {**effect, "anyOf": [{"const": "inherit"}, *effect["anyOf"]]} for name, effect in _effects().items()
    }
    weight = {**_fraction(), "description": "Share among the catalogues, relative to theirs. Default: 1."}
    objects = {**_listed("entry", "/anyOf/1", kinds()), "description": "The objects of each sample."}
    return {"weight": weight, "objects": objects, **effects}


def _effects() -> Schema:
    absolute = {**any_of(number(0.0, math.inf), WRITTEN, ALONE), "description": "In the parameter's unit."}
    levels = {name: _level(name, mapping({ABSOLUTE: absolute}, [ABSOLUTE])) for name in _noisy()}
    return {
        "psf": {
            **any_of(NULL, {"$ref": "#/$defs/psf"}, list_of({"$ref": "#/$defs/psf"}, 1, 1)),
            "description": "Blurs the images. Default: no blur.",
        },
        "noise": {
            **any_of(NULL, *_listed("noise", "", NOISES)["anyOf"]),
            "description": "Noise models, at most one of each. Default: no noise.",
        },
        "parameter_noise": {
            **any_of(NULL, mapping(levels)),
            "description": "Standard deviations of parameters that scatter, relative or absolute. Default: none.",
        },
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
        "fraction": _fraction(),
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
    positive = number(0.0, math.inf, low_open=True)
    step, tolerance = (dynamics.words(name) if dynamics else "" for name in ("step", "tolerance"))
    dimensions = dynamics.default_dimensions if dynamics else None
    return {
        "name": {**NAME, "not": {"enum": list(RESERVED)}, "description": "Name of the entry. Default: the kind's."},
        "count": _parameter(COUNT, ALONE, "default: 1")
        if "count" in kind.open_options
        else {"const": 1, "description": "A sample is the series of one system."},
        "kernel": {"const": kind.fingerprint, "description": "Hash of the kind of the user's own."},
        "form": _words(list(kind.forms), "Form of the kind, which has parameters of its own."),
        "min_length": {
            **any_of(number(0.0, math.inf), WRITTEN),
            "description": "Ends closer than this [pix] are drawn again. Default: a fifth of the image, and 0 where an "
            "end is given.",
        },
        "solver": _words(list(dynamics.solvers if dynamics else ()), "How the system is integrated."),
        "step": {**positive, "description": f"Longest step in time. Default: {step}."},
        "tolerance": {
            **positive,
            "description": "Of solvers that choose their steps: error of the acceleration in a step, relative. Others: "
            f"energy drift above which the step is halved. Default: {tolerance}.",
        },
        "dimensions": {"enum": [2, 3], "description": f"Dimensions of space. Default: {dimensions}."},
    }


def _parameter(parameter: Parameter, drawn: Schema, more: str, meaning: str = "") -> Schema:
    words = f"{meaning or parameter.meaning}; {parameter.allowed}"
    if parameter.only:
        constant: Schema = {"enum": [*parameter.only, *((True, False) if parameter.only == FLAG else ())]}
    elif parameter.integer:
        constant = whole(parameter.low, parameter.high)
    else:
        constant = number(parameter.low, parameter.high, parameter.low_open, parameter.high_open)
    return {**any_of(constant, WRITTEN, drawn), "description": f"{words}; {more}" if more else words}


def _fraction() -> Schema:
    return any_of(
        number(0.0, math.inf, low_open=True),
        {"type": "string", "pattern": "^[0-9]{1,40}(/[0-9]{1,40})?$", "description": "A fraction, e.g. 1/3."},
    )


def _words(words: list[str], meaning: str) -> Schema:
    return {"enum": words, "description": f"{meaning} Default: {words[0] if words else 'none'}."}


def _single(value: Schema) -> Schema:
    """A mapping with one key of any name."""
    return {"type": "object", "additionalProperties": value, "minProperties": 1, "maxProperties": 1}
