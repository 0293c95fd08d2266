"""Images of stars, galaxies and spirals: DeepBench's `SkyImage`, and its objects one by one (`astro`)."""

from __future__ import annotations

import math
from collections.abc import Callable

from deepbench_fast.authoring.deepbench.draft import Draft, Entry, entry_path
from deepbench_fast.authoring.deepbench.images import Item, image_noise, items, put_scatter, shape_of
from deepbench_fast.authoring.deepbench.section import Section, flag, level, number, plain, whole
from deepbench_fast.values.checks import Path
from deepbench_fast.values.number_text import brief

BLUR = 0.7
"""Standard deviation in pixels of the Gaussian with which every object blurs itself."""

# Radii and pitches below this, and other indices than these, are refused by the recipe.
LEAST_TURNED = 1e-6
SMALLEST_N, LARGEST_N = 0.5, 10.0
NARROWEST_ARM, WIDEST_ARM = 0.05, 3.14

CLASSES = {"StarObject": "star", "GalaxyObject": "galaxy", "SpiralGalaxyObject": "spiral_galaxy"}
DEFAULT_RADIUS = {"star": 1.0, "galaxy": 25.0, "spiral_galaxy": 25.0}
DEFAULT_NOISE = {"star": 0.0, "galaxy": 0.2, "spiral_galaxy": 0.2}

ANYWHERE = ("image_dimensions", "noise_level", "radius", "amplitude", "seed")
INSTANCE = {
    "star": ANYWHERE,
    "galaxy": (*ANYWHERE, "n", "ellipse", "theta"),
    "spiral_galaxy": (*ANYWHERE, "arm_thickness", "winding_number", "spiral_pitch"),
}
PLACED = {
    "star": ("center_x", "center_y", "alpha"),
    "galaxy": ("center_x", "center_y"),
    "spiral_galaxy": ("center_x", "center_y"),
}


def put_sky(config: Section, draft: Draft) -> None:
    """Put the image, its PSF and noise, and its objects into the draft; raises `Invalid`."""
    image = config.section("image_parameters")
    image.only(("image_shape", "object_noise_level", "object_noise_type", "scale"), "key of SkyImage")
    rows, columns = shape_of(image, "image_shape")
    draft.put(("image",), {"shape": [rows, columns]}, image.where("image_shape"))
    if rows != columns:
        draft.note(("image",), "DeepBench fails for sky images that are not square; here they are [rows, columns].")
    found = items(config, list(PUT), "object of sky images")
    _put_objects(config, draft, image, found, "sky", unsaid={})
    if image.get("scale", flag, True) and found:
        _note_stretching(draft, found)


def put_astro(config: Section, draft: Draft, name: str) -> None:
    """Put images of one object, an instance of the class `name`, into the draft; raises `Invalid`."""
    instance = config.section("image_parameters")
    kind = CLASSES[name]
    if isinstance(side := plain(instance.values.get("image_dimensions")), int):
        shape: tuple[object, object] = side, side
    else:
        shape = shape_of(instance, "image_dimensions")
    draft.put(("image",), {"shape": [*shape]}, instance.where("image_dimensions"))
    draft.note(
        (), "DeepBench's collections fail for single objects of `astro`; this is what they are documented to be."
    )
    item = Item(kind, config.section("object_parameters"), instance)
    _put_objects(config, draft, Section({}), [item], kind, unsaid=DEFAULT_NOISE)


def _catalogue(found: list[Item], many: str) -> str:
    return found[0].name if len(found) == 1 else many


def _put_objects(
    config: Section, draft: Draft, image: Section, found: list[Item], many: str, unsaid: dict[str, float]
) -> None:
    """`unsaid` is the noise level of objects that don't give one."""
    backgrounds: dict[Path, float] = {}
    for item in found:
        item.placed.only((*PLACED[item.name], *(("seed",) if unsaid else ())), f"parameter of {item.name}")
        if item.name != "spiral_galaxy":
            item.instance.only(INSTANCE[item.name], f"parameter of {item.name}")
        where = item.instance.where("noise_level")
        backgrounds[where] = item.instance.get("noise_level", level, unsaid.get(item.name, 0.0))
    if found:
        draft.put(
            ("psf",),
            {"gaussian": {"sigma": BLUR}},
            None,
            f"DeepBench blurs every object and its Poisson noise with samples of a Gaussian of {BLUR} pixels, mirrored "
            "at the frame. Here the scene is blurred by weights with that Gaussian's moments (resolved peaks are 0.1 % "
            "lower), what leaves the frame is gone, and noise comes after the blur.",
        )
    image_noise(image, draft, backgrounds)
    if any(item.name != "star" and backgrounds[item.instance.where("noise_level")] for item in found):
        draft.note(("noise",), "DeepBench makes the noise_level of galaxies ten times as large; here it is as given.")
    scatter = put_scatter(config, draft)
    catalogue = _catalogue(found, many)
    draft.put(("catalogues", catalogue, "objects"), [])
    for position, item in enumerate(found):
        entry = Entry(draft, entry_path(catalogue, position, item.name), scatter)
        entry.note(*item.notes)
        if "seed" in item.instance:
            entry.note("DeepBench's seed of one object has no use here: the recipe's seed fixes every draw.")
        if not unsaid and "image_dimensions" in item.instance:
            entry.note("DeepBench takes image_shape in place of an object's image_dimensions; so does this recipe.")
        PUT[item.name](item, entry)


