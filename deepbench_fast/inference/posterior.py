"""Draws from the posterior of a recipe's parameters, given one sample: defensive importance sampling."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import chosen_catalogue
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.streams import seed_key, stream_number
from deepbench_fast.errors import AccuracyWarning, UsageError
from deepbench_fast.inference.exchanges import exchanges
from deepbench_fast.inference.fit import fitted
from deepbench_fast.inference.likelihood import Likelihood
from deepbench_fast.inference.modes import Problem
from deepbench_fast.inference.pareto import pareto_shape
from deepbench_fast.inference.series_likelihood import SeriesLikelihood
from deepbench_fast.inference.unit_space import UnitSpace
from deepbench_fast.inference.weighted import weighted_draws
from deepbench_fast.kernels.inference.mixture import resample, uniforms
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values import checks
from deepbench_fast.values.real_arrays import real_numbers

Floats = npt.NDArray[np.float64]

SAMPLES = 10_000
EFFECTIVE = 20_000
FITTED = 512, 4096
"""Draws of each round that the mixture is brought nearer by: the least, and the most."""

VERSION = "deepbench-fast posterior 1"
"""Changes where the same recipe and sample give other draws."""


@dataclass(frozen=True)
class Draws:
    """Draws from a posterior, and how good they are.

    `samples` (S, P) are worth equally much, in an order that says nothing. `effective` is the sample size that the
    weighted draws behind them are worth (Kish 1965), `pareto_k` the shape of the tail of their weights: below 0.5 they
    have a variance, and estimates a central limit (Vehtari, Simpson, Gelman, Yao & Gabry 2024). `log_evidence` is ln
    p(x), with a relative error of p(x) of about 1 / sqrt(effective). `draws` were made, `modes` found at the beginning.
    """

    samples: Floats
    names: tuple[str, ...]
    effective: float
    pareto_k: float
    log_evidence: float
    draws: int
    modes: int

    @property
    def digest(self) -> str:
        """BLAKE2b of the samples, as little-endian float64."""
        return blake2b(self.samples.astype("<f8").tobytes(), digest_size=16).hexdigest()


class Posterior:
    """p(theta | x) of all parameters that a recipe draws, for samples x of it.

    Draws are a pure function of the recipe and of x: the same bits on every CPU, for any number of threads. Raises
    UsageError, in one line, where a recipe has no likelihood or a parameter no density.
    """

    def __init__(self, recipe: Recipe, *, catalogue: str | None = None, threads: int | None = None) -> None:
        plan = make_plan(recipe)
        number = chosen_catalogue(plan, catalogue)
        self.likelihood = _likelihood(plan, number, threads)
        self.recipe, self.names = plan.recipe, self.likelihood.names
        self._shape = plan.shape
        self._space = UnitSpace(plan, number, self.names)
        self._exchanges = exchanges(plan, number, self.names)
        self._identity = f"{VERSION}\0{plan.recipe.hash()}\0{plan.catalogues[number]}"

    def __repr__(self) -> str:
        return f"Posterior({', '.join(self.names)})"

    def identity(self, x: npt.ArrayLike, count: int = SAMPLES, effective: int = EFFECTIVE) -> str:
        """A name for what `sample` gives for these arguments: a hash of them and of the recipe."""
        content = self._observation(x).astype("<f8").tobytes()
        return blake2b(f"{self._identity}\0{count}\0{effective}\0".encode() + content, digest_size=16).hexdigest()

    def sample(self, x: npt.ArrayLike, count: int = SAMPLES, *, effective: int = EFFECTIVE) -> Draws:
        """`count` draws given the sample x, from weighted draws that are worth `effective` or more.

        Parameters stand as normal deviates of their prior. From the best of 4,096 draws from the prior the modes are
        found; a mixture of Student's t about them and of the prior is brought nearer to the posterior by its own
        weighted draws (Cappé et al. 2008; Raftery & Bao 2010), then drawn from in blocks until their weights are worth
        enough, or 2**20 are made. Where 2**15 draws or more are worth less than a fiftieth of their number, or a mode
        of some mass was lost, they are left, the mixture is fitted again with more components and more draws (Cornuet,
        Marin, Mira & Robert 2012, but without the draws of earlier mixtures), and drawing begins anew. Of objects that
        are drawn alike, a mode with their names exchanged is one that may be lost, too. Each draw is taken as often as
        its weight says (systematic resampling, shuffled). Warns with AccuracyWarning where they are worth less, and
        where ln p of some points isn't known (NaN), which count as impossible. Raises UsageError where x is possible
        with no parameters that were tried.
        """
        data = self._observation(x)
        count = checks.whole_argument("count", count, 1, 10**7)
        effective = checks.whole_argument("effective", effective, 100, 10**6)
        key = seed_key(self.identity(data, count, effective))
        unknown = [0, 0]
        problem = Problem(
            lambda points: self._log_density(data, points, unknown),
            self._of_points(self.likelihood.mean),
            self._of_points(self.likelihood.variance),
            data,
            self._exchanges,
        )
        mixture, modes = fitted(problem, key, len(self.names), min(max(effective // 4, FITTED[0]), FITTED[1]))
        drawn = weighted_draws(problem, mixture, modes, key, effective)
        if not drawn.effective > 0.0:
            raise UsageError(f"{self.recipe.name}: x has no likelihood with any of the parameters that were tried")
        if unknown[0]:
            words = f"{self.recipe.name}: ln p of {unknown[0]} of {unknown[1]} points isn't known (NaN)"
            warnings.warn(f"{words}: the posterior lacks what is there", AccuracyWarning, stacklevel=2)
        if drawn.effective < effective:
            words = f"{self.recipe.name}: {len(drawn.points)} draws are worth {drawn.effective:.0f}, not {effective}"
            warnings.warn(f"{words}: the posterior may lack a part", AccuracyWarning, stacklevel=2)
        places = np.empty((count + 1, 1))
        uniforms(key, stream_number("posterior.order"), 0, places)
        numbers = np.empty(count, np.int64)
        resample(drawn.weights, float(places[count, 0]), numbers)
        chosen = numbers[np.argsort(places[:count, 0], kind="stable")]
        samples = self._space.parameters(np.ascontiguousarray(drawn.points[chosen]))
        shape = pareto_shape(drawn.logs)
        return Draws(
            samples, self.names, drawn.effective, shape, drawn.log_evidence, len(drawn.points), len(modes.masses)
        )

    def _observation(self, x: npt.ArrayLike) -> Floats:
        data = real_numbers(x, "x", np.float64)
        size = int(np.prod(self._shape))
        if data.shape not in (self._shape, (1, *self._shape), (size,), (1, size)):
            raise UsageError(f"x must have shape ({', '.join(map(str, self._shape))}), not {data.shape}")
        if not np.isfinite(data).all():
            raise UsageError("x must be finite")
        return data.reshape(self._shape)

    def _log_density(self, data: Floats, points: Floats, unknown: list[int]) -> Floats:
        """ln of likelihood times the standard normal density, without the latter's constant; -inf where it is NaN.

        `unknown` counts these, and all.
        """
        found = self.likelihood.log_likelihood(data, self._space.parameters(points))
        known = ~np.isnan(found)
        unknown[0] += int((~known).sum())
        unknown[1] += len(found)
        found = np.where(known, found, -np.inf)
        squares = np.zeros(len(points))
        for k in range(points.shape[1]):
            squares += points[:, k] * points[:, k]
        return found - 0.5 * squares

    def _of_points(self, function: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
        return lambda points: function(self._space.parameters(points))


def _likelihood(plan: Plan, catalogue: int, threads: int | None) -> Likelihood | SeriesLikelihood:
    found = SeriesLikelihood if plan.is_series else Likelihood
    return found(plan.recipe, catalogue=plan.catalogues[catalogue], threads=threads)
