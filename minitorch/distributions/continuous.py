"""The normal and the uniform distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import random
from ..autograd.grad_mode import no_grad
from ..creation import ones, zeros
from ..tensor import Tensor
from .distribution import Distribution, Value, together


class Normal(Distribution):
    """The bell curve around `loc` with standard deviation `scale`.

    log p(x) = −(x − loc)²/(2·scale²) − log scale − log √(2π); entropy ½ + ½·log 2π + log scale.

    Shapes: loc and scale broadcast to the batch's shape (…); sample(s) → (*s, …), log_prob of a value (*s, …) → (*s,
    …).
    Errors: ValueError for a scale that is not positive; RuntimeError for shapes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#normal

    >>> import minitorch as torch
    >>> torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor([0., 1.]))
    tensor([-0.9189, -1.4189])
    """

    loc: Tensor
    scale: Tensor
    has_rsample = True
    parameters: tuple[str, ...] = ("loc", "scale")

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        self.loc, self.scale = together(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)
        self._check("parameter loc", self.loc, lambda x: x == x, "real")
        self._check("parameter scale", self.scale, lambda x: x > 0, "positive")

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """Where the density is greatest."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale²."""
        return self.scale.pow(2)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended(sample_shape)
        with no_grad():
            return random.normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """loc + scale·ε, with ε from the standard normal distribution."""
        shape, kind, place = self._extended(sample_shape), self.loc.dtype, self.loc.device
        noise = random.normal(zeros(shape, dtype=kind, device=place), ones(shape, dtype=kind, device=place))
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._check("value argument", value, lambda x: x == x, "real")
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()


class Uniform(Distribution):
    """Equally likely everywhere between `low` and `high`.

    log p(x) = −log(high − low) inside, −∞ outside; entropy log(high − low).

    Shapes: low and high broadcast to the batch's shape (…); sample(s) → (*s, …), log_prob of a value (*s, …) → (*s, …).
    Errors: ValueError unless low < high, and for values outside.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#uniform

    >>> import minitorch as torch
    >>> torch.distributions.Uniform(0.0, 2.0).log_prob(torch.tensor(0.5))
    tensor(-0.6931)
    """

    low: Tensor
    high: Tensor
    has_rsample = True
    parameters: tuple[str, ...] = ("low", "high")

    def __init__(self, low: Value, high: Value, validate_args: bool | None = None) -> None:
        self.low, self.high = together(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        self._check("parameter high", self.high, lambda x: x > self.low.detach(), "greater than low")

    @property
    def mean(self) -> Tensor:
        """(low + high)/2."""
        return (self.high + self.low) / 2

    @property
    def stddev(self) -> Tensor:
        """(high − low)/√12."""
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        """(high − low)²/12."""
        return (self.high - self.low).pow(2) / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """low + (high − low)·u, with u uniform in [0, 1)."""
        u = random.rand(self._extended(sample_shape), dtype=self.low.dtype, device=self.low.device)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        low, high = self.low.detach(), self.high.detach()
        self._check("value argument", value, lambda x: (x >= low) & (x <= high), "between low and high")
        inside = self.low.le(value).type_as(self.low) * self.high.gt(value).type_as(self.low)
        return inside.log() - (self.high - self.low).log()

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()