def _put_light(item: Item, entry: Entry, size: str, centre: float | None = None) -> None:
    """Centre, amplitude and size; objects without a default `centre` must be given one."""
    placed, instance = item.placed, item.instance
    if centre is None:
        placed.require("center_x", "center_y")
    for name in ("x", "y"):
        key = f"center_{name}"
        entry.around(name, placed.get(key, number, centre or 0.0), placed.where(key))
    entry.around("amplitude", instance.get("amplitude", number, 1.0), instance.where("amplitude"))
    entry.around(size, instance.get("radius", number, DEFAULT_RADIUS[item.name]), instance.where("radius"))


def _star(item: Item, entry: Entry) -> None:
    _put_light(item, entry, "gamma")
    alpha = item.placed.get("alpha", number, 1.0)
    notes = ["The light of a Moffat profile is infinite up to alpha 1, DeepBench's default; stars have 2.5 to 4.8."]
    entry.around("alpha", alpha, item.placed.where("alpha"), *(notes if alpha <= 1.0 else []))


def _galaxy(item: Item, entry: Entry) -> None:
    _put_light(item, entry, "r_eff", centre=5.0)
    given = item.instance
    entry.around("n", given.get("n", number, 1.0), given.where("n"))
    drawn_once = "DeepBench draws this once, when it is imported; here each sample has its own, from the same range."
    for parameter, key, unsaid in (("ellip", "ellipse", [0.1, 0.9]), ("theta", "theta", [-1.5, 1.5])):
        if key in given.values:
            entry.around(parameter, given.needed(key, number), given.where(key))
        else:
            entry.put(parameter, {"uniform": unsaid}, None, drawn_once)


def _spiral(item: Item, entry: Entry) -> None:
    _put_light(item, entry, "r_eff")
    given = item.instance
    entry.note(*given.ignored(INSTANCE["spiral_galaxy"]))
    entry.note(
        "DeepBench ignores a spiral's centre, takes the complement of its pitch (nearly radial arms of one turn at "
        "most) and draws arms without a disc. Here a face-on exponential disc is modulated by logarithmic arms.",
    )
    arms = given.get("winding_number", whole(1, 8), 2)
    pitch = given.get("spiral_pitch", number, 0.2)
    thickness = given.get("arm_thickness", number, 1.0)
    radius = given.get("radius", number, DEFAULT_RADIUS["spiral_galaxy"])
    for name, value in (("inclination", 0), ("theta", 0), ("phase", 0), ("handedness", 1), ("bulge_fraction", 0)):
        entry.put(name, value)
    entry.put("arm_strength", 1, None, "1: no light between the arms, as in DeepBench.")
    entry.put("arms", arms, given.where("winding_number"))
    entry.around("pitch", pitch, given.where("spiral_pitch"), "In radians: the angle between arm and circle.")
    turned = radius * math.sin(pitch)
    if turned > LEAST_TURNED:
        note = (
            f"A Gaussian arm with an arm_thickness of {brief(thickness)} pixels at the half-light radius, as a phase."
        )
        entry.put("arm_width", _arm_width(thickness, arms, turned), given.where("arm_thickness"), note)


def _arm_width(thickness: float, arms: int, turned: float) -> float:
    """Phase at the half maximum of an arm, to first order: psi = arms * distance / (radius sin pitch)."""
    distance = math.sqrt(2.0 * math.log(2.0)) * abs(thickness)
    return float(f"{min(max(arms * distance / turned, NARROWEST_ARM), WIDEST_ARM):.3g}")


def _note_stretching(draft: Draft, found: list[Item]) -> None:
    draft.note(
        ("catalogues",),
        "DeepBench stretches each object's own image to 0 ... 1 (`scale: true`), which erases its amplitude. Here the "
        "amplitude is the brightness, of a star at its centre, of a galaxy at its effective radius.",
    )
    for position, item in enumerate(found):
        n = item.instance.get("n", number, 1.0)
        if item.name == "galaxy" and SMALLEST_N <= n <= LARGEST_N:
            path = (*entry_path(_catalogue(found, "sky"), position, item.name), "amplitude")
            draft.note(path, f"{brief(math.exp(-_steepness(n)), 3)} makes the centre 1 before the blur.")


def _steepness(n: float) -> float:
    """b_n to 1e-3: the centre is exp(b_n) times as bright as the effective radius (Ciotti & Bertin 1999)."""
    return 2.0 * n - 1.0 / 3.0 + 4.0 / (405.0 * n)


PUT: dict[str, Callable[[Item, Entry], None]] = {"star": _star, "galaxy": _galaxy, "spiral_galaxy": _spiral}
