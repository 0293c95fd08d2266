"""What a page is told and asks for: one recipe, one sample of it, and the changes that somebody makes."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from deepbench_fast.authoring.ladders import AXES, ladder, rung_axes
from deepbench_fast.draw.tables import call_roll
from deepbench_fast.errors import DeepbenchFastError, UsageError, one_line
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.pictures.colours import STRETCHES, shapes_alone
from deepbench_fast.pictures.series_panels import motions
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.extras import CLEAN, MASKS
from deepbench_fast.recipe.load import builtin_recipes
from deepbench_fast.recipe.parameter_noise import ABSOLUTE, Absolute
from deepbench_fast.recipe.recipe import Recipe, drawn_values
from deepbench_fast.render.batch import Batch
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.run.explore import edits
from deepbench_fast.run.explore.frames import Frame, colour_maps, image_frame, rungs_frame, series_frame
from deepbench_fast.run.explore.sections import default_law, sections
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Base

LOG = logging.getLogger("deepbench_fast")

MOST_UNDONE = 200
SEARCHED = 2**16
MOST_RUNGS = 9


@dataclass(frozen=True)
class Shown:
    """What is explored: a recipe, the number of a sample, the stretch of pictures (None: as the kinds have it), and by
    address the laws that values had before they were fixed."""

    recipe: Recipe
    sample: int = 0
    stretch: str | None = None
    laws: Mapping[str, Base] = field(default_factory=dict)

    def but(self, **changes: Any) -> Shown:
        """The same with other fields."""
        return Shown(**{**vars(self), **changes})


class Session:
    """Answers requests of a page, one after the other: each is a mapping whose `do` names what is asked for.

    The answer has the request's `id`, and what is shown after it: the state (all rows) and a frame, a picture or
    curves. Where a request can't be carried out nothing changes, and the answer is its `error` of one line.
    """

    def __init__(self, recipe: Recipe, source: str | None = None) -> None:
        self.shown = Shown(recipe)
        self._source = source
        self._undo: list[tuple[str, Shown]] = []

    @property
    def recipe(self) -> Recipe:
        """The recipe as it was changed."""
        return self.shown.recipe

    def answer(self, request: Mapping[str, Any]) -> Frame:
        """What a page is told for a request."""
        began, before = time.perf_counter(), self.shown
        same: dict[str, Any] = {"id": request.get("id")}
        try:
            do = str(request.get("do"))
            if do in self._CHANGES:
                self.shown = self._CHANGES[do](self, request)
                frame = self._all()
                self._remember(f"{do} {request.get('address', '')}", before)
                frame.header["undo"] = bool(self._undo)
            elif do in self._QUESTIONS:
                frame = self._QUESTIONS[do](self, request)
            else:
                raise UsageError(f"no request '{do}'")
        except Exception as error:
            self.shown = before
            if not isinstance(error, DeepbenchFastError):  # the page must go on, whatever happens here
                LOG.exception("request %s", request.get("do"))
            words = str(error) if isinstance(error, DeepbenchFastError) else f"{type(error).__name__}: {error}"
            return Frame({**same, "error": one_line(words)})
        return Frame({**same, **frame.header, "ms": 1000.0 * (time.perf_counter() - began)}, frame.buffers)

    # What is shown.

    def _all(self) -> Frame:
        """The state and the sample."""
        shown = self.shown
        extras = [CLEAN, MASKS] if shown.recipe.series is None else [CLEAN]
        simulator = Simulator(shown.recipe.with_overrides({"extras": extras}))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            batch = simulator.batch(shown.sample, shown.sample + 1)
        frame = self._frame(batch)
        catalogue = batch.catalogues[int(batch.labels[0])]
        state = {
            "name": shown.recipe.name,
            "sample": shown.sample,
            "samples": shown.recipe.samples,
            "series": shown.recipe.series is not None,
            "catalogues": list(batch.catalogues),
            "catalogue": catalogue,
            "member": int(batch.members[0]),
            "sections": [
                {**vars(section), "rows": [vars(row) for row in section.rows]}
                for section in sections(shown.recipe, simulator.plan, batch, shown.laws)
            ],
            "kinds": edits.addable(shown.recipe),
            "noise": [noise.name for noise in shown.recipe.noise_of(catalogue)],
            "noises": edits.noise_models(shown.recipe),
            "psf": getattr(shown.recipe.psf_of(catalogue), "name", ""),
            "psfs": list(edits.PSF),
            "stretch": shown.stretch or "",
            "notes": [str(warning.message) for warning in caught],
        }
        return Frame({"state": state, "frame": frame.header}, frame.buffers)

    def _frame(self, batch: Batch) -> Frame:
        recipe, name = batch.recipe, batch.catalogues[int(batch.labels[0])]
        if recipe.series is not None:
            return series_frame(motions(batch)[0])
        return image_frame(
            batch["image"][0],
            batch["clean"][0],
            batch["mask"][0],
            shapes=name in shapes_alone(recipe),
            stretch=self.shown.stretch,
            noisy=bool(recipe.noise_of(name)),
        )

    def _remember(self, what: str, before: Shown) -> None:
        """One step of undo for all moves of one slider."""
        if what.startswith("undo") or before == self.shown:
            return
        if not (self._undo and self._undo[-1][0] == what and what.startswith("set ")):
            self._undo = [*self._undo[1 - MOST_UNDONE :], (what, before)]

    # Questions.

    def _hello(self, request: Mapping[str, Any]) -> Frame:
        """What a page needs once: colours, and what there is to start from."""
        maps = colour_maps()
        facts = {
            "recipes": builtin_recipes(),
            "all_kinds": {name: declared.meaning for name, declared in kinds().items()},
            "stretches": list(STRETCHES),
            "axes": list(AXES),
        }
        return Frame({"hello": {**maps.header, **facts}}, maps.buffers)

    def _text(self, request: Mapping[str, Any]) -> Frame:
        """The recipe as YAML, every default filled in."""
        recipe = self.shown.recipe
        return Frame({"text": recipe.to_yaml(), "hash": recipe.hash()})

    def _ladder(self, request: Mapping[str, Any]) -> Frame:
        """The sample that is shown, on all rungs of a ladder along one axis."""
        axis, count = str(request["axis"]), min(int(request["rungs"]), MOST_RUNGS)
        rungs = ladder(self.shown.recipe, axis, count)
        labels = [words[axis] for words in rung_axes(rungs, axis)]
        batch = Simulator(self.shown.recipe).batch(self.shown.sample, self.shown.sample + 1)
        name, member = batch.catalogues[int(batch.labels[0])], int(batch.members[0])
        found = [
            Simulator(rung, catalogue=name).batch(member, member + 1) if name in rung.catalogues else None
            for rung in rungs
        ]
        if self.shown.recipe.series is None:
            images = [None if one is None else one["image"][0] for one in found]
            frame = rungs_frame(images, name in shapes_alone(self.shown.recipe), self.shown.stretch)
        else:
            curves = [None if one is None else series_frame(motions(one)[0]) for one in found]
            header = {"kind": "curves", "rungs": [None if one is None else one.header for one in curves]}
            frame = Frame(header, [part for one in curves if one is not None for part in one.buffers])
        return Frame({"ladder": {"axis": axis, "labels": labels, **frame.header}}, frame.buffers)

    # Changes.

    def _show(self, request: Mapping[str, Any]) -> Shown:
        return self.shown.but(sample=self._number(request.get("sample", self.shown.sample)))

    def _number(self, sample: Any) -> int:
        return min(max(int(sample), 0), self.shown.recipe.samples - 1)

    def _class(self, request: Mapping[str, Any]) -> Shown:
        """The next sample of a class."""
        shown, name = self.shown, str(request["name"])
        plan = Simulator(shown.recipe).plan
        label = plan.catalogues.index(_known(name, plan.catalogues, "catalogue"))
        classes = call_roll(plan, 0, min(plan.samples, SEARCHED)).catalogue
        own = np.flatnonzero(classes == label)
        if not own.size:
            raise UsageError(f"none of the first {min(plan.samples, SEARCHED)} samples is of {name}")
        later = own[own > shown.sample]
        return shown.but(sample=int(later[0] if later.size else own[0]))

    def _stretch(self, request: Mapping[str, Any]) -> Shown:
        name = str(request["name"])
        return self.shown.but(stretch=_known(name, STRETCHES, "stretch") if name else None)

    def _set(self, request: Mapping[str, Any]) -> Shown:
        """A value by its address: a number fixes it, a text is what a recipe would say."""
        shown, address = self.shown, str(request["address"])
        if "text" in request:
            return self._with(shown.recipe.set(address, str(request["text"])), address, None)
        value = request["value"]
        law = shown.laws.get(address) or self._law(address)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(law, Absolute):
            value = {ABSOLUTE: value}
        kept = law if law is not None and law.is_random else None
        return self._with(shown.recipe.with_overrides({address: value}), address, kept)

    def _with(self, recipe: Recipe, address: str, law: Base | None) -> Shown:
        """With a changed recipe; `law` is what the value of this address can be drawn from again."""
        others = {name: other for name, other in self.shown.laws.items() if name != address}
        laws = others if law is None else {**others, address: law}
        return self.shown.but(recipe=recipe, sample=min(self.shown.sample, recipe.samples - 1), laws=laws)

    def _law(self, address: str) -> Base | None:
        """What the recipe draws a value from, as it is written or by default."""
        recipe = self.shown.recipe
        for known in (recipe, recipe.resolved()):
            for name, law in drawn_values(known):
                if name == address:
                    return law
        return None

    def _draw(self, request: Mapping[str, Any]) -> Shown:
        """A fixed value is drawn again: from the law that it had, or from that of its kind."""
        address = str(request["address"])
        law: Any = self.shown.laws.get(address)
        if law is None:
            _, entry, parameter = self._place(address)
            law = default_law(entry, kind(entry.kind).parameter(parameter), self.shown.recipe.image)
        return self._with(self.shown.recipe.with_overrides({address: law}), address, None)

    def _place(self, address: str) -> tuple[str, Entry, str]:
        """Catalogue, entry and parameter that an address means."""
        for name, catalogue in self.shown.recipe.catalogues.items():
            for entry in catalogue.objects:
                before, _, parameter = address.rpartition(".")
                if before == f"catalogues.{name}.{entry.name}":
                    return name, entry, parameter
        raise UsageError(f"{address}: no value of an object")

    def _add(self, request: Mapping[str, Any]) -> Shown:
        return self.shown.but(recipe=edits.with_kind(self.recipe, str(request["catalogue"]), str(request["kind"])))

    def _remove(self, request: Mapping[str, Any]) -> Shown:
        return self.shown.but(recipe=edits.without_entry(self.recipe, str(request["catalogue"]), str(request["entry"])))

    def _option(self, request: Mapping[str, Any]) -> Shown:
        """A form or a solver, by its address."""
        catalogue, entry, option = self._place(str(request["address"]))
        return self.shown.but(recipe=edits.with_form(self.recipe, catalogue, entry.name, option, str(request["text"])))

    def _noise(self, request: Mapping[str, Any]) -> Shown:
        model, on = str(request["model"]), bool(request["on"])
        return self.shown.but(recipe=edits.with_noise(self.recipe, str(request["catalogue"]), model, on))

    def _psf(self, request: Mapping[str, Any]) -> Shown:
        return self.shown.but(recipe=edits.with_psf(self.recipe, str(request["catalogue"]), str(request["model"])))

    def _recipe(self, request: Mapping[str, Any]) -> Shown:
        """A recipe from its text."""
        recipe = Recipe.from_yaml(str(request["text"]), self._source)
        return Shown(recipe, self.shown.sample if self.shown.sample < recipe.samples else 0, self.shown.stretch)

    def _start(self, request: Mapping[str, Any]) -> Shown:
        """A built-in recipe, or a kind alone."""
        name = str(request["name"])
        return Shown(Recipe.builtin(name) if name in builtin_recipes() else Recipe.of_kind(name))

    def _rung(self, request: Mapping[str, Any]) -> Shown:
        """The recipe of one rung of the ladder, at its sample that is the member that was shown."""
        count = min(int(request["rungs"]), MOST_RUNGS)
        rung = ladder(self.recipe, str(request["axis"]), count)[int(request["rung"])]
        return self.shown.but(recipe=rung, sample=min(self.shown.sample, rung.samples - 1), laws={})

    def _back(self, request: Mapping[str, Any]) -> Shown:
        if not self._undo:
            raise UsageError("there is nothing to undo")
        *self._undo, (_, before) = self._undo
        return before

    _QUESTIONS: ClassVar[dict[str, Callable[[Session, Mapping[str, Any]], Frame]]] = {
        "hello": _hello,
        "text": _text,
        "ladder": _ladder,
    }
    _CHANGES: ClassVar[dict[str, Callable[[Session, Mapping[str, Any]], Shown]]] = {
        "show": _show,
        "class": _class,
        "stretch": _stretch,
        "set": _set,
        "draw": _draw,
        "add": _add,
        "remove": _remove,
        "option": _option,
        "noise": _noise,
        "psf": _psf,
        "recipe": _recipe,
        "start": _start,
        "rung": _rung,
        "undo": _back,
    }


def _known(name: str, names: Any, what: str) -> str:
    try:
        return str(checks.known(name, names, what))
    except Invalid as invalid:
        raise UsageError(invalid.problem) from None
