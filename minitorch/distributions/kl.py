"""How far one distribution is from another."""

from __future__ import annotations

import math

from .. import ops
from ..tensor import Tensor
from .continuous import Normal, Uniform
from .discrete import Bernoulli, Categorical
from .distribution import Distribution


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The expectation under `p` of log p(x) − log q(x), by its formula for two distributions of one kind.

    Shapes: → the batch's shape of p and q.
    Errors: NotImplementedError for another pair than two normal, uniform, Bernoulli or categorical ones.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.kl

    >>> import minitorch as torch
    >>> from minitorch.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(torch.tensor([1.]), 1.0), Normal(0.0, 1.0))
    tensor([0.5000])
    """
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale).pow(2)
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())
    if isinstance(p, Uniform) and isinstance(q, Uniform):
        result = ((q.high - q.low) / (p.high - p.low)).log()
        return ops.where((q.low > p.low) | (q.high < p.high), math.inf, result)
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        ones = p.probs * (ops.softplus(-q.logits) - ops.softplus(-p.logits))
        ones = ops.where(q.probs == 0, math.inf, ones)
        ones = ops.where(p.probs == 0, 0.0, ones)
        zeros = (1 - p.probs) * (ops.softplus(q.logits) - ops.softplus(p.logits))
        zeros = ops.where(q.probs == 1, math.inf, zeros)
        zeros = ops.where(p.probs == 1, 0.0, zeros)
        return ones + zeros
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        t = p.probs * (p.logits - q.logits)
        t = ops.where(q.probs == 0, math.inf, t)
        return ops.where((p.probs == 0).expand_as(t), 0.0, t).sum(-1)
    kinds = f"p type {type(p).__name__} and q type {type(q).__name__}"
    raise NotImplementedError(f"No KL(p || q) is implemented for {kinds}")
