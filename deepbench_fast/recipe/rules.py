"""What must hold between the parts of a recipe: names, forms, counts, valid ranges, offsets, pixels, targets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from deepbench_fast.effects.effect import WIDEST
from deepbench_fast.kinds.kind import Kind, Setting
from deepbench_fast.kinds.registry import kind, registrations
from deepbench_fast.recipe.pairing import check_paired
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path, within
from deepbench_fast.values.distributions import Derived, Distribution, Grid, Offset, Table
from deepbench_fast.values.image import MAX_SIDE, Image
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter, check_fraction

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Redraw
    from deepbench_fast.recipe.contents import Contents
    from deepbench_fast.recipe.entry import Entry

# Amplitudes of all objects of a sample together: a thousand billion times that is what float32 holds, and no profile
# is as sharp. With a signal-to-noise ratio of 1 the noise is larger than the light by the root of the pixels' number.
MOST_LIGHT = 1e25
MOST_LIGHT_AT_SNR_1 = 1e22
MOST_KNOWN = 64
BYTE = Parameter("amplitude", "", "value of a shape with dtype uint8", 0.0, 255.0, integer=True)
ONE = Parameter("amplitude", "", "value of a shape with overlap xor", 1.0, 1.0, only=(1,))


def default_shape(recipe: Contents) -> tuple[int, int]:
    """The largest default shape of the kinds in a recipe; that of light where there are none."""
    shapes = [kind(entry.kind).default_shape for _, entry in _entries(recipe)]
    return max(shapes, key=math.prod, default=Kind.default_shape)


def _entries(recipe: Contents) -> Iterator[tuple[Path, Entry]]:
    """Every entry with the path to its parameters in the recipe's data."""
    for name, catalogue in recipe.catalogues.items():
        for position, entry in enumerate(catalogue.objects):
            yield ("catalogues", name, "objects", position, entry.kind), entry


def check_objects(recipe: Contents) -> None:
    """Raise `Invalid` where an entry can draw what its kind can't be, or light that could be too much for float32."""
    resolved = {}
    end = _end(recipe)
    for path, entry in _entries(recipe):
        with within(*path):
            resolved[path] = _checked(entry, recipe.image, end, is_absent(entry.parameters), registrations())
    if recipe.series is None:
        _check_light(recipe, resolved)


@lru_cache(maxsize=MOST_KNOWN)
def _checked(entry: Entry, image: Image, end: float, absent: bool, registered: int) -> Entry:
    """The resolved entry; raises `Invalid` where it can draw what its kind can't be.

    A change of a recipe leaves most entries as they are, so they are remembered. Two that are equal can differ in
    whether their tables are there (`absent`), and in what stands behind their kind's name (`registered`).
    """
    resolved = entry.resolved(image)
    declared = kind(entry.kind)
    parameters = resolved.parameters
    for name, drawn in parameters.items():
        with within(name):
            _check_order(declared.parameter(name), drawn, resolved)
    for of_parts in (False, True):
        check_paired({name: p for name, p in parameters.items() if declared.parameter(name).of_parts == of_parts})
    if absent:
        return resolved
    supports = {}
    for name in {**entry.parameters, **parameters}:  # what was given first, in the order given
        with within(name):
            supports[name] = support_of(name, parameters)
            declared.parameter(name).check(parameters[name], supports[name], parameters)
    for parameter in declared.parameters_of(entry.form):
        check_fraction(parameter, parameters[parameter.name], supports)
    if declared.check is not None:
        declared.check(_setting(image, end, resolved), supports)
    if declared.redraw is not None:
        _check_min_length(declared.redraw, resolved, supports)
    return resolved


def check_together(recipe: Contents, entry: Entry, given: Mapping[str, Distribution]) -> None:
    """Raise `Invalid` where some values of a resolved entry can't stand together, or not with what else it draws."""
    declared = kind(entry.kind)
    parameters = {**entry.parameters, **given}
    if is_absent(parameters):
        return
    supports = supports_of(parameters)
    for parameter in declared.parameters_of(entry.form):
        check_fraction(parameter, parameters[parameter.name], supports)
    if declared.check is not None:
        declared.check(setting_of(recipe, entry), supports)


def is_absent(parameters: Mapping[str, Distribution]) -> bool:
    """Whether some of an entry's parameters can't be drawn, because a table is not there."""
    return any(drawn.absent for drawn in parameters.values())


