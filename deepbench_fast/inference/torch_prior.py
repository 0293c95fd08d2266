"""A prior as PyTorch's distributions are."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.values.optional import not_loaded

try:
    import torch
    from torch.distributions import biject_to, constraints, transform_to
except ImportError as error:
    raise not_loaded(error, "Prior.as_torch", "torch") from None


F8 = npt.NDArray[np.float64]


class Prior(Protocol):
    """What `inference.prior.Prior` tells of itself."""

    names: tuple[str, ...]

    @property
    def support(self) -> F8: ...
    @property
    def is_box(self) -> bool: ...
    @property
    def is_discrete(self) -> bool: ...
    @property
    def mean(self) -> F8: ...
    @property
    def std(self) -> F8: ...
    def sample(self, count: int, seed: int | str) -> F8: ...
    def log_prob(self, parameters: npt.ArrayLike) -> F8: ...
    def slope(self, parameters: npt.ArrayLike) -> F8: ...


class TorchPrior(torch.distributions.Distribution):  # type: ignore[misc, unused-ignore]
    """A `Prior` of one event, its parameters in the order of `names`: float32, on the CPU.

    `log_prob` takes any number of batches' axes, and knows its slopes. Draws follow from PyTorch's own random numbers:
    equal `torch.manual_seed`, equal draws.
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.names = prior.names
        super().__init__(event_shape=torch.Size([len(prior.names)]), validate_args=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.prior,)

    def __repr__(self) -> str:
        return f"Torch{self.prior!r}"

    @property
    def support(self) -> Any:
        """Where `log_prob` is finite, as sbi's samplers, and `biject_to`, ask for it."""
        box = _box(self.prior.support)
        return constraints.independent(box, 1) if self.prior.is_box else _Supported(self, box, self.prior.is_discrete)

    @property
    def mean(self) -> torch.Tensor:
        return _tensor(self.prior.mean)

    @property
    def variance(self) -> torch.Tensor:
        return _tensor(self.prior.std**2)

    def sample(self, sample_shape: Any = ()) -> torch.Tensor:
        shape = torch.Size(sample_shape)
        seed = int(torch.randint(2**62, (), dtype=torch.int64))
        drawn = self.prior.sample(shape.numel(), seed)
        return _tensor(drawn).reshape(*shape, len(self.names))

    def log_prob(self, value: torch.Tensor) -> torch.Tensor:
        if value.shape[-1:] != self.event_shape:
            raise UsageError(f"value must have shape (..., {len(self.names)}), not {tuple(value.shape)}")
        found: torch.Tensor = _LogProb.apply(value, self.prior)
        return found


class _LogProb(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    """`Prior.log_prob`, with its slopes for PyTorch's gradients."""

    @staticmethod
    def forward(context: Any, value: torch.Tensor, prior: Prior) -> torch.Tensor:
        context.value, context.prior = value.detach(), prior
        found = prior.log_prob(_rows(value))
        return torch.as_tensor(found, dtype=value.dtype, device=value.device).reshape(value.shape[:-1])

    @staticmethod
    def backward(context: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, None]:
        value = context.value
        slopes = torch.as_tensor(context.prior.slope(_rows(value)), dtype=value.dtype, device=value.device)
        return upstream[0].unsqueeze(-1) * slopes.reshape(value.shape), None


class _Supported(constraints.Constraint):  # type: ignore[misc, unused-ignore]
    """Where a prior has a density that no box tells: one parameter depends on another, or has single values."""

    event_dim = 1

    def __init__(self, prior: TorchPrior, box: Any, is_discrete: bool) -> None:
        self.prior, self.box = prior, box
        self.is_discrete = is_discrete
        super().__init__()

    def check(self, value: torch.Tensor) -> torch.Tensor:
        return torch.isfinite(self.prior.log_prob(value))


def _unconstrained(constraint: _Supported) -> Any:
    return biject_to(constraints.independent(constraint.box, 1))


for _registry in (biject_to, transform_to):
    _registry.register(_Supported, _unconstrained)


def _box(ends: F8) -> Any:
    """The constraint of each parameter alone."""
    bounded = np.isfinite(ends)
    if bounded.all():
        return constraints.interval(_tensor(ends[:, 0]), _tensor(ends[:, 1]))
    if not bounded.any():
        return constraints.real
    return constraints.cat([_side(*pair) for pair in ends.tolist()], dim=-1)


def _side(low: float, high: float) -> Any:
    if np.isinf(low):
        return constraints.real if np.isinf(high) else constraints.less_than(high)
    return constraints.greater_than_eq(low) if np.isinf(high) else constraints.interval(low, high)


def _rows(value: torch.Tensor) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = value.detach().reshape(-1, value.shape[-1]).cpu().numpy()
    return found


def _tensor(values: F8) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float32)
