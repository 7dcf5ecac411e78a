"""The Bernoulli and the categorical distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from .. import ops, random
from ..autograd.grad_mode import no_grad
from ..creation import full_like
from ..dtype import finfo
from ..ops import binary_cross_entropy_with_logits
from ..ranges import arange
from ..tensor import Tensor
from .distribution import Distribution, Value, inside, together


def _one_of(probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class _Discrete(Distribution):
    """A distribution told by probabilities or by logits: what was not given is computed when it is asked for."""

    parameters: tuple[str, ...] = ("probs", "logits")
    probs: Any
    logits: Any
    _given: str  # which of the two


class Bernoulli(_Discrete):
    """1 with probability `probs`, otherwise 0; `logits` are log(p/(1−p)).

    log p(x) = x·log p + (1−x)·log(1−p), computed from the logits.

    Shapes: probs or logits (…), the batch's shape; sample(s) → (*s, …), log_prob of a value (*s, …) → (*s, …).
    Errors: ValueError unless one of the two is given, for probabilities outside [0, 1], and for values that are not 0
    or 1.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#bernoulli

    >>> import minitorch as torch
    >>> torch.distributions.Bernoulli(probs=torch.tensor([0.25])).log_prob(torch.tensor([0.])).exp()
    tensor([0.7500])
    """

    def __init__(
        self, probs: Value | None = None, logits: Value | None = None, validate_args: bool | None = None
    ) -> None:
        _one_of(probs, logits)
        if probs is not None:
            (self.probs,) = together(probs)
        else:
            (self.logits,) = together(logits)
        self._given = "logits" if probs is None else "probs"
        super().__init__((self.logits if probs is None else self.probs).shape, validate_args=validate_args)
        if probs is not None:
            self._check("parameter probs", self.probs, lambda p: (p >= 0) & (p <= 1), "between 0 and 1")
        else:
            self._check("parameter logits", self.logits, lambda x: x == x, "real")

    @cached_property
    def logits(self) -> Tensor:
        """log(p/(1−p)), for probabilities kept one rounding away from 0 and 1."""
        p = inside(self.probs)
        return p.log() - (1 - p).log()

    @cached_property
    def probs(self) -> Tensor:
        """1/(1 + exp(−logits))"""
        return self.logits.sigmoid()

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The likelier value; NaN where both are equally likely."""
        return (self.probs >= 0.5).to(self.probs).masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        """probs·(1 − probs)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            return random.bernoulli(self.probs.expand(self._extended(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check("value argument", value, lambda x: (x == 0) | (x == 1), "0 or 1")
        logits, value = together(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


class Categorical(_Discrete):
    """One of K classes, with the probabilities along the last dimension.

    `probs` are divided by their sum; `logits` are unnormalised logarithms, from which their logsumexp is subtracted.
    log p(k) = logits[…, k]; entropy −Σ p·log p.

    Shapes: probs or logits (…, K) of K classes; sample(s) → (*s, …), log_prob of a value (*s, …) → (*s, …).
    Errors: ValueError unless one of the two is given, without a last dimension, for negative probabilities, and for
    values that are no class.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#categorical

    >>> import minitorch as torch
    >>> choice = torch.distributions.Categorical(torch.tensor([1., 3.]))
    >>> choice.probs, choice.log_prob(torch.tensor(1)).exp()
    (tensor([0.2500, 0.7500]), tensor(0.7500))
    """

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        _one_of(probs, logits)
        given: Any = logits if probs is None else probs
        name = "logits" if probs is None else "probs"
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        super().__init__(given.shape[:-1], validate_args=validate_args)
        self._given = name
        if probs is not None:
            self.probs = probs / probs.sum(-1, keepdim=True)
            self._check("parameter probs", self.probs, lambda p: (p >= 0) & (p <= 1), "probabilities")
        else:
            self.logits = given - given.logsumexp(-1, keepdim=True)
            self._check("parameter logits", self.logits, lambda x: x == x, "real")
        self._num_events = given.shape[-1]

    @cached_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, kept one rounding away from 0 and 1."""
        return inside(self.probs).log()

    @cached_property
    def probs(self) -> Tensor:
        """softmax(logits)"""
        return self.logits.softmax(-1)

    @property
    def param_shape(self) -> Any:
        """The shape of the probabilities."""
        return vars(self)[self._given].shape

    @property
    def mean(self) -> Tensor:
        """NaN: classes are no numbers."""
        return full_like(self.probs[..., 0], math.nan)

    @property
    def mode(self) -> Tensor:
        """The likeliest class."""
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        """NaN, like the mean."""
        return full_like(self.probs[..., 0], math.nan)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All classes, along a new first dimension; with `expand` for each of the distributions."""
        values = arange(self._num_events, device=self.probs.device).view(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        flat = self.probs.detach().reshape(-1, self._num_events)
        drawn = random.multinomial(flat, math.prod(sample_shape), True)
        return drawn.T.reshape(self._extended(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        k = self._num_events
        self._check("value argument", value, lambda x: (x >= 0) & (x < k) & (x == x.floor()), f"one of {k} classes")
        index, logits = ops.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        lowest = finfo(self.logits.dtype).min  # 0·(−∞) would be NaN
        return -(self.logits.clamp(min=lowest) * self.probs).sum(-1)
