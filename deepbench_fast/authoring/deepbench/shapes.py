"""Images of shapes: DeepBench's `ShapeImage` with rectangles, regular polygons, ellipses, arcs and lines."""

from __future__ import annotations

from collections.abc import Callable

from deepbench_fast.authoring.deepbench.draft import Draft, Entry, entry_path
from deepbench_fast.authoring.deepbench.images import Item, image_noise, items, put_scatter, shape_of
from deepbench_fast.authoring.deepbench.section import Section, flag, level, number, pair, whole
from deepbench_fast.kinds.shapes.line import THINNEST_LINE
from deepbench_fast.kinds.shapes.polygon import MOST_VERTICES
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.number_text import brief

# What DeepBench draws once, when it is imported, where a configuration is silent.
MIDDLE = {"integers": [10, 15]}
SIZE = {"integers": [10, 15]}
RADIUS = {"uniform": [8, 12]}

NOTHING = "shape"
"""DeepBench's name for an image without any shape."""


def put_shapes(config: Section, draft: Draft) -> None:
    """Put the image, its noise and its shapes into the draft; raises `Invalid`."""
    image = config.section("image_parameters")
    image.only(("image_shape", "object_noise_type", "object_noise_level"), "key of ShapeImage")
    columns, rows = shape_of(image, "image_shape")
    draft.put(
        ("image",),
        {"shape": [rows, columns]},
        image.where("image_shape"),
        "DeepBench's arrays of shapes are indexed [x, y], the transpose of its sky images. Here images are [rows, "
        "columns] of all kinds, x is the column and y the row.",
    )
    image_noise(image, draft, {})
    scatter = put_scatter(config, draft)
    found = items(config, [*SHAPES, NOTHING], "shape")
    drawn = [item for item in found if item.name != NOTHING]
    catalogue = drawn[0].name if len(drawn) == len(found) == 1 else "shapes"
    if len(drawn) > 1:
        draft.note(("image",), "DeepBench sums overlapping shapes to 2; here their union is 1 (`overlap: add` sums).")
    draft.put(("catalogues", catalogue, "objects"), [])
    for item in found:
        if item.name == NOTHING:
            item.parameters.only((), "parameter of shape")
            draft.note(
                ("catalogues", catalogue), "The object `shape` is DeepBench's image without any shape: left out."
            )
    for position, item in enumerate(drawn):
        _put_shape(item, Entry(draft, entry_path(catalogue, position, item.name), scatter))


def _put_shape(item: Item, entry: Entry) -> None:
    given = item.parameters
    keys, put = SHAPES[item.name]
    given.only(keys, f"parameter of {item.name}")
    entry.note(*item.notes)
    if item.instance.values:
        entry.note("DeepBench takes `instance` for the shape's parameters by mistake; both are read, `object` first.")
    if item.placed.values:
        entry.note("DeepBench passes over what `object` says of shapes and draws its defaults; here it counts.")
    unsaid = [key for key in keys if key not in given.values and key not in ("angle", "line_width", "fill", "vertices")]
    if unsaid:
        entry.note(
            f"Not given: {', '.join(unsaid)}. DeepBench draws such values once for all images, when it is imported; "
            "here each sample has its own, from the same range."
        )
    put(given, entry)


def _centre(given: Section, entry: Entry) -> None:
    if "center" not in given.values:
        entry.put("x", MIDDLE)
        entry.put("y", MIDDLE)
        return
    for name, value in zip("xy", given.needed("center", pair), strict=True):
        entry.around(name, value, given.where("center"))


def _length(given: Section, entry: Entry, key: str, unsaid: object, check: Callable[[object], float] = number) -> None:
    if key in given.values:
        entry.around(key, given.needed(key, check), given.where(key))
    else:
        entry.put(key, unsaid)


def _angle(given: Section, entry: Entry, key: str, unsaid: object, *notes: str) -> None:
    if key in given.values:
        entry.around(key, given.needed(key, number), given.where(key), *notes)
    else:
        entry.put(key, unsaid, None, *notes)


def _outline(given: Section, entry: Entry, filled: str, outlined: str) -> None:
    """Set `fill` and `line_width`, with what there is to say about filled shapes and about outlines."""
    fill = given.get("fill", flag, False)
    width = given.get("line_width", level, 1.0)
    notes = [note for note in (filled if fill else outlined,) if note]
    if fill and width == 0:
        width = 1.0
    entry.put("line_width", width, given.where("line_width"))
    entry.put("fill", fill, given.where("fill"), *notes)


