"""How variables vary together: covariance and correlation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .arithmetic import div, mul, sub
from .checks import tensor_argument
from .diagonals import diag
from .elementwise import sqrt
from .matmul import matmul
from .promotion import floating
from .reduction import sum
from .selection import clamp
from .shape import reshape, squeeze, transpose

__all__ = ["corrcoef", "cov"]


def _weights(name: str, weights: Tensor, kinds: str, what: str, count: int) -> Tensor:
    tensor_argument("cov", weights, name)
    if weights.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {weights.ndim} dimensions")
    if weights._array.dtype.kind not in kinds:
        raise RuntimeError(
            f"cov(): expected {name} to have {what} dtype but got {name} with {weights.dtype.type_name} dtype"
        )
    if weights.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {count}"
        )
    if weights.numel() and weights._array.min() < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return weights


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of the rows of `input` (variables × observations): Σ (x − mean)·(y − mean) / (n − correction).

    `fweights` (integers) say how often each observation counts, `aweights` (floats) how much. A vector is one variable,
    and the result its variance. RuntimeError for more dimensions, booleans, and weights that do not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cov.html

    >>> import minitorch as torch
    >>> torch.cov(torch.tensor([[0., 2., 4.], [3., 2., 1.]]))
    tensor([[ 4., -2.],
            [-2.,  1.]])
    """
    tensor_argument("cov", input)
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = floating(input if input.ndim == 2 else reshape(input, 1, -1))
    count = x.shape[1]
    weights = None
    if fweights is not None:
        weights = _weights("fweights", fweights, "iu", "integral", count)
    if aweights is not None:
        importance = _weights("aweights", aweights, "f", "floating point", count)
        weights = importance if weights is None else mul(weights, importance)
    total: Any = count if weights is None else sum(weights)
    with np.errstate(all="ignore"):
        mean = div(sum(x if weights is None else mul(x, weights), 1, True), total)
    off = sub(x, mean)
    divisor = total - correction
    if aweights is not None:
        divisor = sub(total, mul(div(sum(mul(weights, aweights)), total), correction))
    divisor = clamp(divisor, 0) if isinstance(divisor, Tensor) else max(divisor, 0)
    products = matmul(off, transpose(off if weights is None else mul(off, weights), 0, 1))
    return squeeze(div(products, divisor))


def corrcoef(input: Any) -> Any:
    """Pearson's correlations of the rows of `input` (variables × observations): covariances over standard deviations.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html

    >>> import minitorch as torch
    >>> torch.corrcoef(torch.tensor([[0., 2., 4.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    tensor_argument("corrcoef", input)
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if not c.ndim:
        return div(c, c)
    deviation = sqrt(diag(c))
    return clamp(div(div(c, reshape(deviation, -1, 1)), reshape(deviation, 1, -1)), -1, 1)
