"""Posterior draws that are kept: files in the user's cache, each whole, and checked when it is read."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepbench_fast.inference.posterior import EFFECTIVE, SAMPLES, Draws, Posterior
from deepbench_fast.kernels._jit import cache_directory
from deepbench_fast.values.atomic import write_whole


def kept_draws(posterior: Posterior, x: npt.ArrayLike, count: int = SAMPLES, *, effective: int = EFFECTIVE) -> Draws:
    """`posterior.sample(x, count, effective=effective)`, from the cache where it is there.

    Several processes may ask at once: each gets the same draws, and the file is whole or not there. What is worth less
    than it should be isn't kept, so that the warning comes each time.
    """
    folder = _folder()
    path = None if folder is None else folder / posterior.identity(x, count, effective)
    found = None if path is None else _read(path)
    if found is None or found.effective < effective:
        found = posterior.sample(x, count, effective=effective)
        if path is not None and found.effective >= effective:
            _write(path, found)
    return found


def _folder() -> Path | None:
    kernels = cache_directory()
    return None if kernels is None else kernels.parent / "references"


def _read(path: Path) -> Draws | None:
    """What a file holds; None for one that isn't there, is damaged, or isn't ours."""
    try:
        head, _, content = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        digest, names = facts.pop("digest"), tuple(facts.pop("names"))
        samples = np.frombuffer(content, "<f8").reshape(-1, len(names)).astype(np.float64)
        draws = Draws(samples, names, **facts)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return draws if draws.digest == digest else None


def _write(path: Path, draws: Draws) -> None:
    """Keep draws, if that is possible: what can't be kept is made again."""
    facts = {name: value for name, value in asdict(draws).items() if name != "samples"}
    head = json.dumps({**facts, "digest": draws.digest})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, head.encode() + b"\n" + draws.samples.astype("<f8").tobytes(), overwrite=True)
    except OSError:
        return