def _rectangle(given: Section, entry: Entry) -> None:
    _centre(given, entry)
    _length(given, entry, "width", SIZE)
    _length(given, entry, "height", SIZE)
    turned = given.get("angle", number, 0.0) != 0.0
    note = "DeepBench turns rectangles about a corner, which moves their centre; here about the centre."
    _angle(given, entry, "angle", 0, *([note] if turned else []))
    _outline(
        given,
        entry,
        "DeepBench adds line_width to the width and height, also of filled rectangles; here they are as given.",
        "DeepBench draws the outline astride the edge, line_width / 2 of it outside; here it lies within.",
    )


def _polygon(given: Section, entry: Entry) -> None:
    _centre(given, entry)
    entry.note("DeepBench shifts polygons by -radius / (2 vertices) in x and y; here the centre is the centre.")
    _length(given, entry, "radius", RADIUS, lambda value: abs(number(value)))
    entry.put("vertices", given.get("vertices", whole(3, MOST_VERTICES), 3), given.where("vertices"))
    note = "In degrees, as DeepBench's documentation has it; its code takes the number for radians."
    _angle(given, entry, "angle", {"uniform": [20, 90]}, note)
    _outline(given, entry, "", "DeepBench's outlines of polygons are thinner than line_width; here they are as thick.")


def _ellipse(given: Section, entry: Entry) -> None:
    _centre(given, entry)
    _length(given, entry, "width", SIZE)
    _length(given, entry, "height", SIZE)
    if any(not given.get(side, number, 1.0).is_integer() for side in ("width", "height")):
        entry.note("DeepBench rounds width and height up to whole pixels; here they are as given.")
    _angle(given, entry, "angle", 0)
    _outline(given, entry, "", "")


def _arc(given: Section, entry: Entry) -> None:
    _centre(given, entry)
    _length(given, entry, "radius", RADIUS)
    theta1 = given.get("theta1", number, 0.0)
    theta2 = given.get("theta2", number, 0.0)
    sweep = theta2 - theta1
    notes = []
    if {"theta1", "theta2"} <= given.values.keys() and abs(sweep) >= 360:
        if sweep % 360:
            notes = [f"Written with its turns taken off: theta2 is {brief(theta2)} in the configuration."]
            theta2 = theta1 + sweep % 360
        else:
            notes = ["A whole turn: DeepBench fills the disc; here it is a ring."]
    _angle(given, entry, "theta1", {"uniform": [0, 45]})
    if "theta2" in given.values:
        entry.around("theta2", theta2, given.where("theta2"), *notes)
    else:
        entry.put("theta2", {"uniform": [85, 120]})
    entry.put("line_width", given.get("line_width", level, 1.0), given.where("line_width"))


def _line(given: Section, entry: Entry) -> None:
    if "start" in given.values and "end" in given.values and given.needed("start", pair) == given.needed("end", pair):
        raise Invalid("must differ from start", given.where("end"))
    entry.note(
        "DeepBench draws lines beside their ends, and those that lead down (y of end below that of start) upwards; "
        "here they run from start to end, line_width centred on them."
    )
    for key, names, unsaid in (("start", ("x1", "y1"), [0, 9]), ("end", ("x2", "y2"), [12, 27])):
        values = given.get(key, pair, (0.0, 0.0))
        for name, value in zip(names, values, strict=True):
            if key in given.values:
                entry.around(name, value, given.where(key))
            else:
                entry.put(name, {"integers": unsaid})
    width = given.get("line_width", level, 1.0)
    thin = f"{brief(width)} in the configuration; a line under {brief(THINNEST_LINE)} pixel has gaps."
    notes = [thin] if width < THINNEST_LINE else []
    entry.put("line_width", max(width, THINNEST_LINE), given.where("line_width"), *notes)


_TURNED = ("angle", "line_width", "fill")
SHAPES: dict[str, tuple[tuple[str, ...], Callable[[Section, Entry], None]]] = {
    "rectangle": (("center", "width", "height", *_TURNED), _rectangle),
    "polygon": (("center", "radius", "vertices", *_TURNED), _polygon),
    "ellipse": (("center", "width", "height", *_TURNED), _ellipse),
    "arc": (("center", "radius", "theta1", "theta2", "line_width"), _arc),
    "line": (("start", "end", "line_width"), _line),
}
