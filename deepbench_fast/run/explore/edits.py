"""Changes of a recipe that are more than one value: kinds, noise models and PSFs that come and go, another form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from deepbench_fast.authoring.starter import example
from deepbench_fast.effects.registry import NOISES
from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe import addresses
from deepbench_fast.recipe.catalogue import INHERIT
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.parameter import required

NOISE: dict[str, dict[str, float]] = {
    "gaussian": {"sigma": 0.1},
    "poisson": {"level": 10.0},
    "ccd": {"sky": 10.0, "gain": 2.0, "read_noise": 3.0},
}
PSF: dict[str, dict[str, float]] = {"gaussian": {"sigma": 1.0}, "moffat": {"gamma": 1.5, "alpha": 3.0}}
"""What a model begins with that is switched on."""


def addable(recipe: Recipe) -> list[str]:
    """Kinds that a catalogue of the recipe can hold."""
    return [name for name, declared in kinds().items() if (declared.dynamics is None) == (recipe.series is None)]


def with_kind(recipe: Recipe, catalogue: str, name: str) -> Recipe:
    """With one more entry of a kind, all parameters from its defaults; a system that moves takes the other's place."""
    declared = kind(name)
    parameters = {p.name: example(p) for p in declared.parameters if p.default is required and not p.found}
    own = () if declared.dynamics is not None else recipe.catalogues[catalogue].objects
    taken = {entry.name for entry in own}
    free = next(label for n in range(1, len(taken) + 2) if (label := name if n == 1 else f"{name}.{n}") not in taken)
    added = Entry(kind=name, name=free, parameters=parameters)
    return _with_objects(recipe, catalogue, lambda: (*own, added), moving=declared.dynamics is not None)


def without_entry(recipe: Recipe, catalogue: str, name: str) -> Recipe:
    """Without an entry, and without the targets that need it."""
    left = tuple(entry for entry in recipe.catalogues[catalogue].objects if entry.name != name)
    if not left:
        raise UsageError(f"{name} is the only object of {catalogue}: add another one first")
    return _with_objects(recipe, catalogue, lambda: left)


def with_form(recipe: Recipe, catalogue: str, name: str, option: str, value: str) -> Recipe:
    """With another form or solver of an entry, and without the parameters that only the former one has."""

    def changed() -> tuple[Entry, ...]:
        entries = []
        for entry in recipe.catalogues[catalogue].objects:
            if entry.name == name:
                form = value if option == "form" else entry.form
                known = {parameter.name for parameter in kind(entry.kind).parameters_of(form)}
                given = {own: law for own, law in entry.parameters.items() if own in known}
                solver = value if option == "solver" else entry.solver
                entry = replace(entry, parameters=given, form=form, solver=solver, step=None, tolerance=None)
            entries.append(entry)
        return tuple(entries)

    return _with_objects(recipe, catalogue, changed)


def effects_owner(recipe: Recipe, catalogue: str, stage: str) -> str:
    """The address of the noise or PSF that a catalogue's samples have: the recipe's, or its own."""
    own = getattr(recipe.catalogues[catalogue], stage)
    return stage if own == INHERIT else f"catalogues.{catalogue}.{stage}"


def with_noise(recipe: Recipe, catalogue: str, model: str, on: bool) -> Recipe:
    """With a noise model, or without it."""
    others = [noise.data() for noise in recipe.noise_of(catalogue) if noise.name != model]
    owner = effects_owner(recipe, catalogue, "noise")
    return recipe.with_overrides({owner: [*others, {model: NOISE.get(model, {})}] if on else others})


def with_psf(recipe: Recipe, catalogue: str, model: str) -> Recipe:
    """With another PSF; "" for none."""
    owner = effects_owner(recipe, catalogue, "psf")
    return recipe.with_overrides({owner: {model: PSF.get(model, {})} if model else None})


def noise_models(recipe: Recipe) -> list[str]:
    """The models that can be switched on."""
    return list(NOISES) if recipe.series is None else ["gaussian"]


def _with_objects(
    recipe: Recipe, catalogue: str, objects: Callable[[], tuple[Entry, ...]], *, moving: bool = False
) -> Recipe:
    """With other objects in a catalogue; targets that can't be any more are left out, and of series the outputs."""
    fields: dict[str, Any] = {}
    try:
        own = replace(recipe.catalogues[catalogue], objects=objects())
        fields = {"catalogues": {**recipe.catalogues, catalogue: own}}
        if moving and recipe.series is not None:
            fields |= {"series": replace(recipe.series, outputs=()), "noise": (), "parameter_noise": {}}
        with suppress(Invalid):
            return replace(recipe, **fields)
        kept = [name for name in recipe.targets if _holds(recipe, fields, Targets((name,)))]
        noise = {name: law for name, law in recipe.targets.noise.items() if name in kept}
        return replace(recipe, **fields, targets=Targets(kept, noise))
    except Invalid as invalid:
        key = addresses.address({**vars(recipe), **fields}, invalid.path)
        raise RecipeError(invalid.problem, key=key) from None


def _holds(recipe: Recipe, fields: dict[str, Any], targets: Targets) -> bool:
    try:
        replace(recipe, **fields, targets=targets)
    except Invalid:
        return False
    return True