def supports_of(parameters: Mapping[str, Distribution]) -> dict[str, tuple[float, float]]:
    """The smallest and the largest value of each parameter of an entry."""
    return {name: support_of(name, parameters) for name in parameters}


def _check_order(parameter: Parameter, drawn: Distribution, entry: Entry) -> None:
    """Raise `Invalid` where rows in order would go to a number of objects that differs from sample to sample."""
    if not drawn.own.in_order:
        return
    dynamics = kind(entry.kind).dynamics
    count = entry.parameters[dynamics.parts_count] if parameter.of_parts and dynamics is not None else entry.count
    if count.is_random:
        raise Invalid(f"takes rows in order, which needs the same number of objects in each sample, not {count}")


def _check_min_length(redraw: Redraw, entry: Entry, supports: Mapping[str, tuple[float, float]]) -> None:
    """Raise `Invalid` where no draw of the ends could ever be long enough."""
    for name in redraw.ends if entry.min_length else ():
        if isinstance(entry.parameters[name].own, Grid | Table):
            raise Invalid(f"draws ends again, but {name} is {entry.parameters[name]}", ("min_length",))
    x1, y1, x2, y2 = redraw.ends
    widest, highest = (_widest(entry.parameters, supports, *ends) for ends in ((x1, x2), (y1, y2)))
    longest = math.sqrt(widest * widest + highest * highest)
    if entry.min_length is not None and entry.min_length > longest:
        raise Invalid(
            f"must be at most {brief(longest, 6)} pix, the longest that {', '.join(redraw.ends)} allow, "
            f"not {checks.plain(entry.min_length)}",
            ("min_length",),
        )


def _widest(
    parameters: Mapping[str, Distribution], supports: Mapping[str, tuple[float, float]], first: str, second: str
) -> float:
    """The largest difference that two parameters can have."""
    for one, other in ((first, second), (second, first)):
        distribution = parameters[other]
        if isinstance(distribution, Offset) and distribution.parameter == one:
            return max(map(abs, distribution.part.support))
    (low, high), (least, most) = supports[first], supports[second]
    return max(high - least, most - low)


def support_of(
    name: str, parameters: Mapping[str, Distribution], followed: tuple[str, ...] = ()
) -> tuple[float, float]:
    """The smallest and the largest value of a parameter, which may start from another one."""
    distribution = parameters[name]
    if not isinstance(distribution, Derived):
        return distribution.support
    if name in followed:
        raise Invalid(f"offsets run in a circle: {' from '.join((*followed[followed.index(name) :], name))}")
    base = checks.known(distribution.parameter, parameters, "parameter to start from")
    return distribution.support_from(support_of(base, parameters, (*followed, name)))


def declared_in(image: Image, kind: Kind, name: str) -> Parameter:
    """What a kind's parameter may be in an image: a shape's amplitude is whole in bytes, and 1 under xor."""
    if kind.layer == "shape" and name == BYTE.name:
        if image.overlap == "xor":
            return ONE
        if image.dtype == "uint8":
            return BYTE
    return kind.parameter(name)


def check_overlap(recipe: Contents) -> None:
    """Raise `Invalid` where an amplitude other than 1 leaves the meaning of xor open."""
    if recipe.image.overlap != "xor":
        return
    for path, entry in _entries(recipe):
        amplitude = entry.resolved(recipe.image).parameters.get("amplitude")
        if kind(entry.kind).layer == "shape" and amplitude is not None and amplitude.support != (1.0, 1.0):
            raise Invalid(f"must be 1 with image.overlap xor, not {amplitude}", (*path, "amplitude"))


def check_oversample(recipe: Contents) -> None:
    """Raise `Invalid` where a finer grid would be too large, or be brought back in two ways."""
    factor = recipe.image.oversample
    if factor == 1:
        return
    with within("image", "oversample"):
        if factor * max(recipe.image.shape) > MAX_SIDE:
            raise Invalid(f"{factor} makes a grid of more than {MAX_SIDE} sub-pixels a side of {recipe.image.shape}")
        layers = {kind(entry.kind).layer for _, entry in _entries(recipe)}
        if len(layers) == 2 and recipe.image.coverage != (recipe.image.sampling == "integrate"):
            both = "sampling integrate and coverage true, or sampling center and coverage false"
            raise Invalid(f"{factor} needs {both}: light and shapes are brought back to pixels together")
        for name in recipe.catalogues:
            psf = recipe.psf_of(name)
            width = 0.0 if psf is None else psf.widest
            if factor * width > WIDEST:
                raise Invalid(
                    f"{factor} isn't needed where a PSF is {brief(width)} pix wide, as in {name}: "
                    f"up to {brief(WIDEST / factor)}"
                )


