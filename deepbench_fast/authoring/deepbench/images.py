"""What configurations of images share: the image's shape, its objects, its noise, noise on parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from deepbench_fast.authoring.deepbench.draft import Draft, rounded
from deepbench_fast.authoring.deepbench.section import Section, level, plain, word
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path
from deepbench_fast.values.number_text import brief

NOISES = ("gaussian", "poisson")


class Item(NamedTuple):
    """One object of an image: its name, what stands under `object` and `instance`, and notes on what stands beside."""

    name: str
    placed: Section
    instance: Section
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> Section:
        """Both in one."""
        return self.placed.before(self.instance)


def shape_of(image: Section, key: str) -> tuple[object, object]:
    """The two sides of an image, in the order given."""

    def sides(value: object) -> tuple[object, object]:
        found = checks.sequence(value, "two whole numbers, e.g. [28, 28]")
        if len(found) != 2:
            raise Invalid(f"must be two whole numbers, e.g. [28, 28], not {checks.quote(value)}")
        return plain(found[0]), plain(found[1])

    return image.needed(key, sides)


def items(config: Section, names: Collection[str], what: str) -> list[Item]:
    """The objects in `object_parameters`: a mapping, or a list of mappings, where a name may stand more than once."""
    value, path = config.values["object_parameters"], config.where("object_parameters")
    if not isinstance(value, list):
        groups = [Section(value, path)]
    else:
        groups = [Section(item, (*path, position)) for position, item in enumerate(value)]
    found = []
    for group in groups:
        group.only(names, what)
        found += [_item(name, group.section(name)) for name in group.values]
    return found


def _item(name: str, rules: Section) -> Item:
    parts = ("object", "instance")
    if not set(parts) <= rules.values.keys():
        rules.only(parts, f"key of {name}")
    return Item(name, rules.section("object"), rules.section("instance"), tuple(rules.ignored(parts)))


def put_scatter(config: Section, draft: Draft) -> float:
    """The configuration's `parameter_noise`, with a note on what becomes of it."""
    scatter = config.get("parameter_noise", level, 0.0)
    if scatter:
        draft.note(
            ("catalogues",),
            f"DeepBench's parameter_noise adds one draw from 0 to {brief(scatter)} to all parameters that are lists, "
            f"and fails where one is a number. Here each real parameter is drawn for itself, up to {brief(scatter)} to "
            "either side.",
        )
    return scatter


def image_noise(image: Section, draft: Draft, backgrounds: Mapping[Path, float]) -> None:
    """Put the noise of an image, and the Poisson backgrounds of its objects, into the draft."""
    model = image.get("object_noise_type", word(*NOISES, what="noise type"), "gaussian")
    own = image.get("object_noise_level", level, 0.0)
    poisson = {**backgrounds, **({image.where("object_noise_level"): own} if model == "poisson" else {})}
    total = sum(poisson.values())
    position = 0
    if model == "gaussian" and own:
        path: Path = ("noise", position)
        draft.put(path, {"gaussian": {"sigma": checks.plain(own)}}, image.where("object_noise_level"))
        draft.note(path, "DeepBench adds the same deviates to every image (seed 42); here each sample has its own.")
        position += 1
    if total:
        path = ("noise", position)
        origin = next(where for where, value in poisson.items() if value)
        draft.put(path, {"poisson": {"level": rounded(total)}}, origin)
        draft.note(
            path,
            "As in DeepBench a background that does not depend on the light, its mean included: `subtract: true` keeps "
            "only the scatter, and `ccd` is the photon noise of the light itself.",
        )
        if sum(1 for value in poisson.values() if value) > 1:
            draft.note(
                path,
                "The sum of the levels: " + ", ".join(f"{brief(value)}" for value in poisson.values() if value) + ".",
            )
