"""Light of a user's own that is no finite number never reaches a sample or a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, generate, light_kind, parameter, samples
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.registry import Kind

NAN, POLE, FLAT = range(3)


def profile(dx, dy, row):  # type: ignore[no-untyped-def]
    if row.form == NAN:
        return np.sqrt(dx)
    if row.form == POLE:
        return row.amplitude / (dx * dx + dy * dy)
    return row.amplitude * 1e20


@pytest.fixture(scope="module")
def declared() -> Kind:
    names = ("form", "amplitude")
    light_kind("odd", parameters=[parameter(name, default=1, integer=name == "form") for name in names])(profile)
    return registry._own.pop("odd")


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch, declared: Kind) -> None:
    monkeypatch.setattr(registry, "_own", {"odd": declared})


def recipe(sampling: str, odd: dict[str, object], **more: object) -> Recipe:
    """Odd light in every second sample; the rest has stars."""
    odd = {"name": "odd", "x": 4, "y": 3, **odd}
    return Recipe.parse(
        {
            "name": "odd",
            "samples": 20,
            "image": {"shape": [9, 8], "sampling": sampling},
            "catalogues": {"stars": {"objects": ["star"]}, "odd": {"objects": ["star", {"odd": odd}]}},
            **more,
        }
    )


@pytest.mark.parametrize(
    ("sampling", "odd", "words"),
    [
        (
            "center",
            {"form": NAN},
            r"odd: its function gives no finite number in sample \d+ \(x=4, y=3, form=0, amplitude=1\)",
        ),
        ("center", {"form": POLE}, r"odd: its function gives no finite number in sample \d+ \(x=4, y=3, form=1"),
        ("center", {"form": FLAT, "amplitude": 1e19}, r"odd: its function gives no finite number .*amplitude=1e19"),
        (
            "integrate",
            {"form": POLE},
            r"odd: its mean over a pixel is no finite number, or isn't found .* in sample \d+ \(",
        ),
        (
            "integrate",
            {"form": NAN},
            r"odd: its mean over a pixel is no finite number, or isn't found .* in sample \d+ \(",
        ),
        ("center", {"form": FLAT, "amplitude": 2e18, "count": 2}, r"^sample \d+: has more light than float32 can hold"),
    ],
)
def test_one_line_names_kind_sample_and_parameters(sampling: str, odd: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as told:
        samples(recipe(sampling, odd), 0, 20)
    assert "\n" not in str(told.value)


def test_the_sample_is_the_first_that_has_such_light() -> None:
    made = recipe("center", {"form": NAN})
    labels = samples(recipe("center", {"form": FLAT}), 0, 20).labels
    number = int(np.flatnonzero(labels == 1)[0])
    with pytest.raises(UsageError, match=rf"in sample {number} \("):
        samples(made, 0, 20)


@pytest.mark.parametrize("more", [{"psf": {"gaussian": {"sigma": 1}}}, {"noise": [{"gaussian": {"sigma": 1}}]}])
def test_no_file_is_made_of_it(tmp_path: Path, more: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="odd: its function gives no finite number in sample"):
        generate(recipe("center", {"form": POLE}, **more), tmp_path / "odd.h5", threads=2)
    assert not (tmp_path / "odd.h5").exists()


def test_finite_light_beside_it_is_let_through() -> None:
    assert np.isfinite(samples(recipe("center", {"form": FLAT}), 0, 20)["images"]).all()
