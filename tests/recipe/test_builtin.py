"""Recipes that ship with the package, and the cost of reading one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from deepbench_fast import samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.load import builtin_path
from deepbench_fast.run.resolution import blur_errors, center_errors
from deepbench_fast.values.distributions import Normal


def test_what_ships() -> None:
    images = {
        "galaxies",
        "lenses",
        "lensing",
        "mixed",
        "morphology",
        "morphology-28",
        "shapes",
        "many-shapes",
        "sky",
        "stars",
    }
    series = {"pendulums", "noisy-pendulums", "n-body"}
    assert {*images, *series, "figure-astronomy", "figure-geometry", "figure-pendulums"} <= set(builtin_recipes())
    assert all(len(title) > 10 and not title.startswith("#") for title in builtin_recipes().values())


@pytest.mark.parametrize("name", builtin_recipes())
def test_built_in_recipes_are_complete(name: str) -> None:
    recipe = Recipe.builtin(name)
    assert recipe.name == name
    assert recipe.noise
    assert sum(recipe.splits.values()) == 1
    assert "train" in recipe.splits
    assert recipe.targets
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
    assert builtin_path(name).read_text(encoding="utf-8").count("#") > 5


def test_sky_holds_fields_of_several_objects() -> None:
    sky = Recipe.builtin("sky")
    assert sky.psf is not None
    assert {entry.kind for entry in sky.catalogues["fields"].objects} == {"star", "galaxy"}
    assert all(entry.count.is_random for catalogue in sky.catalogues.values() for entry in catalogue.objects)


def test_shapes_are_six_classes_of_the_default_size() -> None:
    shapes = Recipe.builtin("shapes")
    kinds = [entry.kind for catalogue in shapes.catalogues.values() for entry in catalogue.objects]
    assert sorted(kinds) == ["arc", "circle", "ellipse", "line", "polygon", "rectangle"]
    assert len(shapes.catalogues) == 6
    assert shapes.image.shape == (256, 256)
    shapes.with_overrides({"noise": [], "image.dtype": "uint8"})


def test_lensing_is_arcs_around_one_centre_among_stars() -> None:
    lensing = Recipe.builtin("lensing")
    assert lensing.image.coverage
    assert lensing.psf is not None
    arcs, stars = lensing.catalogues["lenses"].objects
    assert (arcs.kind, stars.kind) == ("arc", "star")
    assert not arcs.parameters["x"].is_random
    low, high = arcs.parameters["radius"].support
    assert high < 2 * low
    assert lensing.catalogues["stars"].objects == (stars,)


def test_morphology_is_three_classes_of_one_object() -> None:
    morphology = Recipe.builtin("morphology")
    objects = [catalogue.objects for catalogue in morphology.catalogues.values()]
    assert [[entry.kind for entry in entries] for entries in objects] == [["star"], ["galaxy"], ["spiral_galaxy"]]
    assert all(entry.occurs_once for entries in objects for entry in entries)
    assert {catalogue.weight for catalogue in morphology.catalogues.values()} == {1}


def test_pixels_of_morphology_28_resolve_its_spirals() -> None:
    """Against a grid five times as fine; those of `morphology` at that size are sampled where arms are too thin."""
    sister = Recipe.builtin("morphology-28")
    kinds = [[entry.kind for entry in catalogue.objects] for catalogue in sister.catalogues.values()]
    assert kinds == [["star"], ["galaxy"], ["spiral_galaxy"]]
    errors, labels = blur_errors(make_plan(sister), 1, pixels=2**22)
    assert labels.size > 10
    assert errors[labels == 2].max() < 0.02
    old = make_plan(Recipe.builtin("morphology").with_overrides({"size": [28, 28]}))
    errors, labels = center_errors(old, pixels=2**16)
    assert np.median(errors[labels == 2]) > 0.3


def test_many_shapes_are_several_of_six_kinds_that_masks_tell_apart() -> None:
    many = Recipe.builtin("many-shapes")
    (scenes,) = many.catalogues.values()
    assert sorted(entry.kind for entry in scenes.objects) == sorted(n for n, k in kinds().items() if k.layer == "shape")
    batch = samples(many, 0, 40)
    counts = batch.targets.sum(axis=1)
    assert 2 <= counts.min() < counts.max() <= 8
    assert ((batch["masks"].max(axis=(1, 2)) > 1) & (batch["masks"].max(axis=(1, 2)) <= counts)).all()


def test_mixed_holds_shapes_and_light() -> None:
    (scenes,) = Recipe.builtin("mixed").catalogues.values()
    assert {kind(entry.kind).layer for entry in scenes.objects} == {"shape", "light"}


@pytest.mark.parametrize("name", ["figure-astronomy", "figure-geometry"])
def test_figures_show_the_same_objects_without_and_with_noise(name: str) -> None:
    figure = Recipe.builtin(name)
    assert figure.samples == 4
    assert list(figure.catalogues) == ["single", "noisy-single", "composite", "noisy-composite"]
    for quiet in ("single", "composite"):
        assert figure.noise_of(quiet) == ()
        assert figure.noise_of(f"noisy-{quiet}")
        assert figure.catalogues[quiet].objects == figure.catalogues[f"noisy-{quiet}"].objects
    for catalogue in figure.resolved().catalogues.values():
        assert not any(drawn.is_random for entry in catalogue.objects for drawn in entry.parameters.values())
    assert len(figure.catalogues["composite"].objects) > len(figure.catalogues["single"].objects) == 1


def test_pendulums_are_two_classes_that_friction_tells_apart() -> None:
    pendulums = Recipe.builtin("pendulums").resolved()
    (newton,), (hamilton,) = (catalogue.objects for catalogue in pendulums.catalogues.values())
    assert (newton.kind, hamilton.kind) == ("pendulum", "hamiltonian_pendulum")
    assert newton.parameters["friction"].support[0] > 0
    assert {name: newton.parameters[name] for name in hamilton.parameters} == hamilton.parameters
    pendulums.set("catalogues.newton.pendulum.friction", 0)


def test_noisy_pendulums_are_one_pendulum_with_each_noise_in_turn() -> None:
    noisy = Recipe.builtin("noisy-pendulums")
    assert noisy.samples == len(noisy.catalogues) == 6
    assert noisy.time.outputs == ("x",)
    levels = {name: sorted(noisy.parameter_noise_of(name)) for name in noisy.catalogues}
    assert levels == {
        "noiseless": [],
        "noisy-length": ["length"],
        "noisy-gravity": ["gravity"],
        "noisy-angle": ["angle"],
        "noisy-parameters": ["angle", "gravity", "length"],
        "measured": [],
    }
    assert [name for name in noisy.catalogues if noisy.noise_of(name)] == ["measured"]
    systems = [entry for catalogue in noisy.resolved().catalogues.values() for entry in catalogue.objects]
    assert all(entry == systems[0] for entry in systems)
    assert not any(drawn.is_random for drawn in systems[0].parameters.values())


def test_figure_pendulums_are_two_pendulums_without_and_with_each_noise() -> None:
    figure = Recipe.builtin("figure-pendulums").resolved()
    assert figure.samples == len(figure.catalogues) == 6
    for name, kind_name in (("newton", "pendulum"), ("hamilton", "hamiltonian_pendulum")):
        parts = [figure.catalogues[f"{name}{end}"] for end in ("", "-parameters", "-measured")]
        assert [entry.kind for part in parts for entry in part.objects] == [kind_name] * 3
        assert parts[0].objects == parts[1].objects == parts[2].objects
        assert [bool(figure.noise_of(f"{name}{end}")) for end in ("", "-parameters", "-measured")] == [0, 0, 1]
        assert [sorted(figure.parameter_noise_of(f"{name}{end}")) for end in ("", "-parameters", "-measured")] == [
            [],
            ["angle", "gravity", "length"],
            [],
        ]


def test_n_body_is_three_bound_bodies() -> None:
    (three,) = Recipe.builtin("n-body").resolved().catalogues.values()
    (system,) = three.objects
    assert system.parameters["bodies"].support == (3, 3)
    assert system.parameters["virial_ratio"].support[1] < 1


def test_series_move_as_their_recipes_say() -> None:
    """Hamilton's energy is kept, Newton's is not; noise on parameters leaves the clean twin, on the measurement not."""
    energies = samples(Recipe.builtin("pendulums").with_overrides({"noise": [], "series.outputs": ["energy"]}), 0, 60)
    lost = 1 - energies["series"][:, -1, 0] / energies["series"][:, 0, 0]
    assert lost[energies.labels == 0].min() > 0.02
    assert np.abs(lost[energies.labels == 1]).max() < 1e-6
    shown = samples(Recipe.builtin("noisy-pendulums"), 0, 6)
    by_class = dict(zip(shown.labels.tolist(), range(6), strict=True))
    noiseless = shown["series"][by_class[0]]
    for label, name in enumerate(shown.catalogues):
        series, clean = shown["series"][by_class[label]], shown["clean"][by_class[label]]
        assert (series == clean).all() == (name != "measured")
        assert (clean == noiseless).all() == (name in ("noiseless", "measured"))
    bodies = samples(Recipe.builtin("n-body"), 0, 20)
    assert bodies.tables.objects["n_body"]["energy_drift"].max() < 1e-3
    assert bodies.outputs[:7] == ("x0", "y0", "x1", "y1", "x2", "y2", "vx0")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="unknown built-in recipe 'galaxes'; did you mean 'galaxies'"):
        Recipe.builtin("galaxes")


def test_reading_a_recipe_imports_nothing_heavy() -> None:
    code = (
        "import sys; from deepbench_fast.recipe import Recipe; r = Recipe.builtin('sky'); r.to_yaml(); r.hash();"
        "print(*sorted({m.partition('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    )
    heavy = ["numba", "numpy", "h5py", "astropy", "matplotlib", "scipy", "click", "tqdm"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_the_gallery_has_a_catalogue_for_each_kind() -> None:
    gallery = Recipe.builtin("gallery")
    assert sorted(gallery.catalogues) == sorted(name for name, found in kinds().items() if found.dynamics is None)
    assert all([entry.kind for entry in c.objects] == [name] for name, c in gallery.catalogues.items())
    assert gallery.samples % len(gallery.catalogues) == 0


def test_deepuq_has_noise_on_its_target_or_on_its_image() -> None:
    deepuq = Recipe.builtin("deepuq")
    got = samples(deepuq, 0, 3000)
    noise = got["targets"][:, 0] - got["images"].sum(axis=(1, 2), dtype=float)
    assert noise.std() == pytest.approx(0.05, rel=0.05)
    assert abs(noise.mean()) < 0.004
    on_image = deepuq.set("targets", "[brightness]").set("noise.gaussian.sigma", 0.05 / 32)
    other = samples(on_image, 0, 200)
    np.testing.assert_allclose(other["targets"][:, 0], got["images"][:200].sum(axis=(1, 2), dtype=float), rtol=1e-5)
    assert (other["images"] - got["images"][:200]).std() == pytest.approx(0.05 / 32, rel=0.02)
    assert deepuq.set("targets.brightness.noise", "{normal: [0, 0.01]}").targets.noise["brightness"] == Normal(0, 0.01)