def _check_light(recipe: Contents, resolved: Mapping[Path, Entry]) -> None:
    """Raise `Invalid` where light, or noise that is measured by it, could be more than float32 holds."""
    for name, catalogue in recipe.catalogues.items():
        ratios = [drawn.support[0] for model in recipe.noise_of(name) if (drawn := model.drawn.get("snr"))]
        most = min([MOST_LIGHT, *(MOST_LIGHT_AT_SNR_1 * ratio for ratio in ratios)])
        total = 0.0
        for position, entry in enumerate(catalogue.objects):
            path = ("catalogues", name, "objects", position, entry.kind)
            parameters = resolved[path].parameters
            for parameter in ("amplitude", "source_amplitude"):
                if parameter in parameters:
                    amplitude = support_of(parameter, parameters)[1]
                    total += entry.count.support[1] * amplitude
                    if total > most:
                        at = f" at snr {checks.plain(min(ratios))}" if most < MOST_LIGHT else ""
                        raise Invalid(
                            f"the objects' amplitudes in a sample can add up to {brief(total, 3)}, more than "
                            f"{brief(most, 3)}{at}: "
                            "float32 would overflow",
                            (*path, parameter),
                        )


def check_dtype(recipe: Contents) -> None:
    """Raise `Invalid` where an image of dtype uint8 would need other values than whole numbers from 0 to 255."""
    if recipe.image.dtype != "uint8":
        return
    light = {f"{entry.kind} is light" for _, entry in _entries(recipe) if kind(entry.kind).layer == "light"}
    noise = {"noise makes fractions" for name in recipe.catalogues if recipe.noise_of(name)}
    psf = {"a PSF makes fractions" for name in recipe.catalogues if recipe.psf_of(name) is not None}
    coverage = {"coverage makes fractions"} if recipe.image.coverage else set()
    for reason in (*sorted(light), *noise, *psf, *coverage):
        raise Invalid(f"must be float32: {reason}, and uint8 holds whole numbers of sharp shapes", ("image", "dtype"))
    for path, entry in _entries(recipe):
        with within(*path, "amplitude"):
            BYTE.check(entry.resolved(recipe.image).parameters["amplitude"])


def check_targets(recipe: Contents) -> None:
    """Raise `Invalid` where a target isn't one number for each sample."""
    entries: dict[str, list[Entry]] = {}
    for catalogue in recipe.catalogues.values():
        for entry in catalogue.objects:
            entries.setdefault(entry.name, []).append(entry)
    possible = _possible_targets(entries)
    allowed = dict.fromkeys(target for target in possible if recipe.series is None or target != "brightness")
    for position, target in enumerate(recipe.targets):
        with within("targets", position):
            named = entries.get(target.rpartition(".")[0], [])
            _check_same_kind(named)
            checks.known(target, allowed, "target")
            if not all(entry.occurs_once for entry in named):
                raise Invalid(f"'{target}' is not one number: '{named[0].name}' must have count 1 wherever it stands")


def _possible_targets(entries: Mapping[str, list[Entry]]) -> list[str]:
    counts = sorted({f"count.{entry.kind}" for same in entries.values() for entry in same})
    parameters = {
        f"{name}.{parameter.name}": None
        for name, same in entries.items()
        for entry in same
        if entry.kind == same[0].kind
        for parameter in kind(entry.kind).columns_of(entry.form)
    }
    return ["catalogue", "brightness", *counts, *parameters]


def _check_same_kind(entries: Sequence[Entry]) -> None:
    found = sorted({entry.kind for entry in entries})
    if len(found) > 1:
        raise Invalid(f"'{entries[0].name}' is a {' here and a '.join(found)} there; give them different names")


def setting_of(recipe: Contents, entry: Entry) -> Setting:
    """What of a recipe the parameters of one of its entries must go together with."""
    return _setting(recipe.image, _end(recipe), entry)


def _setting(image: Image, end: float, entry: Entry) -> Setting:
    return Setting(image, end, entry.form, entry.solver, entry.step)


def _end(recipe: Contents) -> float:
    return recipe.time.end if recipe.series is not None else 0.0
